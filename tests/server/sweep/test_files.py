"""The tables: the same bytes for the same results, Parquet where pyarrow is there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from engine.sweep.grid import grid_from_text
from engine.sweep.play import failed_run
from engine.sweep.table import NUMBERS, rows_from_csv
from server.sweep.chunks import Finished
from server.sweep.files import read_timings, write_tables
from server.sweep.jobs import jobs_of
from server.sweep.store import SweepStore
from tests.server.sweep.grids import GRID, results_of

TEXT = GRID.replace('"20%"', "20")


def rows() -> list[dict[str, object]]:
    outcome = {"error": "", "tick": 5, "digest": "0" * 32} | dict.fromkeys(NUMBERS, 1)
    jobs = jobs_of(grid_from_text(TEXT), None)
    return [job.row(failed_run("no") if i % 5 == 0 else outcome) for i, job in enumerate(jobs)]


def test_the_same_results_give_the_same_bytes_and_parquet_says_what_csv_says(
    tmp_path: Path,
) -> None:
    import pyarrow.parquet

    grid = grid_from_text(TEXT)
    assert write_tables(grid, SweepStore(tmp_path / "a"), rows(), [])
    assert write_tables(grid, SweepStore(tmp_path / "b"), rows()[::-1], [])
    assert results_of(tmp_path / "a") == results_of(tmp_path / "b")
    table = pyarrow.parquet.read_table(tmp_path / "a" / "results.parquet").to_pylist()
    written = rows_from_csv((tmp_path / "a" / "results.csv").read_text())
    # A column in which words and numbers meet is words.
    assert table == [row | {"balloon": str(row["balloon"])} for row in written]


def test_without_pyarrow_there_is_the_csv_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SweepStore(tmp_path)
    assert write_tables(grid_from_text(TEXT), store, rows(), [])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert not write_tables(grid_from_text(TEXT), store, rows(), [])
    assert not (tmp_path / "results.parquet").exists()
    assert (tmp_path / "results.csv").exists()


def test_seconds_of_earlier_runs_stay(tmp_path: Path) -> None:
    store = SweepStore(tmp_path)
    assert read_timings(store) == {}
    grid = grid_from_text(TEXT)
    write_tables(grid, store, rows(), [Finished("b", {}, 1.5, "m-1", True)])
    write_tables(grid, store, rows(), [Finished("a", {}, 2.0, "m-2", True)])
    write_tables(grid, store, rows(), [Finished("a", {}, 0.0, "", True)])  # of a worker that died
    assert read_timings(store) == {"a": (2.0, "m-2"), "b": (1.5, "m-1")}
