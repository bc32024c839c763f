"""The questions of a session: a state machine; pure.

    open → closed → discuss → open → closed → running → truth

The second round may be left out. What happens is a record, a JSON object: it is checked, done and
kept in one go (apply), and played again after a restart. While it is open nothing of the answers
leaves it but a voter's own, and to presenters how many there are; viewers see distributions with
the truth, so that nobody follows the many.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.commands import Command, command_from_dict
from engine.errors import RefusedError
from server.quiz.score import Ranges, mean_score, results
from server.wire.quiz import Pose, QuizResults, QuizState, Stage

MAX_QUIZ_QUESTIONS = 200
MAX_VOTERS = 5000  # of a question: who makes up names does not fill the disk
MAX_CHANGES = 50  # of one voter in a round, nor who cannot decide
ROUNDS = 2
_STEPS: dict[str, tuple[tuple[Stage, ...], Stage]] = {  # act: where it may be, where it leads
    "open": (("discuss",), "open"),
    "close": (("open",), "closed"),
    "discuss": (("closed",), "discuss"),
    "run": (("closed",), "running"),
    "halt": (("running",), "closed"),
    "drop": (("open", "closed", "discuss", "truth"), "none"),
}


def voter_key(voter: str) -> str:
    """What a voter is known by in records: not what its browser keeps."""
    return hashlib.sha256(voter.encode()).hexdigest()[:24]


@dataclass
class QuizQuestion:
    """One question and its answers.

    Attributes:
        number: from 1.
        text, quantity, designs, commands: what is asked, as in Pose.
        rounds: answers by voter_key(), of each round that was begun.
        stage: where it is.
        begun: commands in the session's log when it was run.
        truth: what each design came to; None: not known yet.
        changes: answers of each voter in this round, those that were replaced included.
    """

    number: int
    text: str
    quantity: str
    designs: tuple[str, ...]
    commands: tuple[Command, ...]
    rounds: list[dict[str, Ranges]] = field(default_factory=lambda: [{}])
    stage: Stage = "open"
    begun: int = 0
    truth: tuple[int, ...] | None = None
    changes: Counter[str] = field(default_factory=Counter)

    @property
    def closed_rounds(self) -> list[dict[str, Ranges]]:
        """Those that nobody can change any more."""
        return self.rounds[:-1] if self.stage == "open" else self.rounds


class Quiz:
    """All questions of a session; the last one is under way."""

    def __init__(self) -> None:
        self.questions: list[QuizQuestion] = []

    @property
    def now(self) -> QuizQuestion | None:
        """The question that people see; None: there is none."""
        last = self.questions[-1] if self.questions else None
        return last if last and last.stage != "none" else None

    # -- records ---------------------------------------------------------------------------------
    def posed(self, message: Pose, keys: Sequence[str]) -> dict[str, Any]:
        """The record of a new question.

        Args:
            message: of the presenter.
            keys: the session's designs.

        Raises:
            RefusedError: it is about a design that is not here.
        """
        for design in message.designs:
            if design not in keys:
                raise RefusedError(f"design {design!r:.60}: this session has {', '.join(keys)}")
        return {
            "do": "pose", "text": message.text, "quantity": message.quantity,
            "designs": list(message.designs),
            "commands": [command.to_dict() for command in message.commands],
        }  # fmt: skip

    def apply(self, record: Mapping[str, Any]) -> None:
        """Check what happens, and do it.

        Args:
            record: ``do`` is pose, guess, a step (open, close, discuss, run, halt, drop) or truth.

        Raises:
            RefusedError: it cannot happen now; nothing is changed.
        """
        what = record["do"]
        if what == "pose":
            self._pose(record)
        elif what == "guess":
            self._guess(record)
        elif what == "truth":
            question = self._at("truth", ("running",))
            question.truth, question.stage = tuple(record["values"]), "truth"
        else:
            stages, leads = _STEPS[what]
            question = self._at(what, stages)
            if what == "discuss" and len(question.rounds) == ROUNDS:
                raise RefusedError(f"there were {ROUNDS} rounds: run it now")
            if what == "open":
                question.rounds.append({})
                question.changes.clear()
            elif what == "run":
                question.begun = record["begun"]
            question.stage = leads

    def _at(self, what: str, stages: Sequence[str]) -> QuizQuestion:
        question = self.now
        if question is None:
            raise RefusedError("no question is asked")
        if question.stage not in stages:
            raise RefusedError(f"the question is {question.stage}: {what} does not come after that")
        return question

    def _pose(self, record: Mapping[str, Any]) -> None:
        now = self.now
        if now is not None and now.stage != "truth":
            raise RefusedError("a question is asked already: drop it, or take it to its end")
        if len(self.questions) >= MAX_QUIZ_QUESTIONS:
            raise RefusedError(f"the session had {MAX_QUIZ_QUESTIONS} questions, its limit")
        commands = tuple(command_from_dict(one) for one in record["commands"])
        self.questions.append(
            QuizQuestion(
                len(self.questions) + 1, record["text"], record["quantity"],
                tuple(record["designs"]), commands,
            )
        )  # fmt: skip

    def _guess(self, record: Mapping[str, Any]) -> None:
        question = self.now
        if question is None or question.number != record["number"]:
            raise RefusedError("this question is not asked any more: your answer is not counted")
        if question.stage != "open":
            raise RefusedError(
                "the answers are closed: yours stays as it was when they were closed"
            )
        if len(record["ranges"]) != len(question.designs):
            raise RefusedError(
                f"{len(record['ranges'])} ranges: {len(question.designs)} are needed, one a design"
            )
        answers = question.rounds[-1]
        if record["voter"] not in answers and len(answers) >= MAX_VOTERS:
            raise RefusedError(f"{MAX_VOTERS} have answered, the limit")
        if question.changes[record["voter"]] >= MAX_CHANGES:
            raise RefusedError(f"you have answered {MAX_CHANGES} times, the limit: the last counts")
        question.changes[record["voter"]] += 1
        answers[record["voter"]] = tuple((low, high) for low, high in record["ranges"])

    # -- what is told ----------------------------------------------------------------------------
    def told_results(self, presents: bool) -> QuizResults | None:
        """Distributions, as far as they may be known: to the presenter between the rounds, too."""
        question = self.now
        if question is None or question.stage == "open":
            return None
        if question.stage != "truth" and not presents:
            return None
        rounds = [list(answers.values()) for answers in question.closed_rounds]
        return results(rounds, len(question.designs), question.truth)

    def state(
        self, voter: str | None, presents: bool, distributions: QuizResults | None
    ) -> QuizState:
        """The question as a client may know it.

        Args:
            voter: its voter_key(); None: it has not said.
            presents: it has the presenter's token.
            distributions: told_results() of the same ``presents``, made once for all.
        """
        question = self.now
        if question is None:
            number = len(self.questions)
            return QuizState(number, "none", 1, "", "", (), (), (), (), None, None, None, None)
        mine = tuple(answers.get(voter or "") for answers in question.rounds)
        truth = question.truth
        scores = tuple(mean_score(one, truth) if one and truth else None for one in mine)
        return QuizState(
            question.number, question.stage, len(question.rounds), question.text,
            question.quantity, question.designs,
            tuple(command.to_dict() for command in question.commands), mine, scores,
            len(question.rounds[-1]) if presents else None, distributions, truth,
            question.begun + len(question.commands) if truth is not None else None,
        )  # fmt: skip
