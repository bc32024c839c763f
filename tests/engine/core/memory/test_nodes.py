"""NUMA nodes: the order in which a request walks the zones, and whose daemons vm speaks of."""

from __future__ import annotations

import pytest

from engine import units as u
from engine.core.memory import nodes as n
from engine.core.memory.alloc import get_page_from_freelist, zone_usable
from engine.core.memory.wakeup import wake_kswapd, wakeup_kswapd_of
from engine.guest import NODE_FIELDS, Guest, ZoneSpan, make_guest
from engine.snapshot import digest
from tests.engine.small_guest import BLOCK, all_free, on_two_nodes, settle, two_zones, vm


def four_zones() -> Guest:
    """Node 0: DMA, DMA32, Normal; node 1: Normal; node 2: Movable."""
    kinds = (u.ZONE_DMA, u.ZONE_DMA32, u.ZONE_NORMAL, u.ZONE_NORMAL, u.ZONE_MOVABLE)
    numbers = (0, 0, 0, 1, 2)
    spans = [
        ZoneSpan(kind, i * BLOCK, (i + 1) * BLOCK, node)
        for i, (kind, node) in enumerate(zip(kinds, numbers, strict=True))
    ]
    return make_guest(tuple(spans), 1)


@pytest.mark.parametrize(
    ("local", "zones"), [(0, [2, 1, 0, 3, 4]), (1, [3, 4, 2, 1, 0]), (2, [4, 2, 1, 0, 3])]
)
def test_the_zonelist_has_the_preferred_node_first_and_its_highest_zone_first(
    local: int, zones: list[int]
) -> None:
    guest = four_zones()
    guest.vm[0]["local_node"] = local
    assert [n.zonelist_zone(guest, i) for i in range(5)] == zones
    assert n.nr_nodes(guest) == 3


def test_one_node_is_walked_from_its_highest_zone() -> None:
    guest = two_zones()
    assert [n.zonelist_zone(guest, i) for i in range(2)] == [1, 0]
    assert not guest.zones["node"].any()
    assert vm(guest, "more_nodes") == (0,)


@pytest.mark.parametrize(
    ("mask", "allowed"),
    [(u.NODES_ALL, [1, 1, 1]), (u.NODES_LOCAL, [0, 1, 0]), (u.NODES_OTHERS, [1, 0, 1])],
)
def test_a_request_may_be_kept_to_its_node_or_off_it(mask: int, allowed: list[int]) -> None:
    guest = four_zones()
    guest.vm[0]["local_node"], guest.vm[0]["node_mask"] = 1, mask
    assert [n.node_allowed(guest, i) for i in range(3)] == [bool(one) for one in allowed]
    assert zone_usable(guest, 2, u.MIGRATE_MOVABLE) == bool(allowed[0])
    assert zone_usable(guest, 3, u.MIGRATE_MOVABLE) == bool(allowed[1])


def test_the_other_node_is_used_when_the_own_one_is_at_its_mark() -> None:
    guest = on_two_nodes(2)
    guest.zones["wmark_low"] = 2 * BLOCK - 2
    taken = [get_page_from_freelist(guest, 0, u.MIGRATE_MOVABLE, u.WMARK_LOW) for _ in range(5)]
    assert [n.node_of(guest, pfn) if pfn != u.PFN_NONE else -1 for pfn in taken] == [
        0, 0, 1, 1, -1,
    ]  # fmt: skip


def test_locality_goes_before_unmixed_pageblocks() -> None:
    guest = on_two_nodes(2)
    guest.zones[0]["wmark_low"] = 4 * BLOCK
    flags = u.WMARK_LOW | u.ALLOC_NOFRAGMENT
    pfn = get_page_from_freelist(guest, 0, u.MIGRATE_UNMOVABLE, flags)
    assert n.node_of(guest, pfn) == 1  # of a movable pageblock: the flag was dropped on the way
    assert vm(guest, "extfrag_claim") == (1,)


def test_daemons_of_a_node_wait_while_another_is_selected() -> None:
    guest = on_two_nodes(2)
    for i, name in enumerate(NODE_FIELDS):
        guest.vm[0][name] = i + 1
    assert n.select_node(guest, 1) == 0
    assert vm(guest, *NODE_FIELDS) == (0,) * len(NODE_FIELDS)
    guest.vm[0]["kswapd_order"] = 77
    assert n.select_node(guest, 0) == 1
    assert vm(guest, *NODE_FIELDS) == tuple(range(1, len(NODE_FIELDS) + 1))
    assert guest.zones[1]["pgdat_kswapd_order"] == 77
    assert n.select_node(guest, 0) == 0


def test_kswapd_is_woken_where_memory_is_short() -> None:
    guest = on_two_nodes(2)
    guest.zones[1]["wmark_high"] = 4 * BLOCK
    wake_kswapd(guest, 0)
    assert vm(guest, "kswapd_awake", "node") == (0, 0)
    assert guest.zones[1]["pgdat_kswapd_awake"] == 1
    guest.zones[0]["wmark_high"] = 4 * BLOCK
    wakeup_kswapd_of(guest, 0, 0, 1)
    assert vm(guest, "kswapd_awake") == (1,)


def test_nodes_are_part_of_what_tells_guests_apart() -> None:
    one, other = on_two_nodes(2), on_two_nodes(2)
    assert digest(one) == digest(other)
    other.zones[1]["pgdat_kswapd_failures"] = 1
    assert digest(one) != digest(other)
    small = settle(all_free(1))
    before = digest(small)
    n.select_node(small, 0)
    assert digest(small) == before
