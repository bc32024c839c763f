"""Fallback in 3.8: the remainder of a split goes to the requester; the reserve comes last."""

from __future__ import annotations

import pytest

from engine import units as u
from engine.core.memory.buddy import free_to_buddy
from engine.core.memory.fallback import rmqueue
from engine.core.memory.fallback_2012 import fallback_type_2012
from engine.core.memory.freearea import listed_type
from engine.core.memory.freelist import free_list
from engine.core.memory.page import set_state
from engine.core.observe import check
from engine.core.profile_2012 import adopt_kernel
from engine.guest import Guest
from engine.kernels import LINUX_2012
from tests.engine.small_guest import BLOCK, all_free, put, settle

UNMOVABLE, MOVABLE, RECLAIMABLE = u.MIGRATE_UNMOVABLE, u.MIGRATE_MOVABLE, u.MIGRATE_RECLAIMABLE


def of_2012(guest: Guest) -> Guest:
    """The same guest by the rules of 3.8, without a reserve."""
    guest.zones["wmark_min"] = 0
    adopt_kernel(guest, LINUX_2012)
    assert check.validate(guest) == (0, u.PFN_NONE)
    return guest


def take(guest: Guest, mt: int, order: int = 0) -> int:
    pfn = int(rmqueue(guest, 0, order, mt, 0))
    if pfn != u.PFN_NONE:
        set_state(guest, pfn, order, u.STATE_SLAB, 0)
    return pfn


def entries(guest: Guest, order: int, mt: int) -> int:
    return int(guest.lists[free_list(0, order, mt)]["nr"])


@pytest.mark.parametrize(
    ("mt", "order"),
    [
        (UNMOVABLE, [RECLAIMABLE, MOVABLE, -1]),
        (RECLAIMABLE, [UNMOVABLE, MOVABLE, -1]),
        (MOVABLE, [u.MIGRATE_CMA, RECLAIMABLE, UNMOVABLE]),
    ],
)
def test_each_type_has_its_order(mt: int, order: list[int]) -> None:
    assert [int(fallback_type_2012(mt, i)) for i in range(3)] == order


def test_a_small_remainder_goes_to_whoever_asked_though_the_pageblock_keeps_its_type() -> None:
    """A piece of order 3 only: too small to claim, 7 pages change lists and no block its type."""
    guest = all_free(2)
    put(guest, [p for p in range(2 * BLOCK) if not 8 <= p < 16])
    guest = of_2012(settle(guest))
    assert take(guest, UNMOVABLE) == 8
    assert guest.blocks["migratetype"][0] == MOVABLE
    assert [entries(guest, o, UNMOVABLE) for o in range(4)] == [1, 1, 1, 0]
    assert listed_type(guest, 12, MOVABLE) == UNMOVABLE
    assert check.validate(guest) == (0, u.PFN_NONE)
    assert guest.vm[0]["extfrag_steal"] == 1


def test_modern_leaves_that_remainder_on_the_list_of_its_pageblock() -> None:
    guest = all_free(2)
    put(guest, [p for p in range(2 * BLOCK) if not 8 <= p < 16])
    guest = settle(guest)
    take(guest, UNMOVABLE)
    assert [entries(guest, o, UNMOVABLE) for o in range(4)] == [0, 0, 0, 0]


def test_a_freed_page_merges_across_lists_and_goes_where_its_pageblock_belongs() -> None:
    guest = all_free(2)
    put(guest, [p for p in range(2 * BLOCK) if not 8 <= p < 16])
    guest = of_2012(settle(guest))
    pfn = take(guest, UNMOVABLE)
    free_to_buddy(guest, pfn, 0)
    assert entries(guest, 3, MOVABLE) == 1
    assert listed_type(guest, 8, UNMOVABLE) == MOVABLE
    assert check.validate(guest) == (0, u.PFN_NONE)


@pytest.mark.parametrize(("free", "claimed"), [(BLOCK // 2, True), (BLOCK // 2 - 16, False)])
def test_a_pageblock_is_claimed_if_half_of_it_is_free(free: int, claimed: bool) -> None:
    """Movable pages in use do not count as 3.8 sees it: only free ones."""
    guest = all_free(1)
    put(guest, range(free, BLOCK))
    guest = of_2012(settle(guest))
    take(guest, UNMOVABLE)
    assert guest.blocks["migratetype"][0] == (UNMOVABLE if claimed else MOVABLE)
    # Either way all its free pages have changed lists: the piece was of order 4 or more.
    assert sum(entries(guest, o, MOVABLE) for o in range(u.NR_PAGE_ORDERS)) == 0
    assert check.validate(guest) == (0, u.PFN_NONE)


def test_a_reclaimable_request_moves_a_whole_pageblock_for_a_small_piece() -> None:
    guest = all_free(1)
    put(guest, range(8, BLOCK))
    guest = of_2012(settle(guest))
    take(guest, RECLAIMABLE)
    assert entries(guest, 2, RECLAIMABLE) == 1
    assert guest.blocks["migratetype"][0] == MOVABLE


def test_the_reserve_is_touched_last() -> None:
    guest = all_free(4)
    put(guest, [*range(BLOCK, 2 * BLOCK), *range(3 * BLOCK, 4 * BLOCK)])
    settle(guest)
    guest.zones["wmark_min"] = 300
    adopt_kernel(guest, LINUX_2012)
    assert list(guest.blocks["migratetype"]) == [u.MIGRATE_RESERVE, MOVABLE, MOVABLE, MOVABLE]
    got = [take(guest, UNMOVABLE, 8) for _ in range(5)]
    assert got == [2 * BLOCK, 2 * BLOCK + 256, 0, 256, u.PFN_NONE]
    assert guest.blocks["migratetype"][0] == u.MIGRATE_RESERVE
    assert check.validate(guest) == (0, u.PFN_NONE)


def test_free_pageblocks_of_two_types_merge_and_keep_their_types() -> None:
    guest = all_free(2)
    put(guest, range(2 * BLOCK), u.STATE_SLAB)
    guest.blocks["migratetype"][0] = UNMOVABLE
    guest = of_2012(settle(guest))
    for pfn in range(2 * BLOCK):
        free_to_buddy(guest, pfn, 0)
    assert list(guest.blocks["migratetype"]) == [UNMOVABLE, MOVABLE]
    assert sum(entries(guest, 10, mt) for mt in range(3)) == 1
    assert check.validate(guest) == (0, u.PFN_NONE)
