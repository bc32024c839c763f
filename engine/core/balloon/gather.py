"""Gathering: design dedicated_block fills a wholly free pageblock with scattered balloon pages.

One pageblock per call. The new pages enter the balloon first, then as many scattered ones are given
back, so the balloon never shrinks along the way. Nothing is copied: balloon pages have no contents.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.balloon.balloon import (
    dedicate,
    note_deflated,
    release_page,
    tell_host_of_block,
)
from engine.core.memory.freelist import list_del, list_pop
from engine.core.slowpath.slowpath import alloc_pages

NONE = u.PFN_NONE
# Only pageblocks that are free already: no reclaim, no compaction, no reserves.
FREE_ONLY = u.GFP_NOWAIT | u.GFP_NOMEMALLOC


@core_jit
def _free_blocks(guest):
    """Whole pageblocks on the free lists of all zones.

    Args:
        guest: Guest.
    Returns:
        int64, pageblocks.
    Source:
        not of the kernel.
    """
    nr = 0
    for zone in range(guest.zones.size):
        first = u.LIST_ZONES + zone * u.LISTS_PER_ZONE
        for mt in range(u.NR_MIGRATETYPES):
            for order in range(u.PAGEBLOCK_ORDER, u.NR_PAGE_ORDERS):
                free = guest.lists[first + order * u.NR_MIGRATETYPES + mt]
                nr += np.int64(free["nr"]) << (order - u.PAGEBLOCK_ORDER)
    return nr


@core_jit
def _next_victim(guest, after):
    """Pageblock with the fewest scattered balloon pages; ties: more free pages, then lower pfn.

    Args:
        guest: Guest.
        after: int64, key of the pageblock chosen before; the next one follows it; -1 = any.
    Returns:
        int64, a sort key with the pageblock's index in its lowest 24 bits; -1 = there is none.
    Source:
        not of the kernel (toggle victims=emptiest).
    """
    best = np.int64(-1)
    for block in range(guest.blocks.size):
        b = guest.blocks[block]
        nr = np.int64(b["nr_balloon"])
        if nr > 0 and np.int64(b["flags"]) & u.PB_DEDICATED == 0:
            rest = u.PAGEBLOCK_NR_PAGES - np.int64(b["nr_free"])
            key = (((nr << 11) | rest) << 24) | block
            if key > after and (best < 0 or key < best):
                best = key
    return best


@core_jit
def _is_rest_movable(guest, block):
    """Whether a pageblock would be entirely movable or free without its balloon pages.

    Args:
        guest: Guest.
        block: int64, index of the pageblock.
    Returns:
        bool.
    Source:
        not of the kernel.
    """
    b = guest.blocks[block]
    rest = np.int64(b["nr_unmovable"]) + np.int64(b["nr_reserved"])
    return rest == 0


@core_jit
def _gained_blocks(guest, nr):
    """Otherwise movable pageblocks that would lose their last balloon page with ``nr`` victims.

    Args:
        guest: Guest.
        nr: int64, victims.
    Returns:
        int64, pageblocks.
    Source:
        not of the kernel (toggle gain).
    """
    gained = 0
    if guest.vm[0]["rule_gather_victims"] == 1:
        key = _next_victim(guest, np.int64(-1))
        while key >= 0:
            block = key & 0xFFFFFF
            nr -= np.int64(guest.blocks[block]["nr_balloon"])
            if nr < 0:
                break
            gained += _is_rest_movable(guest, block)
            key = _next_victim(guest, key)
        return gained
    left = np.zeros(guest.blocks.size, np.int64)
    pfn = np.int64(guest.lists[u.LIST_BALLOON]["first"])
    while nr > 0 and pfn != NONE:
        block = pfn >> u.PAGEBLOCK_ORDER
        left[block] += 1
        if left[block] == np.int64(guest.blocks[block]["nr_balloon"]):
            gained += _is_rest_movable(guest, block)
        pfn = np.int64(guest.pages[pfn]["next"])
        nr -= 1
    return gained


@core_jit
def _release_emptiest(guest, nr):
    """Give back ``nr`` scattered pages, starting with the pageblocks that have the fewest.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        nr: int64, pages; at least that many are scattered.
    Source:
        not of the kernel (toggle victims=emptiest).
    """
    key = _next_victim(guest, np.int64(-1))
    while key >= 0:
        first = (key & 0xFFFFFF) << u.PAGEBLOCK_ORDER
        for pfn in range(first, first + u.PAGEBLOCK_NR_PAGES):
            if nr == 0:
                return
            page = guest.pages[pfn]
            if np.int64(page["state"]) == u.STATE_BALLOON:
                list_del(guest, u.LIST_BALLOON, pfn)
                release_page(guest, pfn)
                nr -= 1
        key = _next_victim(guest, np.int64(-1))
    # Scattered pages may also lie in holes of dedicated pageblocks: those go last, newest first.
    while nr > 0:
        release_page(guest, list_pop(guest, u.LIST_BALLOON))
        nr -= 1


@core_jit
def _give_back(guest, nr):
    """Give back ``nr`` dedicated pages taken in excess of the scattered ones (toggle fill).

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        nr: int64, pages; the newest ones, at the end of the pageblock just dedicated.
    Source:
        not of the kernel (toggle fill).
    """
    for _ in range(nr):
        release_page(guest, list_pop(guest, u.LIST_BALLOON_DEDICATED))
    guest.vm[0]["balloon_inflate"] -= nr


@core_jit
def gather_block(guest):
    """Take one free pageblock for the balloon and give back the same number of scattered pages.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
    Returns:
        int64, 1 = one pageblock gathered, 0 = nothing to gather, or no free pageblock may be taken.
    Source:
        not of the kernel: the literal reading of the proposal, as in the recordings' module.
    """
    vm = guest.vm[0]
    scattered = np.int64(guest.lists[u.LIST_BALLOON]["nr"])
    nr = min(scattered, u.PAGEBLOCK_NR_PAGES)
    if nr == 0:
        return 0
    if nr < u.PAGEBLOCK_NR_PAGES and vm["rule_gather_fill"] == 0:
        return 0  # reason: gather_too_few
    if vm["rule_gather_keep"] > 0 and _free_blocks(guest) <= vm["rule_gather_keep"]:
        return 0  # reason: gather_keeps_free
    if vm["rule_gather_gain"] == 1 and _gained_blocks(guest, nr) < 2:
        return 0  # reason: gather_no_gain
    pfn = alloc_pages(guest, u.PAGEBLOCK_ORDER, u.MIGRATE_UNMOVABLE, FREE_ONLY)
    if pfn == NONE:
        return 0  # reason: gather_no_block
    dedicate(guest, pfn)  # reason: block_is_gathered
    _give_back(guest, u.PAGEBLOCK_NR_PAGES - nr)
    if vm["rule_gather_victims"] == 1:
        _release_emptiest(guest, nr)
    else:
        for _ in range(nr):
            release_page(guest, list_pop(guest, u.LIST_BALLOON))
    note_deflated(guest, nr)
    vm["gather_blocks"] += 1
    vm["gather_pages"] += nr
    for _ in range(2):  # both directions: targets inflated, sources deflated
        tell_host_of_block(guest, nr)
    return 1
