"""What the builds of stress-highalloc do to memory: ranges of handles, page by page.

One row stands for many pages (int32[n, 4]: kind, first handle, number, argument), so that the
stream made by engine/stress/stream.py is short and the same for all designs. Every page goes
through the ordinary allocator, slow path and LRU lists. The handles from ``state[LOG_BASE]`` up are
the log of reclaimable slab: objects in order of creation, freed oldest first as reclaim scans the
LRU lists.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.memory.alloc import free_pages
from engine.core.memory.freelist import list_add_tail, list_del
from engine.core.memory.lru import lru_add, lru_del
from engine.core.memory.page import set_state
from engine.core.slowpath.slowpath import alloc_pages
from engine.core.workload.workload_ops import op_alloc, op_free

NONE = u.PFN_NONE

# Kinds of rows, column 0.
B_TOUCH = 1  # allocate for each handle; argument = class + 256 * order
B_DROP = 2  # free what the handles hold
B_READ = 3  # page cache, read by read(); missing pages come from disk
B_MAP = 4  # page cache, mapped: program text
B_WRITE = 5  # page cache, written; argument 1 = a new file: the handles drop their older pages
B_START_IO = 6  # writeback of dirty pages begins
B_END_IO = 7  # writeback has ended
B_THP = 8  # one transparent huge page for the first handle, else single pages; argument = gfp
B_SLAB = 9  # append to the log of reclaimable slab; argument = order
B_SLAB_DROP = 10  # free the whole log except stuck slabs
B_HUGE = 11  # one attempt of the test: an order-9 page, held
B_HUGE_FREE = 12  # the test gives its pages back, newest first
B_STREAM = 13  # page cache of a new file, read once

# Fields of the state array, int64[NR_STATE].
LOG_BASE = 0  # first handle of the log
LOG_HEAD = 1  # entries before this one have been freed or are stuck
LOG_TAIL = 2  # entries appended
LOG_LEFT = 3  # remainder of shrink_slab's division
SCANNED = 4  # pages scanned by reclaim for which slab has already been shrunk
ATTEMPTS = 5  # of the test, in this pass
SUCCESSES = 6
LACKING = 7  # rows given up for lack of memory
STUCK_IN = 8  # one slab in this many holds an object in use and stays
NR_STATE = 16


@core_jit
def mark_page_accessed(guest, pfn):
    """Record a use of a page-cache page; the second use makes it active.

    Args:
        guest: Guest. Writes pages, lists, zones.nr_zone_*.
        pfn: int64, a file page.
    Source:
        mm/swap.c mark_page_accessed().
    """
    page = guest.pages[pfn]
    flags = np.int64(page["flags"])
    if flags & u.PG_REFERENCED == 0:
        page["flags"] = flags | u.PG_REFERENCED
    elif flags & u.PG_ACTIVE == 0 and flags & u.PG_LRU:
        lru_del(guest, pfn)
        page["flags"] = (np.int64(page["flags"]) | u.PG_ACTIVE) & ~u.PG_REFERENCED
        lru_add(guest, pfn)


@core_jit
def forget(guest, handle):
    """Detach a handle from its page, which stays in the page cache without an owner.

    Args:
        guest: Guest. Writes pages.handle, pages.where.
        handle: int64.
    Source:
        not of the kernel: there are fewer handles than pages of all files.
    """
    pfn = np.int64(guest.pages[handle]["where"])
    if pfn != NONE:
        guest.pages[pfn]["handle"] = u.HANDLE_NONE
        guest.pages[handle]["where"] = NONE


@core_jit
def cache_page(guest, handle, kind):
    """Read, map or write one page of the page cache.

    Args:
        guest: Guest. Writes all of it.
        handle: int64.
        kind: int64, B_READ, B_MAP, B_WRITE or B_STREAM.
    Returns:
        bool, False if the page was missing and there was no memory for it.
    Source:
        mm/filemap.c do_generic_file_read(), filemap_fault(), generic_perform_write().
    """
    pfn = np.int64(guest.pages[handle]["where"])
    if pfn != NONE:
        mark_page_accessed(guest, pfn)
    elif op_alloc(guest, handle, 0, u.CLASS_FILE):
        pfn = np.int64(guest.pages[handle]["where"])
    else:
        return False
    page = guest.pages[pfn]
    if kind == B_MAP:
        page["flags"] = np.int64(page["flags"]) | u.PG_MAPPED | u.PG_REFERENCED
    elif kind == B_WRITE:
        page["flags"] = np.int64(page["flags"]) | u.PG_DIRTY
    return True


@core_jit
def writeback(guest, handle, kind):
    """Begin or end writing one page to disk.

    Args:
        guest: Guest. Writes pages.flags.
        handle: int64; nothing happens if it holds no dirty page, or none under writeback.
        kind: int64, B_START_IO or B_END_IO.
    Source:
        mm/page-writeback.c clear_page_dirty_for_io(), set_page_writeback(), end_page_writeback().
    """
    pfn = np.int64(guest.pages[handle]["where"])
    if pfn == NONE:
        return
    page = guest.pages[pfn]
    flags = np.int64(page["flags"])
    if kind == B_END_IO:
        page["flags"] = flags & ~u.PG_WRITEBACK
    elif flags & u.PG_DIRTY:
        page["flags"] = (flags & ~u.PG_DIRTY) | u.PG_WRITEBACK


@core_jit
def fault_huge(guest, first, nr, gfp):
    """A transparent huge page fault; falls back to single pages.

    Args:
        guest: Guest. Writes all of it.
        first: int64, handle; it will own the huge page.
        nr: int64, handles to touch if there is no huge page.
        gfp: int64, GFP_*.
    Returns:
        bool, False if memory ran out.
    Source:
        mm/huge_memory.c do_huge_pmd_anonymous_page().
    """
    vm = guest.vm[0]
    pfn = np.int64(NONE)
    if np.int64(guest.pages[first]["where"]) == NONE:
        pfn = alloc_pages(guest, u.HPAGE_ORDER, u.MIGRATE_MOVABLE, gfp)
        if pfn == NONE:
            vm["thp_fault_fallback"] += 1
    if pfn == NONE:
        for handle in range(first, first + nr):
            if np.int64(guest.pages[handle]["where"]) != NONE:
                continue
            if not op_alloc(guest, handle, 0, u.CLASS_ANON):
                return False
        return True
    vm["thp_fault_alloc"] += 1
    set_state(guest, pfn, u.HPAGE_ORDER, u.STATE_THP, u.PG_MAPPED | u.PG_ACTIVE)
    guest.pages[pfn]["handle"] = first
    guest.pages[first]["where"] = pfn
    lru_add(guest, pfn)
    return True


@core_jit
def attempt_huge(guest, state):
    """One attempt of the test: an order-9 page for the kernel, held until the pass is over.

    Args:
        guest: Guest. Writes all of it.
        state: int64[NR_STATE]. Writes ATTEMPTS, SUCCESSES.
    Source:
        mmtests stap-scripts/highalloc.stp: GFP_HIGHUSER_MOVABLE, neither repeat nor no-retry.
    """
    state[ATTEMPTS] += 1
    pfn = alloc_pages(guest, u.HPAGE_ORDER, u.MIGRATE_MOVABLE, u.GFP_HIGHUSER)
    if pfn == NONE:
        return
    state[SUCCESSES] += 1
    set_state(guest, pfn, u.HPAGE_ORDER, u.STATE_HUGE, 0)
    list_add_tail(guest, u.LIST_HUGE, pfn)


@core_jit
def release_huge(guest):
    """Give back all pages that the test holds, newest first.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
    Source:
        mmtests stap-scripts/highalloc.stp.
    """
    pfn = np.int64(guest.lists[u.LIST_HUGE]["last"])
    while pfn != NONE:
        list_del(guest, u.LIST_HUGE, pfn)
        free_pages(guest, pfn, u.HPAGE_ORDER)
        pfn = np.int64(guest.lists[u.LIST_HUGE]["last"])


@core_jit
def shrink_log(guest, state, nr):
    """Free the oldest reclaimable slabs except those that hold an object in use.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        state: int64[NR_STATE]. Writes LOG_HEAD.
        nr: int64, slabs to look at.
    Source:
        fs/dcache.c prune_dcache_sb(), fs/inode.c prune_icache_sb(), by slabs instead of objects.
    """
    while nr > 0 and state[LOG_HEAD] < state[LOG_TAIL]:
        entry = state[LOG_HEAD]
        state[LOG_HEAD] += 1
        nr -= 1
        # Which slabs are stuck must not depend on the design, so hash the entry.
        if (entry * 2654435761 >> 8) % state[STUCK_IN] != 0:
            op_free(guest, state[LOG_BASE] + entry)


@core_jit
def shrink_slab(guest, state):
    """Shrink reclaimable slab by the share of the LRU lists scanned by reclaim since last time.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        state: int64[NR_STATE]. Writes LOG_*, SCANNED.
    Source:
        mm/vmscan.c shrink_slab(), 3.8.
    Differs:
        Whole slabs in order of creation; after the scan, not during it. The kernel looks at twice
        that share, but takes two looks to free an object that was used.
    """
    vm = guest.vm[0]
    scanned = vm["pgscan_kswapd"] + vm["pgscan_direct"]
    delta = scanned - state[SCANNED]
    state[SCANNED] = scanned
    if delta <= 0:
        return
    lru = np.int64(1)
    for zone in range(guest.zones.shape[0]):
        z = guest.zones[zone]
        lru += z["nr_zone_inactive_file"] + z["nr_zone_active_file"]
        lru += z["nr_zone_inactive_anon"] + z["nr_zone_active_anon"]
    wanted = delta * (state[LOG_TAIL] - state[LOG_HEAD]) + state[LOG_LEFT]
    state[LOG_LEFT] = wanted % lru
    shrink_log(guest, state, wanted // lru)


@core_jit
def drop_slab(guest, state):
    """Free every reclaimable slab that is not stuck, then forget the log.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        state: int64[NR_STATE]. Writes LOG_HEAD.
    Source:
        fs/drop_caches.c drop_slab().
    """
    shrink_log(guest, state, state[LOG_TAIL] - state[LOG_HEAD])


@core_jit
def free_range(guest, first, nr):
    """Free what a range of handles holds, as when a process exits or a file is deleted.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        first: int64, handle.
        nr: int64, handles.
    Source:
        mm/memory.c zap_pte_range(), mm/truncate.c truncate_inode_pages_range().
    """
    for handle in range(first, first + nr):
        op_free(guest, handle)


@core_jit
def grow_slab(guest, handle, order):
    """Allocate one slab of a reclaimable cache: of its preferred order, else a single page.

    Args:
        guest: Guest. Writes all of it.
        handle: int64, holds nothing.
        order: int64, preferred order.
    Returns:
        bool, False if memory ran out.
    Source:
        mm/slub.c allocate_slab(), 3.8.
    Differs:
        After a failure a single page stands for the slab, although it holds fewer objects.
    """
    if order > 0:
        gfp = u.GFP_HIGHUSER | u.GFP_NORETRY
        pfn = alloc_pages(guest, order, u.MIGRATE_RECLAIMABLE, gfp)
        if pfn != NONE:
            set_state(guest, pfn, order, u.STATE_SLAB, 0)
            guest.pages[pfn]["handle"] = handle
            guest.pages[handle]["where"] = pfn
            return True
    return op_alloc(guest, handle, 0, u.CLASS_RECLAIMABLE)


@core_jit
def populate(guest, kind, handle, arg):
    """Allocate for one handle of a row.

    Args:
        guest: Guest. Writes all of it.
        kind: int64, B_TOUCH, B_SLAB or a kind of page cache.
        handle: int64.
        arg: int64, the row's argument.
    Returns:
        bool, False if memory ran out.
    Source:
        not of the kernel.
    """
    if kind == B_TOUCH or kind == B_SLAB:
        if np.int64(guest.pages[handle]["where"]) != NONE:
            return True
        if kind == B_SLAB:
            return grow_slab(guest, handle, arg)
        return op_alloc(guest, handle, arg >> 8, arg & 255)
    if kind == B_STREAM or (kind == B_WRITE and arg == 1):
        forget(guest, handle)
    return cache_page(guest, handle, kind)


@core_jit
def run_row(guest, state, kind, first, nr, arg):
    """Run one row that allocates.

    Args:
        guest: Guest. Writes all of it.
        state: int64[NR_STATE]. Writes LOG_TAIL.
        kind: int64, B_*.
        first: int64, handle; for B_SLAB, where the log ends.
        nr: int64, handles.
        arg: int64.
    Returns:
        bool, False if memory ran out: the rest of the row is skipped.
    Source:
        not of the kernel.
    """
    if kind == B_THP:
        return fault_huge(guest, first, nr, arg)
    if kind == B_SLAB:
        state[LOG_TAIL] = first + nr - state[LOG_BASE]
    for handle in range(first, first + nr):
        if not populate(guest, kind, handle, arg):
            return False
    return True


@core_jit
def run_builds(guest, rows, nr_rows, state):
    """Run the rows of one slot, then shrink slab for what reclaim has scanned meanwhile.

    Args:
        guest: Guest. Writes all of it.
        rows: int32[n, 4], kind, first handle, number of handles, argument.
        nr_rows: int64, how many of them to run.
        state: int64[NR_STATE].
    Source:
        not of the kernel.
    Differs:
        Whoever is refused a page goes without it, and so does everyone else until the slot is over;
        the kernel would swap, or kill a process.
    """
    lacking = False
    for i in range(nr_rows):
        kind = np.int64(rows[i, 0])
        first = np.int64(rows[i, 1])
        nr = np.int64(rows[i, 2])
        if kind == B_DROP:
            free_range(guest, first, nr)
        elif kind == B_START_IO or kind == B_END_IO:
            for handle in range(first, first + nr):
                writeback(guest, handle, kind)
        elif kind == B_SLAB_DROP:
            drop_slab(guest, state)
        elif kind == B_HUGE:
            attempt_huge(guest, state)
        elif kind == B_HUGE_FREE:
            release_huge(guest)
        elif lacking:
            state[LACKING] += 1
            guest.vm[0]["workload_failed"] += nr
        else:
            lacking = not run_row(guest, state, kind, first, nr, np.int64(rows[i, 3]))
    guest.vm[0]["workload_ops"] += nr_rows
    shrink_slab(guest, state)
