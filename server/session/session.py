"""A session: a config, a seed, a log of commands with their ticks, and the world that they make.

The log is the session; everything else follows from it. Sans-I/O: no sockets, no threads, no clock,
so that a session can be made to run anywhere. A command is refused before it is logged or stands in
the log before anybody is told that it was accepted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.commands import Command
from engine.errors import RefusedError
from engine.trace.limits import check_size
from engine.view import GuestView
from engine.world import World
from server.wire.config import SessionConfig

MAX_LOG = 100_000  # commands of one session


@dataclass(frozen=True)
class Entry:
    """One line of the log.

    Attributes:
        index: 1, 2, 3…
        tick: simulated time at which the command was applied.
        command: what was asked.
        idle: whether every guest had finished what was asked before, with the workload off.
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


@dataclass(frozen=True)
class Recipe:
    """All that it takes to make a session's present state again.

    Attributes:
        config: guest, designs, seed.
        log: every command.
        tick: simulated time now.
        idle: whether every guest has finished what was asked, with the workload off.
    """

    config: SessionConfig
    log: tuple[Entry, ...]
    tick: int
    idle: bool

    def to_dict(self) -> dict[str, Any]:
        """Seed and commands: the answer of GET /api/sessions/{id}; slow with a long log."""
        return {
            "config": self.config.to_dict(),
            "tick": self.tick,
            "log": [entry.to_dict() for entry in self.log],
        }


class Session:
    """Accepts commands, advances its world, describes itself."""

    def __init__(self, config: SessionConfig, world: World, facts: Mapping[str, Any]) -> None:
        """Start at tick 0 with an empty log.

        Args:
            config: what ``world`` was made from.
            world: one guest per design; owned by the session from now on.
            facts: what ``welcome`` says of the guest beside its config (server/guests/library.py).
        """
        self.config = config
        self.world = world
        self.log: list[Entry] = []
        self._facts = dict(facts)
        self._at_rest = not world.busy()

    @property
    def tick(self) -> int:
        """Simulated time."""
        return self.world.tick

    @property
    def log_index(self) -> int:
        """Index of the last command, 0 = none."""
        return len(self.log)

    @property
    def at_rest(self) -> bool:
        """Whether a further tick would change nothing: no command at work, no daemon, no workload.

        Ticks are not counted at rest; results never depend on it (engine/core/run.py).
        """
        return self._at_rest

    @property
    def _quiet(self) -> bool:
        return not self.world.busy()

    def accept(self, command: Command) -> Entry:
        """Check a command, put it into the log, apply it.

        Raises:
            RefusedError: the command makes no sense for this guest, or the log is full; nothing
                has changed then.
        """
        if len(self.log) >= MAX_LOG:
            raise RefusedError(f"the log has {MAX_LOG} commands, its limit: reset the session")
        entry = Entry(self.log_index + 1, self.tick, command, self._quiet)
        self.log.append(entry)
        try:
            self.world.apply(command)
        except RefusedError:
            self.log.pop()
            raise
        self._at_rest = False
        return entry

    def advance(self) -> None:
        """Run one tick."""
        # The tick after the last busy one still clears the marks of what was touched.
        quiet = self._quiet
        self.world.step(1)
        self._at_rest = quiet and not self.world.busy()

    def views(self) -> tuple[GuestView, ...]:
        """All designs at the present tick, read-only."""
        return tuple(self.world.view(i) for i in range(len(self.world.keys)))

    def describe(self) -> dict[str, Any]:
        """Fields of ``welcome`` that the session knows."""
        workload = self.world.workload
        return {
            "config": self.config.to_dict(),
            "tick": self.tick,
            "log_index": self.log_index,
            "designs": [
                {"key": d.key, "name": d.name, "label": d.label, "toggles": dict(d.params)}
                for d in self.world.designs
            ],
            "workload": {"enabled": workload.enabled, "rate": workload.rate},
            **self._facts,
        }

    def recipe(self) -> Recipe:
        """What it takes to make the present state again."""
        return Recipe(self.config, tuple(self.log), self.tick, self._quiet)

    def alone(self, key: str) -> World:
        """A copy of the world with one of its designs; what happens in it does not happen here.

        Args:
            key: the design's.

        Raises:
            RefusedError: there is no such design here, or the guest is too large to be traced.
        """
        keys = self.world.keys
        if key not in keys:
            raise RefusedError(f"design is {key!r:.60}: this session has {', '.join(keys)}")
        check_size(self.world.nr_pages)
        return self.world.alone(keys.index(key))

    def export(self) -> dict[str, Any]:
        """Seed and commands, as Recipe.to_dict."""
        return self.recipe().to_dict()
