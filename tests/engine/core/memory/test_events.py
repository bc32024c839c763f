"""The record of what happened: what a row says, and when it thins itself out."""

from __future__ import annotations

from engine import units as u
from engine.core.memory import events as record
from tests.engine.small_guest import all_free


def test_while_nobody_watches_nothing_is_written() -> None:
    guest = all_free(2)
    assert not record.is_watched(guest)
    record.note_balloon(guest, u.EVENT_TAKEN, 7, 0)
    assert not guest.vm["events"].any()


def test_a_row_has_its_number_its_kind_and_its_pages() -> None:
    guest = all_free(2)
    guest.vm[0]["watched"] = 1
    record.note_balloon(guest, u.EVENT_TAKEN, 512, 9)
    record.note_scanners(guest, u.CC_DIRECT, u.EVENT_MET)
    rows = guest.vm["events"][0]
    assert rows[record.OF_BALLOON].tolist() == [1, 1, 512, 1]
    first = u.NR_EVENT_KINDS + record.OF_BALLOON * u.EVENT_ROOM
    assert rows[first].tolist() == [0, u.EVENT_TAKEN | u.STATE_BALLOON << 8 | 9 << 16, 512, -1]
    first = u.NR_EVENT_KINDS + record.OF_PLACES * u.EVENT_ROOM
    assert rows[first, :2].tolist() == [1, u.EVENT_MET | u.CC_DIRECT << 8]


def test_a_full_record_keeps_every_other_event_from_the_first_on() -> None:
    guest = all_free(2)
    guest.vm[0]["watched"] = 1
    for pfn in range(u.EVENT_ROOM * 4 + 3):
        record.note_event(guest, record.OF_MOVES, u.EVENT_MOVED, pfn, pfn)
    rows = guest.vm["events"][0]
    kept, total, pages, every = rows[record.OF_MOVES].tolist()
    assert (kept, total, pages, every) == (257, 2051, 2051, 8)
    first = u.NR_EVENT_KINDS
    assert rows[first : first + kept, 2].tolist() == list(range(0, 2051, 8))
