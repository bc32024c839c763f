"""Who does the work: processes of this machine, or a cluster of Dask; both by the same protocol."""

import os
import signal
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread
from typing import Any, Protocol

from engine.errors import RefusedError

MAX_LOCAL_WORKERS = 256


class WorkerPool(Protocol):
    """What a sweep needs of those who work for it.

    Attributes:
        workers: how many.
        worker_mib: memory of each; None: unknown.
        words: for the progress.
    """

    workers: int
    worker_mib: int | None
    words: str

    def open(self) -> Executor:
        """An executor; a new one after it broke."""

    def close(self) -> None:
        """Let go of what outlives an executor."""


class LocalPool:
    """Processes of this machine; see WorkerPool."""

    def __init__(self, workers: int) -> None:
        """Nothing is started.

        Args:
            workers: how many; 0: one for each processor.
        """
        self.workers = workers or len(os.sched_getaffinity(0))
        from server.settings import machine_mib  # not at the top: a worker needs none of it

        machine = machine_mib()
        self.worker_mib = None if machine is None else machine * 8 // 10 // self.workers
        self.words = f"{self.workers} process{'es' if self.workers > 1 else ''}"

    def open(self) -> Executor:
        """Processes that load the core once and end with this one, however it ends."""
        return ProcessPoolExecutor(self.workers, get_context("spawn"), _begin_process)

    def close(self) -> None:
        """Nothing is left."""


def _begin_process() -> None:
    """Called once in each process, before its first chunk."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent, which ends this one
    Thread(target=_end_with_parent, name="watch", daemon=True).start()
    from engine.core.run import run_ticks

    _ = run_ticks  # loaded with the rest of the core, from the cache


def _end_with_parent() -> None:
    """A parent that was killed says nothing: its end is seen."""
    parent = parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)


class DaskPool:
    """Workers of a Dask cluster; see WorkerPool."""

    def __init__(self, address: str) -> None:
        """Connect.

        Args:
            address: of the scheduler, as tcp://host:8786.

        Raises:
            RefusedError: Dask is not installed, nobody answers, or there are no workers.
        """
        try:
            from distributed import Client
        except ImportError:
            raise RefusedError(
                "--dask needs the package distributed: pip install 'fragscope[dask]'"
            ) from None
        try:
            connect: Any = Client
            self._client: Any = connect(address, timeout=10, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise RefusedError(f"no Dask scheduler answers at {address!r:.100}: {error}") from None
        workers = self._client.scheduler_info(n_workers=-1)["workers"].values()
        if not workers:
            raise RefusedError(f"the Dask cluster at {address:.100} has no workers yet")
        self.workers = sum(worker["nthreads"] for worker in workers)
        limits = [(worker["memory_limit"] or 0) // worker["nthreads"] for worker in workers]
        self.worker_mib = min(limits) >> 20 if all(limits) else None
        self.words = f"{self.workers} workers of Dask"

    def open(self) -> Executor:
        """The cluster as an executor: a run may be played again elsewhere if a worker dies."""
        executor: Executor = self._client.get_executor(pure=False)
        return executor

    def close(self) -> None:
        """Leave the cluster as it is."""
        self._client.close()
