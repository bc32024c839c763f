"""The scheduler of one CPU: when the task gives way to kswapd, kcompactd and the flusher, and back.

Who runs is decided by EEVDF (runqueue.py). A task can be interrupted where the kernel has a
cond_resched(), here cond_resched(), a daemon by the next clock tick. Work is counted as in cpu.py;
vm.sched_now is the scheduler's own clock.

Kernels without EEVDF (law eevdf) are in sched_2012.py.
"""

import numpy as np

from engine.core import core_jit
from engine.core.memory.cpu import TICK_NS, work_in, work_of_task
from engine.core.memory.nodes import nr_nodes, select_node
from engine.core.memory.rng import rng_peek
from engine.core.memory.wakeup import KCOMPACTD_ASLEEP, KCOMPACTD_COMPACTING, KSWAPD_ASLEEP
from engine.core.slowpath.daemons import daemons_step
from engine.core.slowpath.flusher import flusher_step
from engine.core.slowpath.kcompactd import kcompactd_step, kcompactd_wants_work
from engine.core.slowpath.kswapd import kswapd_step, nap_is_over
from engine.core.slowpath.runqueue import (
    FLUSHER,
    KCOMPACTD,
    KSWAPD,
    LEAVING,
    MOST_KSWAPD,
    OFF_QUEUE,
    RUNNABLE,
    TASK,
    dequeue_entity,
    lag_of,
    nr_tasks,
    pick_eevdf,
    place_entity,
    total_vruntime,
    update_deadline,
)
from engine.core.slowpath.sched_2012 import cond_resched_2012


@core_jit
def is_awake(guest, task, timers):
    """Whether a daemon of some node has been woken and not gone to sleep again.

    Args:
        guest: Guest.
        task: int64, row but TASK.
        timers: bool, whether one whose timer has expired counts: timers expire in clock ticks.
    Returns:
        bool.
    Source:
        kernel/sched/core.c try_to_wake_up(), kernel/time/timer.c process_timeout().
    """
    vm = guest.vm[0]
    if task == FLUSHER:
        return vm["flusher_awake"] == 1
    found = False
    for node in range(nr_nodes(guest)):
        if task != KCOMPACTD and node % MOST_KSWAPD != task - KSWAPD:
            continue
        before = select_node(guest, np.int64(node))
        if task >= KSWAPD:
            found |= vm["kswapd_awake"] != KSWAPD_ASLEEP
            found |= timers and nap_is_over(guest)
        else:
            found |= vm["kcompactd_awake"] != KCOMPACTD_ASLEEP
            found |= timers and kcompactd_wants_work(guest)
        select_node(guest, before)
    return found


@core_jit
def wake_up(guest, curr, timers):
    """Put the daemons that have been woken on the run queue.

    Args:
        guest: Guest. Writes vm.task_*.
        curr: int64, row of the task that runs, -1 = none.
        timers: bool, as for is_awake.
    Returns:
        bool, whether one of them is to run at once.
    Source:
        kernel/sched/fair.c enqueue_task_fair(), requeue_delayed_entity(),
        check_preempt_wakeup_fair().
    """
    vm = guest.vm[0]
    preempts = False
    for task in range(1, nr_tasks(guest)):
        if vm["task_state"][task] == RUNNABLE or not is_awake(guest, np.int64(task), timers):
            continue
        if curr >= 0:
            update_deadline(guest, curr)
        if vm["task_state"][task] == LEAVING:
            vm["task_state"][task] = RUNNABLE
            if lag_of(guest, np.int64(task)) > 0:
                vm["task_state"][task] = OFF_QUEUE
                place_entity(guest, np.int64(task))
        else:
            place_entity(guest, np.int64(task))
        if curr >= 0 and pick_eevdf(guest, curr) == task:
            preempts = True
    return preempts


@core_jit
def run_daemon(guest, task, budget):
    """Let a daemon work, of every node in turn.

    Args:
        guest: Guest. Writes all of it.
        task: int64, row but TASK.
        budget: int64, work; exceeded by less than a batch of pages.
    Returns:
        int64, work done.
    Source:
        mm/vmscan.c kswapd(), kswapd_is_running(); mm/compaction.c kcompactd(); fs/fs-writeback.c
        wb_workfn().
    """
    vm = guest.vm[0]
    if task == FLUSHER:
        return flusher_step(guest, budget)
    used = np.int64(0)
    for node in range(nr_nodes(guest)):
        if task != KCOMPACTD and node % MOST_KSWAPD != task - KSWAPD:
            continue
        before = select_node(guest, np.int64(node))
        if task >= KSWAPD:
            used += kswapd_step(guest, budget)
        else:
            is_compacting = vm["kcompactd_awake"] == KCOMPACTD_COMPACTING
            if is_compacting and vm["kswapd_awake"] != KSWAPD_ASLEEP:
                vm["kswapd_seen"] = 1
            used += kcompactd_step(guest, budget)
        select_node(guest, before)
    return used


@core_jit
def schedule(guest):
    """Let others run until it is the task's turn again.

    Args:
        guest: Guest. Writes all of it.
    Source:
        kernel/sched/fair.c pick_next_entity() (DELAY_ZERO), task_tick_fair().
    Differs:
        A daemon is interrupted by clock ticks only, not by one that wakes up.
    """
    vm = guest.vm[0]
    tick = work_in(guest, TICK_NS)
    curr = np.int64(TASK)
    while True:
        task = pick_eevdf(guest, curr)
        curr = np.int64(-1)
        if vm["task_state"][task] == LEAVING:
            vm["task_lag"][task] = min(lag_of(guest, task), np.int64(0))
            vm["task_state"][task] = OFF_QUEUE
            continue
        vm["task_protected"][task] = 1
        if task == TASK:
            return
        budget = tick - vm["sched_now"] % tick
        while vm["task_vruntime"][task] + budget < vm["task_deadline"][task]:
            budget += tick
        used = max(np.int64(run_daemon(guest, task, np.int64(budget))), np.int64(1))
        vm["task_vruntime"][task] += used
        vm["sched_now"] += used
        if is_awake(guest, task, False):
            update_deadline(guest, task)
            curr = task
        else:
            dequeue_entity(guest, task)
        wake_up(guest, curr, True)


@core_jit
def task_arrives(guest):
    """A task begins to work for a request, somewhere between two clock ticks.

    Args:
        guest: Guest. Writes vm.task_*, vm.sched_now.
    Source:
        kernel/sched/fair.c place_entity().
    Differs:
        Where between two ticks is drawn, from the guest's generator without advancing it. kswapd
        comes to its first run as far behind as a task can be (traced: it lasts until the second or
        third tick, 6 of 6).
    """
    vm = guest.vm[0]
    tick = work_in(guest, TICK_NS)
    if vm["sched_now"] == 0:
        for task in range(KSWAPD, nr_tasks(guest)):
            vm["task_lag"][task] = tick
    vm["sched_now"] += 1 + (rng_peek(guest) + 7919 * vm["sched_now"]) * 40503 % tick
    place_entity(guest, np.int64(TASK))
    vm["task_protected"][TASK] = 1


@core_jit
def cond_resched(guest):
    """A preemption point of the task: account for its work, tick by tick, and let others run.

    Args:
        guest: Guest. Writes all of it.
    Source:
        kernel/sched/core.c __cond_resched(), sched_tick(); kernel/sched/fair.c update_curr().
    """
    vm = guest.vm[0]
    if vm["law_eevdf"] == 0:
        cond_resched_2012(guest)
        return
    tick = work_in(guest, TICK_NS)
    left = np.int64(work_of_task(guest) - vm["task_paid"])
    vm["task_paid"] += left
    if vm["task_state"][TASK] == OFF_QUEUE:
        task_arrives(guest)
    while True:
        to_tick = tick - vm["sched_now"] % tick
        step = min(left, to_tick)
        vm["task_vruntime"][TASK] += step
        vm["sched_now"] += step
        left -= step
        resched = False
        if step == to_tick:
            is_used_up = update_deadline(guest, np.int64(TASK))
            resched = wake_up(guest, np.int64(TASK), True)
            resched |= is_used_up and total_vruntime(guest)[1] > 1
        elif left == 0:
            resched = wake_up(guest, np.int64(TASK), False)
        if resched:
            schedule(guest)
        if left == 0:
            return


@core_jit
def task_leaves(guest):
    """The task is done, or waits; the next one is another, so nothing is remembered of it.

    Args:
        guest: Guest. Writes vm.task_*.
    Source:
        kernel/sched/fair.c dequeue_task_fair().
    """
    guest.vm[0]["task_state"][TASK] = OFF_QUEUE
    guest.vm[0]["task_lag"][TASK] = 0


@core_jit
def task_sleeps(guest):
    """The task waits, so the others have the CPU for a tick.

    Args:
        guest: Guest. Writes all of it.
    Source:
        kernel/sched/fair.c dequeue_task_fair().
    Differs:
        Each of them has a tick of its own.
    """
    vm = guest.vm[0]
    task_leaves(guest)
    vm["sched_now"] += daemons_step(guest, work_in(guest, TICK_NS))
    for task in range(1, nr_tasks(guest)):
        if not is_awake(guest, np.int64(task), False):
            vm["task_state"][task] = OFF_QUEUE
            vm["task_lag"][task] = 0
