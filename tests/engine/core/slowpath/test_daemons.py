"""The daemons together: that they come to rest, and then change nothing."""

from engine import units as u
from engine.core.observe import check
from engine.core.slowpath import daemons
from engine.guest import Guest
from tests.engine.small_guest import (
    BLOCK,
    all_free,
    copy_of,
    every,
    put,
    same,
    settle,
    vm,
)

KCOMPACTD = u.CC_KCOMPACTD


def checkered(state: int = u.STATE_ANON) -> Guest:
    """Every second page in use: no free block at all is larger than a page."""
    guest = all_free(16, start_block=8)
    put(guest, every(2, 8 * BLOCK, 24 * BLOCK), state)
    return settle(guest)


def rest(guest: Guest, budget: int = 500) -> int:
    """Let the daemons work until they sleep; steps taken."""
    for step in range(2000):
        if daemons.daemons_idle(guest):
            return step
        daemons.daemons_step(guest, budget)
    raise AssertionError("the daemons do not come to rest")


def is_clean(guest: Guest) -> bool:
    code, pfn = check.validate(guest)
    assert code == 0, check.explain_check(code, pfn)
    return True


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
