"""kswapd, kcompactd and the flusher in bounded portions: what the machine does unasked.

kcompactd has two reasons to run: kswapd or an allocation wants pages of an order, or free memory is
too fragmented (proactive). A run continues from tick to tick; its state is in Guest.vm and
Guest.cc[CC_KCOMPACTD]. Invariant: daemons_idle() is true when a further step would change nothing.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.compact.compaction import (
    CCF_MEMORY,
    CCF_NEXT_ZONE,
    CCF_PROACTIVE,
    compact_begin,
    compact_end,
    compact_round,
)
from engine.core.compact.finished import compact_finished
from engine.core.compact.suitability import (
    COMPACT_MAX_DEFER_SHIFT,
    compaction_defer_reset,
    compaction_deferred,
    compaction_suit_allocation_order,
    defer_compaction,
    fragmentation_score_node,
    fragmentation_score_wmark,
)
from engine.core.memory.alloc import drain_pcp
from engine.core.memory.clock import MSEC, clock_us
from engine.core.memory.cpu import COST_MIGRATE
from engine.core.memory.watermark import (
    MAX_RECLAIM_RETRIES,
    wake_kswapd,
    wmark_pages,
    zone_watermark_fast,
)
from engine.core.slowpath.flusher import flusher_step
from engine.core.slowpath.kswapd import kswapd_step

_CC = u.CC_KCOMPACTD

# kcompactd looks at the score every 500 ms, which the timer wheel rounds up to 512 (kernel/time/
# timer.c calc_wheel_index(), 250 Hz; traced: 0.51 s), and 2**COMPACT_MAX_DEFER_SHIFT times as late
# after a run that did not lower it. vm.proactive_defer is the clock's reading at which it looks
# next, 0 in a guest that is no world's yet.
HPAGE_FRAG_CHECK_INTERVAL = 512 * MSEC

# vm.proactive_phase: no command yet (kcompactd had finished when the guest was made), a command is
# under way, time has passed since the last one, kcompactd is using that time, or time is being let
# pass by a command, so that none has to be assumed before the next one.
PHASE_FRESH = 0
PHASE_COMMAND = 1
PHASE_RESTED = 2
PHASE_LOOKED = 3
PHASE_WAITING = 4


@core_jit
def should_proactive_compact_node(guest):
    """Whether free memory is so fragmented that kcompactd should start unasked.

    Args:
        guest: Guest.
    Returns:
        bool.
    Source:
        mm/compaction.c should_proactive_compact_node().
    """
    if guest.vm[0]["kswapd_awake"]:
        return False
    return fragmentation_score_node(guest) > fragmentation_score_wmark(0)


@core_jit
def set_first_timer(guest):
    """Set kcompactd's timer for a guest whose clock starts at 0.

    Args:
        guest: Guest. Writes vm.proactive_defer.
    Source:
        mm/compaction.c kcompactd().
    Differs:
        A capture does not hold the timer: as if kcompactd had looked just now. The guest was at
        rest: where the score asks for a run, it has had one that did not help, and waits for 32 s.
    """
    pause = np.int64(HPAGE_FRAG_CHECK_INTERVAL)
    if should_proactive_compact_node(guest):
        pause <<= COMPACT_MAX_DEFER_SHIFT
    guest.vm[0]["proactive_defer"] = pause


@core_jit
def kcompactd_wants_work(guest):
    """Whether kcompactd has been woken, or its timer has expired.

    Args:
        guest: Guest.
    Returns:
        bool.
    Source:
        mm/compaction.c kcompactd(), kcompactd_work_requested().
    """
    vm = guest.vm[0]
    if vm["law_kcompactd"] == 0:
        return False  # there is no kcompactd: kswapd compacts (compaction_2012.py)
    if vm["kcompactd_order"] > 0:
        return True
    if vm["law_proactive_compaction"] == 0 or vm["proactive_defer"] == 0:
        return False
    return clock_us(guest) >= vm["proactive_defer"]


@core_jit
def kcompactd_begin_zone(guest):
    """Begin the run of the next zone that needs one, for the requested order.

    Args:
        guest: Guest. Writes zones, cc[CC_KCOMPACTD], vm.kcompactd_zone.
    Returns:
        bool, whether a zone was begun; False = all zones are done.
    Source:
        mm/compaction.c kcompactd_do_work(), its loop over the zones.
    """
    vm = guest.vm[0]
    order = np.int64(guest.cc[_CC]["order"])
    while vm["kcompactd_zone"] < guest.zones.shape[0]:
        zone = np.int64(vm["kcompactd_zone"])
        vm["kcompactd_zone"] += 1
        if compaction_deferred(guest, zone, order):
            continue
        # The first check is for requests of this zone only, whose reserve is 0.
        reserve = np.int64(guest.zones[zone]["lowmem_reserve"])
        status = compaction_suit_allocation_order(guest, zone, order, reserve, u.WMARK_MIN)
        if status != u.COMPACT_CONTINUE:
            continue
        mt = u.MIGRATE_UNMOVABLE  # GFP_KERNEL
        mode = u.MIGRATE_SYNC_LIGHT
        status = compact_begin(guest, _CC, zone, order, mt, mode, CCF_NEXT_ZONE, u.WMARK_MIN)
        if status == u.COMPACT_CONTINUE:
            return True
    return False


@core_jit
def kcompactd_begin_proactive(guest):
    """Begin the proactive run of the next zone.

    Args:
        guest: Guest. Writes zones, cc[CC_KCOMPACTD], vm.kcompactd_zone.
    Returns:
        bool, whether a zone was begun; False = all zones are done.
    Source:
        mm/compaction.c compact_node().
    """
    vm = guest.vm[0]
    if vm["kcompactd_zone"] == guest.zones.shape[0]:
        return False
    zone = np.int64(vm["kcompactd_zone"])
    vm["kcompactd_zone"] += 1
    flags = CCF_MEMORY | CCF_PROACTIVE
    compact_begin(guest, _CC, zone, -1, u.MIGRATE_UNMOVABLE, u.MIGRATE_SYNC_LIGHT, flags, 0)
    return True


@core_jit
def kcompactd_start(guest):
    """Wake up and decide what this run is for, if for anything.

    Args:
        guest: Guest. Writes cc[CC_KCOMPACTD], vm.kcompactd_*, vm.proactive_* and counters.
    Source:
        mm/compaction.c kcompactd(), kcompactd_do_work().
    """
    vm = guest.vm[0]
    c = guest.cc[_CC]
    if vm["kcompactd_order"] == 0 and not should_proactive_compact_node(guest):
        vm["proactive_defer"] = clock_us(guest) + HPAGE_FRAG_CHECK_INTERVAL
        return
    vm["kcompactd_zone"] = 0
    vm["kcompactd_awake"] = 2
    c["whole_zone"] = 0
    c["fast_search_fail"] = 0
    if vm["kcompactd_order"] > 0:
        c["order"] = vm["kcompactd_order"]
        c["search_order"] = c["order"]
        vm["compact_daemon_wake"] += 1
        vm["proactive_score"] = -1
    else:
        c["order"] = -1
        vm["proactive_score"] = fragmentation_score_node(guest)


@core_jit
def kcompactd_finish(guest):
    """Go back to sleep, and set the timer for the next look at the score.

    Args:
        guest: Guest. Writes vm.kcompactd_*, vm.proactive_*.
    Source:
        mm/compaction.c kcompactd(), kcompactd_do_work().
    """
    vm = guest.vm[0]
    vm["kcompactd_awake"] = 0
    vm["kcompactd_zone"] = 0
    vm["kswapd_seen"] = 0
    pause = np.int64(HPAGE_FRAG_CHECK_INTERVAL)
    if guest.cc[_CC]["order"] == -1:
        if fragmentation_score_node(guest) >= vm["proactive_score"]:
            pause <<= COMPACT_MAX_DEFER_SHIFT
    elif vm["kcompactd_order"] <= guest.cc[_CC]["order"]:
        vm["kcompactd_order"] = 0
    vm["proactive_defer"] = clock_us(guest) + pause


@core_jit
def kcompactd_end_zone(guest, status):
    """End the run of one zone; defer compaction if it achieved nothing.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        status: int64, COMPACT_*.
    Source:
        mm/compaction.c kcompactd_do_work().
    """
    c = guest.cc[_CC]
    zone = np.int64(c["zone"])
    c["result"] = status
    c["round_isolated"] = c["round_migrated"] = c["round_failed"] = 0
    compact_end(guest, _CC)
    if c["order"] == -1:
        return
    if status == u.COMPACT_SUCCESS:
        compaction_defer_reset(guest, zone, np.int64(c["order"]), 0)
    elif status == u.COMPACT_PARTIAL_SKIPPED or status == u.COMPACT_COMPLETE:
        drain_pcp(guest, zone)
        defer_compaction(guest, zone, np.int64(c["order"]))


@core_jit
def kcompactd_step(guest, budget):
    """Continue kcompactd's work.

    Args:
        guest: Guest. Writes all of it.
        budget: int64, work as cpu.py counts it; the last round's excess is deducted from the next
            budget (vm.kcompactd_ahead).
    Returns:
        int64, work done.
    Source:
        mm/compaction.c kcompactd(), kcompactd_do_work(), compact_node().
    Differs:
        A round is not interrupted; the kernel would switch tasks within it.
    """
    vm = guest.vm[0]
    c = guest.cc[_CC]
    used = np.int64(0)
    budget -= vm["kcompactd_ahead"]
    while used < budget:
        if vm["kcompactd_awake"] != 2:
            if kcompactd_wants_work(guest):
                kcompactd_start(guest)
            if vm["kcompactd_awake"] != 2:
                vm["kcompactd_awake"] = 0
                break
        if not c["active"]:
            if c["order"] == -1:
                begun = kcompactd_begin_proactive(guest)
            else:
                begun = kcompactd_begin_zone(guest)
            if not begun:
                kcompactd_finish(guest)
                continue
        before = c["total_migrate_scanned"] + c["total_free_scanned"]
        migrated = np.int64(vm["pgmigrate_success"])
        status = compact_round(guest, _CC)
        # A round costs something even if it only discovers that the run is over.
        used += max(c["total_migrate_scanned"] + c["total_free_scanned"] - before, 1)
        used += COST_MIGRATE * (vm["pgmigrate_success"] - migrated)
        if status == u.COMPACT_CONTINUE and used >= budget:
            # Check now whether the page is there: by the next tick somebody may have taken it.
            status = compact_finished(guest, _CC)
        if status != u.COMPACT_CONTINUE:
            kcompactd_end_zone(guest, status)
    asleep = vm["kcompactd_awake"] == 0
    vm["kcompactd_ahead"] = 0 if asleep else max(used - budget, np.int64(0))
    return used


@core_jit
def daemons_step(guest, budget):
    """Continue the daemons' work: kswapd first, then kcompactd, then the flusher.

    Args:
        guest: Guest. Writes all of it.
        budget: int64, work of each of them, as cpu.py counts it.
    Returns:
        int64, work done.
    Source:
        mm/vmscan.c kswapd(); mm/compaction.c kcompactd(); fs/fs-writeback.c wb_workfn().
    """
    used = np.int64(kswapd_step(guest, budget))
    used += kcompactd_step(guest, budget)
    return used + flusher_step(guest, budget)


@core_jit
def next_request(guest):
    """After a command somebody requests a page: wake kswapd if all zones are below their marks.

    Args:
        guest: Guest. Writes vm.kswapd_order, vm.kswapd_awake.
    Source:
        mm/page_alloc.c get_page_from_freelist(), wake_all_kswapds().
    Differs:
        Other programs on a machine take pages all the time; only their first effect is modelled:
        zones that a failed balloon allocation left below their marks recover.
    """
    if guest.vm[0]["kswapd_failures"] >= MAX_RECLAIM_RETRIES:
        return  # hopeless; only profile 2012 would wake it regardless, and for ever
    for zone in range(guest.zones.shape[0]):
        if guest.zones[zone]["managed"] > 0:
            mark = wmark_pages(guest, zone, u.WMARK_LOW)
            if zone_watermark_fast(guest, zone, 0, mark, 0):
                return
    wake_kswapd(guest, 0)


@core_jit
def catch_up(guest, has_jobs, budget):
    """Before a command begins: the proactive compaction for which there was time since the last.

    Args:
        guest: Guest. Writes all of it.
        has_jobs: bool, whether a request is unfinished.
        budget: int64, work as cpu.py counts it.
    Returns:
        bool, True = the command has to wait: call again in the next tick.
    Source:
        mm/compaction.c kcompactd(), HPAGE_FRAG_CHECK_INTERVAL_MSEC.
    Differs:
        It happens when the next command arrives, not half a second after the last: the outcome of
        a command can be seen before kcompactd changes it, and idle ticks change nothing. However
        long the pause, there is one look at the score and the run that follows from it. Where time
        was let pass by a command (waiting.py), that has done it all.
    """
    vm = guest.vm[0]
    if vm["law_proactive_compaction"] == 0:
        return False  # nothing is proactive
    phase = np.int64(vm["proactive_phase"])
    if not has_jobs:
        if phase == PHASE_COMMAND:
            vm["proactive_phase"] = PHASE_RESTED
        elif phase == PHASE_WAITING:
            vm["proactive_phase"] = PHASE_FRESH
        return False
    if phase == PHASE_WAITING:
        return False
    is_running = vm["kcompactd_awake"] == 2 and guest.cc[_CC]["order"] == -1
    if phase == PHASE_RESTED:
        vm["proactive_phase"] = PHASE_LOOKED
        is_due = clock_us(guest) + HPAGE_FRAG_CHECK_INTERVAL >= vm["proactive_defer"]
        if not is_running and is_due and should_proactive_compact_node(guest):
            kcompactd_start(guest)
            is_running = True
    if vm["proactive_phase"] == PHASE_LOOKED and is_running:
        kcompactd_step(guest, budget)
        return True
    vm["proactive_phase"] = PHASE_COMMAND
    return False


@core_jit
def daemons_idle(guest):
    """Whether all daemons sleep and nothing would wake them.

    Args:
        guest: Guest.
    Returns:
        bool.
    Source:
        not of the kernel.
    """
    vm = guest.vm[0]
    if vm["kswapd_awake"] or vm["kcompactd_awake"] == 2 or vm["flusher_awake"]:
        return False
    return not kcompactd_wants_work(guest)
