"""kswapd, kcompactd and the flusher in bounded portions: what the machine does unasked.

Invariant: daemons_idle() is true when a further step would change nothing.
"""

import numpy as np

from engine.core import core_jit
from engine.core.memory.nodes import nr_nodes, select_node
from engine.core.memory.wakeup import KCOMPACTD_COMPACTING
from engine.core.slowpath.flusher import flusher_step
from engine.core.slowpath.kcompactd import kcompactd_step, kcompactd_wants_work
from engine.core.slowpath.kswapd import kswapd_step, nap_is_over

# vm.proactive_phase: no command yet (kcompactd had finished when the guest was made), a command is
# under way, time has passed since the last one, kcompactd is using that time, or time is being let
# pass by a command, so that none has to be assumed before the next one.
PHASE_FRESH = 0
PHASE_COMMAND = 1
PHASE_RESTED = 2
PHASE_LOOKED = 3
PHASE_WAITING = 4


@core_jit
def daemons_step(guest, budget):
    """Continue the daemons' work: each node's kswapd and kcompactd, then the flusher.

    Args:
        guest: Guest. Writes all of it.
        budget: int64, work of each of them, as cpu.py counts it.
    Returns:
        int64, work done.
    Source:
        mm/vmscan.c kswapd(); mm/compaction.c kcompactd(); fs/fs-writeback.c wb_workfn().
    """
    used = np.int64(0)
    before = np.int64(guest.vm[0]["node"])
    for node in range(nr_nodes(guest)):
        select_node(guest, np.int64(node))
        used += kswapd_step(guest, budget)
        used += kcompactd_step(guest, budget)
    select_node(guest, before)
    return used + flusher_step(guest, budget)


@core_jit
def daemons_idle(guest):
    """Whether all daemons of all nodes sleep and nothing would wake them.

    Args:
        guest: Guest.
    Returns:
        bool.
    Source:
        not of the kernel.
    """
    vm = guest.vm[0]
    if vm["flusher_awake"]:
        return False
    is_idle = True
    before = np.int64(vm["node"])
    for node in range(nr_nodes(guest)):
        select_node(guest, np.int64(node))
        if vm["kswapd_awake"] or nap_is_over(guest):
            is_idle = False
        if vm["kcompactd_awake"] == KCOMPACTD_COMPACTING or kcompactd_wants_work(guest):
            is_idle = False
    select_node(guest, before)
    return is_idle
