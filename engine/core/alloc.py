"""Allocating and freeing pages as long as the free lists suffice: per-CPU lists, watermarks, zonelist.

What an allocation does when this fails is slowpath.py's. Pages come back in transit (core/page.py): the caller
says by set_state what they are.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.buddy import free_one_page, free_to_buddy, rmqueue_smallest, watermark_ok
from engine.core.fallback import RMQUEUE_NORMAL, reserve_highatomic_pageblock, rmqueue, rmqueue_mode
from engine.core.freelist import (
    get_pageblock_migratetype,
    list_add,
    list_add_tail,
    list_del,
    list_pop,
    pcp_list,
    zone_of,
)
from engine.core.lru import lru_del
from engine.core.page import set_free, set_state

_PCP_BATCH_SCALE_MAX = 5  # CONFIG_PCP_BATCH_SCALE_MAX
_NR_LOWORDER_PCP_LISTS = u.MIGRATE_PCPTYPES * (u.PAGE_ALLOC_COSTLY_ORDER + 1)
MAX_RECLAIM_RETRIES = 16  # mm/internal.h


@core_jit
def order_to_pindex(mt, order):
    """Which per-CPU list holds pages of a migratetype and order.

    Args:
        mt: int64, UNMOVABLE, MOVABLE or RECLAIMABLE.
        order: int64, 0 to 3, or PAGEBLOCK_ORDER.
    Returns:
        int64, 0 to NR_PCP_LISTS - 1.
    Source:
        mm/page_alloc.c order_to_pindex().
    """
    if order > u.PAGE_ALLOC_COSTLY_ORDER:
        return np.int64(_NR_LOWORDER_PCP_LISTS + (mt == u.MIGRATE_MOVABLE))
    return np.int64(u.MIGRATE_PCPTYPES * order + mt)


@core_jit
def pindex_to_order(pindex):
    """Order of the pages on a per-CPU list.

    Args:
        pindex: int64, 0 to NR_PCP_LISTS - 1.
    Returns:
        int64.
    Source:
        mm/page_alloc.c pindex_to_order().
    """
    if pindex >= _NR_LOWORDER_PCP_LISTS:
        return u.PAGEBLOCK_ORDER
    return pindex // u.MIGRATE_PCPTYPES


@core_jit
def pcp_allowed_order(order):
    """Whether pages of an order are kept on per-CPU lists.

    Args:
        order: int64.
    Returns:
        bool.
    Source:
        mm/page_alloc.c pcp_allowed_order().
    """
    return order <= u.PAGE_ALLOC_COSTLY_ORDER or order == u.PAGEBLOCK_ORDER


@core_jit
def wmark_pages(guest, zone, which):
    """A watermark of a zone, boost included.

    Args:
        guest: Guest.
        zone: int64, index of the zone.
        which: int64, WMARK_*.
    Returns:
        int64, pages.
    Source:
        include/linux/mmzone.h wmark_pages().
    """
    z = guest.zones[zone]
    mark = z["wmark_promo"]
    if which == u.WMARK_MIN:
        mark = z["wmark_min"]
    elif which == u.WMARK_LOW:
        mark = z["wmark_low"]
    elif which == u.WMARK_HIGH:
        mark = z["wmark_high"]
    return mark + z["watermark_boost"]


@core_jit
def zone_watermark_ok(guest, zone, order, mark, alloc_flags):
    """Whether a request that may use the highest zone leaves a zone above a mark.

    Args:
        guest: Guest.
        zone: int64, index of the zone.
        order: int64.
        mark: int64, pages; see wmark_pages().
        alloc_flags: int64, ALLOC_*.
    Returns:
        bool.
    Source:
        mm/page_alloc.c zone_watermark_ok().
    """
    return watermark_ok(guest, zone, order, mark, guest.zones[zone]["lowmem_reserve"], alloc_flags)


@core_jit
def zone_watermark_fast(guest, zone, order, mark, alloc_flags):
    """zone_watermark_ok for the allocator: urgent order-0 requests ignore the boost of the min mark.

    Args:
        guest: Guest.
        zone: int64, index of the zone.
        order: int64.
        mark: int64, pages.
        alloc_flags: int64, ALLOC_*.
    Returns:
        bool.
    Source:
        mm/page_alloc.c zone_watermark_fast().
    """
    if zone_watermark_ok(guest, zone, order, mark, alloc_flags):
        return True
    z = guest.zones[zone]
    if (
        order == 0
        and alloc_flags & u.ALLOC_MIN_RESERVE
        and z["watermark_boost"] > 0
        and alloc_flags & u.ALLOC_WMARK_MASK == u.WMARK_MIN
    ):
        return zone_watermark_ok(guest, zone, 0, z["wmark_min"], alloc_flags)
    return False


# -- per-CPU lists


@core_jit
def free_pcppages_bulk(guest, zone, count, pindex):
    """Give parked pages back to the buddy lists, oldest first, one list after the other.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones.
        zone: int64, index of the zone.
        count: int64, pages to give back at least, as far as there are any.
        pindex: int64, list to begin with.
    Source:
        mm/page_alloc.c free_pcppages_bulk().
    """
    z = guest.zones[zone]
    count = min(np.int64(z["pcp_count"]), count)
    pindex -= 1
    while count > 0:
        pindex += 1
        if pindex > u.NR_PCP_LISTS - 1:
            pindex = 0
        list_id = pcp_list(zone, pindex)
        order = pindex_to_order(pindex)
        while count > 0 and guest.lists[list_id]["nr"] > 0:
            pfn = np.int64(guest.lists[list_id]["last"])
            list_del(guest, list_id, pfn)
            count -= 1 << order
            z["pcp_count"] -= 1 << order
            free_one_page(guest, zone, pfn, order, get_pageblock_migratetype(guest, pfn), 0)


@core_jit
def nr_pcp_free(guest, zone, free_high):
    """How many parked pages to give back once a per-CPU list has grown too long.

    Args:
        guest: Guest.
        zone: int64, index of the zone.
        free_high: int64, 1 = many high-order pages in a row have been freed.
    Returns:
        int64, pages.
    Source:
        mm/page_alloc.c nr_pcp_free().
    """
    z = guest.zones[zone]
    batch = np.int64(z["pcp_batch"])
    if free_high:
        return min(np.int64(z["pcp_count"]), batch << _PCP_BATCH_SCALE_MAX)
    if z["pcp_high"] < batch:
        return np.int64(1)
    return min(max(np.int64(z["pcp_free_count"]), batch), z["pcp_high"] - batch)


@core_jit
def free_unref_page_commit(guest, zone, pfn, mt, order):
    """Park a page on its per-CPU list, and drain some if there are too many now.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.pgfree.
        zone: int64, index of the zone.
        pfn: int64, first page.
        mt: int64, UNMOVABLE, MOVABLE or RECLAIMABLE.
        order: int64, one that pcp_allowed_order() allows.
    Source:
        mm/page_alloc.c free_unref_page_commit(), nr_pcp_high().
    Differs:
        The lists have one size (high_min = high_max), as with vm.percpu_pagelist_high_fraction set; they do
        not tune themselves. PCPF_FREE_HIGH_BATCH counts as set (a CPU cache of more than 3 batches).
    """
    z = guest.zones[zone]
    z["pcp_alloc_factor"] >>= 1
    guest.vm[0]["pgfree"] += 1 << order
    set_state(guest, pfn, order, u.STATE_PCP, 0)
    pindex = order_to_pindex(mt, order)
    list_add(guest, pcp_list(zone, pindex), pfn)
    z["pcp_count"] += 1 << order
    batch = np.int64(z["pcp_batch"])
    free_high = 0
    if order > 0 and order <= u.PAGE_ALLOC_COSTLY_ORDER:
        if (
            z["pcp_free_count"] >= batch
            and z["pcp_flags"] & u.PCPF_PREV_FREE_HIGH_ORDER
            and z["pcp_count"] >= batch
        ):
            free_high = 1
        z["pcp_flags"] |= u.PCPF_PREV_FREE_HIGH_ORDER
    else:
        z["pcp_flags"] &= ~u.PCPF_PREV_FREE_HIGH_ORDER
    if z["pcp_free_count"] < batch << _PCP_BATCH_SCALE_MAX:
        z["pcp_free_count"] += 1 << order
    high = np.int64(z["pcp_high"])
    if free_high:
        high = np.int64(0)
    if z["pcp_count"] >= high:
        free_pcppages_bulk(guest, zone, nr_pcp_free(guest, zone, free_high), pindex)


@core_jit
def nr_pcp_alloc(guest, zone, order):
    """How many pages to refill an empty per-CPU list with.

    Args:
        guest: Guest. Writes zones.pcp_alloc_factor.
        zone: int64, index of the zone.
        order: int64.
    Returns:
        int64, pages of that order.
    Source:
        mm/page_alloc.c nr_pcp_alloc().
    """
    z = guest.zones[zone]
    base_batch = np.int64(z["pcp_batch"])
    high = np.int64(z["pcp_high"])
    if high < base_batch:
        return np.int64(1)
    batch = base_batch
    if order == 0:
        batch = base_batch << np.int64(z["pcp_alloc_factor"])
        max_nr_alloc = max(high - z["pcp_count"] - base_batch, base_batch)
        if batch <= max_nr_alloc and z["pcp_alloc_factor"] < _PCP_BATCH_SCALE_MAX:
            z["pcp_alloc_factor"] += 1
        batch = min(batch, max_nr_alloc)
    if batch > 1:
        batch = max(batch >> order, 2)
    return batch


@core_jit
def rmqueue_bulk(guest, zone, order, mt, alloc_flags):
    """Refill one per-CPU list from the buddy lists, in the order of taking.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        zone: int64, index of the zone.
        order: int64.
        mt: int64, UNMOVABLE, MOVABLE or RECLAIMABLE.
        alloc_flags: int64, ALLOC_*.
    Source:
        mm/page_alloc.c rmqueue_bulk().
    """
    list_id = pcp_list(zone, order_to_pindex(mt, order))
    mode = np.int64(RMQUEUE_NORMAL)
    for _ in range(nr_pcp_alloc(guest, zone, order)):
        pfn, mode = rmqueue_mode(guest, zone, order, mt, alloc_flags, mode)
        if pfn == u.PFN_NONE:
            break
        set_state(guest, pfn, order, u.STATE_PCP, 0)
        list_add_tail(guest, list_id, pfn)
        guest.zones[zone]["pcp_count"] += 1 << order


@core_jit
def rmqueue_pcplist(guest, zone, order, mt, alloc_flags):
    """Take a page from a per-CPU list, refilling it when empty.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        zone: int64, index of the zone.
        order: int64, one that pcp_allowed_order() allows.
        mt: int64, UNMOVABLE, MOVABLE or RECLAIMABLE.
        alloc_flags: int64, ALLOC_*.
    Returns:
        int64 pfn, in transit, or PFN_NONE.
    Source:
        mm/page_alloc.c rmqueue_pcplist(), __rmqueue_pcplist().
    """
    z = guest.zones[zone]
    z["pcp_free_count"] >>= 1
    list_id = pcp_list(zone, order_to_pindex(mt, order))
    if guest.lists[list_id]["nr"] == 0:
        rmqueue_bulk(guest, zone, order, mt, alloc_flags)
    pfn = list_pop(guest, list_id)
    if pfn != u.PFN_NONE:
        z["pcp_count"] -= 1 << order
        set_free(guest, pfn, order)
    return pfn


@core_jit
def drain_pcp(guest, zone):
    """Give all parked pages of a zone back to the buddy lists.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones.
        zone: int64, index of the zone.
    Source:
        mm/page_alloc.c drain_pages_zone().
    """
    z = guest.zones[zone]
    while z["pcp_count"] > 0:
        count = min(np.int64(z["pcp_count"]), np.int64(z["pcp_batch"]) << _PCP_BATCH_SCALE_MAX)
        free_pcppages_bulk(guest, zone, max(count, 1), 0)


@core_jit
def drain_all(guest):
    """Give all parked pages of all zones back to the buddy lists.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones.
    Source:
        mm/page_alloc.c drain_all_pages().
    """
    for zone in range(guest.zones.shape[0]):
        drain_pcp(guest, zone)


# -- waking kswapd


@core_jit
def pgdat_balanced(guest, order):
    """Whether some zone meets its high watermark, boost included, for an order.

    Args:
        guest: Guest.
        order: int64.
    Returns:
        bool.
    Source:
        mm/vmscan.c pgdat_balanced().
    """
    for zone in range(guest.zones.shape[0]):
        if guest.zones[zone]["managed"] == 0:
            continue
        if zone_watermark_ok(guest, zone, order, wmark_pages(guest, zone, u.WMARK_HIGH), 0):
            return True
    return False


@core_jit
def pgdat_watermark_boosted(guest):
    """Whether any zone's watermarks are boosted.

    Args:
        guest: Guest.
    Returns:
        bool.
    Source:
        mm/vmscan.c pgdat_watermark_boosted().
    """
    for zone in range(guest.zones.shape[0]):
        if guest.zones[zone]["watermark_boost"] > 0:
            return True
    return False


@core_jit
def wakeup_kcompactd(guest, order):
    """Ask kcompactd for free pages of an order.

    Args:
        guest: Guest. Writes vm.kcompactd_order.
        order: int64; 0 asks for nothing.
    Source:
        mm/compaction.c wakeup_kcompactd().
    Differs:
        Whether compaction is suitable is asked by the daemon when it runs, not here.
    """
    vm = guest.vm[0]
    vm["kcompactd_order"] = max(np.int64(vm["kcompactd_order"]), order)


@core_jit
def wakeup_kswapd(guest, order, direct_reclaim):
    """Wake kswapd unless the guest is balanced; then kcompactd may be what helps.

    Args:
        guest: Guest. Writes vm.kswapd_order, vm.kswapd_awake, vm.kcompactd_order.
        order: int64.
        direct_reclaim: int64, 1 = the request may reclaim and compact for itself.
    Source:
        mm/vmscan.c wakeup_kswapd().
    """
    vm = guest.vm[0]
    vm["kswapd_order"] = max(np.int64(vm["kswapd_order"]), order)
    if vm["kswapd_awake"]:
        return
    if vm["kswapd_failures"] >= MAX_RECLAIM_RETRIES or (
        pgdat_balanced(guest, order) and not pgdat_watermark_boosted(guest)
    ):
        if not direct_reclaim:
            wakeup_kcompactd(guest, order)
        return
    vm["kswapd_awake"] = 1


@core_jit
def wake_kswapd(guest, order):
    """wakeup_kswapd for a request that may reclaim directly.

    Args:
        guest: Guest. Writes vm.kswapd_order, vm.kswapd_awake.
        order: int64.
    Source:
        mm/page_alloc.c wake_all_kswapds().
    """
    wakeup_kswapd(guest, order, 1)


# -- the allocator


@core_jit
def rmqueue_buddy(guest, zone, order, mt, alloc_flags):
    """Take a page from the buddy lists of a zone, HIGHATOMIC pageblocks where allowed.

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


@core_jit
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
    if z["pcp_high"] > 0 and pcp_allowed_order(order) and mt < u.MIGRATE_PCPTYPES:
        pfn = rmqueue_pcplist(guest, zone, order, mt, alloc_flags)
    if pfn == u.PFN_NONE:
        pfn = rmqueue_buddy(guest, zone, order, mt, alloc_flags)
    if pfn != u.PFN_NONE:
        guest.vm[0]["pgalloc"] += 1 << order
    if alloc_flags & u.ALLOC_KSWAPD and z["zone_flags"] & u.ZONE_BOOSTED_WATERMARK:
        z["zone_flags"] &= ~u.ZONE_BOOSTED_WATERMARK
        wakeup_kswapd(guest, 0, 0)
    return pfn


@core_jit
def zone_usable(guest, zone, mt):
    """Whether requests of a migratetype may use a zone.

    Args:
        guest: Guest.
        zone: int64, index of the zone.
        mt: int64, migratetype wanted.
    Returns:
        bool; only movable requests may use ZONE_MOVABLE.
    Source:
        include/linux/gfp.h gfp_zone().
    """
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
    for i in range(guest.zones.shape[0]):
        zone = guest.zones.shape[0] - 1 - i
        if zone_usable(guest, zone, mt):
            if guest.zones[zone]["name"] == u.ZONE_NORMAL:
                return alloc_flags | u.ALLOC_NOFRAGMENT
            return alloc_flags
    return alloc_flags


@core_jit
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
        zone = guest.zones.shape[0] - 1 - i
        if guest.zones[zone]["managed"] == 0 or not zone_usable(guest, zone, mt):
            continue
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
    """Allocate from the first zone, highest first, that stays above the watermark asked for.

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
        One node; no cpusets, no dirty limits. ZONE_BELOW_HIGH has no effect with per-CPU lists of one size.
    """
    pfn = _get_page_once(guest, order, mt, alloc_flags)
    if pfn == u.PFN_NONE and alloc_flags & u.ALLOC_NOFRAGMENT:
        pfn = _get_page_once(guest, order, mt, alloc_flags & ~u.ALLOC_NOFRAGMENT)
    return pfn


@core_jit
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
    # BALLOON (ours) lends its pages to nobody: past the per-CPU lists, like ISOLATE.
    if (
        guest.zones[zone]["pcp_high"] == 0
        or not pcp_allowed_order(order)
        or mt == u.MIGRATE_ISOLATE
        or mt == u.MIGRATE_BALLOON
    ):
        free_to_buddy(guest, pfn, order)
        return
    if mt >= u.MIGRATE_PCPTYPES:
        mt = np.int64(u.MIGRATE_MOVABLE)
    free_unref_page_commit(guest, zone, pfn, mt, order)
