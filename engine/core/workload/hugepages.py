"""Huge pages as nr_hugepages allocates them: how many 2 MiB pages can user land get now?

One request is up to HUGE_ATTEMPTS writes of the same number; the pages are given back at the end.
Also a single page as a fault requests it, to see direct compaction at work.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.memory.alloc import free_pages
from engine.core.memory.cpu import TURN, work_of_requests
from engine.core.memory.freelist import list_add_tail, list_del
from engine.core.memory.nodes import nr_nodes
from engine.core.memory.page import set_state
from engine.core.slowpath.node_alloc import alloc_pages_node
from engine.core.slowpath.slowpath import alloc_pages

NONE = u.PFN_NONE

FREE_HUGE = 32  # huge pages given back per unit of work
HUGE_ATTEMPTS = 12  # at most this many writes to nr_hugepages,
HUGE_IDLE = 3  # or until this many in a row gained nothing

# mm/hugetlb.c alloc_buddy_hugetlb_folio(): the first failure of a write ends it, so
# __GFP_RETRY_MAYFAIL is always set.
HUGETLB = u.GFP_HIGHUSER | u.GFP_RETRY_MAYFAIL | u.GFP_THISNODE

# A fault for a transparent huge page under defrag=always, without madvise (mm/huge_memory.c).
TRANSHUGE = u.GFP_HIGHUSER | u.GFP_NORETRY | u.GFP_NOMEMALLOC


@core_jit
def _end_attempt(guest):
    """Account for one write to nr_hugepages.

    Args:
        guest: Guest. Writes vm.huge_*.
    Source:
        not of the kernel: the rule of the recordings: repeat until three attempts gain nothing, at
        most 12 times.
    """
    vm = guest.vm[0]
    if vm["huge_attempt"] == 0:
        vm["huge_first"] = vm["huge_held"]
    vm["huge_attempt"] += 1
    vm["huge_noretry"] = 0
    if vm["huge_held"] > vm["huge_best"]:
        vm["huge_best"] = vm["huge_held"]
        vm["huge_idle"] = 0
    else:
        vm["huge_idle"] += 1


@core_jit
def _free_huge(guest, nr):
    """Give back huge pages, newest first.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        nr: int64, huge pages at most.
    Source:
        mm/hugetlb.c set_max_huge_pages(), update_and_free_pages_bulk().
    Differs:
        The kernel gives back the first attempt's pages before the later ones', each newest first.
    """
    vm = guest.vm[0]
    for _ in range(nr):
        pfn = np.int64(guest.lists[u.LIST_HUGE]["last"])
        if pfn == NONE:
            break
        list_del(guest, u.LIST_HUGE, pfn)
        free_pages(guest, pfn, u.HPAGE_ORDER)
        vm["huge_held"] -= 1
    if vm["huge_held"] == 0:
        vm["huge_target"] = 0
        vm["huge_runs"] += 1


@core_jit
def _alloc_pool_huge(guest):
    """One huge page for the pool: from the nodes in turn, from the next where one has none.

    Args:
        guest: Guest. Writes all of it.
    Returns:
        int64 pfn in transit, or PFN_NONE if no node has one.
    Source:
        mm/hugetlb.c alloc_pool_huge_folio(), alloc_buddy_hugetlb_folio(): after a failure within
        the same write, a node is not tried hard until it has had one.
    """
    vm = guest.vm[0]
    for _ in range(nr_nodes(guest)):
        node = np.int64(vm["huge_node"])
        vm["huge_node"] = (node + 1) % nr_nodes(guest)
        bit = np.int64(1) << node
        gfp = HUGETLB
        if vm["huge_noretry"] & bit:
            gfp &= ~u.GFP_RETRY_MAYFAIL
        order = np.int64(u.HPAGE_ORDER)
        pfn = alloc_pages_node(guest, node, u.NODES_LOCAL, order, u.MIGRATE_MOVABLE, gfp)
        if pfn != NONE:
            vm["htlb_buddy_alloc_success"] += 1
            vm["huge_noretry"] &= ~bit
            return pfn
        vm["htlb_buddy_alloc_fail"] += 1
        if vm["more_nodes"] > 0:
            vm["huge_noretry"] |= bit
    return np.int64(NONE)


@core_jit
def step_huge(guest, budget):
    """Continue a huge page request: take all there are, repeatedly, then give all back.

    Args:
        guest: Guest. Writes all of it.
        budget: int64, huge pages to try for.
    Source:
        mm/hugetlb.c set_max_huge_pages(), alloc_pool_huge_folio(), alloc_buddy_hugetlb_folio().
    """
    vm = guest.vm[0]
    if vm["huge_target"] == 0:
        return
    if vm["huge_attempt"] >= HUGE_ATTEMPTS or vm["huge_idle"] >= HUGE_IDLE:
        _free_huge(guest, budget * FREE_HUGE)
        return
    work = work_of_requests(guest)
    while work_of_requests(guest) - work < budget * TURN:
        if vm["huge_held"] >= vm["huge_target"]:
            _end_attempt(guest)
            return
        pfn = _alloc_pool_huge(guest)
        if pfn == NONE:
            _end_attempt(guest)
            if vm["huge_attempt"] >= HUGE_ATTEMPTS or vm["huge_idle"] >= HUGE_IDLE:
                return
            continue  # traced: failing requests take a millisecond; several fit into a turn
        set_state(guest, pfn, u.HPAGE_ORDER, u.STATE_HUGE, 0)
        list_add_tail(guest, u.LIST_HUGE, pfn)
        vm["huge_held"] += 1
        budget -= 1  # clearing 2 MiB takes a turn


@core_jit
def step_direct(guest):
    """The direct compaction requested by command: one allocation, given back at once.

    Args:
        guest: Guest. Writes all of it.
    Source:
        mm/huge_memory.c vma_thp_gfp_mask(), mm/page_alloc.c __alloc_pages_direct_compact().
    """
    vm = guest.vm[0]
    order = vm["direct_request"] - 1
    if order < 0:
        return
    vm["direct_request"] = 0
    pfn = alloc_pages(guest, order, u.MIGRATE_MOVABLE, TRANSHUGE)
    if pfn == NONE:
        vm["direct_result"] = guest.cc[u.CC_DIRECT]["result"]
        return
    vm["direct_result"] = u.COMPACT_SUCCESS
    set_state(guest, pfn, order, u.STATE_ANON, 0)
    free_pages(guest, pfn, order)
