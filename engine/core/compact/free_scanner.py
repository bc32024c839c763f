"""The free scanner: walks a zone downwards and takes free pages as migration targets.

Targets are kept by order on the compactor's private lists (units.LIST_FREEPAGES) in state
ISOLATED_FREE and are split only when one is handed out (targets.py). Invariant: cc.nr_freepages is
the number of pages on those lists.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.compact.fast_search import next_search_order, search_free_list
from engine.core.compact.scan import (
    freelist_scan_limit,
    isolation_suitable,
    pageblock_end_pfn,
    pageblock_is_online,
    pageblock_start_pfn,
    set_pageblock_skip,
    update_pageblock_skip,
    zone_end_pfn,
    zone_start_pfn,
)
from engine.core.memory.buddy import isolate_free_page
from engine.core.memory.freearea import is_free_block
from engine.core.memory.freelist import get_pageblock_migratetype, list_add_tail
from engine.core.memory.page import set_state
from engine.core.memory.suitable import free_area_nr


@core_jit
def freepages_list(cc, order):
    """Id of the list on which a compactor keeps its targets of one order.

    Args:
        cc: int64, CC_*.
        order: int64.
    Returns:
        int64, index into Guest.lists.
    Source:
        mm/internal.h compact_control.freepages.
    """
    return u.LIST_FREEPAGES + cc * u.NR_PAGE_ORDERS + order


@core_jit
def take_free_page(guest, cc, pfn, order):
    """Move one free block from the buddy lists to the compactor's targets.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, cc.nr_freepages.
        cc: int64, CC_*.
        pfn: int64, first page of a free block.
        order: int64, its order.
    Returns:
        int64, pages taken; 0 if the watermark forbids it.
    Source:
        mm/compaction.c isolate_freepages_block(), the part after __isolate_free_page().
    """
    if not isolate_free_page(guest, pfn, order):
        return np.int64(0)  # reason: watermark_forbids
    set_state(guest, pfn, order, u.STATE_ISOLATED_FREE, 0)
    list_add_tail(guest, freepages_list(cc, order), pfn)
    nr = np.int64(1) << order
    guest.cc[cc]["nr_freepages"] += nr
    return nr  # reason: taken_as_target


@core_jit
def suitable_migration_target(guest, cc, pfn):
    """Whether the free scanner may take targets from a pageblock.

    Args:
        guest: Guest.
        cc: int64, CC_*.
        pfn: int64, first page of the pageblock.
    Returns:
        bool; a pageblock that already has the free block wanted is left alone.
    Source:
        mm/compaction.c suitable_migration_target().
    Differs:
        The balloon pass of separate_pass may ask for another migratetype (rule_pass_target).
    """
    c = guest.cc[cc]
    if is_free_block(guest, pfn):
        order = np.int64(c["order"])
        if order <= 0:
            order = np.int64(u.PAGEBLOCK_ORDER)
        if np.int64(guest.pages[pfn]["order"]) >= order:
            return False  # reason: target_is_finished
    if c["ignore_block_suitable"]:
        return True
    mt = get_pageblock_migratetype(guest, pfn)
    # DIFFERS: the pass knows a second kind of target; no compactor of the kernel does.
    if cc == u.CC_PASS and guest.vm[0]["rule_pass_target"] != u.MIGRATE_MOVABLE:
        if mt == guest.vm[0]["rule_pass_target"]:
            return True
        return False  # reason: target_type_of_pass
    if mt == u.MIGRATE_MOVABLE or mt == u.MIGRATE_CMA:
        return True
    return False  # reason: target_type


@core_jit
def compound_pages(guest, pfn, end_pfn):
    """Pages to skip at the start of a compound page.

    Args:
        guest: Guest.
        pfn: int64, a page that is not free.
        end_pfn: int64, the compound page must end at or below this.
    Returns:
        int64, 1 if there is none.
    Source:
        mm/compaction.c isolate_freepages_block(), PageCompound.
    """
    page = guest.pages[pfn]
    order = np.int64(page["order"])
    state = np.int64(page["state"])
    if order == 0 or order > u.MAX_PAGE_ORDER or state <= u.STATE_ISOLATED_FREE:
        return np.int64(1)
    nr = np.int64(1) << order
    if pfn + nr > end_pfn:
        return np.int64(1)
    return nr


@core_jit
def isolate_freepages_block(guest, cc, start_pfn, end_pfn, stride):
    """Take the free pages of one pageblock until there are as many targets as sources.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, cc, vm.compact_isolated.
        cc: int64, CC_*. Writes nr_freepages, total_free_scanned.
        start_pfn: int64, first pfn to look at.
        end_pfn: int64, one past the last pfn, same pageblock.
        stride: int64, pages from one look to the next.
    Returns:
        int64 pfn, where it stopped; ``end_pfn`` if the pageblock was scanned to its end.
    Source:
        mm/compaction.c isolate_freepages_block(), not strict.
    """
    c = guest.cc[cc]
    before = np.int64(c["nr_freepages"])
    nr_scanned = np.int64(0)
    pfn = np.int64(start_pfn)
    while pfn < end_pfn:
        nr_scanned += 1
        if not is_free_block(guest, pfn):
            nr = compound_pages(guest, pfn, end_pfn)
            nr_scanned += nr - 1
            pfn += nr - 1 + stride
            continue
        isolated = take_free_page(guest, cc, pfn, np.int64(guest.pages[pfn]["order"]))
        if isolated == 0:
            break
        nr_scanned += isolated - 1
        pfn += isolated
        if c["nr_migratepages"] <= c["nr_freepages"]:
            break
        pfn += stride - 1
    c["total_free_scanned"] += nr_scanned
    guest.vm[0]["compact_isolated"] += c["nr_freepages"] - before
    return min(pfn, np.int64(end_pfn))


@core_jit
def fast_isolate_around(guest, cc, pfn):
    """Sweep the rest of the pageblock in which a fast search found a target.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, cc, vm.compact_isolated.
        cc: int64, CC_*.
        pfn: int64, any pfn of the pageblock.
    Source:
        mm/compaction.c fast_isolate_around().
    """
    c = guest.cc[cc]
    if c["nr_freepages"] >= c["nr_migratepages"]:
        return
    if c["direct_compaction"] and c["mode"] == u.MIGRATE_ASYNC:
        return
    zone = np.int64(c["zone"])
    start_pfn = max(pageblock_start_pfn(pfn), zone_start_pfn(guest, zone))
    end_pfn = min(pageblock_end_pfn(pfn), zone_end_pfn(guest, zone))
    if not pageblock_is_online(guest, start_pfn, end_pfn):
        return
    stopped = isolate_freepages_block(guest, cc, start_pfn, end_pfn, 1)
    if stopped == end_pfn and not c["no_set_skip_hint"]:
        set_pageblock_skip(guest, start_pfn)


@core_jit
def search_free_lists(guest, cc, limit, bounds):
    """Fast search over the orders below the wanted one.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, cc, vm.compact_isolated.
        cc: int64, CC_*.
        limit: int64, entries per list to begin with.
        bounds: int64, int64: lowest acceptable pfn, lowest preferred pfn.
    Returns:
        tuple of int64: pfn taken or PFN_NONE, pfns counted as scanned, start of the highest
        pageblock seen (0 = none).
    Source:
        mm/compaction.c fast_isolate_freepages(), the loop over the orders.
    """
    c = guest.cc[cc]
    zone = np.int64(c["zone"])
    found = np.int64(u.PFN_NONE)
    nr_scanned = np.int64(0)
    highest = np.int64(0)
    order = np.int64(c["search_order"])
    while found == u.PFN_NONE and order >= 0:
        if free_area_nr(guest, zone, order) == 0:
            order = next_search_order(guest, cc, order)
            continue
        found, scanned, limit, seen = search_free_list(guest, cc, order, limit, bounds)
        nr_scanned += scanned
        highest = max(highest, seen)
        if found != u.PFN_NONE:
            nr = take_free_page(guest, cc, found, order)
            if nr:
                nr_scanned += nr - 1
                guest.vm[0]["compact_isolated"] += nr
            else:
                # The watermark forbids it: end the search; next time start at the next order.
                order = np.int64(c["search_order"]) + 1
                found = np.int64(u.PFN_NONE)
        if c["nr_freepages"] >= c["nr_migratepages"]:
            break
        if scanned >= limit:
            limit = max(np.int64(1), limit >> 1)
        order = next_search_order(guest, cc, order)
    return found, nr_scanned, highest


@core_jit
def fast_isolate_freepages(guest, cc):
    """Search the free lists for a target before walking the zone.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, cc, vm.compact_isolated.
        cc: int64, CC_*. May move free_pfn at the start of a scan.
    Source:
        mm/compaction.c fast_isolate_freepages().
    """
    c = guest.cc[cc]
    if c["order"] <= 0:
        return
    z = guest.zones[c["zone"]]
    limit = max(np.int64(1), freelist_scan_limit(guest, cc) >> 1)
    scan_start = c["free_pfn"] >= z["init_free_pfn"]
    if scan_start:
        limit = np.int64(u.PAGEBLOCK_NR_PAGES >> 1)
    distance = np.int64(c["free_pfn"] - c["migrate_pfn"])
    low_pfn = pageblock_start_pfn(np.int64(c["free_pfn"]) - (distance >> 2))
    min_pfn = pageblock_start_pfn(np.int64(c["free_pfn"]) - (distance >> 1))
    c["search_order"] = min(c["order"] - 1, c["search_order"])

    found, nr_scanned, highest = search_free_lists(guest, cc, limit, (min_pfn, low_pfn))
    around = found
    if found == u.PFN_NONE:
        c["fast_search_fail"] += 1
        if scan_start:
            around = restart_free_scanner(guest, cc, highest, min_pfn)
    if highest and highest >= z["cached_free"]:
        z["cached_free"] = highest - u.PAGEBLOCK_NR_PAGES
    c["total_free_scanned"] += nr_scanned
    if around != u.PFN_NONE:
        fast_isolate_around(guest, cc, around)


@core_jit
def restart_free_scanner(guest, cc, highest, min_pfn):
    """Move the free scanner down at the start of a scan when no target was found high enough.

    Args:
        guest: Guest.
        cc: int64, CC_*. Writes free_pfn.
        highest: int64, start of the highest pageblock seen, 0 = none.
        min_pfn: int64, the middle between the scanners.
    Returns:
        int64 pfn of the pageblock to sweep now, or PFN_NONE.
    Source:
        mm/compaction.c fast_isolate_freepages(), scan_start.
    """
    c = guest.cc[cc]
    if highest >= min_pfn:
        c["free_pfn"] = highest
        return highest
    if not c["direct_compaction"]:
        return np.int64(u.PFN_NONE)
    c["free_pfn"] = min_pfn
    end_pfn = min(pageblock_end_pfn(min_pfn), zone_end_pfn(guest, np.int64(c["zone"])))
    if not pageblock_is_online(guest, min_pfn, end_pfn):
        return np.int64(u.PFN_NONE)
    if not suitable_migration_target(guest, cc, min_pfn):
        return np.int64(u.PFN_NONE)
    return min_pfn


@core_jit
def isolate_freepages(guest, cc):
    """Find targets: on the free lists, else by walking down the zone.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, cc, vm.compact_isolated.
        cc: int64, CC_*. Writes free_pfn.
    Source:
        mm/compaction.c isolate_freepages().
    """
    fast_isolate_freepages(guest, cc)
    c = guest.cc[cc]
    if c["nr_freepages"]:
        return
    low_pfn = pageblock_end_pfn(np.int64(c["migrate_pfn"]))
    pfn = np.int64(c["free_pfn"])
    block_start = pageblock_start_pfn(pfn)
    block_end = min(block_start + u.PAGEBLOCK_NR_PAGES, zone_end_pfn(guest, np.int64(c["zone"])))
    stride = np.int64(1)
    if c["mode"] == u.MIGRATE_ASYNC:
        stride = np.int64(u.COMPACT_CLUSTER_MAX)
    while block_start >= low_pfn:
        if (
            pageblock_is_online(guest, block_start, block_end)
            and suitable_migration_target(guest, cc, block_start)
            and isolation_suitable(guest, cc, block_start)
        ):
            before = np.int64(c["nr_freepages"])
            pfn = isolate_freepages_block(guest, cc, pfn, block_end, stride)
            if pfn == block_end:
                update_pageblock_skip(guest, cc, block_start, block_start - u.PAGEBLOCK_NR_PAGES)
            if c["nr_freepages"] >= c["nr_migratepages"]:
                if pfn >= block_end:
                    pfn = block_start - u.PAGEBLOCK_NR_PAGES
                break
            if pfn < block_end:
                break
            if c["nr_freepages"] > before:
                stride = np.int64(1)
            else:
                stride = min(np.int64(u.COMPACT_CLUSTER_MAX), stride << 1)
        block_end = block_start
        block_start -= u.PAGEBLOCK_NR_PAGES
        pfn = block_start
    c["free_pfn"] = pfn
