"""Operations by handle: what is allocated, how it is owned, what a refusal leaves behind."""

from __future__ import annotations

import numpy as np
import pytest

from engine import units as u
from engine.core.observe.check import validate
from engine.core.workload import workload_ops
from engine.guest import Guest
from engine.snapshot import copy_guest
from tests.engine.worlds import NR_PAGES, base

HANDLE = NR_PAGES - 5  # above what the recipe uses


def rows(*ops: tuple[int, int, int, int]) -> np.ndarray:
    return np.array(ops, np.int32).reshape(-1, 4)


def run(guest: Guest, *ops: tuple[int, int, int, int]) -> None:
    workload_ops.run_ops(guest, rows(*ops), len(ops))
    assert int(validate(guest)[0]) == 0


@pytest.mark.parametrize(
    ("kind", "state", "migratetype"),
    [
        (u.CLASS_ANON, u.STATE_ANON, u.MIGRATE_MOVABLE),
        (u.CLASS_FILE, u.STATE_FILE, u.MIGRATE_MOVABLE),
        (u.CLASS_SHMEM, u.STATE_SHMEM, u.MIGRATE_MOVABLE),
        (u.CLASS_SLAB, u.STATE_SLAB, u.MIGRATE_UNMOVABLE),
        (u.CLASS_PGTABLE, u.STATE_PGTABLE, u.MIGRATE_UNMOVABLE),
        (u.CLASS_KERNEL, u.STATE_KERNEL, u.MIGRATE_UNMOVABLE),
        (u.CLASS_RECLAIMABLE, u.STATE_SLAB, u.MIGRATE_RECLAIMABLE),
    ],
)
def test_each_class_has_its_state_and_migratetype(kind: int, state: int, migratetype: int) -> None:
    guest = copy_guest(base())
    run(guest, (u.OP_ALLOC, HANDLE, 0, kind))
    pfn = int(guest.pages[HANDLE]["where"])
    assert guest.pages[pfn]["state"] == state
    assert guest.pages[pfn]["handle"] == HANDLE
    assert bool(guest.pages[pfn]["flags"] & u.PG_LRU) == (migratetype == u.MIGRATE_MOVABLE)
    assert workload_ops.class_of(kind) == (state, migratetype)
    run(guest, (u.OP_FREE, HANDLE, 0, 0))
    assert guest.pages[HANDLE]["where"] == u.PFN_NONE
    assert guest.pages[pfn]["handle"] == u.HANDLE_NONE


def test_reading_makes_clean_page_cache() -> None:
    guest = copy_guest(base())
    run(guest, (u.OP_READ, HANDLE, 3, u.CLASS_SLAB))
    page = guest.pages[int(guest.pages[HANDLE]["where"])]
    assert (page["state"], page["order"]) == (u.STATE_FILE, 0)
    assert not page["flags"] & (u.PG_DIRTY | u.PG_ACTIVE)


def test_higher_orders_are_one_object() -> None:
    guest = copy_guest(base())
    run(guest, (u.OP_ALLOC, HANDLE, 2, u.CLASS_KERNEL))
    pfn = int(guest.pages[HANDLE]["where"])
    assert pfn % 4 == 0
    assert (guest.pages["state"][pfn : pfn + 4] == u.STATE_KERNEL).all()
    run(guest, (u.OP_FREE, HANDLE, 0, 0), (u.OP_FREE, HANDLE, 0, 0))
    assert guest.pages[pfn]["state"] != u.STATE_KERNEL


def test_user_memory_of_2_mib_is_a_huge_page_or_a_fallback() -> None:
    guest = copy_guest(base("roomy"))
    before = int(guest.vm[0]["thp_fault_alloc"])
    run(guest, (u.OP_ALLOC, HANDLE, 9, u.CLASS_ANON))
    assert guest.vm[0]["thp_fault_alloc"] == before + 1
    assert guest.pages[int(guest.pages[HANDLE]["where"])]["state"] == u.STATE_THP


def test_a_refusal_ends_the_allocations_of_the_tick_but_not_the_frees() -> None:
    guest = copy_guest(base())
    run(guest, (u.OP_ALLOC, HANDLE, 0, u.CLASS_ANON))
    failed = int(guest.vm[0]["workload_failed"])
    for mark in ("wmark_min", "wmark_low", "wmark_high"):
        guest.zones[mark] = NR_PAGES
    guest.vm[0]["kswapd_failures"] = 100
    alloc = [(u.OP_ALLOC, HANDLE + i, 0, u.CLASS_SLAB) for i in (1, 2, 3)]
    workload_ops.run_ops(guest, rows(*alloc, (u.OP_FREE, HANDLE, 0, 0)), 4)
    assert guest.vm[0]["workload_failed"] == failed + 3
    assert guest.pages[HANDLE]["where"] == u.PFN_NONE


def test_a_handle_in_use_is_left_alone() -> None:
    guest = copy_guest(base())
    run(guest, (u.OP_ALLOC, HANDLE, 0, u.CLASS_ANON))
    pfn = int(guest.pages[HANDLE]["where"])
    run(guest, (u.OP_ALLOC, HANDLE, 0, u.CLASS_SLAB))
    assert int(guest.pages[HANDLE]["where"]) == pfn
