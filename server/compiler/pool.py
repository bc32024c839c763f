"""Compiles the core with all processors: a pool of processes shares the steps.

Which steps there are, and what comes before each, engine/core/jit/precompile.py says. A worker
leaves what it has compiled in the cache, where the next one finds it. Whatever goes wrong in a
worker costs time and nothing else: this process then does what is left.
"""

import logging
import os
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from graphlib import TopologicalSorter
from multiprocessing import get_context

from engine import units as u
from engine.capture.text import pageblock_size
from engine.core.jit.cache import folders
from engine.core.jit.precompile import Steps, missing, run_step
from server.compiler import worker
from server.settings import machine_mib

log = logging.getLogger("fragscope")

_FOR = ""
if u.PAGEBLOCK_ORDER != u.USUAL_PAGEBLOCK_ORDER:
    _FOR = f" for pageblocks of {pageblock_size(u.PAGEBLOCK_ORDER)}"
TEXT = f"compiling the simulator{_FOR}, once"  # what those who wait are told
MAX_WORKERS = 6  # the longest chain of functions that call each other keeps four busy
WORKER_MIB = 1024  # what one needs at most: 600 were seen of one that does all


def nr_workers() -> int:
    """As many as there are processors to run on and memory to hold them; at least one."""
    held = (machine_mib() or WORKER_MIB) // WORKER_MIB
    return max(1, min(MAX_WORKERS, len(os.sched_getaffinity(0)), held))


def ways_up(steps: Steps) -> dict[str, int]:
    """For each step, the length of the longest chain of steps from it on that wait in turn."""
    ways = dict.fromkeys(steps, 1)
    for name in reversed(list(TopologicalSorter(steps).static_order())):
        for need in steps[name]:
            ways[need] = max(ways[need], ways[name] + 1)
    return ways


class Compilation:
    """One compilation of the core: run() until all is done, or stop() is called."""

    def __init__(self, steps: Steps) -> None:
        """Nothing is started."""
        self._steps = steps
        self._ways = ways_up(steps)
        self._done: set[str] = set()
        self._stopped = False
        self._watched, self._stop = get_context("spawn").Pipe(duplex=False)

    @property
    def progress(self) -> tuple[int, int]:
        """Steps done so far, and all that there are."""
        return len(self._done), len(self._steps)

    def run(self) -> None:
        """Compile; returns when nothing more is under way."""
        try:
            self._share()
        except Exception as error:
            if not self._stopped:
                log.warning("compiling goes on with one processor: %s", error or repr(error))
                self._alone()
        finally:
            self.stop()

    def stop(self) -> None:
        """End it, workers included; for another thread."""
        self._stopped = True
        self._stop.close()

    def _share(self) -> None:
        """Do the steps in worker processes, the longest way up first.

        Raises:
            BrokenProcessPool: a worker died.
            Exception: a step failed.
        """
        count = min(nr_workers(), len(self._steps))
        sorter = TopologicalSorter(self._steps)
        sorter.prepare()
        ready: list[str] = []
        running: set[Future[str]] = set()
        pool = ProcessPoolExecutor(
            count, get_context("spawn"), worker.begin, (str(folders()[0]), self._watched)
        )
        try:
            while sorter.is_active():
                ready = sorted([*ready, *sorter.get_ready()], key=self._way, reverse=True)
                while ready and len(running) <= count:  # one waits, so that no worker does
                    running.add(pool.submit(worker.do, ready.pop(0)))
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                for one in finished:
                    self._done.add(one.result())
                    sorter.done(one.result())
        except BaseException:
            self._stop.close()  # ends the workers
            raise
        finally:
            pool.shutdown(cancel_futures=True)

    def _way(self, name: str) -> tuple[int, str]:
        return self._ways[name], name

    def _alone(self) -> None:
        """Do what is left in this process; what fails is compiled, or fails, when it is called."""
        try:
            for name in TopologicalSorter(self._steps).static_order():
                if self._stopped:
                    return
                if name not in self._done:
                    run_step(name)
                    self._done.add(name)
        except Exception:
            log.exception("the simulator could not be compiled ahead")


def compilation() -> Compilation | None:
    """What has to be compiled before anything is simulated; None if nothing has."""
    steps = missing()
    return Compilation(steps) if steps else None
