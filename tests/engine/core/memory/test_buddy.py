"""Freeing and taking blocks, against a slow twin: same pages, same lists in the same order."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine import units as u
from engine.core.memory import buddy
from engine.core.memory.fallback import rmqueue
from engine.core.memory.freelist import free_list
from engine.core.memory.lru import lru_add, lru_del
from engine.core.memory.page import set_state
from engine.core.observe.check import validate
from engine.guest import Guest
from tests.engine import oracle
from tests.engine.small_guest import BLOCK, all_free, every, list_of, nr_free, put, settle

NR_BLOCKS = 6


def lists(guest: Guest) -> dict[tuple[int, int], list[int]]:
    """All free lists with something on them, head first."""
    found = {
        (order, mt): list_of(guest, free_list(0, order, mt))
        for order in range(u.NR_PAGE_ORDERS)
        for mt in range(u.NR_MIGRATETYPES)
    }
    return {key: pfns for key, pfns in found.items() if pfns}


def twins() -> tuple[Guest, oracle.Zone]:
    """A free guest of an odd number of pageblocks and its twin, freed in the same order."""
    guest = all_free(NR_BLOCKS + 1)
    twin = oracle.Zone(NR_BLOCKS + 1, high=24)
    for block in range(NR_BLOCKS + 1):
        buddy.free_one_page(guest, 0, block * BLOCK, 9, u.MIGRATE_MOVABLE, 0)
        twin.free(block * BLOCK, 9)
    return guest, twin


MIGRATETYPES = st.sampled_from([u.MIGRATE_UNMOVABLE, u.MIGRATE_MOVABLE, u.MIGRATE_RECLAIMABLE])
TAKE = st.tuples(
    st.just("take"),
    st.one_of(st.just(0), st.integers(0, u.MAX_PAGE_ORDER)),
    MIGRATETYPES,
    st.booleans(),
    st.integers(1, 40),
)
GIVE = st.tuples(st.just("give"), st.integers(0, 1 << 20), st.integers(1, 60))


def take(guest: Guest, twin: oracle.Zone, held: list[tuple[int, int]], step: tuple) -> None:
    """Take the same pages from both; movable ones go to the LRU."""
    _, order, mt, whole_only, nr = step
    flags = u.ALLOC_NOFRAGMENT if whole_only else 0
    for _ in range(nr):
        pfn = rmqueue(guest, 0, order, mt, flags)
        wanted = twin.alloc(order, mt, mt == u.MIGRATE_MOVABLE, whole_only)
        assert pfn == (u.PFN_NONE if wanted is None else wanted)
        if wanted is None:
            return
        if mt == u.MIGRATE_MOVABLE:
            set_state(guest, pfn, order, u.STATE_ANON, 0)
            lru_add(guest, pfn)
        else:
            set_state(guest, pfn, order, u.STATE_SLAB, 0)
        held.append((int(pfn), order))


def give(guest: Guest, twin: oracle.Zone, held: list[tuple[int, int]], step: tuple) -> None:
    """Free the same pages in both, picked by a stride through those held."""
    _, stride, nr = step
    for _ in range(min(nr, len(held))):
        pfn, order = held.pop(stride % len(held))
        if guest.pages[pfn]["flags"] & u.PG_LRU:
            lru_del(guest, pfn)
        buddy.free_to_buddy(guest, pfn, order)
        twin.free(pfn, order)


@given(st.lists(st.one_of(TAKE, GIVE), max_size=40))
def test_takes_and_frees_what_the_twin_does(steps: list[tuple]) -> None:
    guest, twin = twins()
    held: list[tuple[int, int]] = []
    for step in steps:
        (take if step[0] == "take" else give)(guest, twin, held, step)
        assert lists(guest) == {key: pfns for key, pfns in twin.lists.items() if pfns}
        assert guest.blocks["migratetype"].tolist() == twin.types
        assert guest.zones[0]["nr_free"] == twin.free_pages()
        assert guest.zones[0]["watermark_boost"] == twin.boost
        assert guest.vm[0]["extfrag_claim"] == twin.claims
        assert guest.vm[0]["extfrag_steal"] == twin.steals
    assert validate(guest) == (0, u.PFN_NONE)


def test_freeing_everything_leaves_the_largest_blocks() -> None:
    guest, twin = twins()
    held: list[tuple[int, int]] = []
    take(guest, twin, held, ("take", 0, u.MIGRATE_MOVABLE, False, 3000))
    give(guest, twin, held, ("give", 7919, 3000))
    assert nr_free(guest, 10) == 3
    assert nr_free(guest, 9) == 1


def test_a_block_goes_to_the_tail_when_its_parent_may_merge_soon() -> None:
    guest = settle(all_free(2))
    for pfn in (0, 1, 2, 8):
        assert rmqueue(guest, 0, 0, u.MIGRATE_MOVABLE, 0) != u.PFN_NONE, pfn
    put(guest, range(4))
    # The pages 0 to 3 are taken, 4 to 7 free as a block of order 2. Page 1 first: buddies 2 and 3
    # are used, so it goes to the head; page 3 then is likely to merge no more than it.
    buddy.free_to_buddy(guest, 1, 0)
    buddy.free_to_buddy(guest, 3, 0)
    assert list_of(guest, free_list(0, 0, u.MIGRATE_MOVABLE)) == [3, 1]
    # Page 2 makes a pair with 3; 0 and 1 are no free pair, but 4 to 7 are free: order 2 is next.
    buddy.free_to_buddy(guest, 2, 0)
    assert list_of(guest, free_list(0, 1, u.MIGRATE_MOVABLE)) == [2]
    assert list_of(guest, free_list(0, 0, u.MIGRATE_MOVABLE)) == [1]


def test_unlike_types_do_not_merge_above_a_pageblock() -> None:
    guest = all_free(2)
    guest.blocks["migratetype"] = (u.MIGRATE_CMA, u.MIGRATE_MOVABLE)
    buddy.free_one_page(guest, 0, 0, 9, u.MIGRATE_CMA, 0)
    buddy.free_one_page(guest, 0, BLOCK, 9, u.MIGRATE_MOVABLE, 0)
    assert lists(guest) == {(9, u.MIGRATE_CMA): [0], (9, u.MIGRATE_MOVABLE): [BLOCK]}
    assert guest.zones[0]["nr_free_cma"] == BLOCK
    assert validate(guest) == (0, u.PFN_NONE)


EVERY_TYPE = st.sampled_from([t for t in u.Migratetype if t != u.MIGRATE_BALLOON])


@given(
    st.lists(EVERY_TYPE, min_size=NR_BLOCKS, max_size=NR_BLOCKS),
    st.lists(st.integers(0, 2 * NR_BLOCKS - 1), unique=True),
)
def test_each_type_merges_with_its_own_kind_as_the_twin_does(
    types: list[u.Migratetype], halves: list[int]
) -> None:
    guest, twin = all_free(NR_BLOCKS), oracle.Zone(NR_BLOCKS, high=24)
    guest.blocks["migratetype"] = types
    twin.types = [int(mt) for mt in types]
    put(guest, range(NR_BLOCKS * BLOCK), u.STATE_SLAB)
    for half in halves:
        buddy.free_to_buddy(guest, half * BLOCK // 2, 8)
        twin.free(half * BLOCK // 2, 8)
        assert lists(guest) == {key: pfns for key, pfns in twin.lists.items() if pfns}
    assert guest.blocks["migratetype"].tolist() == twin.types
    assert validate(guest) == (0, u.PFN_NONE)


def test_mergeable_types_merge_and_the_freed_one_wins() -> None:
    guest = all_free(2)
    guest.blocks["migratetype"] = (u.MIGRATE_UNMOVABLE, u.MIGRATE_MOVABLE)
    buddy.free_one_page(guest, 0, 0, 9, u.MIGRATE_UNMOVABLE, 0)
    buddy.free_one_page(guest, 0, BLOCK, 9, u.MIGRATE_MOVABLE, 0)
    assert lists(guest) == {(10, u.MIGRATE_MOVABLE): [0]}
    assert guest.blocks["migratetype"].tolist() == [u.MIGRATE_MOVABLE] * 2


def test_free_isolate_pages_do_not_count() -> None:
    guest = all_free(1)
    guest.blocks["migratetype"] = u.MIGRATE_ISOLATE
    buddy.free_one_page(guest, 0, 0, 9, u.MIGRATE_ISOLATE, 0)
    assert guest.zones[0]["nr_free"] == 0
    assert validate(guest) == (0, u.PFN_NONE)


def waiting_compactor(guest: Guest, order: int, mt: int) -> None:
    """Let a direct compactor wait for a page."""
    cc = guest.cc[u.CC_DIRECT]
    cc["capture"], cc["order"], cc["migratetype"], cc["zone"] = 1, order, mt, 0


def test_a_waiting_compactor_gets_the_block_of_its_order() -> None:
    guest = settle(all_free(2))
    pfn = rmqueue(guest, 0, 0, u.MIGRATE_MOVABLE, 0)
    put(guest, [pfn])
    waiting_compactor(guest, 3, u.MIGRATE_MOVABLE)
    free = int(guest.zones[0]["nr_free"])
    lru_del(guest, pfn)
    buddy.free_to_buddy(guest, pfn, 0)
    assert guest.cc[u.CC_DIRECT]["capture_pfn"] == pfn & ~7
    assert guest.zones[0]["nr_free"] == free - 7
    assert nr_free(guest, 3) == 1


def test_capture_does_not_let_others_into_movable_pageblocks() -> None:
    guest = settle(all_free(2))
    pfn = rmqueue(guest, 0, 0, u.MIGRATE_MOVABLE, 0)
    put(guest, [pfn])
    waiting_compactor(guest, 3, u.MIGRATE_UNMOVABLE)
    lru_del(guest, pfn)
    buddy.free_to_buddy(guest, pfn, 0)
    assert guest.cc[u.CC_DIRECT]["capture_pfn"] == u.PFN_NONE
    assert nr_free(guest, 10) == 1


def test_isolating_a_free_page_obeys_the_min_watermark() -> None:
    guest = all_free(2)
    put(guest, every(2, 0, BLOCK * 2))
    settle(guest)
    guest.zones[0]["wmark_min"] = BLOCK - 1
    assert not buddy.isolate_free_page(guest, 1, 0)
    guest.zones[0]["wmark_min"] = BLOCK - 2
    assert buddy.isolate_free_page(guest, 1, 0)
    assert guest.zones[0]["nr_free"] == BLOCK - 1


def test_isolating_half_a_pageblock_makes_it_movable() -> None:
    guest = all_free(4)
    put(guest, [300], u.STATE_SLAB)
    settle(guest)
    buddy.move_freepages_block(guest, 0, 0, u.MIGRATE_MOVABLE, u.MIGRATE_UNMOVABLE)
    assert buddy.isolate_free_page(guest, 0, 8)
    set_state(guest, 0, 8, u.STATE_KERNEL, 0)
    assert guest.blocks["migratetype"][0] == u.MIGRATE_MOVABLE
    assert validate(guest) == (0, u.PFN_NONE)


def test_moving_a_pageblock_moves_all_its_free_pages() -> None:
    guest = all_free(2)
    put(guest, every(3, 0, BLOCK), u.STATE_SLAB)
    settle(guest)
    moved = buddy.move_freepages_block(guest, 0, 0, u.MIGRATE_MOVABLE, u.MIGRATE_RECLAIMABLE)
    assert moved == guest.blocks["nr_free"][0] == BLOCK - len(every(3, 0, BLOCK))
    assert validate(guest) == (0, u.PFN_NONE)


def test_order_ten_is_freed_pageblock_by_pageblock() -> None:
    guest = settle(all_free(2))
    pfn = rmqueue(guest, 0, 10, u.MIGRATE_MOVABLE, 0)
    set_state(guest, pfn, 10, u.STATE_KERNEL, 0)
    guest.blocks["migratetype"] = (u.MIGRATE_CMA, u.MIGRATE_MOVABLE)
    buddy.free_to_buddy(guest, pfn, 10)
    assert lists(guest) == {(9, u.MIGRATE_CMA): [0], (9, u.MIGRATE_MOVABLE): [BLOCK]}
    assert np.all(guest.blocks["nr_free"] == BLOCK)
