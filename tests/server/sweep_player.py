"""A published row played by the engine of today: what is published may be of an earlier one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.sweep.grid import grid_from_text
from engine.sweep.play import failed_run
from server.paths import sweeps_folder
from server.sweep.chunks import play_chunk
from server.sweep.jobs import chunks_of, jobs_of
from server.sweep.store import GRID


def played(name: str, row: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The row that the sweep's player makes today of a published row's run."""
    grid = grid_from_text((sweeps_folder() / name / GRID).read_text(encoding="utf-8"))
    at = ("guest", "course", "balloon", "design", "seed")
    none = failed_run("")
    (job,) = [
        job for job in jobs_of(grid, None) if all(str(job.row(none)[x]) == str(row[x]) for x in at)
    ]
    ((one,),) = map(play_chunk, chunks_of([job], folder, 1))
    return job.row(one.outcome)
