"""One session's SQLite file: the only place that touches SQLite.

WAL with synchronous=FULL: what a method has written is on the disk when it returns, whatever
happens to the process afterwards. One writer, who holds the session's lock
(server/journal/folder.py); readers come and go beside it.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from engine.errors import RefusedError
from engine.log import MAIN, Entry
from server.errors import JournalError
from server.journal.codec import (
    JOURNAL_VERSION,
    Course,
    Digest,
    Head,
    Record,
    Waiting,
    entry_from_row,
    head_from_dict,
    row_of,
    waiting_from_text,
)
from server.jsontext import dump, parse_object
from server.meters import JOURNAL

APPLICATION_ID = 0x46524753  # FRGS: what `file` would say of it
BUSY_S = 5.0
_TABLES = """
CREATE TABLE heads (epoch INTEGER PRIMARY KEY, head TEXT NOT NULL, current INTEGER NOT NULL,
    waiting TEXT NOT NULL, pace REAL) STRICT;
CREATE TABLE tokens (role TEXT PRIMARY KEY, hash BLOB NOT NULL) STRICT;
CREATE TABLE timelines (id INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, name TEXT NOT NULL,
    parent INTEGER, at_index INTEGER NOT NULL, at_tick INTEGER NOT NULL,
    tick INTEGER NOT NULL) STRICT;
CREATE TABLE entries (timeline INTEGER, idx INTEGER, tick INTEGER NOT NULL, idle INTEGER NOT NULL,
    command TEXT NOT NULL, seal BLOB NOT NULL, PRIMARY KEY (timeline, idx)) STRICT, WITHOUT ROWID;
CREATE TABLE digests (timeline INTEGER, tick INTEGER, idx INTEGER, digest TEXT NOT NULL,
    PRIMARY KEY (timeline, tick, idx)) STRICT, WITHOUT ROWID;
"""
_WORDS = {
    "SQLITE_FULL": "the disk is full",
    "SQLITE_READONLY": "its folder is read-only",
    "SQLITE_CANTOPEN": "its folder cannot be written",
    "SQLITE_PERM": "its folder cannot be written",
    "SQLITE_BUSY": "another process is writing it",
    "SQLITE_IOERR": "the disk does not take it",
}
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR", "SQLITE_CONSTRAINT")


def sentence(error: sqlite3.Error) -> str:
    """What an error of SQLite means for a person."""
    name = getattr(error, "sqlite_errorname", "")
    for start, words in _WORDS.items():
        if name.startswith(start):
            return f"the journal of this session cannot be kept: {words}"
    if name.startswith(_DAMAGED):
        return "the journal of this session is damaged; other sessions are not affected"
    return f"the journal of this session cannot be used: {str(error)[:80]}"


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise JournalError(sentence(error)) from error


class Store:
    """An open file. Used by one thread at a time."""

    def __init__(self, path: Path, write: bool) -> None:
        """Open what is there.

        Args:
            path: the file; made if it is not there and ``write`` is set.
            write: whether to write; otherwise a writer may be at work beside.

        Raises:
            JournalError: it cannot be opened.
        """
        self._path = path
        with _told():
            mode = "rwc" if write else "ro"
            self._db = sqlite3.connect(
                f"{path.resolve().as_uri()}?mode={mode}", uri=True, timeout=BUSY_S,
                isolation_level=None, check_same_thread=False,
            )  # fmt: skip
            if write:
                self._db.execute("PRAGMA journal_mode=WAL")
                self._db.execute("PRAGMA synchronous=FULL")

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, and on the disk when it is over."""
        with _told(), JOURNAL.timed():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @property
    def version(self) -> int:
        """Of its form; 0: it was never finished."""
        with _told():
            return int(self._db.execute("PRAGMA user_version").fetchone()[0])

    # -- writing ---------------------------------------------------------------------------------
    def begin(self, record: Record, hashes: Mapping[str, bytes]) -> None:
        """Write a new journal, whole or not at all.

        Args:
            record: what is known of the session.
            hashes: of its tokens, by role.
        """
        with self._write() as db:
            for table in _TABLES.split(";\n"):
                db.execute(table)
            db.executemany("INSERT INTO tokens VALUES (?, ?)", list(hashes.items()))
            self._put(db, record)
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            db.execute(f"PRAGMA user_version = {JOURNAL_VERSION}")

    def _put(self, db: sqlite3.Connection, record: Record) -> None:
        """Everything of one epoch."""
        db.execute(
            "INSERT INTO heads VALUES (?, ?, ?, ?, ?)",
            (record.epoch, dump(record.head.to_dict()), record.current, record.waiting.to_text(),
             record.pace),
        )  # fmt: skip
        for one in record.timelines:
            self._put_timeline(db, record.epoch, one)
        for timeline, entries in record.entries.items():
            rows = [row_of(timeline, entry) for entry in entries]
            db.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", rows)
        for timeline, digests in record.digests.items():
            for mark in digests:
                self._put_digest(db, timeline, mark)

    def _put_timeline(self, db: sqlite3.Connection, epoch: int, one: Course) -> None:
        db.execute(
            "INSERT INTO timelines VALUES (?, ?, ?, ?, ?, ?, ?)",
            (one.id, epoch, one.name, one.parent, one.at_index, one.at_tick, one.tick),
        )

    def _put_digest(self, db: sqlite3.Connection, timeline: int, mark: Digest) -> None:
        db.execute(
            "INSERT OR REPLACE INTO digests VALUES (?, ?, ?, ?)",
            (timeline, mark.tick, mark.index, mark.digest),
        )

    def append(self, timeline: int, entry: Entry | None, waiting: Waiting) -> None:
        """Write a command, and what is left of the sequence that it came from.

        Args:
            timeline: whose log it continues.
            entry: None if only ``waiting`` has changed.
            waiting: as it is from now on.
        """
        with self._write() as db:
            if entry is not None:
                row = row_of(timeline, entry)
                db.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", row)
                db.execute("UPDATE timelines SET tick = ? WHERE id = ?", (entry.tick, timeline))
            db.execute(
                "UPDATE heads SET waiting = ? WHERE epoch = (SELECT max(epoch) FROM heads)",
                (waiting.to_text(),),
            )

    def stand(self, timeline: int, tick: int, mark: Digest | None = None) -> None:
        """Write how far a timeline is, and what its state is."""
        with self._write() as db:
            db.execute("UPDATE timelines SET tick = ? WHERE id = ?", (tick, timeline))
            if mark is not None:
                self._put_digest(db, timeline, mark)

    def pace(self, ticks_per_s: float) -> None:
        """Write the pace that is in force."""
        with self._write() as db:
            db.execute(
                "UPDATE heads SET pace = ? WHERE epoch = (SELECT max(epoch) FROM heads)",
                (ticks_per_s,),
            )

    def fork(
        self, name: str, parent: int, at_index: int, at_tick: int, entry: Entry | None = None
    ) -> Course:
        """A new timeline that leaves ``parent`` there, and is the current one from now on.

        Args:
            name: for people.
            parent: its id.
            at_index: entries that are shared.
            at_tick: where it leaves.
            entry: the first of its own; what was left of a sequence is given up by it.
        """
        with self._write() as db:
            number, epoch = db.execute(
                "SELECT (SELECT max(id) FROM timelines) + 1, max(epoch) FROM heads"
            ).fetchone()
            one = Course(number, name, parent, at_index, at_tick, at_tick)
            self._put_timeline(db, epoch, one)
            if entry is not None:
                row = row_of(number, entry)
                db.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", row)
            db.execute(
                "UPDATE heads SET current = ?, waiting = ? WHERE epoch = ?",
                (number, Waiting().to_text(), epoch),
            )
        return one

    def name(self, timeline: int, name: str) -> None:
        """Give a timeline another name."""
        with self._write() as db:
            db.execute("UPDATE timelines SET name = ? WHERE id = ?", (name, timeline))

    def enter(self, timeline: int) -> None:
        """The session is in another of its timelines from now on."""
        with self._write() as db:
            db.execute(
                "UPDATE heads SET current = ? WHERE epoch = (SELECT max(epoch) FROM heads)",
                (timeline,),
            )

    def restart(self, record: Record) -> Record:
        """Begin another epoch; what was before stays in the file.

        Args:
            record: of the new start; epoch and timelines get their numbers here.

        Returns:
            The record with those numbers.
        """
        with self._write() as db:
            epoch, first = db.execute(
                "SELECT max(epoch) + 1, (SELECT max(id) FROM timelines) FROM heads"
            ).fetchone()
            record = renumbered(record, first, epoch)
            self._put(db, record)
        return record

    # -- reading ---------------------------------------------------------------------------------
    def read(self) -> Record:
        """Everything of the epoch that the session is in.

        Raises:
            JournalError: it is damaged, or of a later version.
        """
        version = self.version
        if version != JOURNAL_VERSION:
            raise JournalError(
                f"the journal of this session has version {version}:"
                f" this server reads {JOURNAL_VERSION}"
            )
        try:
            with _told():
                self._db.execute("BEGIN")
                try:
                    record = self._read(self._db)
                finally:
                    self._db.execute("ROLLBACK")
            record.check()
        except RefusedError as error:
            raise JournalError(
                f"the journal of this session is damaged ({error}); other sessions are not affected"
            ) from None
        return record

    def _read(self, db: sqlite3.Connection) -> Record:
        if db.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise RefusedError("its pages contradict each other")
        found = db.execute("SELECT * FROM heads ORDER BY epoch DESC LIMIT 1").fetchone()
        if found is None:
            raise RefusedError("it has no head")
        epoch, head, current, waiting, pace = found
        rows = db.execute(
            "SELECT id, name, parent, at_index, at_tick, tick FROM timelines WHERE epoch = ?"
            " ORDER BY id", (epoch,),
        )  # fmt: skip
        timelines = tuple(Course(*row) for row in rows)
        entries, digests = {}, {}
        for one in timelines:
            own = db.execute("SELECT * FROM entries WHERE timeline = ? ORDER BY idx", (one.id,))
            entries[one.id] = tuple(map(entry_from_row, own))
            seen = db.execute(
                "SELECT tick, idx, digest FROM digests WHERE timeline = ? ORDER BY tick, idx",
                (one.id,),
            )
            digests[one.id] = tuple(Digest(*row) for row in seen)
        return Record(
            head_from_dict(parse_object(head, "the head")),
            epoch, timelines, entries, digests, current, waiting_from_text(waiting), pace,
        )  # fmt: skip

    def hashes(self) -> dict[str, bytes]:
        """Hashes of the session's tokens, by role."""
        with _told():
            return dict(self._db.execute("SELECT role, hash FROM tokens"))

    def close(self) -> None:
        """Let go of the file; a writer leaves it in one piece."""
        with _told():
            self._db.close()


def renumbered(record: Record, first: int, epoch: int) -> Record:
    """The same record with timelines numbered from ``first`` + 1, in another epoch."""
    numbers = {one.id: first + place for place, one in enumerate(record.timelines, MAIN)}
    return replace(
        record,
        epoch=epoch,
        timelines=tuple(
            replace(one, id=numbers[one.id], parent=one.parent and numbers[one.parent])
            for one in record.timelines
        ),
        entries={numbers[number]: own for number, own in record.entries.items()},
        digests={numbers[number]: seen for number, seen in record.digests.items()},
        current=numbers[record.current],
    )


def new_record(head: Head, pace: float | None = None) -> Record:
    """Of a session that starts now."""
    return Record(head, entries={MAIN: ()}, digests={MAIN: ()}, pace=pace)
