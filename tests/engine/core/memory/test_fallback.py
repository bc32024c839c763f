"""Claiming and stealing, case by case; test_buddy.py compares the whole with a slow twin."""

from __future__ import annotations

import pytest

from engine import units as u
from engine.core.memory import fallback as fb
from engine.core.memory.buddy import move_freepages_block
from engine.core.memory.freelist import free_list
from engine.core.memory.page import set_state
from engine.core.observe.check import validate
from engine.guest import Guest
from tests.engine.small_guest import BLOCK, all_free, every, nr_free, put, settle, vm

UNMOVABLE, MOVABLE, RECLAIMABLE = u.MIGRATE_UNMOVABLE, u.MIGRATE_MOVABLE, u.MIGRATE_RECLAIMABLE


def in_use(guest: Guest, nr_movable: int, nr_other: int, nr_blocks: int = 8) -> Guest:
    """All pageblocks full but the first: single free pages between movable and other pages."""
    put(guest, range(BLOCK, nr_blocks * BLOCK), u.STATE_KERNEL)
    put(guest, every(2, 0, 2 * nr_movable))
    put(guest, every(2, 2 * nr_movable, 2 * (nr_movable + nr_other)), u.STATE_SLAB)
    return settle(guest)


def test_fallbacks_come_in_the_kernels_order() -> None:
    table = {mt: [int(fb.fallback_type(mt, i)) for i in (0, 1)] for mt in range(3)}
    assert table == {
        UNMOVABLE: [RECLAIMABLE, MOVABLE],
        MOVABLE: [RECLAIMABLE, UNMOVABLE],
        RECLAIMABLE: [UNMOVABLE, MOVABLE],
    }


@pytest.mark.parametrize(
    ("order", "mt", "is_worth"),
    [(3, MOVABLE, False), (4, MOVABLE, True), (0, UNMOVABLE, True), (0, RECLAIMABLE, True)],
)
def test_movable_requests_claim_for_larger_pieces_only(order: int, mt: int, is_worth: bool) -> None:
    assert fb.should_try_claim_block(order, mt) == is_worth
    guest = settle(all_free(2))
    assert fb.find_suitable_fallback(guest, 0, order, mt, 1) == -1
    guest.lists[free_list(0, order, UNMOVABLE if mt != UNMOVABLE else RECLAIMABLE)]["nr"] = 1
    assert (fb.find_suitable_fallback(guest, 0, order, mt, 1) >= 0) == is_worth
    assert fb.find_suitable_fallback(guest, 0, order, mt, 0) >= 0


def test_types_without_fallbacks_have_none() -> None:
    guest = settle(all_free(2))
    assert fb.find_suitable_fallback(guest, 0, 10, u.MIGRATE_BALLOON, 0) == -1
    assert fb.rmqueue(guest, 0, 0, u.MIGRATE_BALLOON, 0) == u.PFN_NONE


def test_a_whole_free_block_is_taken_over_without_boost() -> None:
    guest = settle(all_free(8))
    pfn = fb.rmqueue(guest, 0, 0, UNMOVABLE, 0)
    set_state(guest, pfn, 0, u.STATE_SLAB, 0)
    assert guest.blocks["migratetype"][:3].tolist() == [UNMOVABLE, UNMOVABLE, MOVABLE]
    assert guest.zones[0]["watermark_boost"] == 0
    assert vm(guest, "extfrag_claim", "extfrag_steal") == (1, 0)
    assert validate(guest) == (0, u.PFN_NONE)


@pytest.mark.parametrize(
    ("nr_movable", "nr_other", "claims"), [(0, 256, 1), (128, 128, 1), (256, 0, 1)]
)
def test_half_free_is_enough_whatever_the_rest(nr_movable: int, nr_other: int, claims: int) -> None:
    guest = in_use(all_free(8), nr_movable, nr_other)
    pfn = fb.rmqueue(guest, 0, 0, UNMOVABLE, u.ALLOC_KSWAPD)
    set_state(guest, pfn, 0, u.STATE_SLAB, 0)
    assert vm(guest, "extfrag_claim", "extfrag_steal") == (claims, 1 - claims)
    assert guest.blocks["migratetype"][0] == UNMOVABLE
    assert guest.zones[0]["watermark_boost"] == BLOCK
    assert guest.zones[0]["zone_flags"] == u.ZONE_BOOSTED_WATERMARK
    assert validate(guest) == (0, u.PFN_NONE)


def nearly_full(nr_alike: int, state: int) -> Guest:
    """One pageblock: 100 single free pages, ``nr_alike`` pages of a state, the rest unlike it."""
    guest = all_free(8)
    put(guest, range(BLOCK, 8 * BLOCK), u.STATE_KERNEL)
    rest = u.STATE_ANON if state != u.STATE_ANON else u.STATE_SLAB
    pages = [p for p in range(BLOCK) if p % 2 or p >= 200]
    put(guest, pages[:nr_alike], state)
    put(guest, pages[nr_alike:], rest)
    return settle(guest)


@pytest.mark.parametrize(("nr_alike", "mt"), [(155, MOVABLE), (156, UNMOVABLE)])
def test_unmovable_pages_in_use_count_for_an_unmovable_claim(nr_alike: int, mt: int) -> None:
    guest = nearly_full(nr_alike, u.STATE_SLAB)
    pfn = fb.rmqueue(guest, 0, 0, UNMOVABLE, 0)
    set_state(guest, pfn, 0, u.STATE_SLAB, 0)
    assert guest.blocks["migratetype"][0] == mt
    assert vm(guest, "extfrag_claim", "extfrag_steal") == (int(mt == UNMOVABLE), int(mt == MOVABLE))


def test_movable_balloon_pages_look_movable_and_pinned_lru_pages_too() -> None:
    guest = nearly_full(156, u.STATE_BALLOON)
    assert fb.count_free_pages(guest, 0) == 100
    lru = int(guest.blocks["nr_movable"][0])
    assert fb.count_movable_pages(guest, 0) == lru
    guest.pages["flags"][guest.pages["state"] == u.STATE_BALLOON] |= u.PG_MOVABLE_OPS
    assert fb.count_movable_pages(guest, 0) == lru + 156


def test_a_huge_page_counts_with_all_its_pages() -> None:
    guest = all_free(4)
    put(guest, [0], u.STATE_THP, order=9)
    put(guest, [BLOCK + 8], u.STATE_FILE, order=3)
    settle(guest)
    assert fb.count_movable_pages(guest, 0) == BLOCK
    assert fb.count_movable_pages(guest, 1) == 8
    assert fb.count_free_pages(guest, 1) == BLOCK - 8


def test_nofragment_takes_whole_pageblocks_only() -> None:
    guest = in_use(all_free(8), 128, 0)
    assert fb.rmqueue(guest, 0, 0, UNMOVABLE, u.ALLOC_NOFRAGMENT) == u.PFN_NONE
    assert guest.zones[0]["watermark_boost"] == 0


def test_a_movable_request_steals_the_smallest_piece() -> None:
    guest = all_free(8)
    put(guest, range(BLOCK, 8 * BLOCK), u.STATE_KERNEL)
    put(guest, every(8, 0, BLOCK), u.STATE_SLAB)
    settle(guest)
    move_freepages_block(guest, 0, 0, MOVABLE, UNMOVABLE)
    pfn = fb.rmqueue(guest, 0, 0, MOVABLE, 0)
    set_state(guest, pfn, 0, u.STATE_ANON, 0)
    assert pfn % 8 == 1
    assert guest.blocks["migratetype"][0] == UNMOVABLE
    assert vm(guest, "extfrag_claim", "extfrag_steal") == (0, 1)
    assert guest.zones[0]["watermark_boost"] == 0
    assert validate(guest) == (0, u.PFN_NONE)


def test_boost_ends_at_its_cap_and_spares_small_zones() -> None:
    guest = settle(all_free(8))
    guest.zones[0]["wmark_high"] = 400
    assert fb.boost_watermark(guest, 0)
    assert fb.boost_watermark(guest, 0)
    assert guest.zones[0]["watermark_boost"] == 600
    guest.zones[0]["managed"] = 4 * BLOCK - 1
    assert not fb.boost_watermark(guest, 0)
    guest.zones[0]["managed"], guest.zones[0]["wmark_high"] = 4 * BLOCK, 0
    assert not fb.boost_watermark(guest, 0)


def test_highatomic_pageblocks_are_not_claimed() -> None:
    guest = in_use(all_free(8), 256, 0)
    move_freepages_block(guest, 0, 0, MOVABLE, u.MIGRATE_HIGHATOMIC)
    assert fb.try_to_claim_block(guest, 0, 1, 0, 0, UNMOVABLE, 0) == u.PFN_NONE
    assert fb.rmqueue(guest, 0, 0, UNMOVABLE, 0) == u.PFN_NONE


def test_cma_comes_first_when_most_of_the_free_memory_is_cma() -> None:
    guest = all_free(3)
    guest.blocks["migratetype"] = (u.MIGRATE_CMA, u.MIGRATE_CMA, MOVABLE)
    settle(guest)
    assert fb.rmqueue(guest, 0, 9, MOVABLE, u.ALLOC_CMA) == 0
    assert fb.rmqueue(guest, 0, 9, MOVABLE, 0) == 2 * BLOCK
    assert fb.rmqueue(guest, 0, 9, MOVABLE, 0) == u.PFN_NONE
    assert fb.rmqueue(guest, 0, 9, MOVABLE, u.ALLOC_CMA) == BLOCK


def test_a_refill_looks_first_where_it_found_the_last_page() -> None:
    guest = in_use(all_free(8), 128, 0)
    _, mode = fb.rmqueue_mode(guest, 0, 0, UNMOVABLE, 0, fb.RMQUEUE_NORMAL)
    assert mode == fb.RMQUEUE_NORMAL  # claimed: its own lists are full again
    guest = nearly_full(0, u.STATE_SLAB)
    free = nr_free(guest, 0)
    _, mode = fb.rmqueue_mode(guest, 0, 0, UNMOVABLE, 0, fb.RMQUEUE_NORMAL)
    assert mode == fb.RMQUEUE_STEAL
    assert nr_free(guest, 0) == free - 1
    boost = int(guest.zones[0]["watermark_boost"])
    _, mode = fb.rmqueue_mode(guest, 0, 0, UNMOVABLE, 0, mode)
    assert mode == fb.RMQUEUE_STEAL
    assert guest.zones[0]["watermark_boost"] == boost, "no further claim was tried"
