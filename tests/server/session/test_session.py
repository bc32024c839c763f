"""Sessions as plain calls: no loop, no threads, no clock."""

import pytest

from engine.commands import BalloonInflate, CompactMemory, SetWorkload, TakeHugePages
from engine.snapshot import copy_guest, digest
from server.session import session as session_module


def state(session):
    """Digests of all guests, the number of ticks put aside."""
    found = []
    for i in range(len(session.world.keys)):
        guest = copy_guest(session.world.guest(i))
        guest.vm[0]["tick"] = 0
        found.append(digest(guest))
    return found


def play(session, commands, idle=0):
    for command in commands:
        session.accept(command)
        while not session.at_rest:
            session.advance()
        for _ in range(idle):
            session.advance()
    return state(session)


COMMANDS = [BalloonInflate(4096), CompactMemory(), TakeHugePages(10)]


def test_the_log_has_index_tick_command_and_whether_it_came_to_rest_before(make_session):
    session = make_session()
    first = session.accept(BalloonInflate(4096))
    session.advance()
    second = session.accept(CompactMemory())
    assert (first.index, first.tick) == (1, 0)
    assert (second.index, second.tick) == (2, 1)
    assert session.log_index == 2
    assert session.export() == {
        "config": session.config.to_dict(),
        "tick": 1,
        "log": [
            {
                "index": 1,
                "tick": 0,
                "command": {"type": "balloon_inflate", "nr_pages": 4096},
                "idle": True,
            },
            {"index": 2, "tick": 1, "command": {"type": "compact"}, "idle": False},
        ],
    }


def test_a_command_is_marked_when_the_one_before_was_still_at_work(make_session):
    session = make_session()
    play(session, [BalloonInflate(4096), CompactMemory()])
    session.accept(CompactMemory())
    session.accept(TakeHugePages(10))  # no tick between: the compaction has not begun
    assert [entry.idle for entry in session.log] == [True, True, True, False]


def test_a_command_is_marked_while_the_workload_is_on(make_session):
    session = make_session()
    session.accept(SetWorkload(enabled=True, rate=1))
    session.advance()
    session.accept(SetWorkload(enabled=False))
    assert [entry.idle for entry in session.log] == [True, False]


def test_a_workload_that_ends_by_itself_leaves_the_session_at_rest(make_session):
    session = make_session()
    session.accept(SetWorkload(enabled=True, rate=10, ticks=5))
    assert session.describe()["workload"] == {"enabled": True, "rate": 10}
    while not session.at_rest:
        session.advance()
    assert session.describe()["workload"] == {"enabled": False, "rate": 10}
    session.accept(CompactMemory())
    assert [entry.idle for entry in session.log] == [True, True]


def test_a_command_that_cannot_be_is_not_logged(make_session):
    session = make_session()
    before = session.world.digest(0)
    with pytest.raises(ValueError, match="inflate by 4096 MiB: the guest has 256 MiB"):
        session.accept(BalloonInflate(1 << 20))
    assert session.log == []
    assert session.world.digest(0) == before


def test_a_full_log_refuses(make_session, monkeypatch):
    monkeypatch.setattr(session_module, "MAX_LOG", 1)
    session = make_session()
    session.accept(CompactMemory())
    with pytest.raises(ValueError, match="the log has 1 commands, its limit: reset the session"):
        session.accept(CompactMemory())


def test_idle_ticks_change_no_result(make_session):
    assert play(make_session(), COMMANDS) == play(make_session(), COMMANDS, idle=37)


def test_the_same_log_gives_the_same_state(make_session):
    """A new session that is fed the log of another, tick by tick, ends up equal."""
    first = make_session()
    first.accept(SetWorkload(enabled=True, rate=50))
    for _ in range(20):
        first.advance()
    first.accept(BalloonInflate(1000))
    for _ in range(20):
        first.advance()
    second = make_session()
    for entry in first.log:
        while second.tick < entry.tick:
            second.advance()
        second.accept(entry.command)
    while second.tick < first.tick:
        second.advance()
    assert first.world.digest(1) == second.world.digest(1)


def test_at_rest_nothing_is_marked_as_touched(make_session):
    session = make_session()
    assert session.at_rest
    session.accept(BalloonInflate(2048))
    assert not session.at_rest
    seen = 0
    while not session.at_rest:
        session.advance()
        seen += int((session.views()[0].planes["flags"] & 8).any())
    assert seen
    assert not (session.views()[0].planes["flags"] & 8).any()
    assert session.views()[0].stat("balloon_actual") == 2048


def test_a_workload_never_rests(make_session):
    session = make_session()
    session.accept(SetWorkload(enabled=True, rate=10))
    for _ in range(50):
        session.advance()
        assert not session.at_rest
    assert session.describe()["workload"] == {"enabled": True, "rate": 10}
    session.accept(SetWorkload(enabled=False))
    for _ in range(100_000):
        if session.at_rest:
            break
        session.advance()
    assert session.at_rest


def test_what_a_welcome_says(make_session):
    fields = make_session().describe()
    assert [d["key"] for d in fields["designs"]] == ["pinned", "dedicated_block"]
    assert fields["designs"][1]["toggles"]["prevent"] == "off"
    guest = fields["guest"]
    assert guest["nr_pages"] == 512 * guest["nr_pageblocks"]
    assert guest["size_mib"] == 256
    assert guest["main_zone"] in [zone["name"] for zone in guest["zones"]]
    assert fields["workload"] == {"enabled": False, "rate": 256}


def test_a_picture_does_not_change_afterwards(make_session):
    session = make_session()
    view = session.views()[0]
    free, stats = view.planes["free"].copy(), view.stats.copy()
    session.accept(BalloonInflate(8192))
    for _ in range(10):
        session.advance()
    assert (view.planes["free"] == free).all()
    assert (view.stats == stats).all()


def test_a_session_lends_one_design_alone(make_session):
    session = make_session()
    alone = session.alone("dedicated_block")
    assert alone.keys == ("dedicated_block",)
    assert alone.digest(0) == session.world.digest(1)
    with pytest.raises(ValueError, match="this session has pinned, dedicated_block"):
        session.alone("fly")
