"""kcompactd: what starts it, how long its rounds last, that it comes to rest."""

from engine import units as u
from engine.core.memory.clock import MSEC
from engine.core.memory.cpu import COST_KCOMPACTD
from engine.core.memory.wakeup import wakeup_kcompactd
from engine.core.slowpath import daemons, kcompactd
from tests.engine.small_guest import (
    BLOCK,
    all_free,
    checkered,
    is_clean,
    nr_free,
    rest,
    settle,
    vm,
)

KCOMPACTD = u.CC_KCOMPACTD


def test_the_score_is_looked_at_when_the_timer_expires_and_not_before() -> None:
    guest = checkered()
    guest.vm[0]["proactive_defer"] = kcompactd.HPAGE_FRAG_CHECK_INTERVAL
    guest.vm[0]["idle_us"] = kcompactd.HPAGE_FRAG_CHECK_INTERVAL - 1
    assert daemons.daemons_idle(guest)
    daemons.daemons_step(guest, 500)
    assert guest.cc[KCOMPACTD]["active"] == 0
    guest.vm[0]["idle_us"] += 1
    assert not daemons.daemons_idle(guest)
    daemons.daemons_step(guest, 500)
    assert guest.cc[KCOMPACTD]["active"] == 1
    rest(guest)
    assert nr_free(guest, 9) + nr_free(guest, 10) > 0


def test_a_score_that_asks_for_nothing_sets_the_timer_again() -> None:
    guest = settle(all_free(16, start_block=8))
    guest.vm[0]["proactive_defer"] = guest.vm[0]["idle_us"] = 7
    daemons.daemons_step(guest, 500)
    assert vm(guest, "proactive_defer", "kcompactd_awake") == (
        7 + kcompactd.HPAGE_FRAG_CHECK_INTERVAL,
        0,
    )


def test_a_guest_starts_as_if_kcompactd_had_looked_at_it_just_now() -> None:
    calm, tried = settle(all_free(16, start_block=8)), checkered()
    kcompactd.set_first_timer(calm)
    kcompactd.set_first_timer(tried)
    assert vm(calm, "proactive_defer") == (512 * MSEC,)
    assert vm(tried, "proactive_defer") == (64 * 512 * MSEC,)


def test_a_long_run_of_kswapd_ends_a_proactive_run_and_a_short_one_does_not() -> None:
    guest = checkered()
    guest.vm[0]["proactive_defer"] = 1
    guest.vm[0]["idle_us"] = 1
    daemons.daemons_step(guest, 20_000)
    assert guest.cc[KCOMPACTD]["active"] == 1
    guest.vm[0]["kswapd_awake"] = 1  # balanced: nothing to reclaim
    daemons.daemons_step(guest, 20_000)
    assert guest.cc[KCOMPACTD]["active"] == 1
    guest.vm[0]["kswapd_seen"] = 1
    daemons.daemons_step(guest, 20_000)
    assert guest.cc[KCOMPACTD]["active"] == 0


def test_a_round_lasts_as_long_as_its_work_and_ends_with_the_move() -> None:
    guest = checkered()
    wakeup_kcompactd(guest, 9)
    used = 0
    while not daemons.daemons_idle(guest):
        step = daemons.daemons_step(guest, 600)
        used += step
        assert step <= 600 + 4 * BLOCK  # a round without pages is only counted when it is over
        assert (guest.vm[0]["kcompactd_ahead"] > 0) >= (vm(guest, "nr_isolated_anon")[0] > 0)
        assert is_clean(guest)
    assert guest.vm[0]["kcompactd_ahead"] == 0
    assert used >= COST_KCOMPACTD * vm(guest, "pgmigrate_success")[0] > 600


def test_kcompactd_works_for_an_order_and_forgets_it() -> None:
    guest = checkered()
    wakeup_kcompactd(guest, 9)
    assert not daemons.daemons_idle(guest)
    rest(guest)
    assert vm(guest, "compact_daemon_wake", "kcompactd_order", "kcompactd_awake") == (1, 0, 0)
    assert nr_free(guest, 9) >= 1
    assert guest.zones[0]["compact_order_failed"] == 10
    assert is_clean(guest)


def test_kcompactd_defers_what_it_cannot_do_and_drains_the_per_cpu_lists() -> None:
    guest = checkered(u.STATE_SLAB)
    for wakes, shift in ((1, 1), (2, 1), (3, 2)):
        wakeup_kcompactd(guest, 9)
        rest(guest)
        assert vm(guest, "compact_daemon_wake") == (wakes,)
        assert guest.zones[0]["compact_defer_shift"] == shift


def test_kcompactd_passes_over_a_zone_with_too_few_free_pages() -> None:
    guest = checkered()
    guest.zones[0]["wmark_low"] = 1 << 20
    wakeup_kcompactd(guest, 9)
    kcompactd.kcompactd_start(guest)
    assert not kcompactd.kcompactd_begin_zone(guest)
    assert guest.cc[KCOMPACTD]["active"] == 0
    assert vm(guest, "compact_daemon_wake") == (1,)


def test_a_request_that_woke_nobody_is_found_when_the_timer_expires() -> None:
    guest = checkered()
    guest.zones[0]["wmark_low"] = 1 << 20  # too few free pages to compact now
    wakeup_kcompactd(guest, 9)
    assert vm(guest, "kcompactd_order", "kcompactd_awake") == (9, 0)
    assert daemons.daemons_idle(guest)
    guest.zones[0]["wmark_low"] = 20
    guest.vm[0]["proactive_defer"] = 1
    assert daemons.daemons_idle(guest)
    assert kcompactd.timer_finds_work(guest)
    guest.vm[0]["idle_us"] = 1
    rest(guest)
    assert vm(guest, "compact_daemon_wake", "kcompactd_order") == (1, 0)
    assert nr_free(guest, 9) >= 1


def test_in_the_first_half_of_a_round_nothing_is_freed_then_one_page_after_the_other() -> None:
    guest = checkered()
    wakeup_kcompactd(guest, 9)
    seen = [0]
    while seen[-1] < u.COMPACT_CLUSTER_MAX:  # its first round
        daemons.daemons_step(guest, COST_KCOMPACTD // 2)
        seen.append(vm(guest, "pgmigrate_success")[0])
        assert is_clean(guest)
    assert sorted(set(seen)) == list(range(u.COMPACT_CLUSTER_MAX + 1))
    assert seen.count(0) >= u.COMPACT_CLUSTER_MAX
