"""A whole allocation: the fast path, then kswapd, direct compaction, direct reclaim, retries.

This is where an allocation becomes work for the rest of the machine. There is no OOM killer: where
the kernel would invoke it, the request fails.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.compact.suitability import compaction_defer_reset
from engine.core.memory.alloc import (
    MAX_RECLAIM_RETRIES,
    alloc_flags_nofragment,
    drain_all,
    get_page_from_freelist,
    zone_watermark_ok,
)
from engine.core.memory.freelist import zone_of
from engine.core.memory.highatomic import unreserve_highatomic_pageblock
from engine.core.memory.nodes import zone_allowed, zonelist_zone
from engine.core.memory.suitable import suitable_watermark_ok
from engine.core.memory.wakeup import wake_kswapd, wakeup_kswapd
from engine.core.slowpath.direct_compact import (
    COMPACT_PRIO_ASYNC,
    COMPACT_PRIO_SYNC_FULL,
    COMPACT_PRIO_SYNC_LIGHT,
    try_to_compact_pages,
)
from engine.core.slowpath.direct_reclaim import try_to_free_pages
from engine.core.slowpath.sched import cond_resched
from engine.core.slowpath.slowpath_2012 import alloc_pages_slowpath_2012

MAX_COMPACT_RETRIES = 16


@core_jit
def gfp_to_alloc_flags(mt, gfp, order):
    """Allocation flags of the slow path: min watermark, and reserves for callers that cannot wait.

    Args:
        mt: int64, migratetype wanted.
        gfp: int64, GFP_*.
        order: int64.
    Returns:
        int64, ALLOC_*.
    Source:
        mm/page_alloc.c gfp_to_alloc_flags(), gfp_to_alloc_flags_cma().
    Differs:
        No real-time tasks, no cpusets.
    """
    flags = u.WMARK_MIN
    if gfp & u.GFP_HIGH:
        flags |= u.ALLOC_MIN_RESERVE
    if gfp & u.GFP_KSWAPD_RECLAIM:
        flags |= u.ALLOC_KSWAPD
    if not gfp & u.GFP_DIRECT_RECLAIM and not gfp & u.GFP_NOMEMALLOC:
        flags |= u.ALLOC_NON_BLOCK
        if order > 0 and gfp & u.GFP_HIGH:
            flags |= u.ALLOC_HIGHATOMIC
    if mt == u.MIGRATE_MOVABLE:
        flags |= u.ALLOC_CMA
    return flags


@core_jit
def fast_alloc_flags(guest, mt, gfp):
    """Allocation flags of the fast path: the low watermark, no fragmenting fallback if possible.

    Args:
        guest: Guest.
        mt: int64, migratetype wanted.
        gfp: int64, GFP_*.
    Returns:
        int64, ALLOC_*.
    Source:
        mm/page_alloc.c __alloc_pages_noprof(), prepare_alloc_pages().
    """
    flags = u.WMARK_LOW
    if gfp & u.GFP_KSWAPD_RECLAIM:
        flags |= u.ALLOC_KSWAPD
    if mt == u.MIGRATE_MOVABLE:
        flags |= u.ALLOC_CMA
    return alloc_flags_nofragment(guest, mt, flags)


@core_jit
def alloc_pages_direct_compact(guest, order, mt, alloc_flags, prio):
    """Compact for this request, then take the captured page or try the free lists again.

    Args:
        guest: Guest. Writes all of it.
        order: int64.
        mt: int64, migratetype wanted.
        alloc_flags: int64, ALLOC_*.
        prio: int64, COMPACT_PRIO_*.
    Returns:
        tuple of int64: pfn in transit or PFN_NONE, COMPACT_*.
    Source:
        mm/page_alloc.c __alloc_pages_direct_compact().
    """
    vm = guest.vm[0]
    cc = guest.cc[u.CC_DIRECT]
    result = np.int64(try_to_compact_pages(guest, order, mt, alloc_flags, prio))
    if result == u.COMPACT_SKIPPED:
        return np.int64(u.PFN_NONE), result
    vm["compact_stall"] += 1
    pfn = np.int64(cc["capture_pfn"])
    cc["capture_pfn"] = u.PFN_NONE
    if pfn == u.PFN_NONE:
        pfn = get_page_from_freelist(guest, order, mt, alloc_flags)
    else:
        vm["pgalloc"] += 1 << order
    if pfn == u.PFN_NONE:
        vm["compact_fail"] += 1
        return pfn, result
    zone = zone_of(guest, pfn)
    guest.zones[zone]["compact_blockskip_flush"] = 0
    compaction_defer_reset(guest, zone, order, 1)
    vm["compact_success"] += 1
    return pfn, result


@core_jit
def alloc_pages_direct_reclaim(guest, order, mt, alloc_flags):
    """Reclaim for this request, then try the free lists again, once more after draining.

    Args:
        guest: Guest. Writes all of it.
        order: int64.
        mt: int64, migratetype wanted.
        alloc_flags: int64, ALLOC_*.
    Returns:
        tuple of int64: pfn in transit or PFN_NONE, pages reclaimed.
    Source:
        mm/page_alloc.c __alloc_pages_direct_reclaim(), __perform_reclaim().
    """
    cond_resched(guest)
    progress = np.int64(try_to_free_pages(guest, order, alloc_flags))
    cond_resched(guest)
    if progress == 0:
        return np.int64(u.PFN_NONE), progress
    pfn = get_page_from_freelist(guest, order, mt, alloc_flags)
    if pfn == u.PFN_NONE:
        unreserve_highatomic_pageblock(guest, mt, 0)
        drain_all(guest)
        pfn = get_page_from_freelist(guest, order, mt, alloc_flags)
    return pfn, progress  # reason: after_direct_reclaim


@core_jit
def zone_reclaimable_pages(guest, zone):
    """Pages of a zone that reclaim could free: the file LRU lists, there is no swap.

    A zone without any counts its free pages instead of being skipped: ZONE_DMA, rarely used but
    with whole blocks free, makes a request that cannot have them retry again and again.

    Args:
        guest: Guest.
        zone: int64, index of the zone.
    Returns:
        int64, pages.
    Source:
        mm/vmscan.c zone_reclaimable_pages().
    """
    z = guest.zones[zone]
    nr = np.int64(z["nr_zone_inactive_file"] + z["nr_zone_active_file"])
    if nr == 0:
        return np.int64(z["nr_free"])
    return nr


@core_jit
def should_reclaim_retry(guest, order, mt, alloc_flags, no_progress_loops):
    """Whether reclaiming everything reclaimable would meet the watermark in some zone.

    Args:
        guest: Guest. Writes blocks and lists if a HIGHATOMIC pageblock is given up.
        order: int64.
        mt: int64, migratetype wanted.
        alloc_flags: int64, ALLOC_*.
        no_progress_loops: int64, rounds without progress so far.
    Returns:
        bool.
    Source:
        mm/page_alloc.c should_reclaim_retry().
    """
    if no_progress_loops <= MAX_RECLAIM_RETRIES:
        for i in range(guest.zones.shape[0]):
            zone = zonelist_zone(guest, i)
            if not zone_allowed(guest, zone):
                continue
            z = guest.zones[zone]
            mark = z["wmark_min"] + z["watermark_boost"] - zone_reclaimable_pages(guest, zone)
            if zone_watermark_ok(guest, zone, order, mark, alloc_flags):
                return True
    return unreserve_highatomic_pageblock(guest, mt, 1)


@core_jit
def compaction_zonelist_suitable(guest, order):
    """Whether some zone could be compacted for an order if part of its page cache were reclaimed.

    Args:
        guest: Guest.
        order: int64, at least 1.
    Returns:
        bool.
    Source:
        mm/compaction.c compaction_zonelist_suitable().
    """
    for i in range(guest.zones.shape[0]):
        zone = zonelist_zone(guest, i)
        if not zone_allowed(guest, zone):
            continue
        if suitable_watermark_ok(guest, zone, order, zone_reclaimable_pages(guest, zone) // order):
            return True
    return False


@core_jit
def should_compact_retry(guest, order, result, prio, retries):
    """Whether to compact again, and how hard.

    Args:
        guest: Guest.
        order: int64.
        result: int64, COMPACT_* of the last compaction.
        prio: int64, COMPACT_PRIO_* of the last compaction.
        retries: int64, compactions that reported a page which was not there.
    Returns:
        tuple: bool, COMPACT_PRIO_* for the next, retries.
    Source:
        mm/page_alloc.c should_compact_retry().
    """
    if order == 0:
        return False, prio, retries
    if result == u.COMPACT_SKIPPED:
        return compaction_zonelist_suitable(guest, order), prio, retries
    max_retries = MAX_COMPACT_RETRIES
    min_prio = COMPACT_PRIO_SYNC_FULL
    if order > u.PAGE_ALLOC_COSTLY_ORDER:
        max_retries //= 4
        min_prio = COMPACT_PRIO_SYNC_LIGHT
    if result == u.COMPACT_SUCCESS:
        retries += 1
        if retries <= max_retries:
            return True, prio, retries
    if prio > min_prio:
        return True, prio - 1, np.int64(0)
    return False, prio, retries


@core_jit
def retry_loop(guest, order, mt, gfp, alloc_flags, prio):
    """The slow path's loop: free lists, direct reclaim, direct compaction, and again.

    Args:
        guest: Guest. Writes all of it.
        order: int64.
        mt: int64, migratetype wanted.
        gfp: int64, GFP_* with GFP_DIRECT_RECLAIM.
        alloc_flags: int64, ALLOC_*.
        prio: int64, COMPACT_PRIO_* to start with.
    Returns:
        int64 pfn in transit, or PFN_NONE.
    Source:
        mm/page_alloc.c __alloc_pages_slowpath(), from retry.
    Differs:
        No OOM killer.
    """
    costly = order > u.PAGE_ALLOC_COSTLY_ORDER
    result = np.int64(u.COMPACT_SKIPPED)
    retries = np.int64(0)
    no_progress_loops = np.int64(0)
    prio = np.int64(prio)
    again = True
    while again:
        if alloc_flags & u.ALLOC_KSWAPD:
            wake_kswapd(guest, order)
        pfn = get_page_from_freelist(guest, order, mt, alloc_flags)
        if pfn != u.PFN_NONE:
            return pfn
        pfn, progress = alloc_pages_direct_reclaim(guest, order, mt, alloc_flags)
        if pfn != u.PFN_NONE:
            return pfn
        if order > 0:
            pfn, result = alloc_pages_direct_compact(guest, order, mt, alloc_flags, prio)
            if pfn != u.PFN_NONE:
                return pfn
        if gfp & u.GFP_NORETRY or (costly and not gfp & u.GFP_RETRY_MAYFAIL):
            break
        no_progress_loops += 1
        if progress > 0 and not costly:
            no_progress_loops = np.int64(0)
        again = should_reclaim_retry(guest, order, mt, alloc_flags, no_progress_loops)
        if not again and progress > 0:
            again, prio, retries = should_compact_retry(guest, order, result, prio, retries)
    return np.int64(u.PFN_NONE)


@core_jit
def alloc_pages_slowpath(guest, order, mt, gfp):
    """Allocate when the fast path has failed.

    Args:
        guest: Guest. Writes all of it.
        order: int64.
        mt: int64, migratetype wanted.
        gfp: int64, GFP_*.
    Returns:
        int64 pfn in transit, or PFN_NONE.
    Source:
        mm/page_alloc.c __alloc_pages_slowpath().
    """
    costly = order > u.PAGE_ALLOC_COSTLY_ORDER
    can_direct_reclaim = gfp & u.GFP_DIRECT_RECLAIM != 0
    alloc_flags = gfp_to_alloc_flags(mt, gfp, order)
    if alloc_flags & u.ALLOC_KSWAPD:
        wakeup_kswapd(guest, order, 1 if can_direct_reclaim else 0)
    pfn = get_page_from_freelist(guest, order, mt, alloc_flags)
    if pfn != u.PFN_NONE:
        return pfn
    if not can_direct_reclaim:
        return get_page_from_freelist(guest, order, mt, alloc_flags)
    prio = COMPACT_PRIO_SYNC_LIGHT
    if costly or (order > 0 and mt != u.MIGRATE_MOVABLE):
        pfn, result = alloc_pages_direct_compact(guest, order, mt, alloc_flags, COMPACT_PRIO_ASYNC)
        if pfn != u.PFN_NONE:
            return pfn
        if costly and gfp & u.GFP_NORETRY:
            if result == u.COMPACT_SKIPPED or result == u.COMPACT_DEFERRED:
                return np.int64(u.PFN_NONE)
            if gfp & u.GFP_THISNODE:
                return np.int64(u.PFN_NONE)
            prio = COMPACT_PRIO_ASYNC
    return retry_loop(guest, order, mt, gfp, alloc_flags, prio)


@core_jit
def alloc_pages(guest, order, mt, gfp):
    """Allocate 2**order pages. The caller must call set_state on them before anything else.

    Args:
        guest: Guest. Writes all of it. Sets CAUSE_DIRECT_COMPACTION_FAILED in vm.causes where
            direct compaction for a pageblock or more has yielded no page.
        order: int64.
        mt: int64, migratetype wanted.
        gfp: int64, GFP_*.
    Returns:
        int64 pfn in transit, or PFN_NONE.
    Source:
        mm/page_alloc.c __alloc_pages_noprof().
    """
    vm = guest.vm[0]
    if gfp & u.GFP_DIRECT_RECLAIM:
        cond_resched(guest)  # might_alloc()
    pfn = get_page_from_freelist(guest, order, mt, fast_alloc_flags(guest, mt, gfp))
    if pfn != u.PFN_NONE:
        return pfn
    failed_before = np.int64(vm["compact_fail"])
    if vm["law_retry_by_priority"] == 0:
        pfn = alloc_pages_slowpath_2012(guest, order, mt, gfp)
    else:
        pfn = alloc_pages_slowpath(guest, order, mt, gfp)
    if pfn == u.PFN_NONE:
        if order == 0:
            vm["alloc_failed"] += 1
        elif order < u.HPAGE_ORDER:
            vm["alloc_failed_high"] += 1
        else:
            vm["alloc_failed_huge"] += 1
            if vm["compact_fail"] > failed_before:
                vm["causes"] |= u.CAUSE_DIRECT_COMPACTION_FAILED
    return pfn  # reason: below_low_watermark
