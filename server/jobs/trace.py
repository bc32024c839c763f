"""Call traces: what the next ticks of one design will do, page by page, in the kernel's words.

The session is not touched: a copy of one guest goes to a process of its own, which runs the same
core uncompiled and watches it (engine/trace/). The process starts with the first question, stays,
and is ended when it takes too long or when the server goes away.
"""

import asyncio
import json
import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from engine.trace.limits import MAX_TICKS
from engine.world import World
from server.errors import LimitReachedError
from server.jobs.trace_worker import put, take
from server.jsontext import only_fields, whole
from server.paths import import_paths

LIMIT_S = 20.0  # wall time of one trace, the start of the process counted
MAX_WAITING = 4


class TraceProcess:
    """The process, started when needed. One question at a time, from one thread."""

    def __init__(self, limit_s: float = LIMIT_S) -> None:
        """Nothing is started.

        Args:
            limit_s: wall time of one trace.
        """
        self.limit_s = limit_s
        self._process: subprocess.Popen[bytes] | None = None

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._process is not None and self._process.poll() is not None:
            self.close()
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "server.jobs.trace_worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": import_paths()},
            )
        return self._process

    def ask(self, world: World, ticks: int) -> dict[str, Any]:
        """The trace of a world of one design; waits for it.

        Args:
            world: not written: its copy travels.
            ticks: at most so many.

        Raises:
            ValueError: what the trace itself refuses.
            LimitReachedError: it took too long.
            RuntimeError: the process ended by a fault.
        """
        process = self._started()
        assert process.stdin is not None and process.stdout is not None
        late = threading.Event()

        def end() -> None:
            late.set()
            process.kill()

        clock = threading.Timer(self.limit_s, end)
        clock.start()
        try:
            put(process.stdin, pickle.dumps((world, ticks), pickle.HIGHEST_PROTOCOL))
            reply = take(process.stdout)
        except BrokenPipeError:
            reply = None
        finally:
            clock.cancel()
        if reply is None:
            self.close()
            if late.is_set():
                raise LimitReachedError(
                    f"the trace took over {self.limit_s:.0f} s: ask for fewer ticks, or take a"
                    " smaller guest"
                )
            raise RuntimeError("the process that makes traces has ended by a fault")
        answer: dict[str, Any] = json.loads(reply)
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()


class Traces:
    """The traces of all sessions, one at a time. Owned by the event loop."""

    def __init__(self) -> None:
        """No thread and no process is started before it is needed."""
        self._process = TraceProcess()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="trace")
        self._waiting = 0

    async def trace(self, world: World, ticks: int) -> dict[str, Any]:
        """As TraceProcess.ask, without holding the loop up.

        Raises:
            ValueError, LimitReachedError: see there; also when too many wait.
        """
        if self._waiting >= MAX_WAITING:
            raise LimitReachedError(f"{MAX_WAITING} traces are under way: try again in a moment")
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool, self._process.ask, world, ticks)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """The server goes away."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._process.close()


def request_of(data: dict[str, Any]) -> tuple[str, int]:
    """The design and the number of ticks that a request's body asks for.

    Raises:
        ValueError: another field, or not such values; one sentence.
    """
    only_fields(data, ("design", "ticks"), "trace")
    key = data.get("design")
    if not isinstance(key, str):
        raise ValueError(f"design is {key!r:.60}: the key of a design of this session is needed")
    return key, whole(data.get("ticks", 1), "ticks", 1, MAX_TICKS, "(ticks)")
