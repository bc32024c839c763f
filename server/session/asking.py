"""How the worker of a session learns who wants a frame: many at once, and not too often."""

import asyncio
from collections.abc import Callable

from server.session.hub import Hub
from server.session.mailbox import Wants

ASK_S = 0.005  # least time between two words to the worker


class Asking:
    """On the event loop, between the hub and the worker's inbox."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, hub: Hub, put: Callable[[Wants], None]
    ) -> None:
        """Nobody wants anything.

        Args:
            loop: of the session.
            hub: knows who is ready.
            put: hands something to the worker.
        """
        self._loop, self._hub, self._put = loop, hub, put
        self._through = 0  # rounds of frames that have been written
        self._later: asyncio.TimerHandle | None = None
        self._told_at = 0.0

    def round_is_written(self, nr: int) -> None:
        """Say so, but not before the sockets were read once more: credits that are there count."""
        self._loop.call_soon(self._end_round, nr)

    def soon(self) -> None:
        """Tell the worker who became ready: at once, or soon, so that many are told together."""
        if self._later is None and self._hub.changed:
            if self._loop.time() - self._told_at >= ASK_S:
                self._tell()
            else:
                self._later = self._loop.call_at(self._told_at + ASK_S, self._tell)

    def _end_round(self, nr: int) -> None:
        self._through = nr
        self._tell()

    def _tell(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None
        self._told_at = self._loop.time()
        self._put(Wants(tuple(self._hub.wants()), self._through))
