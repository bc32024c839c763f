"""Isolating pageblocks for one user: free pages of an ISOLATE pageblock go to nobody.

A user that wants a range of memory (offlining, alloc_contig_range) first isolates its pageblocks,
then moves what is in use. Isolation never waits and moves nothing; as in the kernel, undoing it
gives every pageblock the migratetype that the caller names, not the one that it had.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.memory.buddy import free_one_page, move_freepages_block
from engine.core.memory.freearea import (
    del_page_from_free_list,
    is_free_block,
    set_pageblock_migratetype,
)
from engine.core.memory.freelist import get_pageblock_migratetype, zone_of
from engine.core.memory.pcp import drain_all

NONE = u.PFN_NONE
_BOTH = 1 << u.MAX_PAGE_ORDER  # a free block of this size spans two pageblocks


@core_jit
def is_balloon_movable(guest, flags):
    """Whether a balloon page can be moved out of a range by anybody.

    Args:
        guest: Guest.
        flags: int64, PG_* of the page.
    Returns:
        bool: through the hook (PG_MOVABLE_OPS), or by the balloon's pass (rule range_aware).
    Source:
        include/linux/page-flags.h __PageMovable(); rule range_aware is not of the kernel.
    """
    if guest.vm[0]["rule_range_aware"] == 1 and flags & u.PG_DEDICATED == 0:
        return True
    return flags & u.PG_MOVABLE_OPS != 0


@core_jit
def is_page_unmovable(guest, pfn, skip_poisoned):
    """Whether a page in use, judged by itself, forbids isolating its pageblock.

    Args:
        guest: Guest.
        pfn: int64, first page of the compound page or single page.
        skip_poisoned: int64, 1 = poisoned pages do not count (offlining).
    Returns:
        bool.
    Source:
        mm/page_isolation.c has_unmovable_pages(), its loop.
    Differs:
        Balloon pages of pinned and dedicated_block have no page type, as before Linux 3.18, so
        offlining does not count on their driver.
    """
    page = guest.pages[pfn]
    state = np.int64(page["state"])
    flags = np.int64(page["flags"])
    if state == u.STATE_HWPOISON:
        return skip_poisoned == 0
    if flags & u.PG_LRU:
        return False
    if state == u.STATE_BALLOON:
        return not is_balloon_movable(guest, flags)
    return state != u.STATE_HUGE


@core_jit
def has_unmovable_pages_2012(guest, start_pfn, skip_poisoned):
    """The first page of a pageblock that is in use and not on an LRU list: the rule of 3.8.

    Args:
        guest: Guest.
        start_pfn: int64, first page of the pageblock.
        skip_poisoned: int64, 1 = poisoned pages do not count (offlining).
    Returns:
        int64 pfn, or PFN_NONE; a MOVABLE or CMA pageblock passes unchecked.
    Source:
        3.8 mm/page_alloc.c has_unmovable_pages(); no driver declares pages of its own.
    """
    mt = get_pageblock_migratetype(guest, start_pfn)
    if mt == u.MIGRATE_MOVABLE or mt == u.MIGRATE_CMA:
        return NONE
    pfn = start_pfn
    while pfn < start_pfn + u.PAGEBLOCK_NR_PAGES:
        page = guest.pages[pfn]
        state = np.int64(page["state"])
        if is_free_block(guest, pfn):
            pfn += np.int64(1) << np.int64(page["order"])
            continue
        in_use = state > u.STATE_PCP or state == u.STATE_RESERVED
        # A tail has no references of its own; a poisoned page may be let pass.
        counts = in_use and page["order"] != u.ORDER_TAIL
        if counts and np.int64(page["flags"]) & u.PG_LRU == 0:
            if state != u.STATE_HWPOISON or skip_poisoned == 0:
                return pfn
        pfn += 1
    return NONE


@core_jit
def has_unmovable_pages(guest, start_pfn, mt, skip_poisoned):
    """The first page that forbids isolating its pageblock.

    Args:
        guest: Guest.
        start_pfn: int64, first page of the pageblock.
        mt: int64, MIGRATE_CMA or MIGRATE_MOVABLE: for whom the range is.
        skip_poisoned: int64, 1 = poisoned pages do not count (offlining).
    Returns:
        int64 pfn, or PFN_NONE.
    Source:
        mm/page_isolation.c has_unmovable_pages().
    """
    if get_pageblock_migratetype(guest, start_pfn) == u.MIGRATE_CMA:
        return NONE if mt == u.MIGRATE_CMA else start_pfn
    movable_zone = guest.zones[zone_of(guest, start_pfn)]["name"] == u.ZONE_MOVABLE
    pfn = start_pfn
    while pfn < start_pfn + u.PAGEBLOCK_NR_PAGES:
        page = guest.pages[pfn]
        state = np.int64(page["state"])
        order = np.int64(page["order"])
        if state == u.STATE_RESERVED or state == u.STATE_HOLE:
            return pfn
        is_free = state <= u.STATE_ISOLATED_FREE
        if not is_free and order != u.ORDER_TAIL and not movable_zone:
            if is_page_unmovable(guest, pfn, skip_poisoned):
                return pfn
        if order <= u.MAX_PAGE_ORDER:
            pfn += np.int64(1) << order
        else:
            pfn += 1
    return NONE


@core_jit
def change_block(guest, block, mt, to_tail):
    """Change a pageblock's migratetype and move its free pages, splitting blocks that span two.

    Args:
        guest: Guest. Writes pages, lists, zones, blocks.
        block: int64, index of the pageblock.
        mt: int64, migratetype.
        to_tail: int64, 1 = a wholly free pageblock goes last in its list.
    Source:
        mm/page_alloc.c move_freepages_block_isolate(); mm/page_isolation.c
        unset_migratetype_isolate().
    """
    pfn = block << u.PAGEBLOCK_ORDER
    zone = np.int64(guest.blocks[block]["zone"])
    old_mt = np.int64(guest.blocks[block]["migratetype"])
    head = pfn & ~(_BOTH - 1)
    if is_free_block(guest, head) and guest.pages[head]["order"] == u.MAX_PAGE_ORDER:
        del_page_from_free_list(
            guest, head, zone, u.MAX_PAGE_ORDER, get_pageblock_migratetype(guest, head)
        )
        set_pageblock_migratetype(guest, block, mt)
        for half in range(head, head + _BOTH, u.PAGEBLOCK_NR_PAGES):
            half_mt = get_pageblock_migratetype(guest, half)
            free_one_page(guest, zone, half, u.PAGEBLOCK_ORDER, half_mt, to_tail)
    elif is_free_block(guest, pfn) and guest.pages[pfn]["order"] == u.PAGEBLOCK_ORDER:
        del_page_from_free_list(guest, pfn, zone, u.PAGEBLOCK_ORDER, old_mt)
        set_pageblock_migratetype(guest, block, mt)
        free_one_page(guest, zone, pfn, u.PAGEBLOCK_ORDER, mt, to_tail)
    else:
        move_freepages_block(guest, zone, block, old_mt, mt)


@core_jit
def set_migratetype_isolate(guest, block, mt, skip_poisoned):
    """Isolate one pageblock unless a page in it forbids this.

    Args:
        guest: Guest. Writes pages, lists, zones, blocks.
        block: int64, index of the pageblock.
        mt: int64, MIGRATE_CMA or MIGRATE_MOVABLE: for whom the range is.
        skip_poisoned: int64, 1 = poisoned pages do not count (offlining).
    Returns:
        int64 pfn of the page that forbids it, or PFN_NONE.
    Source:
        mm/page_isolation.c set_migratetype_isolate(); the same in 3.8, which drains the per-CPU
        lists after each pageblock.
    """
    pfn = block << u.PAGEBLOCK_ORDER
    if guest.vm[0]["law_isolate_asks_lru"] == 1:
        unmovable = has_unmovable_pages_2012(guest, pfn, skip_poisoned)
    else:
        unmovable = has_unmovable_pages(guest, pfn, mt, skip_poisoned)
    if unmovable != NONE:
        return unmovable
    change_block(guest, block, u.MIGRATE_ISOLATE, 0)
    if guest.vm[0]["law_isolate_drains"] == 1:
        drain_all(guest)
    return NONE


@core_jit
def undo_isolate_page_range(guest, start_pfn, end_pfn, mt):
    """Give the ISOLATE pageblocks of a range an ordinary migratetype.

    Args:
        guest: Guest. Writes pages, lists, zones, blocks.
        start_pfn: int64, first page of a pageblock.
        end_pfn: int64, one past the last page of a pageblock.
        mt: int64, migratetype.
    Source:
        mm/page_isolation.c undo_isolate_page_range().
    """
    for block in range(start_pfn >> u.PAGEBLOCK_ORDER, end_pfn >> u.PAGEBLOCK_ORDER):
        if guest.blocks[block]["migratetype"] == u.MIGRATE_ISOLATE:
            change_block(guest, block, mt, 1)


@core_jit
def start_isolate_page_range(guest, start_pfn, end_pfn, mt, skip_poisoned):
    """Isolate all pageblocks of a range, or none.

    Args:
        guest: Guest. Writes pages, lists, zones, blocks.
        start_pfn: int64, first page of a pageblock.
        end_pfn: int64, one past the last page of a pageblock, same zone.
        mt: int64, MIGRATE_CMA or MIGRATE_MOVABLE: for whom the range is, and what its pageblocks
            become if it fails.
        skip_poisoned: int64, 1 = poisoned pages do not count (offlining).
    Returns:
        int64 pfn of the page that forbids it, or PFN_NONE.
    Source:
        mm/page_isolation.c start_isolate_page_range().
    Differs:
        Lowest pageblock first; 6.12 starts with the first and the last one.
    """
    for block in range(start_pfn >> u.PAGEBLOCK_ORDER, end_pfn >> u.PAGEBLOCK_ORDER):
        unmovable = set_migratetype_isolate(guest, block, mt, skip_poisoned)
        if unmovable != NONE:
            undo_isolate_page_range(guest, start_pfn, block << u.PAGEBLOCK_ORDER, mt)
            return unmovable
    return NONE


@core_jit
def test_pages_isolated(guest, start_pfn, end_pfn, skip_poisoned):
    """The first page of an isolated range that is not free.

    Args:
        guest: Guest.
        start_pfn: int64.
        end_pfn: int64, one past the last page.
        skip_poisoned: int64, 1 = poisoned pages do not count (offlining).
    Returns:
        int64 pfn, or PFN_NONE if all are free.
    Source:
        mm/page_isolation.c test_pages_isolated(), __test_page_isolated_in_pageblock().
    """
    pfn = start_pfn
    while pfn < end_pfn:
        if is_free_block(guest, pfn):
            pfn += np.int64(1) << np.int64(guest.pages[pfn]["order"])
        elif skip_poisoned == 1 and guest.pages[pfn]["state"] == u.STATE_HWPOISON:
            pfn += 1
        else:
            return pfn
    return NONE
