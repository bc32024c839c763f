"""Per-CPU lists of the single CPU: free pages parked for quick reuse, off the buddy lists.

A parked page keeps its buddies from merging and no scanner sees it. A zone with pcp_high 0 has no
such lists.
"""

import numpy as np

from engine import units as u
from engine.core import core_inline, core_jit
from engine.core.memory.buddy import free_one_page
from engine.core.memory.fallback import RMQUEUE_NORMAL, rmqueue_mode
from engine.core.memory.freelist import (
    get_pageblock_migratetype,
    list_add,
    list_add_tail,
    list_del,
    list_pop,
    pcp_list,
)
from engine.core.memory.page import set_free, set_state

_PCP_BATCH_SCALE_MAX = 5  # CONFIG_PCP_BATCH_SCALE_MAX
_NR_LOWORDER_PCP_LISTS = u.MIGRATE_PCPTYPES * (u.PAGE_ALLOC_COSTLY_ORDER + 1)


@core_inline
def order_to_pindex(mt, order):
    """The per-CPU list that holds pages of a migratetype and order.

    Args:
        mt: int64, UNMOVABLE, MOVABLE or RECLAIMABLE.
        order: int64, 0 to 3, or HPAGE_ORDER.
    Returns:
        int64, 0 to NR_PCP_LISTS - 1.
    Source:
        mm/page_alloc.c order_to_pindex().
    """
    if order > u.PAGE_ALLOC_COSTLY_ORDER:
        return np.int64(_NR_LOWORDER_PCP_LISTS + (mt == u.MIGRATE_MOVABLE))
    return np.int64(u.MIGRATE_PCPTYPES * order + mt)


@core_inline
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
        return u.HPAGE_ORDER
    return pindex // u.MIGRATE_PCPTYPES


@core_inline
def pcp_allowed_order(guest, order):
    """Whether pages of an order are kept on per-CPU lists.

    Args:
        guest: Guest.
        order: int64.
    Returns:
        bool.
    Source:
        mm/page_alloc.c pcp_allowed_order(); 3.8 mm/page_alloc.c buffered_rmqueue(): order 0 only.
    """
    if order == 0:
        return True
    if guest.vm[0]["law_pcp_high_orders"] == 0:
        return False
    return order <= u.PAGE_ALLOC_COSTLY_ORDER or order == u.HPAGE_ORDER


@core_jit
def free_pcppages_bulk_2012(guest, zone, count):
    """Give parked pages back, oldest first: round-robin over the lists, more in each round.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones.
        zone: int64, index of the zone.
        count: int64, pages to give back; there are at least as many.
    Source:
        3.8 mm/page_alloc.c free_pcppages_bulk().
    Differs:
        A page goes back under its pageblock's current type, not the one when it was parked.
    """
    mt = np.int64(0)
    batch_free = np.int64(0)
    while count > 0:
        batch_free = np.int64(0)
        while True:
            batch_free += 1
            mt = (mt + 2) % u.MIGRATE_PCPTYPES  # 3.8's order: RECLAIMABLE, MOVABLE, UNMOVABLE
            if guest.lists[pcp_list(zone, mt)]["nr"] > 0:
                break
        if batch_free == u.MIGRATE_PCPTYPES:
            batch_free = count  # the only list with pages
        list_id = pcp_list(zone, mt)
        while count > 0 and batch_free > 0 and guest.lists[list_id]["nr"] > 0:
            pfn = np.int64(guest.lists[list_id]["last"])
            list_del(guest, list_id, pfn)
            batch_free -= 1
            count -= 1
            guest.zones[zone]["pcp_count"] -= 1
            free_one_page(guest, zone, pfn, 0, get_pageblock_migratetype(guest, pfn), 0)


@core_jit
def free_pcppages_bulk(guest, zone, count, pindex):
    """Give parked pages back to the buddy lists, oldest first, one list after another.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones.
        zone: int64, index of the zone.
        count: int64, pages to give back at least, or all if there are fewer.
        pindex: int64, list to start with.
    Source:
        mm/page_alloc.c free_pcppages_bulk().
    """
    z = guest.zones[zone]
    count = min(np.int64(z["pcp_count"]), count)
    if guest.vm[0]["law_pcp_drain_in_turn"] == 1:
        free_pcppages_bulk_2012(guest, zone, count)
        return
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


@core_inline
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
    if guest.vm[0]["law_pcp_free_grows"] == 0:
        return batch
    if free_high:
        return min(np.int64(z["pcp_count"]), batch << _PCP_BATCH_SCALE_MAX)
    if z["pcp_high"] < batch:
        return np.int64(1)
    return min(max(np.int64(z["pcp_free_count"]), batch), z["pcp_high"] - batch)


@core_inline
def free_unref_page_commit(guest, zone, pfn, mt, order):
    """Park a page on its per-CPU list, and drain some if it has grown too long.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.pgfree.
        zone: int64, index of the zone.
        pfn: int64, first page.
        mt: int64, UNMOVABLE, MOVABLE or RECLAIMABLE.
        order: int64, one that pcp_allowed_order() allows.
    Source:
        mm/page_alloc.c free_unref_page_commit(), nr_pcp_high().
    Differs:
        The lists have one size (high_min = high_max), as with vm.percpu_pagelist_high_fraction
        set; they are not auto-tuned. PCPF_FREE_HIGH_BATCH counts as set (a CPU cache of more
        than 3 batches).
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


@core_inline
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
    if guest.vm[0]["law_pcp_refill_grows"] == 0:
        return batch
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
    """Refill one per-CPU list from the buddy lists, keeping the order in which pages are taken.

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


@core_inline
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
