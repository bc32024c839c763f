"""Commands on the wire are the engine's: its fields, its bounds, its sentences."""

from dataclasses import dataclass
from typing import Annotated

import pytest
from pydantic import TypeAdapter, ValidationError

from engine.commands import COMMANDS, BalloonInflate, Command, SetWorkload
from server.wire.command_form import CommandForm, CommandsForm, command_schemas

FORM = TypeAdapter(Annotated[Command, CommandForm()])


def test_a_command_comes_back():
    command = SetWorkload(True, 7)
    assert FORM.validate_python(command) is command
    assert FORM.dump_python(command) == command.to_dict()
    assert FORM.validate_json(FORM.dump_json(command)) == command


def test_a_refusal_is_the_engine_s_own():
    with pytest.raises(ValidationError) as caught:
        FORM.validate_json('{"type": "huge", "nr": 0}')
    assert str(caught.value.errors()[0]["ctx"]["error"]).startswith("huge is 0: from 1 to ")


def test_every_command_has_a_schema_with_its_own_fields():
    schemas = {schema["properties"]["type"]["const"]: schema for schema in command_schemas(False)}
    assert list(schemas) == list(COMMANDS)
    assert schemas["balloon_inflate"]["properties"]["nr_pages"]["type"] == "integer"
    assert schemas["balloon_inflate"]["required"] == ["type", "nr_pages"]
    assert schemas["workload"]["required"] == ["type", "enabled"]
    whole = {schema["title"]: schema["required"] for schema in command_schemas(complete=True)}
    assert whole["SetWorkload"] == ["type", "enabled", "rate", "ticks"]


def test_the_schema_is_that_of_a_union():
    @dataclass
    class Holder:
        command: Annotated[Command, CommandForm()]

    schema = TypeAdapter(Holder).json_schema()["properties"]["command"]
    assert len(schema["oneOf"]) == len(COMMANDS)
    assert TypeAdapter(Holder).validate_python({"command": {"type": "huge", "nr": 1}}) is not None
    assert Holder(BalloonInflate(1)).command.nr_pages == 1


def test_a_list_of_commands_travels_and_says_its_bounds():
    form = TypeAdapter(Annotated[tuple[Command, ...], CommandsForm(2)])
    pair = (BalloonInflate(1), SetWorkload(True, 7))
    assert form.validate_json(form.dump_json(pair)) == pair
    assert form.validate_python(list(pair)) == pair
    for bad in ([], [*pair, pair[0]]):
        with pytest.raises(ValidationError, match="from 1 to 2 are allowed"):
            form.validate_python(bad)
    schema = form.json_schema()
    assert (schema["type"], schema["minItems"], schema["maxItems"]) == ("array", 1, 2)
    assert len(schema["items"]["oneOf"]) == len(COMMANDS)
