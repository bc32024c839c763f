"""Profile 2012: migrating what the compactor of Linux 3.8 has isolated, page by page.

Ten passes over the list; a busy page stays for the next pass, and its unused target goes back to
the allocator. All pages are of order 0: 3.8 isolates no others. Two of the defects of the hook as
merged are here: a balloon page is not recognised any more once moved, and one that was not moved
goes to the LRU lists instead of back to the balloon.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.compact.free_scanner_2012 import compaction_alloc_2012
from engine.core.compact.hook import note_test_in_putback, note_test_in_unmap
from engine.core.compact.migrate import EAGAIN, EBUSY, ENOMEM, migrate_one
from engine.core.compact.putback import putback_page
from engine.core.memory.alloc import free_pages
from engine.core.memory.freelist import list_del, list_pop
from engine.core.memory.lru import lru_add
from engine.core.memory.page import clear_flag, set_state

NR_PASSES = 10
FORCE_AFTER = 2  # passes without waiting for a page lock


@core_jit
def is_movable_now(guest, cc, src, force):
    """Whether an isolated page can be moved in this pass; waits for its lock if it may.

    Args:
        guest: Guest. Writes pages.flags where it waits.
        cc: int64, CC_*.
        src: int64, an isolated page.
        force: bool, past the passes that never wait.
    Returns:
        int64, 0, EAGAIN or EBUSY.
    Source:
        3.8 mm/migrate.c __unmap_and_move(), migrate_page_move_mapping().
    Differs:
        Waiting for a lock takes no time: the flag is cleared.
    """
    page = guest.pages[src]
    flags = np.int64(page["flags"])
    if flags & u.PG_LOCKED:
        # Direct compaction and kswapd never wait for a lock (PF_MEMALLOC).
        if not force or guest.cc[cc]["mode"] == u.MIGRATE_ASYNC or cc != u.CC_MEMORY:
            return np.int64(EAGAIN)  # reason: page_is_locked
        clear_flag(guest, src, u.PG_LOCKED)
    if flags & u.PG_WRITEBACK:
        # Only full sync waits for writeback, and compaction never uses it.
        return np.int64(EBUSY)  # reason: writeback_not_waited
    note_test_in_unmap(guest, src)
    if flags & u.PG_PINNED:
        return np.int64(EAGAIN)  # reason: extra_references
    return np.int64(0)


@core_jit
def unmap_and_move(guest, cc, src, force):
    """Move one isolated page, or say why it cannot be moved.

    Args:
        guest: Guest. Writes all of it.
        cc: int64, CC_*. A page that is moved, or never will be, leaves its migratepages list.
        src: int64, anywhere on that list.
        force: bool, past the passes that never wait.
    Returns:
        int64, 0, EAGAIN, EBUSY (put back) or ENOMEM.
    Source:
        3.8 mm/migrate.c unmap_and_move(), move_to_new_page().
    """
    dst = compaction_alloc_2012(guest, cc)
    if dst == u.PFN_NONE:
        return np.int64(ENOMEM)
    rc = is_movable_now(guest, cc, src, force)
    if rc != 0:
        if rc == EBUSY:
            list_del(guest, u.LIST_MIGRATEPAGES + cc, src)
            putback_page(guest, src)
        free_pages(guest, dst, 0)
        return rc
    list_del(guest, u.LIST_MIGRATEPAGES + cc, src)
    is_balloon = guest.pages[src]["state"] == u.STATE_BALLOON
    migrate_one(guest, src, dst)
    if is_balloon:
        vm = guest.vm[0]
        # One page per message, target first, then source; the guest waits twice.
        vm["host_exits"] += 2
        vm["host_pfns"] += 2
        if vm["rule_hook"] == u.HOOK_MERGED:
            # The caller mistakes the driver's success for a failure and clears newpage->mapping.
            clear_flag(guest, dst, u.PG_MOVABLE_OPS)
    return np.int64(0)


@core_jit
def migrate_pages_2012(guest, cc):
    """Move what a compactor has isolated.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, cc, vm.
        cc: int64, CC_*. Pages still busy are on its migratepages list afterwards.
    Returns:
        int64, 0 if all were moved, pages that were not, or ENOMEM if there was no target.
    Source:
        3.8 mm/migrate.c migrate_pages(); 3.8 mm/compaction.c update_nr_listpages().
    """
    list_id = u.LIST_MIGRATEPAGES + cc
    moved = np.int64(0)
    failed = np.int64(0)
    retry = np.int64(1)
    turn = 0
    status = np.int64(0)
    while turn < NR_PASSES and retry > 0 and status == 0:
        retry = np.int64(0)
        src = np.int64(guest.lists[list_id]["first"])
        while src != u.PFN_NONE:
            after = np.int64(guest.pages[src]["next"])
            rc = unmap_and_move(guest, cc, src, turn > FORCE_AFTER)
            if rc == ENOMEM:
                status = np.int64(ENOMEM)
                break
            retry += rc == EAGAIN
            failed += rc == EBUSY
            moved += rc == 0
            src = after
        turn += 1
    left = np.int64(guest.lists[list_id]["nr"])
    c = guest.cc[cc]
    c["nr_migratepages"] = left
    c["round_migrated"] += moved
    c["round_failed"] += failed + left
    # Pages given up after the last pass are not counted as failed: 3.8 forgets them.
    guest.vm[0]["pgmigrate_success"] += moved
    guest.vm[0]["pgmigrate_fail"] += failed
    if status == ENOMEM:
        return status
    return failed + left


@core_jit
def leak_to_lru(guest, pfn):
    """Lose an isolated balloon page to the LRU lists, as put-back does in the hook as merged.

    Args:
        guest: Guest. Writes pages, lists, zones. The driver still counts it as isolated.
        pfn: int64, on no list.
    Source:
        3.8 mm/migrate.c putback_movable_pages(): balloon_page_movable() is false for a page with
        two references.
    Differs:
        Reclaim and compaction would trip over the page, with results that depend on the layout of
        memory; here it becomes a file page that neither can take.
    """
    set_state(guest, pfn, 0, u.STATE_FILE, u.PG_PINNED)
    lru_add(guest, pfn)  # reason: leaked_to_lru


@core_jit
def putback_movable_pages_2012(guest, cc):
    """Put back everything that a compactor has isolated and not moved.

    Args:
        guest: Guest. Writes pages, lists, zones, vm.
        cc: int64, CC_*. Its migratepages list is empty afterwards.
    Source:
        3.8 mm/migrate.c putback_movable_pages().
    """
    vm = guest.vm[0]
    pfn = list_pop(guest, u.LIST_MIGRATEPAGES + cc)
    while pfn != u.PFN_NONE:
        note_test_in_putback(guest, pfn)
        if guest.pages[pfn]["state"] == u.STATE_BALLOON:
            if vm["rule_hook"] == u.HOOK_MERGED:
                leak_to_lru(guest, pfn)
            else:
                guest.cc[cc]["balloon_returned"] += 1
                putback_page(guest, pfn)
        else:
            putback_page(guest, pfn)
        pfn = list_pop(guest, u.LIST_MIGRATEPAGES + cc)
    guest.cc[cc]["nr_migratepages"] = 0
