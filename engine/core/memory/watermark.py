"""Zone watermarks. Only reads counters and free lists."""

import numpy as np

from engine import units as u
from engine.core import core_inline, core_jit
from engine.core.memory.freelist import free_list
from engine.core.memory.nodes import in_node

MAX_RECLAIM_RETRIES = 16  # mm/internal.h


@core_jit
def watermark_ok_2012(guest, zone, order, mark, reserve, alloc_flags):
    """watermark_ok under the rules of 3.8: for each lower order, drop its blocks, halve the mark.

    Args:
        guest: Guest.
        zone: int64, index of the zone.
        order: int64.
        mark: int64, pages.
        reserve: int64, pages protected for requests that could use higher zones as well.
        alloc_flags: int64, ALLOC_*.
    Returns:
        bool.
    Source:
        3.8 mm/page_alloc.c __zone_watermark_ok().
    """
    z = guest.zones[zone]
    usable = z["nr_free"] - ((1 << order) - 1)
    if alloc_flags & u.ALLOC_MIN_RESERVE:
        mark -= mark // 2
    if alloc_flags & u.ALLOC_NON_BLOCK:
        mark -= mark // 4
    if alloc_flags & u.ALLOC_CMA == 0:
        usable -= z["nr_free_cma"]
    if usable <= mark + reserve:
        return False
    for o in range(order):
        nr = np.int64(0)
        for mt in range(u.NR_MIGRATETYPES):
            nr += np.int64(guest.lists[free_list(zone, o, mt)]["nr"])
        usable -= nr << o
        mark >>= 1
        if usable <= mark:
            return False
    return True


@core_jit
def watermark_ok(guest, zone, order, mark, reserve, alloc_flags):
    """Whether a zone would keep more than a mark free after giving away 2**order pages.

    Args:
        guest: Guest.
        zone: int64, index of the zone.
        order: int64.
        mark: int64, pages.
        reserve: int64, pages protected for requests that could use higher zones as well.
        alloc_flags: int64, ALLOC_*.
    Returns:
        bool.
    Source:
        mm/page_alloc.c __zone_watermark_ok(), __zone_watermark_unusable_free().
    """
    if guest.vm[0]["law_marks_halve_by_order"] == 1:
        return watermark_ok_2012(guest, zone, order, mark, reserve, alloc_flags)
    z = guest.zones[zone]
    reserves = alloc_flags & (u.ALLOC_NON_BLOCK | u.ALLOC_MIN_RESERVE | u.ALLOC_HIGHATOMIC)
    usable = z["nr_free"] - ((1 << order) - 1)
    if reserves == 0:
        usable -= z["nr_free_highatomic"]
    if alloc_flags & u.ALLOC_CMA == 0:
        usable -= z["nr_free_cma"]
    if alloc_flags & u.ALLOC_MIN_RESERVE:
        mark -= mark // 2
        if alloc_flags & u.ALLOC_NON_BLOCK:
            mark -= mark // 4
    if usable <= mark + reserve:
        return False
    if order == 0:
        return True
    for o in range(order, u.NR_PAGE_ORDERS):
        for mt in range(u.MIGRATE_PCPTYPES):
            if guest.lists[free_list(zone, o, mt)]["nr"] > 0:
                return True
        if alloc_flags & u.ALLOC_CMA and guest.lists[free_list(zone, o, u.MIGRATE_CMA)]["nr"] > 0:
            return True
        if (
            alloc_flags & u.ALLOC_HIGHATOMIC
            and guest.lists[free_list(zone, o, u.MIGRATE_HIGHATOMIC)]["nr"] > 0
        ):
            return True
    return False


@core_inline
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


@core_inline
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


@core_inline
def zone_watermark_fast(guest, zone, order, mark, alloc_flags):
    """zone_watermark_ok for the allocator: urgent order-0 requests ignore a boosted min mark.

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


@core_jit
def pgdat_balanced(guest, order):
    """Whether some zone of the node meets its high watermark, boost included, for an order.

    Args:
        guest: Guest.
        order: int64.
    Returns:
        bool.
    Source:
        mm/vmscan.c pgdat_balanced().
    """
    if guest.vm[0]["law_balance_quarter"] == 1:
        return pgdat_balanced_2012(guest, order)
    for zone in range(guest.zones.shape[0]):
        if guest.zones[zone]["managed"] == 0 or not in_node(guest, zone):
            continue
        if zone_watermark_ok(guest, zone, order, wmark_pages(guest, zone, u.WMARK_HIGH), 0):
            return True
    return False


@core_jit
def pgdat_watermark_boosted(guest):
    """Whether the watermarks of any zone of the node are boosted.

    Args:
        guest: Guest.
    Returns:
        bool.
    Source:
        mm/vmscan.c pgdat_watermark_boosted().
    """
    for zone in range(guest.zones.shape[0]):
        if guest.zones[zone]["watermark_boost"] > 0 and in_node(guest, zone):
            return True
    return False


@core_jit
def pgdat_balanced_2012(guest, order):
    """Whether all zones have enough single pages; above order 0, zones with a quarter of memory.

    Args:
        guest: Guest.
        order: int64; above 0 there must be room to compact: low mark + 2 * 2**order.
    Returns:
        bool.
    Source:
        3.8 mm/vmscan.c balance_pgdat(), pgdat_balanced(): with compaction it reclaims only single
        pages as long as compaction_suitable() says that memory is not what is missing.
    """
    managed = np.int64(0)
    balanced = np.int64(0)
    for zone in range(guest.zones.shape[0]):
        z = guest.zones[zone]
        if z["managed"] == 0 or not in_node(guest, zone):
            continue
        managed += z["managed"]
        mark = np.int64(z["wmark_high"])
        if order > 0:
            mark = max(mark, z["wmark_low"] + (2 << order))
        if watermark_ok(guest, zone, 0, mark, 0, 0):
            balanced += z["managed"]
    if order == 0:
        return balanced == managed
    return balanced * 4 >= managed
