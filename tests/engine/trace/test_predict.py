"""The trace of a world's next ticks: bounds, order, and the work that a design asks for."""

from __future__ import annotations

import pytest

from engine import commands as c
from engine import units as u
from tests.engine.traces import trace
from tests.engine.worlds import TENTH, world


def test_an_idle_world_gives_an_empty_trace() -> None:
    w = world("pinned")
    w.run_until_idle()
    answer = trace(w)
    assert (answer["ticks"], answer["total"], answer["handled"]) == (0, 0, [])
    assert answer["idle"]


@pytest.mark.parametrize("profile", u.PROFILES)
def test_work_that_a_design_requests_between_ticks_is_traced(profile: str) -> None:
    w = world("separate_pass", profile=profile)
    w.apply(c.BalloonInflate(TENTH))
    while not w.guest(0).vm[0]["pass_pending"]:
        w.step(1)  # inflation has ended: the design has asked for its pass
    answer = trace(w, 2)
    by_pass = [entry for entry in answer["handled"] if entry["by"] == "pass"]
    assert any(entry["reason"] == "moved" and entry["kind"] == "balloon" for entry in by_pass)
    assert sum(one["nr"] for one in answer["counts"]) == answer["total"]
    functions = {call["function"] for entry in by_pass for call in entry["calls"]}
    assert {"balloon_page_isolate", "virtballoon_migratepage"} <= functions


def test_a_trace_that_ends_within_a_tick_says_so_and_is_its_beginning() -> None:
    w = world("pinned")
    w.apply(c.BalloonInflate(TENTH))
    whole, begun = trace(w), trace(w, 4, most=800)
    assert (whole["cut"], begun["cut"]) == (None, 800)
    assert (begun["digest"], begun["idle"], begun["ticks"]) == (None, False, 1)
    assert 0 < begun["total"] < whole["total"]
    told = [(one["pfn"], one["reason"]) for one in begun["handled"]]
    assert told == [(one["pfn"], one["reason"]) for one in whole["handled"]][: len(told)]
    # The process is of further use, and the next answer is whole again.
    assert trace(w)["digest"] == whole["digest"]


def test_an_inflation_tells_of_every_page_that_the_balloon_takes() -> None:
    w = world("pinned")
    w.apply(c.BalloonInflate(TENTH))
    before = w.view(0).stat("balloon_actual")
    answer = trace(w)
    w.step(1)
    assert w.digest(0) == answer["digest"], "watching changes nothing"
    counts = {one["reason"]: one["nr"] for one in answer["counts"]}
    assert counts["balloon_takes_page"] == w.view(0).stat("balloon_actual") - before > 0
