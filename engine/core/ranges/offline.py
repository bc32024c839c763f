"""Memory offlining: empty a range of pageblocks and take it away from the guest.

The range is isolated, then its pages are migrated in rounds until it is free or, by the kernel's
rules, hopeless. Linux 3.8 only handles LRU pages; later kernels also handle pages with movable
operations. The state is in Guest.vm (RANGE_FIELDS).
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.compact.migrate import ENOMEM
from engine.core.memory.alloc import drain_all, drain_pcp
from engine.core.memory.freearea import del_page_from_free_list, is_free_block
from engine.core.memory.freelist import zone_of
from engine.core.memory.page import set_state
from engine.core.ranges.isolation import start_isolate_page_range, test_pages_isolated
from engine.core.ranges.range_codes import RangeReason
from engine.core.ranges.range_job import (
    RETRIES,
    at_work,
    begin_rounds,
    end_request,
    give_up,
    note_stop,
)
from engine.core.ranges.range_migrate import (
    KIND_HUGE,
    KIND_KEEP,
    isolate_range_page,
    migrate_range,
    movable_kind,
    move_huge,
    pass_over_range,
    putback_range,
)

NONE = u.PFN_NONE
AT_ONCE = 256  # 3.8 mm/memory_hotplug.c NR_OFFLINE_AT_ONCE_PAGES; here also a unit of work
_HOLE = int(RangeReason.HOLE)
_UNMOVABLE = int(RangeReason.UNMOVABLE)
_NOT_ON_LRU = int(RangeReason.NOT_ON_LRU)
_NO_TARGET = int(RangeReason.NO_TARGET)
_NOT_MIGRATED = int(RangeReason.NOT_MIGRATED)
_IN_USE = int(RangeReason.IN_USE)


@core_jit
def pcp_enable(guest):
    """Restore the zone's per-CPU lists.

    Args:
        guest: Guest. Writes zones.pcp_high, vm.range_pcp_high.
    Source:
        mm/page_alloc.c zone_pcp_enable().
    """
    vm = guest.vm[0]
    if vm["range_pcp_high"] > 0:
        zone = zone_of(guest, vm["range_start_pfn"])
        guest.zones[zone]["pcp_high"] = vm["range_pcp_high"]
        vm["range_pcp_high"] = 0


@core_jit
def pcp_disable(guest):
    """Disable the per-CPU lists of the range's zone: freed pages must reach the free lists.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.range_pcp_high.
    Source:
        mm/page_alloc.c zone_pcp_disable().
    """
    zone = zone_of(guest, guest.vm[0]["range_start_pfn"])
    guest.vm[0]["range_pcp_high"] = guest.zones[zone]["pcp_high"]
    guest.zones[zone]["pcp_high"] = 0
    drain_pcp(guest, zone)


@core_jit
def stop(guest, reason, pfn):
    """End the request without success.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        reason: int64, RangeReason.
        pfn: int64, page at which it stopped.
    Source:
        mm/memory_hotplug.c offline_pages(), failed_removal.
    """
    note_stop(guest, reason, pfn)
    if reason > _UNMOVABLE:  # the range is isolated
        give_up(guest, u.MIGRATE_MOVABLE)
    pcp_enable(guest)
    end_request(guest, u.RANGE_STOPPED)


@core_jit
def begin_offline(guest):
    """Isolate the range.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
    Source:
        mm/memory_hotplug.c offline_pages(), up to its loops; 3.8 keeps the per-CPU lists.
    Differs:
        A range is whole pageblocks, not whole sections of 128 MiB.
    """
    vm = guest.vm[0]
    start = np.int64(vm["range_start_pfn"])
    end = np.int64(vm["range_end_pfn"])
    for pfn in range(start, end):
        if guest.pages[pfn]["state"] == u.STATE_HOLE:
            stop(guest, _HOLE, np.int64(pfn))
            return
    if vm["law_offline_stops_pcp"] == 1:
        pcp_disable(guest)
    pfn = start_isolate_page_range(guest, start, end, u.MIGRATE_MOVABLE, 1)
    if pfn != NONE:
        stop(guest, _UNMOVABLE, pfn)
        return
    begin_rounds(guest)


@core_jit
def offline_isolated_pages(guest):
    """Take the free pages of the isolated range away for good.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.offline_pages.
    Source:
        mm/page_alloc.c __offline_isolated_pages(); mm/memory_hotplug.c offline_pages().
    Differs:
        The zone keeps its span and its watermarks. The pageblocks stay ISOLATE, by which the map
        tells them from holes.
    """
    vm = guest.vm[0]
    end = np.int64(vm["range_end_pfn"])
    zone = zone_of(guest, vm["range_start_pfn"])
    gone = np.int64(0)
    pfn = np.int64(vm["range_start_pfn"])
    while pfn < end:
        nr = np.int64(1)
        if is_free_block(guest, pfn):
            order = np.int64(guest.pages[pfn]["order"])
            nr <<= order
            del_page_from_free_list(guest, pfn, zone, order, u.MIGRATE_ISOLATE)
            for p in range(pfn, pfn + nr):
                set_state(guest, np.int64(p), 0, u.STATE_HOLE, 0)
            gone += nr
        pfn += nr
    guest.zones[zone]["managed"] -= gone
    guest.zones[zone]["present"] -= gone
    vm["offline_pages"] += gone
    pcp_enable(guest)
    end_request(guest, u.RANGE_DONE)


@core_jit
def end_round(guest, failed, reason):
    """End a sweep over the range: continue, offline the range, or stop.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        failed: int64, first page that this round could not move, or PFN_NONE.
        reason: int64, RangeReason in case there is no next round.
    Source:
        mm/memory_hotplug.c offline_pages(), its loops.
    Differs:
        The kernel continues until a signal arrives; here five rounds without progress end it.
    """
    vm = guest.vm[0]
    vm["range_rounds"] += 1
    if vm["range_met"] == 0:
        failed = test_pages_isolated(guest, vm["range_start_pfn"], vm["range_end_pfn"], 1)
        if failed == NONE:
            offline_isolated_pages(guest)
            return
        reason = np.int64(_IN_USE)
    vm["range_tries"] += 1
    # The targets of a running compactor will be freed anyway.
    is_held = failed != NONE and guest.pages[failed]["state"] == u.STATE_ISOLATED_FREE
    if vm["range_moved"] > 0 or is_held:
        vm["range_tries"] = 0
    if vm["range_tries"] == RETRIES:
        stop(guest, reason, failed)
        return
    vm["range_pos"] = vm["range_start_pfn"]
    vm["range_met"] = vm["range_moved"] = 0
    vm["range_pfn"] = NONE


@core_jit
def do_migrate_range(guest, budget):
    """Continue a round: isolate and move what is movable, from vm.range_pos on.

    Args:
        guest: Guest. Writes all of it.
        budget: int64, pages to isolate, exceeded by less than one large page.
    Source:
        mm/memory_hotplug.c scan_movable_pages(), do_migrate_range().
    Differs:
        In portions: 6.12 isolates the whole range before it moves the first page.
    """
    vm = guest.vm[0]
    pfn = np.int64(vm["range_pos"])
    met = np.int64(0)
    before = np.int64(vm["range_migrated"])
    first_failed = np.int64(NONE)
    while pfn < vm["range_end_pfn"] and met < budget:
        nr = np.int64(1)
        if guest.pages[pfn]["order"] <= u.MAX_PAGE_ORDER:
            nr <<= np.int64(guest.pages[pfn]["order"])
        kind = movable_kind(guest, pfn)
        if kind != KIND_KEEP:
            met += nr
            if kind != KIND_HUGE:
                isolate_range_page(guest, pfn)
            elif move_huge(guest, pfn) < 0 and first_failed == NONE:
                first_failed = pfn
        pfn += nr
    failed, error = migrate_range(guest)
    if failed == NONE:
        failed = first_failed
    vm["range_met"] += met
    vm["range_moved"] += vm["range_migrated"] - before
    vm["range_pos"] = pfn
    if failed != NONE and vm["range_pfn"] == NONE:
        vm["range_pfn"] = failed
        vm["range_reason"] = _NO_TARGET if error == ENOMEM else _NOT_MIGRATED
    if pfn >= vm["range_end_pfn"]:
        end_round(guest, np.int64(vm["range_pfn"]), np.int64(vm["range_reason"]))


@core_jit
def isolate_lru_pages_2012(guest, pfn):
    """Isolate up to AT_ONCE LRU pages, stopping at the first page in use that is not one.

    Args:
        guest: Guest. Writes pages, lists, zones, vm.
        pfn: int64, first page to look at.
    Returns:
        int64 pfn of the page that is in use and not on an LRU list, or PFN_NONE.
    Source:
        3.8 mm/memory_hotplug.c do_migrate_range(), its loop.
    """
    left = AT_ONCE
    while pfn < guest.vm[0]["range_end_pfn"] and left > 0:
        page = guest.pages[pfn]
        state = np.int64(page["state"])
        order = np.int64(page["order"])
        if np.int64(page["flags"]) & u.PG_LRU and order != u.ORDER_TAIL:
            isolate_range_page(guest, pfn)
            left -= 1
        elif order != u.ORDER_TAIL and (state > u.STATE_PCP or state == u.STATE_RESERVED):
            return pfn  # reason: range_not_movable
        if order <= u.MAX_PAGE_ORDER:
            pfn += np.int64(1) << order
        else:
            pfn += 1
    return np.int64(NONE)


@core_jit
def scan_lru_pages(guest):
    """The first LRU page of the range.

    Args:
        guest: Guest.
    Returns:
        int64 pfn, or PFN_NONE.
    Source:
        3.8 mm/memory_hotplug.c scan_lru_pages().
    """
    for pfn in range(guest.vm[0]["range_start_pfn"], guest.vm[0]["range_end_pfn"]):
        if np.int64(guest.pages[pfn]["flags"]) & u.PG_LRU:
            return np.int64(pfn)
    return np.int64(NONE)


@core_jit
def offline_round_2012(guest):
    """One iteration of the loop of 3.8: up to 256 pages, or the final test.

    Args:
        guest: Guest. Writes all of it.
    Source:
        3.8 mm/memory_hotplug.c __offline_pages(), from repeat.
    Differs:
        Five rounds that move nothing stand for its timeout of 120 s.
    """
    vm = guest.vm[0]
    vm["range_rounds"] += 1
    pfn = scan_lru_pages(guest)
    if pfn == NONE:
        drain_all(guest)
        in_use = test_pages_isolated(guest, vm["range_start_pfn"], vm["range_end_pfn"], 1)
        if in_use == NONE:
            offline_isolated_pages(guest)
        else:
            stop(guest, _IN_USE, in_use)
        return
    reason = np.int64(_NOT_ON_LRU)
    before = np.int64(vm["range_migrated"])
    failed = isolate_lru_pages_2012(guest, pfn)
    if failed != NONE:
        putback_range(guest)  # reason: round_is_lost
        vm["range_tries"] += 1
    else:
        failed, error = migrate_range(guest)
        reason = np.int64(_NO_TARGET if error == ENOMEM else _NOT_MIGRATED)
        if error == ENOMEM or (failed != NONE and vm["range_migrated"] == before):
            vm["range_tries"] += 1
    drain_all(guest)
    if vm["range_tries"] >= RETRIES:
        stop(guest, reason, failed)


@core_jit
def step_offline(guest, budget):
    """Continue the request.

    Args:
        guest: Guest. Writes all of it.
        budget: int64, units of AT_ONCE pages.
    Source:
        mm/memory_hotplug.c offline_pages().
    """
    vm = guest.vm[0]
    if vm["range_phase"] == u.RANGE_START:
        begin_offline(guest)
    elif vm["range_phase"] == u.RANGE_PASS:
        if pass_over_range(guest, budget * AT_ONCE):
            vm["range_phase"] = u.RANGE_MIGRATE
            vm["range_pos"] = vm["range_start_pfn"]
    elif vm["law_offline_moves_lru_only"] == 1:
        for _ in range(budget):
            if at_work(guest, u.RANGE_OFFLINE):
                offline_round_2012(guest)
    else:
        do_migrate_range(guest, budget * AT_ONCE)
