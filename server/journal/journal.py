"""A session's journal while the session is in memory: its file, its lock, and where it stands.

Made and opened by server/journal/folder.py; afterwards the session's worker alone uses it.
"""

from collections.abc import Callable
from dataclasses import replace

from engine.log import Entry
from server.journal.codec import Digest, Head, Record, Waiting, usual_name
from server.journal.state_file import StateFile
from server.journal.store import Store, new_record


class Journal:
    """Everything here is on the disk when the call returns.

    Attributes:
        record: what was known when it was opened, or after the last restart.
        timeline: the one that is written now.
        state: where the session's last state may be kept.
    """

    def __init__(
        self, store: Store, record: Record, unlock: Callable[[], None], state: StateFile
    ) -> None:
        """Own an open store.

        Args:
            store: open for writing.
            record: what it holds.
            unlock: lets others open it; called once, by close().
            state: see there.
        """
        self.record = record
        self.state = state
        self.timeline = record.current
        self._store = store
        self._unlock = unlock
        self._closed = False

    def write(self, entry: Entry | None, waiting: Waiting) -> None:
        """A command, before it is applied; and what is left of the sequence that it came from.

        Raises:
            JournalError: it could not be written; then the command must not be applied.
        """
        self._store.append(self.timeline, entry, waiting)

    def stand(self, tick: int, mark: Digest | None = None) -> None:
        """How far the session is, and what its state is there.

        Raises:
            JournalError: see write().
        """
        self._store.stand(self.timeline, tick, mark)

    def pace(self, ticks_per_s: float) -> None:
        """The pace that somebody has set.

        Raises:
            JournalError: see write().
        """
        self._store.pace(ticks_per_s)

    def restart(self, head: Head) -> None:
        """The session starts over from another head; what was before stays in the file.

        Raises:
            JournalError: see write().
        """
        self._renew(new_record(head))

    def adopt(self, engine: str) -> None:
        """The same log, from now on played by this simulator.

        Raises:
            JournalError: see write().
        """
        head = replace(self.record.head, engine=engine)
        # What the other one came to says nothing of this one.
        self._renew(replace(self.record, head=head, digests=dict.fromkeys(self.record.digests, ())))

    def _renew(self, record: Record) -> None:
        self.record = self._store.restart(record)
        self.timeline = self.record.current

    def fork(self, parent: int, at_index: int, at_tick: int, entry: Entry) -> None:
        """A new timeline with its first entry; it is written from now on.

        Args:
            parent: place of the timeline that it leaves, from 0 in the order of their making.
            at_index: entries that it shares.
            at_tick: where it leaves.
            entry: its first own one.

        Raises:
            JournalError: see write().
        """
        name = usual_name(at_tick)
        self.timeline = self._store.fork(name, self._id(parent), at_index, at_tick, entry).id

    def name(self, place: int, name: str) -> None:
        """The name of a timeline; its place as in fork().

        Raises:
            JournalError: see write().
        """
        self._store.name(self._id(place), name)

    def enter(self, place: int) -> None:
        """Write another of the session's timelines from now on; its place as in fork().

        Raises:
            JournalError: see write().
        """
        self._store.enter(self._id(place))
        self.timeline = self._id(place)

    def _id(self, place: int) -> int:
        return self.record.timelines[0].id + place

    def close(self, last: Callable[[], object] = lambda: None) -> None:
        """Leave the file in one piece and let others open it; further calls do nothing.

        Args:
            last: called in between; may take its time.
        """
        if self._closed:
            return
        self._closed = True
        try:
            self._store.close()
            last()
        finally:
            self._unlock()
