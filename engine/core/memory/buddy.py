"""The buddy allocator of one zone: freeing with merging, and moving whole pageblocks between lists.

Invariants: every page of a free block is STATE_FREE, the first carries the block's order and is on
the free list of its pageblock's migratetype; no two free buddies of mergeable types stand side by
side; zones count their free pages.
"""

import numpy as np

from engine import units as u
from engine.core import core_inline, core_jit
from engine.core.memory.freearea import (
    account_freepages,
    change_pageblock_range,
    del_page_from_free_list,
    expand,
    is_free_block,
    link_free_block,
    move_to_free_list,
    page_del_and_expand,
    page_is_buddy,
    rmqueue_smallest,
    set_pageblock_migratetype,
    unlink_free_block,
)
from engine.core.memory.freelist import get_pageblock_migratetype, zone_of
from engine.core.memory.link_free_lists import link_free_lists
from engine.core.memory.page import set_free
from engine.core.memory.watermark import watermark_ok

__all__ = [
    "account_freepages",
    "buddy_merge_likely",
    "change_pageblock_range",
    "compaction_capture",
    "del_page_from_free_list",
    "expand",
    "free_one_page",
    "free_to_buddy",
    "is_free_block",
    "isolate_free_page",
    "link_free_lists",
    "move_freepages_block",
    "move_to_free_list",
    "page_del_and_expand",
    "rmqueue_smallest",
    "set_pageblock_migratetype",
]


@core_inline
def compaction_capture(guest, zone, pfn, order, mt):
    """Hand a page that is being freed to the direct compactor if it is waiting for exactly that.

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
    """Whether the next higher order's buddy is free, so that this block is likely to merge soon.

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


@core_inline
def merges_2012(guest, mt):
    """Whether free pageblocks of a migratetype merge with others under the rules of 3.8.

    Args:
        guest: Guest.
        mt: int64, migratetype.
    Returns:
        bool.
    Source:
        3.8 mm/page_alloc.c __free_one_page(): it makes no such check.
    Differs:
        CMA and ISOLATE pageblocks stay apart as in later kernels, and so does BALLOON (ours).
    """
    # The reserve's slot is HIGHATOMIC's under other laws, whose pageblocks stay apart.
    return mt < u.MIGRATE_PCPTYPES + guest.vm[0]["law_reserve_at_boot"]


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
        bool, whether it was taken; its pageblocks have type ``mt`` then (3.8: keep their own).
    Source:
        mm/page_alloc.c __free_one_page().
    """
    buddy_mt = get_pageblock_migratetype(guest, buddy_pfn)
    keeps_types = guest.vm[0]["law_merge_keeps_types"] == 1
    if keeps_types and merges_2012(guest, mt) and merges_2012(guest, buddy_mt):
        unlink_free_block(guest, zone, buddy_pfn, order, buddy_mt)
        return True
    if mt != buddy_mt and (mt >= u.MIGRATE_PCPTYPES or buddy_mt >= u.MIGRATE_PCPTYPES):
        return False
    unlink_free_block(guest, zone, buddy_pfn, order, buddy_mt)
    if mt != buddy_mt:
        change_pageblock_range(guest, buddy_pfn, order, mt)
    return True


@core_inline
def free_one_page(guest, zone, pfn, order, mt, to_tail):
    """Free a block: merge it with its buddies as far as possible and put it on a free list.

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
    """Free pages, bypassing the per-CPU lists; several pageblocks are freed one at a time.

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
def move_freepages_block(guest, zone, block, old_mt, new_mt):
    """Give one pageblock another migratetype and move its free pages to that type's lists.

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
def isolate_free_page(guest, pfn, order):
    """Take a given free block off its list, as a compactor does to get targets.

    Args:
        guest: Guest. Writes pages, lists, zones, blocks.
        pfn: int64, first page of a free block.
        order: int64, its order.
    Returns:
        bool; False if the zone would fall below its min watermark (3.8: low). The block is in
        transit then.
    Source:
        mm/page_alloc.c __isolate_free_page(); 3.8 mm/page_alloc.c capture_free_page().
    """
    zone = zone_of(guest, pfn)
    mt = get_pageblock_migratetype(guest, pfn)
    lists_apart = guest.vm[0]["law_lists_apart"] == 1
    if mt != u.MIGRATE_ISOLATE:
        # The plain min watermark: neither boost nor lowmem_reserve (zone index 0 has none) counts.
        mark = guest.zones[zone]["wmark_min"] + (1 << order)
        if guest.vm[0]["law_target_mark"] == u.WMARK_LOW:
            mark = guest.zones[zone]["wmark_low"] + (1 << order)
        if not watermark_ok(guest, zone, 0, mark, 0, u.ALLOC_CMA):
            return False
    del_page_from_free_list(guest, pfn, zone, order, mt)
    if order >= u.PAGEBLOCK_ORDER - 1:
        end_block = (pfn + (1 << order) - 1) >> u.PAGEBLOCK_ORDER
        for block in range(pfn >> u.PAGEBLOCK_ORDER, end_block + 1):
            block_mt = np.int64(guest.blocks[block]["migratetype"])
            if lists_apart and merges_2012(guest, block_mt):
                set_pageblock_migratetype(guest, block, u.MIGRATE_MOVABLE)
            elif block_mt < u.MIGRATE_PCPTYPES:
                move_freepages_block(guest, zone, block, block_mt, u.MIGRATE_MOVABLE)
    return True
