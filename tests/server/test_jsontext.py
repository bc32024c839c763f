"""JSON at the doors."""

import pytest

from server import jsontext


def test_an_object_comes_back():
    assert jsontext.parse_object(b'{"a": "\xc3\xa4"}', "it") == {"a": "ä"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"\xff\xfe", "it is not JSON"),
        ("{'a': 1}", "it is not JSON"),
        ('{"a": Infinity}', "it is not JSON: expected value at line 1 column 7"),
        ('{"a": "\\ud800"}', "it is not JSON: unexpected end of hex escape at line 1"),
        ("null", "it is a JSON NoneType: an object is needed"),
        ('{"a":' * 100_000, "it is nested too deeply"),
        ('{"a": ' + "9" * 5000 + "}", "it is not JSON"),
    ],
)
def test_anything_else_is_refused(text, sentence):
    with pytest.raises(ValueError) as caught:
        jsontext.parse_object(text, "it")
    assert sentence in str(caught.value)
    assert len(str(caught.value)) < 200


def test_long_values_are_cut():
    assert jsontext.shown("x" * 1000) == "'" + "x" * 59 + "…"
    assert jsontext.shown(7) == "7"


def test_unknown_fields_are_named():
    jsontext.only_fields({"a": 1}, ("a", "b"), "it")
    with pytest.raises(ValueError, match="it has no field 'c': its fields are a, b"):
        jsontext.only_fields({"c": 1}, ("a", "b"), "it")


@pytest.mark.parametrize("value", [True, None, 1.0, "1", [1]])
def test_whole_numbers_only(value):
    with pytest.raises(ValueError, match="a whole number of pages from 1 to 5"):
        jsontext.whole(value, "it", 1, 5, "pages")


def test_bounds():
    assert jsontext.whole(5, "it", 1, 5, "pages") == 5
    with pytest.raises(ValueError, match="it is 6: from 1 to 5 pages are allowed"):
        jsontext.whole(6, "it", 1, 5, "pages")


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.0", "1e3", "²", "٣", " 1", "1_0", "9" * 17])
def test_what_is_no_whole_number_in_an_address_is_refused(text):
    assert jsontext.digits_of(text) is None
    with pytest.raises(ValueError, match=r"^tick is '.*': a whole number of ticks is needed$"):
        jsontext.whole_of(text, "tick", "ticks")


def test_a_whole_number_in_an_address_is_read():
    assert jsontext.whole_of("0042", "tick", "ticks") == jsontext.digits_of("42") == 42
