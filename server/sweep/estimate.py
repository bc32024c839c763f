"""What a sweep will cost, before it runs: runs, time, memory and files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.core import engine_digest
from engine.sweep.grid import GuestSpec
from server.sweep.chunks import Chunk, SweepItem, play_chunk
from server.sweep.files import read_timings
from server.sweep.jobs import SweepJob
from server.sweep.pools import WorkerPool
from server.sweep.starts import needed_mib
from server.sweep.store import SweepStore

MAX_PROBES = 6  # runs played to find out how long they take
BYTES_A_RUN = 1700  # result, row and timing


@dataclass(frozen=True)
class SweepCost:
    """What is to come.

    Attributes:
        runs: in all.
        present: of them, those whose result is there.
        seconds: until the end, with all workers.
        timed: runs that this rests on.
        worker_mib: memory that a worker needs for the largest guest.
        disk_bytes: of the folder when all is done.
        refused: sentences on what cannot be played.
    """

    runs: int
    present: int
    seconds: float
    timed: int
    worker_mib: int
    disk_bytes: int
    refused: tuple[str, ...]


def sweep_cost(jobs: Sequence[SweepJob], folder: Path, pool: WorkerPool) -> SweepCost:
    """Estimate; plays a few runs where none was timed, and keeps nothing of them.

    Args:
        jobs: of the grid.
        folder: of the sweep, whether it is there or not.
        pool: who would play.
    """
    store = SweepStore(folder)
    unique = {job.key: job for job in jobs if not job.refusal}
    todo = [job for key, job in unique.items() if store.find(key) is None]
    timed = {key: seconds for key, (seconds, _) in read_timings(store).items() if key in unique}
    if todo and not timed:
        timed = _probe(todo)
    each = _seconds_per_mib(timed, unique)
    seconds = sum(each.get(job.run.guest, each[None]) * (job.size_mib or 0) for job in todo)
    sizes = [job.size_mib or 0 for job in todo]
    return SweepCost(
        len({job.key for job in jobs}), len(unique) - len(todo), seconds / pool.workers,
        len(timed), needed_mib(max(sizes, default=0)), len(jobs) * BYTES_A_RUN,
        tuple(dict.fromkeys(job.refusal for job in jobs if job.refusal)),
    )  # fmt: skip


def _probe(todo: Sequence[SweepJob]) -> dict[str, float]:
    """Seconds of a few runs, spread over the sweep; played here."""
    step = max(1, len(todo) // MAX_PROBES)
    seconds = {}
    for job in todo[::step][:MAX_PROBES]:
        item = SweepItem(job.key, job.run.design, job.run.profile, job.commands)
        chunk = Chunk(engine_digest(), "", job.run.guest, job.identity, job.run.seed, (item,))
        seconds[job.key] = play_chunk(chunk)[0].seconds
    return seconds


def _seconds_per_mib(
    timed: dict[str, float], jobs: dict[str, SweepJob]
) -> dict[GuestSpec | None, float]:
    """Seconds a run and MiB, by guest where it was timed; None: of all."""
    by_guest: dict[GuestSpec | None, list[float]] = {None: [0.0]}
    for key, seconds in timed.items():
        job = jobs[key]
        share = seconds / max(1, job.size_mib or 1)
        by_guest.setdefault(job.run.guest, []).append(share)
        by_guest[None].append(share)
    return {guest: sum(shares) / max(1, len(shares) - (guest is None))
            for guest, shares in by_guest.items()}  # fmt: skip
