"""Evidence that a step was done: config, log and digest, which anybody can play again.

A page gets it from the server when a step is done, keeps it, and hands it in; ``fragscope lesson
grade`` plays it and compares.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import RefusedError
from engine.lessons.model import Lesson, LessonStep
from engine.lessons.numbers import LessonMoment, LessonScene
from engine.log import MAX_TICK, Entry, advance
from engine.world import World
from server.jsontext import only_fields, shown, text_within, whole
from server.lessons.showing import LessonAnswer, answer_from, outcome
from server.wire.config import SessionConfig, config_from_dict

MAX_EVIDENCE = 2000  # commands
_FIELDS = ("engine", "config", "log", "start", "tick", "digest")
_START = ("tick", "log_index", "numbers")


@dataclass(frozen=True)
class StepStart:
    """Where a step began.

    Attributes:
        tick: of the session.
        log_index: commands given by then.
        numbers: what the step keeps, by dotted name.
    """

    tick: int
    log_index: int
    numbers: Mapping[str, int]

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {"tick": self.tick, "log_index": self.log_index, "numbers": dict(self.numbers)}


def start_from(data: object, step: LessonStep) -> StepStart:
    """The start that a JSON object describes.

    Raises:
        RefusedError: it is none, or lacks what the step keeps.
    """
    if not isinstance(data, dict):
        raise RefusedError(f"the start is {shown(data)}: an object is needed")
    only_fields(data, _START, "the start")
    numbers = data.get("numbers")
    if not isinstance(numbers, dict) or sorted(numbers) != step.kept:
        raise RefusedError(
            f"numbers of the start are {shown(numbers)}: {', '.join(step.kept) or 'none'} needed"
        )
    most = MAX_TICK
    return StepStart(
        whole(data.get("tick"), "tick of the start", 0, most, "ticks"),
        whole(data.get("log_index"), "log_index of the start", 0, most, "commands"),
        {name: whole(value, name, -most, most, "") for name, value in numbers.items()},
    )


def start_now(step: LessonStep, moment: LessonMoment, tick: int, log_index: int) -> StepStart:
    """A step begins now."""
    scene = LessonScene(step.designs, moment)
    return StepStart(tick, log_index, {name: int(scene.number(name)) for name in step.kept})


def scene_of(
    step: LessonStep, moment: LessonMoment, log: Sequence[Entry], start: StepStart
) -> LessonScene:
    """What a step's expressions see, of a session whose whole log is ``log``."""
    given = [entry.command for entry in log]
    return LessonScene(step.designs, moment, start.numbers, given[start.log_index :], given)


def evidence_of(
    engine: str,
    config: SessionConfig,
    log: Sequence[Entry],
    start: StepStart,
    mark: tuple[int, str],
) -> dict[str, Any]:
    """The JSON form of evidence.

    Args:
        engine: digest of the simulator.
        config: of the session.
        log: all of it.
        start: where the step began.
        mark: tick of the end, and the digest of its state.
    """
    return {
        "engine": engine,
        "config": config.to_dict(),
        "log": [entry.to_dict() for entry in log],
        "start": start.to_dict(),
        "tick": mark[0],
        "digest": mark[1],
    }


@dataclass(frozen=True)
class Replayed:
    """What playing evidence again came to: ``done``, or why not, and the outcome."""

    done: bool
    text: str
    outcome: Mapping[str, Any]


def _log_from(data: Mapping[str, Any]) -> list[Entry]:
    lines = data.get("log")
    if not isinstance(lines, list) or len(lines) > MAX_EVIDENCE:
        raise RefusedError(f"its log is no list of at most {MAX_EVIDENCE} commands")
    return [Entry.from_dict(one) for one in lines]


def replay_evidence(
    lesson: Lesson,
    number: int,
    data: object,
    answer: object,
    engine: str,
    make: Callable[[SessionConfig], World],
) -> Replayed:
    """Play evidence of a step again.

    Args:
        lesson: which.
        number: of the step, from 0.
        data: as evidence_of() gave it; a stranger's.
        answer: to a prediction, as the page sent it; a stranger's.
        engine: digest of this simulator.
        make: makes the world of a config.
    """
    step = lesson.steps[number]
    try:
        if not isinstance(data, dict):
            raise RefusedError("nothing was handed in")
        only_fields(data, _FIELDS, "the evidence")
        if data.get("engine") != engine:
            raise RefusedError("it was played by another version of the simulator")
        load, _ = lesson.way(number)
        config = config_from_dict(data.get("config"))
        if config.to_dict() != config_from_dict(load.config()).to_dict():
            raise RefusedError("it is of another guest than the lesson's")
        log, start = _log_from(data), start_from(data.get("start"), step)
        first = [entry.command for entry in log[: len(load.moment)]]
        if first != list(load.moment) or not len(load.moment) <= start.log_index <= len(log):
            raise RefusedError("it does not begin where the lesson's step begins")
        world = make(config)
        now = _play_to(world, log[: start.log_index], start.tick)
        kept = start_now(step, now, start.tick, start.log_index)
        end = whole(data.get("tick"), "its tick", start.tick, MAX_TICK, "ticks")
        now = _play_to(world, log[start.log_index :], end)
        if world.state_digest() != text_within(data.get("digest"), "its digest", 64):
            raise RefusedError("the state at its end is another one: the file was altered")
        chosen: LessonAnswer = answer_from(step, answer)
        told = outcome(step, scene_of(step, now, log, kept), chosen)
    except RefusedError as error:
        return Replayed(False, str(error), {})
    return Replayed(bool(told["done"]), "" if told["done"] else "what was asked is not done", told)


def _play_to(world: World, log: Sequence[Entry], tick: int) -> LessonMoment:
    """Apply entries at their ticks, and go on to ``tick``."""
    for entry in log:
        advance(world, entry.tick)
        world.apply(entry.command)
    advance(world, tick)
    return LessonMoment.of(world)
