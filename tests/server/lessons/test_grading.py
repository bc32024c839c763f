"""Progress files: graded by playing them again; what is none says why."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.errors import RefusedError
from server.lessons.grading import MAX_PROGRESS_BYTES, grade, read_progress
from tests.server.lessons.test_evidence import ENGINE, GOOD, LESSON, MAKE

PROGRESS: dict[str, Any] = {
    "progress_version": 1,
    "lesson": "example",
    "lesson_digest": LESSON.digest,
    "student": "Ada\n",
    "steps": [
        {"number": 1, "attempts": 0, "shown": False, "answer": None, "evidence": None},
        {"number": 3, "attempts": 2, "shown": True, "answer": None, "evidence": GOOD},
    ],
}


def graded(**changes: Any) -> Any:
    told = read_progress(json.dumps({**PROGRESS, **changes}).encode())
    return grade(LESSON, told, ENGINE, MAKE)


def test_what_is_verified_counts() -> None:
    found = graded()
    assert (found.student, found.done, found.asked) == ("Ada", 1, 2)
    assert (found.right, found.foretold, found.attempts, found.shown) == (0, 1, 2, 1)
    assert found.problems == ()


def test_what_is_forged_does_not_count_and_says_why() -> None:
    steps = [{"number": 3, "evidence": {**GOOD, "digest": "0"}}]
    found = graded(steps=steps, lesson_digest="old")
    assert found.done == 0
    assert found.problems[0] == "the lesson has been changed since"
    assert found.problems[1].startswith("step 3: the state at its end is another one")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is not JSON"),
        (b"[]", "an object is needed"),
        (b"{}", "progress_version is None"),
        (b'{"progress_version": 1, "x": 1}', "has no field 'x'"),
        (b'{"progress_version": 1, "lesson": "a"}', "a list is needed"),
        (b" " * (MAX_PROGRESS_BYTES + 1), "no progress of a lesson"),
    ],
)
def test_what_is_no_progress_is_one_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(RefusedError, match=sentence):
        read_progress(data)


@pytest.mark.parametrize("step", [3, {"number": 0}, {"number": 1, "attempts": -1}, {"x": 1}])
def test_a_step_of_another_form_is_refused(step: object) -> None:
    with pytest.raises(RefusedError):
        graded(steps=[step])
