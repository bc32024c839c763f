"""Sessions as files: read as they were written; any change of a line is seen."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.commands import CompactMemory
from engine.errors import RefusedError
from engine.log import Entry
from server.journal.codec import Course, Digest, Record, head_from_dict
from server.journal.session_file import (
    AlteredError,
    SessionFile,
    Upload,
    cut,
    lines_of,
    session_file_from,
    until,
)
from tests.server.journal.records import records

HEAD = {"log_version": 1, "engine": "e", "created": "now", "config": {}}


def plain(record):
    """Without what a file does not hold."""
    return Record(record.head, 1, record.timelines, record.entries, record.digests, record.current)


@given(records())
def test_a_file_is_read_as_it_was_written(record):
    lines = list(lines_of(record, None))
    assert session_file_from(line + "\n" for line in lines) == SessionFile(plain(record))


@given(records(), st.data())
def test_a_line_taken_out_is_always_seen(record, data):
    lines = list(lines_of(record, None))
    lines.pop(data.draw(st.integers(0, len(lines) - 1)))
    with pytest.raises(RefusedError):
        session_file_from(lines)


def some_lines():
    """A file of three commands."""
    log = tuple(Entry(i, 10 * i, CompactMemory(), True) for i in (1, 2, 3))
    record = Record(
        head_from_dict(HEAD), 1, (Course(tick=40),), {1: log}, {1: (Digest(40, 3, "d"),)}
    )
    return list(lines_of(record, None))


@pytest.mark.parametrize(
    ("place", "change", "tick"),
    [
        (3, {"entry": {"index": 2, "tick": 5, "command": {"type": "compact"}, "idle": True}}, 30),
        (3, {"entry": {"index": 9, "tick": 20, "command": {"type": "compact"}, "idle": True}}, 30),
        (3, {"entry": {"index": 2, "tick": 20, "command": {"type": "fly"}, "idle": True}}, 10),
        (4, {"of": 7}, 30),
        (5, {"digest": {"tick": 40}}, 30),
    ],
)
def test_what_does_not_fit_is_an_alteration_and_has_its_tick(place, change, tick):
    lines = some_lines()
    lines[place] = json.dumps(json.loads(lines[place]) | change)
    with pytest.raises(AlteredError, match="was altered, seen at tick") as caught:
        session_file_from(lines)
    assert caught.value.tick == tick


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([], "the file is empty"),
        (["{"], "line 1 is not JSON"),
        (['{"fragscope_session": 2}'], "fragscope_session is 2: this version reads 1"),
        (some_lines()[:-1], "cut short"),
        ([*some_lines()[:2], "nonsense", some_lines()[-1]], "line 3 is not JSON"),
    ],
)
def test_what_cannot_be_read_differs_from_what_was_altered(lines, sentence):
    with pytest.raises(RefusedError, match=sentence) as caught:
        session_file_from(lines)
    assert not isinstance(caught.value, AlteredError)


def test_a_change_that_no_state_shows_is_seen_by_the_seal():
    lines = some_lines()
    assert session_file_from(lines).whole
    lines[0] = lines[0].replace('"created":"now"', '"created":"then"')
    assert not session_file_from(lines).whole


def test_a_capture_travels_in_the_file_and_must_be_the_one_of_the_session():
    data = b"an archive"
    source = {"kind": "upload", "capture": hashlib.sha256(data).hexdigest()}
    record = Record(head_from_dict({**HEAD, "config": {"source": source}}))
    lines = list(lines_of(record, Upload("mine", data)))
    assert session_file_from(lines).upload == Upload("mine", data)
    for other, sentence in ((None, "lacks the capture"), (Upload("mine", b"x"), "is not the one")):
        with pytest.raises(AlteredError, match=sentence):
            session_file_from(list(lines_of(record, other)))


def test_a_record_is_cut_to_a_state():
    record = session_file_from(some_lines()).record
    found = cut(record, Digest(25, 2, "now"))
    assert [entry.index for entry in found.log()] == [1, 2]
    assert (found.tick(), found.digests[1]) == (25, (Digest(25, 2, "now"),))


@given(records(), st.data())
def test_a_record_until_a_moment_is_the_same_log_so_far_as_a_session_of_its_own(record, data):
    log, end = record.log(), record.tick()
    tick = data.draw(st.integers(0, end))
    taken = until(record, tick, None)
    taken.check()
    assert taken.log() == tuple(entry for entry in log if entry.tick <= tick)
    assert (taken.tick(), len(taken.timelines)) == (tick, 1)
    assert all((d.tick, d.index) <= (tick, len(taken.log())) for d in taken.digests[1])
    assert until(record, None, None).log() == log
    before = sum(entry.tick < tick for entry in log)
    assert len(until(record, tick, before).log()) == before
    for bad_tick, bad_index in ((end + 1, None), (tick, len(taken.log()) + 1), (tick, before - 1)):
        with pytest.raises(RefusedError):
            until(record, bad_tick, bad_index)
