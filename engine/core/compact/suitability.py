"""When compaction is worth trying: deferral, skip-hint resets, the score.

These functions decide and remember; compaction.py acts on their decisions.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.compact.scan import (
    get_pageblock_skip,
    pageblock_end_pfn,
    pageblock_skip_persistent,
    pageblock_start_pfn,
    zone_end_pfn,
    zone_start_pfn,
)
from engine.core.memory.freearea import is_free_block
from engine.core.memory.freelist import get_pageblock_migratetype
from engine.core.memory.nodes import in_node
from engine.core.memory.suitable import fill_contig_page_info

COMPACT_MAX_DEFER_SHIFT = 6
PROACTIVENESS = 20  # vm.compaction_proactiveness

_LRU_KINDS = (1 << u.STATE_ANON) | (1 << u.STATE_FILE) | (1 << u.STATE_SHMEM) | (1 << u.STATE_THP)


@core_jit
def defer_compaction(guest, zone, order):
    """Record that compaction for an order has failed: try less often.

    Args:
        guest: Guest. Writes zones.compact_*.
        zone: int64, index of the zone.
        order: int64.
    Source:
        mm/compaction.c defer_compaction().
    """
    z = guest.zones[zone]
    z["compact_considered"] = 0
    z["compact_defer_shift"] = min(z["compact_defer_shift"] + 1, COMPACT_MAX_DEFER_SHIFT)
    if order < z["compact_order_failed"]:
        z["compact_order_failed"] = order


@core_jit
def compaction_deferred(guest, zone, order):
    """Whether compaction for an order should be skipped this time. Counts the attempt.

    Args:
        guest: Guest. Writes zones.compact_considered.
        zone: int64, index of the zone.
        order: int64.
    Returns:
        bool.
    Source:
        mm/compaction.c compaction_deferred().
    """
    z = guest.zones[zone]
    if order < z["compact_order_failed"]:
        return False
    limit = np.int64(1) << np.int64(z["compact_defer_shift"])
    z["compact_considered"] += 1
    z["compact_considered"] = min(z["compact_considered"], limit)
    return z["compact_considered"] < limit


@core_jit
def compaction_defer_reset(guest, zone, order, alloc_success):
    """Record that compaction for an order has succeeded, or should have.

    Args:
        guest: Guest. Writes zones.compact_*.
        zone: int64, index of the zone.
        order: int64.
        alloc_success: int64, 1 if a page was really allocated.
    Source:
        mm/compaction.c compaction_defer_reset().
    """
    z = guest.zones[zone]
    if alloc_success:
        z["compact_considered"] = 0
        z["compact_defer_shift"] = 0
    if order >= z["compact_order_failed"]:
        z["compact_order_failed"] = order + 1


@core_jit
def compaction_restarting(guest, zone, order):
    """Whether this run is the first after the longest deferral.

    Args:
        guest: Guest.
        zone: int64, index of the zone.
        order: int64.
    Returns:
        bool.
    Source:
        mm/compaction.c compaction_restarting().
    """
    z = guest.zones[zone]
    if order < z["compact_order_failed"] or z["compact_defer_shift"] != COMPACT_MAX_DEFER_SHIFT:
        return False
    return z["compact_considered"] >= 1 << COMPACT_MAX_DEFER_SHIFT


@core_jit
def sample_pageblock(guest, pfn, check_source, check_target):
    """Whether a sample of every eighth page finds something to move, or somewhere to move it.

    Args:
        guest: Guest.
        pfn: int64, first pfn of the pageblock.
        check_source: bool, look for LRU pages.
        check_target: bool, look for free blocks.
    Returns:
        bool.
    Source:
        mm/compaction.c __reset_isolation_pfn(), its loop.
    """
    for p in range(pfn, pageblock_end_pfn(pfn), 1 << u.PAGE_ALLOC_COSTLY_ORDER):
        page = guest.pages[p]
        if check_target and is_free_block(guest, p):
            return True
        if check_source:
            is_tail = page["order"] == u.ORDER_TAIL and (_LRU_KINDS >> np.int64(page["state"])) & 1
            if is_tail or np.int64(page["flags"]) & u.PG_LRU:
                return True
    return False


@core_jit
def reset_isolation_pfn(guest, pfn, check_source, check_target):
    """Clear the skip hint of one pageblock if a sample shows that it is worth scanning again.

    Args:
        guest: Guest. Writes blocks.flags.
        pfn: int64, any pfn of the pageblock.
        check_source: bool, it may serve as a source.
        check_target: bool, it may serve as a target.
    Returns:
        bool, whether a scanner may restart here.
    Source:
        mm/compaction.c __reset_isolation_pfn().
    """
    if guest.pages[pfn]["state"] == u.STATE_HOLE:
        return False
    start = pageblock_start_pfn(pfn)
    if pageblock_skip_persistent(guest, start):
        return False
    if check_source and check_target and not get_pageblock_skip(guest, pfn):
        return True
    if not check_source and get_pageblock_migratetype(guest, pfn) != u.MIGRATE_MOVABLE:
        return False
    if not sample_pageblock(guest, start, check_source, check_target):
        return False
    block = guest.blocks[pfn >> u.PAGEBLOCK_ORDER]
    block["flags"] = np.int64(block["flags"]) & ~u.PB_SKIP
    return True


@core_jit
def reset_zone_isolation_suitable(guest, zone):
    """Clear a zone's skip hints from both ends inwards if a whole run has ended since.

    Args:
        guest: Guest. Writes blocks.flags, zones.compact_blockskip_flush, cached_*, init_*.
        zone: int64, index of the zone.
    Source:
        mm/compaction.c __reset_isolation_suitable().
    """
    z = guest.zones[zone]
    if not z["compact_blockskip_flush"]:
        return
    z["compact_blockskip_flush"] = 0
    migrate_pfn = zone_start_pfn(guest, zone)
    free_pfn = zone_end_pfn(guest, zone) - 1
    reset_migrate, reset_free = free_pfn, migrate_pfn
    source_set = free_set = False
    while migrate_pfn < free_pfn:
        found = reset_isolation_pfn(guest, migrate_pfn, True, source_set)
        if found and migrate_pfn < reset_migrate:
            source_set = True
            reset_migrate = migrate_pfn
            z["init_migrate_pfn"] = migrate_pfn
            z["cached_migrate_async"] = migrate_pfn
            z["cached_migrate_sync"] = migrate_pfn
        found = reset_isolation_pfn(guest, free_pfn, free_set, True)
        if found and free_pfn > reset_free:
            free_set = True
            reset_free = free_pfn
            z["init_free_pfn"] = free_pfn
            z["cached_free"] = free_pfn
        migrate_pfn += u.PAGEBLOCK_NR_PAGES
        free_pfn -= u.PAGEBLOCK_NR_PAGES
    if reset_migrate >= reset_free:
        z["cached_migrate_async"] = migrate_pfn
        z["cached_migrate_sync"] = migrate_pfn
        z["cached_free"] = free_pfn


@core_jit
def reset_isolation_suitable(guest):
    """Clear skip hints in every zone of the node that asks for it, as kswapd falls asleep.

    Args:
        guest: Guest. Writes blocks.flags, zones.
    Source:
        mm/compaction.c reset_isolation_suitable().
    """
    for zone in range(np.int64(guest.vm[0]["nr_zones"])):
        if in_node(guest, zone):
            reset_zone_isolation_suitable(guest, zone)


@core_jit
def reset_cached_positions(guest, zone):
    """Make the next run start at the ends of the zone.

    Args:
        guest: Guest. Writes zones.cached_*.
        zone: int64, index of the zone.
    Source:
        mm/compaction.c reset_cached_positions().
    """
    z = guest.zones[zone]
    z["cached_migrate_async"] = z["cached_migrate_sync"] = zone_start_pfn(guest, zone)
    z["cached_free"] = pageblock_start_pfn(zone_end_pfn(guest, zone) - 1)


@core_jit
def fragmentation_score_zone(guest, zone):
    """Share of the zone's free memory that is unusable for 2 MiB pages.

    Args:
        guest: Guest.
        zone: int64, index of the zone.
    Returns:
        int64, 0 to 100.
    Source:
        mm/compaction.c fragmentation_score_zone(); mm/vmstat.c extfrag_for_order().
    """
    free_pages, _, suitable = fill_contig_page_info(guest, zone, u.HPAGE_ORDER)
    if free_pages == 0:
        return np.int64(0)
    return (free_pages - (suitable << u.HPAGE_ORDER)) * 100 // free_pages


@core_jit
def fragmentation_score_node(guest):
    """Scores of the node's zones, weighted by their size.

    Args:
        guest: Guest.
    Returns:
        int64, 0 to 100.
    Source:
        mm/compaction.c fragmentation_score_node(), fragmentation_score_zone_weighted().
    """
    present = np.int64(1)
    for zone in range(guest.zones.shape[0]):
        present += np.int64(in_node(guest, zone)) * guest.zones[zone]["present"]
    score = np.int64(0)
    for zone in range(guest.zones.shape[0]):
        weight = np.int64(in_node(guest, zone)) * guest.zones[zone]["present"]
        score += weight * fragmentation_score_zone(guest, zone) // present
    return score


@core_jit
def fragmentation_score_wmark(is_low):
    """Score at which proactive compaction starts or stops.

    Args:
        is_low: int64, 1 = where it stops, 0 = above which it starts.
    Returns:
        int64, 0 to 100.
    Source:
        mm/compaction.c fragmentation_score_wmark().
    """
    low = max(100 - PROACTIVENESS, 5)
    if is_low:
        return low
    return min(low + 10, 100)
