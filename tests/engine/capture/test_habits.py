"""What is drawn beyond the counts: that few draws differ, and that counts bind."""

from __future__ import annotations

import numpy as np
import pytest

from engine.capture.habits import (
    HIGH_END,
    LOW_END,
    Habits,
    draw_kernel,
    habits_of,
    in_runs,
    kernel_pages,
)


def test_seeds_in_a_row_take_every_combination_and_the_first_two_the_ends() -> None:
    assert len({habits_of(seed) for seed in range(60)}) == 60
    assert habits_of(7) == habits_of(67)
    assert {habits_of(1).strewn, habits_of(2).strewn} == {0, 200}
    assert len({habits_of(seed).cache_run for seed in (1, 2, 3)}) == 3


@pytest.mark.parametrize(
    ("nr_kernel", "movable", "others", "strewn", "found"),
    [
        (100, 1000, 300, 200, (20, 80)),
        (400, 1000, 300, 0, (100, 300)),  # more than the other pageblocks hold
        (400, 10, 600, 200, (10, 390)),
        (2000, 1000, 300, 50, (1000, 300)),  # the files disagree: all of it
        (0, 1000, 300, 200, (0, 0)),
    ],
)
def test_the_kernels_pages_go_where_they_fit(
    nr_kernel: int, movable: int, others: int, strewn: int, found: tuple[int, int]
) -> None:
    habits = Habits(strewn, LOW_END, 0)
    assert kernel_pages(nr_kernel, movable, others, habits) == found


@pytest.mark.parametrize(
    ("run", "first"), [(LOW_END, range(6)), (HIGH_END, range(14, 20)), (20, range(6))]
)
def test_pages_in_one_piece(run: int, first: range) -> None:
    chosen = in_runs(np.arange(100, 120), 6, run, np.random.default_rng(1))
    assert np.flatnonzero(chosen).tolist() == list(first)


def test_pages_in_runs_are_scattered_by_runs_and_counted_exactly() -> None:
    chosen = in_runs(np.arange(1000), 250, 10, np.random.default_rng(1))
    assert chosen.sum() == 250
    per_run = chosen.reshape(-1, 10).sum(axis=1)
    assert set(per_run.tolist()) == {0, 10}
    assert 0 < per_run[:50].sum() < 250


def test_without_lru_counts_movable_pageblocks_hold_as_many_pages_of_lists_as_they_can() -> None:
    used, is_movable = np.arange(400), np.arange(400) < 300
    rng = np.random.default_rng(1)
    plain = draw_kernel(used, is_movable, None, Habits(0, LOW_END, 0), rng)
    assert plain.tolist() == (~is_movable).tolist()
    known = draw_kernel(used, is_movable, 380, Habits(200, LOW_END, 0), rng)
    assert (known[is_movable].sum(), known[~is_movable].sum()) == (4, 16)
