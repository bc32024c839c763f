"""Contiguous allocation of a number of pages, by emptying a range of pageblocks.

From the CMA area if the guest has one (cma_alloc), else from anywhere (alloc_contig_pages). Ranges
are tried one after another: the pageblocks are isolated, their pages dropped or moved, and the
freed range would be handed over. Here it is given back at once, since only the outcome matters.
The state is in Guest.vm (RANGE_FIELDS).
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.compact.migrate import ENOMEM
from engine.core.compact.putback import count_isolated
from engine.core.memory.alloc import drain_pcp, free_pages
from engine.core.memory.freelist import list_del, zone_of
from engine.core.memory.nodes import zonelist_zone
from engine.core.ranges.isolation import (
    start_isolate_page_range,
    test_pages_isolated,
    undo_isolate_page_range,
)
from engine.core.ranges.range_codes import RangeReason
from engine.core.ranges.range_job import begin_rounds, end_request, give_up, note_stop
from engine.core.ranges.range_migrate import (
    KIND_HUGE,
    KIND_KEEP,
    isolate_range_page,
    migrate_range,
    movable_kind,
    move_huge,
    pass_over_range,
)

NONE = u.PFN_NONE
TRIES = 16  # ranges to try per unit of work, if none of them needs any
_UNIT = 256  # pages moved per unit of work
_UNMOVABLE = int(RangeReason.UNMOVABLE)
_NO_TARGET = int(RangeReason.NO_TARGET)
_NOT_MIGRATED = int(RangeReason.NOT_MIGRATED)
_IN_USE = int(RangeReason.IN_USE)
_NO_AREA = int(RangeReason.NO_AREA)
# Flags that keep a page from being dropped: mm/vmscan.c reclaim_clean_pages_from_list(),
# shrink_folio_list().
_KEPT = u.PG_DIRTY | u.PG_UNEVICTABLE | u.PG_WRITEBACK | u.PG_LOCKED | u.PG_PINNED


@core_jit
def next_cma_range(guest, pfn, nr):
    """The next range of CMA pageblocks in one zone.

    Args:
        guest: Guest.
        pfn: int64, first page of the pageblock to start with.
        nr: int64, pages wanted, whole pageblocks.
    Returns:
        int64 pfn, or PFN_NONE.
    Source:
        mm/cma.c cma_alloc(): bitmap_find_next_zero_area_off().
    Differs:
        Ranges start at pageblocks; the kernel steps by the requested alignment.
    """
    run = np.int64(0)
    for block in range(pfn >> u.PAGEBLOCK_ORDER, guest.blocks.size):
        b = guest.blocks[block]
        if b["migratetype"] != u.MIGRATE_CMA:
            run = np.int64(0)
            continue
        if run > 0 and b["zone"] != guest.blocks[block - 1]["zone"]:
            run = np.int64(0)
        run += u.PAGEBLOCK_NR_PAGES
        if run == nr:
            return np.int64((block + 1) << u.PAGEBLOCK_ORDER) - nr
    return np.int64(NONE)


@core_jit
def pfn_range_valid_contig(guest, start_pfn, nr):
    """Whether a range has no hole, no reserved page and no hugetlb page.

    Args:
        guest: Guest.
        start_pfn: int64.
        nr: int64, pages.
    Returns:
        bool.
    Source:
        mm/page_alloc.c pfn_range_valid_contig().
    """
    for pfn in range(start_pfn, start_pfn + nr):
        state = np.int64(guest.pages[pfn]["state"])
        if state <= u.STATE_RESERVED or state == u.STATE_HUGE:
            return False
    return True


@core_jit
def next_contig_range(guest):
    """The next range anywhere: zone by zone of the zonelist, upwards in steps of the size wanted.

    Args:
        guest: Guest. Writes vm.range_zone, range_pos.
    Returns:
        int64 pfn, or PFN_NONE.
    Source:
        mm/page_alloc.c alloc_contig_pages().
    """
    vm = guest.vm[0]
    nr = np.int64(vm["range_size"])
    while vm["range_zone"] >= 0:
        position = np.int64(guest.zones.shape[0]) - 1 - vm["range_zone"]
        z = guest.zones[zonelist_zone(guest, position)]
        first = max(np.int64(vm["range_pos"]), np.int64(z["start_pfn"]))
        pfn = (first + nr - 1) // nr * nr
        while pfn + nr <= z["end_pfn"] and z["name"] != u.ZONE_MOVABLE:
            if pfn_range_valid_contig(guest, pfn, nr):
                return pfn
            pfn += nr
        vm["range_zone"] -= 1
        vm["range_pos"] = 0
    return np.int64(NONE)


@core_jit
def next_range(guest):
    """The next range to try.

    Args:
        guest: Guest. Writes vm.range_zone, range_pos.
    Returns:
        int64 pfn, or PFN_NONE.
    Source:
        mm/cma.c cma_alloc(), mm/page_alloc.c alloc_contig_pages().
    """
    vm = guest.vm[0]
    if vm["range_mt"] == u.MIGRATE_CMA:
        return next_cma_range(guest, np.int64(vm["range_pos"]), np.int64(vm["range_size"]))
    return next_contig_range(guest)


@core_jit
def step_on(guest):
    """Advance to the start of the next range after a failure.

    Args:
        guest: Guest. Writes vm.range_pos, range_phase.
    Source:
        mm/cma.c cma_alloc(), mm/page_alloc.c alloc_contig_pages(), their loops.
    """
    vm = guest.vm[0]
    nr = np.int64(u.PAGEBLOCK_NR_PAGES)
    if vm["range_mt"] != u.MIGRATE_CMA:
        nr = np.int64(vm["range_size"])
    vm["range_pos"] = vm["range_start_pfn"] + nr
    vm["range_phase"] = u.RANGE_START


@core_jit
def fail(guest, reason, pfn):
    """End a failed attempt: its range goes back to the allocator and the next one is tried.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        reason: int64, RangeReason.
        pfn: int64, page at which it stopped.
    Source:
        mm/page_alloc.c alloc_contig_range(), done. cma_alloc() goes on after -EBUSY only.
    """
    vm = guest.vm[0]
    note_stop(guest, reason, pfn)
    give_up(guest, np.int64(vm["range_mt"]))
    step_on(guest)
    if reason == _NO_TARGET and vm["range_mt"] == u.MIGRATE_CMA:
        end_request(guest, u.RANGE_STOPPED)


@core_jit
def try_next_range(guest):
    """Isolate the next range, if there is one.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
    Returns:
        bool, whether the search is over: a range is isolated, or none is left.
    Source:
        mm/page_alloc.c alloc_contig_range(), its beginning.
    """
    vm = guest.vm[0]
    start = next_range(guest)
    if start == NONE:
        if vm["range_rounds"] == 0:
            note_stop(guest, _NO_AREA, NONE)
        end_request(guest, u.RANGE_STOPPED)
        return True
    vm["range_start_pfn"] = start
    vm["range_end_pfn"] = start + vm["range_size"]
    vm["range_rounds"] += 1
    pfn = start_isolate_page_range(guest, start, vm["range_end_pfn"], vm["range_mt"], 0)
    if pfn != NONE:
        note_stop(guest, _UNMOVABLE, pfn)
        step_on(guest)
        return False
    drain_pcp(guest, zone_of(guest, start))
    begin_rounds(guest)
    return True


@core_jit
def reclaim_clean_pages(guest):
    """Drop the clean page cache among the isolated pages, which is cheaper than moving it.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.range_reclaimed.
    Source:
        mm/vmscan.c reclaim_clean_pages_from_list().
    """
    pfn = np.int64(guest.lists[u.LIST_RANGE]["first"])
    while pfn != NONE:
        after = np.int64(guest.pages[pfn]["next"])
        page = guest.pages[pfn]
        flags = np.int64(page["flags"])
        if page["state"] == u.STATE_FILE and flags & _KEPT == 0:
            order = np.int64(page["order"])
            nr = np.int64(1) << order
            list_del(guest, u.LIST_RANGE, pfn)
            count_isolated(guest, pfn, -nr)
            page["flags"] = flags & ~u.PG_ISOLATED
            free_pages(guest, pfn, order)  # reason: dropped_from_range
            guest.vm[0]["range_reclaimed"] += nr
        pfn = after


@core_jit
def isolate_batch(guest):
    """Isolate up to COMPACT_CLUSTER_MAX pages from vm.range_pos on.

    Args:
        guest: Guest. Writes all of it.
    Returns:
        int64, hugetlb page that could not be moved, or PFN_NONE.
    Source:
        mm/compaction.c isolate_migratepages_range().
    Differs:
        A hugetlb page is moved at once.
    """
    vm = guest.vm[0]
    pfn = np.int64(vm["range_pos"])
    left = np.int64(u.COMPACT_CLUSTER_MAX)
    failed = np.int64(NONE)
    while pfn < vm["range_end_pfn"] and left > 0:
        nr = np.int64(1)
        if guest.pages[pfn]["order"] <= u.MAX_PAGE_ORDER:
            nr <<= np.int64(guest.pages[pfn]["order"])
        kind = movable_kind(guest, pfn)
        if kind != KIND_KEEP:
            left -= nr
            if kind != KIND_HUGE:
                isolate_range_page(guest, pfn)
            elif move_huge(guest, pfn) < 0:
                failed = pfn
        pfn += nr
    vm["range_pos"] = pfn
    return failed


@core_jit
def migrate_contig_range(guest, budget):
    """Continue emptying the isolated range, batch by batch; at its end, test whether it is free.

    Args:
        guest: Guest. Writes all of it.
        budget: int64, pages to move or drop, exceeded by less than a batch.
    Source:
        mm/page_alloc.c __alloc_contig_migrate_range(), alloc_contig_range().
    Differs:
        A page that cannot be moved fails once, not five times: nothing would change in between. The
        allocation is given back at once.
    """
    vm = guest.vm[0]
    end_work = vm["range_migrated"] + vm["range_reclaimed"] + budget
    while vm["range_migrated"] + vm["range_reclaimed"] < end_work:
        if vm["range_pos"] >= vm["range_end_pfn"]:
            pfn = test_pages_isolated(guest, vm["range_start_pfn"], vm["range_end_pfn"], 0)
            if pfn != NONE:
                fail(guest, _IN_USE, pfn)
                return
            start = np.int64(vm["range_start_pfn"])
            undo_isolate_page_range(guest, start, vm["range_end_pfn"], vm["range_mt"])
            end_request(guest, u.RANGE_DONE)
            return
        huge = isolate_batch(guest)
        reclaim_clean_pages(guest)
        failed, error = migrate_range(guest)
        if error == ENOMEM or huge != NONE:
            fail(guest, _NO_TARGET, failed if error == ENOMEM else huge)
            return
        if failed != NONE:
            fail(guest, _NOT_MIGRATED, failed)
            return


@core_jit
def step_contig(guest, budget):
    """Continue the request.

    Args:
        guest: Guest. Writes all of it.
        budget: int64, units of 256 pages, or of TRIES ranges.
    Source:
        mm/page_alloc.c alloc_contig_range().
    """
    vm = guest.vm[0]
    if vm["range_phase"] == u.RANGE_START:
        for _ in range(budget * TRIES):
            if try_next_range(guest):
                return
    elif vm["range_phase"] == u.RANGE_PASS:
        if pass_over_range(guest, budget * _UNIT):
            vm["range_phase"] = u.RANGE_MIGRATE
            vm["range_pos"] = vm["range_start_pfn"]
    else:
        migrate_contig_range(guest, budget * _UNIT)
