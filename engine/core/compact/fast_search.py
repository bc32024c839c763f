"""Fast searches: both scanners search the free lists before they walk the zone.

Entries looked at are rotated to the other end of their list so that the next search sees others.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.compact.scan import (
    PAGEBLOCK_MASK,
    freelist_scan_limit,
    get_pageblock_skip,
    pageblock_start_pfn,
    zone_start_pfn,
)
from engine.core.memory.freelist import free_list, list_rotate_to_front
from engine.core.memory.suitable import free_area_nr

# fast_start_pfn: 0 = none yet, this = already used
FAST_START_USED = u.PFN_NONE


@core_jit
def next_search_order(guest, cc, order):
    """Next order for the fast search, round-robin below the wanted order.

    Args:
        guest: Guest.
        cc: int64, CC_*. Writes search_order when the round is complete.
        order: int64, order searched last.
    Returns:
        int64, -1 when all orders have been searched.
    Source:
        mm/compaction.c next_search_order().
    """
    c = guest.cc[cc]
    order = np.int64(order) - 1
    if order < 0:
        order = np.int64(c["order"]) - 1
    if order == c["search_order"]:
        c["search_order"] -= 1
        if c["search_order"] < 0:
            c["search_order"] = c["order"] - 1
        return np.int64(-1)
    return order


@core_jit
def search_free_list(guest, cc, order, limit, bounds):
    """Search one MOVABLE free list from its tail for a page high in the zone.

    Args:
        guest: Guest. Writes lists, pages.next, pages.prev.
        cc: int64, CC_*. Writes fast_search_fail, search_order when a preferred page is found.
        order: int64, order of the list.
        limit: int64, entries that may be looked at; halved at each candidate.
        bounds: int64, int64: lowest acceptable pfn, lowest preferred pfn.
    Returns:
        tuple of int64: pfn or PFN_NONE, entries looked at, limit left, start of the highest
        pageblock seen (0 = none).
    Source:
        mm/compaction.c fast_isolate_freepages(), the loop over one list, with move_freelist_head().
    """
    min_pfn, low_pfn = bounds
    c = guest.cc[cc]
    zone = np.int64(c["zone"])
    list_id = free_list(zone, order, u.MIGRATE_MOVABLE)
    found = np.int64(u.PFN_NONE)
    high_pfn = np.int64(0)
    highest = np.int64(0)
    scanned = np.int64(0)
    pfn = np.int64(guest.lists[list_id]["last"])
    while pfn != u.PFN_NONE:
        scanned += 1
        if pfn >= highest:
            highest = max(pageblock_start_pfn(pfn), zone_start_pfn(guest, zone))
        if pfn >= low_pfn:
            c["fast_search_fail"] = 0
            c["search_order"] = order
            found = pfn
            break
        if pfn >= min_pfn and pfn > high_pfn:
            high_pfn = pfn
            limit >>= 1
        if scanned >= limit:
            break
        pfn = np.int64(guest.pages[pfn]["prev"])
    if found == u.PFN_NONE and high_pfn:
        found = high_pfn
        pfn = high_pfn
    # Entries looked at go to the front so that the next search sees others. If the whole list was
    # walked without success, the kernel's cut is empty: nothing moves.
    if pfn != u.PFN_NONE:
        list_rotate_to_front(guest, list_id, pfn)
    return found, scanned, limit, highest


@core_jit
def find_in_free_list(guest, cc, order, high_pfn, nr_scanned):
    """Search one MOVABLE free list for a pageblock low in the zone.

    Args:
        guest: Guest. Writes lists, pages.next, pages.prev.
        cc: int64, CC_*.
        order: int64, order of the list.
        high_pfn: int64, the page must lie below.
        nr_scanned: int64, entries looked at so far in this search.
    Returns:
        tuple of int64: pfn found or PFN_NONE, entries looked at so far.
    Source:
        mm/compaction.c fast_find_migrateblock(), the loop over one list, with move_freelist_tail().
    """
    limit = freelist_scan_limit(guest, cc)
    list_id = free_list(np.int64(guest.cc[cc]["zone"]), order, u.MIGRATE_MOVABLE)
    found = np.int64(u.PFN_NONE)
    pfn = np.int64(guest.lists[list_id]["first"])
    while pfn != u.PFN_NONE:
        nr_scanned += 1
        if nr_scanned > limit:
            break
        if pfn < high_pfn and not get_pageblock_skip(guest, pfn):
            found = pfn
            break
        pfn = np.int64(guest.pages[pfn]["next"])
    if pfn != u.PFN_NONE:
        # Entries looked at go behind the rest.
        after = np.int64(guest.pages[pfn]["next"])
        if after != u.PFN_NONE:
            list_rotate_to_front(guest, list_id, after)
    return found, nr_scanned


@core_jit
def may_find_migrateblock(guest, cc):
    """Whether this compactor may search the free lists for a pageblock now.

    Args:
        guest: Guest.
        cc: int64, CC_*.
    Returns:
        bool.
    Source:
        mm/compaction.c fast_find_migrateblock(), its tests.
    """
    c = guest.cc[cc]
    if c["ignore_skip_hint"] or c["finish_pageblock"]:
        return False
    pfn = c["migrate_pfn"]
    if pfn & PAGEBLOCK_MASK and pfn != zone_start_pfn(guest, c["zone"]):
        return False
    if c["order"] <= u.PAGE_ALLOC_COSTLY_ORDER:
        return False
    return not c["direct_compaction"] or c["migratetype"] == u.MIGRATE_MOVABLE


@core_jit
def fast_find_migrateblock(guest, cc):
    """Choose the pageblock to scan next: one with free pages if the free lists soon yield one.

    Args:
        guest: Guest. Writes lists, pages.next, pages.prev.
        cc: int64, CC_*. Writes migrate_pfn, fast_start_pfn, fast_search_fail and counters.
    Returns:
        int64 pfn to scan from.
    Source:
        mm/compaction.c fast_find_migrateblock(), update_fast_start_pfn(), reinit_migrate_pfn().
    """
    c = guest.cc[cc]
    pfn = np.int64(c["migrate_pfn"])
    if not may_find_migrateblock(guest, cc):
        return pfn
    zone = np.int64(c["zone"])
    start_pfn = zone_start_pfn(guest, zone)
    distance = np.int64(c["free_pfn"] - pfn) >> 1
    if pfn != start_pfn:
        distance >>= 2
    high_pfn = pageblock_start_pfn(pfn + distance)
    limit = freelist_scan_limit(guest, cc)
    nr_scanned = np.int64(0)
    found = np.int64(u.PFN_NONE)
    order = np.int64(c["order"]) - 1
    while order >= u.PAGE_ALLOC_COSTLY_ORDER and found == u.PFN_NONE and nr_scanned < limit:
        if free_area_nr(guest, zone, order):
            found, nr_scanned = find_in_free_list(guest, cc, order, high_pfn, nr_scanned)
        order -= 1
    c["total_migrate_scanned"] += nr_scanned
    if found != u.PFN_NONE:
        if c["fast_start_pfn"] != FAST_START_USED:
            if c["fast_start_pfn"] == 0 or found < c["fast_start_pfn"]:
                c["fast_start_pfn"] = found
        c["fast_search_fail"] = 0
        return max(pageblock_start_pfn(found), start_pfn)
    c["fast_search_fail"] += 1
    if c["fast_start_pfn"] != 0 and c["fast_start_pfn"] != FAST_START_USED:
        c["migrate_pfn"] = c["fast_start_pfn"]
        c["fast_start_pfn"] = FAST_START_USED
    return np.int64(c["migrate_pfn"])
