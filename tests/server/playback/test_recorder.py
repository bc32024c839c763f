"""What is kept of a session is what it showed, moment by moment."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from engine.commands import BalloonInflate, CompactMemory
from engine.errors import RefusedError
from engine.log import Entry
from server.playback.recorder import SEGMENT_FRAMES, Reel, Span, film, reel_facts
from server.session.session import Session
from server.wire.frames import Picture, decode_frame
from tests.server.conftest import SMALL

Log = tuple[list[Entry], int]


@pytest.fixture(scope="module")
def played(make_session: Callable[[], Session]) -> Log:
    """A log of two commands, the second given at once where the first was done."""
    session = make_session()
    for command in (BalloonInflate(20000), CompactMemory()):
        session.accept(command)
        while not session.at_rest:
            session.advance()
    return session.log, session.tick


def pictures(recording: Reel) -> list[Picture]:
    """Every frame, decoded as a browser does it."""
    found: list[Picture] = []
    for segment in recording.segments:
        data, offset, before = zlib.decompress(segment, -15), 0, None
        while offset < len(data):
            length, zero = struct.unpack_from("<II", data, offset)
            assert (offset % 8, length % 8, zero) == (0, 0, 0)
            before = decode_frame(data[offset + 8 : offset + 8 + length], before)
            found.append(before)
            offset += 8 + length
    return found


def kept(make: Callable[[], Session], played: Log, part: Span) -> Reel:
    return film(make(), *played, part, lambda nbytes: None)


def moments(found: Sequence[Picture]) -> list[tuple[int, int]]:
    return [(one.tick, one.log_index) for one in found]


def test_every_state_is_there_and_is_the_sessions_own(
    make_session: Callable[[], Session], played: Log
) -> None:
    log, tick = played
    recording = kept(make_session, played, Span())
    found = pictures(recording)
    assert moments(found) == list(recording.moments)
    assert len(recording.segments) == -(-len(found) // SEGMENT_FRAMES) > 1
    # Each tick, and before and after each command.
    assert {one.tick for one in found} == set(range(tick + 1))
    second = log[1].tick
    assert [(0, 0), (0, 1), (second, 1), (second, 2)] == [
        one for one in moments(found) if one[0] in (0, second)
    ]
    fresh = make_session()
    for entry in log:
        while fresh.tick < entry.tick:
            fresh.advance()
        fresh.accept(entry.command)
    while fresh.tick < tick:
        fresh.advance()
    for mine, theirs in zip(found[-1].panels, fresh.views(), strict=True):
        assert (np.asarray(mine.stats) == theirs.stats).all()
        assert all((mine.planes[name] == theirs.planes[name]).all() for name in mine.planes)
    assert recording.digest == fresh.world.state_digest()


def test_a_part_is_the_same_states_fewer_of_them(
    make_session: Callable[[], Session], played: Log
) -> None:
    log, _ = played
    whole = {(one.tick, one.log_index): one for one in pictures(kept(make_session, played, Span()))}
    second = log[1].tick
    part = Span(first=5, last=second, every=7, designs=("dedicated_block",))
    found = pictures(kept(make_session, played, part))
    assert moments(found)[0] == (5, 1)
    assert moments(found)[-2:] == [(second, 1), (second, 2)]
    assert all(t % 7 == 0 or t in (5, second) for t, _ in moments(found))
    place = SMALL.designs.index("dedicated_block")
    for one in found:
        (mine,), theirs = one.panels, whole[one.tick, one.log_index].panels[place]
        assert all((mine.planes[name] == theirs.planes[name]).all() for name in mine.planes)


def test_the_facts_add_up_and_the_lines_end_where_the_session_does(
    make_session: Callable[[], Session], played: Log
) -> None:
    recording = kept(make_session, played, Span())
    about = reel_facts(recording)
    assert list(np.cumsum(about["ticks"])) == [tick for tick, _ in recording.moments]
    assert about["line_ticks"][-1] == played[1]
    last = pictures(recording)[-1]
    for lines, panel in zip(about["lines"], last.panels, strict=True):
        assert len(lines["blocks"]) == len(lines["unusable"]) == len(about["line_ticks"]) <= 1201
        assert lines["blocks"][-1] in panel.stats


def test_it_breaks_off_when_asked_and_refuses_what_is_empty(
    make_session: Callable[[], Session], played: Log
) -> None:
    def full(nbytes: int) -> None:
        raise RefusedError(f"full at {nbytes}")

    with pytest.raises(RefusedError, match="full at"):
        film(make_session(), *played, Span(), full)
    with pytest.raises(RefusedError, match="begins at tick 9999999 and ends at tick"):
        kept(make_session, played, Span(first=9999999))
    with pytest.raises(RefusedError, match="design is 'nobody': this session has pinned"):
        kept(make_session, played, Span(designs=("nobody",)))
