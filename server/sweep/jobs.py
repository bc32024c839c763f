"""From a grid to what has to be played: keys, chunks, and what is refused beforehand."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.commands import Command
from engine.core import engine_digest
from engine.errors import RefusedError
from engine.sweep.grid import Grid, GuestSpec, SweepRun
from engine.sweep.play import failed_run
from engine.sweep.table import run_key
from server.sweep.chunks import Chunk, SweepItem
from server.sweep.starts import guest_identity, guest_mib, needed_mib

# Of what is left, a worker gets one part in so many at a time: pieces become smaller, so that none
# waits for the last.
_SHARES = 3
MAX_CHUNK = 20  # runs: Ctrl+C waits for those under way


@dataclass(frozen=True)
class SweepJob:
    """A run with its key.

    Attributes:
        run: as the grid has it.
        size_mib: of its guest; None where nobody can say.
        key: of its result.
        commands: what is done.
        refusal: why it cannot be played; "" where it can.
        identity: of its guest.
    """

    run: SweepRun
    size_mib: int | None
    key: str
    commands: tuple[Command, ...]
    refusal: str
    identity: str

    def row(self, outcome: dict[str, Any]) -> dict[str, Any]:
        """The row of its result."""
        run = self.run
        return {
            "key": self.key, "guest": run.guest.label, "size_mib": self.size_mib,
            "course": run.course.name, **dict(run.values), "profile": run.profile,
            "family": run.design.partition(":")[0], "design": run.design, "seed": run.seed,
            **outcome,
        }  # fmt: skip


def jobs_of(grid: Grid, worker_mib: int | None) -> list[SweepJob]:
    """Every run of a grid with its key.

    Args:
        grid: which.
        worker_mib: memory of a worker; a guest that does not fit is refused now.
    """
    engine = engine_digest()
    facts: dict[GuestSpec, tuple[int | None, str, str]] = {}
    jobs = []
    for run in grid.runs():
        if run.guest not in facts:
            facts[run.guest] = _facts(run.guest, worker_mib)
        size, identity, refusal = facts[run.guest]
        commands: tuple[Command, ...] = ()
        if not refusal:
            try:
                commands = run.course.commands(dict(run.values), size or 0)
            except RefusedError as error:
                refusal = str(error)
        key = run_key(engine, identity, run.design, run.seed, run.profile, commands)
        jobs.append(SweepJob(run, size, key, commands, refusal, identity))
    return jobs


def _facts(guest: GuestSpec, worker_mib: int | None) -> tuple[int | None, str, str]:
    """Size, identity and what prevents a guest."""
    try:
        identity, size = guest_identity(guest), guest_mib(guest)
    except (RefusedError, OSError) as error:
        return None, f"none {guest.name}", str(error)
    needed = needed_mib(size)
    if worker_mib is not None and needed > worker_mib:
        words = (
            f"guest {guest.label} of {size} MiB needs {needed} MiB, and a worker has {worker_mib}"
        )
        return size, identity, words
    return size, identity, ""


def chunks_of(jobs: Iterable[SweepJob], folder: Path, workers: int) -> list[Chunk]:
    """What workers get: runs on one guest together, in pieces that keep all busy to the end.

    Args:
        jobs: to be played; of those that share a key one is.
        folder: of the sweep.
        workers: how many.
    """
    groups: dict[tuple[GuestSpec, int], dict[str, SweepJob]] = {}
    for job in jobs:
        groups.setdefault((job.run.guest, job.run.seed), {}).setdefault(job.key, job)
    left = sum(map(len, groups.values()))
    engine, home = engine_digest(), str(folder.resolve())
    chunks = []
    for (guest, seed), members in groups.items():
        each = deque(members.values())
        while each:
            size = max(1, min(MAX_CHUNK, left // (_SHARES * workers), len(each)))
            some = [each.popleft() for _ in range(size)]
            left -= size
            items = tuple(
                SweepItem(job.key, job.run.design, job.run.profile, job.commands) for job in some
            )
            chunks.append(Chunk(engine, home, guest, some[0].identity, seed, items))
    return chunks


def refused_rows(jobs: Iterable[SweepJob]) -> list[dict[str, Any]]:
    """Rows of what cannot be played."""
    return [job.row(failed_run(job.refusal)) for job in jobs if job.refusal]
