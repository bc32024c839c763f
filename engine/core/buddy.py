"""The buddy allocator of one zone: free blocks, merging and splitting, migratetypes of pageblocks.

Invariants: every page of a free block is STATE_FREE, the first carries the block's order and is on the
free list of its pageblock's migratetype; no two free buddies of mergeable types stand side by side; zones
count their free pages. What is taken from a list is *in transit* (core/page.py) until its new owner calls
set_state.
"""

import numpy as np

from engine import units as u
from engine.core import core_inline, core_jit
from engine.core.freelist import (
    free_list,
    get_pageblock_migratetype,
    list_add,
    list_add_tail,
    list_del,
    zone_of,
)
from engine.core.page import mark_changed, set_free
from engine.core.rng import rng_below


@core_inline
def account_freepages(guest, zone, nr, mt):
    """Count free pages in or out of a zone.

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
    elif mt == u.MIGRATE_HIGHATOMIC:
        z["nr_free_highatomic"] += nr


@core_inline
def is_free_block(guest, pfn):
    """Whether a page is the first of a free block, i.e. stands on a free list.

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
        pfn: int64, may lie outside of the zone and of memory.
        order: int64.
    Returns:
        bool.
    Source:
        mm/internal.h page_is_buddy().
    """
    # Below a pageblock the buddy is a neighbour in the same pageblock: same zone, surely there.
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
    list_id = free_list(zone, order, mt)
    if tail:
        list_add_tail(guest, list_id, pfn)
    else:
        list_add(guest, list_id, pfn)
    if order >= u.PAGEBLOCK_ORDER:
        # A block that merges or splits above a pageblock changes what its neighbour shows.
        for block in range(pfn >> u.PAGEBLOCK_ORDER, (pfn + (1 << order)) >> u.PAGEBLOCK_ORDER):
            mark_changed(guest, block)


@core_inline
def unlink_free_block(guest, zone, pfn, order, mt):
    """Take a block off its free list without counting its pages; it is in transit then.

    Args:
        guest: Guest. Writes pages, lists.
        zone: int64, index of the zone.
        pfn: int64, first page.
        order: int64.
        mt: int64, migratetype of the list.
    Source:
        mm/page_alloc.c __del_page_from_free_list().
    """
    list_del(guest, free_list(zone, order, mt), pfn)
    guest.pages[pfn]["order"] = u.ORDER_TAIL


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
    """Take a block off its free list and count its pages out; it is in transit then.

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
    """Take the first page of the smallest list of one migratetype that is big enough.

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


@core_inline
def compaction_capture(guest, zone, pfn, order, mt):
    """Hand a page that is being freed to the direct compactor that waits for just such a one.

    Args:
        guest: Guest. Writes cc.capture_pfn.
        zone: int64, index of the zone.
        pfn: int64, first page.
        order: int64.
        mt: int64, migratetype of its pageblock.
    Returns:
        bool, whether the page was captured.
    Source:
        mm/page_alloc.c compaction_capture(), task_capc().
    """
    cc = guest.cc[u.CC_DIRECT]
    if cc["capture"] == 0 or order != cc["order"] or cc["zone"] != zone:
        return False
    if cc["capture_pfn"] != u.PFN_NONE or mt >= u.MIGRATE_CMA:
        return False
    if (
        order < u.PAGEBLOCK_ORDER
        and mt == u.MIGRATE_MOVABLE
        and cc["migratetype"] != u.MIGRATE_MOVABLE
    ):
        return False
    cc["capture_pfn"] = pfn
    return True


@core_inline
def buddy_merge_likely(guest, zone, pfn, order):
    """Whether the buddy of the next higher order is free, so that this block may soon be swallowed.

    Args:
        guest: Guest.
        zone: int64, index of the zone.
        pfn: int64, first page of the block to be listed.
        order: int64, its order.
    Returns:
        bool; such a block goes to the tail of its list.
    Source:
        mm/page_alloc.c buddy_merge_likely().
    """
    if order >= u.MAX_PAGE_ORDER - 1:
        return False
    higher_pfn = pfn & ~(1 << order)
    return page_is_buddy(guest, zone, higher_pfn ^ (2 << order), order + 1)


@core_jit
def _merge_with_buddy(guest, zone, buddy_pfn, order, mt):
    """Take a free buddy off its list so that it can be merged, unless the migratetypes forbid it.

    Args:
        guest: Guest. Writes pages, lists, blocks.
        zone: int64, index of the zone.
        buddy_pfn: int64, first page of the free buddy.
        order: int64, PAGEBLOCK_ORDER or more.
        mt: int64, migratetype of the block being freed.
    Returns:
        bool, whether it was taken; its pageblocks have type ``mt`` then.
    Source:
        mm/page_alloc.c __free_one_page().
    """
    buddy_mt = get_pageblock_migratetype(guest, buddy_pfn)
    if mt != buddy_mt and (mt >= u.MIGRATE_PCPTYPES or buddy_mt >= u.MIGRATE_PCPTYPES):
        return False
    unlink_free_block(guest, zone, buddy_pfn, order, buddy_mt)
    if mt != buddy_mt:
        change_pageblock_range(guest, buddy_pfn, order, mt)
    return True


@core_jit
def free_one_page(guest, zone, pfn, order, mt, to_tail):
    """Free a block: merge it with its buddies as far as it goes and put it on a free list.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, cc.capture_pfn.
        zone: int64, index of the zone.
        pfn: int64, first page; any state, on no list.
        order: int64.
        mt: int64, migratetype of its pageblock.
        to_tail: int64, 1 = always last in the list, 0 = by buddy_merge_likely().
    Source:
        mm/page_alloc.c __free_one_page().
    Differs:
        No guard pages, no shuffling, no page reporting.
    """
    set_free(guest, pfn, order)
    account_freepages(guest, zone, 1 << order, mt)
    while order < u.MAX_PAGE_ORDER:
        if compaction_capture(guest, zone, pfn, order, mt):
            account_freepages(guest, zone, -(1 << order), mt)
            return
        buddy_pfn = pfn ^ (1 << order)
        if not page_is_buddy(guest, zone, buddy_pfn, order):
            break
        if order >= u.PAGEBLOCK_ORDER:
            if not _merge_with_buddy(guest, zone, buddy_pfn, order, mt):
                break
        else:
            unlink_free_block(guest, zone, buddy_pfn, order, mt)
        pfn &= buddy_pfn
        order += 1
    if to_tail or buddy_merge_likely(guest, zone, pfn, order):
        link_free_block(guest, zone, pfn, order, mt, 1)
    else:
        link_free_block(guest, zone, pfn, order, mt, 0)


@core_jit
def free_to_buddy(guest, pfn, order):
    """Free pages past the per-CPU lists; a block of several pageblocks is freed one by one.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.pgfree.
        pfn: int64, first page; any state, on no list, owned by no handle.
        order: int64.
    Source:
        mm/page_alloc.c free_one_page(), split_large_buddy().
    """
    zone = zone_of(guest, pfn)
    piece = min(order, u.PAGEBLOCK_ORDER)
    for start in range(pfn, pfn + (1 << order), 1 << piece):
        free_one_page(guest, zone, start, piece, get_pageblock_migratetype(guest, start), 0)
    guest.vm[0]["pgfree"] += 1 << order


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
    list_del(guest, free_list(zone, order, old_mt), pfn)
    list_add_tail(guest, free_list(zone, order, new_mt), pfn)
    account_freepages(guest, zone, -(1 << order), old_mt)
    account_freepages(guest, zone, 1 << order, new_mt)


@core_jit
def move_freepages_block(guest, zone, block, old_mt, new_mt):
    """Re-file the free pages of one pageblock under another migratetype, and the pageblock itself.

    Args:
        guest: Guest. Writes pages, lists, zones, blocks.
        zone: int64, index of the zone.
        block: int64, index of the pageblock.
        old_mt: int64, its migratetype.
        new_mt: int64, migratetype wanted.
    Returns:
        int64, pages moved.
    Source:
        mm/page_alloc.c __move_freepages_block().
    """
    pfn = block << u.PAGEBLOCK_ORDER
    end_pfn = pfn + u.PAGEBLOCK_NR_PAGES
    pages_moved = 0
    while pfn < end_pfn:
        if not is_free_block(guest, pfn):
            pfn += 1
            continue
        order = np.int64(guest.pages[pfn]["order"])
        move_to_free_list(guest, zone, pfn, order, old_mt, new_mt)
        pages_moved += 1 << order
        pfn += 1 << order
    set_pageblock_migratetype(guest, block, new_mt)
    return pages_moved


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


@core_jit
def isolate_free_page(guest, pfn, order):
    """Take a given free block off its list, as a compactor does for its targets.

    Args:
        guest: Guest. Writes pages, lists, zones, blocks.
        pfn: int64, first page of a free block.
        order: int64, its order.
    Returns:
        bool; False if the zone would fall below its min watermark. The block is in transit then.
    Source:
        mm/page_alloc.c __isolate_free_page().
    """
    zone = zone_of(guest, pfn)
    mt = get_pageblock_migratetype(guest, pfn)
    if mt != u.MIGRATE_ISOLATE:
        # The plain min watermark: neither boost nor lowmem_reserve (zone index 0 has none) counts.
        mark = guest.zones[zone]["wmark_min"] + (1 << order)
        if not watermark_ok(guest, zone, 0, mark, 0, u.ALLOC_CMA):
            return False
    del_page_from_free_list(guest, pfn, zone, order, mt)
    if order >= u.PAGEBLOCK_ORDER - 1:
        end_block = (pfn + (1 << order) - 1) >> u.PAGEBLOCK_ORDER
        for block in range(pfn >> u.PAGEBLOCK_ORDER, end_block + 1):
            block_mt = np.int64(guest.blocks[block]["migratetype"])
            if block_mt < u.MIGRATE_PCPTYPES:
                move_freepages_block(guest, zone, block, block_mt, u.MIGRATE_MOVABLE)
    return True


@core_jit
def build_free_lists(guest, shuffle):
    """Link free blocks that an importer has marked, and count the zones' free pages.

    Every page of a free block must be STATE_FREE with the block's order on its first page and ORDER_TAIL
    on the others, buddies merged as far as they go, block counters set, free lists empty.

    Args:
        guest: Guest. Writes pages.next, pages.prev, lists, zones.nr_free and its parts.
        shuffle: int64, 0 = lowest pfn first; 1 = in random order (vm.rng), since real lists are in the order
            of use, which no capture shows.
    Returns:
        int64, blocks linked.
    Source:
        not of the kernel.
    """
    nr_blocks = 0
    for zone in range(guest.zones.shape[0]):
        z = guest.zones[zone]
        z["nr_free"] = 0
        z["nr_free_cma"] = 0
        z["nr_free_highatomic"] = 0
        pfn = np.int64(z["start_pfn"])
        end_pfn = np.int64(z["end_pfn"])
        while pfn < end_pfn:
            if not is_free_block(guest, pfn):
                pfn += 1
                continue
            order = np.int64(guest.pages[pfn]["order"])
            mt = get_pageblock_migratetype(guest, pfn)
            add_to_free_list(guest, pfn, zone, order, mt, 1)
            nr_blocks += 1
            pfn += 1 << order
    if shuffle:
        for zone in range(guest.zones.shape[0]):
            for area in range(u.NR_PAGE_ORDERS * u.NR_MIGRATETYPES):
                shuffle_list(guest, free_list(zone, 0, 0) + area)
    return nr_blocks


@core_jit
def shuffle_list(guest, list_id):
    """Put the pages of one list into random order (Fisher-Yates, drawn from vm.rng).

    Args:
        guest: Guest. Writes pages.next, pages.prev, lists, vm.rng.
        list_id: int64.
    Source:
        not of the kernel.
    """
    nr = np.int64(guest.lists[list_id]["nr"])
    pfns = np.empty(nr, np.int64)
    pfn = np.int64(guest.lists[list_id]["first"])
    for i in range(nr):
        pfns[i] = pfn
        pfn = np.int64(guest.pages[pfn]["next"])
    for i in range(nr):
        j = i + rng_below(guest, nr - i)
        pfns[i], pfns[j] = pfns[j], pfns[i]
    head = guest.lists[list_id]
    head["first"] = u.PFN_NONE
    head["last"] = u.PFN_NONE
    head["nr"] = 0
    for i in range(nr):
        list_add_tail(guest, list_id, pfns[i])
