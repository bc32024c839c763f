"""The pages of a pageblock: what is told of each is what the guest holds, and looking is free."""

from __future__ import annotations

import numpy as np

from engine import units as u
from engine.pages import PAGE_FIELDS, Mobility, mobility, pages_of, refcount
from engine.snapshot import digest
from engine.trace.state import page_now
from tests.engine.small_guest import all_free, put, settle

NAMES = tuple(name for name, _ in PAGE_FIELDS)


def test_every_field_of_every_page_is_the_guests_own_and_nothing_changes() -> None:
    guest = all_free(4)
    put(guest, [512, 515], u.STATE_BALLOON, u.PG_MOVABLE_OPS)
    put(guest, [520], u.STATE_ANON, u.PG_PINNED)
    put(guest, [1024], u.STATE_THP, u.PG_MAPPED, order=9)
    settle(guest)
    before = digest(guest)
    found = pages_of(guest, (2, 1), NAMES)
    assert digest(guest) == before
    assert {name: found[name].dtype.str[-2:] for name in NAMES} == {
        name: np.dtype(dtype).str[-2:] for name, dtype in PAGE_FIELDS
    }
    for i, pfn in enumerate([*range(1024, 1536), *range(512, 1024)]):
        page = guest.pages[pfn]
        assert [found[name][i] for name in NAMES[:3]] == [page[name] for name in NAMES[:3]]
    assert found["refcount"][512 + 8] == 2
    assert found["mobility"][512 + 8] == Mobility.PINNED
    assert found["mobility"][512] == Mobility.HOOK
    assert found["refcount"][:2].tolist() == [1, 0], "a huge page is counted on its first page"


def test_count_and_mobility_agree_with_the_laws_for_every_state_and_flag() -> None:
    guest = all_free(4)
    flags = (0, u.PG_PINNED, u.PG_MAPPED | u.PG_ISOLATED | u.PG_LRU, u.PG_MOVABLE_OPS | u.PG_DIRTY)
    cases = [(state, flag) for state in range(u.NR_STATES) for flag in flags]
    for pfn, (state, flag) in enumerate(cases):
        guest.pages[pfn]["state"], guest.pages[pfn]["flags"] = state, flag
        guest.pages[pfn]["order"] = 0
    found = pages_of(guest, (0,), ("refcount", "mobility"))
    for pfn, (state, flag) in enumerate(cases):
        assert found["refcount"][pfn] == refcount(state, flag)
        assert found["refcount"][pfn] == page_now(guest, pfn, locked=False)["refcount"]
        assert found["mobility"][pfn] == mobility(state, flag)
