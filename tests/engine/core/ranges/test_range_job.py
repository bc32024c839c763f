"""A request for a range: whether it is running, how it stops, what it leaves behind."""

from __future__ import annotations

from engine import units as u
from engine.core.ranges import isolation, range_job
from engine.core.ranges.range_codes import RangeReason
from tests.engine.ranges import END, START, make, validate
from tests.engine.small_guest import vm


def test_a_request_is_at_work_until_it_has_a_result() -> None:
    guest = make("pinned", u.PROFILE_MODERN)
    assert not range_job.at_work(guest, u.RANGE_NONE)
    guest.vm[0]["range_kind"] = u.RANGE_OFFLINE
    assert range_job.at_work(guest, u.RANGE_NONE)
    assert range_job.at_work(guest, u.RANGE_OFFLINE)
    assert not range_job.at_work(guest, u.RANGE_CONTIG)
    range_job.end_request(guest, u.RANGE_STOPPED)
    assert not range_job.at_work(guest, u.RANGE_NONE)


def test_success_leaves_no_reason() -> None:
    guest = make("pinned", u.PROFILE_MODERN)
    range_job.note_stop(guest, int(RangeReason.IN_USE), START)
    assert vm(guest, "range_page", "range_block") == (u.STATE_ANON, u.MIGRATE_MOVABLE)
    range_job.end_request(guest, u.RANGE_DONE)
    assert vm(guest, "range_reason", "range_pfn", "range_page") == (0, u.PFN_NONE, 0)


def test_giving_up_opens_the_pageblocks_and_books_the_work_as_wasted() -> None:
    guest = make("pinned", u.PROFILE_MODERN)
    isolation.start_isolate_page_range(guest, START, END, u.MIGRATE_MOVABLE, 1)
    record = guest.vm[0]
    record["range_start_pfn"], record["range_end_pfn"] = START, END
    record["range_migrated"], record["range_reclaimed"] = 5, 2
    range_job.give_up(guest, u.MIGRATE_MOVABLE)
    assert vm(guest, "range_wasted") == (7,)
    assert all(guest.blocks["migratetype"] == u.MIGRATE_MOVABLE)
    validate(guest)


def test_the_pass_comes_first_where_it_knows_ranges() -> None:
    for key, phase in (("separate_pass", u.RANGE_PASS), ("lru_hook", u.RANGE_MIGRATE)):
        guest = make(key, u.PROFILE_MODERN)
        guest.vm[0]["range_start_pfn"] = START
        range_job.begin_rounds(guest)
        assert vm(guest, "range_phase", "range_pos") == (phase, START)
