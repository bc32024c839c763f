"""A lesson's file: the example as it is read, and every fault with its line."""

from __future__ import annotations

import pytest

from server.lessons.reading import MAX_LESSON_BYTES, LessonFaults, read_lesson
from tests.server.lessons.files import EXAMPLE, example, faults_of, line_of


def test_the_example_is_read_with_its_steps_and_lines() -> None:
    lesson = example()
    assert (lesson.name, lesson.title, lesson.minutes) == ("example", "A balloon in the way", 3)
    assert [step.kind for step in lesson.steps] == ["read", "predict", "act"]
    assert [step.line for step in lesson.steps] == [
        line_of(f"## {step.title}") for step in lesson.steps
    ]
    act = lesson.steps[2].act
    assert act
    assert act.expect.line == line_of("expect:")
    assert lesson.steps[0].before.numbers[0].line == line_of("{{ guest.blocks }}")
    assert lesson.steps[2].after.numbers[0].text == "pinned.huge_best"


def test_lines_end_as_they_may_and_the_digest_is_of_the_bytes() -> None:
    other = read_lesson("example", EXAMPLE.replace("\n", "\r\n").encode())
    assert [step.line for step in other.steps] == [step.line for step in example().steps]
    assert other.digest != example().digest


@pytest.mark.parametrize(
    ("old", "new", "piece", "sentence"),
    [
        ("minutes: 3", "minutes: 99", "minutes: 99", "a whole number from 1 to 60 minutes"),
        ("minutes: 3\n", "", "title:", "minutes is missing"),
        ("title:", "tittle:", "tittle:", "has no field 'tittle'"),
        ("pinned.blocks_with_balloon", "pined.busy", "pined.busy", "there is no design 'pined'"),
        ("{{ guest.blocks }}", "{{ guest. }}", "{{ guest. }}", "is no expression"),
        ("pinned.huge_best > start", "pinned.huge > start", "pinned.huge > ", "no number 'huge'"),
        ("Two guests", "{{ guest.mib }} guests", "{{ guest.mib }}", "before the first step"),
        ("## Do better", "##", "##\n", "a step needs a heading"),
        ("ask: Get", "aks: Get", "aks:", "has no field 'aks'"),
        ("With the balloon", "![a](b)\n\nWith the balloon", "![a]", "images are not shown"),
    ],
)
def test_a_fault_has_its_line(old: str, new: str, piece: str, sentence: str) -> None:
    (found,) = faults_of((old, new))
    assert sentence in found
    assert int(found.split(":")[0]) == line_of(piece, (old, new))


def test_each_step_tells_its_first_fault() -> None:
    found = faults_of(("guest.blocks", "guest.blox"), ("start.pinned", "start.pined"))
    assert len(found) == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("# A heading", "front matter is missing"),
        ("---\ntitle: x\nminutes: 3\nknow: [a]\n---\ntext", "0 steps: from 1 to 30"),
        ("---\ntitle: x\nminutes: 3\nknow: [a]\n---\n## A\ntext", "the first step must load"),
        ("---\ntitle: x", "front matter"),
        ("", "front matter is missing"),
    ],
)
def test_a_file_that_is_no_lesson_says_why(text: str, sentence: str) -> None:
    with pytest.raises(LessonFaults, match=sentence):
        read_lesson("x", text.encode())


def test_bytes_that_are_no_text_and_too_many_are_refused() -> None:
    with pytest.raises(LessonFaults, match="line 2: the file is not UTF-8"):
        read_lesson("x", b"---\n\xff")
    with pytest.raises(LessonFaults, match="B is the limit"):
        read_lesson("x", b"a" * (MAX_LESSON_BYTES + 1))


def test_a_second_block_in_a_step_is_refused() -> None:
    block = "```yaml step\nask: x\n```\n\nWith the balloon"
    (found,) = faults_of(("With the balloon", block))
    assert "a second block in one step" in found
