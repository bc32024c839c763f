"""What a command enters into the guests' records."""

from __future__ import annotations

import pytest

from engine import commands as c
from engine import requests
from engine import units as u
from engine.kernels import kernel_named
from tests.engine.worlds import NR_PAGES, TENTH, done, stats, world

MACHINE = requests.Machine(NR_PAGES, kernel_named("modern"))


def targets(*keys: str, commands: tuple[c.Command, ...], ticks: int) -> list[int]:
    """Each balloon's target after commands with so many ticks between them."""
    w = world(*keys)
    for command in commands:
        w.apply(command)
        w.step(ticks)
    return [int(w.guest(i).vm[0]["balloon_target"]) for i in range(len(keys))]


@pytest.mark.parametrize("ticks", [0, 1, 2])
def test_a_second_inflation_asks_no_design_for_less_because_it_is_slower(ticks: int) -> None:
    """Designs inflate at their own speed; what the host wants is one number for all of them."""
    pair = (c.BalloonInflate(TENTH), c.BalloonInflate(TENTH))
    assert targets("pinned", "dedicated_block", commands=pair, ticks=ticks) == [2 * TENTH] * 2


def test_a_deflation_on_the_way_up_counts_from_the_target() -> None:
    pair = (c.BalloonInflate(TENTH), c.BalloonDeflate(TENTH // 2))
    assert targets("pinned", "dedicated_block", commands=pair, ticks=1) == [TENTH - TENTH // 2] * 2


def test_targets_stay_between_nothing_and_the_whole_guest() -> None:
    up = (c.BalloonInflate(NR_PAGES), c.BalloonInflate(NR_PAGES))
    assert targets("pinned", commands=up, ticks=0) == [NR_PAGES]
    down = (c.BalloonInflate(TENTH), c.BalloonDeflate(NR_PAGES))
    assert targets("pinned", commands=down, ticks=0) == [0]


@pytest.mark.compiled
def test_a_balloon_that_gave_up_is_deflated_from_what_it_holds() -> None:
    """From its target, which it never reached, a small deflation would inflate it."""
    w = done(world("pinned"), c.BalloonTarget(NR_PAGES))
    held = stats(w)["balloon_actual"]
    assert held < NR_PAGES - TENTH
    done(w, c.BalloonDeflate(TENTH))
    assert stats(w)["balloon_actual"] == held - TENTH


def test_a_command_that_no_guest_can_enter_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown command"):
        requests.enter([world().guest(0)], MACHINE, c.SetWorkload(True))


def test_a_refused_range_leaves_every_guest_as_it_was() -> None:
    w = world("pinned", "lru_hook")
    w.apply(c.Offline(32, 4))
    before = [w.digest(i) for i in range(2)]
    with pytest.raises(ValueError, match="another range is being emptied"):
        w.apply(c.Offline(40, 4))
    assert [w.digest(i) for i in range(2)] == before
    assert stats(w, 1)["range_kind"] == u.RANGE_OFFLINE
