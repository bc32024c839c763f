"""The parts of a lesson: what docs/LESSONS.md describes, as data."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine import units as u
from engine.commands import Command
from engine.lessons.expression import Expression
from engine.lessons.numbers import at_start

# Text as JSON: {"tag", "parts", ...}; a number is {"tag": "number", "at": index}.
Block = dict[str, Any]


@dataclass(frozen=True)
class Prose:
    """Text with numbers in it.

    Attributes:
        line: where it begins in the file.
        blocks: the text; a number says where it stands in ``numbers``.
        numbers: expressions, evaluated when the text is shown.
        links: (line, address) of every link.
    """

    line: int
    blocks: tuple[Block, ...] = ()
    numbers: tuple[Expression, ...] = ()
    links: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class LessonLoad:
    """What a step starts from.

    Attributes:
        source: of the guest, as docs/PROTOCOL.md section 2.
        designs: name in expressions -> key.
        seed: of the session.
        profile: whose rules.
        moment: commands given before the step begins.
    """

    source: Mapping[str, Any]
    designs: Mapping[str, str]
    seed: int = 1
    profile: str = u.PROFILES[u.PROFILE_MODERN]
    moment: tuple[Command, ...] = ()

    def config(self) -> dict[str, Any]:
        """The config of its session, as docs/PROTOCOL.md section 2."""
        return {
            "source": dict(self.source),
            "designs": list(self.designs.values()),
            "seed": self.seed,
            "profile": self.profile,
        }


@dataclass(frozen=True)
class WrongAttempt:
    """What somebody may try that does not do.

    Attributes:
        name: a few words.
        do: its commands.
        when: recognises it.
        say: what to say about it.
    """

    name: str
    do: tuple[Command, ...]
    when: Expression
    say: Prose


@dataclass(frozen=True)
class LessonAct:
    """Something to bring about."""

    ask: Prose
    expect: Expression
    hints: tuple[Prose, ...]
    solution: tuple[Command, ...]
    wrong: WrongAttempt


@dataclass(frozen=True)
class Choice:
    """One answer of several: its text, when it is the right one, what to say where it is not."""

    text: Prose
    when: Expression
    say: Prose


@dataclass(frozen=True)
class Scale:
    """A number to be foretold as a range.

    Attributes:
        number: the truth, after the run.
        unit: in words.
        low: where the scale begins.
        high: where it ends.
        width: widest range that counts.
        wrong: a range that does not hold the truth.
        say: what to say where an answer does not hold it.
    """

    number: Expression
    unit: str
    low: int
    high: int
    width: int
    wrong: tuple[int, int]
    say: Prose

    def covers(self, answer: tuple[int, int], truth: float) -> bool:
        """Whether a range holds the truth and is narrow enough."""
        low, high = answer
        return low <= truth <= high and high - low <= self.width


@dataclass(frozen=True)
class ClassQuestion:
    """What a presenter's class is asked in the same place: a range for each design.

    Attributes:
        line: where it stands in the file.
        text: the question, plain.
        quantity: statistic that the ranges are of; the truth is its value after the run.
    """

    line: int
    text: str
    quantity: str


@dataclass(frozen=True)
class Prediction:
    """A question whose answer comes before the run that decides it.

    Attributes:
        question: for who plays the lesson alone.
        run: commands that decide it.
        choices: answers to choose from, or
        scale: a number to be foretold as a range.
        together: what a class is asked instead; None: nothing.
    """

    question: Prose
    run: tuple[Command, ...]
    choices: tuple[Choice, ...] = ()
    scale: Scale | None = None
    together: ClassQuestion | None = None


@dataclass(frozen=True)
class LessonStep:
    """One step; at most one of act and prediction.

    Attributes:
        title: its heading.
        line: of the heading.
        designs: name in expressions -> key, of the last load.
        before: text when it begins.
        after: text once it is done.
        load: what it starts from; None: where the last one ended.
        show: number -> label, beside the text.
        act: what is asked for.
        prediction: what is foretold.
    """

    title: str
    line: int
    designs: Mapping[str, str]
    before: Prose
    after: Prose
    load: LessonLoad | None = None
    show: tuple[tuple[str, str], ...] = ()
    act: LessonAct | None = None
    prediction: Prediction | None = None

    @property
    def kind(self) -> str:
        """``act``, ``predict`` or ``read``."""
        return "act" if self.act else "predict" if self.prediction else "read"

    @property
    def solution(self) -> tuple[Command, ...]:
        """Commands that lead to its end."""
        if self.act:
            return self.act.solution
        return self.prediction.run if self.prediction else ()

    def prose(self) -> Iterator[Prose]:
        """Every text of it."""
        yield from (self.before, self.after)
        if self.act:
            yield from (self.act.ask, *self.act.hints, self.act.wrong.say)
        if self.prediction:
            yield self.prediction.question
            for choice in self.prediction.choices:
                yield from (choice.text, choice.say)
            if self.prediction.scale:
                yield self.prediction.scale.say

    def expressions(self) -> Iterator[Expression]:
        """Every expression of it."""
        for text in self.prose():
            yield from text.numbers
        if self.act:
            yield from (self.act.expect, self.act.wrong.when)
        if self.prediction:
            yield from (choice.when for choice in self.prediction.choices)
            if self.prediction.scale:
                yield self.prediction.scale.number

    @property
    def kept(self) -> list[str]:
        """Names of which it must be known how they were at its start."""
        return at_start([name for one in self.expressions() for name in one.names])


@dataclass(frozen=True)
class Lesson:
    """One lesson.

    Attributes:
        name: of its file, without the suffix.
        digest: of its file's bytes.
        title: in a list.
        minutes: how long it takes.
        know: what one knows afterwards.
        intro: text before its first step.
        steps: in order; the first one loads.
    """

    name: str
    digest: str
    title: str
    minutes: int
    know: tuple[str, ...]
    intro: Prose
    steps: tuple[LessonStep, ...]

    def way(self, number: int) -> tuple[LessonLoad, tuple[Command, ...]]:
        """How to get to the start of a step: what to load, and commands from there.

        Args:
            number: of the step, from 0.
        """
        first = max(i for i in range(number + 1) if self.steps[i].load)
        load = self.steps[first].load
        assert load is not None
        earlier = (one for step in self.steps[first:number] for one in step.solution)
        return load, (*load.moment, *earlier)
