"""The answers of a session as CSV, without names; pure."""

import csv
import io

from server.quiz.quiz import Quiz
from server.quiz.score import interval_score

COLUMNS = (
    "question", "text", "quantity", "round", "answer", "design", "low", "high", "truth", "covered",
    "interval_score",
)  # fmt: skip


def answers_csv(quiz: Quiz) -> str:
    """Every answer of every round that is closed, of questions that are not open.

    ``answer`` is the same number for the same person in both rounds of a question, in no order that
    says who it was or when they answered.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for question in quiz.questions:
        if question.stage == "open":
            continue
        voters = sorted({voter for answers in question.rounds for voter in answers})
        places = {voter: place for place, voter in enumerate(voters, 1)}
        for nr, answers in enumerate(question.rounds, 1):
            for voter in sorted(answers):
                for i, (low, high) in enumerate(answers[voter]):
                    judged: tuple[object, ...] = ("", "", "")
                    if question.truth is not None:
                        truth = question.truth[i]
                        covered = int(low <= truth <= high)
                        judged = (truth, covered, f"{interval_score(low, high, truth):g}")
                    writer.writerow(
                        (question.number, question.text, question.quantity, nr, places[voter],
                         question.designs[i], low, high, *judged)
                    )  # fmt: skip
    return out.getvalue()
