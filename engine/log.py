"""The log: every command with the tick at which it was applied, and its exact playback.

A config, a log and a final tick are all it takes to reproduce a world's state, byte for byte.
Nothing here waits for a guest to become idle: a command belongs to a tick, not to a state.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from engine.commands import Command, command_from_dict
from engine.errors import RefusedError
from engine.world import World

MAIN = 1  # the timeline that a session begins with
LOG_VERSION = 1  # of the JSON form of a log
MAX_TICK = (1 << 53) - 1  # what a JavaScript number holds exactly
MAX_INDEX = (1 << 32) - 1  # what a frame's header holds
_SLICE = 64  # ticks between two calls of ``look``
_FIELDS = ("index", "tick", "command", "idle")


def _whole(data: dict[str, Any], name: str, low: int, high: int) -> int:
    value = data[name]
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise RefusedError(
            f"{name} of a log entry is {value!r:.60}: a whole number from {low} to {high} is needed"
        )
    return value


@dataclass(frozen=True)
class Entry:
    """One line of a log.

    Attributes:
        index: 1, 2, 3…
        tick: simulated time at which the command was applied.
        command: the command.
        idle: whether every guest had finished all earlier commands, with the workload off.
    """

    index: int
    tick: int
    command: Command
    idle: bool

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "index": self.index, "tick": self.tick, "command": self.command.to_dict(),
            "idle": self.idle,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: object) -> "Entry":
        """The entry that a JSON object describes.

        Raises:
            RefusedError: not an object, a missing or unknown field, or a value out of bounds.
        """
        if not isinstance(data, dict):
            raise RefusedError(f"a log entry is a JSON object, not {type(data).__name__}")
        wrong = [name for name in data if name not in _FIELDS]
        lacking = [name for name in _FIELDS if name not in data]
        if wrong:
            known = ", ".join(_FIELDS)
            raise RefusedError(
                f"a log entry has no field {str(wrong[0])[:60]!r}: its fields are {known}"
            )
        if lacking:
            raise RefusedError(f"a log entry lacks {', '.join(lacking)}")
        if not isinstance(data["idle"], bool):
            raise RefusedError(
                f"idle of a log entry is {data['idle']!r:.60}: true or false is needed"
            )
        return cls(
            _whole(data, "index", 1, MAX_INDEX),
            _whole(data, "tick", 0, MAX_TICK),
            command_from_dict(data["command"]),
            data["idle"],
        )


def check_log(entries: Iterable[Entry], until_tick: int) -> None:
    """Check that entries are in sequence, and that none comes after ``until_tick``.

    Raises:
        RefusedError: naming the first entry that is out of place.
    """
    tick = 0
    for place, entry in enumerate(entries, start=1):
        if entry.index != place:
            raise RefusedError(
                f"log entry {place} has the index {entry.index}: {place} is expected"
            )
        if entry.tick < tick:
            raise RefusedError(
                f"log entry {place} is of tick {entry.tick}: the one before is of tick {tick}"
            )
        tick = entry.tick
    if tick > until_tick:
        raise RefusedError(f"the last log entry is of tick {tick}: the log ends at {until_tick}")


def _nothing() -> None:
    """Never break off."""


def play(
    world: World, entries: Iterable[Entry], until_tick: int, look: Callable[[], None] = _nothing
) -> None:
    """Apply every entry at exactly its tick, then continue to ``until_tick``.

    Args:
        world: at the tick of the first entry or before it: new, or restored from a checkpoint.
        entries: those not yet applied to it, in order.
        until_tick: where to stop.
        look: called every 64 ticks or so; may raise to break off.

    Raises:
        RefusedError: an entry or the end lies in the world's past, or a command does not fit.
    """
    for entry in entries:
        advance(world, entry.tick, look)
        world.apply(entry.command)
        look()
    advance(world, until_tick, look)


def advance(world: World, tick: int, look: Callable[[], None] = _nothing) -> None:
    """Run ``world`` up to ``tick``; idle ticks are counted, not run.

    Raises:
        RefusedError: it is already past that tick.
    """
    if tick < world.tick:
        raise RefusedError(f"tick {tick} lies in the past: the world is at tick {world.tick}")
    while world.tick < tick:
        idle = not world.busy()
        world.step(tick - world.tick if idle else min(_SLICE, tick - world.tick))
        look()
