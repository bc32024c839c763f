"""Taking a page when its own migratetype has none: claim a pageblock, or steal a single page.

The rules of Linux 6.12; rmqueue_fallback() leaves those of 3.8 to fallback_2012.py.
"""

import numpy as np

from engine import units as u
from engine.core import core_inline, core_jit
from engine.core.memory.buddy import move_freepages_block
from engine.core.memory.fallback_2012 import rmqueue_fallback_2012
from engine.core.memory.freearea import (
    account_freepages,
    change_pageblock_range,
    del_page_from_free_list,
    expand,
    is_free_block,
    page_del_and_expand,
    rmqueue_smallest,
)
from engine.core.memory.freelist import free_list, get_pageblock_migratetype

# Where a refill found its last page; the search for the next page starts there.
RMQUEUE_NORMAL = 0
RMQUEUE_CMA = 1
RMQUEUE_CLAIM = 2
RMQUEUE_STEAL = 3

_WATERMARK_BOOST_FACTOR = 15000  # vm.watermark_boost_factor, in 1/10000 of the high watermark


@core_jit
def fallback_type(mt, i):
    """The i-th migratetype to try when ``mt`` has no page left.

    Args:
        mt: int64, UNMOVABLE, MOVABLE or RECLAIMABLE.
        i: int64, 0 or 1.
    Returns:
        int64, migratetype.
    Source:
        mm/page_alloc.c fallbacks[].
    """
    if i == 0:
        if mt == u.MIGRATE_RECLAIMABLE:
            return u.MIGRATE_UNMOVABLE
        return u.MIGRATE_RECLAIMABLE
    if mt == u.MIGRATE_MOVABLE:
        return u.MIGRATE_UNMOVABLE
    return u.MIGRATE_MOVABLE


@core_jit
def should_try_claim_block(order, mt):
    """Whether a free block of ``order`` justifies claiming its whole pageblock.

    Args:
        order: int64, order of the free block found.
        mt: int64, migratetype wanted.
    Returns:
        bool.
    Source:
        mm/page_alloc.c can_steal_fallback() (should_try_claim_block() in later versions).
    """
    return order >= u.PAGEBLOCK_ORDER // 2 or mt != u.MIGRATE_MOVABLE


@core_jit
def find_suitable_fallback(guest, zone, order, mt, claimable):
    """First foreign migratetype that has a free block of exactly ``order``.

    Args:
        guest: Guest.
        zone: int64, index of the zone.
        order: int64.
        mt: int64, migratetype wanted.
        claimable: int64, 1 = only if the whole pageblock may be claimed at that order.
    Returns:
        int64 migratetype, or -1.
    Source:
        mm/page_alloc.c find_suitable_fallback().
    """
    if mt >= u.MIGRATE_PCPTYPES or (claimable and not should_try_claim_block(order, mt)):
        return -1
    for i in range(2):
        fallback_mt = fallback_type(mt, i)
        if guest.lists[free_list(zone, order, fallback_mt)]["nr"] > 0:
            return fallback_mt
    return -1


@core_jit
def boost_watermark(guest, zone):
    """Raise the zone's watermarks by a pageblock because a fallback mixes migratetypes.

    Args:
        guest: Guest. Writes zones.watermark_boost.
        zone: int64, index of the zone.
    Returns:
        bool, whether the zone was boosted.
    Source:
        mm/page_alloc.c boost_watermark().
    """
    z = guest.zones[zone]
    if guest.vm[0]["law_boost_watermarks"] == 0:
        return False
    if u.PAGEBLOCK_NR_PAGES * 4 > z["managed"]:
        return False
    max_boost = z["wmark_high"] * _WATERMARK_BOOST_FACTOR // 10000
    if max_boost == 0:
        return False
    max_boost = max(u.PAGEBLOCK_NR_PAGES, max_boost)
    z["watermark_boost"] = min(z["watermark_boost"] + u.PAGEBLOCK_NR_PAGES, max_boost)
    return True


@core_jit
def count_movable_pages(guest, block):
    """Pages of a pageblock that look as if they could be isolated for migration.

    Args:
        guest: Guest.
        block: int64, index of the pageblock.
    Returns:
        int64, pages on an LRU list, and balloon pages with movable operations.
    Source:
        mm/page_alloc.c prep_move_freepages_block(), the part that counts num_movable.
    """
    pfn = block << u.PAGEBLOCK_ORDER
    end_pfn = pfn + u.PAGEBLOCK_NR_PAGES
    num_movable = 0
    while pfn < end_pfn:
        page = guest.pages[pfn]
        nr = 1
        if is_free_block(guest, pfn):
            nr = 1 << np.int64(page["order"])
        elif np.int64(page["flags"]) & (u.PG_LRU | u.PG_MOVABLE_OPS):
            if page["order"] <= u.MAX_PAGE_ORDER:
                nr = 1 << np.int64(page["order"])
            num_movable += min(nr, end_pfn - pfn)
        pfn += nr
    return num_movable


@core_jit
def count_free_pages(guest, block):
    """Pages of a pageblock that are on free lists.

    Args:
        guest: Guest.
        block: int64, index of the pageblock.
    Returns:
        int64, pages.
    Source:
        mm/page_alloc.c prep_move_freepages_block(), the part that counts num_free.
    """
    pfn = block << u.PAGEBLOCK_ORDER
    end_pfn = pfn + u.PAGEBLOCK_NR_PAGES
    num_free = 0
    while pfn < end_pfn:
        nr = 1
        if is_free_block(guest, pfn):
            nr = 1 << np.int64(guest.pages[pfn]["order"])
            num_free += nr
        pfn += nr
    return num_free


@core_jit
def claim_whole_block(guest, zone, pfn, current_order, order, mt):
    """Convert a free block of at least a pageblock to another migratetype and split it.

    Args:
        guest: Guest. Writes pages, lists, zones, blocks.
        zone: int64, index of the zone.
        pfn: int64, first page of the free block.
        current_order: int64, its order, PAGEBLOCK_ORDER or more.
        order: int64, order wanted.
        mt: int64, migratetype wanted.
    Source:
        mm/page_alloc.c try_to_steal_block(), the part for whole pageblocks.
    """
    block_mt = get_pageblock_migratetype(guest, pfn)
    del_page_from_free_list(guest, pfn, zone, current_order, block_mt)
    change_pageblock_range(guest, pfn, current_order, mt)
    nr_added = expand(guest, zone, pfn, order, current_order, mt)
    account_freepages(guest, zone, nr_added, mt)


@core_jit
def try_to_claim_block(guest, zone, pfn, current_order, order, mt, alloc_flags):
    """Claim the pageblock of a free page if at least half of it is free or of the wanted kind.

    Args:
        guest: Guest. Writes pages, lists, zones, blocks.
        zone: int64, index of the zone.
        pfn: int64, first page of the free block found.
        current_order: int64, its order.
        order: int64, order wanted.
        mt: int64, migratetype wanted.
        alloc_flags: int64, ALLOC_*.
    Returns:
        int64 pfn, in transit, or PFN_NONE.
    Source:
        mm/page_alloc.c try_to_steal_block() (try_to_claim_block() in later versions).
    """
    block_mt = get_pageblock_migratetype(guest, pfn)
    if block_mt == u.MIGRATE_HIGHATOMIC:
        return np.int64(u.PFN_NONE)
    if current_order >= u.PAGEBLOCK_ORDER:
        claim_whole_block(guest, zone, pfn, current_order, order, mt)
        return pfn
    if boost_watermark(guest, zone) and alloc_flags & u.ALLOC_KSWAPD:
        guest.zones[zone]["zone_flags"] |= u.ZONE_BOOSTED_WATERMARK
    block = pfn >> u.PAGEBLOCK_ORDER
    free_pages = count_free_pages(guest, block)
    movable_pages = count_movable_pages(guest, block)
    alike_pages = 0
    if mt == u.MIGRATE_MOVABLE:
        alike_pages = movable_pages
    elif block_mt == u.MIGRATE_MOVABLE:
        # Holes and reserved pages count as compatible too: the kernel only subtracts.
        alike_pages = u.PAGEBLOCK_NR_PAGES - (free_pages + movable_pages)
    if free_pages + alike_pages < u.PAGEBLOCK_NR_PAGES // 2:
        return np.int64(u.PFN_NONE)
    move_freepages_block(guest, zone, block, block_mt, mt)
    return rmqueue_smallest(guest, zone, order, mt)


@core_jit
def rmqueue_claim(guest, zone, order, mt, alloc_flags):
    """Claim a pageblock of another migratetype, the largest free blocks first.

    Args:
        guest: Guest. Writes pages, lists, zones, blocks, vm.extfrag_claim.
        zone: int64, index of the zone.
        order: int64, order wanted.
        mt: int64, migratetype wanted.
        alloc_flags: int64, ALLOC_*; NOFRAGMENT allows whole pageblocks only.
    Returns:
        int64 pfn, in transit, or PFN_NONE.
    Source:
        mm/page_alloc.c __rmqueue_claim().
    """
    min_order = order
    if order < u.PAGEBLOCK_ORDER and alloc_flags & u.ALLOC_NOFRAGMENT:
        min_order = u.PAGEBLOCK_ORDER
    for current_order in range(u.MAX_PAGE_ORDER, min_order - 1, -1):
        fallback_mt = find_suitable_fallback(guest, zone, current_order, mt, 0)
        if fallback_mt == -1:
            continue
        if not should_try_claim_block(current_order, mt):
            break
        first = np.int64(guest.lists[free_list(zone, current_order, fallback_mt)]["first"])
        pfn = try_to_claim_block(guest, zone, first, current_order, order, mt, alloc_flags)
        if pfn != u.PFN_NONE:
            guest.vm[0]["extfrag_claim"] += 1
            return pfn  # reason: pageblock_claimed
    return np.int64(u.PFN_NONE)


@core_jit
def rmqueue_steal(guest, zone, order, mt):
    """Take one page of another migratetype, smallest free blocks first; the rest keeps its type.

    Args:
        guest: Guest. Writes pages, lists, zones, vm.extfrag_steal.
        zone: int64, index of the zone.
        order: int64, order wanted.
        mt: int64, migratetype wanted.
    Returns:
        int64 pfn, in transit, or PFN_NONE.
    Source:
        mm/page_alloc.c __rmqueue_steal().
    """
    for current_order in range(order, u.NR_PAGE_ORDERS):
        fallback_mt = find_suitable_fallback(guest, zone, current_order, mt, 0)
        if fallback_mt == -1:
            continue
        pfn = np.int64(guest.lists[free_list(zone, current_order, fallback_mt)]["first"])
        page_del_and_expand(guest, zone, pfn, order, current_order, fallback_mt)
        guest.vm[0]["extfrag_steal"] += 1
        return pfn  # reason: page_stolen
    return np.int64(u.PFN_NONE)


@core_jit
def rmqueue_fallback(guest, zone, order, mt, alloc_flags, mode):
    """Find a page elsewhere when the lists of the wanted migratetype have none.

    Args:
        guest: Guest. Writes pages, lists, zones, blocks, vm.
        zone: int64, index of the zone.
        order: int64, order wanted.
        mt: int64, migratetype wanted.
        alloc_flags: int64, ALLOC_*.
        mode: int64, RMQUEUE_*: where the last page was found.
    Returns:
        tuple of int64 pfn, in transit, or PFN_NONE; and int64 mode for the next page.
    Source:
        mm/page_alloc.c __rmqueue(), the cases after RMQUEUE_NORMAL.
    """
    pfn = np.int64(u.PFN_NONE)
    if guest.vm[0]["law_claim_or_steal"] == 0:
        return rmqueue_fallback_2012(guest, zone, order, mt), np.int64(RMQUEUE_NORMAL)
    if mode <= RMQUEUE_CMA and alloc_flags & u.ALLOC_CMA:
        pfn = rmqueue_smallest(guest, zone, order, u.MIGRATE_CMA)
        if pfn != u.PFN_NONE:
            return pfn, np.int64(RMQUEUE_CMA)
    if mode <= RMQUEUE_CLAIM:
        pfn = rmqueue_claim(guest, zone, order, mt, alloc_flags)
        if pfn != u.PFN_NONE:
            return pfn, np.int64(RMQUEUE_NORMAL)
    if alloc_flags & u.ALLOC_NOFRAGMENT == 0:
        pfn = rmqueue_steal(guest, zone, order, mt)
        if pfn != u.PFN_NONE:
            return pfn, np.int64(RMQUEUE_STEAL)
    return pfn, mode


@core_inline
def rmqueue_mode(guest, zone, order, mt, alloc_flags, mode):
    """Take a page from a zone's free lists, starting where the last one was found.

    Args:
        guest: Guest. Writes pages, lists, zones, blocks, vm.
        zone: int64, index of the zone.
        order: int64, order wanted.
        mt: int64, migratetype wanted.
        alloc_flags: int64, ALLOC_*.
        mode: int64, RMQUEUE_*: where the last page was found.
    Returns:
        tuple of int64 pfn, in transit, or PFN_NONE; and int64 mode for the next page.
    Source:
        mm/page_alloc.c __rmqueue().
    """
    if alloc_flags & u.ALLOC_CMA:
        z = guest.zones[zone]
        balances = guest.vm[0]["law_balance_cma"] == 1
        if balances and z["nr_free_cma"] > z["nr_free"] // 2:
            pfn = rmqueue_smallest(guest, zone, order, u.MIGRATE_CMA)
            if pfn != u.PFN_NONE:
                return pfn, mode
    if mode == RMQUEUE_NORMAL:
        pfn = rmqueue_smallest(guest, zone, order, mt)
        if pfn != u.PFN_NONE:
            return pfn, mode
    return rmqueue_fallback(guest, zone, order, mt, alloc_flags, mode)


@core_inline
def rmqueue(guest, zone, order, mt, alloc_flags):
    """Take one page from a zone's free lists: own type, CMA, claim, steal.

    Args:
        guest: Guest. Writes pages, lists, zones, blocks, vm.
        zone: int64, index of the zone.
        order: int64, order wanted.
        mt: int64, migratetype wanted.
        alloc_flags: int64, ALLOC_*.
    Returns:
        int64 pfn, in transit, or PFN_NONE.
    Source:
        mm/page_alloc.c __rmqueue().
    """
    pfn, _ = rmqueue_mode(guest, zone, order, mt, alloc_flags, np.int64(RMQUEUE_NORMAL))
    return pfn
