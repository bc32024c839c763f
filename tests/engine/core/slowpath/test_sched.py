"""The scheduler: who runs at a clock tick, who at once, and that all get the same time."""

from engine.core.memory.cpu import (
    COST_PASS,
    COST_RECLAIM,
    SLICE_NS,
    TICK_NS,
    UNIT_NS,
    work_in,
)
from engine.core.memory.wakeup import wake_kswapd
from engine.core.slowpath import sched
from engine.core.slowpath.runqueue import KSWAPD, LEAVING, TASK, update_deadline
from engine.guest import Guest
from tests.engine.core.slowpath.test_kswapd import tight
from tests.engine.small_guest import checkered, vm

# On a CPU as fast as that of the first recordings.
CLOCK_TICK = TICK_NS // UNIT_NS
SLICE = SLICE_NS // UNIT_NS

BATCH = 64 * COST_RECLAIM + 2 * COST_PASS  # kswapd gives way after so much work


def at_work(guest: Guest, since_tick: int) -> Guest:
    """A task alone on the CPU for long, so many units after a clock tick that it saw."""
    sched.cond_resched(guest)
    vm = guest.vm[0]
    vm["task_lag"][KSWAPD] = 0
    vm["sched_now"] = 10 * CLOCK_TICK
    vm["task_vruntime"][TASK] = vm["task_deadline"][TASK]
    update_deadline(guest, TASK)
    work(guest, since_tick)
    return guest


def work(guest: Guest, amount: int) -> None:
    """Let the task work, up to its next preemption point."""
    guest.vm[0]["balloon_work"] += amount
    sched.cond_resched(guest)


def lru() -> Guest:
    """Enough page cache for a run of kswapd of two ticks and more."""
    guest = tight(3800)
    guest.zones[0]["wmark_high"] = 3000
    return guest


def test_whoever_is_woken_runs_at_once_if_the_task_has_used_up_its_slice() -> None:
    guest = at_work(lru(), SLICE + 100)
    wake_kswapd(guest, 0)
    sched.cond_resched(guest)
    assert vm(guest, "pageoutrun") == (1,)


def test_just_after_a_tick_it_waits_for_the_next() -> None:
    guest = at_work(lru(), SLICE - 100)
    wake_kswapd(guest, 0)
    sched.cond_resched(guest)
    work(guest, CLOCK_TICK - SLICE)  # not yet the tick
    assert vm(guest, "pageoutrun") == (0,)
    work(guest, 200)
    assert vm(guest, "pageoutrun") == (1,)


def test_it_runs_until_the_next_tick_and_then_they_alternate() -> None:
    guest = at_work(lru(), CLOCK_TICK // 2)
    wake_kswapd(guest, 0)
    sched.cond_resched(guest)
    first = int(guest.vm[0]["pgsteal_kswapd"])
    assert abs(first * COST_RECLAIM - CLOCK_TICK // 2) <= BATCH
    work(guest, CLOCK_TICK - BATCH)  # the task's turn
    assert guest.vm[0]["pgsteal_kswapd"] == first
    work(guest, 2 * BATCH)
    second = int(guest.vm[0]["pgsteal_kswapd"]) - first
    assert abs(second * COST_RECLAIM - CLOCK_TICK) <= 2 * BATCH
    assert guest.vm[0]["kswapd_awake"]


def test_a_turn_shorter_than_a_slice_lasts_to_the_tick_after() -> None:
    guest = at_work(lru(), CLOCK_TICK - SLICE // 2)
    wake_kswapd(guest, 0)
    sched.cond_resched(guest)
    assert guest.vm[0]["pgsteal_kswapd"] * COST_RECLAIM > CLOCK_TICK


def test_who_has_had_more_than_the_task_does_not_run_at_once_again() -> None:
    guest = at_work(tight(2048), CLOCK_TICK // 2)
    wake_kswapd(guest, 0)
    sched.cond_resched(guest)
    assert vm(guest, "pageoutrun", "kswapd_awake") == (1, 0)
    assert guest.vm[0]["task_state"][KSWAPD] == LEAVING
    guest.zones[0]["wmark_high"] = guest.zones[0]["wmark_low"] = 1500
    wake_kswapd(guest, 0)
    sched.cond_resched(guest)
    assert vm(guest, "pageoutrun") == (1,)
    work(guest, 2 * CLOCK_TICK)
    assert vm(guest, "pageoutrun") == (2,)


def test_kcompactd_and_the_task_get_the_same_time() -> None:
    guest = at_work(checkered(), CLOCK_TICK // 2)
    guest.vm[0]["proactive_defer"] = guest.vm[0]["idle_us"] = 1
    work(guest, CLOCK_TICK // 2 + 1)  # timers expire at ticks
    assert vm(guest, "kcompactd_awake") == (2,)
    before = int(guest.vm[0]["sched_now"])
    work(guest, 2 * CLOCK_TICK)
    assert vm(guest, "kcompactd_awake") == (2,)
    assert abs(int(guest.vm[0]["sched_now"]) - before - 4 * CLOCK_TICK) <= CLOCK_TICK


def test_a_task_that_waits_leaves_the_cpu_to_the_daemons() -> None:
    guest = at_work(lru(), 0)
    wake_kswapd(guest, 0)
    while guest.vm[0]["kswapd_awake"]:
        sched.task_sleeps(guest)
    assert vm(guest, "pageoutrun")[0] >= 1
    assert not guest.vm[0]["task_state"].any()


def test_seeds_begin_at_different_places_between_ticks() -> None:
    places = set()
    for seed in range(4):
        guest = lru()
        guest.vm[0]["rng"] = seed
        sched.cond_resched(guest)
        places.add(int(guest.vm[0]["sched_now"]) % CLOCK_TICK)
        assert guest.vm[0]["rng"] == seed
    assert len(places) == 4


def test_on_a_faster_cpu_more_is_done_between_two_ticks() -> None:
    guest = lru()
    assert (
        (work_in(guest, TICK_NS), work_in(guest, SLICE_NS)) == (CLOCK_TICK, SLICE) == (28571, 5000)
    )
    guest.vm[0]["unit_ns"] = UNIT_NS // 2
    assert (work_in(guest, TICK_NS), work_in(guest, SLICE_NS)) == (57142, 10000)
    at_work(guest, 0)
    wake_kswapd(guest, 0)
    work(guest, CLOCK_TICK)  # half of the way to the tick, but a slice is over
    assert vm(guest, "pageoutrun") == (1,)
    first = int(guest.vm[0]["pgsteal_kswapd"])
    assert abs(first * COST_RECLAIM - CLOCK_TICK) <= 2 * BATCH  # the other half
