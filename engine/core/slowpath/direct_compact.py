"""Direct compaction: an allocation compacts for itself and captures the page that it frees."""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.compact.compaction import (
    CCF_DIRECT,
    CCF_IGNORE_BLOCK_SUITABLE,
    CCF_IGNORE_SKIP_HINT,
    CCF_WHOLE_ZONE,
    compact_begin,
    compact_end,
    isolate_round,
    migrate_round,
)
from engine.core.compact.suitability import (
    compaction_defer_reset,
    compaction_deferred,
    defer_compaction,
)
from engine.core.memory.cpu import COST_MIGRATE
from engine.core.memory.nodes import zone_allowed, zonelist_zone
from engine.core.slowpath.sched import cond_resched

COMPACT_PRIO_SYNC_FULL = 0
COMPACT_PRIO_SYNC_LIGHT = 1
COMPACT_PRIO_ASYNC = 2


@core_jit
def _scanned(guest):
    """Pages that the direct compaction in progress has looked at, which is its work without moves.

    Args:
        guest: Guest.
    Returns:
        int64, as cpu.py counts work.
    Source:
        kernel/sched/fair.c update_curr().
    """
    c = guest.cc[u.CC_DIRECT]
    return np.int64(c["total_migrate_scanned"]) + np.int64(c["total_free_scanned"])


@core_jit
def _take_turns(guest, work):
    """While this round's pages are being moved: let the daemons run as the scheduler decides.

    Pages that they free are not captured: this task did not free them.

    Args:
        guest: Guest. Writes all of it.
        work: int64, work of this round, the pages to be moved included.
    Source:
        mm/compaction.c isolate_migratepages_block(), mm/migrate.c migrate_pages_batch(): their
        cond_resched(); mm/page_alloc.c task_capc(). Traced: 35 of 40 switches to kcompactd came
        while pages were isolated.
    Differs:
        Before the first of the isolated pages is moved, not between them.
    """
    vm = guest.vm[0]
    c = guest.cc[u.CC_DIRECT]
    capture = np.int64(c["capture"])
    c["capture"] = 0
    cond_resched(guest)
    vm["direct_work"] += work
    cond_resched(guest)
    c["capture"] = capture


@core_jit
def compact_zone_in_turns(guest):
    """Run a direct compaction to its end; kswapd and kcompactd take turns with it.

    Emptying a pageblock takes several turns, and it is empty when they are over. So kswapd, woken
    by this request, is asleep again before that, and the next attempt wakes it again; and
    kcompactd, woken by kswapd, compacts alongside, but finds these pages isolated.

    Args:
        guest: Guest. Writes all of it.
    Returns:
        int64, COMPACT_*.
    Source:
        mm/compaction.c compact_zone(); kernel/sched/core.c __cond_resched().
    """
    vm = guest.vm[0]
    c = guest.cc[u.CC_DIRECT]
    paid = np.int64(_scanned(guest))
    status = np.int64(isolate_round(guest, u.CC_DIRECT))
    while status == u.COMPACT_CONTINUE:
        work = _scanned(guest) - paid + COST_MIGRATE * np.int64(c["nr_migratepages"])
        paid = np.int64(_scanned(guest))
        _take_turns(guest, work)
        status = np.int64(migrate_round(guest, u.CC_DIRECT))
        if status == u.COMPACT_CONTINUE:
            status = np.int64(isolate_round(guest, u.CC_DIRECT))
    vm["direct_work"] += _scanned(guest) - paid
    compact_end(guest, u.CC_DIRECT)
    return status


@core_jit
def compact_zone_order(guest, zone, order, migratetype, prio, alloc_flags):
    """Direct compaction of one zone.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        zone: int64, index of the zone.
        order: int64, order wanted.
        migratetype: int64, type wanted.
        prio: int64, COMPACT_PRIO_*.
        alloc_flags: int64, ALLOC_*.
    Returns:
        int64, COMPACT_*. A captured page is in cc[CC_DIRECT].capture_pfn.
    Source:
        mm/compaction.c compact_zone_order().
    """
    flags = CCF_DIRECT
    mode = u.MIGRATE_SYNC_LIGHT
    if prio == COMPACT_PRIO_ASYNC:
        mode = u.MIGRATE_ASYNC
    if prio == COMPACT_PRIO_SYNC_FULL:
        flags |= CCF_WHOLE_ZONE | CCF_IGNORE_SKIP_HINT | CCF_IGNORE_BLOCK_SUITABLE
    status = compact_begin(guest, u.CC_DIRECT, zone, order, migratetype, mode, flags, alloc_flags)
    if status == u.COMPACT_CONTINUE:
        guest.cc[u.CC_DIRECT]["capture"] = 1
        status = compact_zone_in_turns(guest)
        guest.cc[u.CC_DIRECT]["capture"] = 0
    if guest.cc[u.CC_DIRECT]["capture_pfn"] != u.PFN_NONE:
        status = u.COMPACT_SUCCESS
    return status


@core_jit
def try_to_compact_pages(guest, order, migratetype, alloc_flags, prio):
    """Direct compaction for an allocation, zone by zone, until one has the page.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        order: int64, order wanted.
        migratetype: int64, type wanted.
        alloc_flags: int64, ALLOC_*.
        prio: int64, COMPACT_PRIO_*.
    Returns:
        int64, the best COMPACT_* of the zones. A captured page is in cc[CC_DIRECT].capture_pfn.
    Source:
        mm/compaction.c try_to_compact_pages().
    """
    rc = u.COMPACT_SKIPPED
    guest.cc[u.CC_DIRECT]["capture_pfn"] = u.PFN_NONE
    for i in range(np.int64(guest.vm[0]["nr_zones"])):
        zone = zonelist_zone(guest, i)
        if not zone_allowed(guest, zone):
            continue
        if prio > COMPACT_PRIO_SYNC_FULL and compaction_deferred(guest, zone, order):
            rc = max(rc, u.COMPACT_DEFERRED)
            continue
        status = compact_zone_order(guest, zone, order, migratetype, prio, alloc_flags)
        rc = max(rc, status)
        if status == u.COMPACT_SUCCESS:
            compaction_defer_reset(guest, zone, order, 0)
            break
        ended = status == u.COMPACT_COMPLETE or status == u.COMPACT_PARTIAL_SKIPPED
        if prio != COMPACT_PRIO_ASYNC and ended:
            defer_compaction(guest, zone, order)
    return rc
