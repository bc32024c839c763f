"""JSON at the doors, REST and WebSocket alike: strict parsing, compact writing."""

import json
from typing import Any

MAX_SHOWN = 60  # characters of a bad value that an error repeats


def shown(value: object) -> str:
    """A bad value as it stands in an error: quoted, and cut when long."""
    text = repr(value)
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number of JSON")


def parse_object(text: str | bytes, what: str) -> dict[str, Any]:
    """The JSON object in ``text``.

    Args:
        text: what came in.
        what: name of the thing for the error, as in "the message".

    Raises:
        ValueError: not JSON (NaN and Infinity included), too deeply nested, or not an object.
    """
    try:
        data = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError(f"{what} is nested too deeply") from None
    except (ValueError, UnicodeDecodeError) as error:
        raise ValueError(f"{what} is not JSON: {str(error)[:120]}") from None
    if not isinstance(data, dict):
        raise ValueError(f"{what} is a JSON {type(data).__name__}: an object is needed")
    return data


def only_fields(data: dict[str, Any], allowed: tuple[str, ...], what: str) -> None:
    """Refuse fields that nobody would read.

    Raises:
        ValueError: naming the first unknown field and the known ones.
    """
    for name in data:
        if name not in allowed:
            known = ", ".join(allowed) or "none"
            raise ValueError(f"{what} has no field {shown(name)}: its fields are {known}")


def whole(value: object, name: str, low: int, high: int, unit: str) -> int:
    """A whole number within bounds.

    Raises:
        ValueError: with name, value, bounds and unit.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(
            f"{name} is {shown(value)}: a whole number of {unit} from {low} to {high} is needed"
        )
    if not low <= value <= high:
        raise ValueError(f"{name} is {shown(value)}: from {low} to {high} {unit} are allowed")
    return value


def dump(data: dict[str, Any]) -> str:
    """Compact JSON; a NaN would be our own fault and raises."""
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
