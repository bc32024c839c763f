"""Allocations that need more than the free lists."""

from engine import units as u
from engine.core.memory.alloc import MAX_RECLAIM_RETRIES
from engine.core.memory.page import set_state
from engine.core.slowpath.slowpath import (
    alloc_pages,
    compaction_zonelist_suitable,
    gfp_to_alloc_flags,
    should_compact_retry,
    should_reclaim_retry,
    zone_reclaimable_pages,
)
from engine.guest import Guest
from tests.engine.small_guest import BLOCK, all_free, every, is_clean, pfns_of, put, settle, vm

HUGE = u.GFP_KERNEL | u.GFP_RETRY_MAYFAIL
FAULT = u.GFP_KERNEL | u.GFP_NORETRY | u.GFP_NOMEMALLOC
COUNTS = ("compact_stall", "compact_success", "compact_fail")


def checkered(state: int = u.STATE_ANON) -> Guest:
    """Every second page in use."""
    guest = all_free(16, start_block=8, name=u.ZONE_DMA32)
    put(guest, every(2, 8 * BLOCK + 1, 24 * BLOCK), state)
    return settle(guest)


def allocate(guest: Guest, order: int, mt: int, gfp: int) -> int:
    """Allocate kernel pages; the pfn, or PFN_NONE."""
    pfn = int(alloc_pages(guest, order, mt, gfp))
    if pfn != u.PFN_NONE:
        set_state(guest, pfn, order, u.STATE_KERNEL, 0)
    return pfn


def test_a_free_page_costs_nothing() -> None:
    guest = settle(all_free(16, start_block=8))
    assert allocate(guest, 0, u.MIGRATE_MOVABLE, u.GFP_KERNEL) != u.PFN_NONE
    assert allocate(guest, 9, u.MIGRATE_MOVABLE, u.GFP_KERNEL) != u.PFN_NONE
    assert vm(guest, *COUNTS, "allocstall", "kswapd_awake", "causes") == (0, 0, 0, 0, 0, 0)
    assert vm(guest, "pgalloc") == (513,)
    assert is_clean(guest)


def test_a_huge_page_is_made_by_direct_compaction() -> None:
    guest = checkered()
    pfn = allocate(guest, 9, u.MIGRATE_MOVABLE, HUGE)
    assert pfn % BLOCK == 0
    assert vm(guest, *COUNTS) == (1, 1, 0)
    assert vm(guest, "pgalloc", "alloc_failed_huge") == (512, 0)
    # Woken by the request, kswapd has had its turn.
    assert vm(guest, "pageoutrun", "causes") == (1, u.CAUSE_RECLAIM_FINISHED)
    assert len(pfns_of(guest, u.STATE_KERNEL)) == 512
    assert is_clean(guest)


def test_an_unmovable_request_finds_its_page_at_the_second_try() -> None:
    # Direct async compaction keeps to pageblocks of its own type, of which there are none. Then
    # kswapd runs and resets the hints from a sample of every eighth page: below it finds pages to
    # move, above free ones.
    guest = all_free(16, start_block=8, name=u.ZONE_DMA32)
    put(guest, every(2, 8 * BLOCK, 16 * BLOCK))
    put(guest, every(2, 16 * BLOCK + 1, 24 * BLOCK))
    settle(guest)
    assert allocate(guest, 9, u.MIGRATE_UNMOVABLE, HUGE) != u.PFN_NONE
    assert vm(guest, *COUNTS) == (2, 1, 1)
    assert is_clean(guest)


def test_atomic_requests_do_not_compact_but_wake_the_daemons() -> None:
    guest = checkered()
    guest.zones[0]["wmark_high"] = 16 * BLOCK
    assert allocate(guest, 9, u.MIGRATE_MOVABLE, u.GFP_NOWAIT) == u.PFN_NONE
    assert vm(guest, *COUNTS, "allocstall") == (0, 0, 0, 0)
    assert vm(guest, "kswapd_awake", "kswapd_order") == (1, 9)
    assert vm(guest, "alloc_failed_huge", "causes") == (1, 0)


def test_what_cannot_move_fails_and_reaches_the_design() -> None:
    guest = checkered(u.STATE_SLAB)
    assert allocate(guest, 9, u.MIGRATE_MOVABLE, FAULT) == u.PFN_NONE
    stall, success, fail = vm(guest, *COUNTS)
    assert (stall, success) == (fail, 0)
    assert stall >= 1
    # kswapd has run in between, and found nothing.
    both = u.CAUSE_DIRECT_COMPACTION_FAILED | u.CAUSE_RECLAIM_FINISHED
    assert vm(guest, "causes") == (both,)
    guest.vm[0]["causes"] = 0
    assert allocate(guest, 4, u.MIGRATE_MOVABLE, FAULT) == u.PFN_NONE
    assert vm(guest, "alloc_failed_high", "alloc_failed_huge", "causes") == (
        1,
        1,
        u.CAUSE_RECLAIM_FINISHED,
    )


def test_a_fault_gives_up_where_compaction_is_skipped() -> None:
    guest = checkered()
    guest.zones[0]["wmark_low"] = guest.zones[0]["nr_free"] - 1000
    assert allocate(guest, 9, u.MIGRATE_MOVABLE, FAULT) == u.PFN_NONE
    assert vm(guest, *COUNTS, "allocstall", "causes") == (0, 0, 0, 0, 0)


def test_direct_reclaim_takes_clean_file_pages() -> None:
    guest = all_free(16, start_block=8)
    put(guest, range(8 * BLOCK, 24 * BLOCK - 20), u.STATE_FILE)
    settle(guest)
    guest.vm[0]["kswapd_failures"] = MAX_RECLAIM_RETRIES  # else it would be there before us
    for _ in range(40):
        assert allocate(guest, 0, u.MIGRATE_MOVABLE, u.GFP_KERNEL) != u.PFN_NONE
    assert vm(guest, "allocstall")[0] > 0
    assert vm(guest, "pgsteal_direct")[0] >= 32
    assert is_clean(guest)


def test_order_zero_fails_when_nothing_is_left_and_never_compacts() -> None:
    guest = all_free(16, start_block=8)
    put(guest, range(8 * BLOCK, 24 * BLOCK - 16))
    settle(guest)
    assert allocate(guest, 0, u.MIGRATE_MOVABLE, u.GFP_KERNEL) == u.PFN_NONE
    assert vm(guest, "alloc_failed", *COUNTS) == (1, 0, 0, 0)


def test_the_noncostly_end_of_the_loop_is_full_priority() -> None:
    guest = all_free(16, start_block=8)
    # Unmovable pageblocks are targets at full priority only.
    guest.blocks["migratetype"] = u.MIGRATE_UNMOVABLE
    put(guest, (p for p in every(2, 8 * BLOCK, 24 * BLOCK) if p % 16))
    # Reclaim makes progress, which is what keeps the loop going, but no page of order 3.
    put(guest, every(16, 8 * BLOCK, 24 * BLOCK), u.STATE_FILE)
    settle(guest)
    assert allocate(guest, 3, u.MIGRATE_UNMOVABLE, u.GFP_KERNEL) != u.PFN_NONE
    assert guest.cc[u.CC_DIRECT]["ignore_block_suitable"] == 1
    assert is_clean(guest)


def test_gfp_flags_give_the_slow_paths_allocation_flags() -> None:
    movable, unmovable = u.MIGRATE_MOVABLE, u.MIGRATE_UNMOVABLE
    assert gfp_to_alloc_flags(unmovable, u.GFP_KERNEL, 0) == u.ALLOC_KSWAPD
    assert gfp_to_alloc_flags(movable, u.GFP_KERNEL, 0) == u.ALLOC_KSWAPD | u.ALLOC_CMA
    atomic = u.ALLOC_KSWAPD | u.ALLOC_NON_BLOCK | u.ALLOC_MIN_RESERVE
    assert gfp_to_alloc_flags(unmovable, u.GFP_ATOMIC, 0) == atomic
    assert gfp_to_alloc_flags(unmovable, u.GFP_ATOMIC, 2) == atomic | u.ALLOC_HIGHATOMIC
    careful = u.GFP_ATOMIC | u.GFP_NOMEMALLOC
    assert gfp_to_alloc_flags(unmovable, careful, 2) == u.ALLOC_KSWAPD | u.ALLOC_MIN_RESERVE


def test_compaction_is_repeated_harder_and_harder() -> None:
    guest = checkered()
    full, light = 0, 1
    failed = u.COMPACT_COMPLETE
    assert should_compact_retry(guest, 3, failed, light, 5) == (True, full, 0)
    assert should_compact_retry(guest, 3, failed, full, 0) == (False, full, 0)
    assert should_compact_retry(guest, 9, failed, light, 0) == (False, light, 0)
    assert should_compact_retry(guest, 0, failed, light, 0) == (False, light, 0)
    done = u.COMPACT_SUCCESS
    assert should_compact_retry(guest, 9, done, light, 3) == (True, light, 4)
    assert should_compact_retry(guest, 9, done, light, 4) == (False, light, 5)
    assert should_compact_retry(guest, 3, done, light, 15) == (True, light, 16)


def test_reclaim_is_repeated_as_long_as_it_could_help() -> None:
    guest = all_free(16, start_block=8)
    put(guest, range(8 * BLOCK, 24 * BLOCK - 10), u.STATE_FILE)
    settle(guest)
    assert should_reclaim_retry(guest, 0, u.MIGRATE_MOVABLE, 0, 0)
    assert should_reclaim_retry(guest, 0, u.MIGRATE_MOVABLE, 0, 16)
    assert not should_reclaim_retry(guest, 0, u.MIGRATE_MOVABLE, 0, 17)
    guest.zones[0]["wmark_min"] = 1 << 20
    assert not should_reclaim_retry(guest, 0, u.MIGRATE_MOVABLE, 0, 0)
    assert not compaction_zonelist_suitable(guest, 3)
    guest.zones[0]["wmark_min"] = guest.zones[0]["wmark_low"] = 1000
    assert compaction_zonelist_suitable(guest, 3)
    assert not compaction_zonelist_suitable(guest, 8)


def test_a_zone_without_page_cache_counts_its_free_pages_as_reclaimable() -> None:
    guest = all_free(16, start_block=8)
    put(guest, range(8 * BLOCK, 24 * BLOCK - 2 * BLOCK))
    settle(guest)
    guest.zones[0]["lowmem_reserve"] = guest.zones[0]["nr_free"] + 100
    assert zone_reclaimable_pages(guest, 0) == guest.zones[0]["nr_free"]
    assert should_reclaim_retry(guest, 9, u.MIGRATE_MOVABLE, 0, 16)
    assert not should_reclaim_retry(guest, 9, u.MIGRATE_MOVABLE, 0, 17)
    guest.zones[0]["nr_zone_inactive_file"] = 1
    assert not should_reclaim_retry(guest, 9, u.MIGRATE_MOVABLE, 0, 0)
