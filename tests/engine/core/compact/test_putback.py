"""Putting isolated pages back on their lists."""

from engine import units as u
from engine.core.compact.migrate_scanner import isolate_page
from engine.core.compact.putback import putback_movable_pages
from tests.engine.small_guest import all_free, list_of, put, settle, vm

CC = u.CC_MEMORY
ISOLATED = ("nr_isolated_anon", "nr_isolated_file", "balloon_isolated")


def test_every_page_goes_home_to_the_young_end_of_its_list() -> None:
    guest = all_free(4)
    put(guest, (10, 11))
    put(guest, (20, 21), u.STATE_FILE, u.PG_ACTIVE)
    put(guest, (30, 31), u.STATE_BALLOON, u.PG_MOVABLE_OPS)
    put(guest, (40,), u.STATE_SHMEM)
    settle(guest)
    for pfn in (10, 20, 30, 40):
        isolate_page(guest, CC, pfn)
    assert vm(guest, *ISOLATED) == (2, 1, 1)
    assert list_of(guest, u.LIST_MIGRATEPAGES + CC) == [40, 30, 20, 10]
    assert list_of(guest, u.LIST_BALLOON) == [31]
    assert not guest.pages[10]["flags"] & u.PG_LRU

    putback_movable_pages(guest, CC)
    assert vm(guest, *ISOLATED) == (0, 0, 0)
    assert list_of(guest, u.LIST_MIGRATEPAGES + CC) == []
    assert list_of(guest, u.LIST_BALLOON) == [30, 31]
    assert list_of(guest, u.LRU_INACTIVE_ANON) == [10, 40, 11]
    assert list_of(guest, u.LRU_ACTIVE_FILE) == [20, 21]
    assert not any(guest.pages[p]["flags"] & u.PG_ISOLATED for p in (10, 20, 30, 40))


def test_a_dedicated_balloon_page_goes_back_to_its_own_list() -> None:
    guest = all_free(4)
    put(guest, (5,), u.STATE_BALLOON, u.PG_MOVABLE_OPS)
    settle(guest)
    isolate_page(guest, CC, 5)
    guest.pages[5]["flags"] |= u.PG_DEDICATED
    putback_movable_pages(guest, CC)
    assert list_of(guest, u.LIST_BALLOON_DEDICATED) == [5]


def test_a_large_page_counts_all_its_pages() -> None:
    guest = all_free(4)
    put(guest, (64,), u.STATE_FILE, order=4)
    settle(guest)
    assert isolate_page(guest, CC, 64) == 16
    assert vm(guest, *ISOLATED) == (0, 16, 0)
    assert guest.zones[0]["nr_zone_inactive_file"] == 0
    putback_movable_pages(guest, CC)
    assert vm(guest, *ISOLATED) == (0, 0, 0)
    assert guest.zones[0]["nr_zone_inactive_file"] == 16
