"""What builds do to memory: each kind of row by hand, and books that balance afterwards."""

import numpy as np

from engine import units as u
from engine.core.observe import check
from engine.core.workload import stress_builds as b
from engine.guest import Guest
from engine.stress.machine import make_machine
from engine.stress.stream import Row, as_array

SLAB_LOG = 10_000


def state_of() -> np.ndarray:
    state = np.zeros(b.NR_STATE, np.int64)
    state[b.LOG_BASE] = SLAB_LOG
    state[b.STUCK_IN] = 10
    return state


def run(guest: Guest, state: np.ndarray, *rows: Row) -> None:
    b.run_builds(guest, as_array(list(rows)), len(rows), state)
    assert int(check.validate(guest)[0]) == 0


def page(guest: Guest, handle: int) -> np.void:
    return guest.pages[guest.pages["where"][handle]]


def held(guest: Guest, state: int) -> int:
    return int((guest.pages["state"] == state).sum())


def test_memory_is_touched_by_class_and_order_and_dropped() -> None:
    guest, state = make_machine(64, 1), state_of()
    free = int(guest.zones["nr_free"].sum() + guest.zones["pcp_count"].sum())
    rows = [
        (b.B_TOUCH, 0, 100, u.CLASS_ANON),
        (b.B_TOUCH, 100, 10, u.CLASS_PGTABLE),
        (b.B_TOUCH, 110, 4, u.CLASS_KERNEL + (1 << 8)),
        (b.B_TOUCH, 0, 100, u.CLASS_ANON),  # what is there stays
    ]
    run(guest, state, *rows)
    assert held(guest, u.STATE_ANON) == 100
    assert held(guest, u.STATE_PGTABLE) == 10
    assert held(guest, u.STATE_KERNEL) == 8
    run(guest, state, (b.B_DROP, 0, 200, 0))
    assert int(guest.zones["nr_free"].sum() + guest.zones["pcp_count"].sum()) == free
    assert state[b.LACKING] == 0


def test_the_second_use_makes_page_cache_active() -> None:
    guest, state = make_machine(64, 1), state_of()
    run(guest, state, (b.B_READ, 5, 1, 0))
    assert not page(guest, 5)["flags"] & (u.PG_ACTIVE | u.PG_MAPPED)
    run(guest, state, (b.B_READ, 5, 1, 0))
    assert page(guest, 5)["flags"] & u.PG_REFERENCED
    run(guest, state, (b.B_READ, 5, 1, 0))
    assert page(guest, 5)["flags"] & u.PG_ACTIVE
    run(guest, state, (b.B_MAP, 6, 1, 0))
    assert page(guest, 6)["flags"] & u.PG_MAPPED
    assert held(guest, u.STATE_FILE) == 2


def test_written_pages_are_dirty_then_under_writeback_then_clean() -> None:
    guest, state = make_machine(64, 1), state_of()
    run(guest, state, (b.B_WRITE, 5, 1, 0))
    assert page(guest, 5)["flags"] & u.PG_DIRTY
    run(guest, state, (b.B_START_IO, 5, 1, 0))
    assert page(guest, 5)["flags"] & (u.PG_DIRTY | u.PG_WRITEBACK) == u.PG_WRITEBACK
    run(guest, state, (b.B_END_IO, 5, 1, 0))
    assert not page(guest, 5)["flags"] & (u.PG_DIRTY | u.PG_WRITEBACK)
    run(guest, state, (b.B_START_IO, 5, 1, 0), (b.B_START_IO, 77, 1, 0))
    assert not page(guest, 5)["flags"] & u.PG_WRITEBACK


def test_a_new_file_lets_go_of_the_old_page_which_stays_cached() -> None:
    guest, state = make_machine(64, 1), state_of()
    for kind, arg in ((b.B_WRITE, 1), (b.B_WRITE, 1), (b.B_STREAM, 1)):
        run(guest, state, (kind, 5, 1, arg))
    assert held(guest, u.STATE_FILE) == 3
    run(guest, state, (b.B_DROP, 5, 1, 0))
    assert held(guest, u.STATE_FILE) == 2


def test_a_fault_gets_a_huge_page_or_single_pages() -> None:
    guest, state = make_machine(64, 1), state_of()
    run(guest, state, (b.B_THP, 0, 512, u.GFP_HIGHUSER))
    assert held(guest, u.STATE_THP) == 512
    assert guest.vm[0]["thp_fault_alloc"] == 1
    run(guest, state, (b.B_DROP, 0, 512, 0))
    assert held(guest, u.STATE_THP) == 0
    # Every second page in use, none movable: no 2 MiB are left.
    nr = int(guest.zones["nr_free"].sum()) - 2600
    run(guest, state, (b.B_TOUCH, 1000, nr, u.CLASS_KERNEL))
    run(guest, state, *((b.B_DROP, 1000 + i, 1, 0) for i in range(0, nr, 2)))
    before = int(guest.vm[0]["thp_fault_fallback"])
    run(guest, state, (b.B_THP, 0, 512, u.GFP_HIGHUSER | u.GFP_NORETRY))
    assert guest.vm[0]["thp_fault_fallback"] + guest.vm[0]["thp_fault_alloc"] == before + 2


def test_the_test_holds_what_it_gets_until_the_pass_is_over() -> None:
    guest, state = make_machine(64, 1), state_of()
    run(guest, state, *[(b.B_HUGE, 0, 1, 0)] * 40)
    assert state[b.ATTEMPTS] == 40
    assert 10 < state[b.SUCCESSES] < 31
    assert held(guest, u.STATE_HUGE) == 512 * state[b.SUCCESSES]
    run(guest, state, (b.B_HUGE_FREE, 0, 1, 0))
    assert held(guest, u.STATE_HUGE) == 0


def test_slab_is_shrunk_oldest_first_as_reclaim_scans_and_some_is_stuck() -> None:
    guest, state = make_machine(64, 1), state_of()
    run(guest, state, (b.B_SLAB, SLAB_LOG, 100, 0), (b.B_SLAB, SLAB_LOG + 100, 10, 3))
    run(guest, state, (b.B_READ, 0, 1000, 0))
    assert held(guest, u.STATE_SLAB) == 180
    guest.vm[0]["pgscan_kswapd"] += 500  # half of the LRU lists
    run(guest, state)
    assert state[b.LOG_HEAD] in range(50, 60)
    here = guest.pages["where"][SLAB_LOG : SLAB_LOG + 110] != u.PFN_NONE
    assert here[int(state[b.LOG_HEAD]) :].all()
    assert 0 < here[: int(state[b.LOG_HEAD])].sum() < 20
    run(guest, state, (b.B_SLAB_DROP, 0, 1, 0))
    stuck = guest.pages["where"][SLAB_LOG : SLAB_LOG + 110] != u.PFN_NONE
    assert 0 < stuck.sum() < 25


def test_a_refusal_ends_the_allocations_of_the_slot() -> None:
    guest, state = make_machine(64, 1), state_of()
    rows = [(b.B_TOUCH, i, 100, u.CLASS_KERNEL) for i in range(0, 16000, 100)]
    run(guest, state, *rows)
    assert state[b.LACKING] > 0
    assert guest.vm[0]["workload_failed"] >= 100 * state[b.LACKING]
    run(guest, state, (b.B_DROP, 0, 16000, 0), (b.B_TOUCH, 0, 1, u.CLASS_ANON))
    assert held(guest, u.STATE_ANON) == 1
