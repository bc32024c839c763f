"""Targets and moves: what migrate_pages does with what a scanner has isolated."""

from collections.abc import Iterable

from engine import units as u
from engine.core.compact import migrate
from engine.core.compact.free_scanner import freepages_list
from engine.core.compact.migrate_scanner import isolate_page
from engine.core.memory.page import set_flag
from engine.guest import Guest
from tests.engine.small_guest import BLOCK, all_free, every, is_clean, list_of, put, settle, vm

CC = u.CC_MEMORY
TOP = 7 * BLOCK  # where the free scanner stands: every second page there is free


def guest_with(pfns: Iterable[int], state: int = u.STATE_ANON, flags: int = 0) -> Guest:
    """Eight pageblocks; the top one half free, the given pages in use, the rest free."""
    guest = all_free(8)
    put(guest, every(2, TOP + 1, 8 * BLOCK))
    put(guest, pfns, state, flags)
    return settle(guest)


def isolate(guest: Guest, pfns: Iterable[int], mode: int = u.MIGRATE_SYNC) -> None:
    """Let a compactor hold pages, as its migrate scanner would leave them."""
    cc = guest.cc[CC]
    cc["order"], cc["mode"], cc["gfp"], cc["active"] = -1, mode, u.GFP_KERNEL, 1
    cc["migrate_pfn"], cc["free_pfn"] = BLOCK, TOP
    for pfn in pfns:
        isolate_page(guest, CC, pfn)


def test_pages_move_from_the_highest_down_to_targets_from_the_lowest_up() -> None:
    guest = guest_with((3, 4, 5))
    isolate(guest, (3, 4, 5))
    assert migrate.migrate_pages(guest, CC) == 0
    assert vm(guest, "pgmigrate_success", "pgmigrate_fail", "pages_copied") == (3, 0, 3)
    assert [guest.pages[p]["state"] for p in (3, 4, 5)] == [u.STATE_FREE] * 3
    assert [guest.pages[TOP + p]["state"] for p in (0, 2, 4)] == [u.STATE_ANON] * 3
    # Moved pages are the youngest of their list, the one that moved last first.
    assert list_of(guest, u.LRU_INACTIVE_ANON)[:3] == [TOP + 4, TOP + 2, TOP]
    assert is_clean(guest)


def test_a_moved_page_keeps_its_kind_and_owner() -> None:
    guest = guest_with((9,), u.STATE_FILE, u.PG_ACTIVE | u.PG_DIRTY | u.PG_MAPPED)
    guest.pages[9]["handle"] = 77
    guest.pages[77]["where"] = 9
    isolate(guest, (9,))
    assert migrate.migrate_pages(guest, CC) == 0
    page = guest.pages[TOP]
    assert page["state"] == u.STATE_FILE
    assert page["flags"] == u.PG_ACTIVE | u.PG_DIRTY | u.PG_MAPPED | u.PG_LRU
    assert (page["handle"], guest.pages[77]["where"]) == (77, TOP)
    assert guest.pages[9]["handle"] == u.HANDLE_NONE
    assert is_clean(guest)


def test_freed_sources_go_to_the_per_cpu_lists_if_there_are_any() -> None:
    guest = guest_with((3, 4))
    guest.zones[0]["pcp_high"], guest.zones[0]["pcp_batch"] = 100, 10
    isolate(guest, (3, 4))
    migrate.migrate_pages(guest, CC)
    assert [guest.pages[p]["state"] for p in (3, 4)] == [u.STATE_PCP] * 2
    assert guest.zones[0]["pcp_count"] == 2


def test_a_balloon_page_is_swapped_without_copying_at_two_exits() -> None:
    guest = guest_with((3, 4), u.STATE_BALLOON, u.PG_MOVABLE_OPS)
    isolate(guest, (3,))
    assert migrate.migrate_pages(guest, CC) == 0
    assert vm(guest, "host_exits", "host_pfns", "pages_copied") == (2, 2, 0)
    assert vm(guest, "balloon_migrate", "balloon_repeats", "balloon_isolated") == (1, 0, 0)
    assert list_of(guest, u.LIST_BALLOON) == [TOP, 4]
    assert guest.pages[TOP]["flags"] == u.PG_MOVABLE_OPS | u.PG_MOVED
    guest.cc[CC]["free_pfn"] = TOP
    isolate(guest, (TOP,))
    migrate.migrate_pages(guest, CC)
    assert vm(guest, "balloon_migrate", "balloon_repeats") == (2, 1)
    assert is_clean(guest)


def test_a_pinned_file_page_is_isolated_in_vain() -> None:
    guest = guest_with((3, 4), u.STATE_FILE)
    set_flag(guest, 4, u.PG_PINNED)
    isolate(guest, (3, 4))
    assert migrate.migrate_pages(guest, CC) == 1
    assert vm(guest, "pgmigrate_success", "pgmigrate_fail") == (1, 1)
    assert list_of(guest, u.LIST_MIGRATEPAGES + CC) == [4]
    cc = guest.cc[CC]
    assert (cc["round_migrated"], cc["round_failed"]) == (1, 1)
    # Its target is back on the compactor's list.
    assert cc["nr_freepages"] == len(list_of(guest, freepages_list(CC, 0))) == 1


def test_a_locked_page_fails_where_nobody_may_wait() -> None:
    for mode, direct, moved in (
        (u.MIGRATE_ASYNC, 0, 0),
        (u.MIGRATE_SYNC_LIGHT, 1, 0),
        (u.MIGRATE_SYNC_LIGHT, 0, 1),
        (u.MIGRATE_SYNC, 0, 1),
    ):
        guest = guest_with((3,), u.STATE_ANON, u.PG_LOCKED)
        isolate(guest, (3,), mode)
        guest.cc[CC]["direct_compaction"] = direct
        assert migrate.migrate_pages(guest, CC) == 1 - moved
        assert vm(guest, "pgmigrate_success", "pgmigrate_fail") == (moved, 1 - moved)
        for list_id in (u.LIST_UNMAP, u.LIST_TARGETS, u.LIST_RET, u.LIST_SPLIT):
            assert list_of(guest, list_id) == []


def test_full_sync_waits_for_writeback() -> None:
    guest = guest_with((3,), u.STATE_FILE, u.PG_WRITEBACK)
    isolate(guest, (3,), u.MIGRATE_SYNC)
    assert migrate.migrate_pages(guest, CC) == 0
    assert not guest.pages[TOP]["flags"] & u.PG_WRITEBACK
    assert vm(guest, "pgmigrate_success", "pgmigrate_fail") == (1, 0)


def test_a_large_page_moves_whole_if_there_is_a_target_of_its_size() -> None:
    guest = all_free(8)
    put(guest, range(TOP, TOP + 16))
    put(guest, (32,), u.STATE_FILE, order=2)
    guest.pages[32]["handle"] = 5
    guest.pages[5]["where"] = 32
    settle(guest)
    isolate(guest, (32,))
    assert migrate.migrate_pages(guest, CC) == 0
    assert guest.pages[TOP + 16]["order"] == 2
    assert guest.pages[5]["where"] == TOP + 16
    assert vm(guest, "pgmigrate_success") == (4,)
    assert guest.zones[0]["nr_zone_inactive_file"] == 4
    assert is_clean(guest)


def test_a_large_page_without_target_is_split_unless_it_is_an_object() -> None:
    for handle, moved in ((u.HANDLE_NONE, 4), (5, 0)):
        guest = all_free(8)
        put(guest, every(2, TOP + 1, 8 * BLOCK))
        put(guest, range(2 * BLOCK, TOP))
        put(guest, (32,), u.STATE_FILE, order=2)
        guest.pages[32]["handle"] = handle
        settle(guest)
        isolate(guest, (32,))
        assert migrate.migrate_pages(guest, CC) == (0 if moved else migrate.ENOMEM)
        assert vm(guest, "pgmigrate_success") == (moved,)
        if moved:
            assert all(guest.pages[TOP + p]["order"] == 0 for p in (0, 2, 4, 6))
            assert all(guest.pages[TOP + p]["state"] == u.STATE_FILE for p in (0, 2, 4, 6))


def test_without_targets_nothing_moves_and_the_rest_is_left() -> None:
    guest = guest_with((3, 4, 5))
    guest.zones[0]["wmark_min"] = 1 << 20
    isolate(guest, (3, 4, 5))
    assert migrate.migrate_pages(guest, CC) == migrate.ENOMEM
    assert list_of(guest, u.LIST_MIGRATEPAGES + CC) == [5, 4, 3]
    # Only the page for which there was no target counts as failed, as in the kernel.
    assert vm(guest, "pgmigrate_success", "pgmigrate_fail") == (0, 1)


def test_pages_before_the_one_without_target_are_moved() -> None:
    guest = guest_with((3, 4, 5))
    guest.zones[0]["wmark_min"] = int(guest.zones[0]["nr_free"]) - 3
    isolate(guest, (3, 4, 5))
    assert migrate.migrate_pages(guest, CC) == migrate.ENOMEM
    assert vm(guest, "pgmigrate_success", "pgmigrate_fail") == (2, 1)
    assert list_of(guest, u.LIST_MIGRATEPAGES + CC) == [3]


def test_a_batch_may_be_moved_page_by_page() -> None:
    whole, paged = guest_with((3, 4, 5)), guest_with((3, 4, 5))
    for guest in (whole, paged):
        isolate(guest, (3, 4, 5))
        guest.cc[CC]["nr_migratepages"] = 3
    assert migrate.migrate_pages(whole, CC) == 0
    for left in (2, 1, 0):
        assert migrate.migrate_next(paged, CC)
        assert paged.cc[CC]["nr_migratepages"] == left
        assert vm(paged, "nr_isolated_anon") == (left,)
        assert is_clean(paged)
    assert not migrate.migrate_next(paged, CC)
    assert [a.tobytes() for a in whole[:4]] == [a.tobytes() for a in paged[:4]]
    assert vm(paged, "pgmigrate_success") == (3,)


def test_a_page_that_may_fail_is_left_to_the_whole_batch() -> None:
    guest = guest_with((3,), u.STATE_FILE)
    isolate(guest, (3,))
    set_flag(guest, 3, u.PG_WRITEBACK)
    assert not migrate.migrate_next(guest, CC)
    assert vm(guest, "pgmigrate_success", "pgmigrate_fail") == (0, 0)
    assert list_of(guest, u.LIST_MIGRATEPAGES + CC) == [3]
