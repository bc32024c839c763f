"""What comes before a command begins: the time that has passed since the last one."""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.compact.compaction import migrate_round
from engine.core.memory.clock import clock_us
from engine.core.memory.nodes import nr_nodes, select_node
from engine.core.memory.wakeup import KCOMPACTD_COMPACTING, KSWAPD_ASLEEP, wake_kswapd
from engine.core.memory.watermark import MAX_RECLAIM_RETRIES, wmark_pages, zone_watermark_fast
from engine.core.slowpath.daemons import (
    PHASE_COMMAND,
    PHASE_FRESH,
    PHASE_LOOKED,
    PHASE_RESTED,
    PHASE_WAITING,
)
from engine.core.slowpath.kcompactd import (
    HPAGE_FRAG_CHECK_INTERVAL,
    kcompactd_end_zone,
    kcompactd_start,
    kcompactd_step,
    kcompactd_wants_work,
    timer_finds_work,
)
from engine.core.slowpath.kswapd import end_nap, kswapd_step


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
def settle_kcompactd(guest):
    """Move the pages that kcompactd has isolated now, before somebody frees one of them.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm, cc[CC_KCOMPACTD].
    Source:
        mm/migrate.c migrate_folio_undo_src(): a page freed meanwhile is freed when it is put back.
    Differs:
        The work for them is done afterwards (vm.kcompactd_ahead is negative until then).
    """
    vm = guest.vm[0]
    for node in range(nr_nodes(guest)):
        before = select_node(guest, np.int64(node))
        if vm["kcompactd_ahead"] > 0:
            vm["kcompactd_ahead"] = -vm["kcompactd_ahead"]
            status = migrate_round(guest, u.CC_KCOMPACTD)
            if status != u.COMPACT_CONTINUE:
                kcompactd_end_zone(guest, status)
        select_node(guest, before)


@core_jit
def _runs_proactively(guest, may_start):
    """Whether the node's kcompactd compacts unasked now, or will when another node's is done.

    Args:
        guest: Guest. Writes cc[CC_KCOMPACTD], vm.kcompactd_*, vm.proactive_* and counters.
        may_start: bool, whether it may begin because of its timer.
    Returns:
        bool.
    Source:
        mm/compaction.c kcompactd(), HPAGE_FRAG_CHECK_INTERVAL_MSEC.
    """
    vm = guest.vm[0]
    if vm["kcompactd_awake"] == KCOMPACTD_COMPACTING and guest.cc[u.CC_KCOMPACTD]["order"] == -1:
        return True
    if may_start:
        is_due = clock_us(guest) + HPAGE_FRAG_CHECK_INTERVAL >= vm["proactive_defer"]
        if is_due and timer_finds_work(guest):
            if vm["kcompactd_node"] == 0:
                kcompactd_start(guest)
            else:
                vm["proactive_defer"] = max(clock_us(guest), np.int64(1))  # 0: no timer
            return True
    return vm["more_nodes"] > 0 and kcompactd_wants_work(guest)


@core_jit
def _kswapd_runs(guest, budget):
    """Let every node's kswapd end its nap, and go on if it has work.

    Args:
        guest: Guest. Writes all of it.
        budget: int64, work as cpu.py counts it.
    Returns:
        bool, whether one had work.
    Source:
        mm/vmscan.c kswapd_try_to_sleep().
    """
    vm = guest.vm[0]
    is_running = False
    for node in range(nr_nodes(guest)):
        before = select_node(guest, np.int64(node))
        if vm["kswapd_nap"] > 0 and vm["kswapd_awake"] == KSWAPD_ASLEEP:
            end_nap(guest)
        if kswapd_step(guest, budget) > 0:
            is_running = True
        select_node(guest, before)
    return is_running


@core_jit
def catch_up(guest, has_jobs, budget):
    """Before a command begins: what kswapd and kcompactd had time for since the last.

    kswapd's nap ends and the run that may follow it, then kcompactd's proactive compaction.

    Args:
        guest: Guest. Writes all of it.
        has_jobs: bool, whether a request is unfinished.
        budget: int64, work as cpu.py counts it.
    Returns:
        bool, True = the command has to wait: call again in the next tick.
    Source:
        mm/compaction.c kcompactd(), HPAGE_FRAG_CHECK_INTERVAL_MSEC; mm/vmscan.c
        kswapd_try_to_sleep().
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
    is_running = False
    has_rested = phase == PHASE_RESTED
    if has_rested and _kswapd_runs(guest, budget):
        return True
    for node in range(nr_nodes(guest)):
        before = select_node(guest, np.int64(node))
        if _runs_proactively(guest, has_rested):
            is_running = True
        select_node(guest, before)
    if has_rested:
        vm["proactive_phase"] = PHASE_LOOKED
    if vm["proactive_phase"] == PHASE_LOOKED and is_running:
        for node in range(nr_nodes(guest)):
            before = select_node(guest, np.int64(node))
            kcompactd_step(guest, budget)
            select_node(guest, before)
        return True
    vm["proactive_phase"] = PHASE_COMMAND
    return False
