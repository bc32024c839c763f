"""Profile 2012: the free scanner."""

from __future__ import annotations

import pytest

from engine import units as u
from engine.core.compact.free_scanner import freepages_list, suitable_migration_target
from engine.core.compact.free_scanner_2012 import (
    compaction_alloc_2012,
    isolate_freepages_2012,
    suitable_migration_target_2012,
)
from engine.core.memory.buddy import link_free_lists
from engine.core.observe.check import CheckCode, validate
from engine.guest import Guest, set_kernel
from engine.kernels import LINUX_2012
from tests.engine.small_guest import BLOCK, all_free, every, list_of, pfns_of, put, settle

CC = u.CC_MEMORY


def ready(guest: Guest, sources: int = 32) -> Guest:
    """A compactor with so many pages to move that stands at the zone's ends."""
    c = guest.cc[CC]
    c["order"], c["mode"], c["nr_migratepages"] = -1, u.MIGRATE_SYNC_LIGHT, sources
    c["migrate_pfn"], c["free_pfn"] = 1, guest.zones[0]["end_pfn"]
    set_kernel(guest, LINUX_2012)
    return guest


def typed(mt: int, used: bool = False) -> Guest:
    """Four pageblocks, the last of one type; free but for every other page if ``used``."""
    guest = all_free(4)
    guest.blocks["migratetype"][3] = mt
    put(guest, [3 * BLOCK - 1])  # keeps free blocks from spanning pageblocks
    if used:
        put(guest, every(2, 3 * BLOCK, 4 * BLOCK), u.STATE_KERNEL)
    guest = settle(guest)
    if mt != u.MIGRATE_MOVABLE:
        link_free_lists(guest, 0)
    return ready(guest)


@pytest.mark.parametrize(
    ("mt", "free", "used"),
    [
        (u.MIGRATE_MOVABLE, True, True),
        (u.MIGRATE_CMA, True, True),
        (u.MIGRATE_UNMOVABLE, True, False),
        (u.MIGRATE_RECLAIMABLE, True, False),
        (u.MIGRATE_RESERVE, False, False),
        (u.MIGRATE_ISOLATE, False, False),
        (u.MIGRATE_BALLOON, False, False),
    ],
)
def test_a_wholly_free_pageblock_is_a_target_whatever_its_type(
    mt: int, free: bool, used: bool
) -> None:
    assert suitable_migration_target_2012(typed(mt), CC, 3 * BLOCK) == free
    assert suitable_migration_target_2012(typed(mt, True), CC, 3 * BLOCK) == used


def test_the_modern_scanner_decides_the_other_way_round() -> None:
    guest = typed(u.MIGRATE_MOVABLE)
    assert not suitable_migration_target(guest, CC, 3 * BLOCK)
    assert suitable_migration_target_2012(guest, CC, 3 * BLOCK)


def test_the_pass_keeps_to_its_own_migratetype() -> None:
    guest = typed(u.MIGRATE_UNMOVABLE)
    guest.vm[0]["rule_pass_target"] = u.MIGRATE_UNMOVABLE
    assert suitable_migration_target_2012(guest, u.CC_PASS, 3 * BLOCK)
    assert not suitable_migration_target_2012(guest, u.CC_PASS, 2 * BLOCK)


def test_a_free_block_is_broken_into_pages_the_highest_first() -> None:
    guest = typed(u.MIGRATE_MOVABLE)
    isolate_freepages_2012(guest, CC)
    targets = list_of(guest, freepages_list(CC, 0))
    assert targets == list(range(4 * BLOCK - 1, 3 * BLOCK - 1, -1))
    assert guest.cc[CC]["nr_freepages"] == BLOCK
    assert guest.cc[CC]["free_pfn"] == 3 * BLOCK
    assert guest.vm[0]["compact_isolated"] == BLOCK
    assert guest.cc[CC]["total_free_scanned"] == 1
    assert validate(guest)[0] == CheckCode.CLEAN
    assert compaction_alloc_2012(guest, CC) == 4 * BLOCK - 1
    assert guest.cc[CC]["nr_freepages"] == BLOCK - 1


def test_a_block_taken_whole_becomes_movable() -> None:
    guest = typed(u.MIGRATE_UNMOVABLE)
    isolate_freepages_2012(guest, CC)
    assert guest.blocks["migratetype"][3] == u.MIGRATE_MOVABLE


def test_pageblocks_are_swept_whole_until_there_is_enough() -> None:
    guest = all_free(6)
    put(guest, [p for p in range(3 * BLOCK, 6 * BLOCK) if p % 32])  # 16 free pages in each
    guest = ready(settle(guest), 20)
    isolate_freepages_2012(guest, CC)
    assert guest.cc[CC]["nr_freepages"] == 32
    assert guest.cc[CC]["free_pfn"] == 5 * BLOCK  # the highest that gave some, not the last
    assert guest.cc[CC]["finished_update_free"] == 1
    assert len(pfns_of(guest, u.STATE_ISOLATED_FREE)) == 32


def test_a_pageblock_without_targets_gets_the_hint_and_is_passed_over_then() -> None:
    guest = all_free(6)
    put(guest, range(4 * BLOCK, 6 * BLOCK))
    put(guest, [3 * BLOCK - 1])
    guest = ready(settle(guest))
    isolate_freepages_2012(guest, CC)
    assert guest.blocks["flags"][4] & u.PB_SKIP
    assert guest.blocks["flags"][5] & u.PB_SKIP
    assert guest.zones[0]["cached_free"] == 4 * BLOCK
    scanned = int(guest.cc[CC]["total_free_scanned"])
    assert scanned == 2 * BLOCK + 1
    guest.cc[CC]["free_pfn"], guest.cc[CC]["nr_migratepages"] = 6 * BLOCK, BLOCK + 1
    isolate_freepages_2012(guest, CC)
    assert guest.cc[CC]["total_free_scanned"] - scanned < 2 * BLOCK  # pageblocks 3 and 2


def test_the_scanner_stops_above_the_migrate_scanner() -> None:
    guest = typed(u.MIGRATE_MOVABLE)
    guest.cc[CC]["migrate_pfn"] = 2 * BLOCK
    isolate_freepages_2012(guest, CC)
    assert guest.cc[CC]["nr_freepages"] == 0
    assert guest.cc[CC]["free_pfn"] == 3 * BLOCK
    assert compaction_alloc_2012(guest, CC) == u.PFN_NONE


def test_targets_leave_the_low_watermark() -> None:
    guest = typed(u.MIGRATE_MOVABLE)
    free = int(guest.zones[0]["nr_free"])
    guest.cc[CC]["migrate_pfn"] = 2 * BLOCK - 1
    guest.zones[0]["wmark_min"], guest.zones[0]["wmark_low"] = 0, free - BLOCK
    isolate_freepages_2012(guest, CC)
    assert guest.cc[CC]["nr_freepages"] == 0
    assert guest.cc[CC]["total_free_scanned"] == BLOCK  # it looked at the pages one by one
    guest = typed(u.MIGRATE_MOVABLE)
    guest.zones[0]["wmark_min"], guest.zones[0]["wmark_low"] = 0, free - BLOCK - 1
    isolate_freepages_2012(guest, CC)
    assert guest.cc[CC]["nr_freepages"] == BLOCK
