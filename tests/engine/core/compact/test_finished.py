"""When a compaction run ends."""

import pytest

from engine import units as u
from engine.core.compact.compaction import CCF_DIRECT, CCF_MEMORY, CCF_PROACTIVE, compact_begin
from engine.core.compact.finished import compact_finished, page_is_free_for
from engine.guest import Guest
from tests.engine.small_guest import BLOCK, all_free, every, put, settle

KCOMPACTD = u.CC_KCOMPACTD


def half_loaded() -> Guest:
    """Every other page is in use: free memory in pieces of one page."""
    guest = all_free(16, start_block=8)
    put(guest, every(2, 8 * BLOCK, 24 * BLOCK), u.STATE_ANON)
    return settle(guest)


def begin(guest: Guest, mode: int, flags: int = 0, order: int = 9, mt: int = 1) -> None:
    compact_begin(guest, KCOMPACTD, 0, order, mt, mode, flags, u.WMARK_MIN)


def test_scanners_that_meet_reset_the_positions_and_ask_for_a_flush_if_direct() -> None:
    for flags, flush in ((0, 0), (CCF_DIRECT, 1)):
        guest = half_loaded()
        begin(guest, u.MIGRATE_SYNC_LIGHT, flags)
        cc, zone = guest.cc[KCOMPACTD], guest.zones[0]
        cc["whole_zone"] = 0
        cc["migrate_pfn"] = cc["free_pfn"] = 12 * BLOCK
        assert compact_finished(guest, KCOMPACTD) == u.COMPACT_PARTIAL_SKIPPED
        assert zone["compact_blockskip_flush"] == flush
        assert (zone["cached_migrate_sync"], zone["cached_free"]) == (8 * BLOCK, 23 * BLOCK)


@pytest.mark.parametrize(("kswapd", "score_low", "status"), [(1, 0, 6), (0, 0, 4), (0, 1, 8)])
def test_proactive_runs_end_at_the_low_mark_or_for_kswapd(
    kswapd: int, score_low: int, status: int
) -> None:
    guest = half_loaded() if not score_low else settle(all_free(16, start_block=8))
    guest.vm[0]["kswapd_awake"] = kswapd
    flags = CCF_MEMORY | CCF_PROACTIVE
    begin(guest, u.MIGRATE_SYNC_LIGHT, flags, order=-1)
    assert compact_finished(guest, KCOMPACTD) == status


def test_a_page_of_the_order_that_could_be_claimed_ends_a_run() -> None:
    guest: Guest = settle(all_free(16, start_block=8))
    begin(guest, u.MIGRATE_SYNC_LIGHT, mt=u.MIGRATE_UNMOVABLE)
    assert page_is_free_for(guest, KCOMPACTD)
    full = half_loaded()
    begin(full, u.MIGRATE_SYNC_LIGHT, mt=u.MIGRATE_UNMOVABLE)
    assert not page_is_free_for(full, KCOMPACTD)
    assert compact_finished(full, KCOMPACTD) == u.COMPACT_CONTINUE
