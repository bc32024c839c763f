"""Text messages of docs/PROTOCOL.md section 3, up and down: one frozen dataclass each; pure.

Beside server/wire/frames.py, which has the frames. What comes up is validated here and nowhere
else; web/src/protocol.d.ts is generated from these classes (scripts/protocol_types.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeAlias, get_args

from pydantic import Field as Constraint
from pydantic import StrictInt, TypeAdapter, ValidationError

from engine.commands import Command
from engine.errors import RefusedError
from engine.log import Entry
from engine.view import PLANES, STAT_FIELDS
from server.jsontext import dump, parse_object
from server.wire import config as configs
from server.wire.classroom import ClassAnswer, ClassMessage
from server.wire.command_form import CommandForm, CommandsForm
from server.wire.config import CLOSED, SessionConfig
from server.wire.events import ExtraMessage
from server.wire.facts import DesignInfo, GuestInfo, WorkloadInfo
from server.wire.fields import Listed, Number, Place, Text, Whole, refusal
from server.wire.frames import WIRE_VERSION
from server.wire.moments import (
    Beside,
    CommandId,
    Fork,
    Looking,
    MomentAnswer,
    MomentMessage,
    Name,
    Present,
    Switch,
    TimelineInfo,
)
from server.wire.quiz import QuizAnswer, QuizMessage

MAX_MESSAGE_BYTES = 64 * 1024
MAX_TOKEN = 64
MAX_TICKS_PER_S = 1000
MAX_STEP_TICKS = 1000
MAX_CREDIT = 4  # frames that one credit can pay for
MAX_SEQUENCE = 100  # commands of one sequence

CLOSE_GOING_AWAY = 1001
CLOSE_INTERNAL = 1011
CLOSE_BAD_HELLO = 4400
CLOSE_FORBIDDEN = 4403
CLOSE_NO_SESSION = 4404
CLOSE_OLDER_ENGINE = 4409
CLOSE_TOO_BIG = 4413
CLOSE_LIMIT = 4429

PHASE_COMPILING: Literal["compiling"] = "compiling"  # the long wait of a first start
PHASE_PREPARING: Literal["preparing"] = "preparing"  # the rest of any start
PHASE_GUEST: Literal["guest"] = "guest"  # a guest is being made
Role: TypeAlias = Literal["presenter", "viewer"]
Phase: TypeAlias = Literal["compiling", "preparing", "guest"]


class MessageError(RefusedError):
    """A message that cannot be understood; carries the command's id where there was one."""

    def __init__(self, text: str, command_id: str | None = None) -> None:
        super().__init__(text)
        self.command_id = command_id


# -- up ------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Hello:
    """First message of a client: the wire versions that it speaks, and what lets it in."""

    __pydantic_config__ = CLOSED

    type: Literal["hello"] = field(default="hello", kw_only=True)
    versions: Annotated[tuple[StrictInt, ...], Listed("versions", "a list of whole numbers")]
    token: Annotated[str, Text("token", MAX_TOKEN, "a token of the session")]


@dataclass(frozen=True)
class CommandMessage:
    """A command for the session's log."""

    __pydantic_config__ = CLOSED

    type: Literal["command"] = field(default="command", kw_only=True)
    command_id: CommandId
    command: Annotated[Command, CommandForm()]


@dataclass(frozen=True)
class Credit:
    """``n`` frames were painted."""

    __pydantic_config__ = CLOSED

    type: Literal["credit"] = field(default="credit", kw_only=True)
    n: Annotated[int, Whole("credit", 1, MAX_CREDIT, "frames")] = 1


@dataclass(frozen=True)
class SequenceMessage:
    """Commands to be given one after the other, each when every guest is idle."""

    __pydantic_config__ = CLOSED

    type: Literal["sequence"] = field(default="sequence", kw_only=True)
    command_id: CommandId
    commands: Annotated[tuple[Command, ...], CommandsForm(MAX_SEQUENCE)]


@dataclass(frozen=True)
class Pace:
    """Ticks a second, 0 = paused; also goes down, to all, when anyone has changed it."""

    __pydantic_config__ = CLOSED

    type: Literal["pace"] = field(default="pace", kw_only=True)
    ticks_per_s: Annotated[float, Number("pace", 0, MAX_TICKS_PER_S, "ticks a second")]


@dataclass(frozen=True)
class Step:
    """Advance a paused session."""

    __pydantic_config__ = CLOSED

    type: Literal["step"] = field(default="step", kw_only=True)
    ticks: Annotated[int, Whole("step", 1, MAX_STEP_TICKS, "ticks")]


@dataclass(frozen=True)
class Key:
    """Send a key frame next."""

    __pydantic_config__ = CLOSED

    type: Literal["key"] = field(default="key", kw_only=True)


@dataclass(frozen=True)
class Reset:
    """Start over under the same session id."""

    __pydantic_config__ = CLOSED

    type: Literal["reset"] = field(default="reset", kw_only=True)
    command_id: CommandId
    config: SessionConfig = field(default_factory=SessionConfig)


# -- down ----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class SequenceInfo:
    """How far a sequence of commands is; ``text``: why it ended early."""

    __pydantic_config__ = CLOSED

    total: int
    left: int
    text: str | None = None


@dataclass(frozen=True)
class Welcome:
    """What a client must know before the first frame."""

    __pydantic_config__ = CLOSED

    type: Literal["welcome"] = field(default="welcome", kw_only=True)
    version: int = field(default=WIRE_VERSION, kw_only=True)
    epoch: int
    session: str
    ticks_per_s: float
    config: SessionConfig
    tick: int
    log_index: int
    designs: tuple[DesignInfo, ...]
    workload: WorkloadInfo
    sequence: SequenceInfo | None
    guest: GuestInfo
    engine: str
    timeline: int = 1
    timelines: tuple[TimelineInfo, ...] = (TimelineInfo(1, None, 0, 0, None),)
    planes: tuple[tuple[str, str], ...] = PLANES
    stat_fields: tuple[str, ...] = STAT_FIELDS


@dataclass(frozen=True)
class RoleMessage:
    """What this client's token allows: the viewer's to look, the presenter's to command as well."""

    __pydantic_config__ = CLOSED

    type: Literal["role"] = field(default="role", kw_only=True)
    role: Role


@dataclass(frozen=True)
class Accepted:
    """The command stands in the log."""

    __pydantic_config__ = CLOSED

    type: Literal["accepted"] = field(default="accepted", kw_only=True)
    command_id: str
    index: int
    tick: int


@dataclass(frozen=True)
class LogEntry:
    """One line of the log."""

    __pydantic_config__ = CLOSED

    index: int
    tick: int
    command: Annotated[Command, CommandForm()]
    idle: bool


@dataclass(frozen=True)
class Entries:
    """What is new in the log, or a part of it after ``welcome``."""

    __pydantic_config__ = CLOSED

    type: Literal["entries"] = field(default="entries", kw_only=True)
    entries: tuple[LogEntry, ...]


@dataclass(frozen=True)
class SequenceProgress(SequenceInfo):
    """How far a sequence of commands is now, to all."""

    __pydantic_config__ = CLOSED

    type: Literal["sequence_state"] = field(default="sequence_state", kw_only=True)


@dataclass(frozen=True)
class ErrorMessage:
    """One sentence; the session goes on, unless a close follows: then ``code`` is its code."""

    __pydantic_config__ = CLOSED

    type: Literal["error"] = field(default="error", kw_only=True)
    command_id: str | None
    text: str
    code: int | None = None


@dataclass(frozen=True)
class Progress:
    """Something that may take over a second is under way."""

    __pydantic_config__ = CLOSED

    type: Literal["progress"] = field(default="progress", kw_only=True)
    text: str
    done: int
    total: int
    phase: Phase = PHASE_GUEST


Message = (
    Hello | CommandMessage | SequenceMessage | Credit | Pace | Step | Key | ExtraMessage
    | MomentMessage | Reset | ClassMessage | QuizMessage
)  # fmt: skip
UP: Mapping[str, type[Message]] = {form.type: form for form in get_args(Message)}
Answer = (
    RoleMessage
    | Welcome
    | Accepted
    | Entries
    | SequenceProgress
    | ErrorMessage
    | Pace
    | Progress
    | MomentAnswer
    | ClassAnswer
    | QuizAnswer
)
DOWN: Mapping[str, type[Answer]] = {form.type: form for form in get_args(Answer)}
Up: TypeAlias = Annotated[Message, Constraint(discriminator="type")]
Down: TypeAlias = Annotated[Answer, Constraint(discriminator="type")]

_UP: TypeAdapter[Message] = TypeAdapter(Up)
_WELCOME = TypeAdapter(Welcome)
_DOWN: TypeAdapter[Answer] = TypeAdapter(Down)
_COMMAND_ID = TypeAdapter(CommandId)
_ANSWERED = tuple(
    form.type for form in (CommandMessage, SequenceMessage, Fork, Switch, Name, Reset)
)  # by their command_id

_MESSAGE = Place("message", Hello)
_PLACES = {
    **configs.PLACES,
    **{tag: Place(f"message {tag}", form) for tag, form in UP.items()},
    "beside": Place("beside", Beside),
}


def parse_message(text: str) -> Message:
    """The message that a client sent; raises MessageError, with the ``command_id`` if any."""
    try:
        return _UP.validate_json(text)
    except ValidationError as error:
        raise _refused(text, error) from None


def _refused(text: str, error: ValidationError) -> MessageError:
    """What is wrong with ``text``, of which pydantic found ``error``."""
    try:
        data = parse_object(text, "the message")
    except RefusedError as other:
        return MessageError(str(other))
    command_id = None
    if data.get("type") in _ANSWERED:
        with suppress(ValidationError):
            command_id = _COMMAND_ID.validate_python(data.get("command_id"))
    return MessageError(refusal(error, _MESSAGE, _PLACES), command_id)


def wire_text(message: Answer) -> str:
    """A message as it is sent."""
    return dump(_DOWN.dump_python(message))


def welcome(facts: Mapping[str, Any]) -> str:
    """A Welcome; ``facts`` come from Session.describe() and the runner.

    Raises:
        RefusedError: the facts are not what the protocol says; a fault of ours.
    """
    return wire_text(_WELCOME.validate_python(facts))


def role(which: Role) -> str:
    """What the client may do."""
    return wire_text(RoleMessage(which))


def accepted(command_id: str, index: int, tick: int) -> str:
    """The command stands in the log."""
    return wire_text(Accepted(command_id, index, tick))


def entries(log: Iterable[Entry]) -> str:
    """Lines of the log, in order."""
    told = (LogEntry(one.index, one.tick, one.command, one.idle) for one in log)
    return wire_text(Entries(tuple(told)))


def sequence(total: int, left: int, text: str | None = None) -> str:
    """How far a sequence of commands is."""
    return wire_text(SequenceProgress(total, left, text))


def error(text: str, command_id: str | None = None, code: int | None = None) -> str:
    """One sentence; the session goes on, unless a close with ``code`` follows."""
    return wire_text(ErrorMessage(command_id, text, code))


def pace(ticks_per_s: float) -> str:
    """The pace now in force."""
    return wire_text(Pace(ticks_per_s))


def progress(text: str, done: int, total: int, phase: Phase = PHASE_GUEST) -> str:
    """Something that takes over a second is under way."""
    return wire_text(Progress(text, done, total, phase))


def looking(tick: int, done: int, total: int) -> str:
    """How far an earlier state is."""
    return wire_text(Looking(tick, done, total))


def present(tick: int, log_index: int) -> str:
    """Where the session is."""
    return wire_text(Present(tick, log_index))


def common_version(versions: Sequence[int]) -> bool:
    """Whether a client that speaks ``versions`` can be served."""
    return WIRE_VERSION in versions
