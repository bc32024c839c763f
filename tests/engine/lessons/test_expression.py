"""Expressions: what they come to, what is refused, and that no hostile one costs anything."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import RefusedError
from engine.lessons.expression import (
    EXPRESSION_FUNCTIONS,
    MAX_EXPRESSION,
    number_text,
    parse_expression,
)

NAMES = {"a.x": 7, "a.y": 2, "b.zero": 0}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a.x + a.y * 3", 13),
        ("a.x // a.y - a.x % a.y", 2),
        ("-a.x / a.y", -3.5),
        ("1 < a.y < a.x", True),
        ("1 < a.x < a.y", False),
        ("not a.x == 7 or a.y != 3", True),
        ("a.x > 1 and a.y > 2", False),
        ("min(a.x, a.y) + max(1, a.y, 3) + abs(-4)", 9),
        ("round(10 / 3, 1)", 3.3),
        ("round(a.x / a.y)", 4),
        ("mib(512)", 2),
        ("percent(a.y, 8)", 25),
        ("percent(a.y, b.zero)", 0),
        ("a.x >=\n7", True),
    ],
)
def test_an_expression_comes_to_its_value(text: str, value: float) -> None:
    one = parse_expression(text)
    assert one.value(NAMES.__getitem__) == value
    assert one.is_predicate is isinstance(value, bool)


def test_names_are_listed_once_and_functions_are_none() -> None:
    assert parse_expression("min(a.x, a.x) + start.a.y").names == ("a.x", "start.a.y")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "an expression is empty"),
        ("a.x >", "is no expression"),
        ("2 ** 9", "'2 ** 9' is not allowed"),
        ("a.x << 9", "is not allowed"),
        ("1 if a.x else 2", "is not allowed"),
        ("[1][0]", "is not allowed"),
        ("lambda: 1", "is not allowed"),
        ("a.x is 7", "is not allowed"),
        ("(x := 3)", "is not allowed"),
        ("'text'", "only numbers are allowed"),
        ("True", "only numbers are allowed"),
        ("__import__('os')", "unknown function '__import__'"),
        ("a.x.__class__()", "unknown function 'a.x.__class__'"),
        ("min(1)", "takes 2 to 8 numbers"),
        ("abs(*a.x)", "takes 1 numbers"),
        ("round(1, digits=2)", "takes 1 to 2 numbers"),
        ("1 + (2 > 1)", "arithmetic needs a number"),
        ("a.x and 1 > 0", "and needs a comparison"),
        ("not a.x", "not needs a comparison"),
        ("9" * 20, "is over 1000000000000000"),
        ("1e999", "is over 1000000000000000"),
        ("-" * 60 + "1", "nested more than 40 deep"),
        ("(" * 300 + "1" + ")" * 300, "at most 400 are allowed"),
        ("a\0", "is no expression"),
    ],
)
def test_anything_else_is_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(RefusedError) as error:
        parse_expression(text)
    assert sentence in str(error.value)
    assert len(str(error.value)) < 300


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("1 / b.zero", "divides by zero"), ("1 % (a.x - 7)", "divides by zero"),
     ("*".join(["1e15"] * 30), "leaves the range of numbers")],
)  # fmt: skip
def test_a_value_that_there_is_not_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(RefusedError, match=sentence):
        parse_expression(text).value(NAMES.__getitem__)


def test_a_predicate_is_no_number_and_the_other_way_round() -> None:
    with pytest.raises(RefusedError, match="a comparison, which is true or false, is needed"):
        parse_expression("a.x", predicate=True)
    with pytest.raises(RefusedError, match="a number is needed"):
        parse_expression("a.x > 1", predicate=False)


@given(st.text(alphabet="(a.x+-*/%<>=!andortmi,1 9e)[]_'\"\n", max_size=MAX_EXPRESSION))
def test_no_text_does_anything_but_come_to_a_value_or_be_refused(text: str) -> None:
    begun = time.process_time()
    try:
        parse_expression(text).value(lambda _: 3)
    except RefusedError as error:
        assert "\n" not in str(error)
    assert time.process_time() - begun < 1


def test_numbers_are_written_as_people_write_them() -> None:
    told = [number_text(one) for one in (1234567, 2.0, 2.5, 0.126, -1000, 1e6 / 3)]
    assert told == ["1,234,567", "2", "2.5", "0.13", "-1,000", "333,333.33"]


def test_every_function_says_how_many_numbers_it_takes() -> None:
    assert all(1 <= least <= most for _, least, most in EXPRESSION_FUNCTIONS.values())
