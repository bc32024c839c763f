"""Searches of the free lists."""

from engine import units as u
from engine.core.compact import fast_search
from engine.core.memory.freelist import free_list
from engine.guest import Guest
from tests.engine.small_guest import BLOCK, all_free, list_of, put, settle

CC = u.CC_DIRECT
ORDER0 = free_list(0, 0, u.MIGRATE_MOVABLE)


def single_pages(*pfns: int) -> Guest:
    """A guest of 16 pageblocks in which only these pages are free, on the list in this order."""
    guest = all_free(16)
    put(guest, (p for p in range(16 * BLOCK) if p not in pfns))
    settle(guest)
    head = guest.lists[ORDER0]
    for before, after in zip((u.PFN_NONE, *pfns), (*pfns, u.PFN_NONE), strict=True):
        if before != u.PFN_NONE:
            guest.pages[before]["next"] = after
        if after != u.PFN_NONE:
            guest.pages[after]["prev"] = before
    head["first"], head["last"] = pfns[0], pfns[-1]
    assert list_of(guest, ORDER0) == list(pfns)
    return guest


def test_orders_are_searched_in_turn_and_the_start_moves_on() -> None:
    guest = single_pages(1, 3)
    cc = guest.cc[CC]
    cc["order"], cc["search_order"] = 4, 2
    seen, order = [2], 2
    while (order := int(fast_search.next_search_order(guest, CC, order))) >= 0:
        seen.append(order)
    assert seen == [2, 1, 0, 3]
    assert cc["search_order"] == 1
    cc["search_order"] = 0
    assert fast_search.next_search_order(guest, CC, 1) == -1
    assert cc["search_order"] == 3


def test_a_target_is_looked_for_from_the_tail() -> None:
    guest = single_pages(8001, 7001, 101, 201)
    found, scanned, limit, highest = fast_search.search_free_list(guest, CC, 0, 16, (4096, 6144))
    assert (found, scanned, limit) == (7001, 3, 16)
    assert highest == 7001 // BLOCK * BLOCK
    # What was looked at is at the front now, the found page first.
    assert list_of(guest, ORDER0) == [7001, 101, 201, 8001]


def test_a_second_best_target_is_taken_when_none_lies_high_enough() -> None:
    guest = single_pages(101, 4501, 201, 5001, 301)
    found, scanned, limit, _ = fast_search.search_free_list(guest, CC, 0, 16, (4096, 6144))
    # The first candidate halves the limit; 4501 lies below it and is none.
    assert (found, scanned, limit) == (5001, 5, 8)
    assert list_of(guest, ORDER0) == [5001, 301, 101, 4501, 201]


def test_the_limit_ends_the_search_and_the_next_sees_other_pages() -> None:
    guest = single_pages(101, 201, 301, 401)
    found, scanned, _, highest = fast_search.search_free_list(guest, CC, 0, 2, (4096, 6144))
    assert (found, scanned) == (u.PFN_NONE, 2)
    assert highest == 1  # pageblock 0, whose first page is outside the zone
    assert list_of(guest, ORDER0) == [301, 401, 101, 201]


def test_an_exhausted_list_stays_as_it_is() -> None:
    guest = single_pages(101, 201)
    found, scanned, _, _ = fast_search.search_free_list(guest, CC, 0, 16, (4096, 6144))
    assert (found, scanned) == (u.PFN_NONE, 2)
    assert list_of(guest, ORDER0) == [101, 201]


def test_a_source_is_looked_for_from_the_head_below_a_bound() -> None:
    guest = single_pages(7001, 601, 1101, 2001)
    guest.blocks[601 // BLOCK]["flags"] |= u.PB_SKIP
    found, scanned = fast_search.find_in_free_list(guest, CC, 0, 4096, 0)
    assert (found, scanned) == (1101, 3)
    assert list_of(guest, ORDER0) == [2001, 7001, 601, 1101]


def test_a_search_for_a_source_is_limited_over_all_lists() -> None:
    guest = single_pages(7001, 7101, 601, 8001)
    guest.cc[CC]["fast_search_fail"] = 5
    found, scanned = fast_search.find_in_free_list(guest, CC, 0, 4096, 1)
    assert (found, scanned) == (u.PFN_NONE, 3)
    assert list_of(guest, ORDER0) == [601, 8001, 7001, 7101]
