"""The table of answers says who was right, and not who they were."""

from __future__ import annotations

import csv

from server.quiz.table import COLUMNS, answers_csv
from tests.server.quiz.test_quiz import ANN, BOB, FIRST, guess, played, posed


def test_every_closed_answer_is_a_row_for_each_design() -> None:
    quiz = played(posed(), FIRST, guess(BOB, [0, 9], [0, 9]), "close", "discuss", "open")
    assert answers_csv(quiz).count("\n") == 1, "nothing leaves it while it is open"
    for record in (guess(BOB, [5, 5], [8, 8]), {"do": "close"}, {"do": "run", "begun": 0}):
        quiz.apply(record)
    quiz.apply({"do": "truth", "values": [5, 8]})
    text = answers_csv(quiz)
    rows = list(csv.DictReader(text.splitlines()))
    assert tuple(rows[0]) == COLUMNS
    assert [row["round"] for row in rows] == ["1"] * 4 + ["2"] * 2
    (answer,) = {row["answer"] for row in rows if row["round"] == "2"}
    mine = [row for row in rows if row["answer"] == answer]
    assert [(row["low"], row["high"], row["covered"], row["interval_score"]) for row in mine] == [
        ("0", "9", "1", "9"), ("0", "9", "1", "9"), ("5", "5", "1", "0"), ("8", "8", "1", "0"),
    ]  # fmt: skip
    assert ANN not in text
    assert BOB not in text


def test_a_question_that_was_not_run_has_no_truth() -> None:
    rows = list(csv.DictReader(answers_csv(played(posed(), FIRST, "close")).splitlines()))
    assert [(row["truth"], row["covered"]) for row in rows] == [("", "")] * 2
