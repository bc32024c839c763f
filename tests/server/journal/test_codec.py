"""The codec: what is written is read, and nothing else is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.commands import CompactMemory
from engine.errors import RefusedError
from engine.log import Entry
from server.journal.codec import (
    Course,
    Record,
    Waiting,
    digest_from_dict,
    entry_from_row,
    head_from_dict,
    row_of,
    timeline_from_dict,
    waiting_from_text,
)
from tests.server.journal.records import commands, heads, records


@given(heads)
def test_a_head_is_read_as_it_was_written(head):
    assert head_from_dict(json.loads(json.dumps(head.to_dict()))) == head


@given(records())
def test_every_part_of_a_record_is_read_as_it_was_written(record):
    record.check()
    for one in record.timelines:
        assert timeline_from_dict(one.to_dict()) == one
        assert all(digest_from_dict(d.to_dict()) == d for d in record.digests[one.id])
        assert all(entry_from_row(row_of(one.id, e)) == e for e in record.entries[one.id])
    assert waiting_from_text(record.waiting.to_text()) == record.waiting


@given(commands, st.integers(0, 4), st.integers(1, 99))
def test_a_row_that_was_changed_anywhere_is_no_entry(command, column, change):
    row = list(row_of(1, Entry(2, 30, command, True)))
    row[column] = row[column] + " " if isinstance(row[column], str) else row[column] + change
    with pytest.raises(RefusedError, match="not as it was written"):
        entry_from_row(tuple(row))


def test_a_fork_shares_what_came_before_it_and_nothing_later():
    head = head_from_dict({"log_version": 1, "engine": "e", "created": "now", "config": {}})
    main = tuple(Entry(i, 10 * i, CompactMemory(), True) for i in (1, 2, 3))
    own = (Entry(3, 25, CompactMemory(), False),)
    fork = Course(2, "another ending", 1, 2, 25, 40)
    record = Record(head, 1, (Course(tick=99), fork), {1: main, 2: own}, {}, 2)
    record.check()
    assert record.log() == (*main[:2], *own)
    assert (record.tick(), record.tick(1)) == (40, 99)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"log_version": 2}, "log_version is 2: this server reads 1"),
        ({"log_version": True}, "log_version is True"),
        ({"log_version": 1, "engine": ""}, "engine of the head is ''"),
        ({"log_version": 1, "fly": 1}, "the head has no field 'fly'"),
        ([], "a JSON object is needed"),
    ],
)
def test_a_head_that_is_none_is_refused_in_one_sentence(data, sentence):
    with pytest.raises(RefusedError, match=sentence):
        head_from_dict(data)


def test_a_timeline_comes_after_its_parent():
    with pytest.raises(RefusedError, match="parent of a timeline"):
        timeline_from_dict(Course(2, "x", 2).to_dict())


def test_nothing_waits_at_first():
    assert waiting_from_text(Waiting().to_text()).commands == ()
