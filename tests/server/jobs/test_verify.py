"""A session is what it says, or the tick is named at which it is not."""

from dataclasses import replace

import pytest

from engine.commands import BalloonInflate, CompactMemory, Offline
from engine.log import MAIN, Entry
from server.jobs.verify import completed, verify
from server.journal.codec import Course, Digest, Head, Record
from server.journal.session_file import AlteredError
from server.session.keeper import mark_of
from tests.server.conftest import SMALL


@pytest.fixture
def record(make_session):
    """Of three commands, with a digest after each and one at the end."""
    session, marks = make_session(), []
    for command in (BalloonInflate(4096), CompactMemory(), BalloonInflate(512)):
        session.accept(command)
        for _ in range(4):
            session.advance()
        marks.append(mark_of(session))
    head = Head(SMALL, session.engine, "now")
    tick = session.tick
    return Record(head, 1, (Course(tick=tick),), {MAIN: tuple(session.log)}, {MAIN: tuple(marks)})


def test_a_session_that_was_not_touched_agrees(record, make_session):
    verdict = verify(record, make_session)
    assert (verdict.commands, verdict.digests, verdict.tick) == (3, 3, 12)


@pytest.mark.parametrize(
    ("change", "tick"),
    [
        ({0: BalloonInflate(4097)}, 4),
        ({1: BalloonInflate(1)}, 8),
        ({2: BalloonInflate(513)}, 12),
        ({2: Offline(1 << 19, 2)}, 8),
    ],
)
def test_a_changed_command_is_seen_at_the_next_digest_or_where_it_does_not_fit(
    record, make_session, change, tick
):
    log = tuple(replace(e, command=change.get(i, e.command)) for i, e in enumerate(record.log()))
    with pytest.raises(AlteredError, match=f"altered: at tick {tick}") as caught:
        verify(replace(record, entries={MAIN: log}), make_session)
    assert caught.value.tick == tick


def test_a_changed_digest_seed_or_tick_is_seen(record, make_session):
    marks = record.digests[MAIN]
    wrong = (replace(marks[0], digest="0" * 32), *marks[1:])
    other = replace(record.log()[1], tick=5)
    moved = (record.log()[0], other, record.log()[2])
    longer = (Course(tick=13),)
    for altered in (
        replace(record, digests={MAIN: wrong}),
        replace(record, entries={MAIN: moved}),
        replace(record, timelines=longer),
        replace(record, digests={MAIN: (*marks, Digest(12, 9, "x"))}),
        replace(record, digests={MAIN: marks[:-1]}),
    ):
        with pytest.raises(AlteredError):
            verify(altered, make_session)


def test_a_fork_is_played_from_what_it_shares(record, make_session):
    own = (Entry(2, 6, BalloonInflate(64), False),)
    fork = Course(2, "another ending", MAIN, 1, 6, 9)
    forked = replace(
        record,
        timelines=(*record.timelines, fork),
        entries={**record.entries, 2: own},
        current=2,
    )
    with pytest.raises(AlteredError, match="its end, tick 9, has no digest"):
        verify(forked, make_session)
    whole = completed(forked, make_session)
    assert completed(whole, make_session) is whole
    assert verify(whole, make_session).timelines == 2
