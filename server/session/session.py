"""A session: a config, a seed, a log of commands with their ticks, and the world that they make.

The log is the session; everything else follows from it. Sans-I/O: no sockets, no threads, no clock,
so that a session can be made to run anywhere. A command is refused before it is logged, or it
stands in the log, and in the session's book if there is one, before it is applied and before
anybody is told that it was accepted.
"""

import collections
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.commands import Command
from engine.errors import RefusedError
from engine.log import MAIN, Entry, play
from engine.trace.limits import check_size
from engine.view import GuestView
from engine.world import World
from server.errors import JournalError
from server.journal.codec import Course, Record, Waiting
from server.session.book import Book, NoBook
from server.session.state import views_of
from server.session.timelines import Branch, Timeline, WholeTimeline
from server.session.transcript import Transcript, transcript_from_dict
from server.wire.config import SessionConfig

MAX_LOG = 100_000  # commands of one session


@dataclass(frozen=True)
class SequenceState:
    """How far a sequence of commands is.

    Attributes:
        total: commands in it.
        left: those still to be given; 0: it is over.
        text: why it ended early, None if it did not.
    """

    total: int
    left: int
    text: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {"total": self.total, "left": self.left, "text": self.text}


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
        self.sequence: SequenceState | None = None
        self.timeline = MAIN
        self.timelines: dict[int, Timeline] = {MAIN: Timeline(MAIN, None, 0, 0, None)}
        self._queue: collections.deque[Command] = collections.deque()
        self._facts = dict(facts)
        self._idle = not world.busy()
        self._book: Book = NoBook()
        self._lines: tuple[WholeTimeline, ...] = ()

    def keep_in(self, book: Book) -> None:
        """Write to ``book`` from now on."""
        self._book = book

    def take_up(self, record: Record, look: Callable[[], None], contained: int = 0) -> None:
        """Go on where a journal stands: its log, its tick, its sequence; this session is new.

        Args:
            record: what the journal holds; of the same config.
            look: called now and then; may raise to break off.
            contained: commands that the world contains already, by a kept state.

        Raises:
            RefusedError: the log is no log of such a session.
        """
        self.replay(record.log(), record.tick(), look, contained)
        first, base = min(self.timelines), record.timelines[0].id
        self._lines = tuple(self._line_of(record, one, first - base) for one in record.timelines)
        self.timelines = {line.about.number: line.about for line in self._lines}
        self.timeline = record.current + first - base
        self._queue.extend(record.waiting.commands)
        if self._queue:
            self.sequence = SequenceState(record.waiting.total, len(self._queue))
        self._go_on()

    @staticmethod
    def _line_of(record: Record, one: Course, shift: int) -> WholeTimeline:
        own = record.entries.get(one.id, ())
        parent = None if one.parent is None else one.parent + shift
        command = own[0].command if own and parent is not None else None
        about = Timeline(one.id + shift, parent, one.at_tick, one.at_index, command, one.given_name)
        return WholeTimeline(about, own, record.tick(one.id))

    @property
    def tick(self) -> int:
        """Simulated time."""
        return self.world.tick

    @property
    def log_index(self) -> int:
        """Index of the last command, 0 = none."""
        return len(self.log)

    @property
    def engine(self) -> str:
        """Digest of the simulator that plays it."""
        return str(self._facts["engine"])

    @property
    def queued(self) -> int:
        """Commands of a sequence that are still to be given."""
        return len(self._queue)

    @property
    def at_rest(self) -> bool:
        """Whether a further tick would change nothing: no command at work, no daemon, no workload.

        Ticks are not counted at rest; results never depend on it (engine/core/run.py).
        """
        return self._idle

    # -- commands

    def accept(self, command: Command) -> Entry:
        """Check a command, put it into the log, apply it; a sequence under way ends by it.

        Raises:
            RefusedError: the command makes no sense for this guest, or the log is full; nothing
                has changed then.
            JournalError: it cannot be kept; nothing has changed then.
        """
        entry = self._enter(command, Waiting())
        self._break_off("another command was given")
        return entry

    def begin(self, commands: Sequence[Command]) -> None:
        """Give commands one after the other, each when every guest is idle.

        The first is given at once if they are idle now, the others by advance().

        Args:
            commands: at least one.

        Raises:
            RefusedError: another sequence is under way, or the first command is refused at once;
                nothing has changed then.
            JournalError: it cannot be kept; nothing has changed then.
        """
        if self._queue:
            left = len(self._queue)
            raise RefusedError(f"a sequence is under way, {left} of its commands are still to come")
        first, *rest = commands
        if self._idle:
            self._enter(first, Waiting(len(commands), tuple(rest)))
        else:
            rest = list(commands)
            self._book.write(None, Waiting(len(commands), tuple(rest)))
        self._queue.extend(rest)
        self.sequence = SequenceState(len(commands), len(rest))
        self._go_on()

    def _go_on(self) -> None:
        """Give the commands of the sequence that are due."""
        while self._queue and self._idle and self.sequence is not None:
            first, *rest = self._queue
            try:
                self._enter(first, Waiting(self.sequence.total, tuple(rest)))
            except RefusedError as error:
                self._break_off(str(error))
                with contextlib.suppress(JournalError):
                    self._book.write(None, Waiting())
                return
            except JournalError as error:
                self._break_off(str(error))
                return
            self._queue.popleft()
            self.sequence = SequenceState(self.sequence.total, len(self._queue))

    def _break_off(self, text: str) -> None:
        """Give up what is left of the sequence."""
        if self._queue and self.sequence is not None:
            left = len(self._queue)
            self._queue.clear()
            words = f"{text}: {left} of {self.sequence.total} commands were not given"
            self.sequence = SequenceState(self.sequence.total, 0, words)

    def _enter(self, command: Command, waiting: Waiting) -> Entry:
        """Check, keep, log, apply: in this order; ``waiting`` is what is then left to be given."""
        if len(self.log) >= MAX_LOG:
            raise RefusedError(f"the log has {MAX_LOG} commands, its limit: reset the session")
        self.world.check(command)
        entry = Entry(self.log_index + 1, self.tick, command, self._idle)
        self._book.write(entry, waiting)
        self._apply(entry)
        return entry

    def _apply(self, entry: Entry) -> None:
        """Log what is kept already, then let it happen."""
        self.log.append(entry)
        self.world.apply(entry.command)
        self._idle = not self.world.busy()

    # -- timelines

    def branch(self, branch: Branch) -> Entry | None:
        """Go on from an earlier state, or from where another timeline ended.

        What is left behind stays in the history; a sequence under way ends by it.

        Args:
            branch: of this session.

        Returns:
            The entry of its command.

        Raises:
            RefusedError: its command makes no sense in that state, or the log is full; nothing has
                changed then.
        """
        command = branch.command
        if command is not None and len(branch.entries) >= MAX_LOG:
            raise RefusedError(f"the log has {MAX_LOG} commands, its limit: reset the session")
        before, log, timeline = self.world.checkpoint(), self.log, self.timeline
        self.world.restore(branch.point)
        self.log, self.timeline = list(branch.entries), branch.timeline
        self._idle = not self.world.busy()
        try:
            entry = self._first(branch)
        except (RefusedError, JournalError):
            self.world.restore(before)
            self.log, self.timeline, self._idle = log, timeline, not self.world.busy()
            raise
        if branch.timeline not in self.timelines:
            self.timelines[branch.timeline] = Timeline(
                branch.timeline, branch.parent, branch.point.tick, len(branch.entries), command
            )
        self._break_off("the session went on from another moment")
        return entry

    def name(self, number: int, name: str) -> None:
        """Give a timeline a name.

        Raises:
            RefusedError: there is no such timeline.
            JournalError: the name cannot be kept; nothing has changed then.
        """
        if number not in self.timelines:
            raise RefusedError(f"timeline {number}: this session has {len(self.timelines)}")
        self._book.name(self._place(number), name)
        self.timelines[number] = replace(self.timelines[number], name=name)

    def _place(self, number: int) -> int:
        """Place of a timeline in the order of their making, from 0."""
        return number - min(self.timelines)

    def _first(self, branch: Branch) -> Entry | None:
        """Keep a branch, and give the command that it begins with, if there is one."""
        if branch.command is None or branch.parent is None:
            self._book.enter(self._place(branch.timeline))
            self._book.write(None, Waiting())
            return None
        self.world.check(branch.command)
        entry = Entry(self.log_index + 1, self.tick, branch.command, self._idle)
        parent = self._place(branch.parent)
        self._book.fork(parent, len(branch.entries), branch.point.tick, entry)
        self._apply(entry)
        return entry

    def lines(self) -> tuple[WholeTimeline, ...]:
        """Every timeline as it was when the session came back."""
        return self._lines

    # -- time

    def advance(self) -> None:
        """Run one tick, then give what was waiting for the guests to be idle."""
        self.world.step(1)
        self._idle = not self.world.busy()
        self._go_on()

    def replay(
        self,
        entries: Sequence[Entry],
        until_tick: int,
        look: Callable[[], None],
        contained: int = 0,
    ) -> None:
        """Take over the log of another session of the same config, each entry at its tick.

        Args:
            entries: that session's log; this one's is empty.
            until_tick: where that session stands.
            look: called now and then; may raise to break off.
            contained: see take_up().

        Raises:
            RefusedError: the log is no log of such a session.
        """
        play(self.world, entries[contained:], until_tick, look)
        self.log = list(entries)
        self._idle = not self.world.busy()

    # -- looking

    def views(self) -> tuple[GuestView, ...]:
        """All designs at the present tick, read-only."""
        return views_of(self.world)

    def describe(self) -> dict[str, Any]:
        """Fields of ``welcome`` that the session knows."""
        workload = self.world.workload
        at_work = self.sequence if self._queue else None
        return {
            "config": self.config.to_dict(),
            "tick": self.tick,
            "log_index": self.log_index,
            "designs": [
                {"key": d.key, "name": d.name, "label": d.label, "toggles": dict(d.params)}
                for d in self.world.designs
            ],
            "workload": {"enabled": workload.enabled, "rate": workload.rate},
            "sequence": at_work and at_work.to_dict(),
            "timeline": self.timeline,
            "timelines": [line.to_dict() for line in self.timelines.values()],
            **self._facts,
        }

    def transcript(self) -> Transcript:
        """What it takes to make the present state again."""
        return Transcript(self.config, tuple(self.log), self.tick, self._idle, self.engine)

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


def session_from_export(
    data: object, build: Callable[[SessionConfig], Session], look: Callable[[], None]
) -> Session:
    """The session that an export describes, at the tick at which it was taken.

    Args:
        data: what GET /api/sessions/{id} answered.
        build: makes a session at tick 0.
        look: called now and then while its log is played; may raise to break off.

    Raises:
        RefusedError: it is no export, of another log version, or its guest cannot be made.
        NotFoundError: its guest is an upload that is not kept any more.
    """
    transcript = transcript_from_dict(data, MAX_LOG)
    session = build(transcript.config)
    session.replay(transcript.log, transcript.tick, look)
    return session
