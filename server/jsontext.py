"""JSON at the doors, REST and WebSocket alike: strict parsing, compact writing."""

import json
from collections.abc import Iterable
from typing import Any

from pydantic_core import from_json

from engine.errors import RefusedError

MAX_SHOWN = 60  # characters of a bad value that an error repeats
MAX_DIGITS = 16  # of a number in an address


def shown(value: object) -> str:
    """A bad value as it stands in an error: quoted, and cut when long."""
    text = repr(value)
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"


def parse_object(text: str | bytes, what: str) -> dict[str, Any]:
    """The JSON object in ``text``.

    Args:
        text: what came in.
        what: name of the thing for the error, as in "the message".

    Raises:
        RefusedError: not JSON (NaN, Infinity and half a surrogate pair included), too deeply
            nested, or not an object.
    """
    try:
        data = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        found = str(error)
        if found.startswith("recursion limit"):
            raise RefusedError(f"{what} is nested too deeply") from None
        raise RefusedError(f"{what} is not JSON: {found[:120]}") from None
    if not isinstance(data, dict):
        raise RefusedError(f"{what} is a JSON {type(data).__name__}: an object is needed")
    return data


def no_field(name: str, allowed: Iterable[str], what: str) -> str:
    """The sentence for a field that nobody would read."""
    return f"{what} has no field {shown(name)}: its fields are {', '.join(allowed) or 'none'}"


def only_fields(data: dict[str, Any], allowed: tuple[str, ...], what: str) -> None:
    """Refuse fields that nobody would read.

    Raises:
        RefusedError: naming the first unknown field and the known ones.
    """
    for name in data:
        if name not in allowed:
            raise RefusedError(no_field(name, allowed, what))


def not_whole(value: object, name: str, low: int, high: int, unit: str) -> str:
    """The sentence for what is no whole number from ``low`` to ``high``."""
    if isinstance(value, bool) or not isinstance(value, int):
        return f"{name} is {shown(value)}: a whole number of {unit} from {low} to {high} is needed"
    return f"{name} is {shown(value)}: from {low} to {high} {unit} are allowed"


def whole(value: object, name: str, low: int, high: int, unit: str) -> int:
    """A whole number within bounds.

    Raises:
        RefusedError: with name, value, bounds and unit.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise RefusedError(not_whole(value, name, low, high, unit))
    return value


def text_within(value: object, name: str, most: int) -> str:
    """A string of 1 to ``most`` characters.

    Raises:
        RefusedError: with name, value and bounds.
    """
    if not isinstance(value, str) or not 1 <= len(value) <= most:
        raise RefusedError(f"{name} is {shown(value)}: 1 to {most} characters are needed")
    return value


def digits_of(text: str) -> int | None:
    """The whole number that stands in an address; None: it is none, or has too many digits."""
    is_one = text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS
    return int(text) if is_one else None


def whole_of(text: str, name: str, unit: str) -> int:
    """A whole number from an address.

    Raises:
        RefusedError: it is none.
    """
    number = digits_of(text)
    if number is None:
        raise RefusedError(f"{name} is {shown(text)}: a whole number of {unit} is needed")
    return number


def dump(data: dict[str, Any]) -> str:
    """Compact JSON; a NaN would be our own fault and raises."""
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
