"""The JSON form of commands, taken from engine/commands.py: the engine alone knows their bounds."""

from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from engine.commands import COMMANDS, Command, command_from_dict
from engine.errors import RefusedError
from server.jsontext import shown


def _command(value: object) -> Command:
    return value if isinstance(value, Command) else command_from_dict(value)


def command_schemas(complete: bool) -> list[dict[str, Any]]:
    """A JSON schema for each command, with its ``type``; fields and defaults are the engine's.

    Args:
        complete: a field with a default is there all the same.
    """
    schemas = []
    for name, form in COMMANDS.items():
        schema = TypeAdapter(form).json_schema()
        tag = {"type": {"const": name, "type": "string"}}
        schema["properties"] = tag | schema.get("properties", {})
        required = ["type", *schema.get("required", [])]
        schema["required"] = list(schema["properties"]) if complete else required
        schemas.append(schema)
    return schemas


@dataclass(frozen=True)
class CommandForm:
    """Annotation of a field that holds a command: checked, and refused, by the engine."""

    def __get_pydantic_core_schema__(self, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            _command,
            serialization=core_schema.plain_serializer_function_ser_schema(Command.to_dict),
        )

    def __get_pydantic_json_schema__(
        self, _: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schemas = command_schemas(complete=handler.mode == "serialization")
        return {"oneOf": schemas, "discriminator": {"propertyName": "type"}}


@dataclass(frozen=True)
class CommandsForm:
    """Annotation of a field that holds 1 to ``most`` commands."""

    most: int

    def _commands(self, value: object) -> tuple[Command, ...]:
        if not isinstance(value, list | tuple):
            raise RefusedError(f"commands is {shown(value)}: a list of commands is needed")
        if not 1 <= len(value) <= self.most:
            raise RefusedError(f"commands has {len(value)}: from 1 to {self.most} are allowed")
        return tuple(_command(one) for one in value)

    def __get_pydantic_core_schema__(self, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self._commands,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda commands: [one.to_dict() for one in commands]
            ),
        )

    def __get_pydantic_json_schema__(
        self, _: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        one = CommandForm().__get_pydantic_json_schema__(_, handler)
        return {"type": "array", "items": one, "minItems": 1, "maxItems": self.most}
