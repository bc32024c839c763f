"""Long-term pins: a program pins memory that it has (RDMA, VFIO, io_uring's fixed buffers).

A pinned page has a reference that nobody explains, so it cannot be moved: compaction passes it
over, offlining and contiguous allocation end in -EBUSY at it. Which pages belong to the program no
capture tells; they are the same objects under every design.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.compact.migrate import migrate_one
from engine.core.compact.putback import count_isolated
from engine.core.memory.freelist import get_pageblock_migratetype, zone_of
from engine.core.memory.lru import lru_add, lru_del
from engine.core.memory.page import set_flag, set_state
from engine.core.slowpath.slowpath import alloc_pages
from engine.core.workload.demand_codes import PinEnd

NONE = u.PFN_NONE

RUN = 64  # handles in a row that belong to one buffer: 256 KiB
HANDLES_A_UNIT = 4096  # handles looked at per unit of work
PINS_A_UNIT = 256  # pages pinned per unit of work

_NO_PAGES = int(PinEnd.NO_PAGES)
_NO_TARGET = int(PinEnd.NO_TARGET)


@core_jit
def handle_at(place, nr):
    """The handle at a place of the order in which buffers are pinned: runs, spread over all.

    Args:
        place: int64, from 0 up.
        nr: int64, handles, a multiple of RUN.
    Returns:
        int64; every handle at exactly one place.
    Source:
        not of the kernel.
    """
    runs = nr // RUN
    step = runs * 618 // 1000 + 1
    while True:
        a = np.int64(runs)
        b = np.int64(step)
        while b > 0:
            a, b = b, a % b
        if a == 1:
            break
        step += 1
    return place // RUN * step % runs * RUN + place % RUN


@core_jit
def is_longterm_pinnable(guest, pfn):
    """Whether a page may be pinned for long where it lies.

    Args:
        guest: Guest.
        pfn: int64, first page.
    Returns:
        bool.
    Source:
        include/linux/mm.h folio_is_longterm_pinnable().
    """
    if guest.vm[0]["law_pin_moves_away"] == 0:
        return True
    mt = get_pageblock_migratetype(guest, pfn)
    if mt == u.MIGRATE_CMA or mt == u.MIGRATE_ISOLATE:
        return False
    return guest.zones[zone_of(guest, pfn)]["name"] != u.ZONE_MOVABLE


@core_jit
def move_for_pin(guest, pfn):
    """Move a page to where it may be pinned.

    Args:
        guest: Guest. Writes all of it.
        pfn: int64, first page, on an LRU list.
    Returns:
        int64, where it is now, or PFN_NONE: there was no page to move it to.
    Source:
        mm/gup.c migrate_longterm_unpinnable_folios(); mm/migrate.c alloc_migration_target();
        include/linux/sched/mm.h memalloc_pin_save(): its targets are not movable.
    """
    page = guest.pages[pfn]
    order = np.int64(page["order"])
    lru_del(guest, pfn)
    page["flags"] = np.int64(page["flags"]) | u.PG_ISOLATED
    count_isolated(guest, pfn, np.int64(1) << order)
    dst = np.int64(alloc_pages(guest, order, u.MIGRATE_UNMOVABLE, u.GFP_KERNEL))
    if dst == NONE:
        count_isolated(guest, pfn, -(np.int64(1) << order))
        page["flags"] = np.int64(page["flags"]) & ~u.PG_ISOLATED
        lru_add(guest, pfn)
        return dst  # reason: no_free_page
    set_state(guest, dst, order, u.STATE_ISOLATED_FREE, 0)
    migrate_one(guest, pfn, dst)
    guest.vm[0]["pgmigrate_success"] += 1 << order
    guest.vm[0]["pin_moved"] += 1 << order
    return dst


@core_jit
def pin_folio(guest, pfn):
    """Take a reference to a page that nobody but its holder knows of.

    Args:
        guest: Guest. Writes pages.flags, blocks.
        pfn: int64, first page.
    Returns:
        int64, pages pinned.
    Source:
        mm/gup.c try_grab_folio().
    """
    nr = np.int64(1) << np.int64(guest.pages[pfn]["order"])
    for page in range(pfn, pfn + nr):
        set_flag(guest, page, u.PG_PINNED)
    return nr  # reason: pinned_for_long


@core_jit
def pin_object(guest, handle):
    """Pin what a handle holds, if it is anonymous memory that nobody holds already.

    Args:
        guest: Guest. Writes all of it.
        handle: int64.
    Returns:
        int64: pages pinned, 0, or -1: it had to be moved and could not.
    Source:
        mm/gup.c pin_user_pages().
    Differs:
        The program keeps the memory for good: the workload does not free it any more.
    """
    pfn = np.int64(guest.pages[handle]["where"])
    if pfn == NONE:
        return np.int64(0)
    state = np.int64(guest.pages[pfn]["state"])
    flags = np.int64(guest.pages[pfn]["flags"])
    if state != u.STATE_ANON and state != u.STATE_THP and state != u.STATE_SHMEM:
        return np.int64(0)
    if flags & u.PG_PINNED or not flags & u.PG_LRU:
        return np.int64(0)
    if not is_longterm_pinnable(guest, pfn):
        pfn = move_for_pin(guest, pfn)
        if pfn == NONE:
            return np.int64(-1)
    guest.pages[handle]["where"] = NONE
    guest.pages[pfn]["handle"] = u.HANDLE_NONE
    return pin_folio(guest, pfn)


@core_jit
def step_pin(guest, budget):
    """Continue a request for long-term pins.

    Args:
        guest: Guest. Writes all of it.
        budget: int64, units of PINS_A_UNIT pages, or of HANDLES_A_UNIT handles.
    Source:
        mm/gup.c pin_user_pages() with FOLL_LONGTERM, __gup_longterm_locked().
    Differs:
        A page that cannot be moved away ends the request; the kernel unpins the call's other pages.
    """
    vm = guest.vm[0]
    nr_handles = np.int64(guest.pages.shape[0])
    looks = np.int64(budget * HANDLES_A_UNIT)
    pins = np.int64(budget * PINS_A_UNIT)
    while vm["pin_left"] > 0 and looks > 0 and pins > 0:
        if vm["pin_pos"] >= nr_handles:
            vm["pin_left"] = 0
            vm["pin_end"] = _NO_PAGES
            return
        nr = pin_object(guest, handle_at(np.int64(vm["pin_pos"]), nr_handles))
        if nr < 0:
            vm["pin_left"] = 0
            vm["pin_end"] = _NO_TARGET
            return
        vm["pin_pos"] += 1
        looks -= 1
        pins -= nr
        vm["pin_got"] += nr
        vm["pinned_pages"] += nr
        vm["pin_left"] = max(vm["pin_left"] - nr, 0)
