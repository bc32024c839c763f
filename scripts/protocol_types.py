"""Maintainers: write web/src/net/protocol.d.ts, the types of messages, from server/wire.

    python -m scripts.protocol_types          # rewrite the file
    python -m scripts.protocol_types --check  # exit status 1 if it would change

The types are read off the JSON schemas that pydantic makes of the classes. Only what those
schemas use is understood; anything else is a KeyError here, not a wrong type there.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated, Any

from pydantic import TypeAdapter

from engine.commands import Command
from server.wire.command_form import CommandForm
from server.wire.config import SessionConfig, Source
from server.wire.messages import Down, Up

ROOT = Path(__file__).resolve().parents[1]
TYPES = ROOT / "web" / "src" / "net" / "protocol.d.ts"
HEAD = """\
/**
 * Messages and configs of docs/PROTOCOL.md. Made from the classes of server/wire by
 * `python -m scripts.protocol_types`: change those, not this file. XInput is what may be sent, with
 * defaults left out; X is what comes, complete.
 */
"""
SIMPLE = {"integer": "number", "number": "number", "string": "string", "boolean": "boolean"}
WIDTH = 100

Schema = dict[str, Any]

# Unions that have a name of their own: name -> mode and what it is in Python.
UNIONS: dict[str, tuple[str, Any]] = {
    "Command": ("validation", Annotated[Command, CommandForm()]),
    "Source": ("serialization", Source),
    "SourceInput": ("validation", Source),
    "Up": ("validation", Up),
    "Down": ("serialization", Down),
}


def name_of(reference: str) -> str:
    """The TypeScript name of a definition; what is complete has the plain one."""
    return reference.rsplit("/", 1)[-1].replace("-Output", "").replace("-", "")


def type_of(schema: Schema) -> str:
    """The TypeScript type of a schema, on one line."""
    if "$ref" in schema:
        return name_of(schema["$ref"])
    if "const" in schema:
        return f'"{schema["const"]}"'
    if "enum" in schema:
        return " | ".join(f'"{word}"' for word in schema["enum"])
    parts = schema.get("oneOf") or schema.get("anyOf")
    if parts:
        return " | ".join(type_of(part) for part in parts)
    kind = schema.get("type")
    if kind is None:
        return "unknown"
    if kind == "null":
        return "null"
    if kind == "array":
        return array_of(schema)
    if kind == "object":
        if "properties" in schema:
            return str(schema["title"])
        inner = schema["additionalProperties"]
        return f"Record<string, {'unknown' if inner is True else type_of(inner)}>"
    return SIMPLE[kind]


def array_of(schema: Schema) -> str:
    """The type of a list or of a tuple."""
    if "prefixItems" in schema:
        return f"[{', '.join(type_of(item) for item in schema['prefixItems'])}]"
    item = type_of(schema["items"])
    return f"({item})[]" if " | " in item else f"{item}[]"


def described(schema: Schema) -> list[str]:
    """The docstring of a class as JSDoc, without the section on its attributes."""
    text = schema.get("description", "").split("\n\nAttributes:")[0]
    return comment(text) if text else []


def comment(text: str, indent: str = "") -> list[str]:
    """A description as JSDoc."""
    lines = [line.rstrip() for line in text.replace("``", "`").splitlines()]
    if len(lines) == 1:
        return [f"{indent}/** {lines[0]} */"]
    return [f"{indent}/**", *(f"{indent} * {line}".rstrip() for line in lines), f"{indent} */"]


def bounds(schema: Schema, needed: bool) -> list[str]:
    """What a type cannot say: the limits of a number, a string or a list, and its default."""
    said = []
    for low, high, unit in (
        ("minimum", "maximum", ""),
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", " items"),
    ):
        if low in schema:
            said.append(f"{schema[low]} to {schema[high]}{unit}")
    if not needed and isinstance(schema.get("default"), int | float | str):
        said.append(f"{schema['default']} when absent")
    return comment("; ".join(said), "  ") if said else []


def interface(name: str, schema: Schema) -> list[str]:
    """One object as an interface; a tag is never optional."""
    lines = [*described(schema), f"export interface {name} {{"]
    required = schema.get("required", [])
    properties = schema.get("properties", {})
    # The tag first, as on the wire.
    for field in sorted(properties, key=lambda one: "const" not in properties[one]):
        inner = properties[field]
        needed = field in required or "const" in inner
        lines += bounds(inner, needed)
        lines.append(f"  {field}{'' if needed else '?'}: {type_of(inner)};")
    return [*lines, "}", ""]


def union(name: str, schema: Schema) -> list[str]:
    """A named union, one member a line where they are many."""
    text = f"export type {name} = {type_of(schema)};"
    if len(text) > WIDTH:
        text = text.replace(" = ", " =\n  | ", 1).replace(" | ", "\n  | ").replace("  \n", "\n")
    return [line.rstrip() for line in text.splitlines() if line.strip()] + [""]


def interfaces(schemas: dict[str, Schema]) -> str:
    """Every object; one form where what is sent and what is complete have the same fields."""
    made = {name: "\n".join(interface(name, schema)) for name, schema in schemas.items()}
    same = [
        name
        for name, text in made.items()
        if made.get(f"{name}Input", "").replace(f"{name}Input", name) == text
    ]
    for name in same:
        del made[f"{name}Input"]
    return "\n".join(made.values())


def render() -> str:
    """The file as it must be."""
    wanted = [(name, mode, TypeAdapter(form)) for name, (mode, form) in UNIONS.items()]
    wanted.append(("SessionConfig", "validation", TypeAdapter(SessionConfig)))
    found, shared = TypeAdapter.json_schemas(wanted)  # type: ignore[arg-type]
    unions = {name: found[name, mode] for name, (mode, _) in UNIONS.items()}
    objects = {schema["title"]: schema for schema in unions["Command"]["oneOf"]}
    objects |= {name_of(name): schema for name, schema in shared["$defs"].items()}
    text = HEAD + "\n" + interfaces(objects)
    for name, schema in unions.items():
        one = type_of(schema)
        for inside, short in ((f": {one};", f": {name};"), (f": ({one})[];", f": {name}[];")):
            text = re.sub(rf"{re.escape(inside)}$", short, text, flags=re.MULTILINE)
    text += "\n" + "\n".join(line for name in unions for line in union(name, unions[name]))
    for name in sorted(set(re.findall(r"\b(\w+)Input\b", text))):
        if f"interface {name}Input " not in text and f"type {name}Input " not in text:
            text = re.sub(rf"\b{name}Input\b", name, text)
    return text


def main(arguments: list[str]) -> int:
    """Write the file, or say whether it would change."""
    text = render()
    if "--check" in arguments:
        return int(not TYPES.exists() or TYPES.read_text() != text)
    TYPES.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
