"""Direct compaction: an allocation compacts for itself and captures the page that comes free."""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.compaction import (
    CCF_DIRECT,
    CCF_IGNORE_BLOCK_SUITABLE,
    CCF_IGNORE_SKIP_HINT,
    CCF_WHOLE_ZONE,
    compact_begin,
    compact_zone,
)
from engine.core.suitability import compaction_defer_reset, compaction_deferred, defer_compaction

COMPACT_PRIO_SYNC_FULL = 0
COMPACT_PRIO_SYNC_LIGHT = 1
COMPACT_PRIO_ASYNC = 2


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
        status = compact_zone(guest, u.CC_DIRECT)
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
        zone = np.int64(guest.vm[0]["nr_zones"]) - 1 - i
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
