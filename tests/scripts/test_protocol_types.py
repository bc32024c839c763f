"""The page's types of messages say what the server's classes say now."""

from __future__ import annotations

import re

import pytest

from engine.commands import COMMANDS
from scripts import protocol_types
from server.wire import messages


def test_the_types_are_up_to_date() -> None:
    stale = "stale: python -m scripts.protocol_types writes it anew"
    assert protocol_types.TYPES.read_text() == protocol_types.render(), stale


def test_check_notices_a_change(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol_types, "TYPES", tmp_path / "protocol.d.ts")
    assert protocol_types.main(["--check"]) == 1, "no file"
    assert protocol_types.main([]) == 0
    assert protocol_types.main(["--check"]) == 0
    with (tmp_path / "protocol.d.ts").open("a") as file:
        file.write("\n")
    assert protocol_types.main(["--check"]) == 1


def test_every_command_and_message_is_told_apart_by_its_type() -> None:
    text = protocol_types.render()
    tags = re.findall(r'^  type: "(\w+)";$', text, re.MULTILINE)
    assert {*COMMANDS, *messages.UP, *messages.DOWN} == set(tags)
    # `pace` goes both ways; every other tag has one form.
    assert len(tags) == len(set(tags))


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": "integer"}, "number"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "string | null"),
        ({"type": "array", "items": {"$ref": "#/$defs/A-Output"}}, "A[]"),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, '("a" | "b")[]'),
        ({"type": "array", "prefixItems": [{"type": "string"}, {"const": "b"}]}, '[string, "b"]'),
        ({"type": "object", "additionalProperties": {"type": "number"}}, "Record<string, number>"),
        ({}, "unknown"),
    ],
)
def test_types(schema: protocol_types.Schema, text: str) -> None:
    assert protocol_types.type_of(schema) == text


def test_what_is_not_understood_is_refused() -> None:
    with pytest.raises(KeyError):
        protocol_types.type_of({"type": "date"})


def test_one_form_where_both_have_the_same_fields() -> None:
    some = {"properties": {"a": {"type": "string"}}, "required": ["a"]}
    other = {"properties": {"a": {"type": "string"}}}
    text = protocol_types.interfaces({"A": some, "AInput": some, "B": some, "BInput": other})
    assert re.findall(r"interface (\w+)", text) == ["A", "B", "BInput"]
    assert "  a?: string;" in text
