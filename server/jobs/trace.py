"""Call traces: what the next ticks of one design will do, page by page, in the kernel's words.

The session is not touched: a copy of one guest goes to a process of its own, which runs the same
core uncompiled and watches it (engine/trace/). The process starts with the first question, stays,
and is ended when it takes too long or when the server goes away.
"""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from engine.errors import RefusedError
from engine.trace.limits import MAX_TICKS, MAX_TRACED_CALLS
from engine.world import World
from server.errors import LimitReachedError
from server.jsontext import only_fields, whole
from server.paths import import_paths

TRACE_LIMIT_S = 30.0  # wall time of one trace, the start of the process counted
MAX_WAITING = 4  # traces that are asked for at a time; one is made, and one guest copied


class TraceProcess:
    """The process, started when needed. One question at a time, from one thread."""

    def __init__(self, limit_s: float = TRACE_LIMIT_S) -> None:
        """Nothing is started.

        Args:
            limit_s: wall time of one trace.
        """
        self.limit_s = limit_s
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Connection[Any, Any] | None = None

    def _started(self) -> "tuple[subprocess.Popen[bytes], Connection[Any, Any]]":
        if self._process is not None and self._process.poll() is not None:
            self.close()
        if self._process is None or self._pipe is None:
            # Not multiprocessing's own Process: the environment must be there before numba is.
            self._pipe, theirs = Pipe()
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "server.jobs.trace_worker", str(theirs.fileno())],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=2,  # whatever is printed there belongs to nobody's answer
                    env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": import_paths()},
                )
        return self._process, self._pipe

    def ask(self, world: World, ticks: int, most: int = MAX_TRACED_CALLS) -> bytes:
        """The trace of a world of one design, as JSON; waits for it.

        Args:
            world: not written: its copy travels.
            ticks: at most so many.
            most: calls to watch.

        Raises:
            RefusedError: what the trace itself refuses.
            LimitReachedError: it took too long.
            RuntimeError: the process ended by a fault.
        """
        begin = time.monotonic()
        process, pipe = self._started()
        clock = threading.Timer(self.limit_s, process.kill)
        clock.start()
        try:
            pipe.send((world, ticks, most))
            made, text = pipe.recv()
        except (EOFError, OSError):  # the process is gone, by itself or by the clock
            self.close()
            if time.monotonic() - begin >= self.limit_s:
                raise LimitReachedError(
                    f"the trace took over {self.limit_s:.0f} s: ask for fewer ticks, or take a"
                    " smaller guest"
                ) from None
            raise RuntimeError("the process that makes traces has ended by a fault") from None
        finally:
            clock.cancel()
        if not made:
            raise RefusedError(text.decode())
        return bytes(text)

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        pipe, self._pipe = self._pipe, None
        if process is not None:
            process.kill()
            process.wait()
        if pipe is not None:
            pipe.close()


class Traces:
    """The traces of all sessions, one at a time. Owned by the event loop."""

    def __init__(self) -> None:
        """No thread and no process is started before it is needed."""
        self._process = TraceProcess()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="trace")
        self._waiting = 0
        self._turn = asyncio.Lock()

    @contextmanager
    def _place(self) -> Iterator[None]:
        if self._waiting >= MAX_WAITING:
            raise LimitReachedError(f"{MAX_WAITING} traces are under way: try again in a moment")
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    async def trace(self, copy: Callable[[], Awaitable[World]], ticks: int) -> bytes:
        """As TraceProcess.ask, without holding the loop up.

        Args:
            copy: makes the world to be traced, when it is its turn: a copy takes memory.
            ticks: at most so many.

        Raises:
            RefusedError, LimitReachedError, RuntimeError: see there; also when too many wait.
        """
        with self._place():
            async with self._turn:
                world = await copy()
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(self._pool, self._process.ask, world, ticks)

    def close(self) -> None:
        """The server goes away."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._process.close()


def request_of(data: dict[str, Any]) -> tuple[str, int]:
    """The design and the number of ticks that a request's body asks for.

    Raises:
        RefusedError: another field, or not such values; one sentence.
    """
    only_fields(data, ("design", "ticks"), "trace")
    key = data.get("design")
    if not isinstance(key, str):
        raise RefusedError(f"design is {key!r:.60}: the key of a design of this session is needed")
    return key, whole(data.get("ticks", 1), "ticks", 1, MAX_TICKS, "(ticks)")
