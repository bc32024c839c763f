"""Per-CPU lists: batches, order of use and of draining, with high 252 and batch 63."""

from __future__ import annotations

import pytest

from engine import units as u
from engine.core.memory import pcp
from engine.core.memory.alloc import free_pages, rmqueue_zone
from engine.core.memory.freelist import free_list, pcp_list
from engine.core.memory.page import set_state
from engine.core.observe.check import validate
from engine.guest import Guest, set_kernel
from engine.kernels import LINUX_2012
from tests.engine.small_guest import BLOCK, all_free, list_of, settle

MOVABLE = u.MIGRATE_MOVABLE
PINDEX = 1  # order 0, MOVABLE


def guest_of(nr_blocks: int = 8) -> Guest:
    guest = settle(all_free(nr_blocks))
    guest.zones[0]["pcp_high"], guest.zones[0]["pcp_batch"] = 252, 63
    return guest


def take(guest: Guest, nr: int, order: int = 0, mt: int = MOVABLE) -> list[int]:
    """Take pages as an allocation would; they become slab."""
    found = []
    for _ in range(nr):
        pfn = int(rmqueue_zone(guest, 0, order, mt, 0))
        set_state(guest, pfn, order, u.STATE_SLAB, 0)
        found.append(pfn)
    return found


def zone(guest: Guest, name: str) -> int:
    return int(guest.zones[0][name])


@pytest.mark.parametrize(("mt", "order", "pindex"), [(0, 0, 0), (2, 3, 11), (0, 9, 12), (1, 9, 13)])
def test_each_type_and_order_has_its_list(mt: int, order: int, pindex: int) -> None:
    assert pcp.order_to_pindex(mt, order) == pindex
    assert pcp.pindex_to_order(pindex) == order


def test_small_orders_and_huge_pages_are_parked() -> None:
    guest = settle(all_free(2))
    orders = range(u.NR_PAGE_ORDERS)
    assert [o for o in orders if pcp.pcp_allowed_order(guest, o)] == [0, 1, 2, 3, 9]
    set_kernel(guest, LINUX_2012)
    assert [o for o in orders if pcp.pcp_allowed_order(guest, o)] == [0]


def test_pages_come_in_ascending_batches_that_double() -> None:
    guest = guest_of()
    assert take(guest, 1) == [0]
    assert zone(guest, "pcp_count") == 62
    assert take(guest, 62) == list(range(1, 63))
    assert zone(guest, "pcp_count") == 0
    assert take(guest, 1) == [63]
    assert zone(guest, "pcp_count") == 125, "63 << 1 pages came in"
    take(guest, 125)
    take(guest, 1)
    assert zone(guest, "pcp_count") == 188, "63 << 2 is more than high - batch = 189"
    assert zone(guest, "nr_free") == 8 * BLOCK - 63 - 126 - 189
    assert validate(guest) == (0, u.PFN_NONE)


def test_higher_orders_come_in_fewer_pieces() -> None:
    guest = guest_of()
    take(guest, 1, order=3)
    assert len(list_of(guest, pcp_list(0, pcp.order_to_pindex(MOVABLE, 3)))) == (63 >> 3) - 1
    take(guest, 1, order=9)
    assert len(list_of(guest, pcp_list(0, pcp.order_to_pindex(MOVABLE, 9)))) == 1, "two at least"
    assert zone(guest, "pcp_count") == 6 * 8 + 512


def test_the_page_freed_last_is_taken_first() -> None:
    guest = guest_of()
    held = take(guest, 10)
    for pfn in held[:5]:
        free_pages(guest, pfn, 0)
    assert take(guest, 5) == held[:5][::-1]


def test_overflow_drains_the_oldest_pages() -> None:
    guest = guest_of()
    held = take(guest, 378)
    assert zone(guest, "pcp_count") == 0
    for pfn in held[:251]:
        free_pages(guest, pfn, 0)
    assert zone(guest, "pcp_count") == 251
    assert zone(guest, "pcp_free_count") == 251
    free_pages(guest, held[251], 0)
    # free_count is 252 now, limited to high - batch = 189 pages, those parked first.
    assert zone(guest, "pcp_count") == 252 - 189
    assert list_of(guest, pcp_list(0, PINDEX)) == held[189:252][::-1]
    assert validate(guest) == (0, u.PFN_NONE)


def test_draining_goes_round_all_lists_from_the_first() -> None:
    guest = guest_of()
    unmovable, movable = take(guest, 2, mt=u.MIGRATE_UNMOVABLE), take(guest, 2)
    for pfn in unmovable + movable:
        free_pages(guest, pfn, 0)
    drained = zone(guest, "pcp_count")
    pcp.free_pcppages_bulk(guest, 0, 1, PINDEX)
    assert zone(guest, "pcp_count") == drained - 1
    assert guest.pages["state"][list_of(guest, free_list(0, 0, MOVABLE))[0]] == u.STATE_FREE
    pcp.drain_all(guest)
    assert zone(guest, "pcp_count") == 0
    assert zone(guest, "nr_free") == 8 * BLOCK
    assert validate(guest) == (0, u.PFN_NONE)


def test_many_high_order_frees_in_a_row_drain_everything() -> None:
    guest = guest_of()
    held = take(guest, 20, order=3)
    for pfn in held[:7]:
        free_pages(guest, pfn, 3)
    assert zone(guest, "pcp_free_count") == 56
    before = zone(guest, "pcp_count")
    free_pages(guest, held[7], 3)
    assert zone(guest, "pcp_count") == before + 8, "free_count reaches 64 with this one"
    free_pages(guest, held[8], 3)
    assert zone(guest, "pcp_count") == 0
    free_pages(guest, held[9], 3)
    free_pages(guest, take(guest, 1)[0], 0)
    assert zone(guest, "pcp_flags") == 0


def test_cma_pages_are_parked_as_movable_and_isolated_ones_are_not() -> None:
    guest = all_free(4)
    guest.blocks["migratetype"] = u.MIGRATE_CMA
    settle(guest)
    guest.zones[0]["pcp_high"], guest.zones[0]["pcp_batch"] = 252, 63
    pfns = [int(rmqueue_zone(guest, 0, 0, u.MIGRATE_CMA, 0)) for _ in range(3)]
    for pfn in pfns:
        set_state(guest, pfn, 0, u.STATE_SLAB, 0)
    free_pages(guest, pfns[0], 0)
    assert list_of(guest, pcp_list(0, PINDEX)) == [pfns[0]]
    for mt in (u.MIGRATE_ISOLATE, u.MIGRATE_BALLOON):
        guest = settle(all_free(4))
        guest.zones[0]["pcp_high"], guest.zones[0]["pcp_batch"] = 252, 63
        set_state(guest, int(rmqueue_zone(guest, 0, 9, MOVABLE, 0)), 9, u.STATE_SLAB, 0)
        pcp.drain_all(guest)
        guest.blocks["migratetype"][0] = mt
        free_pages(guest, 0, 9)
        assert zone(guest, "pcp_count") == 0
        assert validate(guest) == (0, u.PFN_NONE)


def test_a_zone_without_per_cpu_lists_has_none() -> None:
    guest = settle(all_free(4))
    pfn = take(guest, 1)[0]
    assert zone(guest, "nr_free") == 4 * BLOCK - 1
    free_pages(guest, pfn, 0)
    assert zone(guest, "nr_free") == 4 * BLOCK


def test_an_empty_zone_refills_nothing() -> None:
    guest = guest_of(1)
    take(guest, 512)
    assert rmqueue_zone(guest, 0, 0, MOVABLE, 0) == u.PFN_NONE
