"""Huge pages that programs have unmapped in part: reclaim splits them and frees those parts.

All huge pages are on the queue from their fault on (underused ones may be split, too). The shrinker
takes off it those that it finds mapped entirely, and they stay off.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.memory.alloc import free_pages
from engine.core.memory.cpu import COST_SPLIT
from engine.core.memory.freelist import zone_of
from engine.core.memory.lru import lru_add, lru_del
from engine.core.memory.nodes import in_node
from engine.core.memory.page import set_state

_BATCH = 128  # mm/shrinker.c SHRINK_BATCH
_TWICE = 2  # 4 / DEFAULT_SEEKS
# What the pages that a huge page is split into do not inherit.
_OF_HUGE = u.PG_MAPPED | u.PG_LRU | u.PG_KEPT_HUGE | u.PG_COLLAPSED
# Parts of the queue: what was used first at boot, all else, what khugepaged made.
_FIRST, _THEN, _LAST = 0, 1, 2
_NOT_QUEUED = u.PG_KEPT_HUGE | u.PG_ISOLATED | u.PG_PINNED


@core_jit
def is_queued(guest, pfn):
    """Whether a page is a huge page on the node's deferred split queue.

    Args:
        guest: Guest.
        pfn: int64, first page of a pageblock.
    Returns:
        bool.
    Source:
        mm/huge_memory.c do_huge_pmd_anonymous_page(), deferred_split_folio().
    Differs:
        A page that a workload object owns is none: an object is contiguous. Nor are those smaller
        than a pageblock.
    """
    if not in_node(guest, zone_of(guest, pfn)):
        return False
    page = guest.pages[pfn]
    if page["state"] != u.STATE_THP or page["order"] != u.HPAGE_ORDER:
        return False
    flags = np.int64(page["flags"])
    return flags & u.PG_LRU != 0 and not flags & _NOT_QUEUED and page["handle"] == u.HANDLE_NONE


@core_jit
def deferred_split_count(guest):
    """Huge pages on the queue.

    Args:
        guest: Guest.
    Returns:
        int64.
    Source:
        mm/huge_memory.c deferred_split_count().
    """
    nr = np.int64(0)
    for block in range(guest.pages.shape[0] >> u.HPAGE_ORDER):
        if is_queued(guest, block << u.HPAGE_ORDER):
            nr += 1
    return nr


@core_jit
def is_partially_mapped(guest, pfn):
    """Whether part of a huge page is mapped nowhere.

    Args:
        guest: Guest.
        pfn: int64, its first page.
    Returns:
        bool; False if all of it is unmapped, which is no longer a program's page.
    Source:
        mm/rmap.c __folio_remove_rmap(), folio_test_partially_mapped().
    """
    nr = 0
    for p in range(pfn, pfn + u.HPAGE_NR_PAGES):
        if np.int64(guest.pages[p]["flags"]) & u.PG_MAPPED:
            nr += 1
    return 0 < nr < u.HPAGE_NR_PAGES


@core_jit
def split_huge_page(guest, pfn):
    """Split a huge page into single pages and free those that are not mapped.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        pfn: int64, its first page; on an LRU list.
    Source:
        mm/huge_memory.c __split_huge_page(), free_page_and_swap_cache().
    Differs:
        Nobody maps an unused page to the shared zero page: what is in a page is not known.
    """
    head = np.int64(guest.pages[pfn]["flags"]) & ~_OF_HUGE
    lru_del(guest, pfn)
    guest.vm[0]["thp_split_page"] += 1
    for i in range(u.HPAGE_NR_PAGES):
        p = pfn + (i + 1) % u.HPAGE_NR_PAGES  # the first page is let go last
        mapped = np.int64(guest.pages[p]["flags"]) & u.PG_MAPPED
        set_state(guest, p, 0, u.STATE_ANON, head | mapped)
        if mapped:
            lru_add(guest, p)
    for i in range(u.HPAGE_NR_PAGES):
        p = pfn + (i + 1) % u.HPAGE_NR_PAGES
        if not np.int64(guest.pages[p]["flags"]) & u.PG_MAPPED:
            free_pages(guest, p, np.int64(0))  # reason: unmapped_part


@core_jit
def _came_in(guest, pfn):
    """In which part of the queue a huge page is: _FIRST, _THEN or _LAST.

    Args:
        guest: Guest.
        pfn: int64, first page of a pageblock.
    Returns:
        int64.
    Source:
        mm/page_alloc.c __rmqueue_smallest(): a pageblock whose buddy boot has taken from is free on
        its own, so it is used before those of order 10; mm/khugepaged.c collapse_huge_page().
    """
    if np.int64(guest.pages[pfn]["flags"]) & u.PG_COLLAPSED:
        return np.int64(_LAST)
    buddy = (pfn >> u.HPAGE_ORDER) ^ 1
    if buddy >= guest.blocks.shape[0] or guest.blocks[buddy]["nr_reserved"] > 0:
        return np.int64(_FIRST)
    return np.int64(_THEN)


@core_jit
def _turn(guest, place):
    """The huge page at a place of the queue, if there is one.

    Args:
        guest: Guest.
        place: int64, a pageblock's index, plus the number of pageblocks times the part.
    Returns:
        int64 pfn, or PFN_NONE.
    Source:
        mm/huge_memory.c deferred_split_folio(): newest last.
    Differs:
        Within a part by pfn, not in the order of the faults.
    """
    nr_blocks = guest.pages.shape[0] >> u.HPAGE_ORDER
    pfn = (place % nr_blocks) << u.HPAGE_ORDER
    if is_queued(guest, pfn) and _came_in(guest, pfn) == place // nr_blocks:
        return pfn
    return np.int64(u.PFN_NONE)


@core_jit
def _end_of_batch(guest, nr):
    """Where in the queue a batch ends that begins at its front.

    Args:
        guest: Guest.
        nr: int64, huge pages of the batch.
    Returns:
        int64, a place as _turn has it, one past the last.
    Source:
        mm/huge_memory.c deferred_split_scan(), its first loop.
    """
    place = np.int64(0)
    end = (_LAST + 1) * (guest.pages.shape[0] >> u.HPAGE_ORDER)
    while place < end and nr > 0:
        if _turn(guest, place) != u.PFN_NONE:
            nr -= 1
        place += 1
    return place


@core_jit
def deferred_split_scan(guest):
    """Look at the next huge page of the batch, the last first: split it if it is mapped in part.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
    Returns:
        bool, whether there was one.
    Source:
        mm/huge_memory.c deferred_split_scan(): its first loop puts each at the head of the list
        that its second goes through.
    """
    vm = guest.vm[0]
    while vm["split_block"] > 0:
        vm["split_block"] -= 1
        pfn = _turn(guest, np.int64(vm["split_block"]))
        if pfn == u.PFN_NONE:
            continue
        if is_partially_mapped(guest, pfn):
            split_huge_page(guest, pfn)
            vm["split_found"] = 1
        else:
            page = guest.pages[pfn]
            page["flags"] = np.int64(page["flags"]) | u.PG_KEPT_HUGE
        return True
    return False


@core_jit
def begin_shrink(guest, priority):
    """After a pass over the LRU: how much of the deferred split queue is to be looked at.

    Args:
        guest: Guest. Writes vm.split_*.
        priority: int64, of the pass, DEF_PRIORITY to 0.
    Source:
        mm/shrinker.c do_shrink_slab() up to its loop.
    Differs:
        While kswapd is at it, direct reclaim adds nothing.
    """
    vm = guest.vm[0]
    if vm["law_split_partly_mapped"] == 0 or vm["split_freeable"] > 0:
        return
    freeable = np.int64(deferred_split_count(guest))
    if freeable == 0:
        return
    nr = np.int64(vm["split_deferred"])
    delta = (freeable >> priority) * _TWICE
    vm["split_freeable"] = freeable
    vm["split_total"] = min((nr >> priority) + delta, 2 * freeable)
    vm["split_deferred"] = nr + delta
    vm["split_batch"] = 0


@core_jit
def _next_batch(guest):
    """Begin the next batch, or end: what was not done is put off.

    Args:
        guest: Guest. Writes vm.split_*.
    Source:
        mm/shrinker.c do_shrink_slab(), its loop and what follows it.
    """
    vm = guest.vm[0]
    total = np.int64(vm["split_total"])
    freeable = np.int64(vm["split_freeable"])
    if total >= _BATCH or total >= freeable:
        nr = min(np.int64(_BATCH), total)
        vm["split_batch"] = nr
        vm["split_total"] -= nr
        vm["split_deferred"] -= nr
        vm["split_block"] = _end_of_batch(guest, nr)
        vm["split_found"] = 0
    else:
        vm["split_deferred"] = min(max(np.int64(vm["split_deferred"]), np.int64(0)), 2 * freeable)
        vm["split_freeable"] = 0


@core_jit
def shrink_step(guest, budget):
    """Continue with the shrinker; another task may run after every huge page.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        budget: int64, work as cpu.py counts it.
    Returns:
        int64, work done; over when vm.split_freeable is 0.
    Source:
        mm/shrinker.c do_shrink_slab(); mm/huge_memory.c split_huge_page_to_list_to_order(), where
        it takes a lock.
    Differs:
        No other shrinker: it is not known which slab pages would become empty.
    """
    vm = guest.vm[0]
    used = np.int64(0)
    while vm["split_freeable"] > 0 and used < budget:
        if vm["split_batch"] == 0:
            _next_batch(guest)
            continue
        before = np.int64(vm["thp_split_page"])
        if deferred_split_scan(guest):
            vm["split_batch"] -= 1
        else:
            vm["split_batch"] = 0
            if vm["split_found"] == 0:  # SHRINK_STOP
                vm["split_total"] = -1
        used += COST_SPLIT * (vm["thp_split_page"] - before) + 1
    return used
