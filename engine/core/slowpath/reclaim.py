"""Page cache reclaim: what kswapd and failing requests take from the file LRU lists.

Only clean file pages are ever freed: there is no swap. Dirty ones are written by the flusher
(flusher.py), which reclaim wakes when it meets nothing else. How much is taken follows the
multi-generational LRU of 6.12 (CONFIG_LRU_GEN_ENABLED), with two generations instead of four. A run
of kswapd lasts several ticks; its state is in Guest.vm.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.memory.alloc import free_pages, wmark_pages, zone_watermark_ok
from engine.core.memory.freelist import file_list
from engine.core.memory.lru import lru_add, lru_del
from engine.core.memory.nodes import in_node
from engine.core.memory.suitable import compaction_suitable
from engine.core.slowpath.deferred_split import begin_shrink, shrink_step
from engine.core.slowpath.flusher import wakeup_flusher_threads

DEF_PRIORITY = 12
_MIN_LRU_BATCH = 64  # include/linux/mmzone.h: BITS_PER_LONG
_MAX_LRU_BATCH = 64 * _MIN_LRU_BATCH
_ALL = 1 << 62
_SORTED_AWAY = u.PG_DIRTY | u.PG_WRITEBACK | u.PG_LOCKED
_KEPT = _SORTED_AWAY | u.PG_PINNED | u.PG_ISOLATED


@core_jit
def compact_gap(order):
    """Free pages that compaction needs in addition to the request itself.

    Args:
        order: int64.
    Returns:
        int64, pages.
    Source:
        include/linux/compaction.h compact_gap().
    """
    return np.int64(2) << order


@core_jit
def nr_file_pages(guest):
    """Page cache on the LRU lists of the node's zones.

    Args:
        guest: Guest.
    Returns:
        tuple of int64: inactive, active pages.
    Source:
        mm/vmscan.c node_page_state() of NR_INACTIVE_FILE, NR_ACTIVE_FILE.
    """
    inactive = np.int64(0)
    active = np.int64(0)
    for zone in range(guest.zones.shape[0]):
        if in_node(guest, zone):
            inactive += guest.zones[zone]["nr_zone_inactive_file"]
            active += guest.zones[zone]["nr_zone_active_file"]
    return inactive, active


@core_jit
def oldest_file_page(guest, highest_zone, active):
    """The next file page that reclaim looks at: the highest zone's first, its oldest first.

    Args:
        guest: Guest.
        highest_zone: int64, index of the highest zone to take pages from.
        active: int64, 1 = of the active pages.
    Returns:
        int64 pfn, or PFN_NONE if there is none.
    Source:
        mm/vmscan.c scan_folios(), its loop over the zones.
    """
    for i in range(highest_zone + 1):
        if not in_node(guest, highest_zone - i):
            continue
        pfn = np.int64(guest.lists[file_list(guest, highest_zone - i, active)]["last"])
        if pfn != u.PFN_NONE:
            return pfn
    return np.int64(u.PFN_NONE)


@core_jit
def age_file_pages(guest):
    """Deactivate a batch of the oldest active file pages if fewer are inactive than active.

    Args:
        guest: Guest. Writes pages, lists, zones.nr_zone_*.
    Source:
        mm/vmscan.c try_to_inc_max_seq(), should_run_aging(); inactive_is_low() of the older LRU.
    Differs:
        Two generations, a batch at a time, without looking at page tables.
    """
    inactive, active = nr_file_pages(guest)
    if inactive >= active:
        return
    for _ in range(_MIN_LRU_BATCH):
        pfn = oldest_file_page(guest, guest.zones.shape[0] - 1, np.int64(1))
        if pfn == u.PFN_NONE:
            return
        lru_del(guest, pfn)
        page = guest.pages[pfn]
        page["flags"] = np.int64(page["flags"]) & ~u.PG_ACTIVE
        lru_add(guest, pfn)


@core_jit
def keep_page(guest, pfn):
    """Activate a file page that cannot be freed now.

    Args:
        guest: Guest. Writes pages, lists, zones.nr_zone_*.
        pfn: int64, on the inactive file list.
    Source:
        mm/vmscan.c evict_folios(), its treatment of rejected folios.
    """
    lru_del(guest, pfn)
    page = guest.pages[pfn]
    page["flags"] = (np.int64(page["flags"]) | u.PG_ACTIVE) & ~u.PG_REFERENCED
    lru_add(guest, pfn)  # reason: kept_by_reclaim


@core_jit
def sort_folio(guest, pfn):
    """Put a dirty file page among the younger ones, to be met again when it has been written.

    Args:
        guest: Guest. Writes pages, lists, zones.nr_zone_*.
        pfn: int64, on the inactive file list.
    Returns:
        int64, dirty pages that wait for the flusher: those of the page or none.
    Source:
        mm/vmscan.c sort_folio(), folio_inc_gen().
    """
    page = guest.pages[pfn]
    flags = np.int64(page["flags"])
    page["flags"] = flags | u.PG_RECLAIM
    keep_page(guest, pfn)
    return np.int64(flags & u.PG_DIRTY != 0 and flags & u.PG_WRITEBACK == 0)


@core_jit
def evict_folios(guest, is_kswapd):
    """Free those of a batch of the oldest inactive file pages that are clean and not in use.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.pgscan_*, vm.pgsteal_*.
        is_kswapd: int64, 1 = counted for kswapd, 0 = for direct reclaim.
    Returns:
        tuple of int64: pages looked at, 0 if there was nothing but dirty ones in less than a large
        batch; pages taken off the list to be freed; dirty pages; pages freed.
    Source:
        mm/vmscan.c evict_folios(), scan_folios(), shrink_folio_list().
    Differs:
        A mapped page counts as used if it was marked referenced, since there are no page tables to
        look at.
    """
    vm = guest.vm[0]
    scanned = np.int64(0)
    isolated = np.int64(0)
    dirty = np.int64(0)
    reclaimed = np.int64(0)
    age_file_pages(guest)
    remaining = _MAX_LRU_BATCH
    sorts = vm["law_reclaim_wakes_flusher"] == 1
    while isolated < _MIN_LRU_BATCH and remaining > 0:
        pfn = oldest_file_page(guest, guest.zones.shape[0] - 1, np.int64(0))
        if pfn == u.PFN_NONE:
            break
        remaining -= 1
        page = guest.pages[pfn]
        flags = np.int64(page["flags"])
        nr = np.int64(1) << np.int64(page["order"])
        scanned += nr
        if sorts and flags & _SORTED_AWAY:
            dirty += nr * sort_folio(guest, pfn)
            continue
        isolated += nr
        if flags & _KEPT or (flags & u.PG_MAPPED and flags & u.PG_REFERENCED):
            keep_page(guest, pfn)
        else:
            free_pages(guest, pfn, np.int64(page["order"]))  # reason: reclaimed
            reclaimed += nr
    if is_kswapd:
        vm["pgscan_kswapd"] += isolated
        vm["pgsteal_kswapd"] += reclaimed
    else:
        vm["pgscan_direct"] += isolated
        vm["pgsteal_direct"] += reclaimed
    if isolated == 0 and remaining > 0:
        scanned = np.int64(0)
    return scanned, isolated, dirty, reclaimed


@core_jit
def pages_to_scan(guest, priority):
    """How many file pages a pass over the LRU looks at, as the lists are now.

    Args:
        guest: Guest.
        priority: int64, DEF_PRIORITY to 0; the share is 1 / 2**priority.
    Returns:
        int64, pages.
    Source:
        mm/vmscan.c get_nr_to_scan().
    """
    inactive, active = nr_file_pages(guest)
    return (inactive + active) >> priority


@core_jit
def end_pass(guest, priority, isolated, dirty, reclaimed):
    """After a pass over the LRU: wake the flusher if it met only dirty pages; shrinkers are next.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        priority: int64, of the pass.
        isolated: int64, pages taken off the list to be freed.
        dirty: int64, dirty pages met.
        reclaimed: int64, pages freed.
    Source:
        mm/vmscan.c try_to_shrink_lruvec(), shrink_one(), lru_gen_shrink_node().
    """
    vm = guest.vm[0]
    if dirty > 0 and isolated == 0:
        wakeup_flusher_threads(guest)
    begin_shrink(guest, priority)
    if reclaimed > 0:
        vm["kswapd_failures"] = 0


@core_jit
def should_abort_scan(guest, nr_reclaimed, nr_to_reclaim, order, is_kswapd):
    """Whether enough has been reclaimed.

    Args:
        guest: Guest.
        nr_reclaimed: int64, pages so far.
        nr_to_reclaim: int64, pages wanted.
        order: int64, order that reclaim is for.
        is_kswapd: int64, 1 = kswapd, which also stops when all zones are safe.
    Returns:
        bool.
    Source:
        mm/vmscan.c should_abort_scan().
    """
    if nr_reclaimed >= max(nr_to_reclaim, compact_gap(order)):
        return True
    if is_kswapd == 0 or order > 0:
        return False
    for zone in range(guest.zones.shape[0]):
        if guest.zones[zone]["managed"] == 0 or not in_node(guest, zone):
            continue
        mark = wmark_pages(guest, zone, u.WMARK_HIGH) + _MIN_LRU_BATCH
        if not zone_watermark_ok(guest, zone, 0, mark, 0):
            return False
    return True


@core_jit
def initial_priority(guest, priority, nr_to_reclaim):
    """Priority at which one pass over the LRU should free as much as is wanted.

    Args:
        guest: Guest.
        priority: int64, priority so far.
        nr_to_reclaim: int64, pages wanted.
    Returns:
        int64, DEF_PRIORITY / 2 to DEF_PRIORITY, or ``priority`` if it has been raised already.
    Source:
        mm/vmscan.c set_initial_priority().
    """
    if priority != DEF_PRIORITY or nr_to_reclaim < _MIN_LRU_BATCH:
        return priority
    reclaimable, _ = nr_file_pages(guest)
    found = np.int64(-1)
    while reclaimable > 0:
        reclaimable >>= 1
        found += 1
    wanted = nr_to_reclaim - 1
    while wanted > 0:
        wanted >>= 1
        found -= 1
    return min(max(found, np.int64(DEF_PRIORITY // 2)), np.int64(DEF_PRIORITY))


@core_jit
def shrink_lruvec(guest, priority, nr_to_reclaim, order):
    """Evict file pages for direct reclaim: a share of them that grows as the priority number falls.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        priority: int64, DEF_PRIORITY to 0; the share is 1 / 2**priority.
        nr_to_reclaim: int64, pages wanted.
        order: int64, order that reclaim is for.
    Returns:
        int64, pages freed.
    Source:
        mm/vmscan.c try_to_shrink_lruvec(); kswapd's own is kswapd.kswapd_pass().
    Differs:
        No anonymous pages (no swap), no slab.
    """
    scanned = isolated = dirty = reclaimed = np.int64(0)
    nr_to_scan = np.int64(pages_to_scan(guest, priority))
    while nr_to_scan > 0:
        some = evict_folios(guest, np.int64(0))
        scanned += some[0]
        isolated += some[1]
        dirty += some[2]
        reclaimed += some[3]
        if some[0] == 0 or scanned >= nr_to_scan:
            break
        if should_abort_scan(guest, reclaimed, nr_to_reclaim, order, np.int64(0)):
            break
        nr_to_scan = np.int64(pages_to_scan(guest, priority))
    busy = guest.vm[0]["split_freeable"] > 0
    end_pass(guest, priority, isolated, dirty, reclaimed)
    if not busy:
        shrink_step(guest, np.int64(_ALL))
    return reclaimed


@core_jit
def compaction_ready(guest, zone, order):
    """Whether a zone has enough free pages for compaction, so that reclaim can leave it alone.

    Args:
        guest: Guest.
        zone: int64, index of the zone.
        order: int64.
    Returns:
        bool.
    Source:
        mm/vmscan.c compaction_ready().
    """
    if zone_watermark_ok(guest, zone, order, wmark_pages(guest, zone, u.WMARK_MIN), 0):
        return True
    if not compaction_suitable(guest, zone, order, np.int64(0)):
        return False
    mark = wmark_pages(guest, zone, u.WMARK_HIGH) + compact_gap(order)
    return zone_watermark_ok(guest, zone, 0, mark, 0)
