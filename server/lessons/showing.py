"""What a page is told of a lesson: texts as blocks, never an answer that it has not asked for."""

from collections.abc import Mapping
from typing import Any

from engine.commands import Command
from engine.errors import RefusedError
from engine.lessons.expression import number_text
from engine.lessons.model import Block, Lesson, LessonStep, Prediction, Prose
from engine.lessons.numbers import LessonScene
from server.jsontext import shown, whole

LessonAnswer = tuple[int, int] | int | None


def _with(parts: list[Any], numbers: list[str]) -> list[Any]:
    return [part if isinstance(part, str) else _block(part, numbers) for part in parts]


def _block(block: Block, numbers: list[str]) -> Block:
    if block["tag"] == "number":
        return {"tag": "number", "text": numbers[int(block["at"])]}
    return {**block, "parts": _with(block["parts"], numbers)}


def blank(prose: Prose) -> list[Block]:
    """A text whose numbers are not there yet."""
    return [_block(one, [""] * len(prose.numbers)) for one in prose.blocks]


def filled(prose: Prose, scene: LessonScene) -> list[Block]:
    """A text with its numbers.

    Args:
        prose: which.
        scene: what they are now.

    Raises:
        RefusedError: one has no value in this session.
    """
    numbers = [number_text(one.value(scene.number)) for one in prose.numbers]
    return [_block(one, numbers) for one in prose.blocks]


def begun(step: LessonStep, scene: LessonScene) -> dict[str, list[Any]]:
    """What a step says when it begins.

    Args:
        step: which.
        scene: at its start.

    Returns:
        ``before``, ``ask`` and ``choices``, each as filled() gives it; empty where it has none.

    Raises:
        RefusedError: a number has no value in this session.
    """
    asked = step.act.ask if step.act else step.prediction and step.prediction.question
    choices = step.prediction.choices if step.prediction else ()
    return {
        "before": filled(step.before, scene),
        "ask": filled(asked, scene) if asked else [],
        "choices": [filled(choice.text, scene) for choice in choices],
    }


def lesson_told(lesson: Lesson) -> dict[str, Any]:
    """The answer of GET /api/lessons/{name}: everything but the answers."""
    return {
        "name": lesson.name,
        "digest": lesson.digest,
        "title": lesson.title,
        "minutes": lesson.minutes,
        "know": list(lesson.know),
        "intro": blank(lesson.intro),
        "steps": [_step_told(step) for step in lesson.steps],
    }


def _step_told(step: LessonStep) -> dict[str, Any]:
    told: dict[str, Any] = {
        "title": step.title,
        "kind": step.kind,
        "load": step.load.config() if step.load else None,
        "before": blank(step.before),
        "show": [{"stat": stat, "label": label} for stat, label in step.show],
        "hints": len(step.act.hints) if step.act else 0,
    }
    if step.act:
        told["ask"] = blank(step.act.ask)
    if step.prediction:
        told["ask"] = blank(step.prediction.question)
        told["choices"] = [blank(choice.text) for choice in step.prediction.choices]
        scale = step.prediction.scale
        told["scale"] = scale and {
            "unit": scale.unit, "low": scale.low, "high": scale.high, "width": scale.width,
        }  # fmt: skip
        told["class"] = _pose(step, step.prediction)
    return told


def _pose(step: LessonStep, prediction: Prediction) -> dict[str, Any] | None:
    """What a presenter's page asks the class, as the message pose has it; None: nothing."""
    asked = prediction.together
    if asked is None:
        return None
    return {
        "text": asked.text,
        "quantity": asked.quantity,
        "designs": list(step.designs.values()),
        "commands": _told(prediction.run),
    }


def way_told(lesson: Lesson, number: int) -> dict[str, Any]:
    """How to get to the start of a step: a config, and commands from there.

    Args:
        lesson: which.
        number: of the step, from 0.
    """
    load, commands = lesson.way(number)
    return {"config": load.config(), "commands": _told(commands)}


def _told(commands: tuple[Command, ...]) -> list[dict[str, Any]]:
    return [command.to_dict() for command in commands]


def solution_told(lesson: Lesson, number: int) -> dict[str, Any]:
    """The same, and what leads from there to the step's end."""
    return {**way_told(lesson, number), "solution": _told(lesson.steps[number].solution)}


def answer_from(step: LessonStep, data: object) -> LessonAnswer:
    """The answer to a step's prediction; None where nothing is foretold.

    Args:
        step: which.
        data: ``[low, high]`` on a scale, or the index of a choice; None where a class answers.

    Raises:
        RefusedError: it is no answer to that.
    """
    if step.prediction is None or (data is None and step.prediction.together):
        return None
    scale = step.prediction.scale
    if scale is None:
        return whole(data, "the answer", 0, len(step.prediction.choices) - 1, "(a choice)")
    if not isinstance(data, list) or len(data) != 2:
        raise RefusedError(f"the answer is {shown(data)}: two numbers are needed, low and high")
    low, high = (whole(one, "the answer", scale.low, scale.high, scale.unit) for one in data)
    if low > high:
        raise RefusedError(f"the answer is {low} to {high}: the lower end comes first")
    return low, high


def outcome(step: LessonStep, scene: LessonScene, answer: LessonAnswer) -> dict[str, Any]:
    """Whether a step is done, and how.

    Args:
        step: an act, a prediction whose run is over, or nothing but text.
        scene: its session now.
        answer: see answer_from().

    Returns:
        ``done``; of a prediction also ``truth``: a number, or the index of the choice that came
        true; and ``right`` (whether the answer was), null where there is none.
    """
    if step.act:
        return {"done": step.act.expect.holds(scene.number)}
    if step.prediction is None:
        return {"done": True}
    run = [command.to_dict() for command in step.prediction.run]
    if [command.to_dict() for command in scene.given][-len(run) :] != run:
        return {"done": False}
    return {"done": True, **_truth(step.prediction, scene, answer)}


def _truth(prediction: Prediction, scene: LessonScene, answer: LessonAnswer) -> dict[str, Any]:
    scale = prediction.scale
    if scale is None:
        true = (i for i, one in enumerate(prediction.choices) if one.when.holds(scene.number))
        truth = next(true, -1)
        return {"right": None if answer is None else truth == answer, "truth": truth}
    value = scale.number.value(scene.number)
    right = scale.covers(answer, value) if isinstance(answer, tuple) else None
    return {"right": right, "truth": value, "text": number_text(value)}


def said(
    step: LessonStep, scene: LessonScene, told: Mapping[str, Any], attempt: int
) -> dict[str, Any]:
    """What to say about an outcome: blocks by what they are.

    Args:
        step: which.
        scene: its session now.
        told: as outcome() gave it.
        attempt: failed ones, this one included; 0: nobody asked, only a step that is done counts.
    """
    if told["done"]:
        wrong = _missed(step, told) if step.prediction else None
        answer = {"after": filled(step.after, scene)}
        return answer | ({"say": filled(wrong, scene)} if wrong else {})
    if not step.act or not attempt:
        return {}
    answer = {}
    if step.act.wrong.when.holds(scene.number):
        answer["say"] = filled(step.act.wrong.say, scene)
    if step.act.hints:
        hint = step.act.hints[min(attempt, len(step.act.hints)) - 1]
        answer["hint"] = filled(hint, scene)
    return answer


def _missed(step: LessonStep, told: Mapping[str, Any]) -> Prose | None:
    """What to say to a prediction that did not come true."""
    prediction = step.prediction
    if prediction is None or told.get("right") is not False:
        return None
    if prediction.scale:
        return prediction.scale.say
    chosen = told.get("chosen")
    return prediction.choices[chosen].say if isinstance(chosen, int) else None
