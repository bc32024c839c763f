"""Letting time pass: what timers do to a guest that nobody asks for anything.

A wait is a reading of the clock (vm.wait_until). While daemons work, their work moves the clock;
while nobody does, a tick moves it to the next timer that would do something, or to the end.

Of the kernel's timers only kcompactd's and that of kswapd's nap can change memory here;
vmstat_update() drains the per-CPU lists of other nodes only,
and lowers pcp->high down to pcp->high_min, where it stays (mm/vmstat.c refresh_cpu_vm_stats(),
mm/page_alloc.c decay_pcp_high()). What khugepaged would collapse and what would be written because
it has been dirty for long (mm/khugepaged.c, fs/fs-writeback.c) is not known of a capture: only
reclaim has pages written (flusher.py).
"""

import numpy as np

from engine.core import core_jit
from engine.core.memory.clock import clock_us
from engine.core.memory.nodes import nr_nodes, select_node
from engine.core.slowpath.daemons import daemons_idle
from engine.core.slowpath.kcompactd import HPAGE_FRAG_CHECK_INTERVAL, timer_finds_work
from engine.core.slowpath.kswapd import is_unbalanced


@core_jit
def waiting(guest):
    """Whether a wait has not ended.

    Args:
        guest: Guest.
    Returns:
        bool.
    Source:
        not of the kernel.
    """
    # The clock is a sum over compactors: do not ask it where nobody ever waited.
    until = np.int64(guest.vm[0]["wait_until"])
    return until > 0 and clock_us(guest) < until


@core_jit
def let_pass(guest):
    """Move the clock of a waiting guest without work to the next timer, or to the wait's end.

    Args:
        guest: Guest. Writes vm.idle_us, vm.proactive_defer, vm.kswapd_nap.
    Source:
        kernel/time/tick-sched.c tick_nohz_idle_enter(); mm/compaction.c kcompactd();
        mm/vmscan.c kswapd_try_to_sleep().
    """
    vm = guest.vm[0]
    if not waiting(guest) or not daemons_idle(guest):
        return
    now = np.int64(clock_us(guest))
    until = np.int64(vm["wait_until"])
    for node in range(nr_nodes(guest)):
        before = select_node(guest, np.int64(node))
        if 0 < vm["kswapd_nap"] <= until:
            if is_unbalanced(guest):
                until = np.int64(vm["kswapd_nap"])
            else:
                vm["kswapd_nap"] = 0
        select_node(guest, before)
    for node in range(nr_nodes(guest)):
        before = select_node(guest, np.int64(node))
        timer = np.int64(vm["proactive_defer"])
        if vm["law_proactive_compaction"] == 1 and 0 < timer <= until:
            if timer_finds_work(guest):
                until = timer
            else:
                # Each look finds the same score: the timer is due again after the end.
                looks = (until - timer) // HPAGE_FRAG_CHECK_INTERVAL + 1
                vm["proactive_defer"] = timer + looks * HPAGE_FRAG_CHECK_INTERVAL
        select_node(guest, before)
    vm["idle_us"] += until - now
