"""Profile 2012: the free scanner of Linux 3.8: down a zone, a whole pageblock at a time.

The free lists are not searched. A target is always a single page: blocks are split as they are
taken and kept on the compactor's order-0 list, the highest pfn of a pageblock first. Invariant:
cc.nr_freepages is the number of pages on that list.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.compact.free_scanner import freepages_list
from engine.core.compact.scan import (
    isolation_suitable,
    pageblock_end_pfn,
    zone_end_pfn,
    zone_start_pfn,
)
from engine.core.compact.scan_2012 import update_free_skip
from engine.core.memory.buddy import isolate_free_page
from engine.core.memory.freearea import is_free_block
from engine.core.memory.freelist import get_pageblock_migratetype, list_add, list_pop
from engine.core.memory.page import set_state
from engine.core.memory.watermark import watermark_ok


@core_jit
def suitable_migration_target_2012(guest, cc, pfn):
    """Whether the free scanner may take targets from a pageblock.

    Args:
        guest: Guest.
        cc: int64, CC_*.
        pfn: int64, first page of the pageblock, or a free block in it.
    Returns:
        bool; a free block of pageblock order or more makes it suitable whatever its migratetype,
        the opposite of what 6.12 does.
    Source:
        3.8 mm/compaction.c suitable_migration_target(), migrate_async_suitable().
    Differs:
        The balloon pass of separate_pass may ask for another migratetype (rule_pass_target), and
        pageblocks of type BALLOON are off limits like those of type ISOLATE.
    """
    mt = get_pageblock_migratetype(guest, pfn)
    # DIFFERS: 3.8 knows neither the pass nor a pageblock that belongs to the balloon.
    if cc == u.CC_PASS and guest.vm[0]["rule_pass_target"] != u.MIGRATE_MOVABLE:
        if mt == guest.vm[0]["rule_pass_target"]:
            return True
        return False  # reason: target_type_of_pass
    if mt == u.MIGRATE_ISOLATE or mt == u.MIGRATE_RESERVE or mt == u.MIGRATE_BALLOON:
        return False  # reason: target_type_closed
    if is_free_block(guest, pfn) and np.int64(guest.pages[pfn]["order"]) >= u.PAGEBLOCK_ORDER:
        return True
    if mt == u.MIGRATE_MOVABLE or mt == u.MIGRATE_CMA:
        return True
    return False  # reason: target_type


@core_jit
def split_free_page(guest, cc, pfn, order):
    """Take a free block, split into single pages, as targets.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones.
        cc: int64, CC_*. Writes nr_freepages.
        pfn: int64, first page of a free block.
        order: int64, its order.
    Returns:
        int64, pages taken; 0 if the zone would fall below its low watermark.
    Source:
        3.8 mm/page_alloc.c split_free_page(), __isolate_free_page().
    """
    zone = np.int64(guest.cc[cc]["zone"])
    nr = np.int64(1) << order
    mark = guest.zones[zone]["wmark_low"] + nr
    if not watermark_ok(guest, zone, 0, mark, 0, 0) or not isolate_free_page(guest, pfn, order):
        return np.int64(0)  # reason: watermark_forbids
    for p in range(pfn, pfn + nr):
        set_state(guest, p, 0, u.STATE_ISOLATED_FREE, 0)
        list_add(guest, freepages_list(cc, 0), p)
    guest.cc[cc]["nr_freepages"] += nr
    return nr  # reason: taken_as_target


@core_jit
def isolate_freepages_block_2012(guest, cc, start_pfn, end_pfn):
    """Take all free pages of one pageblock.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.compact_isolated.
        cc: int64, CC_*. Writes nr_freepages, total_free_scanned.
        start_pfn: int64, first pfn to look at.
        end_pfn: int64, one past the last pfn, same pageblock.
    Returns:
        int64, pages taken.
    Source:
        3.8 mm/compaction.c isolate_freepages_block(), not strict.
    """
    nr_scanned = np.int64(0)
    total = np.int64(0)
    pfn = np.int64(start_pfn)
    while pfn < end_pfn:
        nr_scanned += 1
        if not is_free_block(guest, pfn):
            pfn += 1
            continue
        if not suitable_migration_target_2012(guest, cc, pfn):
            break
        order = np.int64(guest.pages[pfn]["order"])
        isolated = split_free_page(guest, cc, pfn, order)
        if isolated == 0:
            # Its other pages are looked at one by one and yield nothing.
            isolated = min(np.int64(1) << order, end_pfn - pfn)
            nr_scanned += isolated - 1
        else:
            total += isolated
        pfn += isolated
    if pfn == end_pfn:
        update_free_skip(guest, cc, start_pfn, total)
    guest.cc[cc]["total_free_scanned"] += nr_scanned
    guest.vm[0]["compact_isolated"] += total
    return total


@core_jit
def isolate_freepages_2012(guest, cc):
    """Take targets until there are as many as sources, or the scanners meet.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.compact_isolated.
        cc: int64, CC_*. Writes free_pfn: the highest pageblock that yielded a target, because
            migration may give pages back to it.
    Source:
        3.8 mm/compaction.c isolate_freepages(). With law meeting_is_noticed as since kernel
        commit 7ed695e069c3 ("mm: compaction: detect when scanners meet in isolate_freepages") (in
        v3.14).
    """
    c = guest.cc[cc]
    repaired = guest.vm[0]["law_meeting_is_noticed"]
    zone = np.int64(c["zone"])
    start_pfn = zone_start_pfn(guest, zone)
    zone_end = zone_end_pfn(guest, zone)
    pfn = np.int64(c["free_pfn"])
    low_pfn = np.int64(c["migrate_pfn"]) + u.PAGEBLOCK_NR_PAGES
    if repaired:
        low_pfn = pageblock_end_pfn(np.int64(c["migrate_pfn"]))
    high_pfn = min(low_pfn, pfn)
    while pfn + repaired > low_pfn and c["nr_migratepages"] > c["nr_freepages"]:
        is_inside = pfn >= start_pfn and pfn < zone_end
        if (
            is_inside
            and guest.pages[pfn]["state"] != u.STATE_HOLE
            and suitable_migration_target_2012(guest, cc, pfn)
            and isolation_suitable(guest, cc, pfn)
        ):
            end_pfn = min(pageblock_end_pfn(pfn), zone_end)
            if isolate_freepages_block_2012(guest, cc, pfn, end_pfn):
                c["finished_update_free"] = 1
                high_pfn = max(high_pfn, pfn)
        pfn -= u.PAGEBLOCK_NR_PAGES
    c["free_pfn"] = high_pfn
    if repaired and pfn < low_pfn:
        c["free_pfn"] = max(pfn, start_pfn)


@core_jit
def compaction_alloc_2012(guest, cc):
    """Hand out a target, asking the free scanner if need be.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        cc: int64, CC_*. Writes nr_freepages.
    Returns:
        int64 pfn of one page in state ISOLATED_FREE and on no list, or PFN_NONE.
    Source:
        3.8 mm/compaction.c compaction_alloc().
    """
    if guest.lists[freepages_list(cc, 0)]["nr"] == 0:
        isolate_freepages_2012(guest, cc)
    pfn = list_pop(guest, freepages_list(cc, 0))
    if pfn == u.PFN_NONE:
        return pfn  # reason: no_target
    guest.cc[cc]["nr_freepages"] -= 1
    return pfn
