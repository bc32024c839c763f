"""The migrate scanner: what it isolates, what it steps over, what spoils a pageblock."""

import pytest

from engine import units as u
from engine.core.compact import migrate_scanner
from engine.core.compact.scan import get_pageblock_skip
from engine.core.memory.buddy import set_pageblock_migratetype
from engine.core.memory.page import set_flag, set_state
from engine.guest import Guest
from tests.engine.small_guest import BLOCK, all_free, every, list_of, put, settle, vm

CC = u.CC_DIRECT


def aim(
    guest: Guest, pfn: int, mode: int = u.MIGRATE_SYNC_LIGHT, order: int = 9, direct: int = 0
) -> None:
    """Let the migrate scanner stand at ``pfn``, the free scanner at the last pageblock."""
    cc = guest.cc[CC]
    cc["migrate_pfn"], cc["free_pfn"] = pfn, int(guest.zones[0]["end_pfn"]) - BLOCK
    cc["mode"], cc["order"], cc["direct_compaction"] = mode, order, direct
    cc["gfp"], cc["migratetype"], cc["nr_migratepages"] = u.GFP_KERNEL, u.MIGRATE_MOVABLE, 0


def isolated(guest: Guest) -> list[int]:
    return list_of(guest, u.LIST_MIGRATEPAGES + CC)


def scan(guest: Guest, block: int, mode: int = u.MIGRATE_SYNC_LIGHT, direct: int = 0) -> int:
    """Isolate from one pageblock; pages counted as scanned."""
    aim(guest, block * BLOCK, mode, direct=direct)
    guest.cc[CC]["total_migrate_scanned"] = 0
    start, end = block * BLOCK, (block + 1) * BLOCK
    migrate_scanner.isolate_migratepages_block(guest, CC, start, end)
    return int(guest.cc[CC]["total_migrate_scanned"])


def checkered(nr_blocks: int = 8) -> Guest:
    guest = all_free(nr_blocks, start_block=8)
    put(guest, every(2, 8 * BLOCK, (8 + nr_blocks) * BLOCK))
    return settle(guest)


def test_stops_after_a_cluster_and_goes_on_there() -> None:
    guest = checkered()
    assert scan(guest, 8) == 63
    assert isolated(guest) == list(every(2, 8 * BLOCK, 8 * BLOCK + 64))[::-1]
    assert guest.cc[CC]["migrate_pfn"] == 8 * BLOCK + 63
    assert guest.cc[CC]["round_isolated"] == 32
    assert vm(guest, "compact_isolated", "nr_isolated_anon") == (32, 32)


def test_takes_the_rest_of_a_pageblock_that_is_to_be_finished() -> None:
    guest = checkered()
    aim(guest, 8 * BLOCK)
    guest.cc[CC]["finish_pageblock"] = 1
    migrate_scanner.isolate_migratepages_block(guest, CC, 8 * BLOCK, 9 * BLOCK)
    assert len(isolated(guest)) == 256
    assert guest.cc[CC]["migrate_pfn"] == 9 * BLOCK
    assert guest.zones[0]["cached_migrate_sync"] == 10 * BLOCK  # see scan.update_cached_migrate


def test_the_first_page_taken_marks_the_pageblock_and_a_marked_one_is_left() -> None:
    guest = checkered()
    scan(guest, 8)
    assert get_pageblock_skip(guest, 8 * BLOCK)
    other = checkered()
    other.blocks[8]["flags"] |= u.PB_SKIP
    assert scan(other, 8) == 1
    assert isolated(other) == []
    other.cc[CC]["ignore_skip_hint"] = 1
    assert scan(other, 8) == 63


def test_a_pageblock_with_nothing_to_take_is_marked_at_its_end() -> None:
    guest = all_free(8, start_block=8)
    put(guest, every(2, 8 * BLOCK, 9 * BLOCK), u.STATE_SLAB)
    settle(guest)
    assert scan(guest, 8) == BLOCK
    assert get_pageblock_skip(guest, 8 * BLOCK)
    assert guest.cc[CC]["migrate_pfn"] == 9 * BLOCK


def test_free_blocks_are_stepped_over_and_counted() -> None:
    guest = all_free(8, start_block=8)
    put(guest, (8 * BLOCK + 64,))
    settle(guest)
    assert scan(guest, 8) == BLOCK
    assert isolated(guest) == [8 * BLOCK + 64]
    # A free block of two pageblocks: its second half is looked at page by page.
    assert scan(guest, 10) == 2 * BLOCK
    assert guest.cc[CC]["migrate_pfn"] == 11 * BLOCK
    assert scan(guest, 11) == BLOCK


@pytest.mark.parametrize(
    ("state", "flags", "mode", "taken"),
    [
        (u.STATE_ANON, u.PG_PINNED, u.MIGRATE_SYNC, 0),
        (u.STATE_FILE, u.PG_PINNED, u.MIGRATE_SYNC, 1),  # found out only when it is moved
        (u.STATE_ANON, u.PG_UNEVICTABLE, u.MIGRATE_ASYNC, 1),
        (u.STATE_FILE, u.PG_DIRTY, u.MIGRATE_ASYNC, 1),
        (u.STATE_FILE, u.PG_WRITEBACK, u.MIGRATE_ASYNC, 0),
        (u.STATE_FILE, u.PG_WRITEBACK, u.MIGRATE_SYNC_LIGHT, 0),
        (u.STATE_FILE, u.PG_WRITEBACK, u.MIGRATE_SYNC, 1),
        (u.STATE_SHMEM, 0, u.MIGRATE_ASYNC, 1),
        (u.STATE_PGTABLE, 0, u.MIGRATE_SYNC, 0),
        (u.STATE_UNKNOWN, 0, u.MIGRATE_SYNC, 0),
        (u.STATE_BALLOON, u.PG_MOVABLE_OPS, u.MIGRATE_SYNC, 0),
    ],
)
def test_each_kind_of_page_is_taken_or_left(state: int, flags: int, mode: int, taken: int) -> None:
    guest = all_free(8, start_block=8)
    put(guest, (8 * BLOCK + 5,), state, flags)
    settle(guest)
    scan(guest, 8, mode)
    assert len(isolated(guest)) == taken


def test_file_pages_need_a_request_that_may_enter_the_file_system() -> None:
    guest = all_free(8, start_block=8)
    put(guest, (8 * BLOCK,), u.STATE_FILE)
    put(guest, (8 * BLOCK + 1,), u.STATE_ANON)
    settle(guest)
    aim(guest, 8 * BLOCK)
    guest.cc[CC]["gfp"] = u.GFP_KERNEL & ~u.GFP_FS
    migrate_scanner.isolate_migratepages_block(guest, CC, 8 * BLOCK, 9 * BLOCK)
    assert isolated(guest) == [8 * BLOCK + 1]


def test_large_pages_are_taken_below_the_wanted_order_only() -> None:
    guest = all_free(8, start_block=8)
    put(guest, (8 * BLOCK,), u.STATE_FILE, order=4)
    put(guest, (8 * BLOCK + 32,), u.STATE_FILE, order=2)
    settle(guest)
    aim(guest, 8 * BLOCK, order=4)
    migrate_scanner.isolate_migratepages_block(guest, CC, 8 * BLOCK, 9 * BLOCK)
    assert isolated(guest) == [8 * BLOCK + 32]
    assert guest.cc[CC]["nr_migratepages"] == 4
    assert guest.cc[CC]["total_migrate_scanned"] == BLOCK


def test_without_the_hook_nothing_is_tested_and_no_balloon_page_taken() -> None:
    guest = all_free(8, start_block=8)
    put(guest, range(8 * BLOCK, 8 * BLOCK + 10), u.STATE_BALLOON, u.PG_MOVABLE_OPS)
    put(guest, range(8 * BLOCK + 10, 8 * BLOCK + 14), u.STATE_SLAB)
    settle(guest)
    scan(guest, 8)
    assert isolated(guest) == []
    assert vm(guest, "hook_checks", "hook_checks_balloon", "hook_checks_lru") == (0, 0, 0)
    guest.vm[0]["rule_hook"] = 1
    scan(guest, 9)
    guest.blocks[8]["flags"] = 0
    scan(guest, 8)
    assert len(isolated(guest)) == 10
    assert vm(guest, "hook_checks", "hook_checks_balloon", "hook_checks_lru") == (14, 10, 0)
    assert vm(guest, "balloon_isolated") == (10,)


def test_the_hook_never_takes_a_balloon_page_that_is_not_movable() -> None:
    guest = all_free(8, start_block=8)
    put(guest, (8 * BLOCK,), u.STATE_BALLOON)
    put(guest, (8 * BLOCK + 1,), u.STATE_BALLOON, u.PG_MOVABLE_OPS | u.PG_ISOLATED)
    settle(guest)
    guest.vm[0]["rule_hook"] = 1
    scan(guest, 8)
    assert isolated(guest) == []
    assert vm(guest, "hook_checks_balloon") == (2,)


def test_one_pinned_page_spoils_a_pageblock_for_a_huge_page_fault() -> None:
    guest = all_free(8, start_block=8)
    put(guest, range(8 * BLOCK, 8 * BLOCK + 20))
    put(guest, (8 * BLOCK + 20,), u.STATE_BALLOON)
    put(guest, range(8 * BLOCK + 21, 8 * BLOCK + 60))
    settle(guest)
    assert scan(guest, 8, u.MIGRATE_ASYNC, direct=1) == 21
    assert isolated(guest) == []
    assert guest.cc[CC]["migrate_pfn"] == 9 * BLOCK
    assert vm(guest, "compact_isolated", "nr_isolated_anon") == (0, 0)
    # Put back: the 20 pages are on their list again.
    assert len(list_of(guest, u.LRU_INACTIVE_ANON)) == 59


def test_a_smaller_request_loses_only_the_piece_with_the_pinned_page() -> None:
    guest = all_free(8, start_block=8)
    put(guest, range(8 * BLOCK, 8 * BLOCK + 3))
    put(guest, (8 * BLOCK + 3,), u.STATE_SLAB)
    put(guest, range(8 * BLOCK + 16, 8 * BLOCK + 20))
    settle(guest)
    aim(guest, 8 * BLOCK, u.MIGRATE_ASYNC, order=4, direct=1)
    migrate_scanner.isolate_migratepages_block(guest, CC, 8 * BLOCK, 9 * BLOCK)
    assert isolated(guest) == list(range(8 * BLOCK + 16, 8 * BLOCK + 20))[::-1]
    # It stops at the end of the piece from which it took something.
    assert guest.cc[CC]["migrate_pfn"] == 8 * BLOCK + 32
    assert guest.cc[CC]["total_migrate_scanned"] == 20


def test_only_direct_async_runs_keep_to_their_migratetype() -> None:
    guest = checkered()
    set_pageblock_migratetype(guest, 8, u.MIGRATE_UNMOVABLE)
    for mode, direct, block in (
        (u.MIGRATE_ASYNC, 1, 9),
        (u.MIGRATE_ASYNC, 0, 8),
        (u.MIGRATE_SYNC_LIGHT, 1, 8),
    ):
        aim(guest, 8 * BLOCK, mode, direct=direct)
        guest.cc[CC]["ignore_skip_hint"] = 1
        assert migrate_scanner.isolate_migratepages(guest, CC) == migrate_scanner.ISOLATE_SUCCESS
        assert {p // BLOCK for p in isolated(guest)} == {block}
        migrate_scanner.putback_movable_pages(guest, CC)


def test_pageblocks_under_huge_pages_are_passed_over() -> None:
    guest = all_free(8, start_block=8)
    set_state(guest, 8 * BLOCK, 9, u.STATE_HUGE, 0)
    put(guest, (9 * BLOCK,), u.STATE_THP, order=9)
    put(guest, (10 * BLOCK + 1,))
    settle(guest)
    aim(guest, 8 * BLOCK, order=-1)
    assert migrate_scanner.isolate_migratepages(guest, CC) == migrate_scanner.ISOLATE_SUCCESS
    assert isolated(guest) == [10 * BLOCK + 1]
    assert guest.cc[CC]["total_migrate_scanned"] == BLOCK


def test_never_crosses_the_free_scanner() -> None:
    guest = checkered()
    aim(guest, 15 * BLOCK)
    assert migrate_scanner.isolate_migratepages(guest, CC) == migrate_scanner.ISOLATE_NONE
    assert guest.cc[CC]["total_migrate_scanned"] == 0


def sparse(free: int) -> Guest:
    """All in use but one free block of order 5 in pageblock ``free``."""
    guest = all_free(32, start_block=8)
    hole = range(free * BLOCK, free * BLOCK + 32)
    put(guest, (p for p in range(8 * BLOCK, 40 * BLOCK) if p not in hole))
    return settle(guest)


def test_fast_search_starts_at_a_pageblock_with_free_pages() -> None:
    guest = sparse(20)
    aim(guest, 8 * BLOCK)
    assert migrate_scanner.fast_find_migrateblock(guest, CC) == 20 * BLOCK
    assert guest.cc[CC]["fast_start_pfn"] == 20 * BLOCK
    assert guest.cc[CC]["total_migrate_scanned"] == 1
    assert migrate_scanner.isolate_migratepages(guest, CC) == migrate_scanner.ISOLATE_SUCCESS
    assert {p // BLOCK for p in isolated(guest)} == {20}


@pytest.mark.parametrize(
    "field", ["ignore_skip_hint", "finish_pageblock", "direct_for_unmovable", "order", "inside"]
)
def test_fast_search_is_for_costly_movable_requests_at_a_pageblock(field: str) -> None:
    guest = sparse(20)
    aim(guest, 8 * BLOCK)
    cc = guest.cc[CC]
    if field == "direct_for_unmovable":
        cc["direct_compaction"], cc["migratetype"] = 1, u.MIGRATE_UNMOVABLE
    elif field == "order":
        cc["order"] = 3
    elif field == "inside":
        cc["migrate_pfn"] += 7
    else:
        cc[field] = 1
    assert migrate_scanner.fast_find_migrateblock(guest, CC) == cc["migrate_pfn"]


def test_a_failed_fast_search_goes_back_once_to_the_lowest_pageblock_found_before() -> None:
    guest = sparse(38)
    aim(guest, 16 * BLOCK)
    guest.cc[CC]["fast_start_pfn"] = 10 * BLOCK
    assert migrate_scanner.fast_find_migrateblock(guest, CC) == 10 * BLOCK
    assert guest.cc[CC]["fast_search_fail"] == 1
    guest.cc[CC]["migrate_pfn"] = 16 * BLOCK
    assert migrate_scanner.fast_find_migrateblock(guest, CC) == 16 * BLOCK
    assert guest.cc[CC]["fast_search_fail"] == 2


def test_flags_of_pages_left_alone_do_not_change() -> None:
    guest = checkered()
    set_flag(guest, 8 * BLOCK + 4, u.PG_PINNED)
    before = int(guest.pages[8 * BLOCK + 4]["flags"])
    scan(guest, 8)
    assert guest.pages[8 * BLOCK + 4]["flags"] == before
