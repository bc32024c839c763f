"""Text messages of docs/PROTOCOL.md section 3: parse what comes up, build what goes down; pure.

Beside server/wire/frames.py, which has the frames. JSON is validated here and nowhere else on the
way in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.commands import Command, command_from_dict
from engine.view import PLANES, STAT_FIELDS
from server.jsontext import dump, only_fields, parse_object, shown, whole
from server.wire.config import SessionConfig, config_from_dict
from server.wire.frames import WIRE_VERSION

MAX_MESSAGE_BYTES = 64 * 1024
MAX_COMMAND_ID = 64
MAX_TICKS_PER_S = 1000
MAX_STEP_TICKS = 1000

CLOSE_GOING_AWAY = 1001
CLOSE_INTERNAL = 1011
CLOSE_BAD_HELLO = 4400
CLOSE_NO_SESSION = 4404
CLOSE_TOO_BIG = 4413
CLOSE_LIMIT = 4429


class MessageError(ValueError):
    """A message that cannot be understood; carries the command's id where there was one."""

    def __init__(self, text: str, command_id: str | None = None) -> None:
        super().__init__(text)
        self.command_id = command_id


@dataclass(frozen=True)
class Hello:
    """First message of a client."""

    versions: tuple[int, ...]


@dataclass(frozen=True)
class CommandMessage:
    """A command for the session's log."""

    command_id: str
    command: Command


@dataclass(frozen=True)
class Credit:
    """One frame was painted."""


@dataclass(frozen=True)
class Pace:
    """Ticks a second, 0 = paused."""

    ticks_per_s: float


@dataclass(frozen=True)
class Step:
    """Advance a paused session."""

    ticks: int


@dataclass(frozen=True)
class Key:
    """Send a key frame next."""


@dataclass(frozen=True)
class Reset:
    """Start over under the same session id."""

    command_id: str
    config: SessionConfig


Message = Hello | CommandMessage | Credit | Pace | Step | Key | Reset


def _command_id(data: dict[str, Any]) -> str:
    value = data.get("command_id")
    if not isinstance(value, str) or not 0 < len(value) <= MAX_COMMAND_ID:
        raise MessageError(
            f"command_id is {shown(value)}: a string of 1 to {MAX_COMMAND_ID} characters is needed"
        )
    return value


def _pace(data: dict[str, Any]) -> Pace:
    value = data.get("ticks_per_s")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MessageError(
            f"pace is {shown(value)}: a number of ticks a second from 0 to {MAX_TICKS_PER_S}"
            " is needed"
        )
    if not 0 <= value <= MAX_TICKS_PER_S:
        raise MessageError(
            f"pace is {shown(value)}: from 0 to {MAX_TICKS_PER_S} ticks a second are allowed"
        )
    return Pace(value)


def _hello(data: dict[str, Any]) -> Hello:
    versions = data.get("versions")
    if not isinstance(versions, list) or not all(type(v) is int for v in versions):
        raise MessageError(f"versions is {shown(versions)}: a list of whole numbers is needed")
    return Hello(tuple(versions))


UP_FIELDS: Mapping[str, tuple[str, ...]] = {
    "hello": ("type", "versions"),
    "command": ("type", "command_id", "command"),
    "credit": ("type",),
    "pace": ("type", "ticks_per_s"),
    "step": ("type", "ticks"),
    "key": ("type",),
    "reset": ("type", "command_id", "config"),
}


def parse_message(text: str) -> Message:
    """The message that a client sent.

    Raises:
        MessageError: in one sentence, with the ``command_id`` if there was a usable one.
    """
    command_id = None
    try:
        data = parse_object(text, "the message")
        kind = data.get("type")
        if not isinstance(kind, str) or kind not in UP_FIELDS:
            raise MessageError(
                f"unknown message type {shown(kind)}: known are {', '.join(UP_FIELDS)}"
            )
        if kind in ("command", "reset"):
            command_id = _command_id(data)
        only_fields(data, UP_FIELDS[kind], f"message {kind}")
        return _parse_known(kind, data, command_id or "")
    except ValueError as error:
        raise MessageError(str(error), command_id) from None


def _parse_known(kind: str, data: dict[str, Any], command_id: str) -> Message:
    if kind == "hello":
        return _hello(data)
    if kind == "command":
        return CommandMessage(command_id, command_from_dict(data.get("command")))
    if kind == "credit":
        return Credit()
    if kind == "pace":
        return _pace(data)
    if kind == "step":
        return Step(whole(data.get("ticks"), "step", 1, MAX_STEP_TICKS, "ticks"))
    if kind == "key":
        return Key()
    return Reset(command_id, config_from_dict(data.get("config", {})))


def welcome(fields: Mapping[str, Any]) -> str:
    """What a client must know before the first frame; ``fields`` come from Session.describe()."""
    return dump(
        {
            "type": "welcome",
            "version": WIRE_VERSION,
            **fields,
            "planes": [list(plane) for plane in PLANES],
            "stat_fields": list(STAT_FIELDS),
        }
    )


def accepted(command_id: str, index: int, tick: int) -> str:
    """The command stands in the log."""
    return dump({"type": "accepted", "command_id": command_id, "index": index, "tick": tick})


def error(text: str, command_id: str | None = None) -> str:
    """One sentence; the session goes on."""
    return dump({"type": "error", "command_id": command_id, "text": text})


def pace(ticks_per_s: float) -> str:
    """The pace now in force."""
    return dump({"type": "pace", "ticks_per_s": ticks_per_s})


def progress(text: str, done: int, total: int) -> str:
    """Something that takes over a second is under way."""
    return dump({"type": "progress", "text": text, "done": done, "total": total})


def common_version(versions: Sequence[int]) -> bool:
    """Whether a client that speaks ``versions`` can be served."""
    return WIRE_VERSION in versions
