"""Who is told what happens between two pictures, and what has happened; pure.

Owned by a session's worker. While nobody watches, the engine writes nothing down. What a client
gets goes with its picture, so whoever skips a picture skips what led to it: nothing queues.
"""

from collections.abc import Iterable

from engine import events
from engine.world import World
from server.wire.events import Between, encode_events
from server.wire.frames import Picture


class Watchers:
    """Clients that watch, and the frame of events before the newest picture."""

    def __init__(self) -> None:
        """Nobody watches."""
        self._clients: set[int] = set()
        self._since = (-1, 0)  # epoch and tick of the picture before
        self._frame = b""

    def ask(self, client: int, on: bool, world: World) -> None:
        """``client`` wants to be told from now on, or not any more."""
        (self._clients.add if on else self._clients.discard)(client)
        self._set(world)

    def forget(self, client: int) -> None:
        """``client`` is gone."""
        self._clients.discard(client)

    def look(self, picture: Picture, world: World, lasts_s: float | None) -> None:
        """A new picture was made of ``world``: what has happened since the one before.

        Args:
            picture: the newest.
            world: in the state that it shows.
            lasts_s: until the next tick is due, None while paused.
        """
        epoch, since = self._since
        self._since = (picture.epoch, picture.tick)
        self._frame = b""
        guests = [world.guest(i) for i in range(len(world.keys))]
        if self._clients:
            happened = tuple(events.take_events(guest) for guest in guests)
            some = any(one.total for kinds in happened for one in kinds)
            if some and epoch == picture.epoch and since < picture.tick:
                self._frame = encode_events(
                    Between(
                        picture.seq,
                        picture.epoch,
                        picture.tick,
                        since,
                        picture.log_index,
                        picture.nr_pageblocks,
                        round(1000 * (lasts_s or 0)),
                        happened,
                    )
                )
        self._set(world)

    def split(self, clients: Iterable[int]) -> list[tuple[tuple[int, ...], bytes]]:
        """Clients with what is to be told to them before the newest picture, b"" = nothing."""
        if not self._frame:
            return [(tuple(clients), b"")]
        told: dict[bool, list[int]] = {}
        for client in clients:
            told.setdefault(client in self._clients, []).append(client)
        return [(tuple(group), self._frame if on else b"") for on, group in told.items()]

    def _set(self, world: World) -> None:
        for i in range(len(world.keys)):
            events.watch(world.guest(i), bool(self._clients))
