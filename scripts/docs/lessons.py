"""Maintainers: write the tables of docs/LESSONS.md, lessons and the broken rules they notice.

python -m scripts.docs.lessons
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.lessons.model import Lesson
from scripts.docs.generated import with_parts
from scripts.mutants.catalog import MUTANTS
from server.lessons.shelf import LessonShelf
from server.paths import lessons_folder

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "LESSONS.md"


def every_lesson() -> list[Lesson]:
    """Our lessons, in order.

    Raises:
        RefusedError: a file is none.
    """
    shelf = LessonShelf([lessons_folder()])
    return [shelf.lesson(name) for name in shelf.paths()]


def lessons_part(lessons: Sequence[Lesson]) -> list[str]:
    """A row for each lesson: what it is about, how long, what one has to do in it."""
    lines = ["| lesson | title | minutes | steps | acts | predictions |"]
    lines.append("| --- | --- | --- | --- | --- | --- |")
    for one in lessons:
        kinds = [step.kind for step in one.steps]
        numbers = (one.minutes, len(kinds), kinds.count("act"), kinds.count("predict"))
        cells = " | ".join(str(number) for number in numbers)
        lines.append(f"| `{one.name}` | {one.title} | {cells} |")
    return lines


def mutants_part(lessons: Sequence[Lesson]) -> list[str]:
    """A row for each broken rule: what the lesson says, and which step notices."""
    steps = {one.name: [step.title for step in one.steps] for one in lessons}
    lines = ["| mutant | the rule that it breaks | noticed by | in its step |"]
    lines.append("| --- | --- | --- | --- |")
    for mutant in MUTANTS:
        step = steps[mutant.lesson][mutant.step - 1]
        lines.append(
            f"| `{mutant.name}` | {mutant.rule} | `{mutant.lesson}` | {mutant.step}. {step} |"
        )
    return lines


def rendered(text: str) -> str:
    """The document with its generated parts as they are now."""
    lessons = every_lesson()
    parts = {"lessons": lessons_part(lessons), "mutants": mutants_part(lessons)}
    return with_parts(text, parts)


def main() -> None:
    """Write."""
    DOCUMENT.write_text(rendered(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
