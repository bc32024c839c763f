"""What a page is told: no answer before it is asked for, and what to say to each outcome."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from engine.errors import RefusedError
from engine.lessons.model import ClassQuestion
from engine.lessons.numbers import LessonScene
from engine.lessons.play import LessonStage
from server.cli.lesson import guest_maker
from server.lessons.showing import (
    answer_from,
    filled,
    lesson_told,
    outcome,
    said,
    solution_told,
    way_told,
)
from tests.server.lessons.files import example, with_scale

LESSON = example()
SCALED = with_scale()


@pytest.fixture(scope="module")
def scenes() -> dict[str, LessonScene]:
    """The example's last two steps: before, after the wrong attempt, after the solution."""
    stage = LessonStage()
    _, question, act = LESSON.steps
    assert LESSON.steps[0].load
    stage.load(LESSON.steps[0].load, guest_maker())
    stage.begin(question)
    found = {"start": stage.scene(question)}
    stage.give(question.solution)
    found["run"] = stage.scene(question)
    stage.begin(act)
    found["act"] = stage.scene(act)
    assert act.act
    back = stage.back()
    stage.give(act.act.wrong.do)
    found["wrong"] = stage.scene(act)
    back()
    stage.give(act.solution)
    found["done"] = stage.scene(act)
    return found


def test_the_lesson_goes_out_without_its_answers() -> None:
    text = json.dumps([lesson_told(LESSON), lesson_told(SCALED)])
    for hidden in ("deflate", "huge_best >", "compacts again", "Who holds", "handed out", "Fewer"):
        assert hidden not in text
    assert "Each guest has" in text
    assert '"text": ""' in text


def test_the_way_and_the_solution_are_what_the_player_needs() -> None:
    assert [one["type"] for one in way_told(LESSON, 2)["commands"]] == [
        "balloon_inflate", "compact", "huge",
    ]  # fmt: skip
    told = solution_told(LESSON, 2)
    assert [one["type"] for one in told["solution"]] == ["balloon_deflate", "compact", "huge"]


def test_a_text_is_shown_with_the_numbers_of_its_moment(scenes: dict[str, LessonScene]) -> None:
    (block,) = filled(LESSON.steps[0].before, scenes["start"])
    assert {"tag": "number", "text": "128"} in block["parts"]


def test_an_act_is_done_or_gets_a_hint(scenes: dict[str, LessonScene]) -> None:
    step = LESSON.steps[2]
    assert outcome(step, scenes["act"], None) == {"done": False}
    assert said(step, scenes["act"], {"done": False}, 0) == {}
    assert set(said(step, scenes["act"], {"done": False}, 1)) == {"hint"}
    assert set(said(step, scenes["wrong"], {"done": False}, 9)) == {"hint", "say"}
    told = outcome(step, scenes["done"], None)
    assert told == {"done": True}
    assert set(said(step, scenes["done"], told, 0)) == {"after"}


def test_a_prediction_comes_true_or_not(scenes: dict[str, LessonScene]) -> None:
    step = LESSON.steps[1]
    assert outcome(step, scenes["start"], 1) == {"done": False}
    assert outcome(step, scenes["run"], 1) == {"done": True, "right": True, "truth": 1}
    missed = {**outcome(step, scenes["run"], 0), "chosen": 0}
    assert set(said(step, scenes["run"], missed, 0)) == {"after", "say"}


def test_a_range_holds_the_truth_or_not(scenes: dict[str, LessonScene]) -> None:
    step = SCALED.steps[1]
    assert outcome(step, scenes["run"], (30, 50))["right"]
    missed = outcome(step, scenes["run"], (0, 10))
    assert (missed["right"], missed["text"]) == (False, "39")
    assert set(said(step, scenes["run"], missed, 0)) == {"after", "say"}


def test_a_class_answers_in_place_of_the_one_who_plays(scenes: dict[str, LessonScene]) -> None:
    together = ClassQuestion(1, "How many each?", "huge_best")
    for lesson in (LESSON, SCALED):
        alone = lesson.steps[1]
        assert alone.prediction
        step = replace(alone, prediction=replace(alone.prediction, together=together))
        assert answer_from(step, None) is None
        told = outcome(step, scenes["run"], None)
        assert (told["done"], told["right"]) == (True, None)
        assert set(said(step, scenes["run"], told, 0)) == {"after"}
        asked = lesson_told(replace(lesson, steps=(lesson.steps[0], step)))["steps"][1]["class"]
        assert (asked["text"], asked["designs"]) == ("How many each?", ["pinned", "lru_hook"])
        assert [one["type"] for one in asked["commands"]] == ["compact", "huge"]


@pytest.mark.parametrize("data", [None, "1", 3, -1, True, [0, 1], 1.0])
def test_what_is_no_choice_is_refused(data: object) -> None:
    with pytest.raises(RefusedError, match="the answer is"):
        answer_from(LESSON.steps[1], data)


@pytest.mark.parametrize("data", [None, 3, [1], [5, 3], [0, 999], ["0", 1], [1, 2, 3]])
def test_what_is_no_range_is_refused(data: object) -> None:
    with pytest.raises(RefusedError, match="the answer is"):
        answer_from(SCALED.steps[1], data)


def test_a_step_that_foretells_nothing_has_no_answer() -> None:
    assert answer_from(LESSON.steps[0], "anything") is None
