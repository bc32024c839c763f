"""kswapd's run: what starts it, when it ends, what it leaves behind."""

from __future__ import annotations

from engine import units as u
from engine.core.memory.wakeup import wake_kswapd
from engine.core.memory.watermark import MAX_RECLAIM_RETRIES, pgdat_balanced
from engine.core.observe.check import validate
from engine.core.slowpath.kswapd import kswapd_step, nap_is_over
from engine.core.slowpath.sched_2012 import cond_resched_2012
from engine.guest import Guest, set_kernel
from engine.kernels import LINUX_2012
from tests.engine.small_guest import BLOCK, all_free, every, nr_free, put, settle, vm


def tight(nr_cached: int, nr_free: int = 200) -> Guest:
    """Eight pageblocks: page cache, free pages, the rest slab; marks 300, 400, 500."""
    guest = all_free(8)
    put(guest, range(nr_cached), u.STATE_FILE)
    put(guest, range(nr_cached, 8 * BLOCK - nr_free), u.STATE_SLAB)
    settle(guest)
    zone = guest.zones[0]
    zone["wmark_min"], zone["wmark_low"], zone["wmark_high"] = 300, 400, 500
    return guest


def run(guest: Guest, budget: int = 256) -> int:
    """Steps until kswapd sleeps."""
    steps = 0
    while guest.vm[0]["kswapd_awake"]:
        assert kswapd_step(guest, budget) > 0
        steps += 1
        assert steps < 10_000
    return steps


def test_it_reclaims_until_the_zones_are_safe() -> None:
    guest = tight(2048)
    wake_kswapd(guest, 0)
    run(guest)
    free = int(guest.zones[0]["nr_free"])
    assert 500 < free <= 500 + 64 + 64
    assert vm(guest, "pageoutrun", "kswapd_failures") == (1, 0)
    assert vm(guest, "causes") == (u.CAUSE_RECLAIM_FINISHED,)
    assert vm(guest, "pgsteal_kswapd") == (free - 200,)
    assert validate(guest) == (0, u.PFN_NONE)


def test_the_budget_changes_when_but_not_what() -> None:
    found = []
    for budget in (1, 64, 100_000):
        guest = tight(2048)
        wake_kswapd(guest, 0)
        run(guest, budget)
        found.append([a.tobytes() for a in guest])
    assert found[0] == found[1] == found[2]


def napping() -> Guest:
    """kswapd has just reclaimed, and naps; the high mark is 200 pages above what is free."""
    guest = tight(2048)
    wake_kswapd(guest, 0)
    run(guest)
    zone = guest.zones[0]
    zone["wmark_high"] = zone["nr_free"] + 200
    return guest


def test_kswapd_looks_again_after_a_tenth_of_a_second() -> None:
    guest = napping()
    free = int(guest.zones[0]["nr_free"])
    guest.vm[0]["idle_us"] += 99_000
    assert not nap_is_over(guest)
    cond_resched_2012(guest)
    assert kswapd_step(guest, 1000) == 0
    guest.vm[0]["idle_us"] += 6_000
    assert nap_is_over(guest)
    cond_resched_2012(guest)
    run(guest)
    assert guest.zones[0]["nr_free"] >= free + 200
    assert vm(guest, "pageoutrun") == (2,)


def test_after_a_nap_without_loss_kswapd_sleeps_until_it_is_woken() -> None:
    guest = napping()
    guest.zones[0]["wmark_high"] = 500
    guest.vm[0]["idle_us"] += 105_000
    assert kswapd_step(guest, 1000) == 0
    assert vm(guest, "pageoutrun", "kswapd_nap", "kswapd_awake") == (1, 0, 0)


def test_woken_from_its_nap_kswapd_goes_on_with_the_larger_order() -> None:
    guest = napping()
    guest.vm[0]["kswapd_run_order"] = 2
    wake_kswapd(guest, 1)
    kswapd_step(guest, 1)
    assert vm(guest, "kswapd_alloc_order", "kswapd_nap") == (2, 0)


def test_a_sleeping_kswapd_does_nothing() -> None:
    guest = tight(2048)
    assert kswapd_step(guest, 1000) == 0
    assert guest.zones[0]["nr_free"] == 200


def test_without_page_cache_it_becomes_hopeless_and_sleeps() -> None:
    guest = tight(0)
    wake_kswapd(guest, 0)
    run(guest)
    assert vm(guest, "kswapd_failures") == (MAX_RECLAIM_RETRIES,)
    wake_kswapd(guest, 0)
    assert vm(guest, "kswapd_awake") == (0,)


def test_a_boost_alone_reclaims_nothing_and_asks_kcompactd() -> None:
    guest = tight(2048, nr_free=2000)
    guest.zones[0]["watermark_boost"] = 700
    wake_kswapd(guest, 0)
    run(guest)
    assert guest.zones[0]["watermark_boost"] == 0
    assert vm(guest, "pgsteal_kswapd", "kcompactd_order") == (0, u.PAGEBLOCK_ORDER)
    assert vm(guest, "kswapd_failures") == (1,)


def test_only_the_boost_it_saw_is_taken_back() -> None:
    guest = tight(2048)
    guest.zones[0]["watermark_boost"] = 100
    wake_kswapd(guest, 0)
    kswapd_step(guest, 1)
    guest.zones[0]["watermark_boost"] += 512
    run(guest)
    assert guest.zones[0]["watermark_boost"] == 512


def test_for_an_order_it_frees_enough_and_leaves_the_rest_to_kcompactd() -> None:
    guest = tight(2048, nr_free=0)
    wake_kswapd(guest, 3)
    run(guest)
    assert vm(guest, "kcompactd_order") == (3,)
    assert guest.zones[0]["nr_free"] > 500


def test_an_order_that_is_met_already_is_not_handed_to_kcompactd() -> None:
    guest = all_free(8)
    settle(guest)
    guest.vm[0]["kswapd_awake"], guest.vm[0]["kswapd_order"] = 1, 9
    run(guest)
    assert vm(guest, "pageoutrun", "kcompactd_order", "pgsteal_kswapd") == (1, 0, 0)


def test_an_order_that_was_asked_for_meanwhile_is_next() -> None:
    guest = tight(3000)
    wake_kswapd(guest, 0)
    kswapd_step(guest, 1)
    wake_kswapd(guest, 9)
    run(guest)
    assert vm(guest, "pageoutrun", "kswapd_awake", "kswapd_order") == (2, 0, 0)
    assert nr_free(guest, 9) + nr_free(guest, 10) > 0


def test_a_woken_kswapd_goes_first_and_a_running_one_takes_turns() -> None:
    guest = tight(2048)
    cond_resched_2012(guest)
    assert guest.zones[0]["nr_free"] == 200
    wake_kswapd(guest, 0)
    cond_resched_2012(guest)
    assert guest.zones[0]["nr_free"] > 500
    assert vm(guest, "kswapd_awake", "pageoutrun") == (0, 1)
    guest.vm[0]["kswapd_awake"] = 2
    cond_resched_2012(guest)
    assert vm(guest, "kswapd_awake") == (2,)


def test_sixteen_boosts_without_reclaim_make_it_hopeless_and_the_boost_stays() -> None:
    guest = tight(2048, nr_free=2000)
    for _ in range(20):
        guest.zones[0]["watermark_boost"] += 512
        wake_kswapd(guest, 0)
        cond_resched_2012(guest)
    assert vm(guest, "kswapd_failures", "pageoutrun") == (MAX_RECLAIM_RETRIES, MAX_RECLAIM_RETRIES)
    assert guest.zones[0]["watermark_boost"] == 4 * 512


# -- profile 2012


def fragmented() -> Guest:
    """Every eighth page in use: much free, no pageblock."""
    guest = all_free(8)
    put(guest, every(8, 1, 8 * BLOCK))
    set_kernel(guest, LINUX_2012)
    guest.vm[0]["kswapd_run_order"] = u.PAGEBLOCK_ORDER
    return settle(guest)


def test_2012_single_pages_are_enough_where_compaction_is_promising() -> None:
    guest = fragmented()
    assert nr_free(guest, u.PAGEBLOCK_ORDER) + nr_free(guest, u.MAX_PAGE_ORDER) == 0
    assert pgdat_balanced(guest, u.PAGEBLOCK_ORDER)
    guest.zones[0]["wmark_low"] = guest.zones[0]["nr_free"] - 1024
    assert not pgdat_balanced(guest, u.PAGEBLOCK_ORDER)


def test_2012_kswapd_compacts_before_it_sleeps_and_resets_the_hints() -> None:
    guest = fragmented()
    guest.vm[0]["kswapd_order"], guest.vm[0]["kswapd_awake"] = u.PAGEBLOCK_ORDER, 1
    guest.blocks["flags"][0] |= u.PB_SKIP
    guest.zones[0]["compact_blockskip_flush"] = 1
    kswapd_step(guest, 1000)
    assert guest.vm[0]["kswapd_awake"] == 0
    assert guest.vm[0]["pgmigrate_success"] > 0
    assert nr_free(guest, u.PAGEBLOCK_ORDER) + nr_free(guest, u.MAX_PAGE_ORDER) > 0
    assert not (guest.blocks["flags"] & u.PB_SKIP).any()
    assert guest.vm[0]["kcompactd_order"] == 0


def test_2012_kswapd_leaves_memory_alone_that_has_the_page() -> None:
    guest = all_free(8)
    put(guest, every(8, 1, 4 * BLOCK))
    guest = settle(guest)
    set_kernel(guest, LINUX_2012)
    guest.vm[0]["kswapd_order"], guest.vm[0]["kswapd_awake"] = u.PAGEBLOCK_ORDER, 1
    kswapd_step(guest, 1000)
    assert guest.vm[0]["pgmigrate_success"] == 0
