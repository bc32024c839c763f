"""Progress that students hand in: read with care, and every step of it played again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import RefusedError
from engine.lessons.model import Lesson
from engine.world import World
from server.jsontext import only_fields, parse_object, shown, text_within, whole
from server.lessons.evidence import replay_evidence
from server.wire.config import SessionConfig

PROGRESS_VERSION = 1
MAX_PROGRESS_BYTES = 8 << 20
MAX_STUDENT = 100
_FIELDS = ("progress_version", "lesson", "lesson_digest", "student", "steps")
_STEP = ("number", "attempts", "shown", "answer", "evidence")


@dataclass(frozen=True)
class Graded:
    """One file.

    Attributes:
        lesson: its name.
        student: as they call themselves.
        done: acts and predictions that were verified.
        asked: acts and predictions that the lesson has.
        right: predictions that came true.
        foretold: predictions that the lesson has.
        attempts: failed ones, as the page counted them.
        shown: solutions that the page was asked for, as it says.
        problems: what could not be verified, a sentence each.
    """

    lesson: str
    student: str
    done: int
    asked: int
    right: int
    foretold: int
    attempts: int
    shown: int
    problems: tuple[str, ...]


def read_progress(data: bytes) -> dict[str, Any]:
    """The JSON object of a progress file.

    Raises:
        RefusedError: it is none; one sentence.
    """
    if len(data) > MAX_PROGRESS_BYTES:
        raise RefusedError(f"it has over {MAX_PROGRESS_BYTES >> 20} MiB: no progress of a lesson")
    told = parse_object(data, "it")
    if told.get("progress_version") != PROGRESS_VERSION:
        raise RefusedError(
            f"progress_version is {shown(told.get('progress_version'))}: {PROGRESS_VERSION} is read"
        )
    only_fields(told, _FIELDS, "it")
    text_within(told.get("lesson"), "lesson", 64)
    if not isinstance(told.get("steps"), list):
        raise RefusedError(f"steps are {shown(told.get('steps'))}: a list is needed")
    return told


def grade(
    lesson: Lesson, told: Mapping[str, Any], engine: str, make: Callable[[SessionConfig], World]
) -> Graded:
    """Play what was handed in again.

    Args:
        lesson: the one it is of.
        told: as read_progress() gave it.
        engine: digest of this simulator.
        make: makes the world of a config.

    Raises:
        RefusedError: its form is wrong; one sentence.
    """
    student = told.get("student")
    name = (
        "".join(c for c in student if c.isprintable())[:MAX_STUDENT]
        if isinstance(student, str)
        else ""
    )
    problems = []
    if told.get("lesson_digest") != lesson.digest:
        problems.append("the lesson has been changed since")
    by_number = {one["number"]: one for one in map(_step_of, told["steps"])}
    done = right = 0
    asked = [i for i, step in enumerate(lesson.steps) if step.kind != "read"]
    for number in asked:
        one = by_number.get(number + 1)
        if one is None or one.get("evidence") is None:
            continue
        found = replay_evidence(lesson, number, one["evidence"], one.get("answer"), engine, make)
        done += found.done
        right += bool(found.outcome.get("right"))
        if not found.done:
            problems.append(f"step {number + 1}: {found.text}")
    return Graded(
        lesson.name,
        name,
        done,
        len(asked),
        right,
        sum(step.prediction is not None for step in lesson.steps),
        sum(one["attempts"] for one in by_number.values()),
        sum(one.get("shown") is True for one in by_number.values()),
        tuple(problems),
    )


def _step_of(data: object) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise RefusedError(f"a step is {shown(data)}: an object is needed")
    only_fields(data, _STEP, "a step")
    whole(data.get("number"), "number of a step", 1, 1000, "(a step)")
    attempts = whole(data.get("attempts", 0), "attempts of a step", 0, 1_000_000, "attempts")
    return {**data, "attempts": attempts}
