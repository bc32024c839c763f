"""Profile 2012: sharing one CPU as Linux 3.8 does, whose scheduler (CFS) favours who has slept.

A daemon that has just been woken runs at once, for a turn; those that work get as much time as the
task, after each unit of its work.
"""

import numpy as np

from engine.core import core_jit
from engine.core.memory.cpu import TURN
from engine.core.memory.nodes import nr_nodes, select_node
from engine.core.memory.wakeup import KSWAPD_WOKEN
from engine.core.slowpath.daemons import daemons_step
from engine.core.slowpath.kswapd import kswapd_step, nap_is_over


@core_jit
def cond_resched_2012(guest):
    """A preemption point: kswapd, if just woken or its nap is over, runs at once, for one turn.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.
    Source:
        3.8 kernel/sched/core.c _cond_resched(); 3.8 kernel/sched/fair.c place_entity()
        (GENTLE_FAIR_SLEEPERS), check_preempt_wakeup().
    """
    before = np.int64(guest.vm[0]["node"])
    for node in range(nr_nodes(guest)):
        select_node(guest, np.int64(node))
        if guest.vm[0]["kswapd_awake"] == KSWAPD_WOKEN or nap_is_over(guest):
            kswapd_step(guest, np.int64(TURN))
    select_node(guest, before)


@core_jit
def share_time_2012(guest, work):
    """Let the daemons have as much time as the task has just taken, at least a turn.

    Args:
        guest: Guest. Writes all of it.
        work: int64, the task's, as cpu.py counts it.
    Source:
        3.8 kernel/sched/fair.c sched_slice().
    """
    daemons_step(guest, max(work, np.int64(TURN)))
