"""The stream of rows: decided by the seed alone, within its handles, nothing left behind."""

import pytest

from engine import units as u
from engine.core.workload import stress_builds as b
from engine.stress.params import STRESS_PRESETS
from engine.stress.stream import (
    FILE_CHUNK,
    Handles,
    KernelBuild,
    Output,
    Row,
    as_array,
    chunks,
    interleave,
    io_ended,
)

PARAMS = STRESS_PRESETS["small"]
TOUCHING = (b.B_TOUCH, b.B_READ, b.B_MAP, b.B_WRITE, b.B_THP)


def jobs(seed: int, number: int) -> tuple[KernelBuild, Output, list[Row]]:
    handles = Handles(1 << 20)
    tools = handles.take(PARAMS.tool_pages)
    build = KernelBuild(PARAMS, handles, tools, seed)
    output = Output(PARAMS, handles, 1 << 16)
    for _ in range(number):
        build.next_job(output, u.GFP_HIGHUSER)
    return build, output, list(build.rows)


def test_handles_are_allotted_once_and_run_out_with_a_sentence() -> None:
    handles = Handles(100)
    assert handles.take(10).first == 0
    assert handles.take(10, align=16).first == 16
    with pytest.raises(ValueError, match=r"the builds need 106 handles: .* has 100"):
        handles.take(80)


def test_chunks_cover_a_range_and_no_more() -> None:
    rows = list(chunks(b.B_READ, 5, 2 * FILE_CHUNK + 3, 7))
    assert [row[2] for row in rows] == [FILE_CHUNK, FILE_CHUNK, 3]
    assert rows[0] == (b.B_READ, 5, FILE_CHUNK, 7)
    assert list(chunks(b.B_READ, 5, 0, 0)) == []


def test_interleave_keeps_every_row_and_both_orders() -> None:
    one: list[Row] = [(1, i, 1, 0) for i in range(10)]
    other: list[Row] = [(2, i, 1, 0) for i in range(3)]
    for rows in (interleave(one, other), interleave(other, one)):
        assert [row for row in rows if row[0] == 1] == one
        assert [row for row in rows if row[0] == 2] == other
    assert interleave([], other) == other
    assert interleave([], []) == []


def test_the_seed_decides_every_row() -> None:
    assert jobs(3, 4)[2] == jobs(3, 4)[2]
    assert jobs(3, 4)[2] != jobs(4, 4)[2]


def test_a_compilation_frees_what_it_took() -> None:
    """Only make's own memory, page cache and a few lingering pages outlive it."""
    build, _, rows = jobs(1, 3 * PARAMS.linger_jobs)
    held: set[int] = set()
    for kind, first, nr, arg in rows:
        touched = range(first, first + nr)
        if kind == b.B_DROP:
            held -= set(touched)
        elif kind == b.B_THP or (kind == b.B_TOUCH and arg >= 0):
            held |= set(touched)
    limit = PARAMS.make_pages + (PARAMS.linger_jobs + 1) * PARAMS.lingering_pages
    assert PARAMS.make_pages <= len(held) <= limit
    for _, first, nr, _ in build.kill():
        held -= set(range(first, first + nr))
    assert held == set()


def test_sizes_scatter_around_the_given_one() -> None:
    build, output, _ = jobs(1, 0)
    sizes = []
    for _ in range(50):
        build.rows.clear()
        build.next_job(output, 0)
        rows = [r for r in build.rows if r[0] == b.B_TOUCH and r[3] == u.CLASS_ANON]
        sizes.append(sum(nr for _, _, nr, _ in rows) - PARAMS.helper_pages)
    make = PARAMS.make_pages // 2  # every 25th job renews half of the makes
    assert min(sizes) >= PARAMS.cc1_pages // 2
    assert max(sizes) <= PARAMS.cc1_pages * 3 // 2 + make
    assert 0.85 * PARAMS.cc1_pages < sum(sizes) / 50 < 1.2 * PARAMS.cc1_pages


def test_output_is_written_after_its_time_or_when_too_much_is_dirty() -> None:
    output = Output(PARAMS, Handles(1 << 20), 10 * FILE_CHUNK * 10)  # at most 10 chunks dirty
    output.write(FILE_CHUNK)
    started = [output.flush() for _ in range(PARAMS.dirty_seconds * 8 + 2)]
    assert [bool(rows) for rows in started].index(True) == PARAMS.dirty_seconds * 8
    first = next(rows for rows in started if rows)
    assert io_ended(first) == [(b.B_END_IO, first[0][1], FILE_CHUNK, 0)]
    output.write(12 * FILE_CHUNK)
    assert sum(row[2] for row in output.flush()) == 2 * FILE_CHUNK


def test_no_page_stays_dirty_for_ever_because_its_handle_names_another_file() -> None:
    """Found by a real kernel: such pages outlived drop_caches; the rested pass lost ten points."""
    output = Output(PARAMS, Handles(1 << 20), 10 * FILE_CHUNK * 10)
    dirty: set[int] = set()
    rows = output.write(8 * FILE_CHUNK)  # less than is written at once
    for _ in range(8):
        rows += output.read(8 * FILE_CHUNK)  # comes round the ring sooner than the pages' time
    for kind, first, nr, _ in rows:
        handles = set(range(first, first + nr))
        if kind == b.B_START_IO:
            dirty -= handles
        elif kind in (b.B_WRITE, b.B_STREAM):
            assert not dirty & handles
        if kind == b.B_WRITE:
            dirty |= handles
    assert not dirty


def test_slab_goes_with_page_cache_and_is_one_contiguous_log() -> None:
    handles = Handles(1 << 20)
    output = Output(PARAMS, handles, 1 << 16)
    rows = output.read(3 * u.MIB_PAGES) + output.slab(5, 3) + output.write(u.MIB_PAGES)
    slab = [row for row in rows if row[0] == b.B_SLAB]
    assert sum(row[2] for row in slab) == 4 * PARAMS.meta_pages + 5
    at = output.log
    for _, first, nr, _ in slab:
        assert first == at
        at += nr
    assert at == handles.used


def test_rows_are_what_the_core_takes() -> None:
    assert as_array([]).shape == (0, 4)
    assert as_array([(1, 2, 3, 4)]).tolist() == [[1, 2, 3, 4]]
