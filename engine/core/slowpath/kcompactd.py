"""kcompactd in bounded portions: what starts it, its runs, its timer.

It has two reasons to run: kswapd or an allocation wants pages of an order, or free memory is too
fragmented (proactive). A run continues from tick to tick; its state is in Guest.vm and
Guest.cc[CC_KCOMPACTD].
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
    isolate_round,
    migrate_round,
)
from engine.core.compact.migrate import migrate_next
from engine.core.compact.suitability import (
    COMPACT_MAX_DEFER_SHIFT,
    compaction_defer_reset,
    compaction_deferred,
    defer_compaction,
    fragmentation_score_node,
    fragmentation_score_wmark,
)
from engine.core.memory.alloc import drain_pcp
from engine.core.memory.clock import MSEC, clock_us
from engine.core.memory.cpu import COST_KCOMPACTD, COST_MIGRATE
from engine.core.memory.nodes import in_node, nr_nodes, select_node
from engine.core.memory.suitable import compaction_suit_allocation_order
from engine.core.memory.wakeup import (
    KCOMPACTD_ASLEEP,
    KCOMPACTD_COMPACTING,
    KCOMPACTD_WOKEN,
)

_CC = u.CC_KCOMPACTD

# kcompactd looks at the score every 500 ms, which the timer wheel rounds up to 512 (kernel/time/
# timer.c calc_wheel_index(), 250 Hz; traced: 0.51 s), and 2**COMPACT_MAX_DEFER_SHIFT times as late
# after a run that did not lower it. vm.proactive_defer is the clock's reading at which it looks
# next, 0 in a guest that is no world's yet.
HPAGE_FRAG_CHECK_INTERVAL = 512 * MSEC


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
    """Set the timer of the node's kcompactd for a guest whose clock starts at 0.

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
def restart_timers(guest, now):
    """Set every node's timer for a guest whose clock is set to 0.

    Args:
        guest: Guest. Writes vm.proactive_defer, vm.kswapd_nap.
        now: int64, the clock's reading so far.
    Source:
        not of the kernel.
    """
    vm = guest.vm[0]
    for node in range(nr_nodes(guest)):
        before = select_node(guest, np.int64(node))
        vm["kswapd_nap"] = max(vm["kswapd_nap"] - now, 0)
        left = vm["proactive_defer"] - now
        vm["proactive_defer"] = 0
        if vm["law_proactive_compaction"]:
            vm["proactive_defer"] = left
            if left <= 0:
                set_first_timer(guest)
        select_node(guest, before)


@core_jit
def timer_finds_work(guest):
    """Whether kcompactd, once its timer has expired, has a reason to compact.

    Args:
        guest: Guest.
    Returns:
        bool.
    Source:
        mm/compaction.c kcompactd(), kcompactd_work_requested().
    """
    return guest.vm[0]["kcompactd_order"] > 0 or should_proactive_compact_node(guest)


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
    if vm["kcompactd_awake"] == KCOMPACTD_WOKEN:
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
        if not in_node(guest, zone):
            continue
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
    while vm["kcompactd_zone"] < guest.zones.shape[0] and not in_node(
        guest, np.int64(vm["kcompactd_zone"])
    ):
        vm["kcompactd_zone"] += 1
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
    if not timer_finds_work(guest):
        vm["proactive_defer"] = clock_us(guest) + HPAGE_FRAG_CHECK_INTERVAL
        return
    vm["kcompactd_zone"] = 0
    vm["kcompactd_awake"] = KCOMPACTD_COMPACTING
    if vm["more_nodes"] > 0:
        vm["kcompactd_node"] = vm["node"] + 1
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
    vm["kcompactd_zone"] = 0
    vm["kcompactd_node"] = 0
    vm["kswapd_seen"] = 0
    pause = np.int64(HPAGE_FRAG_CHECK_INTERVAL)
    if guest.cc[_CC]["order"] == -1:
        if fragmentation_score_node(guest) >= vm["proactive_score"]:
            pause <<= COMPACT_MAX_DEFER_SHIFT
    elif vm["kcompactd_order"] <= guest.cc[_CC]["order"]:
        vm["kcompactd_order"] = 0
    # A larger order was asked for meanwhile: kcompactd does not sleep at all.
    vm["kcompactd_awake"] = KCOMPACTD_WOKEN if vm["kcompactd_order"] > 0 else KCOMPACTD_ASLEEP
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
def _work_of_batch(guest):
    """Work that kcompactd has with the pages it holds isolated.

    Args:
        guest: Guest.
    Returns:
        int64, as cpu.py counts it.
    Source:
        mm/migrate.c migrate_pages_batch().
    """
    c = guest.cc[_CC]
    return (COST_MIGRATE if c["order"] == -1 else COST_KCOMPACTD) * np.int64(c["nr_migratepages"])


@core_jit
def _move_what_is_due(guest):
    """Move those of kcompactd's isolated pages that it has had the time for.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, cc[CC_KCOMPACTD], vm.
    Source:
        mm/migrate.c migrate_pages_batch(): all are unmapped, then one after the other is moved
        (traced: 47 to 51 % of the time are over by then).
    """
    while 2 * guest.vm[0]["kcompactd_ahead"] <= _work_of_batch(guest):
        if not migrate_next(guest, _CC):
            return


@core_jit
def kcompactd_step(guest, budget):
    """Continue the work of the node's kcompactd.

    Args:
        guest: Guest. Writes all of it.
        budget: int64, work as cpu.py counts it. vm.kcompactd_ahead is what a round still takes.
    Returns:
        int64, work done.
    Source:
        mm/compaction.c kcompactd(), kcompactd_do_work(), compact_node(); mm/migrate.c
        migrate_pages_batch(), its cond_resched().
    Differs:
        A page's target is taken when it is moved, not when it is unmapped. The nodes' kcompactd
        run one after the other: they share a compact_control.
    """
    vm = guest.vm[0]
    c = guest.cc[_CC]
    used = np.int64(0)
    if vm["kcompactd_node"] > 0 and vm["kcompactd_node"] != vm["node"] + 1:
        return used
    while used < budget:
        ahead = np.int64(vm["kcompactd_ahead"])
        if ahead != 0:
            step = min(abs(ahead), budget - used)
            vm["kcompactd_ahead"] -= step if ahead > 0 else -step
            used += step
            if ahead > 0:
                _move_what_is_due(guest)
            if vm["kcompactd_ahead"] != 0:
                return used
            if ahead < 0:
                continue  # moved already (catch_up.settle_kcompactd)
            status = migrate_round(guest, _CC)
            if status != u.COMPACT_CONTINUE:
                kcompactd_end_zone(guest, status)
            continue
        if vm["kcompactd_awake"] != KCOMPACTD_COMPACTING:
            if kcompactd_wants_work(guest):
                kcompactd_start(guest)
            if vm["kcompactd_awake"] != KCOMPACTD_COMPACTING:
                vm["kcompactd_awake"] = KCOMPACTD_ASLEEP
                return used
        if not c["active"]:
            if c["order"] == -1:
                begun = kcompactd_begin_proactive(guest)
            else:
                begun = kcompactd_begin_zone(guest)
            if not begun:
                kcompactd_finish(guest)
                continue
        before = c["total_migrate_scanned"] + c["total_free_scanned"]
        status = isolate_round(guest, _CC)
        # A round costs something even if it only discovers that the run is over.
        work = max(c["total_migrate_scanned"] + c["total_free_scanned"] - before, 1)
        if status == u.COMPACT_CONTINUE:
            vm["kcompactd_ahead"] = work + _work_of_batch(guest)
        else:
            used += work
            kcompactd_end_zone(guest, status)
    return used
