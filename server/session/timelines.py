"""The ways that a session went: where each began, and what it takes to go on with one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from engine.commands import Command
from engine.history.history import History
from engine.log import Entry
from engine.world import Checkpoint
from server.wire.moments import TimelineInfo, Timelines


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
        name: that somebody gave it; None: nobody has.
    """

    number: int
    parent: int | None
    tick: int
    index: int
    command: Command | None
    name: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "id": self.number, "parent": self.parent, "tick": self.tick, "index": self.index,
            "command": self.command and self.command.to_dict(), "name": self.name,
        }  # fmt: skip


def told_timelines(lines: Iterable[Timeline]) -> Timelines:
    """Timelines, for clients."""
    return Timelines(
        tuple(
            TimelineInfo(one.number, one.parent, one.tick, one.index, one.command, one.name)
            for one in lines
        )
    )


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


def teach(
    history: History, lines: Sequence[WholeTimeline], current: int, entries: Sequence[Entry],
    tick: int,
) -> None:  # fmt: skip
    """Tell a new history of every timeline.

    Args:
        history: knows nothing yet.
        lines: as a session came back with them; none: it has but one.
        current: the one that the session is on.
        entries: the whole log of that one, as it is now.
        tick: where it stands.
    """
    for line in lines:
        about, own, end = line.about, line.entries, line.tick
        if about.number == current:
            own, end = tuple(entries[about.index :]), tick
        if about.parent is not None:
            history.fork(about.number, (about.tick, about.index), about.parent)
        history.learn(own, end, about.number)
    if not lines:
        history.learn(entries, tick)
