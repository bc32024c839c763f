"""Free blocks on their lists."""

from engine import units as u
from engine.core.memory import freearea as fa
from engine.core.memory.freelist import free_list
from engine.core.memory.page import set_state
from tests.engine.small_guest import BLOCK, all_free, list_of, nr_free, settle

MOVABLE = u.MIGRATE_MOVABLE


def test_the_smallest_block_is_taken_and_its_lower_part_kept() -> None:
    guest = settle(all_free(2))
    pfn = fa.rmqueue_smallest(guest, 0, 2, MOVABLE)
    assert pfn == 0
    assert [nr_free(guest, order) for order in range(11)] == [0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0]
    assert list_of(guest, free_list(0, 9, MOVABLE)) == [BLOCK]
    assert guest.zones[0]["nr_free"] == 2 * BLOCK - 4
    set_state(guest, pfn, 2, u.STATE_SLAB, 0)
    assert fa.rmqueue_smallest(guest, 0, 2, MOVABLE) == 4
    assert fa.rmqueue_smallest(guest, 0, 0, u.MIGRATE_UNMOVABLE) == u.PFN_NONE


def test_blocks_in_transit_are_no_free_blocks() -> None:
    guest = settle(all_free(2))
    pfn = fa.rmqueue_smallest(guest, 0, 0, MOVABLE)
    assert guest.pages[pfn]["state"] == u.STATE_FREE
    assert not fa.is_free_block(guest, pfn)
    assert fa.is_free_block(guest, 1)
    assert not fa.is_free_block(guest, 3)


def test_a_pageblock_inside_a_larger_free_block_begins_none() -> None:
    guest = settle(all_free(4))
    assert guest.pages[0]["order"] == 10
    assert fa.is_free_block(guest, 0)
    assert not fa.is_free_block(guest, BLOCK)


def test_only_a_free_block_of_the_same_order_and_zone_is_a_buddy() -> None:
    guest = settle(all_free(3))
    assert fa.page_is_buddy(guest, 0, 0, 10)
    assert not fa.page_is_buddy(guest, 0, 0, 9)
    assert fa.page_is_buddy(guest, 0, 2 * BLOCK, 9)
    assert not fa.page_is_buddy(guest, 0, 3 * BLOCK, 9), "beyond the last page of memory"
    assert not fa.page_is_buddy(guest, 0, 4 * BLOCK, 10)


def test_counters_follow_the_type_of_the_pageblock() -> None:
    guest = settle(all_free(2))
    zone = guest.zones[0]
    fa.move_to_free_list(guest, 0, 0, 10, MOVABLE, u.MIGRATE_HIGHATOMIC)
    assert (zone["nr_free"], zone["nr_free_highatomic"]) == (2 * BLOCK, 2 * BLOCK)
    fa.move_to_free_list(guest, 0, 0, 10, u.MIGRATE_HIGHATOMIC, u.MIGRATE_CMA)
    assert (zone["nr_free_highatomic"], zone["nr_free_cma"]) == (0, 2 * BLOCK)
    fa.del_page_from_free_list(guest, 0, 0, 10, u.MIGRATE_CMA)
    assert (zone["nr_free"], zone["nr_free_cma"]) == (0, 0)
    fa.add_to_free_list(guest, 0, 0, 10, MOVABLE, 1)
    assert zone["nr_free"] == 2 * BLOCK


def test_splitting_a_large_block_marks_both_pageblocks() -> None:
    guest = settle(all_free(2))
    guest.blocks["flags"] = 0
    fa.rmqueue_smallest(guest, 0, 9, MOVABLE)
    assert guest.blocks[1]["flags"] & u.PB_STALE
    fa.change_pageblock_range(guest, 0, 10, u.MIGRATE_UNMOVABLE)
    assert guest.blocks["migratetype"].tolist() == [u.MIGRATE_UNMOVABLE] * 2
