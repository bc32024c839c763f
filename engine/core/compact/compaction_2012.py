"""Profile 2012: one compaction run of Linux 3.8, who starts it, and when it ends.

The run lives in Guest.cc as a modern one does and is driven in the same three steps: begin, rounds
of at most 32 pages, end. Whoever asks, it starts at the cached positions and honours the skip
hints; nothing is captured, and nothing is drained along the way. kswapd itself compacts: there is
no kcompactd.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.compact.free_scanner import freepages_list
from engine.core.compact.migrate import ENOMEM
from engine.core.compact.migrate_2012 import migrate_pages_2012, putback_movable_pages_2012
from engine.core.compact.migrate_scanner import ISOLATE_NONE
from engine.core.compact.migrate_scanner_2012 import isolate_migratepages_2012
from engine.core.compact.scan import pageblock_start_pfn, zone_end_pfn, zone_start_pfn
from engine.core.compact.scan_2012 import reset_zone_isolation_suitable_2012, set_cached_migrate
from engine.core.compact.suitability import (
    compaction_defer_reset,
    compaction_deferred,
    compaction_restarting,
)
from engine.core.memory.alloc import free_pages, wmark_pages, zone_watermark_ok
from engine.core.memory.events import note_scanners
from engine.core.memory.freelist import free_list, list_pop
from engine.core.memory.suitable import EXTFRAG_THRESHOLD, free_area_nr, zone_fragmentation_index


@core_jit
def compaction_suitable_2012(guest, zone, order):
    """Whether to compact a zone for an order: no prospect, no need, or yes.

    Args:
        guest: Guest.
        zone: int64, index of the zone.
        order: int64, -1 = whole memory.
    Returns:
        int64, COMPACT_SKIPPED, COMPACT_SUCCESS (3.8 says PARTIAL) or COMPACT_CONTINUE.
    Source:
        3.8 mm/compaction.c compaction_suitable().
    """
    if order == -1:
        return u.COMPACT_CONTINUE
    mark = wmark_pages(guest, zone, u.WMARK_LOW) + (np.int64(2) << order)
    if not zone_watermark_ok(guest, zone, 0, mark, 0):
        return u.COMPACT_SKIPPED
    index = zone_fragmentation_index(guest, zone, order)
    if index >= 0 and index <= EXTFRAG_THRESHOLD:
        return u.COMPACT_SKIPPED
    if index == -1000 and zone_watermark_ok(guest, zone, order, mark, 0):
        return u.COMPACT_SUCCESS
    return u.COMPACT_CONTINUE


@core_jit
def page_is_free_for_2012(guest, cc):
    """Whether a block of the wanted order is free: own type, or any type at pageblock order.

    Args:
        guest: Guest.
        cc: int64, CC_*.
    Returns:
        bool.
    Source:
        3.8 mm/compaction.c compact_finished(), its loop over the orders.
    """
    c = guest.cc[cc]
    zone = np.int64(c["zone"])
    wanted = np.int64(c["order"])
    for order in range(wanted, u.NR_PAGE_ORDERS):
        if guest.lists[free_list(zone, order, np.int64(c["migratetype"]))]["nr"]:
            return True
        if wanted >= u.PAGEBLOCK_ORDER and free_area_nr(guest, zone, order):
            return True
    return False


@core_jit
def compact_finished_2012(guest, cc):
    """Whether a run has reached its end.

    Args:
        guest: Guest. Writes zones.compact_blockskip_flush when the scanners met. The cached
            positions stay: the next run starts where this one ended.
        cc: int64, CC_*.
    Returns:
        int64, COMPACT_CONTINUE or a final result.
    Source:
        3.8 mm/compaction.c compact_finished().
    """
    c = guest.cc[cc]
    zone = np.int64(c["zone"])
    if c["free_pfn"] <= c["migrate_pfn"]:
        note_scanners(guest, cc, u.EVENT_MET)
        if cc != u.CC_KCOMPACTD:  # current_is_kswapd()
            guest.zones[zone]["compact_blockskip_flush"] = 1
        return u.COMPACT_COMPLETE  # reason: scanners_met
    if c["order"] == -1:
        return u.COMPACT_CONTINUE
    order = np.int64(c["order"])
    mark = wmark_pages(guest, zone, u.WMARK_LOW) + (np.int64(1) << order)
    if not zone_watermark_ok(guest, zone, order, mark, 0):
        return u.COMPACT_CONTINUE
    if page_is_free_for_2012(guest, cc):
        return u.COMPACT_SUCCESS
    return u.COMPACT_CONTINUE


@core_jit
def _set_positions(guest, cc):
    """Put both scanners where the last run left them, or at the ends of the zone.

    Args:
        guest: Guest. Writes zones.cached_* where they are out of range.
        cc: int64, CC_*. Writes migrate_pfn, free_pfn.
    Source:
        3.8 mm/compaction.c compact_zone().
    Differs:
        The free scanner always starts at a pageblock boundary; in 3.8 it may start, and continue,
        off the boundary where a zone ends there.
    """
    c = guest.cc[cc]
    zone = np.int64(c["zone"])
    z = guest.zones[zone]
    start_pfn = zone_start_pfn(guest, zone)
    end_pfn = zone_end_pfn(guest, zone)
    if z["cached_free"] < start_pfn or z["cached_free"] > end_pfn:
        z["cached_free"] = pageblock_start_pfn(end_pfn)
    if z["cached_migrate_async"] < start_pfn or z["cached_migrate_async"] > end_pfn:
        set_cached_migrate(guest, zone, start_pfn)
    c["migrate_pfn"] = z["cached_migrate_async"]
    c["free_pfn"] = pageblock_start_pfn(np.int64(z["cached_free"]))


@core_jit
def _clear_cc(guest, cc):
    """Make a compact_control ready for a run.

    Args:
        guest: Guest.
        cc: int64, CC_*. Writes all fields but those that compact_begin_2012 sets.
    Source:
        3.8 mm/compaction.c compact_zone_order(), __compact_pgdat().
    """
    c = guest.cc[cc]
    c["whole_zone"] = 0
    c["ignore_skip_hint"] = 0
    c["ignore_block_suitable"] = 0
    c["direct_compaction"] = cc == u.CC_DIRECT
    c["proactive_compaction"] = 0
    c["no_set_skip_hint"] = 0
    c["finish_pageblock"] = 0
    c["nr_migratepages"] = 0
    c["nr_freepages"] = 0
    c["total_migrate_scanned"] = 0
    c["total_free_scanned"] = 0
    c["finished_update_migrate"] = 0
    c["finished_update_free"] = 0
    c["capture"] = 0
    c["capture_pfn"] = u.PFN_NONE
    c["round_isolated"] = 0
    c["round_migrated"] = 0
    c["round_failed"] = 0
    c["result"] = u.COMPACT_CONTINUE


@core_jit
def compact_begin_2012(guest, cc, zone, order, migratetype, mode):
    """Begin a compaction run of one zone.

    Args:
        guest: Guest. Writes zones, and blocks.flags after a long deferral.
        cc: int64, CC_*, not active. CC_KCOMPACTD is kswapd here.
        zone: int64, index of the zone.
        order: int64, order wanted, -1 = whole memory.
        migratetype: int64, type wanted.
        mode: int64, MIGRATE_ASYNC or MIGRATE_SYNC_LIGHT.
    Returns:
        int64, COMPACT_CONTINUE: go on with compact_round_2012; else the result of a run not begun.
    Source:
        3.8 mm/compaction.c compact_zone(), up to its loop. With law reset_rereads_positions as
        since kernel commit d3132e4b83e6 ("mm: compaction: reset cached scanner pfn's before reading
        them") (in v3.14).
    """
    c = guest.cc[cc]
    c["zone"] = zone
    c["order"] = order
    c["migratetype"] = migratetype
    c["mode"] = mode
    _clear_cc(guest, cc)
    status = compaction_suitable_2012(guest, zone, order)
    if status != u.COMPACT_CONTINUE:
        c["result"] = status
        return status
    # The positions are read before the reset: this run still continues from the old ones.
    _set_positions(guest, cc)
    if cc != u.CC_KCOMPACTD and compaction_restarting(guest, zone, order):
        reset_zone_isolation_suitable_2012(guest, zone)
        if guest.vm[0]["law_reset_rereads_positions"] == 1:
            _set_positions(guest, cc)
    c["active"] = 1
    return u.COMPACT_CONTINUE


@core_jit
def compact_round_2012(guest, cc):
    """Do one pass of the loop of a compaction run.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        cc: int64, CC_*, begun by compact_begin_2012.
    Returns:
        int64, COMPACT_CONTINUE, or the result of the run: then call compact_end_2012.
    Source:
        3.8 mm/compaction.c compact_zone(), its loop. With law meeting_is_noticed as since kernel
        commit 7ed695e069c3 (in v3.14): without a target the run goes on where the scanners have
        met.
    """
    c = guest.cc[cc]
    c["round_isolated"] = 0
    c["round_migrated"] = 0
    c["round_failed"] = 0
    status = compact_finished_2012(guest, cc)
    if status != u.COMPACT_CONTINUE:
        c["result"] = status
        return status
    if isolate_migratepages_2012(guest, cc) == ISOLATE_NONE:
        return u.COMPACT_CONTINUE
    failed = migrate_pages_2012(guest, cc)
    note_scanners(guest, cc, u.EVENT_SCANNED)
    if failed != 0:
        putback_movable_pages_2012(guest, cc)  # reason: not_tried
    have_met = c["free_pfn"] <= c["migrate_pfn"]
    if failed == ENOMEM and have_met and guest.vm[0]["law_meeting_is_noticed"] == 1:
        return u.COMPACT_CONTINUE
    if failed == ENOMEM:
        c["result"] = u.COMPACT_CONTENDED  # 3.8 says PARTIAL
        return u.COMPACT_CONTENDED
    return u.COMPACT_CONTINUE


@core_jit
def compact_end_2012(guest, cc):
    """End a compaction run: give targets back, count, free the slot.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        cc: int64, CC_*.
    Source:
        3.8 mm/compaction.c compact_zone(), out; release_freepages().
    """
    c = guest.cc[cc]
    pfn = list_pop(guest, freepages_list(cc, 0))
    while pfn != u.PFN_NONE:
        free_pages(guest, pfn, 0)
        pfn = list_pop(guest, freepages_list(cc, 0))
    c["nr_freepages"] = 0
    guest.vm[0]["compact_migrate_scanned"] += c["total_migrate_scanned"]
    guest.vm[0]["compact_free_scanned"] += c["total_free_scanned"]
    c["active"] = 0


@core_jit
def compact_zone_2012(guest, cc):
    """Run a begun compaction to its end.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        cc: int64, CC_*, begun by compact_begin_2012.
    Returns:
        int64, COMPACT_*.
    Source:
        3.8 mm/compaction.c compact_zone().
    """
    status = compact_round_2012(guest, cc)
    while status == u.COMPACT_CONTINUE:
        status = compact_round_2012(guest, cc)
    compact_end_2012(guest, cc)
    return status


@core_jit
def kswapd_compact_2012(guest, zone, order):
    """Compact one zone for kswapd, which has balanced it for an order: one whole run, async.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        zone: int64, index of the zone.
        order: int64, at least 1.
    Returns:
        int64, pages that the scanners looked at.
    Source:
        3.8 mm/compaction.c compact_pgdat(), __compact_pgdat().
    """
    if compaction_deferred(guest, zone, order):
        return np.int64(0)
    used = np.int64(0)
    c = guest.cc[u.CC_KCOMPACTD]
    mode = u.MIGRATE_ASYNC
    status = compact_begin_2012(guest, u.CC_KCOMPACTD, zone, order, u.MIGRATE_UNMOVABLE, mode)
    if status == u.COMPACT_CONTINUE:
        compact_zone_2012(guest, u.CC_KCOMPACTD)
        used = np.int64(c["total_migrate_scanned"] + c["total_free_scanned"])
    mark = wmark_pages(guest, zone, u.WMARK_LOW)
    # Async runs are never deferred.
    if zone_watermark_ok(guest, zone, order, mark, 0):
        compaction_defer_reset(guest, zone, order, 0)
    return used
