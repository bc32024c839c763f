"""Profile 2012: the migrate scanner, and the hook as intended and as merged."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from engine import units as u
from engine.core.compact.migrate_scanner import ISOLATE_NONE, ISOLATE_SUCCESS
from engine.core.compact.migrate_scanner_2012 import isolate_migratepages_2012
from engine.guest import Guest, set_kernel
from engine.kernels import LINUX_2012
from tests.engine.small_guest import BLOCK, all_free, every, list_of, put, settle, vm

CC = u.CC_MEMORY


def ready(guest: Guest, mode: int = u.MIGRATE_SYNC_LIGHT, start: int = BLOCK) -> Guest:
    """A compactor at ``start``, the free scanner at the zone's end."""
    guest = settle(guest)
    c = guest.cc[CC]
    c["order"], c["mode"] = -1, mode
    c["migrate_pfn"], c["free_pfn"] = start, guest.zones[0]["end_pfn"]
    set_kernel(guest, LINUX_2012)
    return guest


def taken(guest: Guest) -> list[int]:
    return list_of(guest, u.LIST_MIGRATEPAGES + CC)


def with_balloon(hook: int, lru: Iterable[int], balloon: Iterable[int]) -> Guest:
    guest = all_free(6)
    put(guest, lru)
    put(guest, balloon, u.STATE_BALLOON, u.PG_MOVABLE_OPS)
    guest.vm[0]["rule_hook"] = hook
    return ready(guest)


def test_it_stops_at_thirty_two_and_goes_on_from_there() -> None:
    guest = all_free(6)
    put(guest, every(4, BLOCK, 2 * BLOCK))
    guest = ready(guest)
    assert isolate_migratepages_2012(guest, CC) == ISOLATE_SUCCESS
    assert taken(guest) == list(range(BLOCK + 124, BLOCK - 1, -4))
    assert guest.cc[CC]["migrate_pfn"] == BLOCK + 125
    assert guest.cc[CC]["total_migrate_scanned"] == 125
    assert guest.cc[CC]["finished_update_migrate"] == 1


def test_every_page_is_looked_at_free_ones_too() -> None:
    guest = all_free(6)
    put(guest, [2 * BLOCK - 1])
    guest = ready(guest)
    isolate_migratepages_2012(guest, CC)
    assert guest.cc[CC]["total_migrate_scanned"] == BLOCK


def test_nothing_to_move_gives_success_a_hint_and_a_cached_position() -> None:
    guest = all_free(6)
    put(guest, range(BLOCK, 2 * BLOCK), u.STATE_KERNEL)
    guest = ready(guest)
    assert isolate_migratepages_2012(guest, CC) == ISOLATE_SUCCESS
    assert taken(guest) == []
    assert guest.blocks["flags"][1] & u.PB_SKIP
    assert guest.zones[0]["cached_migrate_async"] == BLOCK
    assert guest.cc[CC]["migrate_pfn"] == 2 * BLOCK


def test_the_hint_is_honoured_without_being_asked() -> None:
    guest = all_free(6)
    put(guest, range(BLOCK, 2 * BLOCK))
    guest.blocks["flags"][1] |= u.PB_SKIP
    guest = ready(guest)
    isolate_migratepages_2012(guest, CC)
    assert taken(guest) == []
    assert guest.cc[CC]["total_migrate_scanned"] == 1


def test_from_inside_a_pageblock_the_range_reaches_into_the_next() -> None:
    guest = all_free(6)
    put(guest, [BLOCK + 10, 2 * BLOCK + 10])
    guest = ready(guest, start=BLOCK + 5)
    isolate_migratepages_2012(guest, CC)
    assert taken(guest) == [2 * BLOCK + 10, BLOCK + 10]
    assert guest.cc[CC]["migrate_pfn"] == 3 * BLOCK


def test_from_inside_a_pageblock_the_next_one_is_stepped_over_whole() -> None:
    guest = all_free(6)
    guest.blocks["migratetype"][1] = u.MIGRATE_UNMOVABLE
    put(guest, [BLOCK + 10, 2 * BLOCK + 10])
    guest = ready(guest, u.MIGRATE_ASYNC, BLOCK + 5)
    isolate_migratepages_2012(guest, CC)
    assert taken(guest) == []
    assert guest.cc[CC]["migrate_pfn"] == 3 * BLOCK


def test_it_does_not_cross_the_free_scanner_or_a_hole() -> None:
    guest = all_free(6)
    put(guest, range(BLOCK, 2 * BLOCK))
    guest = ready(guest)
    guest.cc[CC]["free_pfn"] = 2 * BLOCK - 1
    assert isolate_migratepages_2012(guest, CC) == ISOLATE_NONE
    assert guest.cc[CC]["migrate_pfn"] == 2 * BLOCK
    guest.cc[CC]["migrate_pfn"], guest.cc[CC]["free_pfn"] = BLOCK, 6 * BLOCK
    guest.pages["state"][BLOCK] = u.STATE_HOLE
    assert isolate_migratepages_2012(guest, CC) == ISOLATE_NONE


@pytest.mark.parametrize(("mode", "nr"), [(u.MIGRATE_ASYNC, 0), (u.MIGRATE_SYNC_LIGHT, 1)])
def test_async_keeps_to_movable_pageblocks_and_leaves_no_hint_elsewhere(mode: int, nr: int) -> None:
    guest = all_free(6)
    guest.blocks["migratetype"][1] = u.MIGRATE_UNMOVABLE
    put(guest, [BLOCK])
    guest = ready(guest, mode)
    isolate_migratepages_2012(guest, CC)
    assert len(taken(guest)) == nr
    assert guest.cc[CC]["finished_update_migrate"] == 1
    assert guest.zones[0]["cached_migrate_async"] == 0


def test_pages_that_cannot_be_isolated_are_left_alone() -> None:
    guest = all_free(6)
    put(guest, [BLOCK + 1], u.STATE_SLAB)
    put(guest, [BLOCK + 2], u.STATE_ANON, u.PG_UNEVICTABLE)
    put(guest, [BLOCK + 3], u.STATE_FILE, u.PG_WRITEBACK)
    put(guest, [BLOCK + 4], u.STATE_ANON, u.PG_PINNED)
    put(guest, [BLOCK + 5], u.STATE_FILE)
    sync = ready(guest)
    isolate_migratepages_2012(sync, CC)
    # Pages with extra references and pages under writeback are isolated in vain.
    assert taken(sync) == [BLOCK + 5, BLOCK + 4, BLOCK + 3]


def test_async_leaves_pages_under_writeback_alone() -> None:
    guest = all_free(6)
    put(guest, [BLOCK + 3], u.STATE_FILE, u.PG_WRITEBACK)
    guest = ready(guest, u.MIGRATE_ASYNC)
    isolate_migratepages_2012(guest, CC)
    assert taken(guest) == []


def test_a_huge_page_is_stepped_over_with_the_lock_and_ends_the_pageblock_without() -> None:
    def guest(first: int) -> Guest:
        g = all_free(6)
        put(g, [BLOCK + first])
        put(g, [BLOCK + 64], u.STATE_THP, order=6)
        put(g, [BLOCK + 300])
        return ready(g)

    locked = guest(3)
    isolate_migratepages_2012(locked, CC)
    assert taken(locked) == [BLOCK + 300, BLOCK + 3]
    unlocked = guest(200)
    isolate_migratepages_2012(unlocked, CC)
    assert taken(unlocked) == []


def test_the_intended_hook_takes_balloon_pages() -> None:
    guest = with_balloon(u.HOOK_INTENDED, [BLOCK + 8], [BLOCK + 2, BLOCK + 20])
    isolate_migratepages_2012(guest, CC)
    assert taken(guest) == [BLOCK + 20, BLOCK + 8, BLOCK + 2]
    assert (guest.cc[CC]["balloon_isolated"], guest.vm[0]["balloon_isolated"]) == (2, 2)
    assert vm(guest, "hook_checks_balloon") == (2,)


def test_the_merged_hook_takes_balloon_pages_only_above_the_first_lru_page() -> None:
    guest = with_balloon(u.HOOK_MERGED, [BLOCK + 8], [BLOCK + 2, BLOCK + 20])
    isolate_migratepages_2012(guest, CC)
    assert taken(guest) == [BLOCK + 20, BLOCK + 8]
    alone = with_balloon(u.HOOK_MERGED, [], [BLOCK + 2, BLOCK + 20])
    isolate_migratepages_2012(alone, CC)
    assert taken(alone) == []
    assert alone.blocks["flags"][1] & u.PB_SKIP


def test_without_the_hook_no_balloon_page_is_taken() -> None:
    guest = with_balloon(u.HOOK_NONE, [BLOCK + 8], [BLOCK + 20])
    isolate_migratepages_2012(guest, CC)
    assert taken(guest) == [BLOCK + 8]
    assert (guest.cc[CC]["balloon_isolated"], guest.vm[0]["hook_checks"]) == (0, 0)
