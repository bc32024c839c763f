"""A lesson without a page: every step from its start, what is asked false before and true after."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from engine.commands import Command
from engine.errors import RefusedError
from engine.guest import Guest
from engine.lessons.expression import Expression, number_text
from engine.lessons.model import (
    ClassQuestion,
    Lesson,
    LessonAct,
    LessonLoad,
    LessonStep,
    Prediction,
    Prose,
    Scale,
    WrongAttempt,
)
from engine.lessons.numbers import LessonMoment, LessonScene
from engine.world import World, WorldConfig

MakeGuest = Callable[[LessonLoad], Guest]


@dataclass(frozen=True)
class LessonFault:
    """What is wrong with a lesson: the line, and one sentence."""

    line: int
    text: str


class LessonStage:
    """A world in which a lesson is played, and what was given since when."""

    def __init__(self) -> None:
        """Nothing is loaded yet."""
        self.world: World | None = None
        self.log: list[Command] = []
        self._since = 0
        self._start: dict[str, int] = {}

    def load(self, load: LessonLoad, make: MakeGuest) -> None:
        """Begin anew from what a step loads."""
        config = WorldConfig(tuple(load.designs.values()), load.seed, profile=load.profile)
        self.world = World(make(load), config)
        self.world.run_until_idle()
        self.log = []
        self.give(load.moment)

    def give(self, commands: Sequence[Command]) -> None:
        """Give commands, each once everything before it is done.

        Raises:
            RefusedError: one does not fit the guest.
        """
        assert self.world is not None
        for command in commands:
            self.world.apply(command)
            self.world.run_until_idle()
            self.log.append(command)

    def begin(self, step: LessonStep) -> None:
        """Here a step starts."""
        self._since = len(self.log)
        scene = self.scene(step)
        self._start = {name: int(scene.number(name)) for name in step.kept}

    def scene(self, step: LessonStep) -> LessonScene:
        """What its expressions see now."""
        assert self.world is not None
        given = self.log[self._since :]
        return LessonScene(step.designs, LessonMoment.of(self.world), self._start, given, self.log)

    def back(self) -> Callable[[], None]:
        """How to come back to this moment."""
        world, log = self.world, list(self.log)
        assert world is not None
        point = world.checkpoint()

        def restore() -> None:
            world.restore(point)
            self.log = log

        return restore


def check_lesson(
    lesson: Lesson, make: MakeGuest, on_step: Callable[[int], None] = lambda _: None
) -> list[LessonFault]:
    """Play a lesson and find out whether it keeps its word.

    Args:
        lesson: which.
        make: makes the guest that a step loads; it is not written.
        on_step: called with the number of each step before it is played.

    Returns:
        What is wrong, in the order of lines; nothing after the first step that cannot be played.
    """
    stage = LessonStage()
    faults: list[LessonFault] = []
    for number, step in enumerate(lesson.steps):
        on_step(number)
        try:
            if step.load:
                stage.load(step.load, make)
            stage.begin(step)
            faults += _step_faults(stage, step)
        except RefusedError as error:
            faults.append(LessonFault(step.line, f"step {number + 1} cannot be played: {error}"))
            break
    return sorted(set(faults), key=lambda one: one.line)


def _step_faults(stage: LessonStage, step: LessonStep) -> Iterator[LessonFault]:
    """Play one step to its end; see check_lesson()."""
    yield from _unshown(step.before, stage.scene(step))
    if step.act:
        yield from _act_faults(stage, step, step.act)
    elif step.prediction:
        yield from _prediction_faults(stage, step, step.prediction)
    yield from _unshown(step.after, stage.scene(step))


def _unshown(prose: Prose, scene: LessonScene) -> Iterator[LessonFault]:
    """DesignNumbers of a text that have no value now."""
    for number in prose.numbers:
        try:
            number.value(scene.number)
        except RefusedError as error:
            yield LessonFault(number.line, str(error))


def _act_faults(stage: LessonStage, step: LessonStep, act: LessonAct) -> Iterator[LessonFault]:
    before = stage.scene(step)
    for prose in (act.ask, *act.hints):
        yield from _unshown(prose, before)
    if act.expect.holds(before.number):
        yield _wrong(act.expect, "expect is true before anything was done", before)
    if act.wrong.when.holds(before.number):
        yield _wrong(act.wrong.when, "when of the wrong attempt is true at the start", before)
    yield from _attempt_faults(stage, step, act.expect, act.wrong)
    stage.give(act.solution)
    after = stage.scene(step)
    if not act.expect.holds(after.number):
        yield _wrong(act.expect, "expect is false after the solution", after)
    if act.wrong.when.holds(after.number):
        yield _wrong(act.wrong.when, "when of the wrong attempt is true after the solution", after)


def _attempt_faults(
    stage: LessonStage, step: LessonStep, expect: Expression, wrong: WrongAttempt
) -> Iterator[LessonFault]:
    """Play the wrong attempt, and come back."""
    back = stage.back()
    stage.give(wrong.do)
    scene = stage.scene(step)
    if expect.holds(scene.number):
        yield _wrong(expect, f"expect is true after the wrong attempt {wrong.name!r}", scene)
    if not wrong.when.holds(scene.number):
        yield _wrong(wrong.when, f"when does not recognise the attempt {wrong.name!r}", scene)
    yield from _unshown(wrong.say, scene)
    back()


def _wrong(expression: Expression, text: str, scene: LessonScene) -> LessonFault:
    """A sentence with the numbers that made it so."""
    values = ", ".join(f"{name} is {number_text(scene.number(name))}" for name in expression.names)
    return LessonFault(expression.line, f"{text}: {values or expression.text}")


def _prediction_faults(
    stage: LessonStage, step: LessonStep, prediction: Prediction
) -> Iterator[LessonFault]:
    before = stage.scene(step)
    yield from _unshown(prediction.question, before)
    early = [choice.when.holds(before.number) for choice in prediction.choices]
    scale = prediction.scale
    was = scale.number.value(before.number) if scale else 0
    stage.give(prediction.run)
    after = stage.scene(step)
    if prediction.together:
        yield from _class_faults(prediction.together, step, before, after)
    if scale:
        yield from _scale_faults(scale, was, after)
        return
    true = [i for i, one in enumerate(prediction.choices) if one.when.holds(after.number)]
    names = [name for one in prediction.choices for name in one.when.names]
    values = ", ".join(
        f"{name} is {number_text(after.number(name))}" for name in dict.fromkeys(names)
    )
    first = prediction.choices[0].when
    if len(true) != 1:
        which = f"choices {', '.join(str(i + 1) for i in true)} are" if true else "no choice is"
        yield LessonFault(first.line, f"after the run {which} true, exactly one must be ({values})")
    for i in true:
        if early[i]:
            when = prediction.choices[i].when
            yield _wrong(when, f"choice {i + 1} is true before the run", before)
        if prediction.choices[i].say.blocks:
            when = prediction.choices[i].when
            yield _wrong(when, f"choice {i + 1} comes true, but says why it is wrong", after)
    for i, choice in enumerate(prediction.choices):
        if i not in true:
            yield from _unshown(choice.say, after)


def _class_faults(
    asked: ClassQuestion, step: LessonStep, before: LessonScene, after: LessonScene
) -> Iterator[LessonFault]:
    """A class is asked for numbers that the run changes, in one design at least."""
    names = [f"{name}.{asked.quantity}" for name in step.designs]
    if all(before.number(name) == after.number(name) for name in names):
        told = ", ".join(f"{name} is {number_text(after.number(name))}" for name in names)
        text = f"the class is asked for what is the same before the run and after it: {told}"
        yield LessonFault(asked.line, text)


def _scale_faults(scale: Scale, was: float, after: LessonScene) -> Iterator[LessonFault]:
    truth, line = scale.number.value(after.number), scale.number.line
    told = f"{scale.number.text} is {number_text(truth)}"
    if truth == was:
        yield LessonFault(line, f"{told} before the run and after it: there is nothing to predict")
    if not scale.low <= truth <= scale.high:
        yield LessonFault(line, f"{told}, which is not on the scale {scale.low} to {scale.high}")
    low, high = scale.wrong
    if low <= truth <= high:
        yield LessonFault(line, f"{told}, which the wrong answer {low} to {high} holds")
    yield from _unshown(scale.say, after)
