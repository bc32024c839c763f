"""Planes and statistics against a count of every page."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import units as u
from engine.core.memory.freelist import list_add, list_del
from engine.core.memory.page import set_state
from engine.core.observe import observe
from engine.guest import Guest, ZoneSpan, make_guest
from engine.view import (
    FLAG_DEDICATED,
    FLAG_HOLDER_SHIFT,
    FLAG_ISOLATED,
    FLAG_SKIP,
    FLAG_TOUCHED,
    PLANES,
    STAT_FIELDS,
)
from tests.engine.small_guest import BLOCK, all_free, every, put, settle


def stat(guest: Guest, name: str) -> int:
    return int(observe.statistics(guest, (name,), False)[0])


def holders(guest: Guest) -> list[int]:
    return [int(flags) >> FLAG_HOLDER_SHIFT for flags in observe.planes(guest)["flags"]]


def test_planes_have_the_names_and_types_of_the_wire() -> None:
    found = observe.planes(settle(all_free(3)))
    assert [(name, array.dtype.str[-2:]) for name, array in found.items()] == [
        (name, dtype[-2:]) for name, dtype in PLANES
    ]
    assert {len(array) for array in found.values()} == {3}


@given(st.lists(st.tuples(st.integers(0, 4 * BLOCK - 1), st.integers(0, 9)), max_size=60))
def test_the_largest_order_counts_every_free_block(used: list[tuple[int, int]]) -> None:
    guest = all_free(4)
    for pfn, order in used:
        set_state(guest, pfn & ~((1 << order) - 1), order, u.STATE_SLAB, 0)
    settle(guest)
    largest = observe.planes(guest)["largest"].tolist()
    for block in range(4):
        expected = u.ORDER_TAIL
        for pfn in range(4 * BLOCK):
            order = int(guest.pages[pfn]["order"])
            is_free = guest.pages[pfn]["state"] == u.STATE_FREE and order <= u.MAX_PAGE_ORDER
            touches = pfn < (block + 1) * BLOCK and pfn + (1 << order) > block * BLOCK
            if is_free and touches:
                expected = order if expected == u.ORDER_TAIL else max(expected, order)
        assert largest[block] == expected


def test_largest_is_looked_up_again_after_a_change() -> None:
    guest = settle(all_free(2))
    assert observe.planes(guest)["largest"].tolist() == [10, 10]
    assert not np.any(guest.blocks["flags"] & u.PB_STALE)
    guest.blocks["largest"][1] = 3
    assert observe.planes(guest)["largest"].tolist() == [10, 3], (
        "looked up although nothing changed"
    )


def held_guest() -> Guest:
    """One pageblock per holder: free, rescuable, balloon, kernel, reserved, parked, half a hole."""
    guest = all_free(8)
    put(guest, every(2, BLOCK, 2 * BLOCK))
    put(guest, [2 * BLOCK, 2 * BLOCK + 1])
    put(guest, [2 * BLOCK + 9], u.STATE_BALLOON)
    put(guest, [3 * BLOCK], u.STATE_SLAB)
    put(guest, [3 * BLOCK + 1], u.STATE_BALLOON)
    put(guest, [3 * BLOCK + 2])
    put(guest, [4 * BLOCK], u.STATE_RESERVED, order=9)
    put(guest, [5 * BLOCK], u.STATE_PCP)
    put(guest, [6 * BLOCK], u.STATE_HOLE)
    put(guest, [7 * BLOCK], u.STATE_HOLE, order=9)
    return settle(guest)


def test_each_pageblock_has_the_right_holder() -> None:
    guest = held_guest()
    H = u.Holder  # noqa: N806
    expected = [H.FREE, H.RESCUABLE, H.BALLOON, H.KERNEL, H.RESERVED, H.RESCUABLE, H.KERNEL]
    assert holders(guest) == [*expected, H.RESERVED]
    guest.vm[0]["rule_hook"] = 1
    assert holders(guest)[2] == H.HOOK
    names = ("free", "rescuable", "held_by_balloon", "held_by_kernel", "reserved")
    assert [stat(guest, f"blocks_{name}") for name in names] == [1, 2, 0, 2, 2]
    assert stat(guest, "blocks_rescuable_by_hook") == 1
    assert stat(guest, "thp_potential") == 4
    assert stat(guest, "blocks_mixed") == 2
    assert stat(guest, "blocks_with_balloon") == 2
    assert stat(guest, "excess_blocks") == 1
    assert stat(guest, "balloon_actual") == stat(guest, "balloon_scattered") == 2


def test_flags_follow_the_state_of_a_pageblock() -> None:
    guest = settle(all_free(4))
    guest.blocks["flags"] = (u.PB_SKIP, u.PB_DEDICATED, u.PB_TOUCHED, 0)
    guest.blocks["migratetype"][3] = u.MIGRATE_ISOLATE
    low = [int(flags) & 15 for flags in observe.planes(guest)["flags"]]
    assert low == [FLAG_SKIP, FLAG_DEDICATED, FLAG_TOUCHED, FLAG_ISOLATED]
    assert stat(guest, "dedicated_blocks") == 1


def test_pages_of_compactors_mark_their_pageblock_and_targets_hold_none() -> None:
    guest = all_free(3)
    put(guest, [BLOCK, 2 * BLOCK])
    settle(guest)
    set_state(guest, 7, 0, u.STATE_ISOLATED_FREE, 0)
    list_add(guest, u.LIST_FREEPAGES + u.CC_KCOMPACTD * u.NR_PAGE_ORDERS, 7)
    list_del(guest, u.LRU_INACTIVE_ANON, BLOCK)
    list_add(guest, u.LIST_MIGRATEPAGES + u.CC_MEMORY, BLOCK)
    flags = observe.planes(guest)["flags"]
    assert [bool(f & FLAG_ISOLATED) for f in flags] == [True, True, False]
    assert [f >> FLAG_HOLDER_SHIFT for f in flags] == [u.HOLDER_RESCUABLE] * 3


def test_statistics_come_in_the_order_asked_for() -> None:
    guest = held_guest()
    guest.vm[0]["pgalloc"] = 4711
    every_one = observe.statistics(guest, STAT_FIELDS, True)
    assert every_one.dtype == np.int64
    assert every_one[STAT_FIELDS.index("pgalloc")] == 4711
    assert every_one[STAT_FIELDS.index("busy")] == 1
    assert stat(guest, "nr_free_pages") == guest.zones[0]["nr_free"]
    assert stat(guest, "fullness_lru_anon") == 256 + 2 + 1
    assert stat(guest, "largest_order") == 9
    assert stat(guest, "free_blocks") == 1


def test_an_empty_guest_has_no_largest_order() -> None:
    guest = make_guest((ZoneSpan(u.ZONE_NORMAL, 0, BLOCK),), 1)
    assert stat(guest, "largest_order") == -1
    assert stat(guest, "fragmentation_index_9") == 0


@pytest.mark.parametrize(
    ("active", "shown"),
    [((), 0), ((u.CC_KCOMPACTD,), 3), ((u.CC_KCOMPACTD, u.CC_PASS), 4), ((0, 2, 3), 1)],
)
def test_the_scanners_shown_are_those_of_the_first_active_run(
    active: tuple[int, ...], shown: int
) -> None:
    guest = settle(all_free(4))
    for cc in active:
        guest.cc[cc]["active"] = 1
        guest.cc[cc]["migrate_pfn"], guest.cc[cc]["free_pfn"] = cc + 100, cc + 200
    assert stat(guest, "compact_active") == shown
    assert stat(guest, "migrate_pfn") == (shown + 99 if shown else -1)
    assert stat(guest, "free_pfn") == (shown + 199 if shown else -1)
