"""A state is kept when it is worth it, and only one that the journal knows of."""

import itertools

import pytest

from engine.commands import BalloonInflate, SetWorkload
from engine.history.history import History, Keeping
from engine.log import MAIN, Entry
from server.journal.state_file import StateFile
from server.session import saver
from server.session.last_state import bring
from server.session.saver import Saver
from tests.server.conftest import SMALL

LOG = [Entry(1, 0, BalloonInflate(4096), True), Entry(2, 3, SetWorkload(True, 64), False)]


@pytest.fixture
def history(make_session, monkeypatch):
    """Followed to tick 200; each reading of its measure is one more."""
    monkeypatch.setattr(saver, "APART_MS", 100.0)
    measure = itertools.count()
    found = History(make_session().world, measure.__next__, Keeping(10))
    found.learn(LOG, 200)
    found.follow(lambda: True)
    return found


def test_what_the_journal_does_not_know_yet_is_not_kept(history, tmp_path, make_session):
    file = StateFile(tmp_path / "one.state", 1 << 30)
    keeping = Saver(file)
    keeping.learn(200, 10.0)
    keeping.look(history, MAIN, SMALL)
    assert file.read() is None
    keeping.learn(200, 13.0)
    keeping.look(history, MAIN, SMALL)
    world = make_session().world
    assert bring(file, SMALL, LOG, 200, world) == 2
    assert 100 < world.tick <= 200
    assert world.state_digest() == history.go(world.tick).state_digest()


def test_it_is_not_kept_again_before_it_is_worth_it(history, tmp_path):
    file = StateFile(tmp_path / "one.state", 1 << 30)
    keeping = Saver(file)
    for now in (10.0, 13.0):
        keeping.learn(200, now)
    keeping.look(history, MAIN, SMALL)
    file.path.unlink()
    keeping.look(history, MAIN, SMALL)
    assert file.read() is None
    history.learn([], 500)
    history.follow(lambda: True)
    keeping.learn(500, 20.0)
    keeping.learn(500, 23.0)
    keeping.look(history, MAIN, SMALL)
    assert file.read() is not None


def test_without_a_file_nothing_is_kept(history):
    keeping = Saver(None)
    keeping.learn(200, 10.0)
    keeping.learn(200, 13.0)
    keeping.look(history, MAIN, SMALL)
