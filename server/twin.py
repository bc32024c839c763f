"""The second server process: it plays the guests whose pageblocks are of the other order.

Compiled code has the pageblock order as a constant, so a process simulates one. The twin is the
same program with the other order on a Unix socket that only this user can open. It starts when a
guest needs it and ends with this process, or when nobody has asked for it for some time. The folder
of sessions is the same for both; a session's name says whose it is (server/journal/folder.py).
"""

import asyncio
import contextlib
import logging
import os
import shutil
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

from engine import units as u
from engine.capture.text import pageblock_size
from server.errors import JournalError
from server.paths import import_paths
from server.session.budget import Budget
from server.settings import PREFIX, Settings

log = logging.getLogger("fragscope")

START_S = 120.0  # for the process to listen: its imports take seconds on a busy machine
LOOK_S = 0.05
TWIN_SHARE = 4  # of the memory for guests and earlier states: one part goes to the twin
LEAST_HISTORY_MIB = 16
UNUSED = "nobody has asked for it"


def other_order() -> int:
    """The pageblock order that this process does not simulate."""
    return next(order for order in u.PAGEBLOCK_ORDERS if order != u.PAGEBLOCK_ORDER)


def environment_of(settings: Settings, order: int) -> dict[str, str]:
    """The environment of a twin: all settings of this process, and what is its own.

    Args:
        settings: of this process.
        order: of the twin's pageblocks.
    """
    own = {
        "max_guest_mib": (settings.guest_bytes >> 20) // TWIN_SHARE,
        "max_history_mib": max(settings.max_history_mib // TWIN_SHARE, LEAST_HISTORY_MIB),
    }
    given = {**settings.model_dump(), **own}
    words = {f"{PREFIX}{name.upper()}": str(value) for name, value in given.items()}
    paths = {"PYTHONPATH": import_paths()}
    return {**os.environ, **words, **paths, u.GEOMETRY_SETTING: str(order)}


class Twin:
    """The process, if there is one. Owned by the event loop.

    Attributes:
        order: of its pageblocks.
    """

    def __init__(self, settings: Settings, budget: Budget) -> None:
        """Nothing is started.

        Args:
            settings: of this process.
            budget: of memory for guests; the twin holds its share of it while it is there.
        """
        self.order = other_order()
        self._settings = settings
        self._budget = budget
        self._turn = asyncio.Lock()
        self._process: Process | None = None
        self._folder = ""
        self._users = 0
        self._used_at = time.monotonic()
        self._watching: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def running(self) -> bool:
        """Whether the process is there, and not about to end."""
        process = self._process
        if process is None or process.returncode is not None or process.stdin is None:
            return False
        return not process.stdin.is_closing()

    @contextlib.asynccontextmanager
    async def using(self) -> AsyncIterator[str]:
        """The path of its socket; it is started if need be, and stays until the block ends.

        Raises:
            LimitReachedError: there is no memory for its guests.
            JournalError: it does not start.
        """
        self._users += 1
        try:
            async with self._turn:
                if not self.running:
                    await self._start()
            yield self.socket
        finally:
            self._users -= 1
            self._used_at = time.monotonic()

    @property
    def socket(self) -> str:
        """The path of its socket."""
        return str(Path(self._folder) / "socket")

    async def _start(self) -> None:
        if self._closed:
            raise JournalError("the server is shutting down")
        if self._watching is not None:
            await self._watching  # the one before closes its journals
        self._process = None
        self._budget.reserve(self, self._settings.guest_bytes // TWIN_SHARE)
        self._folder = tempfile.mkdtemp(prefix="fragscope-")
        words = pageblock_size(self.order)
        log.info("a guest has pageblocks of %s: a process of its own begins", words)
        try:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", "server.api.twin_server", self.socket,
                stdin=PIPE, env=environment_of(self._settings, self.order),
                start_new_session=True,  # Ctrl+C in a terminal is for the first process
            )  # fmt: skip
            self._watching = asyncio.create_task(self._watch(self._process, self._folder))
            async with asyncio.timeout(START_S):
                while self.running and not Path(self.socket).exists():
                    await asyncio.sleep(LOOK_S)
        except (OSError, TimeoutError) as error:
            log.error("the process for pageblocks of %s does not start: %s", words, error)
        if not self.running:
            self._end()
            raise JournalError(f"the process for pageblocks of {words} does not start: see the log")

    async def _watch(self, process: Process, folder: str) -> None:
        """Until it ends: let it go when it is not needed, and give back what it held.

        Args:
            process: which.
            folder: of its socket.
        """
        ending = asyncio.ensure_future(process.wait())
        while not ending.done():
            await asyncio.wait([ending], timeout=min(self._settings.session_ttl_s, 60))
            unused = time.monotonic() - self._used_at
            if not self._users and unused > self._settings.session_ttl_s:
                log.info("the process for pageblocks of %s: %s", pageblock_size(self.order), UNUSED)
                self._end()
        if not self._closed and process.returncode:
            words = pageblock_size(self.order)
            log.error("the process for pageblocks of %s ended: %s", words, process.returncode)
        self._budget.release(self)
        shutil.rmtree(folder, ignore_errors=True)

    def _end(self) -> None:
        """Ask it to end, as a closed stdin does; it closes its journals first."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        if self._process is None:
            self._budget.release(self)

    def close(self) -> None:
        """The server goes away."""
        self._closed = True
        self._end()

    async def closed(self) -> None:
        """After close(): wait until it has ended; one that does not is killed."""
        if self._process is None or self._watching is None:
            return
        _, late = await asyncio.wait([self._watching], timeout=self._settings.shutdown_s + 3)
        if late and self.running:
            self._process.kill()
            await self._watching
