"""The journal of a session in memory."""

import pytest

from engine.commands import CompactMemory
from engine.log import Entry
from server.errors import JournalError
from server.journal.codec import Digest, Waiting
from server.journal.folder import Folder
from server.journal.journal import Journal
from server.journal.state_file import StateFile
from server.journal.store import Store
from tests.server.journal.test_folder import HASHES, RECORD

ENTRY = Entry(1, 7, CompactMemory(), True)


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


def test_what_was_written_is_there_after_the_next_opening(folder):
    journal = folder.create("one", RECORD, HASHES)
    journal.write(ENTRY, Waiting())
    journal.stand(9, Digest(9, 1, "d"))
    journal.pace(0)
    journal.close()
    again = folder.open("one")
    assert again.record.log() == (ENTRY,)
    assert (again.record.tick(), again.record.pace) == (9, 0)
    again.close()


def test_a_session_that_starts_over_is_written_to_its_new_timeline(folder):
    journal = folder.create("one", RECORD, HASHES)
    journal.write(ENTRY, Waiting())
    journal.restart(RECORD.head)
    journal.write(ENTRY, Waiting())
    assert folder.read("one").log() == (ENTRY,)
    assert journal.record.epoch == folder.read("one").epoch == 2
    journal.close()


def test_another_simulator_takes_the_log_and_none_of_the_digests(folder):
    journal = folder.create("one", RECORD, HASHES)
    journal.write(ENTRY, Waiting())
    journal.stand(9, Digest(9, 1, "d"))
    journal.close()
    journal = folder.open("one")
    journal.adopt("another")
    found = folder.read("one")
    assert (found.head.engine, found.log()) == ("another", (ENTRY,))
    assert found.digests == {found.current: ()}
    journal.close()


def test_a_fork_is_written_until_the_session_returns(folder):
    journal = folder.create("one", RECORD, HASHES)
    journal.write(ENTRY, Waiting())
    journal.fork(0, 0, 3, Entry(1, 3, CompactMemory(), True))
    journal.write(Entry(2, 4, CompactMemory(), True), Waiting())
    found = folder.read("one")
    assert (found.timelines[1].parent, [entry.tick for entry in found.log()]) == (1, [3, 4])
    journal.enter(0)
    assert folder.read("one").log() == (ENTRY,)
    journal.close()


def test_the_lock_is_let_go_even_if_the_file_cannot_be_closed(tmp_path, monkeypatch):
    freed = []
    store = Store(tmp_path / "x.sqlite", write=True)
    journal = Journal(store, RECORD, lambda: freed.append(1), StateFile(tmp_path / "x", 1))

    def broken():
        raise JournalError("no")

    monkeypatch.setattr(store, "close", broken)
    with pytest.raises(JournalError):
        journal.close()
    assert freed == [1]
