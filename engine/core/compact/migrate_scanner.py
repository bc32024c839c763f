"""The migrate scanner: walks a zone upwards and isolates pages that can be moved.

It works within one pageblock at a time and stops after COMPACT_CLUSTER_MAX pages. Isolated pages go
to the head of the compactor's migratepages list, so addresses descend along the list. The hook of
design lru_hook is here: its one test on pages that are not on the LRU.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.compact.fast_search import fast_find_migrateblock
from engine.core.compact.putback import count_isolated, putback_movable_pages
from engine.core.compact.scan import (
    PAGEBLOCK_MASK,
    block_end_pfn,
    isolation_suitable,
    pageblock_end_pfn,
    pageblock_is_online,
    pageblock_skip_persistent,
    pageblock_start_pfn,
    set_pageblock_skip,
    test_and_set_skip,
    update_cached_migrate,
    zone_start_pfn,
)
from engine.core.memory.freelist import get_pageblock_migratetype, list_add, list_del
from engine.core.memory.lru import lru_del

ISOLATE_ABORT = 0
ISOLATE_NONE = 1
ISOLATE_SUCCESS = 2

_LRU_KINDS = (1 << u.STATE_ANON) | (1 << u.STATE_FILE) | (1 << u.STATE_SHMEM) | (1 << u.STATE_THP)
_COMPOUND_KINDS = ~((2 << u.STATE_ISOLATED_FREE) - 1)  # every state after the free ones


@core_jit
def suitable_migration_source(guest, cc, pfn):
    """Whether the migrate scanner should look into a pageblock.

    Args:
        guest: Guest.
        cc: int64, CC_*.
        pfn: int64, first pfn of the pageblock.
    Returns:
        bool; only direct async compaction keeps to pageblocks of its own migratetype.
    Source:
        mm/compaction.c suitable_migration_source().
    """
    if pageblock_skip_persistent(guest, pfn):
        return False  # reason: block_is_compound
    c = guest.cc[cc]
    if c["mode"] != u.MIGRATE_ASYNC or not c["direct_compaction"]:
        return True
    mt = get_pageblock_migratetype(guest, pfn)
    if mt == c["migratetype"]:
        return True
    if c["migratetype"] == u.MIGRATE_MOVABLE and mt == u.MIGRATE_CMA:
        return True
    return False  # reason: block_type_differs


@core_jit
def skip_isolation_on_order(order, target_order):
    """Whether a compound page is too big to be worth moving.

    Args:
        order: int64, order of the compound page.
        target_order: int64, order wanted, -1 = whole memory.
    Returns:
        bool.
    Source:
        mm/compaction.c skip_isolation_on_order().
    """
    if target_order != -1 and order >= target_order:
        return True
    return order >= u.PAGEBLOCK_ORDER


@core_jit
def is_hooked_balloon_page(guest, state, flags):
    """The hook: whether a page off the LRU is a balloon page to isolate. Counts each test.

    Args:
        guest: Guest. Writes vm.hook_checks*.
        state: int64, STATE_* of the page.
        flags: int64, PG_* of the page.
    Returns:
        bool.
    Source:
        mm/compaction.c isolate_migratepages_block(), __PageMovable(); mm/migrate.c
        isolate_movable_page().
    """
    vm = guest.vm[0]
    if not vm["rule_hook"]:
        return False
    vm["hook_checks"] += 1
    if state == u.STATE_BALLOON:
        vm["hook_checks_balloon"] += 1
        if flags & u.PG_MOVABLE_OPS == 0:
            return False  # reason: balloon_not_marked
        if flags & (u.PG_ISOLATED | u.PG_LOCKED):
            return False  # reason: balloon_is_locked
        return True
    if (_LRU_KINDS >> state) & 1:
        vm["hook_checks_lru"] += 1
    return False


@core_jit
def lru_page_is_isolatable(guest, cc, state, flags):
    """Whether a page on the LRU may be isolated by this compactor.

    Args:
        guest: Guest.
        cc: int64, CC_*.
        state: int64, STATE_*.
        flags: int64, PG_*.
    Returns:
        bool.
    Source:
        mm/compaction.c isolate_migratepages_block(), the tests between folio_get_nontail_page() and
        folio_test_clear_lru().
    Differs:
        Every file system is taken to have a migrate callback, so dirty pages pass. Unevictable
        pages pass as with vm.compact_unevictable_allowed = 1.
    """
    has_mapping = state == u.STATE_FILE or state == u.STATE_SHMEM
    if not has_mapping and flags & u.PG_PINNED:
        return False  # reason: anon_is_pinned
    if has_mapping and not guest.cc[cc]["gfp"] & u.GFP_FS:
        return False
    if guest.cc[cc]["mode"] != u.MIGRATE_SYNC and flags & u.PG_WRITEBACK:
        return False  # reason: under_writeback
    return True


@core_jit
def isolation_candidate(guest, cc, pfn):
    """How the scanner classifies a page that is not free.

    Args:
        guest: Guest. Writes vm.hook_checks*.
        cc: int64, CC_*.
        pfn: int64.
    Returns:
        int64: n > 0, an LRU page of n pages to isolate; 0, a balloon page to isolate; n < 0, a
        failure, -n pages to skip.
    Source:
        mm/compaction.c isolate_migratepages_block().
    """
    page = guest.pages[pfn]
    state = np.int64(page["state"])
    order = np.int64(page["order"])
    flags = np.int64(page["flags"])
    if order > 0 and order <= u.MAX_PAGE_ORDER and (_COMPOUND_KINDS >> state) & 1:
        if state == u.STATE_HUGE:
            return -(np.int64(1) << order)
        if skip_isolation_on_order(order, np.int64(guest.cc[cc]["order"])):
            return -(np.int64(1) << order)  # reason: compound_too_big
    if order == u.ORDER_TAIL and ((_LRU_KINDS >> state) & 1 or state == u.STATE_HUGE):
        return np.int64(-1)
    if flags & u.PG_LRU == 0:
        if is_hooked_balloon_page(guest, state, flags):
            return np.int64(0)
        if state == u.STATE_BALLOON:
            return np.int64(-1)  # reason: balloon_no_hook
        return np.int64(-1)  # reason: not_on_lru
    if not lru_page_is_isolatable(guest, cc, state, flags):
        return np.int64(-1)
    return np.int64(1) << order


@core_jit
def isolate_page(guest, cc, pfn):
    """Take a page off its home list and put it on the compactor's.

    Args:
        guest: Guest. Writes pages, lists, zones, vm.
        cc: int64, CC_*. Writes nr_migratepages.
        pfn: int64, first page of an LRU page, or a balloon page.
    Returns:
        int64, pages isolated.
    Source:
        mm/compaction.c isolate_migratepages_block(); mm/balloon_compaction.c
        balloon_page_isolate().
    """
    page = guest.pages[pfn]
    nr = np.int64(1) << np.int64(page["order"])
    if page["state"] != u.STATE_BALLOON:
        lru_del(guest, pfn)
    elif np.int64(page["flags"]) & u.PG_DEDICATED:
        list_del(guest, u.LIST_BALLOON_DEDICATED, pfn)
    else:
        list_del(guest, u.LIST_BALLOON, pfn)
    page["flags"] = np.int64(page["flags"]) | u.PG_ISOLATED
    count_isolated(guest, pfn, nr)
    list_add(guest, u.LIST_MIGRATEPAGES + cc, pfn)
    guest.cc[cc]["nr_migratepages"] += nr
    return nr


@core_jit
def finish_isolation(guest, cc, low_pfn, nr_scanned, nr_isolated):
    """Account for what the scan of one pageblock has seen and taken.

    Args:
        guest: Guest. Writes vm.compact_isolated.
        cc: int64, CC_*. Writes migrate_pfn, total_migrate_scanned, round_isolated.
        low_pfn: int64, next pfn to scan.
        nr_scanned: int64.
        nr_isolated: int64.
    Source:
        mm/compaction.c isolate_migratepages_block(), its last lines.
    """
    c = guest.cc[cc]
    c["total_migrate_scanned"] += nr_scanned
    c["migrate_pfn"] = low_pfn
    c["round_isolated"] += nr_isolated
    guest.vm[0]["compact_isolated"] += nr_isolated


@core_jit
def isolate_migratepages_block(guest, cc, low_pfn, end_pfn):
    """Isolate the movable pages of one pageblock, up to COMPACT_CLUSTER_MAX.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        cc: int64, CC_*. Writes migrate_pfn, nr_migratepages, total_migrate_scanned, round_isolated.
        low_pfn: int64, first pfn to look at.
        end_pfn: int64, one past the last pfn, same pageblock.
    Source:
        mm/compaction.c isolate_migratepages_block().
    Differs:
        No locks, so no contention; never too many isolated pages, since there are none between two
        rounds. The lock is "taken" at the first LRU page, where the skip hint is tested and set.
    """
    c = guest.cc[cc]
    nr_scanned = np.int64(0)
    nr_isolated = np.int64(0)
    low_pfn = np.int64(low_pfn)
    skip_on_failure = c["direct_compaction"] != 0 and c["mode"] == u.MIGRATE_ASYNC
    order = max(np.int64(c["order"]), 0)
    next_skip_pfn = block_end_pfn(low_pfn, order)
    # The hint only counts at the start of a pageblock: a second visit must not stop at its mark.
    hint_pfn = low_pfn
    tests_hint = low_pfn & PAGEBLOCK_MASK == 0 or low_pfn == zone_start_pfn(guest, c["zone"])
    skip_updated = False
    if tests_hint and not isolation_suitable(guest, cc, low_pfn):
        tests_hint = False
        nr_scanned += 1
        low_pfn = np.int64(end_pfn)
    while low_pfn < end_pfn:
        if skip_on_failure and low_pfn >= next_skip_pfn:
            if nr_isolated:
                break
            next_skip_pfn = block_end_pfn(low_pfn, order)
        page = guest.pages[low_pfn]
        if page["state"] == u.STATE_FREE and page["order"] <= u.MAX_PAGE_ORDER:
            nr = np.int64(1) << np.int64(page["order"])
            nr_scanned += nr
            low_pfn += nr
            continue
        nr = isolation_candidate(guest, cc, low_pfn)
        if nr >= 0:
            if nr > 0 and tests_hint and not skip_updated:
                skip_updated = True
                if test_and_set_skip(guest, cc, hint_pfn) and not c["finish_pageblock"]:
                    nr_scanned += 1
                    low_pfn = np.int64(end_pfn)
                    break
            nr = isolate_page(guest, cc, low_pfn)
            nr_isolated += nr
            nr_scanned += nr
            low_pfn += nr
            if c["nr_migratepages"] >= u.COMPACT_CLUSTER_MAX and not c["finish_pageblock"]:
                break
            continue
        nr_scanned -= nr
        low_pfn -= nr
        if skip_on_failure:
            # One immovable page spoils the block: put back what was taken and go to the next.
            if nr_isolated:
                putback_movable_pages(guest, cc)  # reason: piece_is_spoiled
                c["nr_migratepages"] = 0
                nr_isolated = np.int64(0)
            if low_pfn <= next_skip_pfn:
                low_pfn = next_skip_pfn
                next_skip_pfn += np.int64(1) << order
    low_pfn = min(low_pfn, np.int64(end_pfn))
    if low_pfn == end_pfn and (nr_isolated == 0 or c["finish_pageblock"]):
        if tests_hint and not skip_updated and not c["no_set_skip_hint"]:
            set_pageblock_skip(guest, hint_pfn)
        update_cached_migrate(guest, cc, low_pfn)
    finish_isolation(guest, cc, low_pfn, nr_scanned, nr_isolated)


@core_jit
def isolate_migratepages(guest, cc):
    """Isolate pages from the first suitable pageblock below the free scanner.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        cc: int64, CC_*. Writes migrate_pfn, nr_migratepages and counters.
    Returns:
        int64, ISOLATE_NONE or ISOLATE_SUCCESS.
    Source:
        mm/compaction.c isolate_migratepages().
    """
    c = guest.cc[cc]
    start_pfn = zone_start_pfn(guest, np.int64(c["zone"]))
    low_pfn = fast_find_migrateblock(guest, cc)
    block_start = max(pageblock_start_pfn(low_pfn), start_pfn)
    block_end = pageblock_end_pfn(low_pfn)
    # A pageblock chosen by the fast search has no skip hint: do not test it again.
    fast_found = low_pfn != c["migrate_pfn"] and c["fast_search_fail"] == 0
    while block_end <= c["free_pfn"]:
        if pageblock_is_online(guest, block_start, block_end):
            at_start = low_pfn & PAGEBLOCK_MASK == 0 or low_pfn == start_pfn
            if not at_start or fast_found or isolation_suitable(guest, cc, block_start):
                if suitable_migration_source(guest, cc, block_start):
                    isolate_migratepages_block(guest, cc, low_pfn, block_end)
                    break
                update_cached_migrate(guest, cc, block_end)
        fast_found = False
        low_pfn = block_end
        c["migrate_pfn"] = block_end
        block_start = block_end
        block_end += u.PAGEBLOCK_NR_PAGES
    if c["nr_migratepages"]:
        return ISOLATE_SUCCESS
    return ISOLATE_NONE
