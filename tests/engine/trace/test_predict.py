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
