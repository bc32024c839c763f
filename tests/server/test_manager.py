"""Sessions within the limits of the server."""

import asyncio

import pytest

from server import manager as manager_module
from server.compiler.warm import Warm
from server.errors import LimitReachedError, NotFoundError
from server.guests.library import Library
from server.manager import Manager
from server.settings import Settings
from server.wire.config import CaptureSource, SessionConfig, UploadSource
from tests.server.conftest import SMALL

COST = 256 * 256 * 24 * 3  # bytes, of SMALL: two designs and the base


@pytest.fixture
async def make_manager():
    made = []

    def make(**settings):
        warm = Warm()  # never started: sessions wait, which is all that these tests need
        manager = Manager(Settings(**settings), Library(2, 1 << 30), warm)
        made.append((manager, warm))
        return manager

    yield make
    for manager, warm in made:
        warm.give_up()
        sessions = list(manager.sessions.values())
        manager.close()
        for live in sessions:
            assert live.join_worker(60)


async def test_sessions_are_counted_and_charged(make_manager):
    manager = make_manager(max_sessions=2, max_guest_mib=10)
    one = manager.create(SMALL)
    assert manager.budget.used == COST
    manager.create(SMALL)
    with pytest.raises(LimitReachedError):
        manager.create(SMALL)
    one.end(manager_module.runner.Ended(1001, "test"))
    assert manager.budget.used == COST
    manager.create(SMALL)


async def test_what_does_not_exist_is_not_opened(make_manager):
    manager = make_manager()
    with pytest.raises(ValueError, match="unknown example 'x'"):
        manager.create(SessionConfig(CaptureSource("x"), ("pinned",), 1))
    with pytest.raises(NotFoundError, match="upload 'x' is not kept any more"):
        manager.create(SessionConfig(UploadSource("x"), ("pinned",), 1))
    assert manager.sessions == {}
    assert manager.budget.used == 0


async def test_an_unused_session_gives_way(make_manager, monkeypatch):
    monkeypatch.setattr(manager_module, "GRACE_S", -1.0)
    manager = make_manager(max_sessions=1)
    old = manager.create(SMALL)
    new = manager.create(SMALL)
    assert list(manager.sessions) == [new.id]
    assert old.ended is not None
    assert "nobody had looked at it" in manager.farewell(old.id)


async def test_a_watched_session_does_not(make_manager, monkeypatch):
    monkeypatch.setattr(manager_module, "GRACE_S", -1.0)
    manager = make_manager(max_sessions=1)
    manager.create(SMALL).join(lambda: None)
    with pytest.raises(LimitReachedError):
        manager.create(SMALL)


async def test_the_sweep_ends_what_nobody_looks_at(make_manager, monkeypatch):
    monkeypatch.setattr(manager_module, "SWEEP_S", 0.01)
    manager = make_manager(session_ttl_s=1)
    watched, unused = manager.create(SMALL), manager.create(SMALL)
    watched.join(lambda: None)
    gone = asyncio.Event()
    unused._wakes[0] = gone.set  # what a socket would be told
    sweep = asyncio.create_task(manager.sweep())
    await asyncio.wait_for(gone.wait(), 60)
    sweep.cancel()
    assert list(manager.sessions) == [watched.id]


async def test_a_reset_sets_memory_aside_until_it_has_ended(make_manager):
    manager = make_manager(max_guest_mib=10)
    live = manager.create(SMALL)
    manager.reserve_reset(live, SMALL)
    assert manager.budget.used == 2 * COST
    with pytest.raises(LimitReachedError, match="a reset is under way"):
        manager.reserve_reset(live, SMALL)
    manager._changed(live, manager_module.runner.Built(SMALL, False))
    assert manager.budget.used == COST
    manager.reserve_reset(live, SMALL)


async def test_an_unknown_session(make_manager):
    assert (
        make_manager().farewell("x")
        == "there is no such session: it has ended, or the server was started anew"
    )
