"""Whole ticks from a pace and a clock."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.session.pace import MAX_DEBT_S, MAX_WAIT_S, Pacer


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
