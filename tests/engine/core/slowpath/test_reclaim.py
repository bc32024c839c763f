"""What reclaim takes from the page cache, and what it leaves."""

from __future__ import annotations

import numpy as np
import pytest

from engine import units as u
from engine.core.memory.page import set_flag
from engine.core.observe.check import validate
from engine.core.slowpath import reclaim as r
from engine.guest import Guest, set_kernel
from engine.kernels import LINUX_2012
from tests.engine.small_guest import all_free, list_of, put, settle, two_zones, vm


def cached(nr: int, flags: int = 0, nr_blocks: int = 8) -> Guest:
    """A guest with ``nr`` pages of page cache from pfn 0 on, the lowest the oldest."""
    guest = all_free(nr_blocks)
    put(guest, range(nr), u.STATE_FILE, flags)
    return settle(guest)


def test_the_oldest_pages_go_first() -> None:
    guest = cached(300)
    assert r.evict_folios(guest, 1) == (64, 64, 0, 64)
    assert list_of(guest, u.LRU_INACTIVE_FILE) == list(range(299, 63, -1))
    assert vm(guest, "pgscan_kswapd", "pgsteal_kswapd", "pgscan_direct") == (64, 64, 0)
    assert r.evict_folios(guest, 0) == (64, 64, 0, 64)
    assert vm(guest, "pgscan_direct", "pgsteal_direct") == (64, 64)
    assert guest.blocks["nr_movable"][0] == 300 - 128
    assert validate(guest) == (0, u.PFN_NONE)


def test_the_highest_zone_is_reclaimed_first() -> None:
    guest = two_zones(used=[*range(100), *range(2048, 2048 + 80)], state=u.STATE_FILE)
    assert r.evict_folios(guest, 1) == (64, 64, 0, 64)
    assert list(guest.zones["nr_zone_inactive_file"]) == [100, 16]
    assert r.evict_folios(guest, 1) == (64, 64, 0, 64)
    assert list(guest.zones["nr_zone_inactive_file"]) == [52, 0]
    assert validate(guest) == (0, u.PFN_NONE)


@pytest.mark.parametrize("flags", [u.PG_PINNED, u.PG_MAPPED | u.PG_REFERENCED])
def test_pages_in_use_become_active(flags: int) -> None:
    guest = cached(300)
    set_flag(guest, 3, flags)
    assert r.evict_folios(guest, 1) == (64, 64, 0, 63)
    assert list_of(guest, u.LRU_ACTIVE_FILE) == [3]
    assert guest.pages[3]["flags"] == (flags | u.PG_ACTIVE | u.PG_LRU) & ~u.PG_REFERENCED
    assert validate(guest) == (0, u.PFN_NONE)


@pytest.mark.parametrize(
    ("flags", "dirty"), [(u.PG_DIRTY, 1), (u.PG_DIRTY | u.PG_WRITEBACK, 0), (u.PG_LOCKED, 0)]
)
def test_pages_to_be_written_are_passed_by(flags: int, dirty: int) -> None:
    guest = cached(300)
    set_flag(guest, 3, flags)
    assert r.evict_folios(guest, 1) == (65, 64, dirty, 64)
    assert list_of(guest, u.LRU_ACTIVE_FILE) == [3]
    assert guest.pages[3]["flags"] == flags | u.PG_ACTIVE | u.PG_LRU | u.PG_RECLAIM
    assert validate(guest) == (0, u.PFN_NONE)


def test_3_8_counts_dirty_pages_as_looked_at() -> None:
    guest = cached(300, u.PG_DIRTY)
    set_kernel(guest, LINUX_2012)
    assert r.evict_folios(guest, 1) == (64, 64, 0, 0)
    assert r.shrink_lruvec(guest, 0, 100, 0) == 0
    assert vm(guest, "flusher_awake") == (0,)


def test_a_pass_that_meets_only_dirty_pages_wakes_the_flusher() -> None:
    guest = cached(300, u.PG_DIRTY)
    assert r.shrink_lruvec(guest, 0, 100, 0) == 0
    assert vm(guest, "flusher_awake", "pgscan_direct") == (1, 0)
    guest = cached(300, u.PG_DIRTY)
    guest.pages["flags"][7] &= ~np.uint16(u.PG_DIRTY)
    assert r.shrink_lruvec(guest, 0, 100, 0) == 1
    assert vm(guest, "flusher_awake") == (0,), "one was clean"


def test_a_mapped_page_goes_the_second_time() -> None:
    guest = cached(1)
    set_flag(guest, 0, u.PG_MAPPED | u.PG_REFERENCED)
    assert r.shrink_lruvec(guest, 0, 1, 0) == 0
    assert r.shrink_lruvec(guest, 0, 1, 0) == 1


def test_active_pages_age_when_few_are_inactive() -> None:
    guest = cached(100, u.PG_ACTIVE)
    r.age_file_pages(guest)
    assert list_of(guest, u.LRU_INACTIVE_FILE) == list(range(63, -1, -1))
    r.age_file_pages(guest)
    assert guest.zones[0]["nr_zone_inactive_file"] == 64, "no longer few"
    assert validate(guest) == (0, u.PFN_NONE)


def test_the_share_grows_as_the_priority_falls() -> None:
    for priority, nr in ((9, 64), (3, 256), (0, 1088)):
        guest = cached(2048)
        assert r.shrink_lruvec(guest, priority, 4096, 0) == nr, "a share of what is left"
    assert r.shrink_lruvec(cached(2048), 0, 100, 0) == 128, "enough is enough"
    assert r.shrink_lruvec(cached(2048), 0, 100, 8) == 512, "compaction needs more"
    assert r.shrink_lruvec(cached(10), 12, 100, 0) == 0, "a share of nothing"


def test_reclaim_that_helps_gives_kswapd_hope() -> None:
    guest = cached(100)
    guest.vm[0]["kswapd_failures"] = 16
    assert r.shrink_lruvec(guest, 0, 50, 0) == 64
    assert vm(guest, "kswapd_failures") == (0,)


@pytest.mark.parametrize(
    ("inactive", "wanted", "priority"), [(64, 63, 12), (1024, 64, 6), (4096, 64, 6), (64, 4096, 6)]
)
def test_priority_is_set_to_meet_what_is_wanted(inactive: int, wanted: int, priority: int) -> None:
    assert r.initial_priority(cached(inactive, nr_blocks=9), 12, wanted) == priority
    assert r.initial_priority(cached(64), 5, 100) == 5


def test_kswapd_stops_when_all_zones_are_safe() -> None:
    guest = settle(all_free(1))
    guest.zones[0]["wmark_high"] = 512 - 65
    assert r.should_abort_scan(guest, 0, 100, 0, 1)
    assert not r.should_abort_scan(guest, 0, 100, 1, 1)
    assert not r.should_abort_scan(guest, 0, 100, 0, 0)
    guest.zones[0]["wmark_high"] = 512 - 64
    assert not r.should_abort_scan(guest, 0, 100, 0, 1)
    assert r.should_abort_scan(guest, 100, 100, 0, 0)
