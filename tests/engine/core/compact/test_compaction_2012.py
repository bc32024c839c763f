"""Profile 2012: one compaction run, and kswapd's."""

from __future__ import annotations

import pytest

from engine import commands as c
from engine import units as u
from engine.core.compact.compaction_2012 import (
    compact_begin_2012,
    compact_end_2012,
    compact_finished_2012,
    compact_round_2012,
    compact_zone_2012,
    compaction_suitable_2012,
    kswapd_compact_2012,
)
from engine.core.observe.check import CheckCode, validate
from engine.guest import Guest, set_kernel
from engine.kernels import LINUX_2012
from engine.presets import make_from_recipe
from engine.recipes import PRESETS
from engine.world import World, WorldConfig
from tests.engine.small_guest import BLOCK, all_free, every, nr_free, pfns_of, put, settle, vm

MEMORY, DIRECT, KSWAPD = u.CC_MEMORY, u.CC_DIRECT, u.CC_KCOMPACTD
LIGHT, ASYNC = u.MIGRATE_SYNC_LIGHT, u.MIGRATE_ASYNC


def scattered(nr_blocks: int = 8, step: int = 8) -> Guest:
    """Every eighth page in use, by a process."""
    guest = all_free(nr_blocks)
    put(guest, every(step, 1, nr_blocks * BLOCK))
    set_kernel(guest, LINUX_2012)
    return settle(guest)


def whole(guest: Guest) -> int:
    """Free pages in blocks of a pageblock or more."""
    return nr_free(guest, 9) * BLOCK + nr_free(guest, 10) * 2 * BLOCK


def memory_run(guest: Guest) -> int:
    assert compact_begin_2012(guest, MEMORY, 0, -1, 0, LIGHT) == u.COMPACT_CONTINUE
    return int(compact_zone_2012(guest, MEMORY))


def test_a_whole_run_frees_the_low_end() -> None:
    guest = scattered()
    assert memory_run(guest) == u.COMPACT_COMPLETE
    assert validate(guest)[0] == CheckCode.CLEAN
    assert len(pfns_of(guest, u.STATE_ANON)) == BLOCK
    assert pfns_of(guest, u.STATE_ISOLATED_FREE) == []
    assert whole(guest) >= 6 * BLOCK
    assert guest.cc[MEMORY]["active"] == 0
    assert vm(guest, "compact_migrate_scanned")[0] > 0


def test_the_next_run_begins_where_the_last_one_ended_and_honours_the_hints() -> None:
    guest = scattered()
    memory_run(guest)
    assert guest.zones[0]["compact_blockskip_flush"] == 1
    moved = vm(guest, "pgmigrate_success")
    memory_run(guest)  # gives the pageblocks that are empty now their hints
    (scanned,) = vm(guest, "compact_migrate_scanned")
    memory_run(guest)
    assert vm(guest, "pgmigrate_success") == moved
    assert vm(guest, "compact_migrate_scanned")[0] - scanned <= BLOCK


def test_a_wholly_free_pageblock_is_broken_for_targets() -> None:
    guest = all_free(8)
    put(guest, every(8, 1, 2 * BLOCK))
    put(guest, every(2, 2 * BLOCK, 7 * BLOCK), u.STATE_KERNEL)
    set_kernel(guest, LINUX_2012)
    guest = settle(guest)
    assert nr_free(guest, u.PAGEBLOCK_ORDER) == 1
    memory_run(guest)
    assert guest.blocks["nr_movable"][7] == 128


def test_a_run_begins_at_the_cached_positions() -> None:
    guest = scattered()
    zone = guest.zones[0]
    zone["cached_migrate_async"], zone["cached_free"] = 2 * BLOCK, 6 * BLOCK
    compact_begin_2012(guest, MEMORY, 0, -1, 0, LIGHT)
    c = guest.cc[MEMORY]
    assert (c["migrate_pfn"], c["free_pfn"]) == (2 * BLOCK, 6 * BLOCK)
    compact_end_2012(guest, MEMORY)
    zone["cached_migrate_async"], zone["cached_free"] = 9 * BLOCK, 9 * BLOCK
    compact_begin_2012(guest, MEMORY, 0, -1, 0, LIGHT)
    assert (c["migrate_pfn"], c["free_pfn"]) == (1, 8 * BLOCK)


def test_the_scanners_meet_at_the_same_pfn_and_keep_their_cached_positions() -> None:
    for cc, flush in ((MEMORY, 1), (DIRECT, 1), (KSWAPD, 0)):
        guest = scattered()
        compact_begin_2012(guest, cc, 0, -1, 0, LIGHT)
        guest.zones[0]["cached_free"] = 3 * BLOCK
        c = guest.cc[cc]
        c["migrate_pfn"], c["free_pfn"] = 4 * BLOCK + 1, 4 * BLOCK + 2
        assert compact_finished_2012(guest, cc) == u.COMPACT_CONTINUE
        c["free_pfn"] = 4 * BLOCK + 1
        assert compact_finished_2012(guest, cc) == u.COMPACT_COMPLETE
        assert guest.zones[0]["compact_blockskip_flush"] == flush
        assert guest.zones[0]["cached_free"] == 3 * BLOCK


def test_a_page_on_the_list_of_its_own_type_ends_a_run() -> None:
    guest = scattered(step=64)
    compact_begin_2012(guest, DIRECT, 0, 6, u.MIGRATE_UNMOVABLE, ASYNC)
    c = guest.cc[DIRECT]
    c["migrate_pfn"], c["free_pfn"], c["order"] = BLOCK, 7 * BLOCK, 5
    assert nr_free(guest, 5) > 0
    assert compact_finished_2012(guest, DIRECT) == u.COMPACT_CONTINUE
    c["migratetype"] = u.MIGRATE_MOVABLE
    assert compact_finished_2012(guest, DIRECT) == u.COMPACT_SUCCESS
    guest.zones[0]["wmark_low"] = guest.zones[0]["nr_free"]
    assert compact_finished_2012(guest, DIRECT) == u.COMPACT_CONTINUE


def test_a_pageblock_of_any_type_ends_a_run_for_one() -> None:
    guest = all_free(8)
    put(guest, every(8, 1, 7 * BLOCK))
    guest = settle(guest)
    c = guest.cc[DIRECT]
    c["zone"], c["order"], c["migratetype"] = 0, u.PAGEBLOCK_ORDER, u.MIGRATE_UNMOVABLE
    c["migrate_pfn"], c["free_pfn"] = BLOCK, 6 * BLOCK
    assert compact_finished_2012(guest, DIRECT) == u.COMPACT_SUCCESS


@pytest.mark.parametrize(
    ("order", "low", "result"),
    [
        (-1, 10**6, u.COMPACT_CONTINUE),
        (9, 20, u.COMPACT_CONTINUE),
        (9, 10**6, u.COMPACT_SKIPPED),
        (2, 20, u.COMPACT_SUCCESS),
    ],
)
def test_suitability_depends_on_order_and_low_watermark(order: int, low: int, result: int) -> None:
    guest = scattered()
    guest.zones[0]["wmark_low"] = low
    assert compaction_suitable_2012(guest, 0, order) == result


def test_it_needs_twice_the_order_above_the_low_watermark() -> None:
    guest = scattered()
    guest.zones[0]["wmark_low"] = guest.zones[0]["nr_free"] - 1024
    assert compaction_suitable_2012(guest, 0, 9) == u.COMPACT_SKIPPED
    guest.zones[0]["wmark_low"] -= 1
    assert compaction_suitable_2012(guest, 0, 9) == u.COMPACT_CONTINUE


@pytest.mark.parametrize(("used", "result"), [(1, u.COMPACT_CONTINUE), (2, u.COMPACT_SKIPPED)])
def test_lack_of_memory_is_no_reason_to_compact(used: int, result: int) -> None:
    # Order 2 from single free pages (fragmentation index 750), or from pairs (500).
    guest = all_free(8)
    put(guest, [p for p in range(8 * BLOCK) if p % (2 * used) < used])
    assert compaction_suitable_2012(settle(guest), 0, 2) == result


def test_a_long_deferral_clears_the_hints_but_not_this_runs_positions() -> None:
    for cc, cleared in ((DIRECT, True), (KSWAPD, False)):
        guest = scattered()
        guest.blocks["flags"] |= u.PB_SKIP
        zone = guest.zones[0]
        zone["compact_defer_shift"], zone["compact_considered"] = 6, 64
        zone["cached_migrate_async"], zone["cached_free"] = 2 * BLOCK, 6 * BLOCK
        compact_begin_2012(guest, cc, 0, 9, u.MIGRATE_MOVABLE, ASYNC)
        assert guest.cc[cc]["migrate_pfn"] == 2 * BLOCK
        assert (zone["cached_migrate_async"] == 1) == cleared
        assert (guest.blocks["flags"][3] & u.PB_SKIP == 0) == cleared


def test_a_round_moves_at_most_thirty_two_pages() -> None:
    guest = scattered()
    compact_begin_2012(guest, MEMORY, 0, -1, 0, LIGHT)
    assert compact_round_2012(guest, MEMORY) == u.COMPACT_CONTINUE
    c = guest.cc[MEMORY]
    assert (c["round_isolated"], c["round_migrated"], c["round_failed"]) == (32, 32, 0)
    compact_end_2012(guest, MEMORY)
    assert pfns_of(guest, u.STATE_ISOLATED_FREE) == []


def test_no_target_ends_a_run() -> None:
    guest = all_free(4)
    put(guest, every(2, 1, BLOCK))
    put(guest, range(BLOCK, 4 * BLOCK), u.STATE_KERNEL)
    set_kernel(guest, LINUX_2012)
    guest = settle(guest)
    assert memory_run(guest) == u.COMPACT_CONTENDED
    assert len(pfns_of(guest, u.STATE_ANON)) == BLOCK // 2
    assert validate(guest)[0] == CheckCode.CLEAN


@pytest.mark.parametrize("repaired", [0, 1])
def test_scanners_that_meet_between_positions_are_noticed_only_since_3_14(repaired: int) -> None:
    guest = all_free(8)
    put(guest, every(8, 1, 3 * BLOCK))
    put(guest, range(3 * BLOCK, 8 * BLOCK), u.STATE_KERNEL)  # no target anywhere
    set_kernel(guest, LINUX_2012)
    guest.vm[0]["law_meeting_is_noticed"] = repaired
    guest = settle(guest)
    guest.zones[0]["cached_free"] = 4 * BLOCK
    guest.zones[0]["cached_migrate_async"] = guest.zones[0]["cached_migrate_sync"] = 2 * BLOCK
    result = memory_run(guest)
    assert result == (u.COMPACT_COMPLETE if repaired else u.COMPACT_CONTENDED)
    assert guest.zones[0]["compact_blockskip_flush"] == repaired
    assert validate(guest)[0] == CheckCode.CLEAN


@pytest.mark.parametrize("repaired", [0, 1])
def test_since_3_14_a_run_goes_on_from_the_positions_that_it_has_reset(repaired: int) -> None:
    guest = scattered()
    z = guest.zones[0]
    z["cached_free"] = z["cached_migrate_async"] = z["cached_migrate_sync"] = 4 * BLOCK
    z["compact_order_failed"], z["compact_defer_shift"], z["compact_considered"] = 0, 6, 64
    guest.vm[0]["law_reset_rereads_positions"] = repaired
    assert compact_begin_2012(guest, DIRECT, 0, 9, u.MIGRATE_MOVABLE, ASYNC) == u.COMPACT_CONTINUE
    assert (guest.cc[DIRECT]["free_pfn"] > 4 * BLOCK) == bool(repaired)


def test_kswapd_compacts_movable_pageblocks_and_never_defers() -> None:
    guest = scattered()
    before = whole(guest)
    assert kswapd_compact_2012(guest, 0, u.PAGEBLOCK_ORDER) > 0
    assert whole(guest) > before
    assert guest.zones[0]["compact_order_failed"] == u.PAGEBLOCK_ORDER + 1
    failing = scattered()
    failing.blocks["flags"] |= u.PB_SKIP
    kswapd_compact_2012(failing, 0, u.PAGEBLOCK_ORDER)
    assert whole(failing) == before
    assert failing.zones[0]["compact_order_failed"] == 0
    assert failing.zones[0]["compact_defer_shift"] == 0


def test_kswapd_asks_whether_compaction_is_deferred() -> None:
    guest = scattered()
    guest.zones[0]["compact_defer_shift"] = 2
    assert kswapd_compact_2012(guest, 0, 9) == 0
    assert guest.zones[0]["compact_considered"] == 1


@pytest.mark.slow
@pytest.mark.parametrize(("size", "writers"), [(1024, 4), (2048, 6)])
def test_as_published_nearly_every_balloon_page_moves_once(size: int, writers: int) -> None:
    base = make_from_recipe(PRESETS["roomy"], u.mib_to_pages(size), 1)
    world = World(base, WorldConfig(("lru_hook",), profile="2012"))
    world.apply(c.BalloonInflate(u.mib_to_pages(64)))
    world.run_until_idle()
    for _ in range(writers):
        world.apply(c.CompactMemory())
        world.run_until_idle()
        world.validate()
    stats = world.view(0).stat_dict()
    cc = world.guest(0).cc
    assert 0.95 * 16384 <= stats["balloon_migrate"] <= 1.12 * 16384
    isolated, returned = int(cc["balloon_isolated"].sum()), int(cc["balloon_returned"].sum())
    assert isolated == stats["balloon_migrate"] + returned
    assert stats["balloon_actual"] == 16384
