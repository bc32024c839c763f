"""Deferral, skip-hint resets, fragmentation figures."""

import pytest

from engine import units as u
from engine.core.compact import suitability as s
from engine.core.compact.scan import get_pageblock_skip
from engine.core.memory import suitable
from engine.core.memory.freelist import free_list
from engine.guest import Guest
from tests.engine.small_guest import BLOCK, all_free, put, settle

# n[0..10], index for order 9, share in percent that no order 9 can use, index for order 3
VECTORS = [
    ([2048], 998, 100, 875),
    ([512], 997, 100, 874),
    ([10], 899, 100, 775),
    ([0] * 9 + [1], -1000, 0, -1000),
    ([512] + [0] * 8 + [1], -1000, 50, -1000),
    ([1024] + [0] * 9 + [1], -1000, 50, -1000),
    ([100, 50, 25, 10, 5, 2, 1, 1, 1], 986, 100, -1000),
    ([0] * 8 + [2], 0, 100, -1000),
    ([0] * 8 + [1], -500, 100, -1000),
    ([], 0, 0, 0),
]


def with_free_counts(counts: list[int]) -> Guest:
    """A guest whose free lists claim these numbers of blocks; the lists themselves are empty."""
    guest = settle(all_free(4))
    guest.lists["nr"] = 0
    for order, nr in enumerate(counts):
        guest.lists[free_list(0, order, u.MIGRATE_UNMOVABLE)]["nr"] = nr // 2
        guest.lists[free_list(0, order, u.MIGRATE_MOVABLE)]["nr"] = nr - nr // 2
    return guest


@pytest.mark.parametrize(("counts", "index9", "extfrag9", "index3"), VECTORS)
def test_fragmentation_figures_match_the_kernels_formulas(
    counts: list[int], index9: int, extfrag9: int, index3: int
) -> None:
    guest = with_free_counts(counts)
    assert suitable.zone_fragmentation_index(guest, 0, 9) == index9
    assert suitable.zone_fragmentation_index(guest, 0, 3) == index3
    assert s.fragmentation_score_zone(guest, 0) == extfrag9


def test_the_node_score_weighs_zones_by_size_and_the_marks_are_90_and_80() -> None:
    guest = with_free_counts([512])
    assert s.fragmentation_score_node(guest) == 4 * BLOCK * 100 // (4 * BLOCK + 1)
    assert s.fragmentation_score_wmark(0) == 90
    assert s.fragmentation_score_wmark(1) == 80


def test_after_each_failure_twice_as_many_requests_are_passed_over() -> None:
    guest = settle(all_free(4))
    for shift in range(1, 9):
        s.defer_compaction(guest, 0, 9)
        passed = 0
        while s.compaction_deferred(guest, 0, 9):
            passed += 1
        assert passed == (1 << min(shift, 6)) - 1
    assert s.compaction_restarting(guest, 0, 9)
    s.compaction_defer_reset(guest, 0, 9, 0)
    assert guest.zones[0]["compact_order_failed"] == 10
    assert guest.zones[0]["compact_defer_shift"] == 6
    assert not s.compaction_deferred(guest, 0, 9)
    s.compaction_defer_reset(guest, 0, 9, 1)
    assert guest.zones[0]["compact_defer_shift"] == 0


def test_only_orders_as_large_as_the_failed_one_are_deferred() -> None:
    guest = settle(all_free(4))
    guest.zones[0]["compact_order_failed"] = 10
    s.defer_compaction(guest, 0, 5)
    assert guest.zones[0]["compact_order_failed"] == 5
    assert not s.compaction_deferred(guest, 0, 4)
    assert s.compaction_deferred(guest, 0, 5)
    assert not s.compaction_restarting(guest, 0, 5)


def skipped(guest: Guest) -> Guest:
    guest.blocks["flags"] |= u.PB_SKIP
    guest.zones[0]["compact_blockskip_flush"] = 1
    return guest


def test_hints_are_cleared_only_after_a_whole_run_and_only_where_a_sample_finds_something() -> None:
    guest = all_free(16)
    for block in range(16):
        start = block * BLOCK
        # Every eighth page is looked at: anonymous memory there in block 3 alone.
        put(guest, range(start, start + BLOCK, 8), u.STATE_ANON if block == 3 else u.STATE_SLAB)
    put(guest, range(12 * BLOCK, 13 * BLOCK, 8), u.STATE_FREE)
    settle(skipped(guest))
    guest.zones[0]["compact_blockskip_flush"] = 0
    s.reset_isolation_suitable(guest)
    assert get_pageblock_skip(guest, 3 * BLOCK)

    guest.zones[0]["compact_blockskip_flush"] = 1
    s.reset_isolation_suitable(guest)
    clear = [b for b in range(16) if not get_pageblock_skip(guest, b * BLOCK)]
    assert clear == [3, 12]
    zone = guest.zones[0]
    assert zone["cached_migrate_sync"] == zone["cached_migrate_async"] == 3 * BLOCK + 1
    assert zone["cached_free"] == 13 * BLOCK - 1
    assert zone["compact_blockskip_flush"] == 0


def test_a_pageblock_of_balloon_pages_keeps_its_hint() -> None:
    guest = all_free(8)
    put(guest, range(2 * BLOCK, 3 * BLOCK), u.STATE_BALLOON, u.PG_MOVABLE_OPS)
    put(guest, range(BLOCK))
    settle(skipped(guest))
    s.reset_isolation_suitable(guest)
    assert get_pageblock_skip(guest, 2 * BLOCK)
    assert not get_pageblock_skip(guest, 0)


def test_nothing_to_reset_leaves_no_room_between_the_scanners() -> None:
    guest = all_free(8)
    put(guest, range(8 * BLOCK), u.STATE_SLAB)
    settle(skipped(guest))
    s.reset_isolation_suitable(guest)
    zone = guest.zones[0]
    assert zone["cached_migrate_sync"] >= zone["cached_free"]


def test_cached_positions_return_to_the_ends() -> None:
    guest = settle(all_free(8))
    zone = guest.zones[0]
    zone["cached_migrate_async"] = zone["cached_migrate_sync"] = zone["cached_free"] = 3 * BLOCK
    s.reset_cached_positions(guest, 0)
    assert (zone["cached_migrate_async"], zone["cached_migrate_sync"]) == (1, 1)
    assert zone["cached_free"] == 7 * BLOCK
