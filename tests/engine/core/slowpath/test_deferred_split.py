"""Which huge pages reclaim splits, and what becomes of their parts."""

from __future__ import annotations

import numpy as np
import pytest

from engine import units as u
from engine.core.memory.cpu import COST_SPLIT
from engine.core.memory.page import set_flag
from engine.core.observe.check import validate
from engine.core.slowpath import deferred_split as d
from engine.guest import Guest, set_kernel
from engine.kernels import LINUX_2012
from tests.engine.small_guest import BLOCK, all_free, put, settle, vm

ALL = 1 << 40


def with_huge(nr: int, unmapped: int = 0) -> Guest:
    """``nr`` huge pages from pfn 0 on; the first ``unmapped`` pages of each are mapped nowhere."""
    guest = all_free(nr + 1)
    for block in range(nr):
        put(guest, [block * BLOCK], u.STATE_THP, u.PG_ACTIVE, u.PAGEBLOCK_ORDER)
    settle(guest)
    for block in range(nr):
        mapped = guest.pages["flags"][block * BLOCK + unmapped : (block + 1) * BLOCK]
        mapped |= np.uint16(u.PG_MAPPED)
    return guest


def shrink(guest: Guest, priority: int, budget: int = ALL) -> int:
    """One call of the shrinker, in portions; the work done."""
    d.begin_shrink(guest, priority)
    used = steps = 0
    while guest.vm[0]["split_freeable"]:
        used += d.shrink_step(guest, budget)
        steps += 1
        assert steps < 1000
    return used


def test_unmapped_parts_are_freed_and_the_others_stay() -> None:
    guest = with_huge(4, unmapped=200)
    free = int(guest.zones[0]["nr_free"]) + int(guest.zones[0]["pcp_count"])
    assert shrink(guest, 0) >= 4 * COST_SPLIT
    zone = guest.zones[0]
    assert int(zone["nr_free"]) + int(zone["pcp_count"]) == free + 4 * 200
    assert zone["nr_zone_active_anon"] == 4 * (BLOCK - 200)
    assert vm(guest, "thp_split_page") == (4,)
    assert not (guest.pages["state"] == u.STATE_THP).any()
    assert validate(guest) == (0, u.PFN_NONE)


@pytest.mark.parametrize("unmapped", [0, BLOCK])
def test_huge_pages_that_are_whole_leave_the_queue_whole(unmapped: int) -> None:
    guest = with_huge(4, unmapped)
    assert d.deferred_split_count(guest) == 4
    shrink(guest, 0)
    assert d.deferred_split_count(guest) == 0
    assert vm(guest, "thp_split_page") == (0,)
    assert (guest.pages["state"] == u.STATE_THP).sum() == 4 * BLOCK


def test_less_than_a_batch_is_put_off_and_adds_up() -> None:
    guest = with_huge(130, unmapped=1)
    for priority, put_off in ((6, 4), (5, 12), (4, 28)):
        shrink(guest, priority)
        assert vm(guest, "split_deferred", "thp_split_page") == (put_off, 0)
    shrink(guest, 1)  # 130 of this time, and half of what was put off
    assert vm(guest, "split_deferred", "thp_split_page") == (28 + 130 - 128, 128)


def test_what_khugepaged_made_comes_after_all_others() -> None:
    guest = with_huge(131, unmapped=1)
    for block in (0, 1, 2):
        set_flag(guest, np.int64(block * BLOCK), np.int64(u.PG_COLLAPSED))
    shrink(guest, 1)  # 131, in batches of 128: three are put off
    huge = guest.pages["state"][: 131 * BLOCK : BLOCK] == u.STATE_THP
    assert np.flatnonzero(huge).tolist() == [0, 1, 2]
    assert d.deferred_split_count(guest) == 3
    shrink(guest, 0)
    assert d.deferred_split_count(guest) == 0


def test_of_a_batch_the_last_is_split_first() -> None:
    guest = with_huge(6, unmapped=200)
    d.begin_shrink(guest, 0)
    still = []
    while guest.vm[0]["split_freeable"]:
        d.shrink_step(guest, 1)
        huge = guest.pages["state"][: 6 * BLOCK : BLOCK] == u.STATE_THP
        still.append(np.flatnonzero(huge).tolist())
    assert still[:6] == [list(range(nr)) for nr in (5, 4, 3, 2, 1, 0)]


def test_a_pageblock_beside_what_boot_took_is_at_the_front() -> None:
    guest = with_huge(131, unmapped=1)
    guest.blocks[131]["nr_reserved"] = 1  # so 130 never was part of a block of order 10
    shrink(guest, 1)  # 131, in batches of 128: three are put off
    huge = guest.pages["state"][: 131 * BLOCK : BLOCK] == u.STATE_THP
    assert np.flatnonzero(huge).tolist() == [127, 128, 129]


def test_portions_change_when_but_not_what() -> None:
    found = []
    for budget in (1, 3 * COST_SPLIT, ALL):
        guest = with_huge(10, unmapped=200)
        used = shrink(guest, 0, budget)
        found.append((used, [a.tobytes() for a in guest]))
    assert found[0] == found[1] == found[2]


def test_what_a_workload_owns_or_somebody_pins_is_not_split() -> None:
    guest = with_huge(2, unmapped=200)
    guest.pages[0]["handle"] = 7
    set_flag(guest, BLOCK, u.PG_PINNED)
    assert d.deferred_split_count(guest) == 0


def test_3_8_has_no_such_queue() -> None:
    guest = with_huge(4, unmapped=200)
    set_kernel(guest, LINUX_2012)
    assert shrink(guest, 0) == 0
