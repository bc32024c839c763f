"""The run queue: EEVDF (kernel/sched/fair.c since v6.6) for tasks of equal weight.

They are whoever works for a request, and the daemons. Each has received some work (its vruntime);
eligible is who has not received more than the average; of these the one with the earliest deadline
runs, until a clock tick finds that it has used up its slice (sched.py).
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.memory.cpu import SLICE_NS, TICK_NS, work_in
from engine.core.memory.nodes import nr_nodes

# Rows of vm.task_*: only one kcompactd runs at a time, and every node has a kswapd (of more than
# eight nodes some share a row).
TASK = 0
FLUSHER = 1
KCOMPACTD = 2
KSWAPD = 3
MOST_KSWAPD = u.TASK_ROWS - KSWAPD

# vm.task_state. LEAVING: it sleeps, but counts until it is eligible (sched_delayed, DELAY_DEQUEUE).
OFF_QUEUE = 0
RUNNABLE = 1
LEAVING = 2


@core_jit
def nr_tasks(guest):
    """Rows of vm.task_* that are in use.

    Args:
        guest: Guest.
    Returns:
        int64.
    Source:
        not of the kernel.
    """
    return KSWAPD + min(nr_nodes(guest), np.int64(MOST_KSWAPD))


@core_jit
def total_vruntime(guest):
    """What the tasks on the run queue have received.

    Args:
        guest: Guest.
    Returns:
        tuple of int64: the sum of their vruntimes; their number.
    Source:
        kernel/sched/fair.c avg_vruntime().
    """
    vm = guest.vm[0]
    total = np.int64(0)
    n = np.int64(0)
    for i in range(nr_tasks(guest)):
        if vm["task_state"][i] != OFF_QUEUE:
            total += vm["task_vruntime"][i]
            n += 1
    return total, n


@core_jit
def is_eligible(guest, task):
    """Whether a task has received no more than the average.

    Args:
        guest: Guest.
        task: int64, row; on the run queue.
    Returns:
        bool.
    Source:
        kernel/sched/fair.c entity_eligible().
    """
    total, n = total_vruntime(guest)
    return guest.vm[0]["task_vruntime"][task] * n <= total


@core_jit
def lag_of(guest, task):
    """How far a task is behind the average, at most a tick either way.

    Args:
        guest: Guest.
        task: int64, row; on the run queue.
    Returns:
        int64, work.
    Source:
        kernel/sched/fair.c update_entity_lag().
    """
    total, n = total_vruntime(guest)
    lag = total // n - guest.vm[0]["task_vruntime"][task]
    tick = work_in(guest, TICK_NS)
    return max(min(lag, tick), -tick)


@core_jit
def place_entity(guest, task):
    """Put a task on the run queue, as far from the average as it was when it left.

    Args:
        guest: Guest. Writes vm.task_*.
        task: int64, row; off the run queue.
    Source:
        kernel/sched/fair.c place_entity() (PLACE_LAG).
    """
    vm = guest.vm[0]
    total, n = total_vruntime(guest)
    if n > 0:
        lag = np.int64(vm["task_lag"][task])
        vm["task_vruntime"][task] = total // n - lag * (n + 1) // n
    vm["task_lag"][task] = 0
    vm["task_deadline"][task] = vm["task_vruntime"][task] + work_in(guest, SLICE_NS)
    vm["task_state"][task] = RUNNABLE
    vm["task_protected"][task] = 0


@core_jit
def pick_eevdf(guest, curr):
    """The task to run: of the eligible ones that with the earliest deadline.

    Args:
        guest: Guest.
        curr: int64, row of the task that runs, -1 = it has gone to sleep. Until it has used up its
            slice it is picked while it is eligible; of equal deadlines another's goes first.
    Returns:
        int64, row; -1 if nobody is on the run queue.
    Source:
        kernel/sched/fair.c pick_eevdf() (RUN_TO_PARITY).
    """
    vm = guest.vm[0]
    if curr >= 0 and vm["task_protected"][curr] == 1 and is_eligible(guest, curr):
        return np.int64(curr)
    total, n = total_vruntime(guest)
    best = np.int64(-1)
    last = nr_tasks(guest) - 1
    for k in range(last + 1):
        task = last - k  # TASK last: it is the one that runs when others are woken
        if vm["task_state"][task] == OFF_QUEUE or vm["task_vruntime"][task] * n > total:
            continue
        if best < 0 or vm["task_deadline"][task] < vm["task_deadline"][best]:
            best = np.int64(task)
    return best


@core_jit
def update_deadline(guest, task):
    """Give a task its next slice if it has used up this one.

    Args:
        guest: Guest. Writes vm.task_deadline, vm.task_protected.
        task: int64, row.
    Returns:
        bool, whether it had.
    Source:
        kernel/sched/fair.c update_deadline().
    """
    vm = guest.vm[0]
    if vm["task_vruntime"][task] < vm["task_deadline"][task]:
        return False
    vm["task_deadline"][task] = vm["task_vruntime"][task] + work_in(guest, SLICE_NS)
    vm["task_protected"][task] = 0
    return True


@core_jit
def dequeue_entity(guest, task):
    """Take a daemon that sleeps off the run queue, once it has received no more than the average.

    Args:
        guest: Guest. Writes vm.task_*.
        task: int64, row; on the run queue.
    Source:
        kernel/sched/fair.c dequeue_entity() (DELAY_DEQUEUE).
    """
    vm = guest.vm[0]
    if not is_eligible(guest, task):
        vm["task_state"][task] = LEAVING
        return
    vm["task_lag"][task] = lag_of(guest, task)
    vm["task_state"][task] = OFF_QUEUE
