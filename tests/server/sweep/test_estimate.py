"""The cost beforehand: by what was timed, else by a few runs of which nothing is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.sweep.grid import grid_from_text
from server.sweep.chunks import Finished
from server.sweep.estimate import MAX_PROBES, sweep_cost
from server.sweep.files import write_tables
from server.sweep.jobs import jobs_of
from server.sweep.pools import LocalPool
from server.sweep.store import SweepStore
from tests.server.sweep.grids import GRID, RUNS


def test_a_few_runs_are_played_and_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = jobs_of(grid_from_text(GRID), None)
    monkeypatch.chdir(tmp_path)
    cost = sweep_cost(jobs, tmp_path / "none", LocalPool(1))
    assert (cost.runs, cost.present, cost.timed) == (RUNS, 0, MAX_PROBES)
    assert cost.seconds > 0
    assert list(tmp_path.iterdir()) == []


def test_what_was_timed_is_taken_by_guest(tmp_path: Path) -> None:
    jobs = jobs_of(grid_from_text(GRID.replace("256", "[256, 512]")), None)
    store = SweepStore(tmp_path)
    done = [job for job in jobs if job.run.seed == 1]
    timings = []
    for job in done:
        store.keep(job.key, {})
        seconds = 2.0 if job.run.guest.label == "tight" else 1.0
        timings.append(Finished(job.key, {}, seconds, "m", True))
    write_tables(grid_from_text(GRID), store, [], timings)
    cost = sweep_cost(jobs, tmp_path, LocalPool(2))
    assert (cost.runs, cost.present, cost.timed) == (2 * RUNS, len(done), len(done))
    assert cost.seconds == (16 * 2.0 + 16 * 1.0) / 2
    assert cost.refused == ()
