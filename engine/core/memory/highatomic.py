"""Reserving pageblocks for high-order atomic allocations, and unreserving them."""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.memory.buddy import change_pageblock_range, move_freepages_block, move_to_free_list
from engine.core.memory.freelist import free_list, get_pageblock_migratetype
from engine.core.memory.nodes import zone_allowed, zonelist_zone


@core_jit
def reserve_highatomic_pageblock(guest, zone, pfn, order):
    """Reserve the pageblock of a high-order atomic allocation for later ones.

    Args:
        guest: Guest. Writes pages, lists, zones, blocks.
        zone: int64, index of the zone.
        pfn: int64, first page of the allocation.
        order: int64, its order.
    Source:
        mm/page_alloc.c reserve_highatomic_pageblock().
    """
    if guest.vm[0]["law_reserve_at_boot"] == 1:
        return  # it has a reserve of its own (core/profile_2012.py)
    z = guest.zones[zone]
    share = z["managed"] // 100
    if share < u.PAGEBLOCK_NR_PAGES:
        return
    max_managed = -(-share // u.PAGEBLOCK_NR_PAGES) * u.PAGEBLOCK_NR_PAGES
    if z["nr_reserved_highatomic"] >= max_managed:
        return
    mt = get_pageblock_migratetype(guest, pfn)
    if mt >= u.MIGRATE_PCPTYPES:
        return
    if order < u.PAGEBLOCK_ORDER:
        move_freepages_block(guest, zone, pfn >> u.PAGEBLOCK_ORDER, mt, u.MIGRATE_HIGHATOMIC)
        z["nr_reserved_highatomic"] += u.PAGEBLOCK_NR_PAGES
    else:
        change_pageblock_range(guest, pfn, order, u.MIGRATE_HIGHATOMIC)
        z["nr_reserved_highatomic"] += 1 << order


@core_jit
def _unreserve_zone(guest, zone, mt):
    """Give one HIGHATOMIC pageblock of a zone back to ordinary use.

    Args:
        guest: Guest. Writes pages, lists, zones, blocks, vm.whole_unreserved: such a free block
            lies beside a buddy of its type and does not merge, in the kernel neither.
        zone: int64, index of the zone.
        mt: int64, migratetype that the pageblock gets.
    Returns:
        bool, whether pages were moved.
    Source:
        mm/page_alloc.c unreserve_highatomic_pageblock(), the loop over orders.
    """
    z = guest.zones[zone]
    for order in range(u.NR_PAGE_ORDERS):
        pfn = np.int64(guest.lists[free_list(zone, order, u.MIGRATE_HIGHATOMIC)]["first"])
        if pfn == u.PFN_NONE:
            continue
        size = min(max(u.PAGEBLOCK_NR_PAGES, 1 << order), z["nr_reserved_highatomic"])
        z["nr_reserved_highatomic"] -= size
        if order < u.PAGEBLOCK_ORDER:
            block = pfn >> u.PAGEBLOCK_ORDER
            return move_freepages_block(guest, zone, block, u.MIGRATE_HIGHATOMIC, mt) > 0
        move_to_free_list(guest, zone, pfn, order, u.MIGRATE_HIGHATOMIC, mt)
        change_pageblock_range(guest, pfn, order, mt)
        guest.vm[0]["whole_unreserved"] += 1
        return True
    return False


@core_jit
def unreserve_highatomic_pageblock(guest, mt, force):
    """Give a HIGHATOMIC pageblock back when an allocation is about to fail.

    Args:
        guest: Guest. Writes pages, lists, zones, blocks.
        mt: int64, migratetype of the allocation, which the pageblock gets.
        force: int64, 1 = also a zone's last reserved pageblock.
    Returns:
        bool, whether pages were given back.
    Source:
        mm/page_alloc.c unreserve_highatomic_pageblock().
    """
    if guest.vm[0]["law_reserve_at_boot"] == 1:
        return False
    for i in range(guest.zones.shape[0]):
        zone = zonelist_zone(guest, i)
        if not zone_allowed(guest, zone):
            continue
        reserved = guest.zones[zone]["nr_reserved_highatomic"]
        if not force and reserved <= u.PAGEBLOCK_NR_PAGES:
            continue
        if _unreserve_zone(guest, zone, mt):
            return True
    return False
