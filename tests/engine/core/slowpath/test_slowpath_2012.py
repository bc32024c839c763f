"""The slow path of 3.8: what it asks for, how often it tries again, what it counts."""

from __future__ import annotations

import pytest

from engine import units as u
from engine.core.memory.wakeup import wakeup_kswapd
from engine.core.memory.watermark import watermark_ok
from engine.core.observe import check
from engine.core.profile_2012 import adopt_kernel
from engine.core.slowpath.slowpath import alloc_pages
from engine.core.slowpath.slowpath_2012 import alloc_flags_2012, preferred_zone, should_alloc_retry
from engine.guest import Guest, ZoneSpan, make_guest, set_kernel
from engine.kernels import LINUX_2012
from tests.engine.small_guest import BLOCK, all_free, put, settle

TRANSHUGE = u.GFP_HIGHUSER | u.GFP_NORETRY | u.GFP_NOMEMALLOC


def guest_of_2012(nr_blocks: int = 8, used: range = range(0)) -> Guest:
    guest = all_free(nr_blocks)
    put(guest, used)
    settle(guest)
    guest.zones[0]["wmark_min"] = 16
    adopt_kernel(guest, LINUX_2012)
    return guest


@pytest.mark.parametrize(
    ("gfp", "order", "reclaimed", "rounds", "again"),
    [
        (u.GFP_HIGHUSER, 3, 0, 1, True),
        (u.GFP_HIGHUSER, 3, 0, 17, False),
        (u.GFP_HIGHUSER, 4, 600, 0, False),
        (u.GFP_HIGHUSER | u.GFP_RETRY_MAYFAIL, 9, 511, 0, True),
        (u.GFP_HIGHUSER | u.GFP_RETRY_MAYFAIL, 9, 512, 0, False),
        (TRANSHUGE, 0, 0, 0, False),
    ],
)
def test_only_some_requests_are_retried(
    gfp: int, order: int, reclaimed: int, rounds: int, again: bool
) -> None:
    assert should_alloc_retry(gfp, order, reclaimed, rounds) == again


def test_an_atomic_request_may_go_deeper() -> None:
    assert alloc_flags_2012(u.MIGRATE_UNMOVABLE, u.GFP_HIGH) & u.ALLOC_NON_BLOCK
    assert not alloc_flags_2012(u.MIGRATE_MOVABLE, TRANSHUGE) & u.ALLOC_NON_BLOCK


def test_the_preferred_zone_is_the_highest_with_memory() -> None:
    assert preferred_zone(guest_of_2012()) == 0


@pytest.mark.parametrize(("order", "ok"), [(0, True), (1, False)])
def test_a_mark_for_an_order_does_not_count_smaller_pieces(order: int, ok: bool) -> None:
    """Every second page free: plenty for order 0, nothing for order 1."""
    guest = all_free(4)
    put(guest, range(0, 4 * BLOCK, 2))
    settle(guest)
    set_kernel(guest, LINUX_2012)
    assert watermark_ok(guest, 0, order, 100, 0, 0) == ok


def test_kswapd_is_woken_for_an_order_that_lacks() -> None:
    guest = guest_of_2012(8, range(0, 8 * BLOCK, 2))
    wakeup_kswapd(guest, 0, 1)
    assert guest.vm[0]["kswapd_awake"] == 0
    wakeup_kswapd(guest, 9, 1)
    assert guest.vm[0]["kswapd_awake"] == 1


def test_a_request_that_cannot_be_met_fails_and_counts_its_stall_once() -> None:
    guest = guest_of_2012(8, range(8 * BLOCK - 64))
    gfp = TRANSHUGE & ~u.GFP_KSWAPD_RECLAIM
    assert alloc_pages(guest, 9, u.MIGRATE_MOVABLE, gfp) == u.PFN_NONE
    vm = guest.vm[0]
    assert vm["kswapd_awake"] == 0
    assert vm["compact_stall"] == vm["compact_fail"] + vm["compact_success"]
    assert check.validate(guest) == (0, u.PFN_NONE)


def test_a_success_in_a_lower_zone_ends_the_deferral_of_the_preferred_one() -> None:
    """The lower zone has room if its pages move together, the preferred one has none."""
    lower, upper, end = 4 * BLOCK, 12 * BLOCK, 16 * BLOCK
    spans = (ZoneSpan(u.ZONE_DMA32, lower, upper), ZoneSpan(u.ZONE_NORMAL, upper, end))
    guest = make_guest(spans, 1)
    guest.pages["state"][lower:end] = u.STATE_FREE
    guest.pages["order"][lower:end] = u.ORDER_TAIL
    for field, value in (("nr_reserved", 0), ("nr_free", BLOCK), ("flags", u.PB_STALE)):
        guest.blocks[field][4:] = value
    for zone in guest.zones:
        zone["present"] = zone["managed"] = zone["end_pfn"] - zone["start_pfn"]
        zone["wmark_min"] = 16
    put(guest, range(lower, upper, 4), flags=u.PG_ACTIVE)
    put(guest, range(upper, end - 64), u.STATE_KERNEL)
    settle(guest)
    adopt_kernel(guest, LINUX_2012)
    preferred = guest.zones[preferred_zone(guest)]
    preferred["compact_defer_shift"], preferred["compact_considered"] = 3, 1 << 3
    preferred["compact_order_failed"] = 9
    pfn = alloc_pages(guest, 9, u.MIGRATE_MOVABLE, u.GFP_HIGHUSER)
    assert lower <= pfn < upper
    assert guest.vm[0]["compact_success"] == 1
    assert preferred["compact_defer_shift"] == 0
    assert preferred["compact_order_failed"] == 10
