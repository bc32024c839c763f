"""A lesson without a page: a good one has no fault, and each way of breaking its word is one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine import commands as c
from engine.lessons.model import ClassQuestion, LessonStep, Prose
from engine.lessons.play import LessonStage, check_lesson
from tests.engine.lessons.made_lesson import (
    ACT,
    CHOSEN,
    FORETOLD,
    GOOD,
    LOAD,
    SCALE,
    expr,
    guest,
    lesson,
    prose,
    step,
)


def faults(*steps: LessonStep) -> list[str]:
    first, *rest = steps
    one = lesson(replace(first, load=LOAD), *rest)
    return [f"{fault.line}: {fault.text}" for fault in check_lesson(one, guest)]


def test_a_lesson_that_keeps_its_word_has_no_fault() -> None:
    seen: list[int] = []
    assert check_lesson(GOOD, guest, seen.append) == []
    assert seen == [0, 1, 2]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"expect": expr("hook.balloon_actual > 1", 10)},
            "10: expect is true before anything was done: hook.balloon_actual is 256",
        ),
        (
            {"expect": expr("hook.balloon_actual > 600", 10)},
            "10: expect is false after the solution: hook.balloon_actual is 512",
        ),
        (
            {"expect": expr("given.all > 0", 10)},
            "10: expect is true after the wrong attempt 'deflates': given.all is 1",
        ),
        ({"hints": (prose("1 / given.all"),)}, "2: '1 / given.all' divides by zero"),
    ],
)
def test_an_act_must_be_false_before_and_true_after(
    changes: dict[str, object], sentence: str
) -> None:
    assert sentence in faults(step(act=replace(ACT, **changes)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("when", "sentence"),
    [
        ("given.deflate > 5", "12: when does not recognise the attempt 'deflates'"),
        ("given.all >= 0", "12: when of the wrong attempt is true at the start"),
        ("given.all > 0", "12: when of the wrong attempt is true after the solution"),
    ],
)
def test_a_wrong_attempt_is_recognised_and_nothing_else_is(when: str, sentence: str) -> None:
    act = replace(ACT, wrong=replace(ACT.wrong, when=expr(when, 12)))
    assert any(one.startswith(sentence) for one in faults(step(act=act)))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"low": 600}, "which is not on the scale 600 to 2000"),
        ({"wrong": (400, 600)}, "which the wrong answer 400 to 600 holds"),
        ({"number": expr("hook.huge_best", 20)}, "there is nothing to predict"),
    ],
)
def test_a_truth_is_on_the_scale_and_new(changes: dict[str, object], sentence: str) -> None:
    scale = replace(SCALE, **changes)  # type: ignore[arg-type]
    found = faults(step(prediction=replace(FORETOLD, scale=scale)))
    assert any(one.startswith("20: ") and sentence in one for one in found)


def test_a_class_is_asked_for_what_the_run_changes() -> None:
    def found(quantity: str) -> list[str]:
        together = ClassQuestion(40, "How many?", quantity)
        return faults(step(prediction=replace(FORETOLD, together=together)))

    assert found("balloon_actual") == []
    (fault,) = found("huge_best")
    assert fault.startswith("40: the class is asked for what is the same before the run and after")
    assert "pinned.huge_best is" in fault and "hook.huge_best is" in fault


@pytest.mark.parametrize(
    ("first", "second", "sentence"),
    [
        ("given.all > 0", "given.all > 0", "after the run choices 1, 2 are true"),
        ("given.all > 5", "given.all > 5", "after the run no choice is true"),
        ("given.all >= 0", "given.all > 5", "choice 1 is true before the run"),
    ],
)
def test_exactly_one_choice_comes_true(first: str, second: str, sentence: str) -> None:
    one, two = CHOSEN.choices
    choices = (replace(one, when=expr(first, 30)), replace(two, when=expr(second, 31)))
    found = faults(step(prediction=replace(CHOSEN, choices=choices)))
    assert any(line.startswith("30: ") and sentence in line for line in found)


def test_a_command_that_the_guest_refuses_is_a_fault_of_its_step() -> None:
    act = replace(ACT, solution=(c.Offline(1024, 128),))
    (found,) = faults(step(act=act), step())
    assert found.startswith("5: step 1 cannot be played: ")


def test_going_back_undoes_what_a_wrong_attempt_did() -> None:
    stage = LessonStage()
    stage.load(LOAD, guest)
    assert stage.world
    digest = stage.world.state_digest()
    back = stage.back()
    stage.give((c.BalloonDeflate(256),))
    assert stage.world.state_digest() != digest
    back()
    assert (stage.world.state_digest(), stage.log) == (digest, [c.BalloonInflate(256)])


def test_the_choice_that_comes_true_must_not_say_why_it_is_wrong() -> None:
    said = Prose(2, ({"tag": "p", "parts": ["No."]},))
    first, second = CHOSEN.choices
    wrong = replace(CHOSEN, choices=(replace(first, say=said), second))
    assert faults(step(prediction=wrong)) == [
        "30: choice 1 comes true, but says why it is wrong: change.hook.balloon_actual is -256"
    ]
    right = replace(CHOSEN, choices=(first, replace(second, say=said)))
    assert faults(step(prediction=right)) == []
