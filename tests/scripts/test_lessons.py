"""The tables of docs/LESSONS.md say what lessons and mutants there are."""

from __future__ import annotations

from scripts.docs import lessons
from scripts.mutants.catalog import MUTANTS


def test_the_document_is_up_to_date() -> None:
    text = lessons.DOCUMENT.read_text(encoding="utf-8")
    assert lessons.rendered(text) == text, "python -m scripts.docs.lessons writes it anew"


def test_every_lesson_asks_twice_and_lets_foretell_once() -> None:
    for one in lessons.every_lesson():
        kinds = [step.kind for step in one.steps]
        assert kinds.count("act") >= 2, one.name
        assert kinds.count("predict") >= 1, one.name
        assert 5 <= one.minutes <= 10, one.name


def test_every_mutant_has_a_row_with_the_step_that_notices_it() -> None:
    rows = lessons.mutants_part(lessons.every_lesson())[2:]
    assert len(rows) == len(MUTANTS)
    for row, mutant in zip(rows, MUTANTS, strict=True):
        assert mutant.name in row and mutant.rule in row and f"| {mutant.step}. " in row
