"""kswapd: a run balances the zones over several ticks; its state is in Guest.vm."""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.compact.compaction_2012 import kswapd_compact_2012
from engine.core.compact.scan_2012 import reset_isolation_suitable_2012
from engine.core.compact.suitability import reset_isolation_suitable
from engine.core.memory.clock import MSEC, clock_us
from engine.core.memory.cpu import COST_PASS, COST_RECLAIM
from engine.core.memory.nodes import in_node
from engine.core.memory.wakeup import (
    KSWAPD_ASLEEP,
    KSWAPD_BALANCING,
    KSWAPD_WOKEN,
    wakeup_kcompactd,
)
from engine.core.memory.watermark import (
    MAX_RECLAIM_RETRIES,
    pgdat_balanced,
    wmark_pages,
    zone_watermark_ok,
)
from engine.core.slowpath.deferred_split import shrink_step
from engine.core.slowpath.reclaim import (
    DEF_PRIORITY,
    compact_gap,
    end_pass,
    evict_folios,
    initial_priority,
    pages_to_scan,
    should_abort_scan,
)

# kswapd looks at the node again HZ/10 after it was done. That is 25 ticks of 4 ms and the rest of
# the one under way (kernel/time/timer.c calc_wheel_index(), 250 Hz): 100 to 104 ms.
_NAP = 102 * MSEC

# vm.shrink_active: what kswapd was at when its turn ended
_SCANNING = 1
_SHRINKERS = 2


@core_jit
def kswapd_begin(guest):
    """Wake up: read the requested order and the zones' boosts.

    Woken from its nap it goes on with what it was at, if that was of a higher order.

    Args:
        guest: Guest. Writes zones.kswapd_boost, vm.kswapd_*, vm.pageoutrun.
    Source:
        mm/vmscan.c kswapd(), kswapd_try_to_sleep(), balance_pgdat() up to its loop.
    """
    vm = guest.vm[0]
    if vm["kswapd_nap"] > 0:
        vm["kswapd_order"] = max(vm["kswapd_order"], vm["kswapd_run_order"])
        vm["kswapd_nap"] = 0
    vm["pageoutrun"] += 1
    vm["kswapd_awake"] = KSWAPD_BALANCING
    vm["kswapd_alloc_order"] = vm["kswapd_order"]
    vm["kswapd_run_order"] = vm["kswapd_order"]
    vm["kswapd_order"] = 0
    vm["kswapd_priority"] = DEF_PRIORITY
    vm["kswapd_reclaimed"] = 0
    vm["kswapd_boost"] = 0
    for zone in range(guest.zones.shape[0]):
        z = guest.zones[zone]
        if in_node(guest, zone):
            z["kswapd_boost"] = z["watermark_boost"]
            vm["kswapd_boost"] += z["watermark_boost"]


@core_jit
def pages_to_reclaim(guest):
    """How many pages a pass of kswapd is to free: the high watermarks of all the node's zones.

    Args:
        guest: Guest.
    Returns:
        int64, pages.
    Source:
        mm/vmscan.c kswapd_shrink_node().
    """
    nr = np.int64(0)
    for zone in range(guest.zones.shape[0]):
        if guest.zones[zone]["managed"] > 0 and in_node(guest, zone):
            nr += max(wmark_pages(guest, zone, u.WMARK_HIGH), np.int64(u.SWAP_CLUSTER_MAX))
    return nr


@core_jit
def kswapd_pass(guest, nr_to_reclaim, budget):
    """Begin a pass over the LRU, or go on with it; another task may run between two batches.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        nr_to_reclaim: int64, pages wanted.
        budget: int64, work as cpu.py counts it; exceeded by less than one batch.
    Returns:
        tuple of int64: work done; whether the pass is over.
    Source:
        mm/vmscan.c try_to_shrink_lruvec(), its cond_resched().
    """
    vm = guest.vm[0]
    order = np.int64(vm["kswapd_run_order"])
    if vm["shrink_active"] == 0:
        vm["kswapd_priority"] = initial_priority(
            guest, np.int64(vm["kswapd_priority"]), nr_to_reclaim
        )
        vm["shrink_active"] = _SCANNING
        vm["shrink_scanned"] = vm["shrink_isolated"] = 0
        vm["shrink_dirty"] = vm["shrink_reclaimed"] = 0
    used = np.int64(0)
    nr_to_scan = np.int64(pages_to_scan(guest, np.int64(vm["kswapd_priority"])))
    while nr_to_scan > 0:
        scanned, isolated, dirty, reclaimed = evict_folios(guest, np.int64(1))
        vm["shrink_scanned"] += scanned
        vm["shrink_isolated"] += isolated
        vm["shrink_dirty"] += dirty
        vm["shrink_reclaimed"] += reclaimed
        used += COST_RECLAIM * isolated + 1
        if scanned == 0 or vm["shrink_scanned"] >= nr_to_scan:
            break
        so_far = np.int64(vm["shrink_reclaimed"])
        if should_abort_scan(guest, so_far, nr_to_reclaim, order, np.int64(1)):
            break
        if used >= budget:
            return used, np.int64(0)
        nr_to_scan = np.int64(pages_to_scan(guest, np.int64(vm["kswapd_priority"])))
    return used, np.int64(1)


@core_jit
def kswapd_shrink_node(guest, budget):
    """One pass of reclaim towards the high watermarks, or part of it.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        budget: int64, work as cpu.py counts it.
    Returns:
        int64, work done.
    Source:
        mm/vmscan.c kswapd_shrink_node(), lru_gen_shrink_node(); balance_pgdat(), raise_priority.
    """
    vm = guest.vm[0]
    nr_to_reclaim = np.int64(pages_to_reclaim(guest))
    used = np.int64(0)
    if vm["shrink_active"] < _SHRINKERS:
        used, over = kswapd_pass(guest, nr_to_reclaim, budget)
        if over == 0:
            return used
        vm["shrink_active"] = _SHRINKERS
        priority = np.int64(vm["kswapd_priority"])
        isolated = np.int64(vm["shrink_isolated"])
        dirty = np.int64(vm["shrink_dirty"])
        end_pass(guest, priority, isolated, dirty, np.int64(vm["shrink_reclaimed"]))
        used += COST_PASS
    used += shrink_step(guest, budget - used)
    if vm["split_freeable"] > 0:
        return used
    vm["shrink_active"] = 0
    reclaimed = np.int64(vm["shrink_reclaimed"])
    isolated = np.int64(vm["shrink_isolated"])
    vm["kswapd_reclaimed"] += reclaimed
    # 3.8 has no such rule: it is done when compaction looks viable (watermark.pgdat_balanced_2012).
    order = np.int64(vm["kswapd_run_order"])
    drops = vm["law_kswapd_drops_order"] == 1
    if drops and order > 0 and vm["kswapd_reclaimed"] >= compact_gap(order):
        vm["kswapd_run_order"] = 0
    if reclaimed == 0 or max(isolated, reclaimed) < nr_to_reclaim:
        vm["kswapd_priority"] -= 1
    return used


@core_jit
def compact_pgdat_2012(guest, order):
    """Compact all zones of the node if none has a free page of an order.

    Args:
        guest: Guest. Writes all of it.
        order: int64, at least 1.
    Source:
        3.8 mm/vmscan.c balance_pgdat(), zones_need_compaction; 3.8 mm/compaction.c compact_pgdat().
    """
    for zone in range(guest.zones.shape[0]):
        if guest.zones[zone]["managed"] == 0 or not in_node(guest, zone):
            continue
        mark = wmark_pages(guest, zone, u.WMARK_LOW)
        if zone_watermark_ok(guest, zone, order, mark, 0):
            return
    for zone in range(guest.zones.shape[0]):
        if guest.zones[zone]["managed"] > 0 and in_node(guest, zone):
            kswapd_compact_2012(guest, zone, order)


@core_jit
def kswapd_end_2012(guest):
    """End a run: compact for the requested order, sleep if balanced.

    Args:
        guest: Guest. Writes all of it.
    Source:
        3.8 mm/vmscan.c balance_pgdat() from its zones_need_compaction on, kswapd_try_to_sleep().
    Differs:
        No zone ever counts as unreclaimable; after MAX_RECLAIM_RETRIES fruitless runs kswapd
        sleeps, as in later kernels.
    """
    vm = guest.vm[0]
    is_balanced = pgdat_balanced(guest, np.int64(vm["kswapd_run_order"]))
    if is_balanced and vm["kswapd_run_order"] > 0:
        compact_pgdat_2012(guest, np.int64(vm["kswapd_run_order"]))
    if vm["kswapd_failures"] >= MAX_RECLAIM_RETRIES or is_balanced:
        vm["kswapd_awake"] = KSWAPD_ASLEEP
        vm["causes"] |= u.CAUSE_RECLAIM_FINISHED
    else:
        vm["kswapd_awake"] = KSWAPD_WOKEN


@core_jit
def kswapd_end(guest):
    """End a run: remove the boosts, wake kcompactd, sleep if balanced.

    Args:
        guest: Guest. Writes zones.watermark_boost, vm.kswapd_*, vm.kcompactd_order, vm.causes.
    Source:
        mm/vmscan.c balance_pgdat() from ``out`` on, kswapd(), kswapd_try_to_sleep().
    """
    vm = guest.vm[0]
    if vm["law_kcompactd"] == 0:
        kswapd_end_2012(guest)
        return
    boosted = 0
    for zone in range(guest.zones.shape[0]):
        z = guest.zones[zone]
        if z["kswapd_boost"] > 0 and in_node(guest, zone):
            boosted = 1
            z["watermark_boost"] -= min(z["watermark_boost"], z["kswapd_boost"])
            z["kswapd_boost"] = 0
    if boosted:
        wakeup_kcompactd(guest, np.int64(u.PAGEBLOCK_ORDER))
    vm["kswapd_boost"] = 0
    if vm["kswapd_run_order"] >= vm["kswapd_alloc_order"]:
        # Done with what it was woken for: from here on, requests made meanwhile count, even none.
        vm["kswapd_run_order"] = vm["kswapd_order"]
        vm["kswapd_alloc_order"] = vm["kswapd_order"]
    if vm["kswapd_failures"] >= MAX_RECLAIM_RETRIES or pgdat_balanced(
        guest, np.int64(vm["kswapd_run_order"])
    ):
        wakeup_kcompactd(guest, np.int64(vm["kswapd_alloc_order"]))
        vm["kswapd_awake"] = KSWAPD_ASLEEP
        vm["kswapd_nap"] = clock_us(guest) + _NAP
        vm["causes"] |= u.CAUSE_RECLAIM_FINISHED
    else:
        vm["kswapd_awake"] = KSWAPD_WOKEN


@core_jit
def nap_is_over(guest):
    """Whether the node's kswapd has napped for long enough.

    Args:
        guest: Guest.
    Returns:
        bool.
    Source:
        mm/vmscan.c kswapd_try_to_sleep(), schedule_timeout(HZ/10).
    """
    nap = guest.vm[0]["kswapd_nap"]
    return nap > 0 and guest.vm[0]["kswapd_awake"] == KSWAPD_ASLEEP and clock_us(guest) >= nap


@core_jit
def is_unbalanced(guest):
    """Whether the node's kswapd would find work for the order that it last worked for.

    Args:
        guest: Guest.
    Returns:
        bool.
    Source:
        mm/vmscan.c prepare_kswapd_sleep().
    """
    vm = guest.vm[0]
    if vm["kswapd_failures"] >= MAX_RECLAIM_RETRIES:
        return False
    return not pgdat_balanced(guest, np.int64(vm["kswapd_run_order"]))


@core_jit
def end_nap(guest):
    """After its nap: reclaim if the node is below its high marks again, else sleep until woken.

    Args:
        guest: Guest. Writes vm.kswapd_nap, vm.kswapd_awake.
    Source:
        mm/vmscan.c kswapd_try_to_sleep() (KSWAPD_HIGH_WMARK_HIT_QUICKLY).
    """
    guest.vm[0]["kswapd_nap"] = 0
    if is_unbalanced(guest):
        guest.vm[0]["kswapd_awake"] = KSWAPD_WOKEN


@core_jit
def balance_turn(guest, budget):
    """One turn of kswapd's loop, or part of it.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        budget: int64, work as cpu.py counts it; exceeded by less than one batch of pages.
    Returns:
        int64, work done.
    Source:
        mm/vmscan.c balance_pgdat(), its loop.
    """
    vm = guest.vm[0]
    used = np.int64(0)
    if vm["shrink_active"] == 0:
        balanced = pgdat_balanced(guest, np.int64(vm["kswapd_run_order"]))
        if not balanced and vm["kswapd_boost"] > 0:
            vm["kswapd_boost"] = 0
            vm["kswapd_priority"] = DEF_PRIORITY
            return used
        if balanced and vm["kswapd_boost"] == 0:
            kswapd_end(guest)
            return used
    if vm["kswapd_boost"] == 0:
        used += kswapd_shrink_node(guest, budget)
        if vm["shrink_active"] > 0 or vm["kswapd_priority"] >= 1:
            return used
    # Out of priorities, or only the boost is left to reclaim for, which may not write pages and for
    # which the multi-generational LRU does nothing (lru_gen_shrink_node()).
    if vm["kswapd_reclaimed"] == 0:
        vm["kswapd_failures"] += 1
    kswapd_end(guest)
    return used


@core_jit
def kswapd_step(guest, budget):
    """Continue the run of the node's kswapd; skip hints are reset when it goes to sleep.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
        budget: int64, work as cpu.py counts it; exceeded by less than one batch of pages.
    Returns:
        int64, work done, plus one for every turn.
    Source:
        mm/vmscan.c kswapd(), balance_pgdat(), kswapd_try_to_sleep().
    """
    vm = guest.vm[0]
    used = np.int64(0)
    if nap_is_over(guest):
        end_nap(guest)
    if vm["kswapd_awake"] == KSWAPD_ASLEEP:
        return used
    while vm["kswapd_awake"] != KSWAPD_ASLEEP and used < budget:
        if vm["kswapd_awake"] == KSWAPD_WOKEN:
            kswapd_begin(guest)
        used += balance_turn(guest, budget - used) + 1
    if vm["kswapd_awake"] == KSWAPD_ASLEEP:
        if vm["law_linear_scanners"] == 1:
            reset_isolation_suitable_2012(guest)
        else:
            reset_isolation_suitable(guest)
    return used
