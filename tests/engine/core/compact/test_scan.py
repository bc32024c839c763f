"""Zone bounds, skip hints, cached positions."""

import pytest

from engine import units as u
from engine.core.compact import scan
from engine.core.memory.page import set_state
from tests.engine.small_guest import BLOCK, all_free, settle


def test_the_first_page_of_memory_is_outside_its_zone() -> None:
    assert scan.zone_start_pfn(settle(all_free(4)), 0) == 1
    assert scan.zone_start_pfn(settle(all_free(4, start_block=8)), 0) == 8 * BLOCK


def test_a_zone_ends_with_its_last_page_not_with_its_last_pageblock() -> None:
    guest = all_free(4)
    for pfn in range(4 * BLOCK - 39, 4 * BLOCK):
        set_state(guest, pfn, 0, u.STATE_HOLE, 0)
    assert scan.zone_end_pfn(guest, 0) == 4 * BLOCK - 39


@pytest.mark.parametrize(("pfn", "start", "end"), [(0, 0, 512), (511, 0, 512), (512, 512, 1024)])
def test_pageblock_bounds_contain_the_pfn(pfn: int, start: int, end: int) -> None:
    assert scan.pageblock_start_pfn(pfn) == start
    assert scan.pageblock_end_pfn(pfn) == end


def test_block_end_pfn_is_order_aligned() -> None:
    assert [scan.block_end_pfn(13, order) for order in (0, 2, 4)] == [14, 16, 16]
    assert scan.block_end_pfn(16, 4) == 32


def test_a_pageblock_with_a_hole_at_either_end_is_offline() -> None:
    guest = settle(all_free(4))
    assert scan.pageblock_is_online(guest, 512, 1024)
    guest.pages[1023]["state"] = u.STATE_HOLE
    assert not scan.pageblock_is_online(guest, 512, 1024)
    assert scan.pageblock_is_online(guest, 512, 1023)
    guest.pages[512]["state"] = u.STATE_HOLE
    assert not scan.pageblock_is_online(guest, 512, 1023)


def test_only_compound_pages_of_a_pageblock_or_more_are_skipped_for_good() -> None:
    guest = settle(all_free(6))
    assert not scan.pageblock_skip_persistent(guest, 0)  # a free block of order 10
    set_state(guest, 512, 9, u.STATE_THP, 0)
    set_state(guest, 1024, 9, u.STATE_HUGE, 0)
    set_state(guest, 1536, 8, u.STATE_FILE, 0)
    assert scan.pageblock_skip_persistent(guest, 512)
    assert scan.pageblock_skip_persistent(guest, 1024)
    assert not scan.pageblock_skip_persistent(guest, 1536)


def test_skip_hints_are_set_once_and_ignored_on_request() -> None:
    guest = settle(all_free(4))
    assert not scan.test_and_set_skip(guest, u.CC_MEMORY, 600)
    assert scan.get_pageblock_skip(guest, 512)
    assert scan.test_and_set_skip(guest, u.CC_MEMORY, 600)
    assert not scan.isolation_suitable(guest, u.CC_MEMORY, 600)
    guest.cc[u.CC_MEMORY]["ignore_skip_hint"] = 1
    assert scan.isolation_suitable(guest, u.CC_MEMORY, 600)
    assert not scan.test_and_set_skip(guest, u.CC_MEMORY, 1024)
    assert not scan.get_pageblock_skip(guest, 1024)


def test_async_runs_leave_the_sync_position_alone() -> None:
    guest = settle(all_free(8))
    cc, zone = guest.cc[u.CC_DIRECT], guest.zones[0]
    cc["mode"] = u.MIGRATE_ASYNC
    scan.update_cached_migrate(guest, u.CC_DIRECT, 1000)
    assert (zone["cached_migrate_async"], zone["cached_migrate_sync"]) == (1024, 0)
    cc["mode"] = u.MIGRATE_SYNC_LIGHT
    # A scanned pageblock's end lies in the next one, and that one's end is what the kernel keeps.
    scan.update_cached_migrate(guest, u.CC_DIRECT, 1024)
    assert (zone["cached_migrate_async"], zone["cached_migrate_sync"]) == (1536, 1536)
    scan.update_cached_migrate(guest, u.CC_DIRECT, 512)
    assert zone["cached_migrate_sync"] == 1536


def test_the_cached_free_position_only_falls() -> None:
    guest = settle(all_free(8))
    scan.update_pageblock_skip(guest, u.CC_MEMORY, 2048, 1536)
    assert guest.zones[0]["cached_free"] == 1536
    scan.update_pageblock_skip(guest, u.CC_MEMORY, 3072, 2560)
    assert guest.zones[0]["cached_free"] == 1536
    assert scan.get_pageblock_skip(guest, 2048)
    guest.cc[u.CC_MEMORY]["no_set_skip_hint"] = 1
    scan.update_pageblock_skip(guest, u.CC_MEMORY, 512, 0)
    assert guest.zones[0]["cached_free"] == 1536


@pytest.mark.parametrize(
    ("migrate", "free", "met"), [(511, 512, False), (512, 1023, True), (1024, 512, True)]
)
def test_scanners_meet_in_a_pageblock(migrate: int, free: int, met: bool) -> None:
    guest = settle(all_free(8))
    guest.cc[0]["migrate_pfn"], guest.cc[0]["free_pfn"] = migrate, free
    assert scan.compact_scanners_met(guest, 0) == met


def test_failed_searches_shorten_the_next() -> None:
    guest = settle(all_free(4))
    limits = []
    for fails in (0, 1, 4, 5, 40):
        guest.cc[0]["fast_search_fail"] = fails
        limits.append(int(scan.freelist_scan_limit(guest, 0)))
    assert limits == [33, 17, 3, 2, 1]
