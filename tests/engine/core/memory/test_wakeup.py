"""Which daemon is woken when a watermark is not met."""

from __future__ import annotations

from engine.core.memory import wakeup
from engine.core.memory.watermark import MAX_RECLAIM_RETRIES
from engine.guest import Guest
from tests.engine.small_guest import half_full, vm


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
