"""Moving pages out of a range: isolating them one by one, targets by ordinary allocation.

Shared by offlining and alloc_contig_range. Unlike compaction they do not collect free pages as
targets but ask the allocator, which cannot return a page of the range: its pageblocks are ISOLATE.
LIST_RANGE holds the isolated pages; it is empty between ticks.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.balloon.balloon import tell_host
from engine.core.compact.hook import note_test_in_move, note_test_in_putback, note_test_in_unmap
from engine.core.compact.migrate import EAGAIN, ENOMEM, migrate_one, split_folio
from engine.core.compact.migrate_scanner import is_hooked_balloon_page
from engine.core.compact.putback import count_isolated, putback_page
from engine.core.memory.alloc import free_pages
from engine.core.memory.freelist import list_add_tail, list_del, list_pop
from engine.core.memory.lru import lru_del
from engine.core.memory.nodes import node_of
from engine.core.memory.page import set_state
from engine.core.slowpath.node_alloc import alloc_pages_node

NONE = u.PFN_NONE

# Results of movable_kind.
KIND_KEEP = 0  # free, or not movable
KIND_LRU = 1
KIND_BALLOON = 2
KIND_HUGE = 3

# GFP bits of a target: mm/memory_hotplug.c do_migrate_range(), mm/page_alloc.c
# __alloc_contig_verify_gfp_mask().
GFP_TARGET = u.GFP_KERNEL | u.GFP_RETRY_MAYFAIL
# mm/migrate.c alloc_migration_target(): of a large page, GFP_TRANSHUGE.
GFP_TARGET_LARGE = (u.GFP_HIGHUSER & ~u.GFP_KSWAPD_RECLAIM) | u.GFP_NOMEMALLOC | u.GFP_RETRY_MAYFAIL


@core_jit
def movable_kind(guest, pfn):
    """How a page could be moved out of a range, if at all. Counts the balloon test.

    Args:
        guest: Guest. Writes vm.hook_checks*.
        pfn: int64.
    Returns:
        int64: KIND_KEEP, KIND_LRU, KIND_BALLOON (through the hook) or KIND_HUGE.
    Source:
        mm/memory_hotplug.c scan_movable_pages(); mm/migrate.c isolate_folio_to_list().
    Differs:
        hugetlb pages of 2 MiB only.
    """
    page = guest.pages[pfn]
    state = np.int64(page["state"])
    flags = np.int64(page["flags"])
    if flags & u.PG_LRU:
        return KIND_LRU
    if state <= u.STATE_ISOLATED_FREE:
        return KIND_KEEP
    if state == u.STATE_HUGE:
        return KIND_HUGE if page["order"] == u.HPAGE_ORDER else KIND_KEEP
    if is_hooked_balloon_page(guest, state, flags):
        return KIND_BALLOON
    if state == u.STATE_BALLOON:
        return KIND_KEEP  # reason: balloon_no_hook
    return KIND_KEEP  # reason: range_not_movable


@core_jit
def isolate_range_page(guest, pfn):
    """Move an LRU page or a balloon page from its home list to LIST_RANGE.

    Args:
        guest: Guest. Writes pages, lists, zones, vm.nr_isolated_*, vm.balloon_isolated.
        pfn: int64, first page.
    Source:
        mm/migrate.c isolate_folio_to_list(); 3.8 mm/vmscan.c isolate_lru_page().
    """
    page = guest.pages[pfn]
    if page["state"] != u.STATE_BALLOON:
        lru_del(guest, pfn)
    elif np.int64(page["flags"]) & u.PG_DEDICATED:
        list_del(guest, u.LIST_BALLOON_DEDICATED, pfn)
    else:
        list_del(guest, u.LIST_BALLOON, pfn)
    page["flags"] = np.int64(page["flags"]) | u.PG_ISOLATED
    count_isolated(guest, pfn, np.int64(1) << np.int64(page["order"]))
    list_add_tail(guest, u.LIST_RANGE, pfn)


@core_jit
def target_nodes(guest):
    """Which nodes a page of the range may move to, seen from its own.

    Args:
        guest: Guest.
    Returns:
        int64, NODES_*: what goes offline leaves its node if there is another.
    Source:
        mm/memory_hotplug.c do_migrate_range(), node_clear(mtc.nid, nmask).
    """
    if guest.vm[0]["range_kind"] == u.RANGE_OFFLINE:
        return np.int64(u.NODES_OTHERS)
    return np.int64(u.NODES_ALL)


@core_jit
def alloc_migration_target(guest, src, order):
    """A page to move to, by ordinary allocation.

    Args:
        guest: Guest. Writes all of it.
        src: int64 pfn, first page of what is to be moved.
        order: int64.
    Returns:
        int64 pfn of 2**order pages in state ISOLATED_FREE and on no list, or PFN_NONE.
    Source:
        mm/migrate.c alloc_migration_target(); 3.8 mm/page_isolation.c alloc_migrate_target().
    Differs:
        3.8 prefers the node of the task, not of the page, and never leaves a node for its sake.
    """
    gfp = GFP_TARGET
    if order > 0:
        gfp = GFP_TARGET_LARGE
    node = node_of(guest, src)
    pfn = alloc_pages_node(guest, node, target_nodes(guest), order, u.MIGRATE_MOVABLE, gfp)
    if pfn != NONE:
        set_state(guest, pfn, order, u.STATE_ISOLATED_FREE, 0)
    return pfn


@core_jit
def move_page(guest, pfn, is_told):
    """Move one isolated page; a large one without a target of its size is split.

    Args:
        guest: Guest. Writes all of it.
        pfn: int64, first page, on LIST_RANGE; it stays there unless it is moved.
        is_told: int64, 1 = the host is told of a balloon page at once, in two messages.
    Returns:
        int64: pages moved; 0, it was split, its parts are at the end of LIST_RANGE; EAGAIN, it has
        extra references; ENOMEM, there is no target.
    Source:
        mm/migrate.c migrate_pages() in mode MIGRATE_SYNC. 3.8 splits every large page.
    Differs:
        Waiting for a lock or for writeback takes no time: the flag is cleared.
    """
    page = guest.pages[pfn]
    order = np.int64(page["order"])
    note_test_in_unmap(guest, pfn)
    if np.int64(page["flags"]) & u.PG_PINNED:
        return np.int64(EAGAIN)  # reason: extra_references
    page["flags"] = np.int64(page["flags"]) & ~(u.PG_LOCKED | u.PG_WRITEBACK)
    splits = order > 0 and guest.vm[0]["law_range_splits_large"] == 1
    dst = NONE
    if not splits:
        dst = alloc_migration_target(guest, pfn, order)
    if dst == NONE:
        if order > 0 and split_folio(guest, u.LIST_RANGE, pfn):
            while guest.lists[u.LIST_SPLIT]["nr"] > 0:
                list_add_tail(guest, u.LIST_RANGE, list_pop(guest, u.LIST_SPLIT))
            return np.int64(0)
        if splits:
            dst = alloc_migration_target(guest, pfn, order)
        if dst == NONE:
            return np.int64(ENOMEM)  # reason: no_free_page
    if guest.vm[0]["law_range_tests_in_move"] == 1:
        note_test_in_move(guest, pfn)
    list_del(guest, u.LIST_RANGE, pfn)
    if is_told == 1 and page["state"] == u.STATE_BALLOON:
        tell_host(guest, 1)
        tell_host(guest, 1)
    migrate_one(guest, pfn, dst)
    guest.vm[0]["pgmigrate_success"] += 1 << order
    guest.vm[0]["range_migrated"] += 1 << order
    return np.int64(1) << order


@core_jit
def move_huge(guest, pfn):
    """Move one hugetlb page of 2 MiB.

    Args:
        guest: Guest. Writes all of it.
        pfn: int64, first page.
    Returns:
        int64, pages moved, or ENOMEM.
    Source:
        mm/hugetlb.c alloc_migrate_hugetlb_folio(), move_hugetlb_state().
    Differs:
        The target is always a new page, never a free one from the pool.
    """
    node, order = node_of(guest, pfn), np.int64(u.HPAGE_ORDER)
    mask = target_nodes(guest)
    dst = alloc_pages_node(guest, node, mask, order, u.MIGRATE_MOVABLE, GFP_TARGET)
    if dst == NONE:
        return np.int64(ENOMEM)
    page = guest.pages[pfn]
    set_state(guest, dst, u.HPAGE_ORDER, u.STATE_HUGE, np.int64(page["flags"]))
    is_listed = guest.lists[u.LIST_HUGE]["first"] == pfn or page["prev"] != NONE
    if is_listed:
        list_del(guest, u.LIST_HUGE, pfn)
        list_add_tail(guest, u.LIST_HUGE, dst)
    guest.vm[0]["pages_copied"] += u.HPAGE_NR_PAGES
    guest.vm[0]["pgmigrate_success"] += u.HPAGE_NR_PAGES
    guest.vm[0]["range_migrated"] += u.HPAGE_NR_PAGES
    free_pages(guest, pfn, u.HPAGE_ORDER)
    return np.int64(u.HPAGE_NR_PAGES)


@core_jit
def putback_range(guest):
    """Put every page on LIST_RANGE back on its home list.

    Args:
        guest: Guest. Writes pages, lists, zones, vm.
    Source:
        mm/migrate.c putback_movable_pages(); 3.8 mm/migrate.c putback_lru_pages().
    """
    pfn = list_pop(guest, u.LIST_RANGE)
    while pfn != NONE:
        guest.vm[0]["range_returned"] += 1 << np.int64(guest.pages[pfn]["order"])
        note_test_in_putback(guest, pfn)
        putback_page(guest, pfn)
        pfn = list_pop(guest, u.LIST_RANGE)


@core_jit
def migrate_range(guest):
    """Move what is on LIST_RANGE, in its order; what fails is put back.

    Args:
        guest: Guest. Writes all of it.
    Returns:
        tuple of int64: first page that failed or PFN_NONE, and its errno or 0.
    Source:
        mm/migrate.c migrate_pages(), putback_movable_pages().
    Differs:
        One pass: a busy page stays busy within the call. After -ENOMEM nothing else is tried.
    """
    failed = np.int64(NONE)
    error = np.int64(0)
    pfn = np.int64(guest.lists[u.LIST_RANGE]["first"])
    while pfn != NONE:
        order = np.int64(guest.pages[pfn]["order"])
        # The parts of a split page come last: look up the next page only afterwards.
        before = np.int64(guest.pages[pfn]["prev"])
        status = move_page(guest, pfn, 1)
        if status < 0:
            guest.vm[0]["pgmigrate_fail"] += 1 << order
            if failed == NONE:
                failed = pfn
                error = status
            if status == ENOMEM:
                break
            before = pfn
        if before == NONE:
            pfn = np.int64(guest.lists[u.LIST_RANGE]["first"])
        else:
            pfn = np.int64(guest.pages[before]["next"])
    putback_range(guest)  # reason: not_tried
    return failed, error


@core_jit
def pass_over_range(guest, budget):
    """Let the balloon move its pages out of a range with its own pass, restricted to that range.

    Args:
        guest: Guest. Writes all of it; vm.range_pos, the pfn reached.
        budget: int64, pages to move, exceeded by less than a batch.
    Returns:
        bool, whether the pass has reached the end of the range, or found no target.
    Source:
        not of the kernel: rule range_aware, see docs/DESIGNS.md.
    """
    vm = guest.vm[0]
    pfn = np.int64(vm["range_pos"])
    while budget > 0 and pfn < vm["range_end_pfn"]:
        start = pfn
        while pfn < vm["range_end_pfn"] and guest.lists[u.LIST_RANGE]["nr"] < vm["rule_pass_batch"]:
            at_start = pfn & (u.PAGEBLOCK_NR_PAGES - 1) == 0
            if at_start and guest.blocks[pfn >> u.PAGEBLOCK_ORDER]["nr_balloon"] == 0:
                pfn += u.PAGEBLOCK_NR_PAGES
                start += u.PAGEBLOCK_NR_PAGES
                continue
            page = guest.pages[pfn]
            if np.int64(page["state"]) == u.STATE_BALLOON:
                if np.int64(page["flags"]) & (u.PG_DEDICATED | u.PG_ISOLATED) == 0:
                    isolate_range_page(guest, pfn)
            pfn += 1
        vm["pass_scanned"] += pfn - start
        moved = np.int64(0)
        src = np.int64(guest.lists[u.LIST_RANGE]["first"])
        while src != NONE and move_page(guest, src, 0) > 0:
            moved += 1
            src = np.int64(guest.lists[u.LIST_RANGE]["first"])
        tell_host(guest, moved)
        tell_host(guest, moved)
        vm["pass_migrated"] += moved
        budget -= moved
        if src != NONE:
            putback_range(guest)  # reason: not_tried
            return True
    vm["range_pos"] = pfn
    return pfn >= vm["range_end_pfn"]
