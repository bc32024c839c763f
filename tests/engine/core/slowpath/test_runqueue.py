"""The run queue: who is eligible, who is picked, what a task takes along when it sleeps."""

from engine.core.memory.cpu import TICK_NS, work_in
from engine.core.slowpath import runqueue as q
from tests.engine.core.slowpath.test_kswapd import tight
from tests.engine.core.slowpath.test_sched import at_work

TASK, KSWAPD, KCOMPACTD = q.TASK, q.KSWAPD, q.KCOMPACTD


def test_what_a_task_lacks_when_it_sleeps_it_lacks_when_it_comes_back() -> None:
    guest = at_work(tight(2048), 0)
    vm = guest.vm[0]
    vm["task_lag"][KSWAPD] = 3000
    vm["kswapd_awake"] = 2
    q.place_entity(guest, KSWAPD)
    assert q.lag_of(guest, KSWAPD) == 3000
    q.dequeue_entity(guest, KSWAPD)
    assert (vm["task_state"][KSWAPD], vm["task_lag"][KSWAPD]) == (q.OFF_QUEUE, 3000)
    vm["task_lag"][KSWAPD] = 9 * work_in(guest, TICK_NS)
    q.place_entity(guest, KSWAPD)
    q.dequeue_entity(guest, KSWAPD)
    assert vm["task_lag"][KSWAPD] == work_in(guest, TICK_NS)  # no more than a tick is kept


def test_of_the_eligible_the_earliest_deadline_runs() -> None:
    guest = at_work(tight(2048), 0)
    vm = guest.vm[0]
    for task, received, deadline in ((TASK, 100, 900), (KSWAPD, 100, 700), (KCOMPACTD, 400, 500)):
        vm["task_state"][task] = q.RUNNABLE
        vm["task_vruntime"][task], vm["task_deadline"][task] = received, deadline
    assert q.pick_eevdf(guest, -1) == KSWAPD  # kcompactd has received more than the average
    vm["task_deadline"][TASK] = 700
    assert q.pick_eevdf(guest, TASK) == KSWAPD  # of equal ones not the one that runs
    vm["task_protected"][TASK] = 1
    assert q.pick_eevdf(guest, TASK) == TASK
