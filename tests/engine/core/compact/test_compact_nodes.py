"""A write to compact_memory: in portions, zone after zone, and its end is reported once."""

from engine import units as u
from engine.core.compact.compact_nodes import step_compact
from engine.core.observe import check
from tests.engine.small_guest import BLOCK, all_free, every, nr_free, put, settle


def test_a_request_is_done_in_portions_and_its_end_is_reported_once() -> None:
    guest = all_free(16, start_block=8)
    put(guest, every(2, 8 * BLOCK, 24 * BLOCK), u.STATE_ANON)
    settle(guest)
    vm = guest.vm[0]
    vm["compact_requests"] = 1
    portions = 0
    while vm["compact_requests"] > 0:
        assert vm["causes"] == 0
        step_compact(guest, 8)
        portions += 1
        assert portions < 1000
    assert portions > 1
    assert vm["causes"] == u.CAUSE_COMPACTION_FINISHED
    assert guest.cc[u.CC_MEMORY]["active"] == vm["compact_zone"] == 0
    assert nr_free(guest, 9) + 2 * nr_free(guest, 10) >= 6
    assert check.validate(guest)[0] == 0


def test_without_a_request_nothing_is_scanned() -> None:
    guest = settle(all_free(16, start_block=8))
    step_compact(guest, 8)
    assert guest.cc[u.CC_MEMORY]["total_migrate_scanned"] == 0
    assert guest.vm[0]["causes"] == 0
