"""The slow path of an allocation under the rules of Linux 3.8: compact, reclaim, perhaps again.

slowpath.alloc_pages() comes here for guests without the law retry_by_priority. A request without
GFP_KSWAPD_RECLAIM is one with __GFP_NO_KSWAPD: the fault for a transparent huge page.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.compact.suitability import (
    compaction_defer_reset,
    compaction_deferred,
    defer_compaction,
)
from engine.core.memory.alloc import drain_all, get_page_from_freelist
from engine.core.memory.nodes import zone_allowed, zonelist_zone
from engine.core.memory.wakeup import wake_kswapd
from engine.core.slowpath.direct_compact import COMPACT_PRIO_ASYNC, COMPACT_PRIO_SYNC_LIGHT
from engine.core.slowpath.direct_compact_2012 import try_to_compact_pages_2012
from engine.core.slowpath.direct_reclaim import try_to_free_pages

# DIFFERS: 3.8 retries for ever where order <= PAGE_ALLOC_COSTLY_ORDER and invokes the OOM killer;
# there is none here, so after this many rounds without progress the request fails.
_MAX_ROUNDS = 16


@core_jit
def alloc_flags_2012(mt, gfp):
    """Allocation flags of the slow path.

    Args:
        mt: int64, migratetype wanted.
        gfp: int64, GFP_*.
    Returns:
        int64, ALLOC_*.
    Source:
        3.8 mm/page_alloc.c gfp_to_alloc_flags().
    """
    flags = u.WMARK_MIN
    if gfp & u.GFP_HIGH:
        flags |= u.ALLOC_MIN_RESERVE
    if not gfp & u.GFP_DIRECT_RECLAIM and not gfp & u.GFP_NOMEMALLOC:
        flags |= u.ALLOC_NON_BLOCK
    if mt == u.MIGRATE_MOVABLE:
        flags |= u.ALLOC_CMA
    return flags


@core_jit
def preferred_zone(guest):
    """The first zone that an allocation tries; its deferral state counts.

    Args:
        guest: Guest.
    Returns:
        int64, index of the first zone of the zonelist with managed pages.
    Source:
        3.8 mm/page_alloc.c __alloc_pages_nodemask(), first_zones_zonelist().
    """
    for i in range(guest.zones.shape[0]):
        zone = zonelist_zone(guest, i)
        if guest.zones[zone]["managed"] > 0 and zone_allowed(guest, zone):
            return np.int64(zone)
    return np.int64(0)


@core_jit
def direct_compact_2012(guest, order, mt, alloc_flags, prio):
    """Compact for this request, then try the free lists again.

    Args:
        guest: Guest. Writes all of it.
        order: int64.
        mt: int64, migratetype wanted.
        alloc_flags: int64, ALLOC_*.
        prio: int64, COMPACT_PRIO_ASYNC or COMPACT_PRIO_SYNC_LIGHT.
    Returns:
        tuple of int64: pfn in transit or PFN_NONE, COMPACT_*; DEFERRED = nothing was done.
    Source:
        3.8 mm/page_alloc.c __alloc_pages_direct_compact().
    """
    vm = guest.vm[0]
    none = np.int64(u.PFN_NONE)
    if order == 0:
        return none, np.int64(u.COMPACT_SKIPPED)
    preferred = preferred_zone(guest)
    if compaction_deferred(guest, preferred, order):
        return none, np.int64(u.COMPACT_DEFERRED)
    sync = np.int64(prio != COMPACT_PRIO_ASYNC)
    result = np.int64(try_to_compact_pages_2012(guest, order, mt, alloc_flags, sync))
    if result == u.COMPACT_SKIPPED:
        vm["compact_fail"] += 1
        return none, result
    drain_all(guest)  # migration freed pages to the per-CPU lists; they have to merge
    pfn = get_page_from_freelist(guest, order, mt, alloc_flags)
    if pfn != u.PFN_NONE:
        # Whichever zone the page came from; later kernels use that zone instead.
        guest.zones[preferred]["compact_blockskip_flush"] = 0
        compaction_defer_reset(guest, preferred, order, 1)
        vm["compact_success"] += 1
        return pfn, result
    vm["compact_fail"] += 1
    if prio != COMPACT_PRIO_ASYNC:
        defer_compaction(guest, preferred, order)
    return none, result


@core_jit
def direct_reclaim_2012(guest, order, mt, alloc_flags):
    """Reclaim for this request, then try the free lists again, once more after draining.

    Args:
        guest: Guest. Writes all of it.
        order: int64.
        mt: int64, migratetype wanted.
        alloc_flags: int64, ALLOC_*.
    Returns:
        tuple of int64: pfn in transit or PFN_NONE, pages reclaimed.
    Source:
        3.8 mm/page_alloc.c __alloc_pages_direct_reclaim().
    """
    progress = np.int64(try_to_free_pages(guest, order, alloc_flags))
    if progress == 0:
        return np.int64(u.PFN_NONE), progress
    pfn = get_page_from_freelist(guest, order, mt, alloc_flags)
    if pfn == u.PFN_NONE:
        drain_all(guest)
        pfn = get_page_from_freelist(guest, order, mt, alloc_flags)
    return pfn, progress


@core_jit
def should_alloc_retry(gfp, order, pages_reclaimed, rounds):
    """Whether to start over after reclaim has freed pages but none of the order wanted.

    Args:
        gfp: int64, GFP_*.
        order: int64.
        pages_reclaimed: int64, reclaimed by this request so far.
        rounds: int64, rounds without progress so far.
    Returns:
        bool.
    Source:
        3.8 mm/page_alloc.c should_alloc_retry(); __GFP_REPEAT is GFP_RETRY_MAYFAIL here.
    """
    if gfp & u.GFP_NORETRY or rounds > _MAX_ROUNDS:
        return False
    if order <= u.PAGE_ALLOC_COSTLY_ORDER:
        return True
    return gfp & u.GFP_RETRY_MAYFAIL != 0 and pages_reclaimed < 1 << order


@core_jit
def alloc_pages_slowpath_2012(guest, order, mt, gfp):
    """Allocate when the fast path has failed.

    Args:
        guest: Guest. Writes all of it.
        order: int64.
        mt: int64, migratetype wanted.
        gfp: int64, GFP_*.
    Returns:
        int64 pfn in transit, or PFN_NONE.
    Source:
        3.8 mm/page_alloc.c __alloc_pages_slowpath().
    Differs:
        No OOM killer; no contention for locks.
    """
    none = np.int64(u.PFN_NONE)
    alloc_flags = alloc_flags_2012(mt, gfp)
    prio = np.int64(COMPACT_PRIO_ASYNC)
    pages_reclaimed = np.int64(0)
    rounds = np.int64(0)
    while True:
        if gfp & u.GFP_KSWAPD_RECLAIM:
            wake_kswapd(guest, order)
        pfn = get_page_from_freelist(guest, order, mt, alloc_flags)
        if pfn != u.PFN_NONE or not gfp & u.GFP_DIRECT_RECLAIM:
            return pfn
        pfn, result = direct_compact_2012(guest, order, mt, alloc_flags, prio)
        if pfn != u.PFN_NONE:
            return pfn
        prio = np.int64(COMPACT_PRIO_SYNC_LIGHT)
        if result == u.COMPACT_DEFERRED and not gfp & u.GFP_KSWAPD_RECLAIM:
            return none
        pfn, progress = direct_reclaim_2012(guest, order, mt, alloc_flags)
        if pfn != u.PFN_NONE:
            return pfn
        pages_reclaimed += progress
        rounds += 1
        if progress > 0:
            rounds = np.int64(0)
        if not should_alloc_retry(gfp, order, pages_reclaimed, rounds):
            pfn, _ = direct_compact_2012(guest, order, mt, alloc_flags, prio)
            return pfn
