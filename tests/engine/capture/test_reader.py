"""What the reader of a capture took is given back."""

from __future__ import annotations

import numpy as np

from engine import units as u
from engine.capture import reader as p
from engine.capture.pages import Pages

BLOCK = 512


def in_pages(*used: int) -> Pages:
    """Pageblocks that are free but for their first pages, which a program holds."""
    state = np.full((len(used), BLOCK), u.STATE_FREE, np.uint8)
    for block, number in enumerate(used):
        state[block, :number] = u.STATE_ANON
    flags = np.where(state == u.STATE_ANON, u.PG_LRU, 0).astype(np.uint16)
    none = np.zeros(len(used), np.bool_)
    return Pages(state.ravel(), flags.ravel(), np.zeros(state.size, np.uint8), none, 0)


def wholes(pages: Pages) -> list[bool]:
    return (pages.state.reshape(-1, BLOCK) == u.STATE_FREE).all(axis=1).tolist()


def buddyinfo(order_9: int, order_10: int = 0) -> list[int]:
    return [0] * 9 + [order_9, order_10]


def test_a_pageblock_that_buddyinfo_counts_as_whole_is_whole_again() -> None:
    pages = in_pages(0, 2, 40, 3, 200, 200)
    p.free_whole_blocks(pages, 0, 6 * BLOCK, buddyinfo(2), 252)
    # The one with the fewest pages in use that does not merge with the one that is whole.
    assert wholes(pages) == [True, False, False, True, False, False]
    assert not pages.flags[3 * BLOCK : 4 * BLOCK].any()
    p.free_whole_blocks(pages, 0, 6 * BLOCK, buddyinfo(2), 252)
    p.free_whole_blocks(pages, 0, 6 * BLOCK, buddyinfo(1), 252)
    assert wholes(pages) == [True, False, False, True, False, False]  # as many as counted, or more
    p.free_whole_blocks(pages, 0, 6 * BLOCK, buddyinfo(1, 1), 252)
    assert wholes(pages) == [True, True, False, True, False, False]  # two of order 9 in one of 10


def test_a_zone_may_begin_at_the_second_of_two_pageblocks() -> None:
    pages = in_pages(0, 0, 9, 8)
    p.free_whole_blocks(pages, BLOCK, 4 * BLOCK, buddyinfo(0, 1), 252)
    assert wholes(pages) == [True, True, False, False]  # it cannot come to that with one more
    p.free_whole_blocks(pages, BLOCK, 4 * BLOCK, buddyinfo(2), 252)
    assert wholes(pages) == [True, True, False, True]


def test_more_than_a_reader_takes_is_left_alone() -> None:
    pages = in_pages(0, 253)
    p.free_whole_blocks(pages, 0, 2 * BLOCK, buddyinfo(2), 252)
    assert wholes(pages) == [True, False]
    pages.state[BLOCK : BLOCK + 253] = u.STATE_FREE
    pages.state[BLOCK] = u.STATE_RESERVED
    p.free_whole_blocks(pages, 0, 2 * BLOCK, buddyinfo(2), 252)
    assert wholes(pages) == [True, False]


def test_what_the_reader_held_is_free_again() -> None:
    state = np.full(2048, u.STATE_ANON, np.uint8)
    state[0:64] = u.STATE_UNKNOWN  # UNMOVABLE, but of another zone
    state[512:530] = u.STATE_UNKNOWN  # MOVABLE
    state[1024:1060] = u.STATE_UNKNOWN  # UNMOVABLE: four whole blocks of eight pages, and four
    state[1536:1546] = u.STATE_FREE
    types = np.array([0, 1, 0, 1], np.uint8)
    zone = (types, 512, 2048)
    p.free_what_reading_took(state, *zone, (10, 0), 252)  # kpageflags shows as many as buddyinfo
    p.free_what_reading_took(state, *zone, (3, 1), 252)  # or more
    assert np.count_nonzero(state == u.STATE_FREE) == 10
    p.free_what_reading_took(state, *zone, (6, 10), 252)  # 16 lacking
    assert np.flatnonzero(state == u.STATE_FREE)[:16].tolist() == list(range(1040, 1056))
    p.free_what_reading_took(
        state, *zone, (0, 139), 251
    )  # 252 lacking, more than the CPUs' lists hold
    assert np.count_nonzero(state == u.STATE_FREE) == 26
    p.free_what_reading_took(state, *zone, (0, 139), 252)
    assert (state[1024:1056] == u.STATE_FREE).all()
    assert (state[[0, 512, 1056]] == u.STATE_UNKNOWN).all()
