"""Migration: moving a compactor's isolated pages and putting back the rest.

Invariants: a page keeps its kind, flags and owner across a move; between runs no page is on a
compactor's migratepages list or on the scratch lists; during a run vm.nr_isolated_* and
vm.balloon_isolated count the pages on them.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.compact.hook import note_test_in_move, note_test_in_unmap
from engine.core.compact.putback import count_isolated
from engine.core.compact.putback import putback_movable_pages as putback_movable_pages
from engine.core.compact.targets import compaction_alloc, compaction_free
from engine.core.memory.alloc import free_pages
from engine.core.memory.events import note_move
from engine.core.memory.freelist import (
    list_add,
    list_add_tail,
    list_del,
    list_pop,
    list_splice_init,
)
from engine.core.memory.lru import lru_add
from engine.core.memory.page import set_state

EAGAIN = -11  # busy now, try again
ENOMEM = -12  # no target
EBUSY = -16  # permanent failure

_MAY_FAIL = u.PG_LOCKED | u.PG_WRITEBACK | u.PG_PINNED


@core_jit
def migrate_one(guest, src, dst):
    """Turn ``dst`` into what ``src`` is, put it at the head of its list, and free ``src``.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        src: int64, first page of an isolated page, on no list.
        dst: int64, target of the same order in state ISOLATED_FREE, on no list.
    Source:
        mm/migrate.c move_to_new_folio(), folio_migrate_flags(), migrate_folio_done();
        drivers/virtio/virtio_balloon.c virtballoon_migratepage() without its messages to the host.
    """
    note_move(guest, src, dst)
    page = guest.pages[src]
    order = np.int64(page["order"])
    state = np.int64(page["state"])
    flags = np.int64(page["flags"]) & ~u.PG_ISOLATED
    nr = np.int64(1) << order
    count_isolated(guest, src, -nr)
    if state == u.STATE_BALLOON:
        guest.vm[0]["balloon_migrate"] += 1
        if flags & u.PG_MOVED:
            guest.vm[0]["balloon_repeats"] += 1
        flags = (flags | u.PG_MOVED) & ~u.PG_DEDICATED
        set_state(guest, dst, order, state, flags)
        list_add(guest, u.LIST_BALLOON, dst)
    else:
        guest.vm[0]["pages_copied"] += nr
        set_state(guest, dst, order, state, flags & ~u.PG_LRU)
        lru_add(guest, dst)
    handle = np.int64(page["handle"])
    if handle != u.HANDLE_NONE:
        guest.pages[dst]["handle"] = handle
        guest.pages[handle]["where"] = dst
        page["handle"] = u.HANDLE_NONE
    free_pages(guest, src, order)  # reason: moved


@core_jit
def migrate_folio_unmap(guest, cc, src, mode):
    """Find a target for one isolated page and lock the page, waiting if the mode allows it.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, cc, vm.
        cc: int64, CC_*.
        src: int64, first page, on some list.
        mode: int64, MIGRATE_*.
    Returns:
        int64 pfn of the target, or a negative errno.
    Source:
        mm/migrate.c migrate_folio_unmap().
    Differs:
        Waiting for a lock or for writeback takes no time: the flag is cleared.
    """
    page = guest.pages[src]
    note_test_in_unmap(guest, src)
    dst = compaction_alloc(guest, cc, np.int64(page["order"]))
    if dst == u.PFN_NONE:
        return np.int64(ENOMEM)
    flags = np.int64(page["flags"])
    if flags & (u.PG_LOCKED | u.PG_WRITEBACK) == 0:
        return dst
    if flags & u.PG_LOCKED and (mode == u.MIGRATE_ASYNC or guest.cc[cc]["direct_compaction"]):
        compaction_free(guest, cc, dst)
        return np.int64(EAGAIN)  # reason: page_is_locked
    if flags & u.PG_WRITEBACK and mode != u.MIGRATE_SYNC:
        compaction_free(guest, cc, dst)
        return np.int64(EBUSY)  # reason: writeback_not_waited
    page["flags"] = flags & ~(u.PG_LOCKED | u.PG_WRITEBACK)
    return dst


@core_jit
def split_folio(guest, from_id, pfn):
    """Split an isolated large page for which there is no target of its size.

    Args:
        guest: Guest. Writes pages, lists.
        from_id: int64, list that the page is on.
        pfn: int64, first page; its parts go to LIST_SPLIT, the first one last.
    Returns:
        bool.
    Source:
        mm/migrate.c try_split_folio(), mm/huge_memory.c split_folio_to_list().
    Differs:
        A page that a workload object owns stays whole: an object is contiguous.
    """
    page = guest.pages[pfn]
    if page["handle"] != u.HANDLE_NONE or np.int64(page["flags"]) & u.PG_PINNED:
        return False
    nr = np.int64(1) << np.int64(page["order"])
    for tail in range(pfn + 1, pfn + nr):
        guest.pages[tail]["order"] = 0
        guest.pages[tail]["flags"] = page["flags"]
        list_add_tail(guest, u.LIST_SPLIT, tail)
    page["order"] = 0
    list_del(guest, from_id, pfn)
    list_add_tail(guest, u.LIST_SPLIT, pfn)
    return True


@core_jit
def unmap_list(guest, cc, from_id, mode):
    """First half of a batch: pair the pages of a list with targets.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, cc, vm.
        cc: int64, CC_*.
        from_id: int64, list of isolated pages; pages to retry stay on it.
        mode: int64, MIGRATE_*.
    Returns:
        tuple of int64: 0 or ENOMEM, pages (not units) that failed, units that failed.
    Source:
        mm/migrate.c migrate_pages_batch(), the loop over migrate_folio_unmap().
    Differs:
        One pass: a busy page stays busy within the call, so further passes change nothing.
    """
    nr_failed_pages = np.int64(0)
    nr_failed = np.int64(0)
    src = np.int64(guest.lists[from_id]["first"])
    while src != u.PFN_NONE:
        after = np.int64(guest.pages[src]["next"])
        nr = np.int64(1) << np.int64(guest.pages[src]["order"])
        dst = migrate_folio_unmap(guest, cc, src, mode)
        if dst >= 0:
            list_del(guest, from_id, src)
            list_add_tail(guest, u.LIST_UNMAP, src)
            list_add_tail(guest, u.LIST_TARGETS, dst)
            src = after
            continue
        nr_failed += 1
        if dst != ENOMEM:
            nr_failed_pages += nr
        if dst == EBUSY:
            list_del(guest, from_id, src)
            list_add_tail(guest, u.LIST_RET, src)
        if dst == ENOMEM and not (nr > 1 and split_folio(guest, from_id, src)):
            return np.int64(ENOMEM), nr_failed_pages + nr, nr_failed
        src = after
    return np.int64(0), nr_failed_pages, nr_failed


@core_jit
def migrate_folio_move(guest, src, dst):
    """Move one page to the target that it was paired with.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        src: int64, first page, on LIST_UNMAP; it stays there unless it is moved.
        dst: int64, on LIST_TARGETS.
    Returns:
        int64, 0 or EAGAIN.
    Source:
        mm/migrate.c migrate_folio_move().
    """
    note_test_in_move(guest, src)
    if np.int64(guest.pages[src]["flags"]) & u.PG_PINNED:
        return np.int64(EAGAIN)  # reason: extra_references
    list_del(guest, u.LIST_UNMAP, src)
    list_del(guest, u.LIST_TARGETS, dst)
    if guest.pages[src]["state"] == u.STATE_BALLOON:
        # One page per message, target first, then source; the guest waits twice.
        guest.vm[0]["host_exits"] += 2
        guest.vm[0]["host_pfns"] += 2
    migrate_one(guest, src, dst)
    return np.int64(0)


@core_jit
def move_list(guest, cc):
    """Second half of a batch: move the paired pages, give unused targets back.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, cc, vm. Empties LIST_UNMAP, LIST_TARGETS.
        cc: int64, CC_*. Writes round_migrated.
    Returns:
        tuple of int64: pages moved, pages that failed, units that failed.
    Source:
        mm/migrate.c migrate_pages_batch(), the loop over migrate_folio_move().
    Differs:
        One pass: a page with extra references keeps them within the call.
    """
    moved = np.int64(0)
    failed_pages = np.int64(0)
    failed = np.int64(0)
    src = np.int64(guest.lists[u.LIST_UNMAP]["first"])
    dst = np.int64(guest.lists[u.LIST_TARGETS]["first"])
    while src != u.PFN_NONE:
        after_src = np.int64(guest.pages[src]["next"])
        after_dst = np.int64(guest.pages[dst]["next"])
        nr = np.int64(1) << np.int64(guest.pages[src]["order"])
        if migrate_folio_move(guest, src, dst) == 0:
            moved += nr
        else:
            failed += 1
            failed_pages += nr
        src = after_src
        dst = after_dst
    src = list_pop(guest, u.LIST_UNMAP)
    while src != u.PFN_NONE:
        list_add_tail(guest, u.LIST_RET, src)
        compaction_free(guest, cc, list_pop(guest, u.LIST_TARGETS))
        src = list_pop(guest, u.LIST_UNMAP)
    return moved, failed_pages, failed


@core_jit
def migrate_pages_batch(guest, cc, from_id, mode, count_failed):
    """Move the pages of a list as far as the mode allows.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, cc, vm.
        cc: int64, CC_*.
        from_id: int64, list of isolated pages. What failed for good goes to LIST_RET.
        mode: int64, MIGRATE_*.
        count_failed: int64, 1 to count failures; they are also counted if there is no target.
    Returns:
        int64, units that failed, or ENOMEM.
    Source:
        mm/migrate.c migrate_pages_batch().
    """
    status, fail_pages, fail_units = unmap_list(guest, cc, from_id, mode)
    moved, move_fail_pages, move_fail_units = move_list(guest, cc)
    fail_pages += move_fail_pages
    vm = guest.vm[0]
    vm["pgmigrate_success"] += moved
    guest.cc[cc]["round_migrated"] += moved
    if count_failed or status < 0:
        vm["pgmigrate_fail"] += fail_pages
        guest.cc[cc]["round_failed"] += fail_pages
    if status < 0:
        return status
    return fail_units + move_fail_units


@core_jit
def migrate_pages_sync(guest, cc, from_id, mode):
    """Move the pages of a list in one batch without waiting, then the rest one by one.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, cc, vm.
        cc: int64, CC_*.
        from_id: int64, list of isolated pages.
        mode: int64, MIGRATE_SYNC_LIGHT or MIGRATE_SYNC.
    Returns:
        int64, units that failed, or ENOMEM.
    Source:
        mm/migrate.c migrate_pages_sync().
    """
    status = migrate_pages_batch(guest, cc, from_id, u.MIGRATE_ASYNC, 0)
    if status < 0:
        return status
    nr_failed = min(np.int64(guest.lists[u.LIST_SPLIT]["nr"]), 1)
    # Busy pages stayed on the list; the others go behind them.
    pfn = list_pop(guest, u.LIST_RET)
    while pfn != u.PFN_NONE:
        list_add_tail(guest, from_id, pfn)
        pfn = list_pop(guest, u.LIST_RET)
    todo = np.int64(guest.lists[from_id]["nr"])
    while todo > 0:
        todo -= 1
        status = migrate_first(guest, cc, from_id, mode)
        if status < 0:
            return status
        nr_failed += status
    return nr_failed


@core_jit
def migrate_first(guest, cc, from_id, mode):
    """Move the first page of a list on its own, waiting as far as the mode allows.

    Args:
        guest: Guest. Writes all of it.
        cc: int64, CC_*.
        from_id: int64, list of isolated pages, not empty; the page leaves it.
        mode: int64, MIGRATE_SYNC_LIGHT or MIGRATE_SYNC.
    Returns:
        int64, 0, 1 if it failed, or ENOMEM.
    Source:
        mm/migrate.c migrate_pages_sync(), the loop over single folios.
    """
    src = np.int64(guest.lists[from_id]["first"])
    fail_pages = np.int64(1) << np.int64(guest.pages[src]["order"])
    failed = np.int64(1)
    dst = migrate_folio_unmap(guest, cc, src, mode)
    if dst == ENOMEM and fail_pages > 1 and split_folio(guest, from_id, src):
        return np.int64(1)
    list_del(guest, from_id, src)
    if dst >= 0:
        list_add_tail(guest, u.LIST_UNMAP, src)
        list_add_tail(guest, u.LIST_TARGETS, dst)
        moved, fail_pages, failed = move_list(guest, cc)
        guest.vm[0]["pgmigrate_success"] += moved
        guest.cc[cc]["round_migrated"] += moved
    else:
        list_add_tail(guest, u.LIST_RET, src)
    guest.vm[0]["pgmigrate_fail"] += fail_pages
    guest.cc[cc]["round_failed"] += fail_pages
    if dst == ENOMEM:
        return np.int64(ENOMEM)
    return failed


@core_jit
def migrate_next(guest, cc):
    """Move the next page of a batch, where one that may be interrupted is moved page by page.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, cc, vm.
        cc: int64, CC_*. Writes nr_migratepages, round_migrated.
    Returns:
        bool, False if nothing is left but what migrate_pages() has to try as a whole.
    Source:
        mm/migrate.c migrate_pages_batch(), its loop over migrate_folio_move(), cond_resched().
    """
    from_id = u.LIST_MIGRATEPAGES + cc
    src = np.int64(guest.lists[from_id]["first"])
    if src == u.PFN_NONE:
        return False
    page = guest.pages[src]
    if np.int64(page["flags"]) & _MAY_FAIL or page["order"] != 0:
        return False
    dst = compaction_alloc(guest, cc, np.int64(0))
    if dst == u.PFN_NONE:
        return False
    note_test_in_unmap(guest, src)
    list_del(guest, from_id, src)
    list_add_tail(guest, u.LIST_UNMAP, src)
    list_add_tail(guest, u.LIST_TARGETS, dst)
    migrate_folio_move(guest, src, dst)
    guest.vm[0]["pgmigrate_success"] += 1
    guest.cc[cc]["round_migrated"] += 1
    return True


@core_jit
def migrate_pages(guest, cc):
    """Move what a compactor has isolated.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, cc, vm.
        cc: int64, CC_*. What could not be moved is on its migratepages list afterwards.
    Returns:
        int64, 0 if all were moved, units that failed, or ENOMEM if there was no target.
    Source:
        mm/migrate.c migrate_pages().
    Differs:
        A single batch: there are never more than 512 pages.
    """
    from_id = u.LIST_MIGRATEPAGES + cc
    mode = np.int64(guest.cc[cc]["mode"])
    if mode == u.MIGRATE_ASYNC:
        status = migrate_pages_batch(guest, cc, from_id, mode, 1)
    else:
        status = migrate_pages_sync(guest, cc, from_id, mode)
    if status >= 0:
        migrate_pages_batch(guest, cc, u.LIST_SPLIT, u.MIGRATE_ASYNC, 1)
    list_splice_init(guest, u.LIST_SPLIT, from_id)
    list_splice_init(guest, u.LIST_RET, from_id)
    if guest.lists[from_id]["nr"] == 0:
        return np.int64(0)
    return status
