"""Because, at a moment of a session: what brought the pages, and how the past differs from now."""

from __future__ import annotations

import itertools

import pytest

from engine import commands as c
from engine import units as u
from engine.because.moment import because_at, free_list_at, obstacles_at
from engine.errors import RefusedError
from engine.history.history import History
from engine.log import MAIN, Entry
from tests.engine.worlds import SMALLEST, world

GIVEN = Entry(1, 0, c.BalloonInflate(SMALLEST // 10), True)


@pytest.fixture(scope="module")
def end() -> int:
    """Tick at which the inflation is over."""
    w = world("pinned", "lru_hook", nr_pages=SMALLEST)
    w.apply(GIVEN.command)
    w.run_until_idle()
    return w.tick


def known(end: int) -> History:
    """Of a session with one inflation."""
    history = History(world("pinned", "lru_hook", nr_pages=SMALLEST), itertools.count().__next__)
    history.learn([GIVEN], end)
    return history


def test_it_says_what_came_by_a_command_and_what_was_there(end: int) -> None:
    history = known(end)
    nearest = obstacles_at(history, MAIN, "pinned", None)
    block = next(
        one["pageblock"] for one in nearest["obstacles"] if one["reason"] == "balloon_no_hook"
    )
    told = because_at(history, MAIN, "pinned", block, None, lambda: True)
    assert (told["design"], told["tick"]) == ("pinned", end)
    brought = {(one["kind"], one["command"]): one["pages"] for one in told["brought"]}
    kinds = {one["kind"]: one["pages"] for one in told["kinds"]}
    assert brought["balloon", 1] == kinds["balloon"]
    assert {one["tick"] for one in told["brought"] if one["command"] == 1} == {0}
    assert sum(brought.values()) == u.PAGEBLOCK_NR_PAGES - kinds.get("free", 0) - kinds.get(
        "pcp", 0
    )
    before = because_at(history, MAIN, "pinned", block, 0, lambda: True)
    # At tick 0 the command has been given and nothing is done yet.
    assert "balloon" not in {one["kind"] for one in before["kinds"]}
    unknown = because_at(history, MAIN, "pinned", block, None, lambda: False)
    assert {one["command"] for one in unknown["brought"]} == {None}


def test_a_free_list_has_its_blocks_in_every_design(end: int) -> None:
    history = known(end)
    told = free_list_at(history, MAIN, 9, -1, None)
    assert set(told["designs"]) == {"pinned", "lru_hook"}
    guest = history.world.guest(0)
    heads = (guest.pages["order"] == 9) & (guest.pages["state"] == u.STATE_FREE)
    assert told["designs"]["pinned"]["total"] == int(heads.sum())


def test_what_there_is_not_is_refused(end: int) -> None:
    history = known(end)
    with pytest.raises(RefusedError, match="this session has pinned, lru_hook"):
        because_at(history, MAIN, "x", 0, None, lambda: True)
    with pytest.raises(RefusedError, match="has not come yet"):
        obstacles_at(history, MAIN, "pinned", end + 1)
    with pytest.raises(RefusedError, match="order is 11"):
        free_list_at(history, MAIN, 11, -1, None)
