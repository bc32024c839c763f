"""A lesson made by hand, without a file: an act and two predictions over a guest of 16 MiB."""

from __future__ import annotations

from dataclasses import replace

from engine import commands as c
from engine import units as u
from engine.guest import Guest
from engine.lessons.expression import Expression, parse_expression
from engine.lessons.model import (
    Choice,
    Lesson,
    LessonAct,
    LessonLoad,
    LessonStep,
    Prediction,
    Prose,
    Scale,
    WrongAttempt,
)
from tests.engine.small_guest import every, two_zones

KEYS = {"pinned": "pinned", "hook": "lru_hook"}
LOAD = LessonLoad({"kind": "synthetic"}, KEYS, moment=(c.BalloonInflate(256),))


def guest(_: LessonLoad) -> Guest:
    """Every 64th page is a program's."""
    return two_zones(used=every(64, 0, 4096), state=u.STATE_ANON)


def expr(text: str, line: int = 1) -> Expression:
    return parse_expression(text, line)


def prose(*numbers: str) -> Prose:
    return Prose(2, (), tuple(expr(one, 2) for one in numbers))


ACT = LessonAct(
    prose("pinned.balloon_actual"),
    expr("hook.balloon_actual > start.hook.balloon_actual", 10),
    (prose(), prose("hook.free_blocks")),
    (c.BalloonInflate(256),),
    WrongAttempt("deflates", (c.BalloonDeflate(256),), expr("given.deflate > 0", 12), prose()),
)
SCALE = Scale(expr("hook.balloon_actual", 20), "pages", 0, 2000, 300, (1600, 1700), prose())
FORETOLD = Prediction(prose(), (c.BalloonInflate(256),), scale=SCALE)
CHOSEN = Prediction(
    prose(),
    (c.BalloonDeflate(256),),
    (
        Choice(prose(), expr("change.hook.balloon_actual < 0", 30), prose()),
        Choice(prose(), expr("change.hook.balloon_actual > 0", 31), prose("hook.busy")),
    ),
)


def step(**changes: object) -> LessonStep:
    made = LessonStep("A step", 5, KEYS, prose("guest.blocks"), prose())
    return replace(made, **changes)  # type: ignore[arg-type]


def lesson(*steps: LessonStep) -> Lesson:
    return Lesson("made", "0" * 32, "Made", 1, ("a thing",), prose(), steps)


GOOD = lesson(step(load=LOAD, act=ACT), step(prediction=FORETOLD), step(prediction=CHOSEN))
