"""A sweep ends with the same bytes whoever played it, whoever died, and however often it began."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import Executor
from pathlib import Path

import pytest

from engine.errors import RefusedError
from engine.sweep.table import rows_from_csv
from server.paths import import_paths
from server.sweep.pools import LocalPool
from server.sweep.sweep import DEAD, run_sweep
from tests.server.sweep.grids import GRID, RUNS, HerePool, PoisonedPool, results_of

# Plays the grid, and kills itself with kill -9 after nine runs.
SUICIDE = """
import os, pathlib, signal, sys
from server.sweep.pools import LocalPool
from server.sweep.sweep import run_sweep

def tell(done, total):
    if done == 9:
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    run_sweep(sys.stdin.read(), pathlib.Path(sys.argv[1]), LocalPool(1), tell=tell)
"""


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What one process makes of the grid."""
    folder = tmp_path_factory.mktemp("reference")
    told: list[tuple[int, int]] = []
    result = run_sweep(GRID, folder, LocalPool(1), tell=lambda *now: told.append(now))
    assert (result.played, result.skipped, len(result.rows)) == (RUNS, 0, RUNS)
    assert told == [(i, RUNS) for i in range(RUNS + 1)]
    rows = rows_from_csv((folder / "results.csv").read_text())
    assert [row["key"] for row in rows] == sorted(row["key"] for row in rows)
    assert all(row["error"] == "" and row["huge_best"] > 0 for row in rows)
    return results_of(folder)


class WoundedPool(LocalPool):
    """Two processes, one of which is killed by the test."""

    def open(self) -> Executor:
        self.executor = super().open()
        return self.executor


def test_a_worker_killed_in_the_middle_changes_nothing(
    reference: dict[str, bytes], tmp_path: Path
) -> None:
    pool = WoundedPool(2)

    def tell(done: int, _: int) -> None:
        if done == 5:
            os.kill(next(iter(pool.executor._processes)), signal.SIGKILL)  # type: ignore[attr-defined]

    result = run_sweep(GRID, tmp_path / "new", pool, tell=tell)
    assert result.played == RUNS
    assert results_of(tmp_path / "new") == reference


def test_killed_and_resumed_it_ends_byte_identical(
    reference: dict[str, bytes], tmp_path: Path
) -> None:
    script = tmp_path / "suicide.py"
    script.write_text(SUICIDE)
    folder = tmp_path / "sweep"
    # Its pipes close when its worker has ended as well: none is left behind.
    ended = subprocess.run(
        [sys.executable, script, folder], input=GRID, text=True, capture_output=True,
        timeout=120, check=False, env={**os.environ, "PYTHONPATH": import_paths()},
    )  # fmt: skip
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert not (folder / "results.csv").exists()
    with pytest.raises(RefusedError, match="--resume"):
        run_sweep(GRID, folder, HerePool())
    (folder / "runs" / ".ab.json.1.part").write_bytes(b"{")  # of a write that was under way
    result = run_sweep(GRID, folder, HerePool(), resume=True)
    assert result.skipped >= 9
    assert result.played == RUNS - result.skipped
    assert results_of(folder) == reference
    again = run_sweep(GRID, folder, HerePool(), resume=True)
    assert (again.played, again.skipped) == (0, RUNS)
    assert results_of(folder) == reference


def test_a_run_that_takes_its_worker_down_is_an_error_and_the_others_are_not(
    reference: dict[str, bytes], tmp_path: Path
) -> None:
    one_guest = GRID.replace('["tight", "cycles"]', '"tight"')
    result = run_sweep(one_guest, tmp_path, PoisonedPool(1))
    dead = [row for row in result.rows if row["error"]]
    assert {(row["design"], row["seed"], row["balloon"]) for row in dead} == {
        ("lru_hook", 2, "20%")
    }
    assert {row["error"] for row in dead} == {DEAD}
    assert not any((tmp_path / "runs").rglob(f"{dead[0]['key']}*"))
    # Nothing of it is kept: with a worker that bears it the sweep becomes whole.
    assert run_sweep(one_guest, tmp_path, HerePool(), resume=True).played == len(dead) == 1
    played = {name for name in results_of(tmp_path) if name.startswith("runs/")}
    assert len(played) == RUNS // 2
    assert all(results_of(tmp_path)[name] == reference[name] for name in played)


def test_what_cannot_be_played_is_said_beforehand_and_is_a_row(tmp_path: Path) -> None:
    said: list[tuple[str, ...]] = []
    pool = LocalPool(1)
    pool.worker_mib = 100
    result = run_sweep(GRID, tmp_path, pool, beforehand=said.append)
    assert said == [result.refused]
    assert len(result.refused) == 2
    assert result.played == 0
    rows = rows_from_csv((tmp_path / "results.csv").read_text())
    assert len(rows) == RUNS
    assert all("a worker has 100" in row["error"] for row in rows)
