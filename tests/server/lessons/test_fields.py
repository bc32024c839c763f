"""YAML field by field: values, and the line of what is wrong."""

from __future__ import annotations

import pytest

from engine.errors import RefusedError
from server.lessons.fields import Yaml, at_line, read_yaml
from server.lessons.prose import LessonError


def field(text: str, name: str = "a") -> Yaml:
    return read_yaml(text, 10, "the block").mapping(None)[name]


def test_values_come_with_their_line() -> None:
    one = field("a: 1\nb: [x, 2]\n", "b")
    assert (one.line, one.value(), [each.text() for each in one.items(1, 2)]) == (
        11, ["x", 2], ["x", "2"],
    )  # fmt: skip
    assert field("a: 7").whole(1, 9, "minutes") == 7


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("", 10, "is empty"),
        ("a: [1", 10, "is no YAML"),
        ("a: 1\na: 2", 11, "'a' is there twice"),
        ("a: &x 1\nb: *x", 10, "anchors and aliases"),
        ("- 1", 10, "fields are needed"),
        ("b: 1", 10, "has no field 'b'"),
        ("c: 1", 10, "a is missing"),
    ],
)
def test_a_fault_has_its_line(text: str, line: int, sentence: str) -> None:
    with pytest.raises(LessonError, match=sentence) as error:
        read_yaml(text, 10, "the block").mapping(("a", "c"), ("a",))
    assert abs(error.value.line - line) <= 1


def test_a_deeply_nested_block_is_refused() -> None:
    with pytest.raises(LessonError, match="nested more than 12 deep"):
        read_yaml("[" * 5000 + "]" * 5000, 1, "the block")


@pytest.mark.parametrize("text", ["a: yes", "a: [x]", 'a: ""', "a: 2012-07-22"])
def test_what_is_no_text_is_refused(text: str) -> None:
    with pytest.raises(LessonError, match="text"):
        field(text).text()


@pytest.mark.parametrize("text", ["a: 0", "a: 1.5", "a: true", "a: x"])
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(LessonError, match="a whole number from 1 to 9 minutes"):
        field(text).whole(1, 9, "minutes")


def test_a_list_has_its_bounds() -> None:
    with pytest.raises(LessonError, match="from 2 to 3 are allowed"):
        field("a: [1]").items(2, 3)
    with pytest.raises(LessonError, match="a list is needed"):
        field("a: 1").items(2, 3)


def test_a_refusal_gets_the_line_and_keeps_its_own() -> None:
    with pytest.raises(LessonError) as error, at_line(4):
        raise RefusedError("no")
    assert (error.value.line, str(error.value)) == (4, "no")
    with pytest.raises(LessonError) as error, at_line(4):
        raise LessonError(9, "own")
    assert error.value.line == 9
