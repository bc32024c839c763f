"""Allocating and freeing pages while the free lists suffice: zonelist, watermarks, buddy lists.

What happens when they do not is in slowpath.py. Pages are returned in transit
(core/memory/page.py): the caller gives them their state with set_state.
"""

import numpy as np

from engine import units as u
from engine.core import core_inline, core_jit
from engine.core.memory.buddy import free_to_buddy, rmqueue_smallest
from engine.core.memory.fallback import rmqueue
from engine.core.memory.freelist import get_pageblock_migratetype, zone_of
from engine.core.memory.highatomic import reserve_highatomic_pageblock
from engine.core.memory.lru import lru_del
from engine.core.memory.nodes import first_zone, zone_allowed, zonelist_zone
from engine.core.memory.pcp import (
    drain_all,
    drain_pcp,
    free_unref_page_commit,
    pcp_allowed_order,
    pindex_to_order,
    rmqueue_pcplist,
)
from engine.core.memory.wakeup import wakeup_kswapd_of
from engine.core.memory.watermark import (
    MAX_RECLAIM_RETRIES,
    wmark_pages,
    zone_watermark_fast,
    zone_watermark_ok,
)

__all__ = [
    "MAX_RECLAIM_RETRIES",
    "alloc_flags_nofragment",
    "disown",
    "drain_all",
    "drain_pcp",
    "free_pages",
    "get_page_from_freelist",
    "pindex_to_order",
    "rmqueue_buddy",
    "rmqueue_zone",
    "wmark_pages",
    "zone_usable",
    "zone_watermark_ok",
]


@core_jit
def rmqueue_buddy(guest, zone, order, mt, alloc_flags):
    """Take a page from the buddy lists of a zone, from HIGHATOMIC pageblocks where allowed.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        zone: int64, index of the zone.
        order: int64.
        mt: int64, migratetype wanted.
        alloc_flags: int64, ALLOC_*.
    Returns:
        int64 pfn, in transit, or PFN_NONE.
    Source:
        mm/page_alloc.c rmqueue_buddy().
    """
    if alloc_flags & u.ALLOC_HIGHATOMIC:
        pfn = rmqueue_smallest(guest, zone, order, u.MIGRATE_HIGHATOMIC)
        if pfn != u.PFN_NONE:
            return pfn
    pfn = rmqueue(guest, zone, order, mt, alloc_flags)
    if pfn == u.PFN_NONE and alloc_flags & (u.ALLOC_NO_WATERMARKS | u.ALLOC_NON_BLOCK):
        pfn = rmqueue_smallest(guest, zone, order, u.MIGRATE_HIGHATOMIC)
    return pfn


@core_inline
def rmqueue_zone(guest, zone, order, mt, alloc_flags):
    """Take a page from a zone: per-CPU lists for small orders and 2 MiB, else the buddy lists.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        zone: int64, index of the zone.
        order: int64.
        mt: int64, migratetype wanted.
        alloc_flags: int64, ALLOC_*.
    Returns:
        int64 pfn, in transit, or PFN_NONE.
    Source:
        mm/page_alloc.c rmqueue().
    """
    z = guest.zones[zone]
    pfn = np.int64(u.PFN_NONE)
    if z["pcp_high"] > 0 and pcp_allowed_order(guest, order) and mt < u.MIGRATE_PCPTYPES:
        pfn = rmqueue_pcplist(guest, zone, order, mt, alloc_flags)
    if pfn == u.PFN_NONE:
        pfn = rmqueue_buddy(guest, zone, order, mt, alloc_flags)
    if pfn != u.PFN_NONE:
        guest.vm[0]["pgalloc"] += 1 << order
    if alloc_flags & u.ALLOC_KSWAPD and z["zone_flags"] & u.ZONE_BOOSTED_WATERMARK:
        z["zone_flags"] &= ~u.ZONE_BOOSTED_WATERMARK
        wakeup_kswapd_of(guest, zone, 0, 0)
    return pfn


@core_inline
def zone_usable(guest, zone, mt):
    """Whether the request in progress, of a migratetype, may use a zone.

    Args:
        guest: Guest.
        zone: int64, index of the zone.
        mt: int64, migratetype wanted.
    Returns:
        bool; only movable requests may use ZONE_MOVABLE.
    Source:
        include/linux/gfp.h gfp_zone(); mm/page_alloc.c for_next_zone_zonelist_nodemask().
    """
    if not zone_allowed(guest, zone):
        return False
    return mt == u.MIGRATE_MOVABLE or guest.zones[zone]["name"] != u.ZONE_MOVABLE


@core_jit
def alloc_flags_nofragment(guest, mt, alloc_flags):
    """Add ALLOC_NOFRAGMENT where a lower zone can be tried before migratetypes are mixed.

    Args:
        guest: Guest.
        mt: int64, migratetype wanted.
        alloc_flags: int64, ALLOC_*.
    Returns:
        int64, ALLOC_*.
    Source:
        mm/page_alloc.c alloc_flags_nofragment().
    """
    if guest.vm[0]["law_spread_over_zones"] == 0:
        return alloc_flags
    for i in range(guest.zones.shape[0]):
        zone = zonelist_zone(guest, i)
        if zone_usable(guest, zone, mt):
            z = guest.zones[zone]
            if z["name"] != u.ZONE_NORMAL:
                return alloc_flags
            if guest.vm[0]["more_nodes"] > 0 and zone == first_zone(guest, np.int64(z["node"])):
                return alloc_flags  # the node has no ZONE_DMA32
            return alloc_flags | u.ALLOC_NOFRAGMENT
    return alloc_flags


@core_inline
def _get_page_once(guest, order, mt, alloc_flags):
    """One walk down the zonelist.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        order: int64.
        mt: int64, migratetype wanted.
        alloc_flags: int64, ALLOC_*.
    Returns:
        int64 pfn, in transit, or PFN_NONE.
    Source:
        mm/page_alloc.c get_page_from_freelist().
    """
    for i in range(guest.zones.shape[0]):
        zone = zonelist_zone(guest, i)
        if guest.zones[zone]["managed"] == 0 or not zone_usable(guest, zone, mt):
            continue
        is_remote = guest.zones[zone]["node"] != guest.vm[0]["local_node"]
        if is_remote and alloc_flags & u.ALLOC_NOFRAGMENT:
            break  # locality is worth more than unmixed pageblocks
        if alloc_flags & u.ALLOC_NO_WATERMARKS == 0:
            mark = wmark_pages(guest, zone, alloc_flags & u.ALLOC_WMARK_MASK)
            if not zone_watermark_fast(guest, zone, order, mark, alloc_flags):
                continue
        pfn = rmqueue_zone(guest, zone, order, mt, alloc_flags)
        if pfn != u.PFN_NONE:
            if alloc_flags & u.ALLOC_HIGHATOMIC:
                reserve_highatomic_pageblock(guest, zone, pfn, order)
            return pfn
    return np.int64(u.PFN_NONE)


@core_jit
def get_page_from_freelist(guest, order, mt, alloc_flags):
    """Allocate from the first zone of the zonelist that stays above the watermark asked for.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        order: int64.
        mt: int64, migratetype wanted.
        alloc_flags: int64, ALLOC_*; the low two bits choose the watermark.
    Returns:
        int64 pfn, in transit, or PFN_NONE.
    Source:
        mm/page_alloc.c get_page_from_freelist().
    Differs:
        No cpusets, no dirty limits. ZONE_BELOW_HIGH has no effect with per-CPU lists of
        one size.
    """
    pfn = _get_page_once(guest, order, mt, alloc_flags)
    if pfn == u.PFN_NONE and alloc_flags & u.ALLOC_NOFRAGMENT:
        pfn = _get_page_once(guest, order, mt, alloc_flags & ~u.ALLOC_NOFRAGMENT)
    return pfn


@core_inline
def disown(guest, pfn):
    """Take a page off the LRU and away from its workload object, so that it can be freed.

    Args:
        guest: Guest. Writes pages, lists, zones.nr_zone_*.
        pfn: int64, first page.
    Source:
        mm/swap.c __page_cache_release().
    """
    page = guest.pages[pfn]
    handle = np.int64(page["handle"])
    if handle != u.HANDLE_NONE:
        guest.pages[handle]["where"] = u.PFN_NONE
        page["handle"] = u.HANDLE_NONE
    if np.int64(page["flags"]) & u.PG_LRU:
        lru_del(guest, pfn)


@core_jit
def free_pages(guest, pfn, order):
    """Free pages: to the per-CPU lists if they take that order, else to the buddy lists.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.pgfree.
        pfn: int64, first page; allocated, on no list but an LRU list, which it leaves.
        order: int64.
    Source:
        mm/page_alloc.c free_unref_page(), __free_pages_ok().
    """
    disown(guest, pfn)
    zone = zone_of(guest, pfn)
    mt = get_pageblock_migratetype(guest, pfn)
    # BALLOON (ours) lends no pages out: bypass the per-CPU lists, as for ISOLATE.
    if (
        guest.zones[zone]["pcp_high"] == 0
        or not pcp_allowed_order(guest, order)
        or mt == u.MIGRATE_ISOLATE
        or mt == u.MIGRATE_BALLOON
    ):
        free_to_buddy(guest, pfn, order)
        return
    if mt >= u.MIGRATE_PCPTYPES:
        mt = np.int64(u.MIGRATE_MOVABLE)
    free_unref_page_commit(guest, zone, pfn, mt, order)
