"""The free scanner: which pageblocks it takes targets from, how many, and what it counts."""

from engine import units as u
from engine.core.compact import free_scanner
from engine.core.compact.scan import get_pageblock_skip
from engine.core.memory.buddy import set_pageblock_migratetype
from engine.core.memory.page import set_state
from engine.guest import Guest
from tests.engine.small_guest import BLOCK, all_free, every, list_of, nr_free, put, settle, vm

CC = u.CC_MEMORY


def checkered(nr_blocks: int) -> Guest:
    """A guest in which every second page is anonymous memory."""
    guest = all_free(nr_blocks)
    put(guest, every(2, 0, nr_blocks * BLOCK))
    return settle(guest)


def aim(guest: Guest, migrate_pfn: int, free_pfn: int, nr: int, order: int = -1) -> None:
    """Let the compactor stand at two positions and want ``nr`` targets."""
    cc = guest.cc[CC]
    cc["migrate_pfn"], cc["free_pfn"], cc["nr_migratepages"] = migrate_pfn, free_pfn, nr
    cc["order"], cc["mode"], cc["search_order"] = order, u.MIGRATE_SYNC, order


def targets(guest: Guest, order: int = 0) -> list[int]:
    return list_of(guest, free_scanner.freepages_list(CC, order))


def test_takes_no_more_than_there_are_sources() -> None:
    guest = checkered(8)
    aim(guest, 0, 7 * BLOCK, 5)
    free_scanner.isolate_freepages(guest, CC)
    start = 7 * BLOCK
    assert targets(guest) == [start + 1, start + 3, start + 5, start + 7, start + 9]
    assert guest.cc[CC]["free_pfn"] == start + 10
    assert guest.cc[CC]["total_free_scanned"] == 10
    assert vm(guest, "compact_isolated") == (5,)
    assert all(guest.pages[p]["state"] == u.STATE_ISOLATED_FREE for p in targets(guest))


def test_goes_on_downwards_and_marks_what_it_has_looked_through() -> None:
    guest = checkered(8)
    aim(guest, 0, 7 * BLOCK, 300)
    free_scanner.isolate_freepages(guest, CC)
    assert len(targets(guest)) == 300
    assert get_pageblock_skip(guest, 7 * BLOCK)
    assert not get_pageblock_skip(guest, 6 * BLOCK)
    assert guest.zones[0]["cached_free"] == 6 * BLOCK
    assert guest.cc[CC]["free_pfn"] == 6 * BLOCK + 88
    assert guest.cc[CC]["total_free_scanned"] == BLOCK + 88


def test_stops_at_the_pageblock_of_the_migrate_scanner() -> None:
    guest = checkered(4)
    aim(guest, 2 * BLOCK + 7, 3 * BLOCK, 1000)
    free_scanner.isolate_freepages(guest, CC)
    assert len(targets(guest)) == 256
    assert guest.cc[CC]["free_pfn"] == 2 * BLOCK


def test_keeps_a_block_whole_and_counts_its_pages() -> None:
    guest = all_free(4)
    put(guest, range(3 * BLOCK, 3 * BLOCK + 8))
    settle(guest)
    aim(guest, 0, 3 * BLOCK, 10)
    free_scanner.isolate_freepages(guest, CC)
    assert targets(guest, 3) == [3 * BLOCK + 8]
    assert targets(guest, 4) == [3 * BLOCK + 16]
    assert guest.cc[CC]["nr_freepages"] == 24
    assert guest.cc[CC]["total_free_scanned"] == 32


def test_leaves_pageblocks_alone_that_are_free_already_or_of_another_type() -> None:
    guest = checkered(8)
    freed = all_free(8)
    put(freed, every(2, 0, 6 * BLOCK))
    put(freed, every(2, 7 * BLOCK, 8 * BLOCK))
    settle(freed)  # pageblock 6 is free
    assert not free_scanner.suitable_migration_target(freed, CC, 6 * BLOCK)
    set_pageblock_migratetype(guest, 7, u.MIGRATE_UNMOVABLE)
    assert not free_scanner.suitable_migration_target(guest, CC, 7 * BLOCK)
    assert free_scanner.suitable_migration_target(guest, CC, 6 * BLOCK)
    guest.cc[CC]["ignore_block_suitable"] = 1
    assert free_scanner.suitable_migration_target(guest, CC, 7 * BLOCK)


def test_a_smaller_order_makes_smaller_free_blocks_taboo() -> None:
    guest = all_free(4)
    put(guest, range(8, 4 * BLOCK))
    settle(guest)
    guest.cc[CC]["order"] = 4
    assert free_scanner.suitable_migration_target(guest, CC, 0)
    guest.cc[CC]["order"] = 3
    assert not free_scanner.suitable_migration_target(guest, CC, 0)


def test_the_balloon_pass_looks_for_the_type_its_design_wants() -> None:
    guest = checkered(4)
    guest.vm[0]["rule_pass_target"] = u.MIGRATE_UNMOVABLE
    set_pageblock_migratetype(guest, 3, u.MIGRATE_UNMOVABLE)
    assert free_scanner.suitable_migration_target(guest, u.CC_PASS, 3 * BLOCK)
    assert not free_scanner.suitable_migration_target(guest, u.CC_PASS, 2 * BLOCK)
    assert not free_scanner.suitable_migration_target(guest, CC, 3 * BLOCK)


def test_async_looks_at_every_32nd_page_until_it_finds_one() -> None:
    guest = all_free(4)
    put(guest, [p for p in range(3 * BLOCK, 4 * BLOCK) if p % 32 != 5])
    put(guest, [p for p in range(2 * BLOCK, 3 * BLOCK) if p % 32])
    settle(guest)
    aim(guest, 0, 3 * BLOCK, 4)
    guest.cc[CC]["mode"] = u.MIGRATE_ASYNC
    free_scanner.isolate_freepages(guest, CC)
    # 16 looks at block 3 find nothing; in block 2 the first free page is at its start.
    assert targets(guest) == [2 * BLOCK, 2 * BLOCK + 32, 2 * BLOCK + 64, 2 * BLOCK + 96]
    assert guest.cc[CC]["total_free_scanned"] == 16 + 4


def test_compound_pages_are_stepped_over_at_once() -> None:
    guest = all_free(4)
    set_state(guest, 3 * BLOCK, 3, u.STATE_SLAB, 0)
    put(guest, range(3 * BLOCK + 9, 4 * BLOCK))
    settle(guest)
    aim(guest, 0, 3 * BLOCK, 1)
    guest.cc[CC]["mode"] = u.MIGRATE_ASYNC
    stopped = free_scanner.isolate_freepages_block(guest, CC, 3 * BLOCK, 4 * BLOCK, 1)
    assert targets(guest) == [3 * BLOCK + 8]
    assert stopped == 3 * BLOCK + 9
    assert guest.cc[CC]["total_free_scanned"] == 9


def test_the_min_watermark_is_kept() -> None:
    guest = checkered(4)
    guest.zones[0]["wmark_min"] = 4 * BLOCK // 2 - 4
    aim(guest, 0, 3 * BLOCK, 100)
    free_scanner.isolate_freepages(guest, CC)
    assert len(targets(guest)) == 3  # the fourth would leave no more than the mark
    assert not get_pageblock_skip(guest, 3 * BLOCK)


def test_skip_hints_hold_the_scanner_off_unless_ignored() -> None:
    guest = checkered(4)
    guest.blocks[3]["flags"] |= u.PB_SKIP
    aim(guest, 0, 3 * BLOCK, 1)
    free_scanner.isolate_freepages(guest, CC)
    assert targets(guest) == [2 * BLOCK + 1]
    other = checkered(4)
    other.blocks[3]["flags"] |= u.PB_SKIP
    aim(other, 0, 3 * BLOCK, 1)
    other.cc[CC]["ignore_skip_hint"] = 1
    free_scanner.isolate_freepages(other, CC)
    assert targets(other) == [3 * BLOCK + 1]


def test_fast_search_takes_a_page_from_the_top_quarter_without_walking() -> None:
    guest = checkered(16)
    aim(guest, 0, 14 * BLOCK, 1, order=9)
    guest.zones[0]["init_free_pfn"] = 15 * BLOCK
    before = nr_free(guest, 0)
    free_scanner.isolate_freepages(guest, CC)
    # The MOVABLE list of order 0 is walked from its tail: the highest page comes first here.
    assert targets(guest) == [16 * BLOCK - 1]
    assert nr_free(guest, 0) == before - 1
    assert guest.cc[CC]["free_pfn"] == 14 * BLOCK
    assert guest.cc[CC]["total_free_scanned"] == 1
    assert vm(guest, "compact_isolated") == (1,)


def test_fast_search_sweeps_the_rest_of_the_pageblock_when_more_is_needed() -> None:
    guest = checkered(16)
    aim(guest, 0, 14 * BLOCK, 32, order=9)
    free_scanner.fast_isolate_freepages(guest, CC)
    assert len(targets(guest)) == 32
    assert {p // BLOCK for p in targets(guest)} == {15}


def test_at_the_start_of_a_scan_the_scanner_jumps_to_the_highest_page_seen() -> None:
    guest = all_free(16)
    put(guest, (p for p in range(16 * BLOCK) if p != 9 * BLOCK + 3))
    settle(guest)
    guest.zones[0]["wmark_min"] = 0
    aim(guest, 0, 15 * BLOCK, 1, order=9)
    free_scanner.fast_isolate_freepages(guest, CC)
    assert guest.cc[CC]["fast_search_fail"] == 1
    assert guest.cc[CC]["free_pfn"] == 9 * BLOCK
