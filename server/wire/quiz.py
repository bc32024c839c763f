"""Messages of "predict, then run": a question, ranges as answers, and what came of them; pure."""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeAlias, get_args

from pydantic import StrictInt

from engine.commands import Command
from engine.errors import RefusedError
from server.wire.command_form import CommandsForm
from server.wire.config import CLOSED
from server.wire.fields import Listed, OneOf, Text, Whole

MAX_TEXT = 200
MAX_DESIGN = 200
MAX_DESIGNS = 8
MAX_RUN = 20
MAX_VALUE = 1 << 40
MIN_VOTER, MAX_VOTER = 16, 64  # characters; nobody must guess another one's

# What can be asked for: statistics of docs/PROTOCOL.md § 5 that a person has a feeling for.
Quantity: TypeAlias = Literal[
    "huge_best", "free_blocks_all", "thp_potential", "balloon_actual", "blocks_held_by_balloon"
]
QUANTITIES: tuple[Quantity, ...] = get_args(Quantity)
QuizStep: TypeAlias = Literal["open", "close", "discuss", "run", "drop"]
QUIZ_STEPS: tuple[QuizStep, ...] = get_args(QuizStep)
Stage: TypeAlias = Literal["none", "open", "closed", "discuss", "running", "truth"]
Guessed: TypeAlias = tuple[StrictInt, StrictInt]  # low, high; both are in the range


# -- up ------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Pose:
    """The presenter asks: which number will each design show after these commands?"""

    __pydantic_config__ = CLOSED

    type: Literal["pose"] = field(default="pose", kw_only=True)
    text: Annotated[str, Text("text", MAX_TEXT, "a question")]
    quantity: Annotated[Quantity, OneOf("quantity", QUANTITIES)]
    designs: Annotated[tuple[str, ...], Listed("designs", "a list of designs")]
    commands: Annotated[tuple[Command, ...], CommandsForm(MAX_RUN)]

    def __post_init__(self) -> None:
        if not 1 <= len(self.designs) <= MAX_DESIGNS:
            raise RefusedError(f"designs has {len(self.designs)}: 1 to {MAX_DESIGNS} are allowed")
        if len(set(self.designs)) < len(self.designs):
            raise RefusedError("designs has one twice")
        if any(len(design) > MAX_DESIGN for design in self.designs):
            raise RefusedError(f"designs has a name of over {MAX_DESIGN} characters")


@dataclass(frozen=True)
class QuizAct:
    """The presenter takes the question one step further."""

    __pydantic_config__ = CLOSED

    type: Literal["quiz"] = field(default="quiz", kw_only=True)
    act: Annotated[QuizStep, OneOf("act", QUIZ_STEPS)]


@dataclass(frozen=True)
class Voter:
    """Who this client is among those who answer: what its browser keeps, and tells nobody else."""

    __pydantic_config__ = CLOSED

    type: Literal["voter"] = field(default="voter", kw_only=True)
    voter: Annotated[str, Text("voter", MAX_VOTER, "a random name")]

    def __post_init__(self) -> None:
        if len(self.voter) < MIN_VOTER:
            raise RefusedError(f"voter has {len(self.voter)} characters: at least {MIN_VOTER}")


@dataclass(frozen=True)
class Guess:
    """This voter's ranges, one for each design of the question; a later one takes its place."""

    __pydantic_config__ = CLOSED

    type: Literal["guess"] = field(default="guess", kw_only=True)
    number: Annotated[int, Whole("number", 1, 1 << 31, "(a question)")]
    ranges: Annotated[tuple[Guessed, ...], Listed("ranges", "a list of [low, high]")]

    def __post_init__(self) -> None:
        for low, high in self.ranges:
            if not 0 <= low <= high <= MAX_VALUE:
                raise RefusedError(
                    f"the range {low} to {high} is none: from 0 to {MAX_VALUE}, the lower end first"
                )


# -- down ----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Spans:
    """The ranges of one round for one design, without anybody's name.

    Attributes:
        counts: how many ranges reach into each part of the axis of QuizResults.
        low, high: medians of the ends.
        covered: ranges with the truth in them; null before the truth.
        score: mean interval score, in units of the quantity, lower is better; null likewise.
    """

    __pydantic_config__ = CLOSED

    counts: tuple[int, ...]
    low: float
    high: float
    covered: int | None
    score: float | None


@dataclass(frozen=True)
class RoundResult:
    """One closed round: how many answered, and the ranges of each design."""

    __pydantic_config__ = CLOSED

    answered: int
    designs: tuple[Spans, ...]


@dataclass(frozen=True)
class QuizResults:
    """What is told of closed rounds: ``counts`` go from ``low`` in parts of ``step``."""

    __pydantic_config__ = CLOSED

    low: int
    step: int
    rounds: tuple[RoundResult, ...]


@dataclass(frozen=True)
class QuizState:
    """The question as this client may know it, after every change.

    Attributes:
        number: of the question, from 1; 0: none was asked.
        stage: open, closed, discuss, running or truth.
        round: 1 or 2.
        text, quantity, designs, commands: the question.
        mine: this voter's ranges in each round, null: none.
        scores: the interval scores of those, once the truth is there: mean over the designs.
        answered: how many have answered in this round, for presenters; null for everybody else.
        results: distributions; null while it is open. Viewers get them with the truth.
        truth: what each design came to; null before.
        log_index: commands in the session's log after the run; null before.
    """

    __pydantic_config__ = CLOSED

    type: Literal["quiz_state"] = field(default="quiz_state", kw_only=True)
    number: int
    stage: Stage
    round: int
    text: str
    quantity: str
    designs: tuple[str, ...]
    commands: tuple[dict[str, Any], ...]
    mine: tuple[tuple[Guessed, ...] | None, ...]
    scores: tuple[float | None, ...]
    answered: int | None
    results: QuizResults | None
    truth: tuple[int, ...] | None
    log_index: int | None


QuizMessage = Pose | QuizAct | Voter | Guess
QuizAnswer = QuizState
