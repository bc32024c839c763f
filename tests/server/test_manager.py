"""Sessions within the limits of the server."""

import asyncio
import threading
from dataclasses import replace

import pytest

from engine.errors import RefusedError
from server import manager as manager_module
from server.compiler.warm import Warm
from server.errors import LimitReachedError, NotFoundError
from server.guests.library import Library
from server.journal.folder import Folder
from server.manager import Manager
from server.session import event_side
from server.session.mailbox import Built, Ended
from server.settings import Settings
from server.wire.config import CaptureSource, SessionConfig, SyntheticSource, UploadSource
from server.wire.messages import Reset
from tests.server.conftest import SMALL

COST = 256 * 256 * 24 * 2  # bytes, of SMALL: two designs, the base is one of them


@pytest.fixture
async def make_manager(tmp_path):
    made = []

    def make(**settings):
        warm = Warm()  # never started: sessions wait, which is all that these tests need
        folder = Folder(tmp_path)
        manager = Manager(Settings(**settings), Library(2, 1 << 30, folder), warm, folder)
        made.append((manager, warm))
        return manager

    yield make
    for manager, warm in made:
        warm.give_up()
        sessions = list(manager.sessions.values())
        manager.close()
        for live in sessions:
            assert live.join_worker(60)


async def created(manager, config):
    """A new session; its tokens do not matter here."""
    handle, _ = await manager.create(config)
    return handle


def reset(command_id="r1"):
    """A reset to a config of its own, as each message has one."""
    return Reset(command_id, replace(SMALL))


async def gone(handle):
    """Until its worker holds nothing any more."""
    await asyncio.wait_for(handle.gone.wait(), 60)


async def test_sessions_are_counted_and_charged(make_manager):
    manager = make_manager(max_sessions=2, max_guest_mib=7)
    one = await created(manager, SMALL)
    assert manager.budget.used == COST
    await created(manager, SMALL)
    with pytest.raises(LimitReachedError):
        await created(manager, SMALL)
    one.end(Ended(1001, "test"))
    await gone(one)
    assert manager.budget.used == COST
    await created(manager, SMALL)


async def test_memory_is_free_only_when_the_worker_has_let_go_of_it(make_manager, monkeypatch):
    """A worker in the middle of a tick holds its guests for a while after the end."""
    manager = make_manager(max_guest_mib=7)
    building, go = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def build(config, progress):
        loop.call_soon_threadsafe(building.set)
        assert go.wait(60)
        raise RefusedError("never mind")

    monkeypatch.setattr(manager, "build", build)
    one = await created(manager, SMALL)
    await building.wait()
    one.end(Ended(1001, "test"))
    assert one.id not in manager.sessions
    assert manager.budget.used == COST
    go.set()
    await gone(one)
    assert manager.budget.used == 0


async def test_what_does_not_exist_is_not_opened(make_manager):
    manager = make_manager()
    with pytest.raises(ValueError, match="unknown example 'x'"):
        await created(manager, SessionConfig(CaptureSource("x"), ("pinned",), 1))
    with pytest.raises(NotFoundError, match="upload 'x' is not kept any more"):
        await created(manager, SessionConfig(UploadSource("x"), ("pinned",), 1))
    assert manager.sessions == {}
    assert manager.budget.used == 0


async def test_an_unused_session_gives_way(make_manager, monkeypatch):
    monkeypatch.setattr(manager_module, "GRACE_S", -1.0)
    manager = make_manager(max_sessions=1)
    old = await created(manager, SMALL)
    new = await created(manager, SMALL)
    assert list(manager.sessions) == [new.id]
    assert old.ended is not None
    assert "nobody has looked at" in manager.farewell(old.id)


async def test_room_is_made_by_as_few_as_need_go_and_their_memory_is_waited_for(
    make_manager, monkeypatch
):
    monkeypatch.setattr(manager_module, "GRACE_S", -1.0)
    manager = make_manager(max_guest_mib=7)  # two sessions fit
    old, young = await created(manager, SMALL), await created(manager, SMALL)
    new = await created(manager, SMALL)
    assert list(manager.sessions) == [young.id, new.id]
    assert old.gone.is_set()
    assert manager.budget.used == 2 * COST


HUGE = SessionConfig(SyntheticSource("tight", 65536, 1), ("pinned", "dedicated_block"), 1)


async def test_what_can_never_fit_ends_nobody_s_session(make_manager, monkeypatch):
    monkeypatch.setattr(manager_module, "GRACE_S", -1.0)
    manager = make_manager(max_guest_mib=16)
    for _ in range(3):
        await created(manager, SMALL)
    with pytest.raises(LimitReachedError, match="takes 768 MiB: 16 MiB of the server's 16 MiB"):
        await created(manager, HUGE)
    assert len(manager.sessions) == 3
    first = next(iter(manager.sessions.values()))
    with pytest.raises(LimitReachedError, match="takes 768 MiB: 13 MiB of"):
        await manager.reset(first, 1, Reset("r", HUGE))
    assert len(manager.sessions) == 3


async def test_unused_sessions_stay_when_even_all_of_them_would_not_do(make_manager, monkeypatch):
    monkeypatch.setattr(manager_module, "GRACE_S", -1.0)
    manager = make_manager(max_guest_mib=7)
    await created(manager, SMALL)
    (await created(manager, SMALL)).join(lambda message: True, lambda: None)
    large = SessionConfig(SyntheticSource("tight", 512, 1), ("pinned", "dedicated_block"), 1)
    with pytest.raises(LimitReachedError, match="takes 6 MiB: 4 MiB of"):
        await created(manager, large)
    assert len(manager.sessions) == 2


async def test_a_reset_needs_no_place_among_the_sessions(make_manager, monkeypatch):
    monkeypatch.setattr(manager_module, "GRACE_S", -1.0)
    manager = make_manager(max_sessions=2, max_guest_mib=100)
    watched, unused = await created(manager, SMALL), await created(manager, SMALL)
    await manager.reset(watched, watched.join(lambda message: True, lambda: None), reset())
    assert unused.ended is None


async def test_what_a_session_could_not_be_started_with_is_given_back(make_manager, monkeypatch):
    def none(*_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(manager_module, "SessionHandle", none)
    manager = make_manager()
    with pytest.raises(RuntimeError, match="new thread"):
        await created(manager, SMALL)
    assert manager.budget.used == 0


async def test_a_watched_session_does_not(make_manager, monkeypatch):
    monkeypatch.setattr(manager_module, "GRACE_S", -1.0)
    manager = make_manager(max_sessions=1)
    (await created(manager, SMALL)).join(lambda message: True, lambda: None)
    with pytest.raises(LimitReachedError):
        await created(manager, SMALL)


async def test_the_sweep_ends_what_nobody_looks_at(make_manager, monkeypatch):
    monkeypatch.setattr(manager_module, "SWEEP_S", 0.01)
    manager = make_manager(session_ttl_s=1)
    watched, unused = await created(manager, SMALL), await created(manager, SMALL)
    watched.join(lambda message: True, lambda: None)
    gone = asyncio.Event()
    unused._overs[0] = gone.set  # what a socket would be told
    sweep = asyncio.create_task(manager.sweep())
    await asyncio.wait_for(gone.wait(), 60)
    sweep.cancel()
    assert list(manager.sessions) == [watched.id]


async def test_a_reset_sets_memory_aside_until_it_has_ended(make_manager):
    manager = make_manager(max_guest_mib=20)
    handle = await created(manager, SMALL)
    first = reset()
    await manager.reset(handle, 1, first)
    assert manager.budget.used == 2 * COST
    with pytest.raises(LimitReachedError, match="a reset is under way"):
        await manager.reset(handle, 1, reset())
    manager._changed(handle, Built(SMALL, True))  # of the session's start, not of the reset
    assert manager.budget.used == 2 * COST
    manager._changed(handle, Built(first.config, False))
    assert manager.budget.used == COST
    await manager.reset(handle, 1, reset())


async def test_a_reset_that_the_backlog_refuses_gives_its_memory_back(make_manager, monkeypatch):
    manager = make_manager(max_guest_mib=20)
    handle = await created(manager, SMALL)
    with monkeypatch.context() as full:
        full.setattr(event_side, "MAX_BACKLOG", -1)
        with pytest.raises(LimitReachedError, match="messages to work off"):
            await manager.reset(handle, 1, reset())
    assert manager.budget.used == COST
    await manager.reset(handle, 1, reset())


async def test_a_reset_after_the_end_is_refused_with_the_reason_of_the_end(make_manager):
    manager = make_manager()
    handle = await created(manager, SMALL)
    handle.end(Ended(4404, "nobody had looked at it"))
    for _ in range(2):
        with pytest.raises(NotFoundError, match="nobody had looked at it"):
            await manager.reset(handle, 1, reset())
        await gone(handle)
    assert manager.budget.used == 0


async def test_a_spread_of_a_session_that_has_ended_is_refused(make_manager):
    manager = make_manager()
    handle = await created(manager, SMALL)
    asked = asyncio.create_task(manager.spread(handle, 2))
    await asyncio.sleep(0)
    handle.end(Ended(4404, "it has ended"))
    with pytest.raises(NotFoundError, match="ended"):
        await asyncio.wait_for(asked, 60)


async def test_a_spread_is_of_the_guests_that_are_there_when_it_begins(
    make_manager, make_session, monkeypatch
):
    """The session is started over between the moment its log is read and the start of the spread:
    nobody would end a spread of the guests before."""
    manager = make_manager()
    monkeypatch.setattr(manager, "build", lambda config, _: make_session(config))
    handle = await created(manager, SMALL)
    read, other = handle.transcript, replace(SMALL, seed=2)

    async def overtaken():
        found = await read()
        if found.config == SMALL:
            await manager.reset(handle, 1, Reset("r1", other))
            await read()  # answered when the new guests are there
        return found

    monkeypatch.setattr(handle, "transcript", overtaken)
    spread = await manager.spread(handle, 2)
    assert spread.transcript.config == other
    assert manager.spreads.get(handle.id) is spread


async def test_a_session_that_never_was_has_a_farewell_too(make_manager):
    assert (
        make_manager().farewell("x") == "there is no such session: it has ended, or was never here"
    )
