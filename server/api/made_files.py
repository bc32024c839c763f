"""Files that take long to make, over REST: one of a kind at a time, within memory and a time."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from fastapi import Response

from server.api.body import LargeBodies
from server.errors import LimitReachedError
from server.manager import Manager
from server.wire.config import SessionConfig

MAKING_S = 60.0  # of playing; the command line has none
MAX_WAITING = 4

Made = TypeVar("Made")


class Making:
    """Makes files of one kind. Owned by the event loop."""

    def __init__(self, manager: Manager, words: str) -> None:
        """None yet.

        Args:
            manager: whose memory for guests is used.
            words: what is said of those that are made, as in "reports are being made".
        """
        self._manager = manager
        self._turn = asyncio.Semaphore(1)
        self._waiting = LargeBodies(MAX_WAITING, words)

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for one's turn, which lasts until the block ends.

        Raises:
            LimitReachedError: too many wait.
        """
        with self._waiting.one():
            async with self._turn:
                yield

    async def play(self, config: SessionConfig, make: Callable[[], Made]) -> Made:
        """What a thread makes by playing a session, whose memory it holds meanwhile.

        Args:
            config: of the session.
            make: called in the thread.

        Raises:
            LimitReachedError: there is not so much memory.
        """
        holder = object()
        self._manager.budget.reserve(holder, self._manager.library.check(config))
        try:
            return await asyncio.to_thread(make)
        finally:
            self._manager.budget.release(holder)


def time_limit(what: str, instead: str) -> Callable[[int], None]:
    """A look at the clock, to be had now and then while a session is played; called with the tick.

    Args:
        what: is made.
        instead: what one can do where it takes over MAKING_S, and LimitReachedError is raised.
    """
    end = time.monotonic() + MAKING_S

    def look(tick: int) -> None:
        if time.monotonic() > end:
            raise LimitReachedError(
                f"{what} was not made within {MAKING_S:.0f} s, which got to tick {tick}: {instead}"
            )

    return look


def page_to_keep(text: str, name: str) -> Response:
    """An HTML file that a browser saves instead of showing it."""
    return Response(
        text,
        media_type="text/html; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
