"""The file: everything comes back, and what goes wrong is one sentence."""

import sqlite3

import pytest
from hypothesis import given

from engine.commands import CompactMemory
from engine.log import Entry
from server.errors import JournalError
from server.journal.codec import Digest, Waiting, head_from_dict
from server.journal.store import Store, new_record, renumbered
from tests.server.journal.records import records

HEAD = head_from_dict({"log_version": 1, "engine": "e", "created": "now", "config": {}})
HASHES = {"presenter": b"p", "viewer": b"v"}
ENTRY = Entry(1, 7, CompactMemory(), True)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "one.sqlite"


@pytest.fixture
def store(path):
    made = Store(path, write=True)
    made.begin(new_record(HEAD), HASHES)
    yield made
    made.close()


@given(records())
def test_a_record_comes_back_as_it_was(tmp_path_factory, record):
    path = tmp_path_factory.mktemp("store") / "one.sqlite"
    store = Store(path, write=True)
    store.begin(record, HASHES)
    store.close()
    again = Store(path, write=False)
    assert (again.read(), again.hashes()) == (record, HASHES)
    again.close()


def test_every_write_is_seen_by_a_reader_beside_the_writer(store, path):
    reader = Store(path, write=False)
    store.append(1, ENTRY, Waiting(2, (CompactMemory(),)))
    assert reader.read().log() == (ENTRY,)
    assert reader.read().waiting == Waiting(2, (CompactMemory(),))
    store.stand(1, 12, Digest(12, 1, "d"))
    assert (reader.read().tick(), reader.read().digests[1]) == (12, (Digest(12, 1, "d"),))
    store.pace(7.5)
    assert reader.read().pace == 7.5
    fork = store.fork("another", 1, 1, 9)
    assert (fork.id, reader.read().current, reader.read().log()) == (2, 2, (ENTRY,))
    store.enter(1)
    assert reader.read().current == 1
    reader.close()


def test_a_new_start_leaves_the_old_one_in_the_file_and_out_of_the_way(store):
    store.append(1, ENTRY, Waiting())
    made = store.restart(new_record(HEAD))
    assert (made.epoch, made.current) == (2, 2)
    assert store.read() == made
    assert store._db.execute("SELECT count(*) FROM entries").fetchone() == (1,)


def test_the_same_index_is_never_written_twice(store):
    store.append(1, ENTRY, Waiting())
    with pytest.raises(JournalError, match="damaged"):
        store.append(1, ENTRY, Waiting())
    assert store.read().log() == (ENTRY,)


def test_a_full_disk_is_one_sentence_and_what_was_there_stays(store):
    store.append(1, ENTRY, Waiting())
    store._db.execute("PRAGMA max_page_count = 1")  # SQLite then says what a full disk says
    with pytest.raises(JournalError, match="cannot be kept: the disk is full"):
        for index in range(2, 2000):
            store.append(1, Entry(index, 7, CompactMemory(), True), Waiting())
    assert store.read().log()[0] == ENTRY


@pytest.mark.parametrize("damage", ["no database", "a page", "an entry"])
def test_a_damaged_file_is_one_sentence(store, path, damage):
    for index in range(1, 500):
        store.append(1, Entry(index, 7, CompactMemory(), True), Waiting())
    store.close()
    if damage == "no database":
        path.write_bytes(b"what?" * 1000)
    elif damage == "a page":
        data = bytearray(path.read_bytes())
        data[8192:12288] = b"\x55" * 4096
        path.write_bytes(data)
    else:
        with sqlite3.connect(path) as other:
            other.execute("UPDATE entries SET tick = 8 WHERE idx = 3")
        other.close()
    with pytest.raises(JournalError, match=r"damaged.*other sessions are not affected"):
        again = Store(path, write=True)
        try:
            again.read()
        finally:
            again.close()


def test_a_journal_of_a_later_version_is_not_guessed_at(store, path):
    store._db.execute("PRAGMA user_version = 9")
    with pytest.raises(JournalError, match="version 9: this server reads 1"):
        store.read()


def test_timelines_are_renumbered_with_all_that_belongs_to_them(store):
    store.append(1, ENTRY, Waiting())
    store.fork("another", 1, 1, 9)
    moved = renumbered(store.read(), 10, 3)
    assert (moved.epoch, moved.current, moved.timelines[1].parent) == (3, 12, 11)
    assert moved.log() == (ENTRY,)
