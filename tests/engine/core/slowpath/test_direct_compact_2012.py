"""Profile 2012: direct compaction."""

from __future__ import annotations

from engine import units as u
from engine.core.slowpath.direct_compact_2012 import try_to_compact_pages_2012
from engine.guest import Guest, set_kernel
from engine.kernels import LINUX_2012
from tests.engine.small_guest import BLOCK, all_free, every, nr_free, put, settle, vm


def scattered() -> Guest:
    guest = all_free(8)
    put(guest, every(8, 1, 8 * BLOCK))
    set_kernel(guest, LINUX_2012)
    return settle(guest)


def test_it_makes_the_page_and_captures_nothing() -> None:
    guest = scattered()
    result = try_to_compact_pages_2012(guest, 9, u.MIGRATE_MOVABLE, u.WMARK_LOW, 0)
    assert result == u.COMPACT_SUCCESS
    assert nr_free(guest, 9) + nr_free(guest, 10) > 0
    assert guest.cc[u.CC_DIRECT]["capture_pfn"] == u.PFN_NONE
    assert vm(guest, "compact_stall") == (1,)


def test_every_entry_is_a_stall_even_where_nothing_is_done() -> None:
    guest = scattered()
    guest.zones[0]["wmark_low"] = guest.zones[0]["nr_free"]
    result = try_to_compact_pages_2012(guest, 9, u.MIGRATE_MOVABLE, u.WMARK_LOW, 0)
    assert result == u.COMPACT_SKIPPED
    assert vm(guest, "compact_stall", "compact_migrate_scanned") == (1, 0)


def test_async_keeps_to_movable_pageblocks() -> None:
    for sync, moves in ((0, False), (1, True)):
        guest = scattered()
        guest.blocks["migratetype"][:7] = u.MIGRATE_RECLAIMABLE
        guest = settle_again(guest)
        try_to_compact_pages_2012(guest, 9, u.MIGRATE_MOVABLE, u.WMARK_LOW, sync)
        assert (vm(guest, "pgmigrate_success")[0] > 0) == moves


def settle_again(guest: Guest) -> Guest:
    """The same pages with the free lists as the pageblocks' new types want them."""
    fresh = all_free(8)
    fresh.blocks["migratetype"][:] = guest.blocks["migratetype"]
    put(fresh, every(8, 1, 8 * BLOCK))
    set_kernel(fresh, LINUX_2012)
    return settle(fresh)
