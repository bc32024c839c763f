"""Whole ticks from a pace and a clock."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.session.pace import MAX_DEBT_S, MAX_WAIT_S, SHARE, Effort, Pacer
from tests.engine.worlds import SMALLEST, world


def run(pacer, times):
    ticks = []
    for now in times:
        due = pacer.due(now)
        pacer.took(due)
        ticks.append(due)
    return ticks


def test_sixty_ticks_a_second():
    pacer = Pacer(60, 0.0)
    assert sum(run(pacer, [i / 100 for i in range(1, 1001)])) in (599, 600)


def test_a_pace_below_one_tick_a_second():
    pacer = Pacer(0.5, 0.0)
    assert run(pacer, [1.0, 2.0, 3.0, 4.0]) == [0, 1, 0, 1]


@given(st.floats(0.1, 1000), st.lists(st.floats(0.0001, 0.05), min_size=1, max_size=200))
def test_never_more_than_the_pace_allows(pace, gaps):
    now, times = 0.0, []
    for gap in gaps:
        now += gap
        times.append(now)
    assert sum(run(Pacer(pace, 0.0), times)) <= pace * now + 1


def test_a_stall_is_not_made_up_for():
    pacer = Pacer(100, 0.0)
    assert run(pacer, [10.0]) == [int(100 * MAX_DEBT_S)]


def test_no_tick_is_due_while_paused():
    pacer = Pacer(0, 0.0)
    assert run(pacer, [1.0, 100.0]) == [0, 0]
    assert pacer.wait_s() is None


def test_a_new_pace_counts_from_now():
    pacer = Pacer(0, 0.0)
    pacer.set(10, 50.0)
    assert run(pacer, [50.05, 50.1, 50.2]) == [0, 1, 1]


def test_after_a_rest_the_first_tick_is_due_at_once():
    pacer = Pacer(10, 0.0)
    pacer.rest(100.0)
    assert pacer.wait_s() == 0.0
    assert run(pacer, [100.0, 100.05, 100.11]) == [1, 0, 1]


def test_wait_until_the_next_tick():
    pacer = Pacer(10, 0.0)
    pacer.due(0.04)
    assert pacer.wait_s() == pytest.approx(0.06)


def test_a_clock_that_goes_backwards_gives_no_ticks():
    pacer = Pacer(100, 10.0)
    assert run(pacer, [5.0]) == [0]


@pytest.mark.parametrize("pace", [1e-9, 1e-300, 5e-324])
def test_a_pace_near_zero_asks_for_no_wait_beyond_what_a_clock_holds(pace):
    pacer = Pacer(pace, 0.0)
    pacer.due(1.0)
    wait = pacer.wait_s()
    assert wait == MAX_WAIT_S
    assert wait < threading.TIMEOUT_MAX
    assert pacer.due(1.0 + wait) == 0


def test_a_tick_that_moves_many_pages_counts_as_several():
    pacer = Pacer(60, 0.0)
    assert pacer.due(1 / 60) == 1
    pacer.took(1, 30.0)
    assert pacer.wait_s() == pytest.approx(0.5)
    assert pacer.due(1 / 60 + 0.4) == 0
    assert pacer.due(1 / 60 + 0.51) == 1


def test_at_the_fastest_pace_nothing_is_waited_for():
    pacer = Pacer(1000, 0.0)
    assert pacer.due(0.002) == 2
    pacer.took(2, 30.0)
    assert pacer.wait_s() == pytest.approx(0.001)
    slow = Pacer(1, 0.0)
    slow.due(1.0)
    slow.took(1, 50.0)
    slow.set(1000, 1.0)
    assert slow.due(1.002) == 2


def test_a_tick_weighs_by_what_the_panel_moved_that_moves_most():
    w = world("pinned", "lru_hook", nr_pages=SMALLEST)
    effort = Effort()
    effort.look(w)
    w.step(1)
    assert effort.weigh(w) == 1
    w.guest(1).vm[0]["balloon_migrate"] += 10 * SHARE
    w.guest(0).vm[0]["pages_copied"] += 2 * SHARE
    assert effort.weigh(w) == 10
    assert effort.weigh(w) == 1
