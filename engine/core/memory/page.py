"""Page states: the only writer of Page.state and of the pageblock counters derived from it.

Invariant: whenever anybody can look, the six counters of a pageblock agree with the states of its
512 pages. Pages in transit (unlinked from a free list, not yet given a user) still count as free:
STATE_FREE with ORDER_TAIL on every page, which no scan mistakes for a free block. Whoever took them
calls set_state before anything else runs.
"""

import numpy as np

from engine import units as u
from engine.core import core_inline, core_jit

_LRU_STATES = (1 << u.STATE_ANON) | (1 << u.STATE_FILE) | (1 << u.STATE_SHMEM) | (1 << u.STATE_THP)
_CHANGED = u.PB_TOUCHED | u.PB_STALE


@core_inline
def is_lru_movable(state, flags):
    """Whether compaction's ordinary LRU path can move such a page.

    Args:
        state: int64, STATE_*.
        flags: int64, PG_*.
    Returns:
        bool.
    Source:
        mm/compaction.c isolate_migratepages_block(): LRU pages without extra references.
    Differs:
        Goes by what the page is, not by whether it is on an LRU list at the moment.
    """
    return (_LRU_STATES >> state) & 1 == 1 and flags & u.PG_PINNED == 0


@core_inline
def count_pages(guest, block, state, flags, nr):
    """Add ``nr`` pages of one kind to the counters of a pageblock.

    Args:
        guest: Guest. Writes blocks.nr_*.
        block: int64, index of the pageblock.
        state: int64, STATE_*.
        flags: int64, PG_*; only PG_PINNED counts.
        nr: int64, pages to add, negative to take away.
    Source:
        not of the kernel: keeps the frame's planes current without rescanning.
    """
    b = guest.blocks[block]
    if state == u.STATE_FREE:
        b["nr_free"] = np.int64(b["nr_free"]) + nr
    elif is_lru_movable(state, flags):
        b["nr_movable"] = np.int64(b["nr_movable"]) + nr
    elif state == u.STATE_PCP:
        b["nr_pcp"] = np.int64(b["nr_pcp"]) + nr
    elif state == u.STATE_BALLOON:
        b["nr_balloon"] = np.int64(b["nr_balloon"]) + nr
    elif state <= u.STATE_RESERVED:
        b["nr_reserved"] = np.int64(b["nr_reserved"]) + nr
    else:
        b["nr_unmovable"] = np.int64(b["nr_unmovable"]) + nr


@core_inline
def mark_changed(guest, block):
    """Mark a pageblock as changed in this tick and its largest free order as unknown.

    Args:
        guest: Guest. Writes blocks.flags.
        block: int64, index of the pageblock.
    Source:
        not of the kernel.
    """
    b = guest.blocks[block]
    b["flags"] = np.int64(b["flags"]) | _CHANGED


@core_inline
def _set_one(guest, pfn, state, flags):
    """Give one page another state; its order is left alone.

    Args:
        guest: Guest. Writes pages.state, pages.flags, blocks.
        pfn: int64.
        state: int64, STATE_*.
        flags: int64, PG_*.
    Source:
        not of the kernel.
    """
    page = guest.pages[pfn]
    block = pfn >> u.PAGEBLOCK_ORDER
    count_pages(guest, block, np.int64(page["state"]), np.int64(page["flags"]), -1)
    count_pages(guest, block, state, flags, 1)
    mark_changed(guest, block)
    page["state"] = state
    page["flags"] = flags


@core_jit
def _set_many(guest, pfn, order, state, flags):
    """The part of set_state and set_free for more than one page; every page gets ORDER_TAIL.

    Args:
        guest: Guest. Writes pages.state, pages.order, pages.flags, blocks.
        pfn: int64, first page, aligned to ``order``.
        order: int64, 1 to MAX_PAGE_ORDER.
        state: int64, STATE_*.
        flags: int64, PG_*.
    Source:
        not of the kernel.
    """
    for p in range(pfn, pfn + (1 << order)):
        _set_one(guest, p, state, flags)
        guest.pages[p]["order"] = u.ORDER_TAIL


@core_inline
def set_state(guest, pfn, order, state, flags):
    """Give 2**order pages their state and flags.

    Args:
        guest: Guest. Writes pages.state, pages.order, pages.flags, blocks.
        pfn: int64, first page, aligned to ``order``.
        order: int64, 0 to MAX_PAGE_ORDER; kept on the first page, ORDER_TAIL on the others.
        state: int64, STATE_*; STATE_FREE is for buddy.py only.
        flags: int64, PG_*, given to all of the pages.
    Source:
        not of the kernel: stands for prep_new_page(), prep_compound_page(), free_pages_prepare().
    """
    if order == 0:
        _set_one(guest, pfn, state, flags)
    else:
        _set_many(guest, pfn, order, state, flags)
    guest.pages[pfn]["order"] = order


@core_inline
def set_free(guest, pfn, order):
    """Make 2**order pages free and in transit: what buddy.free_one_page starts from.

    Args:
        guest: Guest. Writes pages.state, pages.order, pages.flags, blocks.
        pfn: int64, first page, aligned to ``order``.
        order: int64, 0 to MAX_PAGE_ORDER.
    Source:
        mm/page_alloc.c free_pages_prepare().
    """
    if order == 0:
        _set_one(guest, pfn, u.STATE_FREE, 0)
        guest.pages[pfn]["order"] = u.ORDER_TAIL
    else:
        _set_many(guest, pfn, order, u.STATE_FREE, 0)


@core_jit
def set_flag(guest, pfn, flag):
    """Set flags of one page.

    Args:
        guest: Guest. Writes pages.flags, and blocks if PG_PINNED is new.
        pfn: int64.
        flag: int64, one or more PG_*.
    Source:
        include/linux/page-flags.h SetPage*().
    """
    page = guest.pages[pfn]
    flags = np.int64(page["flags"])
    if flag & u.PG_PINNED:
        _set_one(guest, pfn, np.int64(page["state"]), flags | flag)
    else:
        page["flags"] = flags | flag


@core_jit
def clear_flag(guest, pfn, flag):
    """Clear flags of one page.

    Args:
        guest: Guest. Writes pages.flags, and blocks if PG_PINNED goes.
        pfn: int64.
        flag: int64, one or more PG_*.
    Source:
        include/linux/page-flags.h ClearPage*().
    """
    page = guest.pages[pfn]
    flags = np.int64(page["flags"])
    if flag & u.PG_PINNED:
        _set_one(guest, pfn, np.int64(page["state"]), flags & ~flag)
    else:
        page["flags"] = flags & ~flag


@core_jit
def page_order(guest, pfn):
    """Order of an allocated page, free block or parked page whose first page is ``pfn``.

    Args:
        guest: Guest.
        pfn: int64.
    Returns:
        int64; ORDER_TAIL if ``pfn`` is not a first page.
    Source:
        include/linux/mm.h compound_order(), mm/internal.h buddy_order().
    """
    return np.int64(guest.pages[pfn]["order"])
