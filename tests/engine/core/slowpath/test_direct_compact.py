"""Direct compaction: zones in turn, capture, deferral."""

from engine import units as u
from engine.core.compact.compaction import CCF_DIRECT, compact_begin
from engine.core.memory.cpu import TICK_NS, work_in
from engine.core.memory.page import set_state
from engine.core.memory.wakeup import wakeup_kcompactd
from engine.core.slowpath import direct_compact as d
from engine.core.slowpath.sched import cond_resched
from engine.guest import Guest
from tests.engine.small_guest import BLOCK, all_free, every, put, settle, vm

DIRECT = u.CC_DIRECT


def checkered(movable: int = u.STATE_ANON) -> Guest:
    guest = all_free(16, start_block=8)
    # The first page of every 32 is free: async looks at no other until it has found one.
    put(guest, every(2, 8 * BLOCK + 1, 24 * BLOCK), movable)
    return settle(guest)


def compact(guest: Guest, prio: int = d.COMPACT_PRIO_ASYNC, order: int = 9) -> int:
    return int(d.try_to_compact_pages(guest, order, u.MIGRATE_MOVABLE, u.WMARK_MIN, prio))


def test_the_page_that_comes_free_is_captured() -> None:
    guest = checkered()
    assert compact(guest) == u.COMPACT_SUCCESS
    pfn = int(guest.cc[DIRECT]["capture_pfn"])
    assert pfn % BLOCK == 0
    # It is on no list and belongs to the caller, who says what it is.
    assert guest.pages[pfn]["state"] == u.STATE_FREE
    assert guest.pages[pfn]["order"] == u.ORDER_TAIL
    set_state(guest, pfn, 9, u.STATE_HUGE, 0)
    assert vm(guest, "pgmigrate_success")[0] >= 256
    assert guest.cc[DIRECT]["capture"] == 0
    assert guest.zones[0]["compact_order_failed"] == 10


def test_per_cpu_lists_are_drained_before_the_page_can_be_captured() -> None:
    guest = checkered()
    guest.zones[0]["pcp_high"], guest.zones[0]["pcp_batch"] = 4000, 15
    assert compact(guest) == u.COMPACT_SUCCESS
    assert guest.cc[DIRECT]["capture_pfn"] != u.PFN_NONE


def test_what_cannot_move_leads_to_deferral_but_not_for_async() -> None:
    guest = checkered(u.STATE_SLAB)
    assert compact(guest) in (u.COMPACT_COMPLETE, u.COMPACT_PARTIAL_SKIPPED)
    assert guest.cc[DIRECT]["capture_pfn"] == u.PFN_NONE
    assert guest.zones[0]["compact_defer_shift"] == 0
    assert guest.zones[0]["compact_blockskip_flush"] == 1
    status = compact(guest, d.COMPACT_PRIO_SYNC_LIGHT)
    assert status in (u.COMPACT_COMPLETE, u.COMPACT_PARTIAL_SKIPPED)
    assert guest.zones[0]["compact_defer_shift"] == 1
    assert compact(guest, d.COMPACT_PRIO_SYNC_LIGHT) == u.COMPACT_DEFERRED
    # Full priority asks nobody.
    assert compact(guest, d.COMPACT_PRIO_SYNC_FULL) == u.COMPACT_COMPLETE


def test_full_priority_scans_the_whole_zone_and_ignores_hints() -> None:
    guest = checkered(u.STATE_SLAB)
    guest.blocks["flags"] |= u.PB_SKIP
    compact(guest, d.COMPACT_PRIO_SYNC_FULL, order=2)
    cc = guest.cc[DIRECT]
    assert (cc["whole_zone"], cc["ignore_skip_hint"], cc["ignore_block_suitable"]) == (1, 1, 1)
    assert vm(guest, "compact_migrate_scanned")[0] >= 15 * BLOCK


def test_a_zone_with_too_few_free_pages_is_skipped() -> None:
    guest = checkered()
    guest.zones[0]["wmark_low"] = 1 << 20
    assert compact(guest) == u.COMPACT_SKIPPED
    assert vm(guest, "compact_migrate_scanned", "pgmigrate_success") == (0, 0)


def test_an_old_captured_page_is_forgotten() -> None:
    guest = checkered()
    guest.cc[DIRECT]["capture_pfn"] = 12345
    compact_begin(guest, DIRECT, 0, 9, u.MIGRATE_MOVABLE, u.MIGRATE_ASYNC, CCF_DIRECT, 0)
    assert guest.cc[DIRECT]["capture_pfn"] == u.PFN_NONE


def tick_before(guest: Guest, left: int) -> None:
    """Bring the scheduler's clock to a place before the next tick, with a task that is running."""
    cond_resched(guest)
    guest.vm[0]["sched_now"] = 8 * work_in(guest, TICK_NS) - left


def test_the_daemons_take_turns_with_a_long_compaction() -> None:
    guest = checkered()
    tick_before(guest, 1)
    guest.vm[0]["kswapd_awake"] = 1
    wakeup_kcompactd(guest, 9)
    compact(guest, d.COMPACT_PRIO_SYNC_LIGHT)
    # Woken just before, kswapd has run and sleeps again; kcompactd has begun beside us.
    assert vm(guest, "pageoutrun", "kswapd_awake", "compact_daemon_wake") == (1, 0, 1)


def test_what_a_daemon_frees_is_not_captured() -> None:
    found = []
    for wanted in (0, 9):
        guest = checkered()
        tick_before(guest, 1)
        wakeup_kcompactd(guest, wanted)
        assert compact(guest, d.COMPACT_PRIO_SYNC_LIGHT) == u.COMPACT_SUCCESS
        found.append(int(guest.cc[DIRECT]["capture_pfn"]))
        assert guest.cc[DIRECT]["capture"] == 0
    assert found[0] != u.PFN_NONE
    # If kcompactd was there first, a page is free, which ends the run.
    assert found[1] == u.PFN_NONE or guest.pages[found[1]]["order"] == u.ORDER_TAIL


def test_kcompactd_leaves_isolated_pages_alone() -> None:
    guest = checkered()
    tick_before(guest, 1)
    wakeup_kcompactd(guest, 9)
    begun = compact_begin(guest, DIRECT, 0, 9, 1, u.MIGRATE_SYNC_LIGHT, CCF_DIRECT, u.WMARK_MIN)
    assert begun == u.COMPACT_CONTINUE
    assert d.compact_zone_in_turns(guest) == u.COMPACT_SUCCESS
    assert vm(guest, "compact_daemon_wake") == (1,)
    assert guest.lists[u.LIST_MIGRATEPAGES + DIRECT]["nr"] == 0
    # kcompactd has a round of its own under way, until it has worked for it.
    assert guest.vm[0]["kcompactd_ahead"] > 0
    assert guest.lists[u.LIST_MIGRATEPAGES + u.CC_KCOMPACTD]["nr"] > 0


def test_a_long_compaction_lasts_several_ticks() -> None:
    guest = checkered()
    assert compact(guest, d.COMPACT_PRIO_SYNC_LIGHT) == u.COMPACT_SUCCESS
    assert guest.vm[0]["direct_work"] > work_in(guest, TICK_NS)
    assert guest.vm[0]["sched_now"] > guest.vm[0]["task_paid"] > work_in(guest, TICK_NS)
