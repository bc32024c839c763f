"""When a picture of a session is made, and for whom: at most so many a second, in rounds.

Owned by the session's worker, which reads the clock; nothing here does. A round are the frames of
one picture; the next one is made when the event loop has written it to all who were due it, so a
server that cannot keep up makes fewer pictures, the same for everybody (ADR 0012).
"""

from collections.abc import Container

from server.session.mailbox import Outgoing, Round, Wants
from server.session.publisher import Publisher
from server.session.session import Session
from server.wire.frames import Picture


class Pictures:
    """The newest picture of a session and who wants it."""

    def __init__(self, frames_per_s: float) -> None:
        """Nobody wants one.

        Args:
            frames_per_s: most pictures a second.
        """
        self.publisher = Publisher()
        self._interval_s = 1.0 / frames_per_s
        self._newest: Picture | None = None
        self._stale = True
        self._next_at = 0.0
        self._seq = 0
        self._rounds = self._through = 0  # posted, and written

    def stale(self) -> None:
        """The session has changed: the newest picture does not show it any more."""
        self._stale = True

    def restart(self) -> None:
        """The session starts over: nobody has a picture, and nobody wants until it says so."""
        self._newest, self._stale = None, True
        self.publisher.restart()

    def hear(self, item: Wants, clients: Container[int]) -> None:
        """Who wants a frame, and which rounds are through; of ``clients`` only."""
        self._through = item.through
        for client, base in item.wants:
            if client in clients:
                self.publisher.want(client, base)

    @property
    def due(self) -> bool:
        """Whether somebody waits for a picture that can be made or is there already."""
        if self._through < self._rounds:
            return False  # the last one is still being written
        if self._stale or self._newest is None:
            return self.publisher.wanted
        return self.publisher.waits_for(self._newest.seq)

    def wait_s(self, now: float) -> float:
        """Seconds from ``now`` until one may be made."""
        return max(self._next_at - now, 0.0)

    def publish(
        self, session: Session, epoch: int, now: float, lasts_s: float | None = None
    ) -> list[Outgoing]:
        """The frames of a picture, if one is due.

        Args:
            session: what it shows.
            epoch: of the session.
            now: reading of a clock, seconds.
            lasts_s: until the next tick is due, None while paused.
        """
        if not self.due:
            return []
        if self._stale or self._newest is None:
            if now < self._next_at:
                return []
            self._seq += 1
            tick, index, views = session.tick, session.log_index, session.views()
            self._newest = Picture(self._seq, epoch, tick, index, views)
            self.publisher.watchers.look(self._newest, session.world, lasts_s)
            self._stale = False
            self._next_at = max(self._next_at + self._interval_s, now)
        made = self.publisher.publish(self._newest, session.world)
        if not made:
            return []
        self._rounds += 1
        return [*made, Round(self._rounds)]
