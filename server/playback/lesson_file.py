"""A lesson as a file that plays without a server: its text, its numbers, and what one does in it.

A lesson may load several guests; each is a recording of its own, from the load to the solution of
the last step that goes on from it. What a server would answer about a step, the file has in it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.commands import Command
from engine.errors import RefusedError
from engine.lessons.model import Lesson, LessonLoad, LessonStep
from engine.lessons.numbers import LessonMoment
from server.guests.library import Library
from server.lessons.evidence import scene_of, start_now
from server.lessons.showing import begun, filled, lesson_told, outcome
from server.playback.export import PlaybackFile, Played, Wanted, file_within, recorded_part
from server.playback.page_file import playback_page
from server.playback.recorder import Span
from server.session.making import new_session
from server.session.session import Session
from server.wire.config import config_from_dict

LESSON_TICKS = 1500  # in a recording, beside those round commands: of more, one tick in so many
Leads = Callable[[str], str]


class _Part:
    """One guest of a lesson, played from step to step."""

    def __init__(self, load: LessonLoad, library: Library) -> None:
        self._config = config_from_dict(load.config())
        self._base = library.base(self._config.source, self._config.seed, lambda *_: None)
        self.session = self._fresh()
        self.give(load.moment)

    def _fresh(self) -> Session:
        return new_session(self._config, self._base.guest, self._base.text, self._base.facts)

    def give(self, commands: Sequence[Command]) -> None:
        """One after the other, each when every guest is idle, as the page gives them."""
        self._rest()
        for command in commands:
            self.session.accept(command)
            self._rest()

    def _rest(self) -> None:
        while not self.session.at_rest:
            self.session.advance()

    def played(self) -> Played:
        """All of it, to be written down."""
        return Played(self._fresh(), self.session.log, self.session.tick)


def _answered(part: _Part, step: LessonStep) -> dict[str, Any]:
    """What a server would say of a step from its start to its end; the step is played.

    Raises:
        RefusedError: its solution does not do it.
    """
    session = part.session
    before = LessonMoment.of(session.world)
    start = start_now(step, before, session.tick, len(session.log))
    scene = scene_of(step, before, session.log, start)
    told: dict[str, Any] = {
        "from": len(session.log),
        **begun(step, scene),
        "commands": [command.to_dict() for command in step.solution],
    }
    part.give(step.solution)
    scene = scene_of(step, LessonMoment.of(session.world), session.log, start)
    found = outcome(step, scene, None)
    if not found["done"]:
        raise RefusedError(f"the step {step.title!r:.80} is not done by its solution")
    told["after"] = filled(step.after, scene)
    if step.prediction:
        told["truth"], told["text"] = found["truth"], found.get("text", "")
        scale = step.prediction.scale
        says = [scale.say] if scale else [choice.say for choice in step.prediction.choices]
        told["says"] = [filled(say, scene) for say in says]
    return told


def nowhere(href: str) -> str:
    """Where a link of a lesson leads in a file that stands alone: the web, or a tab of it."""
    return href if href.startswith(("https://", "#tab-")) else ""


def _led(part: Any, leads: Leads) -> Any:
    """Text as JSON with its links as they are in the file; one that leads nowhere is text."""
    if isinstance(part, list):
        return [_led(one, leads) for one in part]
    if not isinstance(part, dict):
        return part
    inside = {name: _led(value, leads) for name, value in part.items()}
    if part.get("tag") != "a":
        return inside
    href = leads(part["href"])
    return {**inside, "href": href} if href else {"tag": "span", "parts": inside["parts"]}


def lesson_playback(
    lesson: Lesson,
    library: Library,
    leads: Leads = nowhere,
    others: Sequence[Mapping[str, Any]] = (),
    link: str = "",
) -> PlaybackFile:
    """A lesson as a file.

    Args:
        lesson: which.
        library: of guests.
        leads: where a link of its text leads from the file; empty: nowhere.
        others: what a list of lessons shows beside this one, as GET /api/lessons tells it, each
            with ``href``, the file in which it is; this one has none.
        link: address of a fragscope, as in Wanted.

    Raises:
        RefusedError: a step cannot be played, or is not done by its solution.
        LargeFileError: it would be large; see file_within().
    """
    parts: list[_Part] = []
    steps = []
    for step in lesson.steps:
        if step.load:
            parts.append(_Part(step.load, library))
        steps.append({"part": len(parts) - 1, **_answered(parts[-1], step)})
    recorded = []
    for part in parts:
        played = part.played()
        wanted = Wanted(
            Span(every=max(1, played.tick // LESSON_TICKS)),
            link=link, title=lesson.title, text=" ".join(lesson.know),
        )  # fmt: skip
        recorded.append(recorded_part(played, wanted))
    told = lesson_told(lesson)
    own = {name: told[name] for name in ("name", "title", "minutes", "know")}
    data = {
        "lesson": told,
        "list": [*others] or [{**own, "steps": len(lesson.steps)}],
        "steps": steps,
    }
    words = f"lesson {lesson.name}; {recorded[0][1]}"
    text = playback_page([one for one, _ in recorded], words, False, _led(data, leads))
    moments = sum(len(one.story["ticks"]) for one, _ in recorded)
    last = sum(recorded[-1][0].story["ticks"])
    return PlaybackFile(text, file_within(text, False), moments, last)
