"""One tick is a fixed budget, and a guest that is not busy does not change."""

from __future__ import annotations

from functools import partial

import pytest

from engine import commands as c
from engine import units as u
from engine.core import run
from engine.guest import Guest
from engine.snapshot import copy_guest, digest
from engine.workload import NO_OPS
from tests.engine import worlds
from tests.engine.worlds import SMALLEST, base, done, stats

TENTH = SMALLEST // 10 // 256 * 256
world = partial(worlds.world, nr_pages=SMALLEST)

COMMANDS = [
    (c.BalloonInflate(TENTH), c.CompactMemory()),
    (c.BalloonInflate(TENTH), c.TakeHugePages(10_000)),
    (c.DirectCompact(9), c.DropCaches(), c.BalloonInflate(2 * TENTH), c.CompactMemory()),
]


def state(guest: Guest) -> str:
    """Digest with the tick counter put aside."""
    copy = copy_guest(guest)
    copy.vm[0]["tick"] = 0
    return digest(copy)


@pytest.mark.parametrize("key", ["lru_hook", "separate_pass", "dedicated_block"])
@pytest.mark.parametrize("commands", COMMANDS)
def test_an_idle_tick_changes_nothing_but_the_tick(
    key: str, commands: tuple[c.Command, ...]
) -> None:
    w = done(world(key), *commands)
    before = state(w.guest(0))
    assert not run.run_tick(w.guest(0), NO_OPS, 0, 1)
    assert state(w.guest(0)) == before
    w.step(5)
    assert state(w.guest(0)) == before


@pytest.mark.parametrize("key", ["lru_hook", "dedicated_block"])
def test_the_outcome_does_not_depend_on_idle_ticks_between_commands(key: str) -> None:
    prompt, slow = world(key), world(key)
    for command in COMMANDS[2]:
        done(prompt, command)
        slow.step(13)
        slow.apply(command)
        while slow.busy():
            slow.step()
        slow.step(101)
    assert state(prompt.guest(0)) == state(slow.guest(0))


def test_many_ticks_in_one_call_are_single_ticks() -> None:
    many, single = world("pinned"), world("pinned")
    for w in (many, single):
        w.apply(c.BalloonInflate(TENTH))
        w.apply(c.CompactMemory())
    many.step(60)
    for _ in range(60):
        single.step()
    assert many.digest(0) == single.digest(0)


def test_a_tick_fills_at_most_its_budget() -> None:
    w = world("pinned")
    w.apply(c.BalloonInflate(TENTH))
    w.step()
    assert stats(w)["balloon_actual"] == 256
    w.step(2)
    assert stats(w)["balloon_actual"] == 768


def test_touched_marks_last_one_tick() -> None:
    w = world("pinned")
    w.apply(c.BalloonInflate(256))
    w.step()
    assert (w.guest(0).blocks["flags"] & u.PB_TOUCHED).any()
    assert w.busy()
    w.run_until_idle()
    assert not (w.guest(0).blocks["flags"] & u.PB_TOUCHED).any()


def test_two_compaction_runs_go_one_after_the_other() -> None:
    once = stats(done(world("pinned"), c.CompactMemory()))["compact_migrate_scanned"]
    w = world("pinned")
    w.apply(c.CompactMemory())
    w.apply(c.CompactMemory())
    w.run_until_idle()
    w.validate()
    assert stats(w)["compact_migrate_scanned"] > once


def test_commands_given_while_others_run_are_all_carried_out() -> None:
    w = world("lru_hook", "dedicated_block:prevent")
    for command in (c.BalloonInflate(TENTH), c.CompactMemory(), c.TakeHugePages(50)):
        w.apply(command)
        w.step(3)
        w.validate()
    w.apply(c.BalloonTarget(1000))
    w.run_until_idle()
    w.validate()
    for i in range(2):
        s = stats(w, i)
        assert (s["balloon_actual"], s["huge_held"], s["compact_active"]) == (1000, 0, 0)


def test_direct_compaction_gives_its_page_back() -> None:
    w = done(world("pinned"))
    free = stats(w)["nr_free_pages"] + stats(w)["nr_pcp_pages"]
    done(w, c.DirectCompact(4))
    s = stats(w)
    assert s["direct_result"] == u.COMPACT_SUCCESS
    assert s["nr_free_pages"] + s["nr_pcp_pages"] >= free


def test_a_retrying_balloon_gives_up_and_tries_again_after_a_command() -> None:
    w = done(world("lru_hook"), c.BalloonTarget(SMALLEST))
    s = stats(w)
    assert s["balloon_stopped"] == 1
    assert 0 < s["balloon_actual"] < SMALLEST
    puffs = s["balloon_out_of_puff"]
    done(w, c.CompactMemory())
    assert stats(w)["balloon_out_of_puff"] > puffs


def test_run_ticks_stops_at_the_first_cause() -> None:
    guest = copy_guest(base(nr_pages=SMALLEST))
    guest.vm[0]["balloon_target"] = 700
    guest.vm[0]["rule_stop_on_failure"] = 1
    ran = run.run_ticks(guest, NO_OPS, 0, 1000, 1)
    assert ran == 3
    assert guest.vm[0]["causes"] & u.CAUSE_INFLATED


def test_the_daemons_come_after_each_unit_whatever_the_size_of_a_tick() -> None:
    whole, halves = (done(world("dedicated_block:prevent")).guest(0) for _ in range(2))
    for guest in (whole, halves):
        guest.vm[0]["balloon_target"] = 4 * TENTH
    while run.busy(whole) or run.busy(halves):
        run.run_tick(whole, NO_OPS, 0, 2)
        run.run_tick(halves, NO_OPS, 0, 1)
        run.run_tick(halves, NO_OPS, 0, 1)
    assert whole.vm[0]["pageoutrun"] > 0
    assert state(whole) == state(halves)
