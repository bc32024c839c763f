"""Free blocks on a zone's free lists: linking, splitting, taking; pageblock types.

A block taken from a list is *in transit* (core/memory/page.py) until its new owner calls set_state.
Merging is in buddy.py.
"""

import numpy as np

from engine import units as u
from engine.core import core_inline, core_jit
from engine.core.memory.events import note_free_block
from engine.core.memory.freelist import free_list, list_add, list_add_tail, list_del
from engine.core.memory.page import mark_changed

# Under the rules of 3.8 a free block may be listed under another migratetype than its pageblock's.
# Its first page keeps that migratetype plus one in these bits; 0 = the pageblock's.
_LISTED_SHIFT = 13


@core_inline
def listed_type(guest, pfn, mt):
    """Migratetype of the free list that a free block is on.

    Args:
        guest: Guest.
        pfn: int64, first page of the block.
        mt: int64, migratetype of its pageblock.
    Returns:
        int64, MIGRATE_*.
    Source:
        mm/page_alloc.c account_freepages(): since 6.10 list and pageblock agree; 3.8 did not care.
    """
    code = np.int64(guest.pages[pfn]["flags"]) >> _LISTED_SHIFT
    if code == 0:
        return mt
    return code - 1


@core_inline
def set_listed_type(guest, pfn, mt):
    """Record the migratetype that a free block is listed under where its pageblock's differs.

    Args:
        guest: Guest. Writes pages.flags under law lists_apart.
        pfn: int64, first page of a free block.
        mt: int64, migratetype of the list.
    Source:
        not of the kernel: its lists are linked through the pages.
    """
    if guest.vm[0]["law_lists_apart"] == 1:
        guest.pages[pfn]["flags"] = (mt + 1) << _LISTED_SHIFT


@core_inline
def account_freepages(guest, zone, nr, mt):
    """Add free pages to a zone's counters, or subtract them.

    Args:
        guest: Guest. Writes zones.nr_free, nr_free_highatomic, nr_free_cma.
        zone: int64, index of the zone.
        nr: int64, pages to add, negative to take away.
        mt: int64, migratetype of their pageblock; ISOLATE pages are not counted.
    Source:
        mm/page_alloc.c account_freepages().
    """
    if mt == u.MIGRATE_ISOLATE:
        return
    z = guest.zones[zone]
    z["nr_free"] += nr
    if mt == u.MIGRATE_CMA:
        z["nr_free_cma"] += nr
    elif mt == u.MIGRATE_HIGHATOMIC and guest.vm[0]["law_reserve_at_boot"] == 0:
        z["nr_free_highatomic"] += nr


@core_inline
def is_free_block(guest, pfn):
    """Whether a page is the first of a free block, i.e. is on a free list.

    Args:
        guest: Guest.
        pfn: int64.
    Returns:
        bool.
    Source:
        include/linux/page-flags.h PageBuddy().
    """
    page = guest.pages[pfn]
    return page["state"] == u.STATE_FREE and page["order"] != u.ORDER_TAIL


@core_inline
def page_is_buddy(guest, zone, pfn, order):
    """Whether ``pfn`` begins a free block of exactly ``order`` in the zone.

    Args:
        guest: Guest.
        zone: int64, index of the zone.
        pfn: int64, may lie outside the zone and outside memory.
        order: int64.
    Returns:
        bool.
    Source:
        mm/internal.h page_is_buddy().
    """
    # Below pageblock order the buddy is in the same pageblock, hence in the zone and present.
    if order >= u.PAGEBLOCK_ORDER:
        z = guest.zones[zone]
        if pfn < z["start_pfn"] or pfn >= z["end_pfn"]:
            return False
    page = guest.pages[pfn]
    return page["state"] == u.STATE_FREE and page["order"] == order


@core_inline
def link_free_block(guest, zone, pfn, order, mt, tail):
    """Put a block on its free list without counting its pages.

    Args:
        guest: Guest. Writes pages, lists.
        zone: int64, index of the zone.
        pfn: int64, first page, STATE_FREE.
        order: int64.
        mt: int64, migratetype of the pageblock.
        tail: int64, 1 = last in the list, 0 = first.
    Source:
        mm/page_alloc.c __add_to_free_list(), set_buddy_order().
    """
    guest.pages[pfn]["order"] = order
    set_listed_type(guest, pfn, mt)
    list_id = free_list(zone, order, mt)
    if tail:
        list_add_tail(guest, list_id, pfn)
    else:
        list_add(guest, list_id, pfn)
    if order >= u.PAGEBLOCK_ORDER:
        note_free_block(guest, u.EVENT_FREE, pfn, order)
        # Merging or splitting above pageblock order changes what the neighbour shows.
        for block in range(pfn >> u.PAGEBLOCK_ORDER, (pfn + (1 << order)) >> u.PAGEBLOCK_ORDER):
            mark_changed(guest, block)


@core_inline
def unlink_free_block(guest, zone, pfn, order, mt):
    """Take a block off its free list without counting its pages; it is then in transit.

    Args:
        guest: Guest. Writes pages, lists.
        zone: int64, index of the zone.
        pfn: int64, first page.
        order: int64.
        mt: int64, migratetype of the list, or of the pageblock where the two may differ.
    Source:
        mm/page_alloc.c __del_page_from_free_list().
    """
    list_del(guest, free_list(zone, order, listed_type(guest, pfn, mt)), pfn)
    guest.pages[pfn]["order"] = u.ORDER_TAIL
    guest.pages[pfn]["flags"] = 0
    note_free_block(guest, u.EVENT_USED, pfn, order)


@core_inline
def add_to_free_list(guest, pfn, zone, order, mt, tail):
    """Put a block on its free list and count its pages.

    Args:
        guest: Guest. Writes pages, lists, zones.
        pfn: int64, first page, STATE_FREE.
        zone: int64, index of the zone.
        order: int64.
        mt: int64, migratetype of the pageblock.
        tail: int64, 1 = last in the list, 0 = first.
    Source:
        mm/page_alloc.c __add_to_free_list(), account_freepages().
    """
    link_free_block(guest, zone, pfn, order, mt, tail)
    account_freepages(guest, zone, 1 << order, mt)


@core_inline
def del_page_from_free_list(guest, pfn, zone, order, mt):
    """Take a block off its free list and subtract its pages; it is then in transit.

    Args:
        guest: Guest. Writes pages, lists, zones.
        pfn: int64, first page.
        zone: int64, index of the zone.
        order: int64.
        mt: int64, migratetype of the list.
    Source:
        mm/page_alloc.c del_page_from_free_list().
    """
    unlink_free_block(guest, zone, pfn, order, mt)
    account_freepages(guest, zone, -(1 << order), mt)


@core_inline
def expand(guest, zone, pfn, low, high, mt):
    """Halve a block in transit down to ``low``; the upper halves go to the heads of their lists.

    Args:
        guest: Guest. Writes pages, lists.
        zone: int64, index of the zone.
        pfn: int64, first page; keeps the lowest 2**low pages.
        low: int64, order wanted.
        high: int64, order of the block.
        mt: int64, migratetype of the lists.
    Returns:
        int64, pages put on lists; not yet counted.
    Source:
        mm/page_alloc.c expand().
    """
    nr_added = 0
    while high > low:
        high -= 1
        link_free_block(guest, zone, pfn + (1 << high), high, mt, 0)
        nr_added += 1 << high
    return nr_added


@core_inline
def page_del_and_expand(guest, zone, pfn, low, high, mt):
    """Take a block off its list and keep its lowest 2**low pages, in transit.

    Args:
        guest: Guest. Writes pages, lists, zones.
        zone: int64, index of the zone.
        pfn: int64, first page.
        low: int64, order wanted.
        high: int64, order of the block.
        mt: int64, migratetype of the lists.
    Source:
        mm/page_alloc.c page_del_and_expand().
    """
    unlink_free_block(guest, zone, pfn, high, mt)
    nr_added = expand(guest, zone, pfn, low, high, mt)
    account_freepages(guest, zone, nr_added - (1 << high), mt)


@core_inline
def rmqueue_smallest(guest, zone, order, mt):
    """Take the first block of the smallest sufficient order on one migratetype's lists.

    Args:
        guest: Guest. Writes pages, lists, zones.
        zone: int64, index of the zone.
        order: int64.
        mt: int64, migratetype.
    Returns:
        int64 pfn, in transit, or PFN_NONE.
    Source:
        mm/page_alloc.c __rmqueue_smallest().
    """
    for current_order in range(order, u.NR_PAGE_ORDERS):
        pfn = np.int64(guest.lists[free_list(zone, current_order, mt)]["first"])
        if pfn != u.PFN_NONE:
            page_del_and_expand(guest, zone, pfn, order, current_order, mt)
            return pfn
    return np.int64(u.PFN_NONE)


@core_jit
def set_pageblock_migratetype(guest, block, mt):
    """Change the migratetype of one pageblock, not of the free pages in it.

    Args:
        guest: Guest. Writes blocks.migratetype, blocks.flags.
        block: int64, index of the pageblock.
        mt: int64, migratetype.
    Source:
        mm/page_alloc.c set_pageblock_migratetype().
    """
    guest.blocks[block]["migratetype"] = mt
    mark_changed(guest, block)


@core_jit
def change_pageblock_range(guest, pfn, order, mt):
    """Change the migratetype of every pageblock that a block of at least that size covers.

    Args:
        guest: Guest. Writes blocks.migratetype, blocks.flags.
        pfn: int64, first page.
        order: int64, PAGEBLOCK_ORDER or more.
        mt: int64, migratetype.
    Source:
        mm/page_alloc.c change_pageblock_range().
    """
    for block in range(pfn >> u.PAGEBLOCK_ORDER, (pfn + (1 << order)) >> u.PAGEBLOCK_ORDER):
        set_pageblock_migratetype(guest, block, mt)


@core_jit
def move_to_free_list(guest, zone, pfn, order, old_mt, new_mt):
    """Move a free block to the tail of another migratetype's list.

    Args:
        guest: Guest. Writes pages, lists, zones.
        zone: int64, index of the zone.
        pfn: int64, first page.
        order: int64.
        old_mt: int64, migratetype of the list that it is on.
        new_mt: int64, migratetype of the other list.
    Source:
        mm/page_alloc.c move_to_free_list().
    """
    list_del(guest, free_list(zone, order, listed_type(guest, pfn, old_mt)), pfn)
    list_add_tail(guest, free_list(zone, order, new_mt), pfn)
    set_listed_type(guest, pfn, new_mt)
    account_freepages(guest, zone, -(1 << order), old_mt)
    account_freepages(guest, zone, 1 << order, new_mt)
