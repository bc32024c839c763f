"""From a grid to chunks: nothing twice, nothing that cannot run, work for everybody."""

from __future__ import annotations

from pathlib import Path

from engine.sweep.grid import grid_from_text
from server.sweep.jobs import MAX_CHUNK, chunks_of, jobs_of, refused_rows
from tests.server.sweep.grids import GRID, RUNS


def test_every_run_is_in_one_chunk_with_its_guest(tmp_path: Path) -> None:
    jobs = jobs_of(grid_from_text(GRID), None)
    assert len({job.key for job in jobs}) == RUNS
    for workers in (1, 2, 50):
        chunks = chunks_of(jobs, tmp_path, workers)
        assert sorted(item.key for chunk in chunks for item in chunk.items) == sorted(
            job.key for job in jobs
        )
        assert len(chunks) >= min(RUNS, 4 * workers)
    assert all(len(chunk.items) <= MAX_CHUNK for chunk in chunks_of(jobs * 9, tmp_path, 1))


def test_pieces_become_smaller_so_that_no_worker_waits_for_another(tmp_path: Path) -> None:
    many = GRID.replace('["5%", "20%"]', str(list(range(10, 40)))).replace("seeds = 3", "seeds = 4")
    jobs = jobs_of(grid_from_text(many), None)
    sizes = [len(chunk.items) for chunk in chunks_of(jobs, tmp_path, 2)]
    assert sum(sizes) == len(jobs) == 480
    assert max(sizes) == sizes[0] == MAX_CHUNK
    assert sizes[-4:] == [1] * 4, "the last ones are handed out run by run"
    assert len(sizes) < 480 / 10, "most go in large pieces"


def test_two_names_for_one_run_are_played_once(tmp_path: Path) -> None:
    # 5 % of 256 MiB is 12 MiB.
    jobs = jobs_of(grid_from_text(GRID.replace('"20%"', "12")), None)
    assert len(jobs) == RUNS
    assert len({job.key for job in jobs}) == RUNS // 2
    assert sum(len(chunk.items) for chunk in chunks_of(jobs, tmp_path, 1)) == RUNS // 2


def test_a_guest_too_large_for_a_worker_is_refused_beforehand() -> None:
    jobs = jobs_of(grid_from_text(GRID.replace("256", "[256, 65536]")), 500)
    (words,) = {job.refusal for job in jobs if job.run.guest.label == "tight"} - {""}
    assert words == "guest tight of 65536 MiB needs 1452 MiB, and a worker has 500"
    rows = refused_rows(jobs)
    assert len(rows) == RUNS
    assert all(row["error"] and row["size_mib"] == 65536 for row in rows)


def test_what_the_grid_gets_wrong_for_one_guest_only_fails_there() -> None:
    text = GRID.replace('[["inflate", "$balloon"]', '[["contig", "$balloon"]')
    jobs = jobs_of(grid_from_text(text.replace('"20%"', "3")), None)
    assert {job.refusal for job in jobs if dict(job.run.values)["balloon"] == "5%"} == {""}
    (words,) = {job.refusal for job in jobs} - {""}
    assert "whole pageblocks of 2 MiB are needed" in words
