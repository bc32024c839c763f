"""Which daemon is woken when a watermark is not met."""

from __future__ import annotations

from engine.core.memory import wakeup
from engine.core.memory.watermark import MAX_RECLAIM_RETRIES
from engine.guest import Guest
from tests.engine.small_guest import BLOCK, all_free, half_full, put, settle, vm


def state_of(guest: Guest) -> tuple[int, ...]:
    return vm(guest, "kswapd_awake", "kswapd_order", "kcompactd_order")


def test_a_balanced_guest_leaves_kswapd_asleep() -> None:
    guest = half_full()
    wakeup.wakeup_kswapd(guest, 0, 0)
    assert state_of(guest) == (0, 0, 0)
    wakeup.wake_kswapd(guest, 1)
    assert state_of(guest) == (1, 1, 0), "no block of order 1 is free"


def test_a_boost_wakes_kswapd() -> None:
    guest = half_full()
    guest.zones[0]["watermark_boost"] = 1
    wakeup.wakeup_kswapd(guest, 0, 0)
    assert state_of(guest) == (1, 0, 0)


def test_a_hopeless_node_leaves_it_to_kcompactd_or_the_request_itself() -> None:
    guest = half_full()
    guest.vm[0]["kswapd_failures"] = MAX_RECLAIM_RETRIES
    wakeup.wakeup_kswapd(guest, 3, 1)
    assert state_of(guest) == (0, 3, 0)
    wakeup.wakeup_kswapd(guest, 3, 0)
    assert state_of(guest) == (0, 3, 3)
    wakeup.wakeup_kcompactd(guest, 2)
    assert state_of(guest) == (0, 3, 3), "the larger order stays"


def test_kcompactd_wakes_only_where_a_zone_would_be_compacted() -> None:
    guest = all_free(16)
    put(guest, range(0, 16 * BLOCK, 2))
    settle(guest)
    wakeup.wakeup_kcompactd(guest, 0)
    assert vm(guest, "kcompactd_order", "kcompactd_awake") == (0, wakeup.KCOMPACTD_ASLEEP)
    mark = int(guest.zones[0]["wmark_low"])
    guest.zones[0]["wmark_low"] = int(guest.zones[0]["nr_free"])
    wakeup.wakeup_kcompactd(guest, 9)
    assert vm(guest, "kcompactd_order", "kcompactd_awake") == (9, wakeup.KCOMPACTD_ASLEEP)
    guest.zones[0]["wmark_low"] = mark
    wakeup.wakeup_kcompactd(guest, 3)
    assert vm(guest, "kcompactd_order", "kcompactd_awake") == (9, wakeup.KCOMPACTD_WOKEN)
