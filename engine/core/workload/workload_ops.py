"""Workload operations: what programs ask for, by handle. Only the core knows the pages behind one.

A failed operation is counted and forgotten: the stream of operations is the same for all designs.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.memory.alloc import free_pages
from engine.core.memory.lru import lru_add
from engine.core.memory.page import set_state
from engine.core.slowpath.catch_up import settle_kcompactd
from engine.core.slowpath.slowpath import alloc_pages

NONE = u.PFN_NONE


@core_jit
def class_of(kind):
    """What an allocation class means to the kernel.

    Args:
        kind: int64, CLASS_*.
    Returns:
        tuple of int64: STATE_*, MIGRATE_*.
    Source:
        GFP_HIGHUSER_MOVABLE for user memory and page cache, GFP_KERNEL for the kernel's own,
        SLAB_RECLAIM_ACCOUNT for inodes and dentries (include/linux/gfp_types.h).
    """
    if kind == u.CLASS_ANON:
        return u.STATE_ANON, u.MIGRATE_MOVABLE
    if kind == u.CLASS_FILE:
        return u.STATE_FILE, u.MIGRATE_MOVABLE
    if kind == u.CLASS_SHMEM:
        return u.STATE_SHMEM, u.MIGRATE_MOVABLE
    if kind == u.CLASS_SLAB:
        return u.STATE_SLAB, u.MIGRATE_UNMOVABLE
    if kind == u.CLASS_PGTABLE:
        return u.STATE_PGTABLE, u.MIGRATE_UNMOVABLE
    if kind == u.CLASS_RECLAIMABLE:
        return u.STATE_SLAB, u.MIGRATE_RECLAIMABLE
    return u.STATE_KERNEL, u.MIGRATE_UNMOVABLE


@core_jit
def op_alloc(guest, handle, order, kind):
    """Allocate 2**order pages for a handle.

    Args:
        guest: Guest. Writes all of it.
        handle: int64, holds nothing; below the number of pages.
        order: int64.
        kind: int64, CLASS_*.
    Returns:
        bool, whether the allocation succeeded.
    Source:
        mm/memory.c do_anonymous_page(), mm/filemap.c filemap_add_folio(), mm/slub.c
        alloc_slab_page().
    Differs:
        User memory of an order above 0 is a transparent huge page; if it fails, nothing replaces
        it.
    """
    state, mt = class_of(kind)
    gfp = u.GFP_HIGHUSER
    if order > u.PAGE_ALLOC_COSTLY_ORDER:
        gfp = u.GFP_HIGHUSER | u.GFP_NORETRY | u.GFP_NOMEMALLOC
        if state == u.STATE_ANON:
            state = u.STATE_THP
    pfn = alloc_pages(guest, order, mt, gfp)
    if state == u.STATE_THP:
        if pfn == NONE:
            guest.vm[0]["thp_fault_fallback"] += 1
        else:
            guest.vm[0]["thp_fault_alloc"] += 1
    if pfn == NONE:
        guest.vm[0]["workload_failed"] += 1
        return False
    flags = 0
    if mt == u.MIGRATE_MOVABLE and state != u.STATE_FILE:
        # Active at once, as the recorded kernel's counters show for new user memory.
        flags = u.PG_MAPPED | u.PG_ACTIVE
    set_state(guest, pfn, order, state, flags)
    guest.pages[pfn]["handle"] = handle
    guest.pages[handle]["where"] = pfn
    if mt == u.MIGRATE_MOVABLE:
        lru_add(guest, pfn)
    return True


@core_jit
def op_free(guest, handle):
    """Free what a handle holds; nothing if its allocation failed or reclaim took the page.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        handle: int64.
    Source:
        mm/swap.c __folio_put(), mm/slub.c __free_slab().
    """
    pfn = np.int64(guest.pages[handle]["where"])
    if pfn == NONE:
        return
    if np.int64(guest.pages[pfn]["flags"]) & u.PG_ISOLATED:
        settle_kcompactd(guest)
        pfn = np.int64(guest.pages[handle]["where"])
    free_pages(guest, pfn, np.int64(guest.pages[pfn]["order"]))


@core_jit
def run_ops(guest, ops, nr_ops):
    """Run the workload operations of one tick.

    Args:
        guest: Guest. Writes all of it.
        ops: int32[n, 4], kind, handle, order, class.
        nr_ops: int64, how many of them to run.
    Source:
        not of the kernel.
    Differs:
        Whoever is refused an ordinary allocation waits until the next tick; the kernel would kill a
        process.
    """
    lacking = False
    for i in range(nr_ops):
        kind = np.int64(ops[i, 0])
        handle = np.int64(ops[i, 1])
        if kind == u.OP_FREE:
            op_free(guest, handle)
            continue
        if np.int64(guest.pages[handle]["where"]) != NONE:
            continue
        order = np.int64(ops[i, 2])
        cls = np.int64(ops[i, 3])
        if kind == u.OP_READ:
            order = np.int64(0)
            cls = np.int64(u.CLASS_FILE)
        if lacking:
            guest.vm[0]["workload_failed"] += 1
        elif not op_alloc(guest, handle, order, cls):
            lacking = order <= u.PAGE_ALLOC_COSTLY_ORDER
    guest.vm[0]["workload_ops"] += nr_ops
