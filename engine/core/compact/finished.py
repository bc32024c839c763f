"""When a compaction run has reached its end."""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.compact.scan import PAGEBLOCK_MASK, compact_scanners_met
from engine.core.compact.suitability import (
    fragmentation_score_wmark,
    fragmentation_score_zone,
    reset_cached_positions,
)
from engine.core.memory.events import note_scanners
from engine.core.memory.fallback import find_suitable_fallback
from engine.core.memory.freelist import free_list


@core_jit
def page_is_free_for(guest, cc):
    """Whether a page of the wanted order is free, of the right type or one that could be claimed.

    Args:
        guest: Guest.
        cc: int64, CC_*.
    Returns:
        bool.
    Source:
        mm/compaction.c __compact_finished(), its loop over the orders.
    """
    c = guest.cc[cc]
    zone = np.int64(c["zone"])
    mt = np.int64(c["migratetype"])
    for order in range(np.int64(c["order"]), u.NR_PAGE_ORDERS):
        if guest.lists[free_list(zone, order, mt)]["nr"]:
            return True
        if mt == u.MIGRATE_MOVABLE and guest.lists[free_list(zone, order, u.MIGRATE_CMA)]["nr"]:
            return True
        if find_suitable_fallback(guest, zone, order, mt, 1) >= 0:
            return True
    return False


@core_jit
def compact_finished(guest, cc):
    """Whether a run has reached its end.

    Args:
        guest: Guest. Writes zones.cached_*, zones.compact_blockskip_flush when the scanners met.
        cc: int64, CC_*.
    Returns:
        int64, COMPACT_CONTINUE or a final result.
    Source:
        mm/compaction.c compact_finished(), __compact_finished().
    """
    c = guest.cc[cc]
    zone = np.int64(c["zone"])
    if compact_scanners_met(guest, cc):
        note_scanners(guest, cc, u.EVENT_MET)
        reset_cached_positions(guest, zone)
        if c["direct_compaction"]:
            guest.zones[zone]["compact_blockskip_flush"] = 1
        if c["whole_zone"]:
            return u.COMPACT_COMPLETE  # reason: scanners_met
        return u.COMPACT_PARTIAL_SKIPPED  # reason: scanners_met
    if c["proactive_compaction"]:
        # kswapd_is_running(): a run within one turn is over before this task has its own.
        if guest.vm[0]["kswapd_awake"] or guest.vm[0]["kswapd_seen"]:
            return u.COMPACT_PARTIAL_SKIPPED
        if fragmentation_score_zone(guest, zone) > fragmentation_score_wmark(1):
            return u.COMPACT_CONTINUE
        return u.COMPACT_SUCCESS
    if c["order"] == -1 or c["migrate_pfn"] & PAGEBLOCK_MASK:
        return u.COMPACT_CONTINUE
    if page_is_free_for(guest, cc):
        return u.COMPACT_SUCCESS
    return u.COMPACT_CONTINUE
