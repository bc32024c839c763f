"""Kernel memory that a person asks for: N requests of one order and kind, kept or given back.

What a driver, a network stack or a module asks of the page allocator, to see whether it gets it
now and what stands in the way. Pages that are to go back wait on LIST_KMEM until the last request;
pages that stay are kernel pages like all others.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.memory.alloc import free_pages
from engine.core.memory.clock import clock_us
from engine.core.memory.cpu import TURN, work_of_requests
from engine.core.memory.freelist import free_list, list_add_tail, list_del
from engine.core.memory.page import set_state
from engine.core.memory.watermark import wmark_pages
from engine.core.slowpath.slowpath import alloc_pages, gfp_to_alloc_flags
from engine.core.slowpath.slowpath_2012 import alloc_flags_2012
from engine.core.workload.demand_codes import AllocCause

NONE = u.PFN_NONE

ASKED_A_UNIT = 256  # requests per unit of work, if none of them needs any
GIVE_UP = 32  # failures in a row after which the rest is not asked for

_MEMORY = int(AllocCause.MEMORY)
_WATERMARK = int(AllocCause.WATERMARK)
_FRAGMENTATION = int(AllocCause.FRAGMENTATION)
_MIGRATETYPE = int(AllocCause.MIGRATETYPE)


@core_jit
def kmem_class(kind):
    """What a kind of request means to the allocator.

    Args:
        kind: int64, KMEM_*.
    Returns:
        tuple of int64: STATE_* of its pages, MIGRATE_*, GFP_*.
    Source:
        include/linux/gfp_types.h GFP_KERNEL, GFP_ATOMIC, __GFP_RECLAIMABLE;
        include/linux/gfp.h gfp_migratetype().
    """
    if kind == u.KMEM_RECLAIMABLE:
        return u.STATE_SLAB, u.MIGRATE_RECLAIMABLE, u.GFP_KERNEL
    if kind == u.KMEM_ATOMIC:
        return u.STATE_KERNEL, u.MIGRATE_UNMOVABLE, u.GFP_ATOMIC
    return u.STATE_KERNEL, u.MIGRATE_UNMOVABLE, u.GFP_KERNEL


@core_jit
def count_large(guest, zone, order, alloc_flags):
    """Free blocks of an order or above in a zone, and how many of them a request may use.

    Args:
        guest: Guest.
        zone: int64, index of the zone.
        order: int64.
        alloc_flags: int64, ALLOC_*, of a request that is not movable.
    Returns:
        tuple of int64: blocks of any migratetype, blocks that it may use.
    Source:
        mm/page_alloc.c rmqueue_buddy(), fallbacks[].
    """
    atomic = alloc_flags & (u.ALLOC_HIGHATOMIC | u.ALLOC_NON_BLOCK) != 0
    shares_slot = guest.vm[0]["law_reserve_at_boot"] == 1  # RESERVE is everybody's last resort
    large = np.int64(0)
    usable = np.int64(0)
    for o in range(order, u.NR_PAGE_ORDERS):
        for mt in range(u.NR_MIGRATETYPES):
            nr = np.int64(guest.lists[free_list(zone, o, mt)]["nr"])
            large += nr
            is_open = mt < u.MIGRATE_PCPTYPES
            if mt == u.MIGRATE_HIGHATOMIC:
                is_open = atomic or shares_slot
            if is_open:
                usable += nr
    return large, usable


@core_jit
def cause_in_zone(guest, zone, order, alloc_flags):
    """What stands in the way of a request in one zone that did not serve it.

    Args:
        guest: Guest.
        zone: int64, index of the zone.
        order: int64.
        alloc_flags: int64, ALLOC_*, of a request that is not movable.
    Returns:
        tuple of int64: AllocCause, pages that it has to spare for the request (negative: lacks).
    Source:
        mm/page_alloc.c __zone_watermark_ok(), __zone_watermark_unusable_free().
    """
    z = guest.zones[zone]
    large, usable = count_large(guest, zone, order, alloc_flags)
    kept = np.int64(z["nr_free_cma"])
    if alloc_flags & (u.ALLOC_NON_BLOCK | u.ALLOC_MIN_RESERVE | u.ALLOC_HIGHATOMIC) == 0:
        kept += np.int64(z["nr_free_highatomic"])
    mark = np.int64(wmark_pages(guest, zone, u.WMARK_MIN))
    if alloc_flags & u.ALLOC_MIN_RESERVE:
        mark -= mark // 2
        if alloc_flags & u.ALLOC_NON_BLOCK:
            mark -= mark // 4
    reserve = np.int64(z["lowmem_reserve"])
    free = np.int64(z["nr_free"]) - kept
    left = free - ((1 << order) - 1)
    spare = free - mark - reserve
    passes = left > mark + reserve
    # Under the rules of 3.8 a zone passes and still has not enough in large blocks.
    cause = np.int64(_WATERMARK)
    if large > 0 and left + kept > mark + reserve and (not passes or usable == 0):
        if kept > 0 or usable == 0:
            cause = np.int64(_MIGRATETYPE)
    elif passes and usable == 0:
        cause = np.int64(_FRAGMENTATION)
    elif not passes and (large == 0 or free <= mark):
        cause = np.int64(_MEMORY)
    return cause, spare


@core_jit
def why_failed(guest, order, mt, gfp):
    """What stood in the way of a request that has just failed, in the zone nearest to it.

    Args:
        guest: Guest.
        order: int64.
        mt: int64, migratetype wanted, not MOVABLE.
        gfp: int64, GFP_*.
    Returns:
        int64, AllocCause.
    Source:
        not of the kernel, which prints Mem-Info for people to find out (mm/show_mem.c).
    """
    alloc_flags = gfp_to_alloc_flags(mt, gfp, order)
    if guest.vm[0]["law_retry_by_priority"] == 0:
        alloc_flags = alloc_flags_2012(mt, gfp)
    best = np.int64(_MEMORY)
    best_rank = np.int64(-1)
    best_spare = np.int64(0)
    for i in range(guest.zones.shape[0]):
        zone = guest.zones.shape[0] - 1 - i
        z = guest.zones[zone]
        if z["managed"] == 0 or z["name"] == u.ZONE_MOVABLE:
            continue
        cause, spare = cause_in_zone(guest, zone, order, alloc_flags)
        # Closed to the request, short of memory, or neither; of equals the one with most to spare.
        rank = np.int64(0)
        if z["lowmem_reserve"] < z["nr_free"]:
            rank += 2
        if cause != _MEMORY:
            rank += 1
        if rank > best_rank or (rank == best_rank and spare > best_spare):
            best = cause
            best_rank = rank
            best_spare = spare
    return best


@core_jit
def hold_pages(guest, pfn, order, state):
    """Give pages that a request got to the kernel: for good, or to be given back at the end.

    Args:
        guest: Guest. Writes pages, blocks, lists, vm.kmem_kept.
        pfn: int64, first page, in transit.
        order: int64.
        state: int64, STATE_*.
    Returns:
        int64, pages.
    Source:
        not of the kernel: whoever asked knows what it holds.
    """
    set_state(guest, pfn, order, state, 0)
    if guest.vm[0]["kmem_keep"] == 1:
        guest.vm[0]["kmem_kept"] += 1 << order
    else:
        list_add_tail(guest, u.LIST_KMEM, pfn)
    return 1 << order  # reason: taken_for_kernel


@core_jit
def request_one(guest):
    """Make one of the requests asked for.

    Args:
        guest: Guest. Writes all of it.
    Source:
        mm/page_alloc.c __alloc_pages_noprof().
    """
    vm = guest.vm[0]
    order = np.int64(vm["kmem_order"])
    state, mt, gfp = kmem_class(vm["kmem_kind"])
    pfn = np.int64(alloc_pages(guest, order, mt, gfp))
    if pfn == NONE:
        vm["kmem_failed"] += 1
        vm["kmem_in_a_row"] += 1
        cause = why_failed(guest, order, mt, gfp)
        if cause == _MEMORY:
            vm["kmem_no_memory"] += 1
        elif cause == _WATERMARK:
            vm["kmem_no_watermark"] += 1
        elif cause == _FRAGMENTATION:
            vm["kmem_no_fragment"] += 1
        else:
            vm["kmem_no_type"] += 1
        return
    vm["kmem_got"] += 1
    vm["kmem_in_a_row"] = 0
    hold_pages(guest, pfn, order, state)


@core_jit
def end_of_taking(guest):
    """Account for the requests once the last is made; what is not to stay goes back.

    Args:
        guest: Guest. Writes vm.kmem_phase, kmem_us, kmem_moved, kmem_reclaimed.
    Source:
        not of the kernel.
    """
    vm = guest.vm[0]
    vm["kmem_us"] = clock_us(guest) - vm["kmem_from_us"]
    vm["kmem_moved"] = vm["pgmigrate_success"] - vm["kmem_from_moved"]
    vm["kmem_reclaimed"] = vm["pgsteal_direct"] - vm["kmem_from_reclaimed"]
    vm["kmem_phase"] = u.KMEM_IDLE
    if guest.lists[u.LIST_KMEM]["nr"] > 0:
        vm["kmem_phase"] = u.KMEM_GIVING


@core_jit
def free_held(guest, nr):
    """Free held pages, the newest first.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        nr: int64, pages at most, exceeded by less than one request's.
    Source:
        mm/page_alloc.c __free_pages().
    """
    while nr > 0:
        pfn = np.int64(guest.lists[u.LIST_KMEM]["last"])
        if pfn == NONE:
            guest.vm[0]["kmem_phase"] = u.KMEM_IDLE
            return
        order = np.int64(guest.pages[pfn]["order"])
        list_del(guest, u.LIST_KMEM, pfn)
        free_pages(guest, pfn, order)  # reason: given_back
        nr -= 1 << order


@core_jit
def begin_kmem(guest):
    """Note from where the cost of a request counts.

    Args:
        guest: Guest. Writes vm.kmem_from_*.
    Source:
        not of the kernel.
    """
    vm = guest.vm[0]
    vm["kmem_from_us"] = clock_us(guest)
    vm["kmem_from_moved"] = vm["pgmigrate_success"]
    vm["kmem_from_reclaimed"] = vm["pgsteal_direct"]


@core_jit
def step_kmem(guest, budget):
    """Continue a request for kernel memory.

    Args:
        guest: Guest. Writes all of it.
        budget: int64, units of ASKED_A_UNIT requests, or of a turn's work.
    Source:
        mm/page_alloc.c alloc_pages_noprof(), __free_pages().
    Differs:
        After GIVE_UP failures in a row the rest is not asked for. A page taken from the free lists
        costs no time.
    """
    vm = guest.vm[0]
    if vm["kmem_phase"] == u.KMEM_GIVING:
        free_held(guest, budget * ASKED_A_UNIT)
    if vm["kmem_phase"] != u.KMEM_TAKING:
        return
    if vm["kmem_got"] + vm["kmem_failed"] == 0:
        begin_kmem(guest)
    work = work_of_requests(guest)
    left = budget * ASKED_A_UNIT
    while left > 0 and work_of_requests(guest) - work < budget * TURN:
        made = vm["kmem_got"] + vm["kmem_failed"]
        if made >= vm["kmem_asked"] or vm["kmem_in_a_row"] >= GIVE_UP:
            end_of_taking(guest)
            return
        request_one(guest)
        left -= 1
