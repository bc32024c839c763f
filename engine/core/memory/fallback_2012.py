"""Taking a page when its own migratetype has none, by the rules of Linux 3.8.

The remainder of a split block goes to the requester's list even where the pageblock keeps its type.
So free lists and pageblocks may disagree, and a MOVABLE pageblock can be eaten up from inside.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.memory.freearea import (
    account_freepages,
    change_pageblock_range,
    expand,
    is_free_block,
    listed_type,
    rmqueue_smallest,
    set_listed_type,
    set_pageblock_migratetype,
    unlink_free_block,
)
from engine.core.memory.freelist import free_list, get_pageblock_migratetype, list_add, list_del

NR_FALLBACKS = 3


@core_jit
def fallback_type_2012(mt, i):
    """The i-th migratetype to try when ``mt`` has no page left.

    Args:
        mt: int64, UNMOVABLE, MOVABLE or RECLAIMABLE.
        i: int64, 0 to NR_FALLBACKS - 1.
    Returns:
        int64, migratetype, or -1: only MOVABLE has three.
    Source:
        3.8 mm/page_alloc.c fallbacks[], with CMA; RESERVE comes after all of them.
    """
    if mt == u.MIGRATE_MOVABLE:
        if i == 0:
            return np.int64(u.MIGRATE_CMA)
        return np.int64(u.MIGRATE_RECLAIMABLE if i == 1 else u.MIGRATE_UNMOVABLE)
    if i == 0:
        kernel = u.MIGRATE_RECLAIMABLE if mt == u.MIGRATE_UNMOVABLE else u.MIGRATE_UNMOVABLE
        return np.int64(kernel)
    return np.int64(u.MIGRATE_MOVABLE if i == 1 else -1)


@core_jit
def move_freepages_2012(guest, zone, block, mt):
    """Move the free pages of one pageblock to another type's lists; the pageblock keeps its type.

    Args:
        guest: Guest. Writes pages, lists.
        zone: int64, index of the zone.
        block: int64, index of the pageblock.
        mt: int64, migratetype of the lists that the pages go to, at the head.
    Returns:
        int64, pages moved.
    Source:
        3.8 mm/page_alloc.c move_freepages().
    """
    pfn = block << u.PAGEBLOCK_ORDER
    end_pfn = pfn + u.PAGEBLOCK_NR_PAGES
    block_mt = get_pageblock_migratetype(guest, pfn)
    moved = 0
    while pfn < end_pfn:
        if not is_free_block(guest, pfn):
            pfn += 1
            continue
        order = np.int64(guest.pages[pfn]["order"])
        list_del(guest, free_list(zone, order, listed_type(guest, pfn, block_mt)), pfn)
        list_add(guest, free_list(zone, order, mt), pfn)
        set_listed_type(guest, pfn, mt)
        moved += 1 << order
        pfn += 1 << order
    return moved


@core_jit
def _take_over(guest, zone, pfn, order, current_order, mt):
    """Take the first block of a foreign list, and as much of its pageblock as the rules allow.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.extfrag_*.
        zone: int64, index of the zone.
        pfn: int64, first page of the free block.
        order: int64, order wanted.
        current_order: int64, its order.
        mt: int64, migratetype wanted.
    Returns:
        int64, the same pfn, in transit.
    Source:
        3.8 mm/page_alloc.c __rmqueue_fallback(), the body of its loop.
    """
    vm = guest.vm[0]
    block = pfn >> u.PAGEBLOCK_ORDER
    listed = listed_type(guest, pfn, get_pageblock_migratetype(guest, pfn))
    is_cma = listed == u.MIGRATE_CMA
    claimed = 0
    may_move = current_order >= u.PAGEBLOCK_ORDER // 2 or mt == u.MIGRATE_RECLAIMABLE
    if may_move and not is_cma:
        moved = move_freepages_2012(guest, zone, block, mt)
        if moved >= u.PAGEBLOCK_NR_PAGES // 2:
            set_pageblock_migratetype(guest, block, mt)
            claimed = 1
    unlink_free_block(guest, zone, pfn, current_order, mt)
    if current_order >= u.PAGEBLOCK_ORDER and not is_cma:
        change_pageblock_range(guest, pfn, current_order, mt)
        claimed = 1
    rest_mt = listed if is_cma else mt
    nr_added = expand(guest, zone, pfn, order, current_order, rest_mt)
    account_freepages(guest, zone, nr_added - (1 << current_order), rest_mt)
    if claimed:
        vm["extfrag_claim"] += 1
    else:
        vm["extfrag_steal"] += 1
    return pfn  # reason: other_type_taken


@core_jit
def rmqueue_fallback_2012(guest, zone, order, mt):
    """Find a page on other migratetypes' lists, the largest free blocks first, the reserve last.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        zone: int64, index of the zone.
        order: int64, order wanted.
        mt: int64, UNMOVABLE, MOVABLE or RECLAIMABLE.
    Returns:
        int64 pfn, in transit, or PFN_NONE.
    Source:
        3.8 mm/page_alloc.c __rmqueue(), __rmqueue_fallback().
    """
    for current_order in range(u.MAX_PAGE_ORDER, order - 1, -1):
        for i in range(NR_FALLBACKS):
            other = fallback_type_2012(mt, np.int64(i))
            if other == -1:
                continue
            pfn = np.int64(guest.lists[free_list(zone, current_order, other)]["first"])
            if pfn != u.PFN_NONE:
                return _take_over(guest, zone, pfn, order, np.int64(current_order), mt)
    if guest.vm[0]["law_reserve_at_boot"] == 0:
        return np.int64(u.PFN_NONE)
    return rmqueue_smallest(guest, zone, order, u.MIGRATE_RESERVE)
