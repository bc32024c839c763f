"""Compiles the core with all processors: worker processes, each given one function at a time.

Who needs what, and for which types, engine/core/precompile.py says. A worker leaves what it has
compiled in the cache, where the next one finds it. Whatever goes wrong here costs time and nothing
else: what is missing is compiled when it is first called.
"""

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterable

from engine.core import cache_folders
from engine.core.precompile import Part
from server.paths import import_paths
from server.settings import machine_mib

log = logging.getLogger("fragscope")

TEXT = "compiling the simulator, once"  # what those who wait are told
MAX_WORKERS = 6  # the longest chain of functions that call each other keeps four busy
WORKER_MIB = 2048  # what one needs at most: 1850 were seen with two workers


def nr_workers() -> int:
    """As many as there are processors to run on and memory to hold them; at least one."""
    held = (machine_mib() or WORKER_MIB) // WORKER_MIB
    return max(1, min(MAX_WORKERS, len(os.sched_getaffinity(0)), held))


class Plan:
    """Which functions can be compiled now: those whose needs are met, the longest way up first."""

    def __init__(self, parts: Iterable[Part]) -> None:
        """Nothing is begun."""
        self._waiting = {part.name: set(part.needs) for part in parts}
        self._callers: dict[str, list[str]] = {name: [] for name in self._waiting}
        for name, needs in self._waiting.items():
            for need in needs:
                self._callers[need].append(name)
        self._way: dict[str, int] = {}
        self.total = len(self._waiting)
        self.done = 0

    def _way_up(self, name: str) -> int:
        """Length of the longest chain of callers: each waits for the one before."""
        if name not in self._way:
            above = (self._way_up(caller) for caller in self._callers[name])
            self._way[name] = 1 + max(above, default=0)
        return self._way[name]

    @property
    def nr_left(self) -> int:
        """Functions that nobody has taken."""
        return len(self._waiting)

    def take(self) -> str | None:
        """The name of a function to compile; None if all that are left need one under way."""
        ready = [name for name, needs in self._waiting.items() if not needs]
        if not ready:
            return None
        name = max(sorted(ready), key=self._way_up)
        del self._waiting[name]
        return name

    def finish(self, name: str) -> None:
        """A function is compiled."""
        self.done += 1
        for caller in self._callers[name]:
            self._waiting[caller].discard(name)


class Build:
    """One build: run() until all is compiled, a worker fails, or stop() is called."""

    def __init__(self, parts: Iterable[Part]) -> None:
        """Nothing is started."""
        self._plan = Plan(parts)
        self._change = threading.Condition()
        self._processes: list[subprocess.Popen[str]] = []
        self._over = False

    @property
    def progress(self) -> tuple[int, int]:
        """Functions compiled so far, and all that there are to compile."""
        return self._plan.done, self._plan.total

    def run(self) -> None:
        """Compile; returns when nothing more is under way."""
        count = min(nr_workers(), self._plan.total)
        threads = [
            threading.Thread(target=self._work, name=f"build-{i}", daemon=True)
            for i in range(count)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def stop(self) -> None:
        """End it; for another thread."""
        with self._change:
            self._over = True
            for process in self._processes:
                process.kill()
            self._change.notify_all()

    def _next(self) -> str | None:
        with self._change:
            while not self._over and self._plan.nr_left:
                name = self._plan.take()
                if name is not None:
                    return name
                self._change.wait()
            return None

    def _start(self) -> "subprocess.Popen[str] | None":
        with self._change:
            if self._over:
                return None
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "server.compiler.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={
                    **os.environ,
                    "PYTHONPATH": import_paths(),
                    "FRAGSCOPE_CACHE_DIR": str(cache_folders()[0]),
                },
            )
            self._processes.append(process)
            return process

    def _work(self) -> None:
        """One worker's life, in a thread of its own."""
        process = self._start()
        if process is None:
            return
        with process:
            assert process.stdin is not None and process.stdout is not None
            try:
                while (name := self._next()) is not None:
                    process.stdin.write(name + "\n")
                    process.stdin.flush()
                    if process.stdout.readline() != name + "\n":
                        raise BrokenPipeError(f"the compiler of {name} ended")
                    with self._change:
                        self._plan.finish(name)
                        self._change.notify_all()
                process.stdin.close()
            except OSError as error:
                if not self._over:
                    log.warning("compiling goes on with one processor: %s", error)
                self.stop()
