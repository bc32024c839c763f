"""The balloon driver: filling and leaking in rounds of 256 pages, or by whole pageblocks.

Which pages are taken, of which migratetype, and in which order they go back is read from the
guest's rules (engine/designs/base.py: BalloonRules); no design is named here. Scattered pages are
on LIST_BALLOON, pages in dedicated pageblocks on LIST_BALLOON_DEDICATED; both newest first.
Gathering is in gather.py, the balloon's own compaction pass in balloon_pass.py.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.memory.alloc import free_pages
from engine.core.memory.buddy import move_freepages_block, rmqueue_smallest
from engine.core.memory.cpu import (
    COST_BALLOON,
    COST_BALLOON_BLOCK,
    COST_BALLOON_HOOK,
    COST_DEFLATE,
    COST_DEFLATE_HOOK,
)
from engine.core.memory.events import note_balloon
from engine.core.memory.freelist import list_add, list_del, list_pop
from engine.core.memory.page import set_flag, set_state
from engine.core.slowpath.slowpath import alloc_pages

NONE = u.PFN_NONE

# GFP bits of one balloon page: mm/balloon_compaction.c balloon_page_alloc().
LIGHT = u.GFP_HIGHUSER | u.GFP_NORETRY | u.GFP_NOMEMALLOC
# GFP bits of a whole pageblock at inflation: may compact and reclaim, as in the module used for the
# recordings.
HEAVY = u.GFP_HIGHUSER | u.GFP_RETRY_MAYFAIL | u.GFP_NOMEMALLOC
# Pages of a round before they are enqueued; empty between rounds, like the compactors' lists.
_ROUND = u.LIST_MIGRATEPAGES + u.CC_PASS


@core_jit
def balloon_size(guest):
    """Pages that the balloon holds, isolated ones included.

    Args:
        guest: Guest.
    Returns:
        int64, pages.
    Source:
        drivers/virtio/virtio_balloon.c struct virtio_balloon.num_pages.
    """
    scattered = np.int64(guest.lists[u.LIST_BALLOON]["nr"])
    dedicated = np.int64(guest.lists[u.LIST_BALLOON_DEDICATED]["nr"])
    return scattered + dedicated + guest.vm[0]["balloon_isolated"]


@core_jit
def tell_host(guest, nr):
    """Count one message to the host; the guest waits for its answer.

    Args:
        guest: Guest. Writes vm.host_exits, vm.host_pfns.
        nr: int64, pfns in the message, at most BALLOON_ARRAY_PFNS_MAX; 0 = no message.
    Source:
        drivers/virtio/virtio_balloon.c tell_host().
    """
    if nr > 0:
        guest.vm[0]["host_exits"] += 1
        guest.vm[0]["host_pfns"] += nr


@core_jit
def tell_host_of_block(guest, nr):
    """Count the messages to the host that pages of one pageblock take.

    Args:
        guest: Guest. Writes vm.host_exits, vm.host_pfns.
        nr: int64, pages, at most PAGEBLOCK_NR_PAGES.
    Source:
        drivers/virtio/virtio_balloon.c tell_host(), once an array of pfns.
    """
    while nr > 0:
        tell_host(guest, min(nr, u.BALLOON_ARRAY_PFNS_MAX))
        nr -= u.BALLOON_ARRAY_PFNS_MAX


@core_jit
def reverses_rounds(guest):
    """Whether the pages of one round enter and leave the balloon's list in reverse order.

    Args:
        guest: Guest.
    Returns:
        bool; never without the law balloon_by_rounds: that driver enqueues each page at once.
    Source:
        drivers/virtio/virtio_balloon.c fill_balloon(); 3.8 fill_balloon(), leak_balloon().
    """
    vm = guest.vm[0]
    return vm["rule_driver_rounds"] == 1 and vm["law_balloon_by_rounds"] == 1


@core_jit
def _take_hole(guest):
    """A free page inside a dedicated pageblock of type BALLOON, which only the balloon may use.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones.
    Returns:
        int64 pfn, or PFN_NONE.
    Source:
        not of the kernel (toggle own_type).
    """
    if guest.vm[0]["rule_dedicated_migratetype"] != u.MIGRATE_BALLOON:
        return NONE
    for zone in range(guest.zones.size - 1, -1, -1):
        pfn = rmqueue_smallest(guest, zone, 0, u.MIGRATE_BALLOON)
        if pfn != NONE:
            return pfn
    return NONE


@core_jit
def _enqueue(guest, pfn):
    """Put a page into the balloon.

    Args:
        guest: Guest. Writes pages.flags, lists, vm.balloon_inflate.
        pfn: int64, state BALLOON, on no list.
    Source:
        mm/balloon_compaction.c balloon_page_enqueue_one().
    """
    if guest.vm[0]["rule_hook"] != u.HOOK_NONE:
        set_flag(guest, pfn, u.PG_MOVABLE_OPS)
    list_add(guest, u.LIST_BALLOON, pfn)
    guest.vm[0]["balloon_inflate"] += 1  # reason: balloon_takes_page


@core_jit
def _enqueue_dedicated(guest, pfn):
    """Put a page of a dedicated pageblock into the balloon.

    Args:
        guest: Guest. Writes lists, vm.balloon_inflate, vm.balloon_work.
        pfn: int64, state BALLOON with PG_DEDICATED, on no list.
    Source:
        not of the kernel.
    """
    list_add(guest, u.LIST_BALLOON_DEDICATED, pfn)
    guest.vm[0]["balloon_inflate"] += 1
    guest.vm[0]["balloon_work"] += COST_BALLOON_BLOCK


@core_jit
def fill_chunk(guest, nr):
    """One round of inflation: up to 256 single pages and one message.

    Args:
        guest: Guest. Writes everything that an allocation writes, and the balloon's list.
        nr: int64, pages wanted, capped at BALLOON_ARRAY_PFNS_MAX.
    Returns:
        int64, pages gained; fewer than asked for means that an allocation failed.
    Source:
        drivers/virtio/virtio_balloon.c fill_balloon().
    Differs:
        Managed pages are not reduced; nothing in the model is computed from them afterwards.
    """
    nr = min(nr, u.BALLOON_ARRAY_PFNS_MAX)
    vm = guest.vm[0]
    in_rounds = reverses_rounds(guest)
    cost = COST_BALLOON if vm["rule_hook"] == u.HOOK_NONE else COST_BALLOON_HOOK
    got = 0
    while got < nr:
        pfn = _take_hole(guest)
        if pfn != NONE:
            set_state(guest, pfn, 0, u.STATE_BALLOON, u.PG_DEDICATED)
            note_balloon(guest, u.EVENT_TAKEN, pfn, 0)
            _enqueue_dedicated(guest, pfn)
            got += 1
            continue
        pfn = alloc_pages(guest, 0, vm["rule_alloc_migratetype"], LIGHT)
        if pfn == NONE:
            vm["balloon_out_of_puff"] += 1
            break
        set_state(guest, pfn, 0, u.STATE_BALLOON, 0)
        note_balloon(guest, u.EVENT_TAKEN, pfn, 0)
        got += 1
        vm["balloon_work"] += cost
        if in_rounds:
            list_add(guest, _ROUND, pfn)
        else:
            _enqueue(guest, pfn)
    pfn = list_pop(guest, _ROUND)
    while pfn != NONE:
        _enqueue(guest, pfn)
        pfn = list_pop(guest, _ROUND)
    tell_host(guest, got)
    return got


@core_jit
def dedicate(guest, pfn):
    """Give a just allocated whole pageblock to the balloon.

    Args:
        guest: Guest. Writes pages, blocks, lists, vm.
        pfn: int64, first page of 2**PAGEBLOCK_ORDER pages in transit.
    Source:
        not of the kernel: split_page(), then one balloon page after another, as in the module used
        for the recordings.
    """
    vm = guest.vm[0]
    block = pfn >> u.PAGEBLOCK_ORDER
    note_balloon(guest, u.EVENT_TAKEN, pfn, u.PAGEBLOCK_ORDER)
    for p in range(pfn, pfn + u.PAGEBLOCK_NR_PAGES):
        set_state(guest, p, 0, u.STATE_BALLOON, u.PG_DEDICATED)
        _enqueue_dedicated(guest, p)
    flags = np.int64(guest.blocks[block]["flags"])
    guest.blocks[block]["flags"] = flags | u.PB_DEDICATED
    vm["dedicated_blocks"] += 1
    if vm["rule_dedicated_migratetype"] == u.MIGRATE_BALLOON:
        # None of its pages is free, so there is nothing to move between free lists.
        guest.blocks[block]["migratetype"] = u.MIGRATE_BALLOON


@core_jit
def fill_block(guest):
    """Inflate by one whole pageblock; the allocation may compact and reclaim.

    Args:
        guest: Guest. Writes everything that an allocation writes, and the balloon's list.
    Returns:
        int64, pages gained: PAGEBLOCK_NR_PAGES or 0.
    Source:
        not of the kernel (toggle prevent); drivers/hv/hv_balloon.c alloc_balloon_pages() does the
        same.
    """
    pfn = alloc_pages(guest, u.PAGEBLOCK_ORDER, u.MIGRATE_UNMOVABLE, HEAVY)
    if pfn == NONE:
        return 0
    dedicate(guest, pfn)  # reason: block_is_taken
    tell_host_of_block(guest, np.int64(u.PAGEBLOCK_NR_PAGES))
    return u.PAGEBLOCK_NR_PAGES


@core_jit
def note_deflated(guest, nr):
    """Count pages that the balloon has given back, and the work.

    Args:
        guest: Guest. Writes vm.balloon_deflate, vm.balloon_work.
        nr: int64, pages.
    Source:
        drivers/virtio/virtio_balloon.c leak_balloon().
    """
    vm = guest.vm[0]
    vm["balloon_deflate"] += nr
    vm["balloon_work"] += nr * (
        COST_DEFLATE if vm["rule_hook"] == u.HOOK_NONE else COST_DEFLATE_HOOK
    )


@core_jit
def release_page(guest, pfn):
    """Free a page that has left the balloon's list; its pageblock may cease to be dedicated.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.dedicated_blocks.
        pfn: int64, state BALLOON, on no list.
    Source:
        drivers/virtio/virtio_balloon.c release_pages_balloon().
    """
    b = guest.blocks[pfn >> u.PAGEBLOCK_ORDER]
    is_last = np.int64(b["nr_balloon"]) == 1
    if is_last and np.int64(b["migratetype"]) == u.MIGRATE_BALLOON:
        # Before the page is freed: afterwards it could have merged with a neighbour of type
        # BALLOON.
        block = pfn >> u.PAGEBLOCK_ORDER
        zone = np.int64(b["zone"])
        move_freepages_block(guest, zone, block, u.MIGRATE_BALLOON, u.MIGRATE_MOVABLE)
    note_balloon(guest, u.EVENT_GIVEN, pfn, 0)
    free_pages(guest, pfn, 0)  # reason: released
    flags = np.int64(b["flags"])
    if is_last and flags & u.PB_DEDICATED:
        b["flags"] = flags & ~u.PB_DEDICATED
        guest.vm[0]["dedicated_blocks"] -= 1


@core_jit
def _emptiest_dedicated(guest):
    """Highest page of the dedicated pageblock that holds the fewest balloon pages.

    Args:
        guest: Guest.
    Returns:
        int64 pfn of its highest dedicated page, or PFN_NONE if there is none.
    Source:
        not of the kernel (toggle deflate=emptiest).
    """
    best = NONE
    fewest = u.PAGEBLOCK_NR_PAGES + 1
    for block in range(guest.blocks.size):
        b = guest.blocks[block]
        nr = np.int64(b["nr_balloon"])
        if np.int64(b["flags"]) & u.PB_DEDICATED and 0 < nr < fewest:
            first = block << u.PAGEBLOCK_ORDER
            for pfn in range(first + u.PAGEBLOCK_NR_PAGES - 1, first - 1, -1):
                page = guest.pages[pfn]
                is_balloon = np.int64(page["state"]) == u.STATE_BALLOON
                if is_balloon and np.int64(page["flags"]) & u.PG_DEDICATED:
                    best = pfn
                    fewest = nr
                    break
    return best


@core_jit
def _next_to_leak(guest):
    """Take the page that deflation gives back next off its list, following rule deflate_order.

    Args:
        guest: Guest. Writes pages.next, pages.prev, lists.
    Returns:
        int64 pfn, or PFN_NONE if no page is on a list.
    Source:
        mm/balloon_compaction.c balloon_page_list_dequeue(): from the head.
    """
    order = guest.vm[0]["rule_deflate_order"]
    if order == 2:
        pfn = list_pop(guest, u.LIST_BALLOON_DEDICATED)
        if pfn == NONE:
            pfn = list_pop(guest, u.LIST_BALLOON)
        return pfn
    pfn = list_pop(guest, u.LIST_BALLOON)
    if pfn == NONE and order == 0:
        pfn = list_pop(guest, u.LIST_BALLOON_DEDICATED)
    elif pfn == NONE and np.int64(guest.lists[u.LIST_BALLOON_DEDICATED]["nr"]) > 0:
        pfn = _emptiest_dedicated(guest)
        list_del(guest, u.LIST_BALLOON_DEDICATED, pfn)
    return pfn


@core_jit
def leak_chunk(guest, nr):
    """One round of deflation: up to 256 pages and one message.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        nr: int64, pages to give back, capped at BALLOON_ARRAY_PFNS_MAX.
    Returns:
        int64, pages given back.
    Source:
        drivers/virtio/virtio_balloon.c leak_balloon().
    """
    nr = min(nr, u.BALLOON_ARRAY_PFNS_MAX)
    in_rounds = reverses_rounds(guest)
    got = 0
    while got < nr:
        pfn = _next_to_leak(guest)
        if pfn == NONE:
            break
        got += 1
        if in_rounds:
            list_add(guest, _ROUND, pfn)
        else:
            release_page(guest, pfn)
    tell_host(guest, got)
    pfn = list_pop(guest, _ROUND)
    while pfn != NONE:
        release_page(guest, pfn)
        pfn = list_pop(guest, _ROUND)
    note_deflated(guest, got)
    return got
