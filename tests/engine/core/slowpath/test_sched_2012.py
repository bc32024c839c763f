"""Sharing the CPU without EEVDF."""

from engine.core.memory.cpu import COST_RECLAIM, TURN
from engine.core.memory.wakeup import wake_kswapd
from engine.core.slowpath import sched
from engine.core.slowpath.sched_2012 import cond_resched_2012, share_time_2012
from engine.guest import Guest, set_kernel
from engine.kernels import LINUX_2012
from tests.engine.core.slowpath.test_kswapd import tight
from tests.engine.small_guest import vm


def of_2012() -> Guest:
    guest = tight(3800)
    guest.zones[0]["wmark_high"] = 3000
    set_kernel(guest, LINUX_2012)
    return guest


def test_a_daemon_runs_when_woken_for_a_turn_and_not_again() -> None:
    guest = of_2012()
    cond_resched_2012(guest)
    assert vm(guest, "pageoutrun") == (0,)
    wake_kswapd(guest, 0)
    cond_resched_2012(guest)
    taken = int(guest.vm[0]["pgsteal_kswapd"])
    assert 0 < taken * COST_RECLAIM < 2 * TURN
    cond_resched_2012(guest)
    assert guest.vm[0]["pgsteal_kswapd"] == taken


def test_the_law_selects_it() -> None:
    guest = of_2012()
    wake_kswapd(guest, 0)
    sched.cond_resched(guest)
    assert vm(guest, "pageoutrun") == (1,)
    assert not guest.vm[0]["task_state"].any()


def test_daemons_get_as_much_time_as_the_task_took() -> None:
    taken = []
    for work in (0, 4 * TURN):
        guest = of_2012()
        wake_kswapd(guest, 0)
        share_time_2012(guest, work)
        taken.append(int(guest.vm[0]["pgsteal_kswapd"]))
    assert 0 < taken[0] < taken[1]
