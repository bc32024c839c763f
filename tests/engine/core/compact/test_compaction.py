"""A compaction run: begin, rounds, end."""

import numpy as np

from engine import units as u
from engine.core.compact import compaction
from engine.core.compact.free_scanner import freepages_list
from engine.core.compact.scan import compact_scanners_met
from engine.guest import Guest
from tests.engine.small_guest import (
    BLOCK,
    all_free,
    copy_of,
    every,
    is_clean,
    list_of,
    nr_free,
    pfns_of,
    put,
    same,
    settle,
    vm,
)

MEMORY, KCOMPACTD = u.CC_MEMORY, u.CC_KCOMPACTD
ISOLATED = ("nr_isolated_anon", "nr_isolated_file")


def half_loaded(nr_blocks: int = 16, seed: int = 1) -> Guest:
    """Every page in use with even odds: anonymous, cache, some kernel memory; per-CPU lists on."""
    guest = all_free(nr_blocks, start_block=8)
    rng = np.random.default_rng(seed)
    for pfn in range(8 * BLOCK, (8 + nr_blocks) * BLOCK):
        kind = rng.integers(200)
        if kind == 0:
            put(guest, (pfn,), u.STATE_SLAB)
        elif kind < 70:
            put(guest, (pfn,), u.STATE_ANON)
        elif kind < 100:
            put(guest, (pfn,), u.STATE_FILE, u.PG_ACTIVE)
    guest.zones[0]["pcp_high"], guest.zones[0]["pcp_batch"] = 60, 15
    return settle(guest)


def begin_memory(guest: Guest) -> None:
    status = compaction.compact_begin(
        guest, MEMORY, 0, -1, u.MIGRATE_UNMOVABLE, u.MIGRATE_SYNC, compaction.CCF_MEMORY, 0
    )
    assert status == u.COMPACT_CONTINUE


def begin(guest: Guest, mode: int, flags: int = 0, order: int = 9, mt: int = 1) -> int:
    return int(compaction.compact_begin(guest, KCOMPACTD, 0, order, mt, mode, flags, u.WMARK_MIN))


def test_a_whole_run_packs_movable_pages_at_the_top() -> None:
    guest = half_loaded()
    kinds = {state: len(pfns_of(guest, state)) for state in range(u.NR_STATES)}
    slab = pfns_of(guest, u.STATE_SLAB)
    begin_memory(guest)
    assert compaction.compact_zone(guest, MEMORY) == u.COMPACT_COMPLETE
    assert is_clean(guest)
    after = {state: len(pfns_of(guest, state)) for state in range(u.NR_STATES)}
    for state in (u.STATE_ANON, u.STATE_FILE, u.STATE_SLAB):
        assert after[state] == kinds[state]
    assert after[u.STATE_FREE] + after[u.STATE_PCP] == kinds[u.STATE_FREE]
    assert pfns_of(guest, u.STATE_SLAB) == slab
    # The lower half is empty but for what cannot move, the upper half full.
    movable = np.array(pfns_of(guest, u.STATE_ANON) + pfns_of(guest, u.STATE_FILE)) // BLOCK - 8
    assert np.count_nonzero(movable < 7) == 0
    assert np.count_nonzero(movable >= 9) > 6 * BLOCK
    moved, failed, copied = vm(guest, "pgmigrate_success", "pgmigrate_fail", "pages_copied")
    assert moved == copied > 1500
    assert failed <= 1  # the last page may find no target where the scanners meet
    assert vm(guest, "compact_isolated")[0] >= 2 * moved


def test_scanned_counts_appear_when_the_run_ends() -> None:
    guest = half_loaded()
    begin_memory(guest)
    compaction.compact_round(guest, MEMORY)
    cc = guest.cc[MEMORY]
    assert cc["total_migrate_scanned"] > 0
    assert vm(guest, "compact_migrate_scanned") == (0,)
    compaction.compact_zone(guest, MEMORY)
    migrate, free = vm(guest, "compact_migrate_scanned", "compact_free_scanned")
    assert (migrate, free) == (cc["total_migrate_scanned"], cc["total_free_scanned"])
    assert migrate + free >= 15 * BLOCK
    assert vm(guest, "compact_daemon_migrate_scanned") == (0,)


def test_a_run_done_in_rounds_is_the_run_done_at_once() -> None:
    guest = half_loaded()
    twin = copy_of(guest)
    begin_memory(guest)
    compaction.compact_zone(guest, MEMORY)
    begin_memory(twin)
    rounds = 0
    while True:
        twin = copy_of(twin)  # nothing is kept outside the arrays
        status = compaction.compact_round(twin, MEMORY)
        if status != u.COMPACT_CONTINUE:
            break
        rounds += 1
        assert list_of(twin, u.LIST_MIGRATEPAGES + MEMORY) == []
        held = [list_of(twin, freepages_list(MEMORY, o)) for o in range(u.NR_PAGE_ORDERS)]
        pages = sum(len(pfns) << order for order, pfns in enumerate(held))
        assert pages == twin.cc[MEMORY]["nr_freepages"] == len(pfns_of(twin, 4))
        assert vm(twin, "nr_isolated_anon", "nr_isolated_file") == (0, 0)
    assert rounds > 10  # two a pageblock: a cluster, then the rest of it
    compaction.compact_end(twin, MEMORY)
    assert same(guest, twin)
    assert twin.cc[MEMORY]["active"] == 0


def test_a_round_may_be_interrupted_before_its_pages_are_moved() -> None:
    guest = half_loaded()
    begin_memory(guest)
    cc = guest.cc[MEMORY]
    assert compaction.isolate_round(guest, MEMORY) == u.COMPACT_CONTINUE
    isolated = list_of(guest, u.LIST_MIGRATEPAGES + MEMORY)
    assert len(isolated) == cc["nr_migratepages"] == sum(vm(guest, *ISOLATED))
    # Another compactor that comes by now finds them gone, and moves what is beyond them.
    begin(guest, u.MIGRATE_SYNC_LIGHT, compaction.CCF_WHOLE_ZONE)
    compaction.compact_round(guest, KCOMPACTD)
    assert list_of(guest, u.LIST_MIGRATEPAGES + MEMORY) == isolated
    assert guest.cc[KCOMPACTD]["round_migrated"] > 0
    assert compaction.migrate_round(guest, MEMORY) == u.COMPACT_CONTINUE
    assert cc["round_migrated"] == len(isolated)
    assert list_of(guest, u.LIST_MIGRATEPAGES + MEMORY) == []
    assert is_clean(guest)


def test_the_guest_is_clean_between_rounds() -> None:
    guest = half_loaded(8)
    begin_memory(guest)
    for _ in range(5):
        assert compaction.compact_round(guest, MEMORY) == u.COMPACT_CONTINUE
        assert is_clean(guest)


def test_positions_only_approach_each_other() -> None:
    guest = half_loaded()
    begin_memory(guest)
    cc = guest.cc[MEMORY]
    low, high = int(cc["migrate_pfn"]), int(cc["free_pfn"])
    while compaction.compact_round(guest, MEMORY) == u.COMPACT_CONTINUE:
        assert low <= cc["migrate_pfn"]
        assert cc["free_pfn"] // BLOCK <= high // BLOCK
        low, high = int(cc["migrate_pfn"]), int(cc["free_pfn"])
    assert compact_scanners_met(guest, MEMORY)


def test_unused_targets_go_back_and_pull_the_free_position_up() -> None:
    guest = all_free(16, start_block=8)
    put(guest, range(8 * BLOCK, 8 * BLOCK + 3))
    put(guest, range(23 * BLOCK, 23 * BLOCK + 8))
    settle(guest)
    begin_memory(guest)
    compaction.compact_round(guest, MEMORY)
    held = guest.cc[MEMORY]["nr_freepages"]
    assert held == 5  # of a free block of order 3
    highest = max(pfns_of(guest, u.STATE_ISOLATED_FREE))
    free = int(guest.zones[0]["nr_free"])
    guest.zones[0]["cached_free"] = 8 * BLOCK
    compaction.compact_end(guest, MEMORY)
    assert guest.zones[0]["nr_free"] == free + held
    assert pfns_of(guest, u.STATE_ISOLATED_FREE) == []
    assert guest.zones[0]["cached_free"] == highest // BLOCK * BLOCK
    assert is_clean(guest)


def test_a_run_for_an_order_ends_at_a_pageblock_as_soon_as_the_page_is_there() -> None:
    guest = all_free(16, start_block=8)
    put(guest, every(2, 8 * BLOCK, 24 * BLOCK))
    settle(guest)
    guest.zones[0]["pcp_high"], guest.zones[0]["pcp_batch"] = 1000, 15
    assert begin(guest, u.MIGRATE_SYNC_LIGHT) == u.COMPACT_CONTINUE
    assert compaction.compact_zone(guest, KCOMPACTD) == u.COMPACT_SUCCESS
    # The freed pages lay on the per-CPU lists until the scanner left the pageblock.
    assert nr_free(guest, 9) == 1
    assert guest.cc[KCOMPACTD]["total_migrate_scanned"] <= BLOCK + 10
    assert vm(guest, "compact_daemon_migrate_scanned")[0] > 0


def test_a_run_that_is_not_needed_or_not_possible_does_not_begin() -> None:
    guest = settle(all_free(8))
    assert begin(guest, u.MIGRATE_ASYNC) == u.COMPACT_SUCCESS
    assert guest.cc[KCOMPACTD]["active"] == 0
    guest = half_loaded()
    guest.zones[0]["wmark_low"] = 1 << 20
    assert begin(guest, u.MIGRATE_ASYNC) == u.COMPACT_SKIPPED


def test_cached_positions_are_taken_up_and_repaired() -> None:
    guest = half_loaded()
    zone, cc = guest.zones[0], guest.cc[KCOMPACTD]
    zone["cached_migrate_async"], zone["cached_migrate_sync"] = 10 * BLOCK, 11 * BLOCK
    zone["cached_free"] = 20 * BLOCK
    begin(guest, u.MIGRATE_ASYNC)
    assert (cc["migrate_pfn"], cc["free_pfn"], cc["whole_zone"]) == (10 * BLOCK, 20 * BLOCK, 0)
    begin(guest, u.MIGRATE_SYNC_LIGHT)
    assert cc["migrate_pfn"] == 11 * BLOCK
    zone["cached_migrate_sync"], zone["cached_free"] = 30 * BLOCK, 5
    begin(guest, u.MIGRATE_SYNC_LIGHT)
    assert (cc["migrate_pfn"], cc["free_pfn"], cc["whole_zone"]) == (8 * BLOCK, 23 * BLOCK, 1)


def test_without_targets_a_run_is_given_up() -> None:
    guest = half_loaded()
    begin_memory(guest)
    guest.zones[0]["wmark_min"] = 1 << 20
    status = u.COMPACT_CONTINUE
    while status == u.COMPACT_CONTINUE:
        status = int(compaction.compact_round(guest, MEMORY))
    assert status == u.COMPACT_CONTENDED
    compaction.compact_end(guest, MEMORY)
    assert is_clean(guest)
    assert vm(guest, "pgmigrate_success") == (0,)


def test_a_failed_page_makes_sync_light_take_the_rest_of_its_pageblock() -> None:
    guest = all_free(16, start_block=8)
    put(guest, every(2, 8 * BLOCK, 24 * BLOCK))
    put(guest, (8 * BLOCK + 1,), u.STATE_FILE, u.PG_PINNED)
    settle(guest)
    begin(guest, u.MIGRATE_SYNC_LIGHT)
    compaction.compact_round(guest, KCOMPACTD)
    cc = guest.cc[KCOMPACTD]
    assert cc["finish_pageblock"] == 1
    assert cc["migrate_pfn"] == 9 * BLOCK
    assert vm(guest, "pgmigrate_success") == (256,)
    assert guest.pages[8 * BLOCK + 1]["state"] == u.STATE_FILE


def test_the_hook_moves_balloon_pages_too_and_the_balloon_keeps_its_size() -> None:
    for hook in (0, 1):
        guest = all_free(16, start_block=8)
        put(guest, every(4, 8 * BLOCK, 24 * BLOCK))
        put(guest, every(4, 8 * BLOCK + 1, 24 * BLOCK), u.STATE_BALLOON, u.PG_MOVABLE_OPS)
        settle(guest)
        guest.vm[0]["rule_hook"] = hook
        before = pfns_of(guest, u.STATE_BALLOON)
        begin_memory(guest)
        compaction.compact_zone(guest, MEMORY)
        after = pfns_of(guest, u.STATE_BALLOON)
        assert len(after) == len(before) == len(list_of(guest, u.LIST_BALLOON))
        moved, exits, checks = vm(guest, "balloon_migrate", "host_exits", "hook_checks_balloon")
        assert exits == 2 * moved
        if hook:
            assert moved > 800
            assert checks >= moved
        else:
            assert (moved, checks) == (0, 0)
            assert after == before
        assert is_clean(guest)
