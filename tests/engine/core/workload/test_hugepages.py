"""Huge pages: as many as there are, several attempts, all given back."""

from __future__ import annotations

import numpy as np

from engine import commands as c
from engine import units as u
from engine.core.workload.hugepages import HUGE_IDLE, step_huge
from tests.engine.small_guest import BLOCK, all_free, put, settle
from tests.engine.worlds import done, stats, world


def test_huge_pages_are_counted_and_given_back() -> None:
    w = done(world("pinned"), c.CompactMemory())
    free = stats(w)["nr_free_pages"] + stats(w)["nr_pcp_pages"]
    done(w, c.TakeHugePages(100_000))
    s = stats(w)
    assert 0 < s["huge_first"] <= s["huge_best"]
    assert (s["huge_held"], s["huge_target"], s["huge_runs"]) == (0, 0, 1)
    assert s["htlb_buddy_alloc_fail"] >= 3
    assert s["nr_free_pages"] + s["nr_pcp_pages"] >= free
    assert not (w.guest(0).pages["state"] == u.STATE_HUGE).any()


def test_no_more_than_the_number_asked_for_is_taken() -> None:
    s = stats(done(world("pinned", preset="roomy"), c.TakeHugePages(2)))
    assert (s["huge_best"], s["huge_first"]) == (2, 2)
    assert s["htlb_buddy_alloc_fail"] == 0


def test_held_pages_are_seen_while_they_are_held() -> None:
    w = world("pinned", preset="roomy")
    w.apply(c.TakeHugePages(4))
    most = 0
    while w.busy():
        w.step()
        held = stats(w)["huge_held"]
        most = max(most, held)
        pages = np.count_nonzero(w.guest(0).pages["state"] == u.STATE_HUGE)
        assert pages == held * u.PAGEBLOCK_NR_PAGES
        w.validate()
    assert most == stats(w)["huge_best"] > 0


def test_asking_again_while_asking_starts_over() -> None:
    w = world("pinned", preset="roomy")
    w.apply(c.TakeHugePages(8))
    w.step(2)
    done(w, c.TakeHugePages(3))
    s = stats(w)
    assert s["huge_held"] == 0
    assert s["huge_best"] >= 3


def test_requests_refused_at_once_are_all_of_one_turn() -> None:
    guest = all_free(8)
    put(guest, range(8 * BLOCK), u.STATE_SLAB)
    settle(guest)
    guest.vm[0]["huge_target"] = 10
    step_huge(guest, 1)
    assert (guest.vm[0]["huge_attempt"], guest.vm[0]["huge_idle"]) == (HUGE_IDLE, HUGE_IDLE)
