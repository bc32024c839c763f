"""The parts of a lesson: kinds, the way to a step, what a step keeps of its start."""

from __future__ import annotations

from engine import commands as c
from tests.engine.lessons.made_lesson import GOOD, LOAD, SCALE, lesson, step


def test_a_step_is_an_act_a_prediction_or_text() -> None:
    assert [one.kind for one in GOOD.steps] == ["act", "predict", "predict"]
    assert (step().kind, step().solution) == ("read", ())


def test_the_way_to_a_step_is_the_moment_and_all_solutions_since_the_load() -> None:
    assert GOOD.way(0) == (LOAD, (c.BalloonInflate(256),))
    assert GOOD.way(2) == (LOAD, (c.BalloonInflate(256),) * 3)
    again = lesson(*GOOD.steps, step(load=LOAD), step())
    assert again.way(4) == (LOAD, (c.BalloonInflate(256),))
    assert LOAD.config()["designs"] == ["pinned", "lru_hook"]


def test_a_step_keeps_what_its_texts_and_predicates_compare_with() -> None:
    assert GOOD.steps[0].kept == ["hook.balloon_actual"]
    assert GOOD.steps[1].kept == []


def test_a_range_counts_if_it_holds_the_truth_and_is_narrow() -> None:
    assert SCALE.covers((500, 800), 768)
    assert not SCALE.covers((400, 800), 768)
    assert not SCALE.covers((769, 800), 768)
