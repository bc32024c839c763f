"""The ways that a session went: where each began, and what it takes to go on with one."""

from dataclasses import dataclass
from typing import Any

from engine.commands import Command
from engine.log import Entry
from engine.world import Checkpoint


@dataclass(frozen=True)
class Branch:
    """A state of this session to go on from, on a timeline.

    Attributes:
        timeline: its number; 1 is the one that a session begins with.
        parent: the timeline that it left; None: it was there before.
        entries: commands that the state contains.
        point: the state.
        command: given next, and what the timeline is named by; None: it is only gone back to.
    """

    timeline: int
    parent: int | None
    entries: tuple[Entry, ...]
    point: Checkpoint
    command: Command | None = None


@dataclass(frozen=True)
class Timeline:
    """One way that a session went.

    Attributes:
        number: 1 is the first.
        parent: the timeline that it left; None: of the first.
        tick: where it left it.
        index: commands until then.
        command: its first own command; None: of the first.
    """

    number: int
    parent: int | None
    tick: int
    index: int
    command: Command | None

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "id": self.number, "parent": self.parent, "tick": self.tick, "index": self.index,
            "command": self.command and self.command.to_dict(),
        }  # fmt: skip


@dataclass(frozen=True)
class WholeTimeline:
    """A timeline with what it has of its own, as a past can learn it.

    Attributes:
        about: where it begins.
        entries: its own.
        tick: where it ends.
    """

    about: Timeline
    entries: tuple[Entry, ...]
    tick: int
