"""Messages about time: a look at an earlier tick, a fork there, other timelines; pure."""

from dataclasses import dataclass, field
from typing import Annotated, Literal, TypeAlias

from engine.commands import Command
from engine.log import MAX_INDEX, MAX_TICK
from server.wire.command_form import CommandForm
from server.wire.config import CLOSED
from server.wire.fields import Text, Whole

MAX_COMMAND_ID = 64
MAX_TIMELINE_NAME = 80
MAX_TIMELINES = 64  # of one session, the first included

CommandId: TypeAlias = Annotated[str, Text("command_id", MAX_COMMAND_ID, "a string")]


@dataclass(frozen=True)
class Beside:
    """A moment of a timeline that is shown beside another; its end, where it has ended before.

    ``index``: as in Look.
    """

    __pydantic_config__ = CLOSED

    timeline: Annotated[int, Whole("timeline", 1, MAX_TIMELINES, "(a timeline)")]
    tick: Annotated[int, Whole("tick", 0, MAX_TICK, "ticks")]
    index: Annotated[int, Whole("index", 0, MAX_INDEX, "commands")] | None = None


@dataclass(frozen=True)
class Look:
    """Show this client the state at an earlier tick, or (null) the present again.

    ``index``: commands that the state contains, all up to that tick when absent. ``beside``: show
    another timeline in the same picture.
    """

    __pydantic_config__ = CLOSED

    type: Literal["look"] = field(default="look", kw_only=True)
    tick: Annotated[int, Whole("tick", 0, MAX_TICK, "ticks")] | None
    index: Annotated[int, Whole("index", 0, MAX_INDEX, "commands")] | None = None
    beside: Beside | None = None


@dataclass(frozen=True)
class Fork:
    """A command at an earlier moment: the session goes on from there, on a timeline of its own.

    ``index``: as in Look.
    """

    __pydantic_config__ = CLOSED

    type: Literal["fork"] = field(default="fork", kw_only=True)
    command_id: CommandId
    tick: Annotated[int, Whole("tick", 0, MAX_TICK, "ticks")]
    command: Annotated[Command, CommandForm()]
    index: Annotated[int, Whole("index", 0, MAX_INDEX, "commands")] | None = None


@dataclass(frozen=True)
class Switch:
    """Go on where another timeline of this session ended."""

    __pydantic_config__ = CLOSED

    type: Literal["switch"] = field(default="switch", kw_only=True)
    command_id: CommandId
    timeline: Annotated[int, Whole("timeline", 1, MAX_TIMELINES, "(a timeline)")]


@dataclass(frozen=True)
class Name:
    """Give a timeline a name, for everybody and for good."""

    __pydantic_config__ = CLOSED

    type: Literal["name"] = field(default="name", kw_only=True)
    command_id: CommandId
    timeline: Annotated[int, Whole("timeline", 1, MAX_TIMELINES, "(a timeline)")]
    name: Annotated[str, Text("name", MAX_TIMELINE_NAME, "a name")]


@dataclass(frozen=True)
class Looking:
    """How far the state that this client has asked for is; only where that takes a while."""

    __pydantic_config__ = CLOSED

    type: Literal["looking"] = field(default="looking", kw_only=True)
    tick: int
    done: int
    total: int


@dataclass(frozen=True)
class Present:
    """Where the session is, for a client that looks at an earlier tick."""

    __pydantic_config__ = CLOSED

    type: Literal["present"] = field(default="present", kw_only=True)
    tick: int
    log_index: int


@dataclass(frozen=True)
class TimelineInfo:
    """One way that the session went: where it left ``parent``, and by which command."""

    __pydantic_config__ = CLOSED

    id: int
    parent: int | None
    tick: int
    index: int
    command: Annotated[Command, CommandForm()] | None
    name: str | None = None


@dataclass(frozen=True)
class Timelines:
    """Every timeline, after one of them was given a name."""

    __pydantic_config__ = CLOSED

    type: Literal["timelines"] = field(default="timelines", kw_only=True)
    timelines: tuple[TimelineInfo, ...]


MomentMessage = Look | Fork | Switch | Name
MomentAnswer = Looking | Present | Timelines
