"""Files of lessons for the tests: the example that ships, and pieces of it exchanged."""

from __future__ import annotations

from collections.abc import Callable

from engine.lessons.model import Lesson
from engine.world import World, WorldConfig
from server.guests.library import Library
from server.lessons.reading import LessonFaults, read_lesson
from server.paths import lesson_example
from server.wire.config import SessionConfig

EXAMPLE = lesson_example().read_text(encoding="utf-8")
SCALE = """predict:
  question: How many huge pages will `lru_hook` hand out?
  number: lru_hook.huge_best
  unit: huge pages
  from: 0
  to: 128
  width: 30
  wrong: {answer: [90, 100], say: Fewer.}
  run: [[compact], [huge, 200]]
"""


def example(*changes: tuple[str, str]) -> Lesson:
    """The example with pieces exchanged."""
    return read_lesson("example", changed(*changes).encode())


def changed(*changes: tuple[str, str]) -> str:
    """Its text with pieces exchanged; each must be there once at least."""
    text = EXAMPLE
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def with_scale() -> Lesson:
    """The example, its choices exchanged for a scale."""
    start = EXAMPLE.index("predict:\n")
    end = EXAMPLE.index("run: [[compact], [huge, 200]]\n") + len("run: [[compact], [huge, 200]]\n")
    return read_lesson("scale", (EXAMPLE[:start] + SCALE + EXAMPLE[end:]).encode())


def faults_of(*changes: tuple[str, str]) -> list[str]:
    """What reading the changed example says: line and sentence."""
    try:
        example(*changes)
    except LessonFaults as error:
        return [f"{fault.line}: {fault.text}" for fault in error.faults]
    return []


def line_of(piece: str, *changes: tuple[str, str]) -> int:
    """The line of a piece in the changed example."""
    text = changed(*changes)
    return text.count("\n", 0, text.index(piece)) + 1


def worlds() -> Callable[[SessionConfig], World]:
    """Makes the world of a config, as grading does."""
    library = Library(1, 1 << 30)

    def make(config: SessionConfig) -> World:
        base = library.base(config.source, config.seed, lambda *_: None)
        return World(base.guest, WorldConfig(config.designs, config.seed, profile=config.profile))

    return make
