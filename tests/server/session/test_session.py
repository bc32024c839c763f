"""Sessions as plain calls: no loop, no threads, no clock."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.commands import (
    BalloonInflate,
    CompactMemory,
    DropCaches,
    SetWorkload,
    TakeHugePages,
)
from engine.errors import RefusedError
from engine.snapshot import copy_guest, digest
from server.session import session as session_module
from server.session.session import SequenceState, session_from_export
from tests.engine.histories import COMMANDS as ANY_COMMAND
from tests.engine.histories import EXAMPLES, MOST_COMMANDS


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


def rest(session):
    """Run until a further tick would change nothing."""
    while not session.at_rest:
        session.advance()


def never():
    """Nobody wants to break off."""


def test_the_export_has_version_engine_config_tick_and_every_command_with_its_tick(make_session):
    session = make_session()
    first = session.accept(BalloonInflate(4096))
    session.advance()
    second = session.accept(CompactMemory())
    assert (first.index, first.tick) == (1, 0)
    assert (second.index, second.tick) == (2, 1)
    assert session.log_index == 2
    assert session.transcript().to_dict() == {
        "log_version": 1,
        "engine": session.describe()["engine"],
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


STRIDES = st.lists(st.tuples(st.integers(0, 30), ANY_COMMAND), min_size=1, max_size=MOST_COMMANDS)


@settings(max_examples=EXAMPLES, deadline=None)
@given(STRIDES, st.integers(0, 3))
def test_an_export_makes_the_same_session_again_byte_for_byte(make_session, strides, last):
    """However many ticks were run between two commands, also of those at rest."""
    first = make_session()
    for ticks, command in strides:
        for _ in range(ticks):
            if not first.at_rest or ticks % 2:  # a paused session is stepped at rest, too
                first.advance()
        try:
            first.accept(command)
        except RefusedError:
            continue
    for _ in range(last):
        first.advance()
    data = json.loads(json.dumps({"session": "x", **first.transcript().to_dict()}))
    again = session_from_export(data, make_session, never)
    assert (again.tick, again.log) == (first.tick, first.log)
    assert again.at_rest == first.at_rest
    for i in range(2):
        assert again.world.digest(i) == first.world.digest(i)
    assert again.transcript() == first.transcript()


def test_an_export_of_another_log_version_makes_no_session(make_session):
    data = {**make_session().transcript().to_dict(), "log_version": 2}
    made = []
    with pytest.raises(ValueError, match="log_version of the export is 2: this server reads 1"):
        session_from_export(data, made.append, never)
    assert made == []


def test_a_log_that_does_not_fit_its_guest_makes_no_session(make_session):
    session = make_session()
    session.accept(BalloonInflate(4096))
    (entry,) = session.log
    session.log[0] = replace(entry, command=BalloonInflate(1 << 20))
    with pytest.raises(ValueError, match="inflate by 4096 MiB: the guest has 256 MiB"):
        session_from_export(session.transcript().to_dict(), make_session, never)


# -- sequences


def test_a_sequence_gives_each_command_when_the_one_before_is_done(make_session):
    session, by_hand = make_session(), make_session()
    session.begin(COMMANDS)
    assert session.sequence == SequenceState(3, 2)
    seen = [session.sequence]
    while not session.at_rest:
        session.advance()
        seen += [session.sequence] if session.sequence is not seen[-1] else []
    assert [(state.left, state.text) for state in seen] == [(2, None), (1, None), (0, None)]
    play(by_hand, COMMANDS)
    assert session.log == by_hand.log
    assert all(entry.idle for entry in session.log)
    assert state(session) == state(by_hand)


def test_a_sequence_begun_while_guests_are_at_work_waits_for_them(make_session):
    session = make_session()
    session.accept(BalloonInflate(4096))
    session.begin([CompactMemory()])
    assert (session.log_index, session.sequence) == (1, SequenceState(1, 1))
    rest(session)
    assert [entry.idle for entry in session.log] == [True, True]
    assert session.sequence == SequenceState(1, 0)


def test_commands_that_leave_nothing_to_do_are_given_at_once(make_session):
    session = make_session()
    rest(session)
    session.begin([SetWorkload(False), SetWorkload(False), SetWorkload(False, 9)])
    assert session.log_index == 3
    assert session.at_rest
    assert session.sequence == SequenceState(3, 0)


def test_one_sequence_at_a_time(make_session):
    session = make_session()
    session.begin(COMMANDS)
    with pytest.raises(ValueError, match="a sequence is under way, 2 of its commands are still"):
        session.begin([DropCaches()])
    assert session.sequence == SequenceState(3, 2)
    rest(session)
    session.begin([DropCaches()])
    assert session.log_index == 4


def test_another_command_ends_a_sequence_and_a_refused_one_does_not(make_session):
    session = make_session()
    session.begin(COMMANDS)
    with pytest.raises(ValueError, match="the guest has 256 MiB"):
        session.accept(BalloonInflate(1 << 20))
    assert session.sequence.left == 2
    session.accept(DropCaches())
    words = "another command was given: 2 of 3 commands were not given"
    assert session.sequence == SequenceState(3, 0, words)
    rest(session)
    assert session.log_index == 2


def test_a_command_of_a_sequence_that_does_not_fit_ends_it_and_says_why(make_session):
    session = make_session()
    session.begin([CompactMemory(), BalloonInflate(1 << 20), DropCaches()])
    rest(session)
    assert session.log_index == 1
    assert session.sequence.left == 0
    assert session.sequence.text == (
        "inflate by 4096 MiB: the guest has 256 MiB: 2 of 3 commands were not given"
    )
    refused = make_session()
    with pytest.raises(ValueError, match="the guest has 256 MiB"):
        refused.begin([BalloonInflate(1 << 20), DropCaches()])
    assert (refused.sequence, refused.log) == (None, [])


def test_a_welcome_tells_of_a_sequence_only_while_it_is_under_way(make_session):
    session = make_session()
    assert session.describe()["sequence"] is None
    session.begin(COMMANDS)
    assert session.describe()["sequence"] == {"total": 3, "left": 2, "text": None}
    rest(session)
    assert session.describe()["sequence"] is None


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


def test_a_welcome_describes_designs_guest_and_workload(make_session):
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
