"""What the flusher writes, in what portions, and where the pages are then."""

from __future__ import annotations

from engine import units as u
from engine.core.memory.cpu import COST_WRITE
from engine.core.memory.page import set_flag
from engine.core.observe.check import validate
from engine.core.slowpath.daemons import daemons_idle, daemons_step
from engine.core.slowpath.flusher import flusher_step, wakeup_flusher_threads
from engine.guest import Guest
from tests.engine.small_guest import all_free, list_of, put, settle, vm

ALL = 1 << 40


def dirty(nr: int) -> Guest:
    """A guest with ``nr`` pages of dirty page cache, the lowest the oldest."""
    guest = all_free(8)
    put(guest, range(nr), u.STATE_FILE, u.PG_DIRTY)
    return settle(guest)


def test_asleep_it_writes_nothing() -> None:
    guest = dirty(100)
    assert flusher_step(guest, ALL) == 0
    assert vm(guest, "nr_written") == (0,)


def test_woken_it_writes_all_and_sleeps() -> None:
    guest = dirty(100)
    wakeup_flusher_threads(guest)
    assert not daemons_idle(guest)
    assert flusher_step(guest, ALL) >= 100 * COST_WRITE
    assert vm(guest, "nr_written", "flusher_awake") == (100, 0)
    assert not (guest.pages["flags"] & u.PG_DIRTY).any()
    assert list_of(guest, u.LRU_INACTIVE_FILE) == list(range(99, -1, -1)), "each where it was"
    assert validate(guest) == (0, u.PFN_NONE)


def test_the_portion_changes_when_but_not_what() -> None:
    found = []
    for budget in (1, 3000, ALL):
        guest = dirty(100)
        wakeup_flusher_threads(guest)
        steps = 0
        while guest.vm[0]["flusher_awake"]:
            assert daemons_step(guest, budget) > 0
            steps += 1
            assert steps < 1000
        found.append([a.tobytes() for a in guest])
    assert found[0] == found[1] == found[2]


def test_what_reclaim_has_met_dirty_is_the_first_to_go() -> None:
    guest = dirty(10)
    for pfn in (3, 8):
        set_flag(guest, pfn, u.PG_RECLAIM)
    wakeup_flusher_threads(guest)
    flusher_step(guest, ALL)
    assert list_of(guest, u.LRU_INACTIVE_FILE) == [9, 7, 6, 5, 4, 2, 1, 0, 3, 8]
    assert not (guest.pages["flags"] & (u.PG_RECLAIM | u.PG_ACTIVE)).any()
    assert validate(guest) == (0, u.PFN_NONE)


def test_a_page_that_somebody_holds_is_not_waited_for() -> None:
    guest = dirty(10)
    set_flag(guest, 4, u.PG_WRITEBACK)
    wakeup_flusher_threads(guest)
    flusher_step(guest, ALL)
    assert vm(guest, "nr_written", "flusher_awake") == (9, 0)
