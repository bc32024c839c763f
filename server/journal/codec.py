"""A session as its journal holds it: head, timelines, entries, digests. Pure: no files, no clock.

A timeline is a log of its own that shares its beginning with its parent: entries up to ``at_index``
are the parent's, later ones its own. The indices of its own entries go on from there, so that a
timeline and an index name one entry.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.commands import Command, command_from_dict
from engine.errors import RefusedError
from engine.log import LOG_VERSION, MAIN, MAX_INDEX, MAX_TICK, Entry, check_log
from server.jsontext import dump, only_fields, parse_object, shown, text_within, whole
from server.wire.config import SessionConfig, config_from_dict

JOURNAL_VERSION = 1
MAX_NAME = 80
MAIN_NAME = "main"  # of the first timeline, unless somebody names it
MAX_ENGINE = 64  # characters of the engine's digest
MAX_CREATED = 40
SEAL_BYTES = 8
_HEAD = ("log_version", "engine", "config", "created")
_TIMELINE = ("id", "name", "parent", "at_index", "at_tick", "tick")
_DIGEST = ("tick", "index", "digest")
_WAITING = ("total", "commands")


def text_of(data: Mapping[str, Any], name: str, what: str, most: int) -> str:
    """A field that is a string of 1 to ``most`` characters.

    Raises:
        RefusedError: it is not there, or is something else.
    """
    return text_within(data.get(name), f"{name} of {what}", most)


@dataclass(frozen=True)
class Head:
    """What a session starts from.

    Attributes:
        config: guest, profile, designs, seed.
        engine: digest of the simulator that plays it.
        created: when, in UTC, as ISO 8601; for people.
    """

    config: SessionConfig
    engine: str
    created: str

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "log_version": LOG_VERSION,
            "engine": self.engine,
            "config": self.config.to_dict(),
            "created": self.created,
        }


def head_from_dict(data: object) -> Head:
    """The head that a JSON object describes.

    Raises:
        RefusedError: another log version, an unknown or missing field.
    """
    if not isinstance(data, dict):
        raise RefusedError(f"the head is {shown(data)}: a JSON object is needed")
    only_fields(data, _HEAD, "the head")
    version = data.get("log_version")
    if version != LOG_VERSION or isinstance(version, bool):
        raise RefusedError(f"log_version is {shown(version)}: this server reads {LOG_VERSION}")
    engine = text_of(data, "engine", "the head", MAX_ENGINE)
    created = text_of(data, "created", "the head", MAX_CREATED)
    return Head(config_from_dict(data.get("config")), engine, created)


def usual_name(at_tick: int) -> str:
    """What a timeline is called that nobody has named."""
    return f"from tick {at_tick}"


@dataclass(frozen=True)
class Course:
    """One course of a session: a timeline.

    Attributes:
        id: 1, 2, 3… in the order of their making.
        name: for people.
        parent: the timeline that it left, None for the first.
        at_index: entries that it shares with its parent.
        at_tick: simulated time at which it left it.
        tick: where it stands.
    """

    id: int = MAIN
    name: str = MAIN_NAME
    parent: int | None = None
    at_index: int = 0
    at_tick: int = 0
    tick: int = 0

    @property
    def given_name(self) -> str | None:
        """The name that somebody gave it; None: nobody has."""
        return None if self.name in (MAIN_NAME, usual_name(self.at_tick)) else self.name

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {name: getattr(self, name) for name in _TIMELINE}


def timeline_from_dict(data: object) -> Course:
    """The timeline that a JSON object describes.

    Raises:
        RefusedError: an unknown or missing field, or a value out of bounds.
    """
    if not isinstance(data, dict):
        raise RefusedError(f"a timeline is {shown(data)}: a JSON object is needed")
    only_fields(data, _TIMELINE, "a timeline")
    name = text_of(data, "name", "a timeline", MAX_NAME)
    number = whole(data.get("id"), "id of a timeline", 1, MAX_INDEX, "(a number)")
    parent = data.get("parent")
    if parent is not None:
        parent = whole(parent, "parent of a timeline", 1, number - 1, "(a timeline)")
    at_index = whole(data.get("at_index"), "at_index of a timeline", 0, MAX_INDEX, "entries")
    at_tick = whole(data.get("at_tick"), "at_tick of a timeline", 0, MAX_TICK, "ticks")
    tick = whole(data.get("tick"), "tick of a timeline", at_tick, MAX_TICK, "ticks")
    return Course(number, name, parent, at_index, at_tick, tick)


@dataclass(frozen=True)
class Digest:
    """What a state was: after ``index`` commands, at ``tick``."""

    tick: int
    index: int
    digest: str

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {"tick": self.tick, "index": self.index, "digest": self.digest}


def digest_from_dict(data: object) -> Digest:
    """The digest of a state that a JSON object describes.

    Raises:
        RefusedError: an unknown or missing field, or a value out of bounds.
    """
    if not isinstance(data, dict):
        raise RefusedError(f"a digest is {shown(data)}: a JSON object is needed")
    only_fields(data, _DIGEST, "a digest")
    return Digest(
        whole(data.get("tick"), "tick of a digest", 0, MAX_TICK, "ticks"),
        whole(data.get("index"), "index of a digest", 0, MAX_INDEX, "entries"),
        text_of(data, "digest", "a digest", MAX_ENGINE),
    )


@dataclass(frozen=True)
class Waiting:
    """What is left of a sequence of commands.

    Attributes:
        total: commands that it had.
        commands: those still to be given.
    """

    total: int = 0
    commands: tuple[Command, ...] = ()

    def to_text(self) -> str:
        """As it stands in a journal."""
        told = [command.to_dict() for command in self.commands]
        return dump({"total": self.total, "commands": told})


def waiting_from_text(text: str) -> Waiting:
    """What ``to_text`` gave.

    Raises:
        RefusedError: it is nothing of the kind.
    """
    data = parse_object(text, "a sequence")
    only_fields(data, _WAITING, "a sequence")
    commands = data.get("commands")
    if not isinstance(commands, list):
        raise RefusedError(f"commands of a sequence is {shown(commands)}: a list is needed")
    total = whole(data.get("total"), "total of a sequence", 0, MAX_INDEX, "commands")
    return Waiting(total, tuple(map(command_from_dict, commands)))


@dataclass(frozen=True)
class Record:
    """All that a journal knows of a session as it is now.

    Attributes:
        head: what it starts from.
        epoch: 1, and one more after every start from another head.
        timelines: at least one, by id.
        entries: each timeline's own.
        digests: of some states of each timeline, in order.
        current: the timeline that the session is in.
        waiting: what is left of a sequence under way.
        pace: ticks a second that were set last, None = never.
    """

    head: Head
    epoch: int = 1
    timelines: tuple[Course, ...] = (Course(),)
    entries: Mapping[int, tuple[Entry, ...]] = field(default_factory=dict)
    digests: Mapping[int, tuple[Digest, ...]] = field(default_factory=dict)
    current: int = MAIN
    waiting: Waiting = Waiting()
    pace: float | None = None

    def timeline(self, number: int) -> Course:
        """The timeline of that id.

        Raises:
            RefusedError: there is none.
        """
        for one in self.timelines:
            if one.id == number:
                return one
        raise RefusedError(f"there is no timeline {number}")

    def log(self, number: int | None = None) -> tuple[Entry, ...]:
        """Every entry of a timeline, those shared with its parents included.

        Args:
            number: its id, None for the current one.

        Raises:
            RefusedError: there is no such timeline, or its entries are out of order.
        """
        one = self.timeline(self.current if number is None else number)
        own = self.entries.get(one.id, ())
        shared = () if one.parent is None else self.log(one.parent)[: one.at_index]
        if len(shared) < one.at_index:
            raise RefusedError(
                f"timeline {one.id} shares {one.at_index} entries: its parent has {len(shared)}"
            )
        return shared + own

    def tick(self, number: int | None = None) -> int:
        """Where a timeline stands; never before its last entry."""
        one = self.timeline(self.current if number is None else number)
        log = self.log(one.id)
        return max(one.tick, log[-1].tick if log else 0)

    def check(self) -> None:
        """Check that every log is one.

        Raises:
            RefusedError: naming what is out of place.
        """
        known = {one.id for one in self.timelines}
        if self.current not in known:
            raise RefusedError(f"there is no timeline {self.current}")
        for number in (*self.entries, *self.digests):
            if number not in known:
                raise RefusedError(f"there is no timeline {number}")
        for one in self.timelines:
            check_log(self.log(one.id), self.tick(one.id))


# -- rows

EntryRow = tuple[int, int, int, int, str, bytes]


def row_of(timeline: int, entry: Entry) -> EntryRow:
    """An entry as a row: timeline, index, tick, idle, command and the seal over them."""
    text = json.dumps(entry.command.to_dict(), separators=(",", ":"), sort_keys=True)
    idle = int(entry.idle)
    return (
        timeline, entry.index, entry.tick, idle, text,
        seal(timeline, entry.index, entry.tick, idle, text),
    )  # fmt: skip


def seal(*values: object) -> bytes:
    """A checksum over a row, so that a flipped byte is never another world."""
    text = "\n".join(map(str, values))
    return hashlib.blake2b(text.encode(), digest_size=SEAL_BYTES).digest()


def entry_from_row(row: EntryRow) -> Entry:
    """The entry of a row.

    Raises:
        RefusedError: the row is not what was written.
    """
    timeline, index, tick, idle, text, sealed = row
    if sealed != seal(timeline, index, tick, idle, text):
        raise RefusedError(f"entry {index} is not as it was written")
    command = command_from_dict(parse_object(text, f"entry {index}"))
    return Entry(index, tick, command, bool(idle))
