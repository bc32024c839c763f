"""The daemons together: that they come to rest, and then change nothing."""

from engine import units as u
from engine.core.slowpath import daemons
from tests.engine.small_guest import (
    all_free,
    checkered,
    copy_of,
    rest,
    same,
    settle,
    vm,
)


def test_nothing_to_do_changes_nothing() -> None:
    guest = settle(all_free(16, start_block=8))
    before = copy_of(guest)
    assert daemons.daemons_idle(guest)
    assert daemons.daemons_step(guest, 500) == 0
    assert same(before, guest)


def test_kswapd_going_to_sleep_flushes_the_skip_hints() -> None:
    guest = checkered()
    guest.blocks["flags"] |= u.PB_SKIP
    guest.zones[0]["compact_blockskip_flush"] = 1
    guest.vm[0]["kswapd_awake"] = 1
    rest(guest)
    assert guest.zones[0]["compact_blockskip_flush"] == 0
    assert guest.blocks[8]["flags"] & u.PB_SKIP == 0
    assert vm(guest, "kswapd_awake") == (0,)
