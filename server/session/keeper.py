"""When a session's journal hears how far the session is; the clock's readings come from outside.

A command is in the journal before it is applied (server/session/session.py). The tick is written
about once a second while the session moves, and exactly where it stops: paused, at rest, unwatched.
"""

import contextlib
import time
from collections.abc import Callable
from datetime import UTC, datetime

from engine.errors import RefusedError
from server.errors import JournalError
from server.journal.codec import Digest, Head, Record
from server.journal.journal import Journal
from server.session.last_state import bring, save
from server.session.session import Session
from server.wire.config import SessionConfig

WORTH_S = 0.5  # of work that a kept state must save
NOTE_S = 1.0  # ticks of so long may be played anew after a crash
DIGEST_S = 5.0  # between two digests; a digest of 4 GiB under four designs takes 0.4 s
MAX_DIGEST_PAGES = 8 << 20  # of all guests: larger sessions have digests only in exports
# Of all guests: larger sessions come back by their log. A state is packed and read as a whole,
# which takes seconds for each GiB of it, and memory beside the guests.
MAX_STATE_PAGES = 128 << 20


def timestamp() -> str:
    """Now, for the head of a journal."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def mark_of(session: Session) -> Digest:
    """What a session's state is."""
    return Digest(session.tick, session.log_index, session.world.state_digest())


def quick_mark_of(session: Session) -> Digest | None:
    """What a session's state is; None where that would take too long."""
    world = session.world
    large = world.nr_pages * len(world.keys) > MAX_DIGEST_PAGES
    return None if large else mark_of(session)


def keeps_state(session: Session) -> bool:
    """Whether a session's last state is kept beside its journal."""
    return session.world.nr_pages * len(session.world.keys) <= MAX_STATE_PAGES


class Keeper:
    """One session's journal, or none. Owned by the session's worker."""

    def __init__(self, journal: Journal | None) -> None:
        """Nothing is written before take_up().

        Args:
            journal: open; None: the session is not kept.
        """
        self._journal = journal
        self._tick = 0
        self._at = 0.0
        self._marked_at = -DIGEST_S
        self._epoch = 1
        self._restarts = 0
        self._failing = False
        self._worked = 0.0  # reading of the worker's processor time when the kept state was made
        self._sound = True

    @property
    def record(self) -> Record | None:
        """What the journal held when it was opened, or at the last reset."""
        return self._journal.record if self._journal else None

    @property
    def epoch(self) -> int:
        """Number of what is shown: another start or timeline makes what was before void."""
        return self._epoch

    def check_restarts(self, restarts: int) -> None:
        """Refuse what was found in the session before it started over.

        Raises:
            RefusedError: it has done so since.
        """
        if restarts != self._restarts:
            raise RefusedError("the session has started over meanwhile: that moment is gone")

    def branched(self) -> None:
        """The session goes on from another moment."""
        self._epoch += 1
        self._tick = -1

    def take_up(self, session: Session, look: Callable[[], None]) -> None:
        """Bring a new session to where the journal stands, and keep it there from now on.

        Raises:
            RefusedError: the log does not fit the session.
            JournalError: the journal cannot be written.
        """
        if self._journal is None:
            return
        record = self._journal.record
        session.keep_in(self._journal)
        self._worked = time.thread_time()
        kept = self._journal.state
        contained = bring(kept, session.config, record.log(), record.tick(), session.world)
        session.take_up(record, look, contained)
        if session.engine != record.head.engine:  # somebody asked for that: see the manager
            self._journal.adopt(session.engine)
        self._tick = record.tick()
        # Higher than any before: the first of a process is not one that a page has seen.
        self._epoch = self._journal.record.epoch + len(record.timelines) - 1

    def restart(self, session: Session, config: SessionConfig) -> None:
        """Another session takes the place of the one before.

        Raises:
            JournalError: the journal cannot be written; the old one goes on then.
        """
        if self._journal is not None:
            self._journal.restart(Head(config, session.engine, timestamp()))
            session.keep_in(self._journal)
        self._epoch += 1
        self._restarts += 1
        self._tick = 0

    def note(self, session: Session, now: float, moving: bool) -> str | None:
        """Write the tick if it is time.

        Args:
            session: as it is now.
            now: reading of a clock, seconds.
            moving: whether the next tick is coming.

        Returns:
            A sentence when the journal begins to fail, for everybody who watches.
        """
        if self._journal is None or session.tick == self._tick:
            return None
        if moving and now - self._at < NOTE_S:
            return None
        if self._failing and now - self._at < NOTE_S:
            return None
        mark = None
        if not moving and now - self._marked_at >= DIGEST_S:
            mark, self._marked_at = quick_mark_of(session), now
        self._at = now
        try:
            self._journal.stand(session.tick, mark)
        except JournalError as error:
            first, self._failing = not self._failing, True
            return str(error) if first else None
        self._tick = session.tick
        self._failing = False
        return None

    def pace_from(self, usual: float) -> float:
        """The pace that was set last, or else the usual one."""
        pace = self._journal.record.pace if self._journal else None
        return usual if pace is None else pace

    def pace(self, ticks_per_s: float) -> None:
        """Write the pace that somebody has set; it is not worth a sentence where that fails."""
        if self._journal is not None:
            with contextlib.suppress(JournalError):
                self._journal.pace(ticks_per_s)

    def distrust(self) -> None:
        """A fault has ended the session: its state is not to be kept."""
        self._sound = False

    def close(self, session: Session | None) -> None:
        """Write where the session stands, keep its state, and let go of the journal.

        Args:
            session: None if it was never made.
        """
        if self._journal is None:
            return
        journal, self._journal = self._journal, None
        with contextlib.suppress(JournalError):
            if session is not None:
                journal.stand(session.tick, quick_mark_of(session))

        def keep() -> None:
            worked = time.thread_time() - self._worked
            if session is None or not self._sound or worked < WORTH_S:
                return
            if keeps_state(session):
                save(journal.state, session.config, session.log, session.world)

        with contextlib.suppress(JournalError):
            journal.close(keep)
