"""Profile 2012: the migrate scanner of Linux 3.8, and the hook as it was merged there.

It looks at every pfn from its position to the end of a pageblock. It matters whether the LRU lock
is held: it is taken at the first LRU page, and the hook as merged isolates balloon pages only while
it is held, so those below a pageblock's first LRU page are passed over.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.compact.migrate_scanner import (
    ISOLATE_NONE,
    ISOLATE_SUCCESS,
    finish_isolation,
    is_hooked_balloon_page,
    isolate_page,
)
from engine.core.compact.scan import isolation_suitable, pageblock_end_pfn, zone_start_pfn
from engine.core.compact.scan_2012 import align_up, update_migrate_skip
from engine.core.memory.freearea import is_free_block
from engine.core.memory.freelist import get_pageblock_migratetype

# How the scanner classifies a page that is not free: one of these, or n > 0 pages to skip.
NEXT_PAGEBLOCK = 0
TAKE_LRU = -1
TAKE_BALLOON = -2


@core_jit
def isolation_candidate_2012(guest, cc, pfn, locked):
    """How the scanner classifies a page that is not free.

    Args:
        guest: Guest. Writes vm.hook_checks*.
        cc: int64, CC_*. Writes finished_update_migrate.
        pfn: int64.
        locked: int64, 1 = the LRU lock is held since an earlier page.
    Returns:
        int64: TAKE_LRU, TAKE_BALLOON, NEXT_PAGEBLOCK, or n > 0 pages to skip.
    Source:
        3.8 mm/compaction.c isolate_migratepages_range(); 3.8 mm/vmscan.c __isolate_lru_page().
    Differs:
        Every file system is taken to have a migrate callback, so dirty pages pass.
    """
    c = guest.cc[cc]
    page = guest.pages[pfn]
    flags = np.int64(page["flags"])
    if c["mode"] == u.MIGRATE_ASYNC:
        mt = get_pageblock_migratetype(guest, pfn)
        if mt != u.MIGRATE_MOVABLE and mt != u.MIGRATE_CMA:
            c["finished_update_migrate"] = 1
            return np.int64(NEXT_PAGEBLOCK)  # reason: block_type_differs
    if flags & u.PG_LRU == 0:
        if is_hooked_balloon_page(guest, np.int64(page["state"]), flags):
            if locked == 0 and guest.vm[0]["rule_hook"] == u.HOOK_MERGED:
                return np.int64(1)  # reason: lru_lock_not_held
            return np.int64(TAKE_BALLOON)
        if page["state"] == u.STATE_BALLOON:
            return np.int64(1)  # reason: balloon_no_hook
        return np.int64(1)  # reason: not_on_lru
    if page["order"] > 0:  # PageTransHuge
        if not locked:
            return np.int64(NEXT_PAGEBLOCK)  # reason: thp_ends_block
        return np.int64(1) << np.int64(page["order"])  # reason: thp_is_skipped
    return np.int64(TAKE_LRU)


@core_jit
def may_isolate_lru(guest, cc, pfn):
    """Whether a single LRU page may be isolated by this compactor.

    Args:
        guest: Guest.
        cc: int64, CC_*.
        pfn: int64.
    Returns:
        bool. Extra references are not checked: such a page is isolated in vain.
    Source:
        3.8 mm/vmscan.c __isolate_lru_page().
    """
    flags = np.int64(guest.pages[pfn]["flags"])
    if flags & u.PG_UNEVICTABLE:
        return False  # reason: page_is_unevictable
    if guest.cc[cc]["mode"] == u.MIGRATE_ASYNC and flags & u.PG_WRITEBACK:
        return False  # reason: under_writeback
    return True


@core_jit
def isolate_migratepages_range(guest, cc, low_pfn, end_pfn):
    """Isolate movable pages of a range, up to COMPACT_CLUSTER_MAX.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        cc: int64, CC_*. Writes migrate_pfn, nr_migratepages, total_migrate_scanned, round_isolated.
        low_pfn: int64, first pfn to look at, not a hole.
        end_pfn: int64, start of a pageblock, up to two pageblocks further up.
    Source:
        3.8 mm/compaction.c isolate_migratepages_range().
    Differs:
        The lock, once taken, is never dropped within a range: nobody else wants it. Never too many
        isolated pages, since there are none between two rounds.
    """
    c = guest.cc[cc]
    first_pfn = np.int64(low_pfn)
    pfn = first_pfn
    nr_scanned = np.int64(0)
    nr_isolated = np.int64(0)
    locked = np.int64(0)
    while pfn < end_pfn:
        if guest.pages[pfn]["state"] == u.STATE_HOLE:
            pfn += 1
            continue
        nr_scanned += 1
        step = np.int64(NEXT_PAGEBLOCK)
        if isolation_suitable(guest, cc, pfn):
            if is_free_block(guest, pfn):
                nr = np.int64(1) << np.int64(guest.pages[pfn]["order"])
                nr = min(nr, pageblock_end_pfn(pfn) - pfn)
                nr_scanned += nr - 1
                pfn += nr
                continue
            step = isolation_candidate_2012(guest, cc, pfn, locked)
        if step == NEXT_PAGEBLOCK:
            # From inside a pageblock this is a whole pageblock too far; fixed in 3.9.
            pfn = align_up(pfn + u.PAGEBLOCK_NR_PAGES)
            continue
        if step > 0:
            pfn += step
            continue
        if step == TAKE_LRU:
            locked = np.int64(1)
            if not may_isolate_lru(guest, cc, pfn):
                pfn += 1
                continue
        else:
            c["balloon_isolated"] += 1
        c["finished_update_migrate"] = 1
        nr_isolated += isolate_page(guest, cc, pfn)
        pfn += 1
        if c["nr_migratepages"] == u.COMPACT_CLUSTER_MAX:
            break
    if pfn == end_pfn:
        update_migrate_skip(guest, cc, first_pfn, nr_isolated)
    finish_isolation(guest, cc, pfn, nr_scanned, nr_isolated)


@core_jit
def isolate_migratepages_2012(guest, cc):
    """Isolate pages from the scanner's position up to the free scanner.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        cc: int64, CC_*. Writes migrate_pfn, nr_migratepages and counters.
    Returns:
        int64, ISOLATE_NONE where there is nothing to look at, else ISOLATE_SUCCESS, even if no
        page was isolated.
    Source:
        3.8 mm/compaction.c isolate_migratepages().
    """
    c = guest.cc[cc]
    low_pfn = max(np.int64(c["migrate_pfn"]), zone_start_pfn(guest, np.int64(c["zone"])))
    # From inside a pageblock the range ends one pageblock too far; fixed in 3.9.
    end_pfn = align_up(low_pfn + u.PAGEBLOCK_NR_PAGES)
    if end_pfn > c["free_pfn"]:
        c["migrate_pfn"] = end_pfn
        return np.int64(ISOLATE_NONE)
    if guest.pages[low_pfn]["state"] == u.STATE_HOLE:
        c["migrate_pfn"] = end_pfn
        return np.int64(ISOLATE_NONE)  # reason: block_has_hole
    isolate_migratepages_range(guest, cc, low_pfn, end_pfn)
    return np.int64(ISOLATE_SUCCESS)
