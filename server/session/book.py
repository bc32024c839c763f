"""What a session writes before it happens; server/journal/journal.py has the real book."""

from typing import Protocol

from engine.log import Entry
from server.journal.codec import Waiting


class Book(Protocol):
    """Where a session writes what must not be lost; server/journal/journal.py has the real one."""

    def write(self, entry: Entry | None, waiting: Waiting) -> None:
        """Keep an entry that is about to be applied, and what is left of a sequence.

        Raises:
            JournalError: it is not kept.
        """

    def fork(self, parent: int, at_index: int, at_tick: int, entry: Entry) -> None:
        """Keep a new timeline with its first entry; it is written from now on.

        Args:
            parent: place of the timeline that it leaves, from 0 in the order of their making.
            at_index: entries that it shares.
            at_tick: where it leaves.
            entry: its first own one.

        Raises:
            JournalError: see write().
        """

    def name(self, place: int, name: str) -> None:
        """Keep the name of a timeline; its place as in fork().

        Raises:
            JournalError: see write().
        """

    def enter(self, place: int) -> None:
        """Write another timeline from now on; its place as in fork().

        Raises:
            JournalError: see write().
        """


class NoBook:
    """Of a session that nobody wants to keep."""

    def write(self, entry: Entry | None, waiting: Waiting) -> None:
        """Keep nothing."""

    def fork(self, parent: int, at_index: int, at_tick: int, entry: Entry) -> None:
        """Keep nothing."""

    def name(self, place: int, name: str) -> None:
        """Keep nothing."""

    def enter(self, place: int) -> None:
        """Keep nothing."""
