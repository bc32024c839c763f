"""The rules of a question: who may say what when, and what leaves it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.errors import RefusedError
from server.quiz import quiz as rules
from server.quiz.quiz import Quiz, voter_key
from server.wire.messages import parse_message, wire_text
from server.wire.quiz import Pose
from tests.server.quiz.questions import POSE

KEYS = ("pinned", "dedicated_block", "lru_hook")
ANN, BOB = voter_key("a" * 16), voter_key("b" * 16)


def posed() -> dict[str, Any]:
    message = parse_message(json.dumps(POSE))
    assert isinstance(message, Pose)
    return Quiz().posed(message, KEYS)


def guess(voter: str, *ranges: list[int], number: int = 1) -> dict[str, Any]:
    return {"do": "guess", "number": number, "voter": voter, "ranges": list(ranges)}


def played(*records: dict[str, Any] | str) -> Quiz:
    quiz = Quiz()
    for record in records:
        quiz.apply({"do": record, "begun": 0} if isinstance(record, str) else record)
    return quiz


FIRST = guess(ANN, [1, 5], [2, 6])


def test_the_second_answer_counts_until_it_is_closed_and_none_after_that() -> None:
    quiz = played(posed(), FIRST, guess(ANN, [3, 4], [3, 3]), guess(BOB, [0, 9], [0, 9]))
    assert quiz.state(ANN, False, None).mine == (((3, 4), (3, 3)),)
    quiz.apply({"do": "close"})
    with pytest.raises(RefusedError, match="the answers are closed: yours stays"):
        quiz.apply(guess(ANN, [0, 1], [0, 1]))
    assert quiz.state(ANN, False, None).mine == (((3, 4), (3, 3)),)
    quiz.apply({"do": "discuss"})
    quiz.apply({"do": "open"})
    quiz.apply(guess(ANN, [8, 9], [8, 9]))
    assert quiz.state(ANN, False, None).mine == (((3, 4), (3, 3)), ((8, 9), (8, 9)))
    assert quiz.state(BOB, False, None).mine == (((0, 9), (0, 9)), None)


def test_while_it_is_open_nothing_of_the_answers_leaves_it() -> None:
    quiz = played(posed(), FIRST, guess(BOB, [777, 778], [777, 779]))
    for presents in (False, True):
        text = wire_text(quiz.state(ANN, presents, quiz.told_results(presents)))
        assert "777" not in text
        assert BOB not in text
        told = json.loads(text)
        assert told["results"] is None
        assert told["answered"] == (2 if presents else None)
    quiz.apply({"do": "close"})
    assert quiz.told_results(presents=False) is None, "viewers would follow the many"
    between = quiz.told_results(presents=True)
    assert between is not None
    assert between.rounds[0].answered == 2
    for step in ("discuss", "open"):
        quiz.apply({"do": step})
    assert quiz.told_results(presents=True) is None, "the first round's would sway the second"


def test_with_the_truth_everybody_sees_both_rounds_and_their_own_score() -> None:
    quiz = played(posed(), FIRST, "close", "discuss", "open", guess(BOB, [9, 9], [9, 9]), "close")
    quiz.apply({"do": "run", "begun": 3})
    assert quiz.state(ANN, False, None).stage == "running"
    quiz.apply({"do": "truth", "values": [5, 8]})
    told = quiz.told_results(presents=False)
    assert told is not None
    assert [each.answered for each in told.rounds] == [1, 1]
    state = quiz.state(ANN, False, told)
    assert state.truth == (5, 8)
    assert state.scores == ((4 + 4 + 10 * 2) / 2, None)
    quiz.apply(posed())
    assert (quiz.state(ANN, False, None).number, quiz.state(ANN, False, None).stage) == (2, "open")
    assert quiz.told_results(presents=True) is None


@pytest.mark.parametrize(
    ("before", "record", "words"),
    [
        ((), {"do": "close"}, "no question is asked"),
        ((), FIRST, "not asked any more"),
        (("pose",), "pose", "a question is asked already"),
        (("pose",), guess(ANN, [1, 2]), "1 ranges: 2 are needed"),
        (("pose",), guess(ANN, [1, 2], [1, 2], number=7), "not asked any more"),
        (("pose",), {"do": "run", "begun": 0}, "the question is open: run does not come"),
        (("pose",), {"do": "truth", "values": [1, 2]}, "truth does not come after that"),
        (("pose", "close"), {"do": "open"}, "the question is closed: open does not come"),
        (("pose", "close", "discuss", "open", "close"), {"do": "discuss"}, "there were 2 rounds"),
        (("pose", "close", "run"), {"do": "drop"}, "the question is running: drop does not"),
        (("pose", "drop"), {"do": "close"}, "no question is asked"),
    ],
)
def test_what_cannot_happen_now_is_a_sentence_and_changes_nothing(
    before: tuple[str, ...], record: Any, words: str
) -> None:
    quiz = played(*(posed() if step == "pose" else step for step in before))
    known = repr(quiz.questions)
    with pytest.raises(RefusedError, match=words):
        quiz.apply(posed() if record == "pose" else record)
    assert repr(quiz.questions) == known


def test_a_question_is_about_designs_that_are_here() -> None:
    message = parse_message(json.dumps({**POSE, "designs": ["separate_pass"]}))
    assert isinstance(message, Pose)
    with pytest.raises(RefusedError, match="'separate_pass': this session has pinned"):
        Quiz().posed(message, KEYS)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"designs": []}, "designs has 0: 1 to 8 are allowed"),
        ({"designs": ["pinned", "pinned"]}, "designs has one twice"),
        ({"quantity": "mood"}, "one of huge_best, free_blocks_all"),
        ({"commands": []}, "from 1 to 20 are allowed"),
        ({"text": ""}, "a question of 1 to 200 characters"),
        ({"answer": 5}, "answer"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        parse_message(json.dumps({**POSE, **change}))


@pytest.mark.parametrize("ranges", [[[5, 4]], [[-1, 4]], [[0, 1 << 41]]])
def test_a_range_has_its_lower_end_first(ranges: list[list[int]]) -> None:
    with pytest.raises(RefusedError, match="is none: from 0 to"):
        parse_message(json.dumps({"type": "guess", "number": 1, "ranges": ranges}))


def test_people_and_questions_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MAX_VOTERS", 1)
    quiz = played(posed(), FIRST, FIRST)
    with pytest.raises(RefusedError, match="1 have answered, the limit"):
        quiz.apply(guess(BOB, [1, 5], [2, 6]))
    monkeypatch.setattr(rules, "MAX_CHANGES", 2)
    with pytest.raises(RefusedError, match="you have answered 2 times, the limit"):
        quiz.apply(FIRST)
    assert quiz.state(ANN, False, None).mine == (((1, 5), (2, 6)),)
    monkeypatch.setattr(rules, "MAX_QUIZ_QUESTIONS", 1)
    quiz.apply({"do": "drop"})
    with pytest.raises(RefusedError, match="the session had 1 questions"):
        quiz.apply(posed())
