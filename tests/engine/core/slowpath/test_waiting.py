"""Letting time pass: timers expire when due, dead time is jumped over, all of it passes."""

import numpy as np

from engine import commands as c
from engine import units as u
from engine.core.memory.clock import MSEC, clock_us
from engine.core.slowpath.kcompactd import COMPACT_MAX_DEFER_SHIFT, HPAGE_FRAG_CHECK_INTERVAL
from engine.guest import Guest
from engine.world import World, WorldConfig
from tests.engine.small_guest import BLOCK, all_free, checkered, settle

DEFERRED = HPAGE_FRAG_CHECK_INTERVAL << COMPACT_MAX_DEFER_SHIFT
HALF = 250 * MSEC


def world_of(guest: Guest, timer_us: int = HALF) -> World:
    """A world whose kcompactd looks at the score at ``timer_us``."""
    world = World(guest, WorldConfig(("pinned",)))
    world.guest(0).vm[0]["proactive_defer"] = timer_us
    world.run_until_idle()
    return world


def wait(world: World, ms: int) -> tuple[int, int]:
    """Let time pass; ticks until it is over, and pages that kcompactd has scanned so far."""
    world.apply(c.Wait(ms))
    ticks = world.run_until_done()
    return ticks, int(world.view(0).stat("compact_daemon_migrate_scanned"))


def now(world: World) -> int:
    return int(clock_us(world.guest(0)))


def test_a_wait_of_a_guest_with_nothing_to_do_is_one_jump_and_changes_nothing_else() -> None:
    world = world_of(settle(all_free(16, start_block=8)))
    before = world.guest(0).pages.copy()
    assert wait(world, 86_400_000)[0] == 1
    assert now(world) == 86_400_000 * MSEC
    assert np.array_equal(world.guest(0).pages, before)
    assert not world.busy() or world.step(2) is None  # the end of the wait is noted
    assert not world.busy()


def test_kcompactd_looks_at_the_score_when_its_timer_expires_and_not_before() -> None:
    world = world_of(checkered())
    assert wait(world, 249) == (1, 0)
    assert now(world) == 249 * MSEC
    assert wait(world, 2)[0] >= 1
    assert world.guest(0).cc[u.CC_KCOMPACTD]["active"] == 1  # the wait ends while it is at work
    ticks, scanned = wait(world, 3000)
    assert ticks > 1
    assert scanned > 0
    assert world.view(0).stat("extfrag_9") <= 80
    assert 3251 * MSEC <= now(world) < 3260 * MSEC


def test_a_guest_left_alone_with_a_timer_to_come_is_idle() -> None:
    world = world_of(checkered())
    assert not world.busy()
    before = world.digest(0)
    world.step(1000)
    vm = world.guest(0).vm[0]
    vm["tick"] -= 1000
    assert world.digest(0) == before


def test_a_run_without_success_is_repeated_after_32_seconds() -> None:
    world = world_of(checkered(u.STATE_SLAB))
    first = wait(world, 30_000)[1]
    assert first >= 14 * BLOCK
    assert wait(world, 2_000)[1] == first
    world.apply(c.Wait(2_000))
    world.run_until_idle()
    assert world.view(0).stat("compact_daemon_migrate_scanned") == 2 * first
    assert now(world) < DEFERRED + 3 * HPAGE_FRAG_CHECK_INTERVAL


def test_two_short_waits_are_one_long_one() -> None:
    one, other = world_of(checkered()), world_of(checkered())
    wait(one, 5000)
    wait(other, 100)
    wait(other, 4900)
    for world in (one, other):
        world.run_until_idle()
        world.guest(0).vm[0]["tick"] = 0
    assert one.digest(0) == other.digest(0)


def test_time_that_was_let_pass_needs_no_rest_before_the_next_command() -> None:
    scanned = []
    for ms in (0, 100):
        world = world_of(checkered(), timer_us=400 * MSEC)
        world.apply(c.DropCaches())
        world.run_until_idle()
        if ms:
            wait(world, ms)
        world.apply(c.DropCaches())
        world.run_until_idle()
        scanned.append(world.view(0).stat("compact_daemon_migrate_scanned"))
    assert scanned[0] > 0  # half a second is assumed, and kcompactd's timer expires in it
    assert scanned[1] == 0  # a tenth is known to have passed


def test_a_command_given_during_a_wait_is_done_at_once() -> None:
    world = world_of(settle(all_free(16, start_block=8)))
    world.apply(c.Wait(60_000))
    world.apply(c.BalloonInflate(256))
    world.step(1)
    assert world.view(0).stat("balloon_actual") == 256
    world.run_until_idle()
    assert now(world) == 60_000 * MSEC


def test_with_the_workload_on_its_work_is_what_time_passes_by() -> None:
    world = world_of(settle(all_free(16, start_block=8)))
    world.apply(c.SetWorkload(True, 64))
    world.apply(c.Wait(100))
    ticks = world.run_until_done()
    ops = int(world.view(0).stat("workload_ops"))
    assert ticks > 10
    assert ops * 10_000 <= 100 * MSEC * 1000 <= (ops + 64) * 11_000


def test_neither_pace_nor_pauses_change_the_result_of_a_wait() -> None:
    slow, fast = world_of(checkered()), world_of(checkered())
    for world in (slow, fast):
        world.apply(c.Wait(20_000))
    while slow.busy():
        slow.step(1)
    fast.step(5000)
    slow.step(fast.tick - slow.tick)
    assert slow.digest(0) == fast.digest(0)
