"""A kept state is used where it is one of this very log, and otherwise never."""

from dataclasses import replace

import pytest

from engine.commands import BalloonInflate, CompactMemory
from engine.log import Entry
from server.journal.state_file import StateFile
from server.session import last_state
from server.session.last_state import bring, save
from tests.server.conftest import SMALL


@pytest.fixture
def kept(tmp_path, make_session):
    """A session at tick 7 and the file with its state."""
    session = make_session()
    session.accept(BalloonInflate(4096))
    for _ in range(7):
        session.advance()
    file = StateFile(tmp_path / "one.state", 1 << 30)
    assert save(file, SMALL, session.log, session.world)
    return session, file


def test_it_is_used_for_the_same_log_that_has_gone_on(kept, make_session):
    session, file = kept
    log = [*session.log, Entry(2, 9, CompactMemory(), False)]
    world = make_session().world
    assert bring(file, SMALL, log, 20, world) == 1
    assert (world.tick, world.state_digest()) == (7, session.world.state_digest())


@pytest.mark.parametrize(
    "why", ["the tick", "the log", "the config", "the engine", "a bit", "nothing there"]
)
def test_it_is_passed_over_otherwise_and_the_world_is_new(kept, make_session, monkeypatch, why):
    session, file = kept
    log, config, tick = session.log, SMALL, 20
    if why == "the tick":
        tick = 6
    elif why == "the log":
        log = [Entry(1, 0, BalloonInflate(4097), True)]
    elif why == "the config":
        config = replace(SMALL, seed=SMALL.seed + 1)
    elif why == "the engine":
        monkeypatch.setattr(last_state, "engine_digest", lambda: "another")
    elif why == "a bit":
        data = bytearray(file.path.read_bytes())
        data[len(data) // 2] ^= 1
        file.path.write_bytes(data)
    else:
        file.path.unlink()
    world = make_session().world
    before = world.state_digest()
    assert bring(file, config, log, tick, world) == 0
    assert (world.tick, world.state_digest()) == (0, before)
