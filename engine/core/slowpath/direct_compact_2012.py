"""Profile 2012: direct compaction of Linux 3.8: zone by zone, until the free lists suffice."""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.compact.compaction_2012 import compact_begin_2012, compact_zone_2012
from engine.core.memory.alloc import wmark_pages, zone_watermark_ok
from engine.core.memory.nodes import zone_allowed, zonelist_zone


@core_jit
def try_to_compact_pages_2012(guest, order, migratetype, alloc_flags, sync):
    """Direct compaction for an allocation that may wait for file systems and block I/O.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        order: int64, at least 1.
        migratetype: int64, type wanted.
        alloc_flags: int64, ALLOC_*.
        sync: int64, 0 = async, 1 = what 3.8 calls sync (MIGRATE_SYNC_LIGHT).
    Returns:
        int64, the best COMPACT_* of the zones. No page is captured: the caller drains the per-CPU
        lists and tries the free lists. Deferral is checked by the caller.
    Source:
        3.8 mm/compaction.c try_to_compact_pages(), compact_zone_order().
    """
    guest.vm[0]["compact_stall"] += 1
    mode = u.MIGRATE_ASYNC
    if sync:
        mode = u.MIGRATE_SYNC_LIGHT
    rc = u.COMPACT_SKIPPED
    for i in range(np.int64(guest.vm[0]["nr_zones"])):
        zone = zonelist_zone(guest, i)
        if not zone_allowed(guest, zone):
            continue
        status = compact_begin_2012(guest, u.CC_DIRECT, zone, order, migratetype, mode)
        if status == u.COMPACT_CONTINUE:
            status = compact_zone_2012(guest, u.CC_DIRECT)
        rc = max(rc, status)
        # If a normal allocation would succeed, stop.
        mark = wmark_pages(guest, zone, u.WMARK_LOW)
        if zone_watermark_ok(guest, zone, order, mark, alloc_flags):
            break
    return rc
