"""When the journal hears how far a session is."""

import pytest

from engine.commands import BalloonInflate, CompactMemory
from engine.errors import RefusedError
from server.errors import JournalError
from server.journal.codec import Head
from server.journal.folder import Folder
from server.journal.store import new_record
from server.session import keeper as keeper_module
from server.session.keeper import (
    NOTE_S,
    Keeper,
    keeps_state,
    mark_of,
    quick_mark_of,
    timestamp,
)
from tests.server.conftest import SMALL


def never():
    """Go on."""


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


@pytest.fixture
def kept(folder, make_session):
    """A session with its keeper and its journal."""
    session = make_session()
    journal = folder.create("one", new_record(Head(SMALL, session.engine, timestamp())), {})
    keeper = Keeper(journal)
    keeper.take_up(session, never)
    yield session, keeper, journal
    keeper.close(session)


def run(session, ticks):
    for _ in range(ticks):
        session.advance()


def test_a_command_is_on_the_disk_before_it_is_applied(kept, folder, monkeypatch):
    session, _, _ = kept
    seen = []
    apply = session.world.apply

    def watched(command):
        seen.append([entry.command for entry in folder.read("one").log()])
        apply(command)

    monkeypatch.setattr(session.world, "apply", watched)
    session.accept(BalloonInflate(512))
    assert seen == [[BalloonInflate(512)]]


def test_a_command_that_cannot_be_kept_is_not_applied(kept, monkeypatch):
    session, _, journal = kept

    def full(*_):
        raise JournalError("the disk is full")

    monkeypatch.setattr(journal, "write", full)
    before = session.world.state_digest()
    with pytest.raises(JournalError):
        session.accept(BalloonInflate(512))
    with pytest.raises(JournalError):
        session.begin([BalloonInflate(512), CompactMemory()])
    assert (session.log, session.queued, session.world.state_digest()) == ([], 0, before)


def test_the_tick_is_written_once_a_second_while_it_moves_and_at_once_where_it_stops(kept, folder):
    session, keeper, _ = kept
    session.accept(BalloonInflate(4096))
    run(session, 3)
    assert keeper.note(session, 100.0, moving=True) is None
    assert folder.read("one").tick() == 3
    run(session, 1)
    keeper.note(session, 100.0 + NOTE_S / 2, moving=True)
    assert folder.read("one").tick() == 3
    keeper.note(session, 100.0 + NOTE_S, moving=True)
    assert folder.read("one").tick() == 4
    run(session, 1)
    keeper.note(session, 100.0 + NOTE_S, moving=False)
    found = folder.read("one")
    assert (found.tick(), found.digests[1]) == (5, (mark_of(session),))


def test_a_session_comes_back_with_its_state_its_sequence_and_its_epoch(kept, folder, make_session):
    session, keeper, journal = kept
    session.begin([BalloonInflate(4096), CompactMemory(), BalloonInflate(512)])
    run(session, 2)
    keeper.note(session, 0.0, moving=False)
    journal.close()  # as if the process had ended here
    again, keeper = make_session(), Keeper(folder.open("one"))
    keeper.take_up(again, never)
    assert (again.tick, again.log, again.queued) == (2, session.log, 2)
    assert again.sequence == session.sequence
    assert again.world.state_digest() == session.world.state_digest()
    while again.queued or not again.at_rest:
        again.advance()
    assert [entry.index for entry in folder.read("one").log()] == [1, 2, 3]
    keeper.restart(make_session(), SMALL)
    assert keeper.epoch == 2
    keeper.close(None)


def test_that_the_journal_fails_is_said_once_and_tried_again(kept, monkeypatch):
    session, keeper, journal = kept
    session.accept(BalloonInflate(4096))

    def full(*_):
        raise JournalError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(journal, "stand", full)
        run(session, 1)
        assert keeper.note(session, 10.0, moving=False) == "the disk is full"
        assert keeper.note(session, 10.1, moving=False) is None
        assert keeper.note(session, 12.0, moving=False) is None
    assert keeper.note(session, 13.1, moving=False) is None
    run(session, 1)
    with monkeypatch.context() as broken:
        broken.setattr(journal, "stand", full)
        assert keeper.note(session, 14.2, moving=False) == "the disk is full"


def test_a_large_world_is_not_hashed_in_passing(make_session, monkeypatch):
    session = make_session()
    assert quick_mark_of(session) == mark_of(session)
    monkeypatch.setattr(session.world, "nr_pages", 1 << 24)
    assert quick_mark_of(session) is None


def test_the_state_of_a_large_world_is_not_packed(make_session, monkeypatch):
    session = make_session()
    pages = session.world.nr_pages * len(session.world.keys)
    monkeypatch.setattr(keeper_module, "MAX_STATE_PAGES", pages)
    assert keeps_state(session)
    monkeypatch.setattr(keeper_module, "MAX_STATE_PAGES", pages - 1)
    assert not keeps_state(session)


def test_without_a_journal_nothing_is_written_and_epochs_are_counted(make_session):
    session, keeper = make_session(), Keeper(None)
    keeper.take_up(session, never)
    session.accept(BalloonInflate(64))
    run(session, 1)
    assert keeper.note(session, 0.0, moving=False) is None
    keeper.restart(make_session(), SMALL)
    assert (keeper.epoch, keeper.record) == (2, None)
    keeper.close(session)


def test_what_was_found_before_a_reset_is_refused_after_it(make_session):
    """A fork that the past was looking for while the session was reset is of another world."""
    keeper = Keeper(None)
    keeper.check_restarts(0)
    keeper.branched()
    keeper.check_restarts(0)
    keeper.restart(make_session(), SMALL)
    with pytest.raises(RefusedError, match="started over meanwhile"):
        keeper.check_restarts(0)
    keeper.check_restarts(1)
