"""Reference counts follow from flags by the kernel's rules, and agree with what the core does."""

from __future__ import annotations

import pytest

from engine import units as u
from engine.core.compact.migrate import EAGAIN, migrate_folio_move
from engine.core.compact.migrate_2012 import is_movable_now
from engine.trace.state import expected_refcount, page_now, place, refcount
from tests.engine.small_guest import all_free, put, settle

PINNED, ISOLATED, MAPPED = u.PG_PINNED, u.PG_ISOLATED, u.PG_MAPPED


@pytest.mark.parametrize(
    ("state", "flags", "count"),
    [
        (u.STATE_FREE, 0, 0),
        (u.STATE_PCP, 0, 0),
        (u.STATE_ISOLATED_FREE, 0, 1),
        (u.STATE_SLAB, 0, 1),
        (u.STATE_BALLOON, 0, 1),
        (u.STATE_BALLOON, ISOLATED, 2),
        (u.STATE_ANON, 0, 1),
        (u.STATE_ANON, ISOLATED | PINNED, 3),
        (u.STATE_FILE, 0, 1),
        (u.STATE_FILE, MAPPED, 2),
        (u.STATE_SHMEM, MAPPED | ISOLATED, 3),
    ],
)
def test_reference_counts_follow_from_flags(state: int, flags: int, count: int) -> None:
    assert refcount(state, flags) == count


def test_unmapping_takes_the_page_tables_references() -> None:
    assert refcount(u.STATE_ANON, ISOLATED, unmapped=True) == 1
    assert refcount(u.STATE_FILE, ISOLATED | MAPPED, unmapped=True) == 2
    assert refcount(u.STATE_BALLOON, ISOLATED, unmapped=True) == 2


@pytest.mark.parametrize("state", [u.STATE_ANON, u.STATE_FILE, u.STATE_SHMEM, u.STATE_BALLOON])
@pytest.mark.parametrize("extra", [0, PINNED])
@pytest.mark.parametrize("mapped", [0, MAPPED])
def test_the_core_moves_a_page_exactly_when_the_count_is_the_expected_one(
    state: int, extra: int, mapped: int
) -> None:
    guest = settle(all_free(2, 1))
    put(guest, [600], state, extra | mapped)
    page = guest.pages[600]
    page["flags"] = int(page["flags"]) | ISOLATED
    flags = int(page["flags"])
    counts_agree = refcount(state, flags, True) == expected_refcount(state, flags, True)
    assert (is_movable_now(guest, u.CC_MEMORY, 600, False) == 0) == counts_agree
    if not counts_agree:
        assert migrate_folio_move(guest, 600, 700) == EAGAIN


def test_every_list_has_a_name() -> None:
    guest = all_free(2, 1)
    put(guest, [600])
    put(guest, [601], u.STATE_FILE, u.PG_ACTIVE)
    put(guest, [602], u.STATE_ANON, u.PG_UNEVICTABLE)
    put(guest, [603], u.STATE_BALLOON)
    put(guest, [604], u.STATE_SLAB)
    settle(guest)
    assert [place(guest, pfn) for pfn in range(600, 605)] == [
        "inactive anon LRU", "active file LRU", "unevictable LRU", "balloon list", "no list"
    ]  # fmt: skip
    assert place(guest, 700) == "free list"
    assert page_now(guest, 600, False, held=True)["refcount"] == 2
    assert page_now(guest, 603, True) == {
        "refcount": 1, "locked": True, "isolated": False, "on": "balloon list"
    }  # fmt: skip
