"""Running a sweep: hands out chunks, bears the death of workers, and writes the tables at the end.

Resuming asks nobody but the folder: what lies there under its key is not played again, whoever died
in between.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from engine.sweep.grid import Grid, grid_from_text
from engine.sweep.play import failed_run
from server.sweep.chunks import Chunk, Finished, play_chunk
from server.sweep.files import write_tables
from server.sweep.jobs import chunks_of, jobs_of, refused_rows
from server.sweep.pools import WorkerPool
from server.sweep.store import SweepStore

Told = Callable[[int, int], None]
_AHEAD = 3  # chunks a worker that are handed out before they are needed
MAX_DEATHS = 5  # one after the other
DEAD = "its worker died twice: out of memory?"


@dataclass
class SweepResult:
    """What came of it.

    Attributes:
        grid: what was asked.
        rows: every run, unsorted.
        played: runs played now.
        skipped: runs whose result was there.
        refused: sentences on what cannot be played, each once.
        parquet: whether results.parquet was written.
    """

    grid: Grid
    rows: list[dict[str, Any]] = field(default_factory=list)
    played: int = 0
    skipped: int = 0
    refused: tuple[str, ...] = ()
    parquet: bool = False


def run_sweep(
    text: str,
    folder: Path,
    pool: WorkerPool,
    resume: bool = False,
    tell: Told = lambda done, total: None,
    beforehand: Callable[[tuple[str, ...]], None] = lambda refused: None,
) -> SweepResult:
    """Play a grid.

    Args:
        text: the grid, TOML.
        folder: where results go; made where there is none.
        pool: who plays.
        resume: whether the folder may hold results, which are not played again.
        tell: called with runs done and runs to do.
        beforehand: called before anything runs, with what cannot be played and why.

    Raises:
        RefusedError: the grid is wrong, or the folder holds results.
        OSError: the folder cannot be written, or the cluster has gone.
    """
    grid = grid_from_text(text)
    store = SweepStore(folder)
    jobs = jobs_of(grid, pool.worker_mib)
    result = SweepResult(grid, refused=tuple(dict.fromkeys(j.refusal for j in jobs if j.refusal)))
    beforehand(result.refused)
    store.begin(text, resume)
    outcomes: dict[str, dict[str, Any]] = {}
    for job in jobs:
        if not job.refusal and job.key not in outcomes:
            found = store.find(job.key)
            if found is not None:
                outcomes[job.key] = found
    result.skipped = len(outcomes)
    todo = [job for job in jobs if not job.refusal and job.key not in outcomes]
    total = len({job.key for job in todo})
    timings: list[Finished] = []
    tell(0, total)
    for finished in play_all(pool, chunks_of(todo, folder, pool.workers), store):
        if finished.kept and finished.key not in outcomes and not store.has(finished.key):
            store.keep(finished.key, finished.outcome)  # by a worker that does not see the folder
        outcomes[finished.key] = finished.outcome
        timings.append(finished)
        result.played += 1
        tell(result.played, total)
    result.rows = [job.row(outcomes[job.key]) for job in jobs if not job.refusal]
    result.rows += refused_rows(jobs)
    result.parquet = write_tables(grid, store, result.rows, timings)
    return result


def play_all(pool: WorkerPool, chunks: list[Chunk], store: SweepStore) -> Iterator[Finished]:
    """Play every chunk; yields results as they come.

    A pool that breaks does not say over which chunk: the runs that were under way are played one
    after the other, and the one that takes its worker down again becomes an error.

    Args:
        pool: who plays.
        chunks: what.
        store: asked what a worker had finished before it died.

    Raises:
        OSError: the cluster has gone, or no worker stays alive.
    """
    waiting = deque(chunks)
    deaths = 0  # without a result in between
    while waiting:
        lost: list[Chunk] = []
        yield from _play(pool, waiting, lost, _AHEAD * pool.workers)
        suspects: deque[Chunk] = deque()
        for chunk in lost:
            for item in chunk.items:
                kept = store.find(item.key)
                if kept is not None:
                    yield Finished(item.key, kept, 0.0, "", True)
                else:
                    suspects.append(replace(chunk, items=(item,)))
        while suspects:
            again: list[Chunk] = []
            for finished in _play(pool, suspects, again, 1):
                deaths = 0
                yield finished
            deaths += len(again)
            if deaths > MAX_DEATHS:
                raise OSError(f"{deaths} workers died one after the other: out of memory?")
            for item in (item for chunk in again for item in chunk.items):
                yield Finished(item.key, failed_run(DEAD), 0.0, "", False)


def _play(
    pool: WorkerPool, waiting: deque[Chunk], lost: list[Chunk], ahead: int
) -> Iterator[Finished]:
    """Play what waits until all is done or the pool breaks.

    Args:
        pool: who plays.
        waiting: taken from the left; what was not begun stays.
        lost: gets those whose worker died.
        ahead: how many are handed out at a time.
    """
    under_way: dict[Future[list[Finished]], Chunk] = {}
    broken = False
    with pool.open() as executor:
        try:
            while (waiting or under_way) and not broken:
                while waiting and len(under_way) < ahead and not broken:
                    try:
                        under_way[executor.submit(play_chunk, waiting[0])] = waiting[0]
                        waiting.popleft()
                    except BrokenExecutor:
                        broken = True
                finished, _ = wait(under_way, return_when=FIRST_COMPLETED)
                for future in finished:
                    chunk = under_way.pop(future)
                    try:
                        results = future.result()
                    except CancelledError:
                        raise OSError("the cluster has gone: --resume goes on from here") from None
                    except Exception as error:  # of Dask: KilledWorker, and others go on
                        broken = broken or isinstance(error, BrokenExecutor)
                        lost.append(chunk)
                        continue
                    yield from results
        except BaseException:
            for future in under_way:
                future.cancel()  # else leaving would wait for all
            raise
    lost += under_way.values()
