"""One compaction run: where to start, round after round, when to stop.

A run lives in Guest.cc: compact_begin fills it, compact_round does one pass of the kernel's loop
(at most 32 pages, or the rest of one pageblock), compact_end gives unused targets back. Between
rounds no page is isolated for migration; targets may be held, in state ISOLATED_FREE. Where other
tasks run while pages are being moved, a pass is isolate_round, then migrate_round.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.compact.finished import compact_finished
from engine.core.compact.free_scanner import freepages_list
from engine.core.compact.migrate import ENOMEM, migrate_pages
from engine.core.compact.migrate_scanner import ISOLATE_SUCCESS, isolate_migratepages
from engine.core.compact.putback import putback_movable_pages
from engine.core.compact.scan import (
    PAGEBLOCK_MASK,
    compact_scanners_met,
    pageblock_start_pfn,
    zone_end_pfn,
    zone_start_pfn,
)
from engine.core.compact.suitability import compaction_restarting, reset_zone_isolation_suitable
from engine.core.memory.alloc import drain_pcp, free_pages
from engine.core.memory.events import note_scanners
from engine.core.memory.freelist import list_pop
from engine.core.memory.suitable import compaction_suit_allocation_order

# How a run is made (compact_begin): fields of struct compact_control that are flags.
CCF_WHOLE_ZONE = 1 << 0
CCF_IGNORE_SKIP_HINT = 1 << 1
CCF_IGNORE_BLOCK_SUITABLE = 1 << 2
CCF_DIRECT = 1 << 3
CCF_PROACTIVE = 1 << 4
CCF_NEXT_ZONE = 1 << 5  # the same compact_control moves on to another zone
CCF_MEMORY = CCF_WHOLE_ZONE | CCF_IGNORE_SKIP_HINT  # compact_memory and proactive runs


@core_jit
def set_scanner_positions(guest, cc):
    """Put both scanners at their starting positions.

    Args:
        guest: Guest. Writes zones.cached_* where they are out of range.
        cc: int64, CC_*. Writes migrate_pfn, free_pfn, whole_zone.
    Source:
        mm/compaction.c compact_zone().
    """
    c = guest.cc[cc]
    zone = np.int64(c["zone"])
    z = guest.zones[zone]
    start_pfn = zone_start_pfn(guest, zone)
    end_pfn = zone_end_pfn(guest, zone)
    last_block = pageblock_start_pfn(end_pfn - 1)
    if c["whole_zone"]:
        c["migrate_pfn"] = start_pfn
        c["free_pfn"] = last_block
        return
    cached = np.int64(z["cached_migrate_sync"])
    if c["mode"] == u.MIGRATE_ASYNC:
        cached = np.int64(z["cached_migrate_async"])
    if z["cached_free"] < start_pfn or z["cached_free"] >= end_pfn:
        z["cached_free"] = last_block
    c["free_pfn"] = z["cached_free"]
    if cached < start_pfn or cached >= end_pfn:
        cached = start_pfn
        z["cached_migrate_async"] = start_pfn
        z["cached_migrate_sync"] = start_pfn
    c["migrate_pfn"] = cached
    if cached <= max(np.int64(z["init_migrate_pfn"]), start_pfn):
        c["whole_zone"] = 1


@core_jit
def clear_cc(guest, cc, flags):
    """Prepare a compact_control for a run; with CCF_NEXT_ZONE it keeps its search history.

    Args:
        guest: Guest.
        cc: int64, CC_*. Writes all fields but those that compact_begin sets.
        flags: int64, CCF_*.
    Source:
        mm/compaction.c compact_zone(), compact_zone_order(), compact_node(), kcompactd_do_work().
    """
    c = guest.cc[cc]
    if not flags & CCF_NEXT_ZONE:
        c["search_order"] = c["order"]
        c["fast_search_fail"] = 0
        c["whole_zone"] = flags & CCF_WHOLE_ZONE != 0
    c["ignore_skip_hint"] = flags & CCF_IGNORE_SKIP_HINT != 0
    c["ignore_block_suitable"] = flags & CCF_IGNORE_BLOCK_SUITABLE != 0
    c["direct_compaction"] = flags & CCF_DIRECT != 0
    c["proactive_compaction"] = flags & CCF_PROACTIVE != 0
    c["no_set_skip_hint"] = 0
    c["contended"] = 0
    c["finish_pageblock"] = 0
    c["alloc_contig"] = 0
    c["fast_start_pfn"] = 0
    c["nr_migratepages"] = 0
    c["nr_freepages"] = 0
    c["total_migrate_scanned"] = 0
    c["total_free_scanned"] = 0
    c["last_migrated_pfn"] = 0
    c["update_cached"] = 0
    c["capture"] = 0
    c["capture_pfn"] = u.PFN_NONE
    c["round_isolated"] = 0
    c["round_migrated"] = 0
    c["round_failed"] = 0
    c["gfp"] = u.GFP_KERNEL
    c["highest_zoneidx"] = guest.vm[0]["nr_zones"] - 1
    c["result"] = u.COMPACT_CONTINUE


@core_jit
def compact_begin(guest, cc, zone, order, migratetype, mode, flags, alloc_flags):
    """Begin a compaction run of one zone.

    Args:
        guest: Guest. Writes zones, and blocks.flags after a long deferral.
        cc: int64, CC_*, not active.
        zone: int64, index of the zone.
        order: int64, order wanted, -1 = whole memory.
        migratetype: int64, type wanted; UNMOVABLE for compact_memory and kcompactd (GFP_KERNEL).
        mode: int64, MIGRATE_ASYNC, MIGRATE_SYNC_LIGHT or MIGRATE_SYNC.
        flags: int64, CCF_*.
        alloc_flags: int64, ALLOC_* of the request, ignored for order -1.
    Returns:
        int64, COMPACT_CONTINUE: go on with compact_round; else the result of a run not begun.
    Source:
        mm/compaction.c compact_zone(), up to its loop.
    """
    c = guest.cc[cc]
    c["zone"] = zone
    c["order"] = order
    c["migratetype"] = migratetype
    c["mode"] = mode
    c["alloc_flags"] = alloc_flags
    clear_cc(guest, cc, flags)
    if order != -1:
        status = compaction_suit_allocation_order(guest, zone, order, 0, alloc_flags)
        if status != u.COMPACT_CONTINUE:
            c["result"] = status
            return status
    if compaction_restarting(guest, zone, order):
        reset_zone_isolation_suitable(guest, zone)
    set_scanner_positions(guest, cc)
    z = guest.zones[zone]
    same = z["cached_migrate_async"] == z["cached_migrate_sync"]
    c["update_cached"] = mode == u.MIGRATE_ASYNC and same
    c["active"] = 1
    return u.COMPACT_CONTINUE


@core_jit
def isolate_some(guest, cc):
    """Isolate the next pages to be moved.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        cc: int64, CC_*. Its nr_migratepages is 0 afterwards if there are none.
    Source:
        mm/compaction.c compact_zone(), its loop up to migrate_pages().
    """
    c = guest.cc[cc]
    z = guest.zones[c["zone"]]
    if isolate_migratepages(guest, cc) != ISOLATE_SUCCESS:
        if c["update_cached"]:
            z["cached_migrate_sync"] = z["cached_migrate_async"]
        return
    c["update_cached"] = 0
    last = pageblock_start_pfn(np.int64(c["migrate_pfn"]) - 1)
    c["last_migrated_pfn"] = max(zone_start_pfn(guest, np.int64(c["zone"])), last)


@core_jit
def migrate_isolated(guest, cc):
    """Move the isolated pages, put back what is left.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        cc: int64, CC_*.
    Returns:
        int64: 0 nothing isolated, 1 all went well, 2 some pages failed, ENOMEM no target left.
    Source:
        mm/compaction.c compact_zone(), migrate_pages() and putback_movable_pages() in its loop.
    """
    c = guest.cc[cc]
    if c["nr_migratepages"] == 0:
        return np.int64(0)
    status = migrate_pages(guest, cc)
    c["nr_migratepages"] = 0
    if status == 0:
        return np.int64(1)
    putback_movable_pages(guest, cc)  # reason: not_tried
    if status == ENOMEM and not compact_scanners_met(guest, cc):
        return np.int64(ENOMEM)
    return np.int64(2)


@core_jit
def drain_after_block(guest, cc):
    """Drain the per-CPU lists once the scanner has left the block that it migrated from.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones.
        cc: int64, CC_*. Writes last_migrated_pfn.
    Source:
        mm/compaction.c compact_zone(), check_drain.
    """
    c = guest.cc[cc]
    if c["order"] <= 0 or c["last_migrated_pfn"] == 0:
        return
    mask = (np.int64(1) << np.int64(c["order"])) - 1
    if c["last_migrated_pfn"] < c["migrate_pfn"] & ~mask:
        drain_pcp(guest, np.int64(c["zone"]))
        c["last_migrated_pfn"] = 0


@core_jit
def isolate_round(guest, cc):
    """First half of a pass of the loop of a compaction run: isolate pages.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        cc: int64, CC_*, begun by compact_begin.
    Returns:
        int64, COMPACT_CONTINUE: go on with migrate_round; else the result of the run.
    Source:
        mm/compaction.c compact_zone(), its loop up to migrate_pages().
    """
    c = guest.cc[cc]
    c["round_isolated"] = 0
    c["round_migrated"] = 0
    c["round_failed"] = 0
    status = compact_finished(guest, cc)
    if status != u.COMPACT_CONTINUE:
        c["result"] = status
        return status
    here = pageblock_start_pfn(np.int64(c["migrate_pfn"]))
    c["finish_pageblock"] = pageblock_start_pfn(np.int64(c["last_migrated_pfn"])) == here
    isolate_some(guest, cc)
    return u.COMPACT_CONTINUE


@core_jit
def migrate_round(guest, cc):
    """Second half of a pass: move the isolated pages.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        cc: int64, CC_*, after isolate_round.
    Returns:
        int64, COMPACT_CONTINUE, or the result of the run: then call compact_end.
    Source:
        mm/compaction.c compact_zone(), its loop from migrate_pages() on.
    """
    c = guest.cc[cc]
    again = True
    while again:
        again = False
        outcome = migrate_isolated(guest, cc)
        note_scanners(guest, cc, u.EVENT_SCANNED)
        if outcome == ENOMEM:
            c["result"] = u.COMPACT_CONTENDED
            return u.COMPACT_CONTENDED
        if outcome == 2 and c["migrate_pfn"] & PAGEBLOCK_MASK and not c["finish_pageblock"]:
            # A page failed: scan the rest of the pageblock too, so that it gets its skip hint and
            # the fast search does not return to it.
            if not c["ignore_skip_hint"] and c["mode"] < u.MIGRATE_SYNC:
                c["finish_pageblock"] = 1
                if c["order"] == u.PAGEBLOCK_ORDER:
                    c["last_migrated_pfn"] = 0
                isolate_some(guest, cc)
                again = True
    # A captured page ends the run only if pages were moved; ISOLATE_NONE goes on to the drain.
    if outcome != 0 and c["capture"] and c["capture_pfn"] != u.PFN_NONE:
        c["result"] = u.COMPACT_SUCCESS
        return u.COMPACT_SUCCESS
    drain_after_block(guest, cc)
    return u.COMPACT_CONTINUE


@core_jit
def compact_round(guest, cc):
    """Do one pass of the loop of a compaction run, uninterrupted.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        cc: int64, CC_*, begun by compact_begin.
    Returns:
        int64, COMPACT_CONTINUE, or the result of the run: then call compact_end.
    Source:
        mm/compaction.c compact_zone(), its loop.
    """
    status = isolate_round(guest, cc)
    if status != u.COMPACT_CONTINUE:
        return status
    return migrate_round(guest, cc)


@core_jit
def release_free_list(guest, cc):
    """Give the unused targets back to the allocator.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones.
        cc: int64, CC_*.
    Returns:
        int64, highest pfn given back, 0 if there was none.
    Source:
        mm/compaction.c release_free_list().
    """
    high_pfn = np.int64(0)
    for order in range(u.NR_PAGE_ORDERS):
        pfn = list_pop(guest, freepages_list(cc, order))
        while pfn != u.PFN_NONE:
            free_pages(guest, pfn, order)
            high_pfn = max(high_pfn, pfn)
            pfn = list_pop(guest, freepages_list(cc, order))
    return high_pfn


@core_jit
def compact_end(guest, cc):
    """End a compaction run: give targets back, count, free the slot.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones.cached_free, vm.
        cc: int64, CC_*.
    Source:
        mm/compaction.c compact_zone(), out.
    """
    c = guest.cc[cc]
    if c["nr_freepages"] > 0:
        free_pfn = pageblock_start_pfn(release_free_list(guest, cc))
        c["nr_freepages"] = 0
        z = guest.zones[c["zone"]]
        if free_pfn > z["cached_free"]:
            z["cached_free"] = free_pfn
    vm = guest.vm[0]
    vm["compact_migrate_scanned"] += c["total_migrate_scanned"]
    vm["compact_free_scanned"] += c["total_free_scanned"]
    if cc == u.CC_KCOMPACTD:
        vm["compact_daemon_migrate_scanned"] += c["total_migrate_scanned"]
        vm["compact_daemon_free_scanned"] += c["total_free_scanned"]
    c["active"] = 0


@core_jit
def compact_zone(guest, cc):
    """Run a begun compaction to its end.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        cc: int64, CC_*, begun by compact_begin.
    Returns:
        int64, COMPACT_*.
    Source:
        mm/compaction.c compact_zone().
    """
    status = compact_round(guest, cc)
    while status == u.COMPACT_CONTINUE:
        status = compact_round(guest, cc)
    compact_end(guest, cc)
    return status
