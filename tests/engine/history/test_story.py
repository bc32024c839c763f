"""A page's story by replay: every move in it is one that the call trace saw."""

from __future__ import annotations

import itertools

import pytest

from engine import commands as c
from engine import units as u
from engine.errors import RefusedError
from engine.history.history import History
from engine.history.story import story
from engine.log import MAIN, Entry
from tests.engine.traces import trace
from tests.engine.worlds import TENTH, world

KEY = "lru_hook"


def told(history: History, pfn: int, tick: int) -> dict:  # type: ignore[type-arg]
    """The story of a page at a tick."""
    return story(history, MAIN, 0, pfn, tick, lambda: True)


def test_a_pages_way_is_what_the_trace_saw() -> None:
    w = world(KEY)
    inflate, compact = c.BalloonInflate(TENTH), c.CompactMemory()
    w.apply(inflate)
    w.run_until_idle()
    given = w.tick
    w.apply(compact)
    # Compaction is looked at until a tick that moves user and balloon pages alike.
    for _ in range(40):
        found = trace(w)
        moved = [one for one in found["handled"] if one["outcome"] == "moved"]
        w.step(1)
        if {"balloon"} < {one["kind"] for one in moved}:
            break
    history = History(world(KEY), itertools.count().__next__)
    log = [Entry(1, 0, inflate, True), Entry(2, given, compact, True)]
    history.learn(log, w.tick)
    guest = w.guest(0)
    checked = set()
    for one in moved:
        page = guest.pages[one["to"]]
        kind = "balloon" if page["state"] == u.STATE_BALLOON else "user"
        if kind in checked or page["handle"] == u.HANDLE_NONE == (kind == "balloon"):
            continue
        way = told(history, one["to"], w.tick)
        last = way["steps"][-1]
        assert (last["tick"], last["to"], last["command"]) == (w.tick, one["to"], 2)
        if kind == "user":
            assert way["owned"]
            assert (last["what"], last["come_from"]) == ("moved", one["pfn"])
            assert way["since"] == 0, "it was in the guest at the start"
        else:
            assert not way["owned"], "a balloon page has no identity"
            assert last["what"] == "arrived"
        checked.add(kind)
    assert checked == {"user", "balloon"}


def test_what_came_by_a_command_and_what_was_there_at_the_start() -> None:
    w = world("pinned")
    w.apply(c.BalloonInflate(TENTH))
    w.run_until_idle()
    history = History(world("pinned"), itertools.count().__next__)
    history.learn([Entry(1, 0, c.BalloonInflate(TENTH), True)], w.tick)
    states = w.guest(0).pages["state"]
    balloon = int((states == u.STATE_BALLOON).argmax())
    way = told(history, balloon, w.tick)
    assert 0 < way["since"] <= w.tick
    assert [(s["what"], s["to"], s["command"]) for s in way["steps"]] == [("allocated", balloon, 1)]
    before = history.go(way["since"] - 1).guest(0).pages[balloon]["state"]
    assert before != u.STATE_BALLOON
    kernel = int((states == u.STATE_KERNEL).argmax())
    assert told(history, kernel, w.tick)["since"] == 0
    assert told(history, kernel, w.tick)["steps"] == []


def test_a_story_that_takes_too_long_says_how_far_it_looked() -> None:
    history = History(world("pinned"), itertools.count().__next__)
    history.learn([], 1000)
    kernel = int((history.world.guest(0).pages["state"] == u.STATE_KERNEL).argmax())
    way = story(history, MAIN, 0, kernel, 1000, lambda: False)
    assert way["since"] is None
    assert 0 < way["looked_back_to"] < 1000
    with pytest.raises(RefusedError, match="the guest has pages 0 to"):
        told(history, 1 << 30, 0)
