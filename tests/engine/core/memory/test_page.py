"""Page states and the pageblock counters that follow from them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import units as u
from engine.core.memory import page
from engine.guest import Guest
from tests.engine.small_guest import BLOCK, all_free

FIELDS = ("nr_free", "nr_movable", "nr_balloon", "nr_unmovable", "nr_pcp", "nr_reserved")
PLACE = {
    u.STATE_HOLE: "nr_reserved",
    u.STATE_RESERVED: "nr_reserved",
    u.STATE_FREE: "nr_free",
    u.STATE_PCP: "nr_pcp",
    u.STATE_ISOLATED_FREE: "nr_unmovable",
    u.STATE_ANON: "nr_movable",
    u.STATE_FILE: "nr_movable",
    u.STATE_SHMEM: "nr_movable",
    u.STATE_BALLOON: "nr_balloon",
    u.STATE_SLAB: "nr_unmovable",
    u.STATE_PGTABLE: "nr_unmovable",
    u.STATE_KERNEL: "nr_unmovable",
    u.STATE_UNKNOWN: "nr_unmovable",
    u.STATE_HUGE: "nr_unmovable",
    u.STATE_THP: "nr_movable",
    u.STATE_HWPOISON: "nr_unmovable",
}


def counters(guest: Guest, block: int = 0) -> dict[str, int]:
    """Counters of a pageblock that are not 0."""
    return {f: int(guest.blocks[block][f]) for f in FIELDS if guest.blocks[block][f]}


@pytest.mark.parametrize("state", range(u.NR_STATES))
def test_each_state_has_its_counter(state: int) -> None:
    guest = all_free(1)
    page.set_state(guest, 5, 0, state, 0)
    page.set_state(guest, 6, 0, state, 0)
    if state == u.STATE_FREE:
        assert counters(guest) == {"nr_free": BLOCK}
    else:
        assert counters(guest) == {"nr_free": BLOCK - 2, PLACE[state]: 2}


def test_a_pinned_page_is_not_movable() -> None:
    guest = all_free(1)
    page.set_state(guest, 0, 0, u.STATE_ANON, 0)
    page.set_flag(guest, 0, u.PG_PINNED | u.PG_ACTIVE)
    assert counters(guest) == {"nr_free": BLOCK - 1, "nr_unmovable": 1}
    page.clear_flag(guest, 0, u.PG_PINNED)
    assert counters(guest) == {"nr_free": BLOCK - 1, "nr_movable": 1}
    assert guest.pages[0]["flags"] == u.PG_ACTIVE
    page.set_flag(guest, 0, u.PG_DIRTY)
    page.clear_flag(guest, 0, u.PG_ACTIVE)
    assert guest.pages[0]["flags"] == u.PG_DIRTY


def test_compound_pages_have_their_order_on_the_first_page() -> None:
    guest = all_free(4)
    page.set_state(guest, 8, 3, u.STATE_SLAB, 0)
    assert guest.pages["order"][8:16].tolist() == [3, *[u.ORDER_TAIL] * 7]
    assert page.page_order(guest, 8) == 3
    assert page.page_order(guest, 9) == u.ORDER_TAIL
    page.set_state(guest, 2 * BLOCK, 10, u.STATE_KERNEL, 0)
    assert counters(guest, 2) == counters(guest, 3) == {"nr_unmovable": BLOCK}
    page.set_free(guest, 2 * BLOCK, 10)
    assert counters(guest, 2) == counters(guest, 3) == {"nr_free": BLOCK}
    assert set(guest.pages["order"][2 * BLOCK : 4 * BLOCK].tolist()) == {u.ORDER_TAIL}


def test_a_change_marks_its_pageblock() -> None:
    guest = all_free(2)
    guest.blocks["flags"] = u.PB_SKIP
    page.set_state(guest, BLOCK + 3, 0, u.STATE_ANON, 0)
    assert guest.blocks["flags"].tolist() == [u.PB_SKIP, u.PB_SKIP | u.PB_TOUCHED | u.PB_STALE]


CHANGE = st.tuples(
    st.integers(0, 2 * BLOCK - 1),
    st.integers(0, 10),
    st.sampled_from(sorted(PLACE)),
    st.sampled_from([0, u.PG_PINNED, u.PG_ACTIVE | u.PG_DIRTY]),
)


@given(st.lists(CHANGE, max_size=30))
def test_counters_add_up_whatever_happens(changes: list[tuple[int, int, int, int]]) -> None:
    guest = all_free(2)
    for pfn, order, state, flags in changes:
        page.set_state(guest, pfn & ~((1 << order) - 1), order, state, flags)
    for block in (0, 1):
        expected = dict.fromkeys(FIELDS, 0)
        for one in guest.pages[block * BLOCK : (block + 1) * BLOCK]:
            place = PLACE[int(one["state"])]
            if place == "nr_movable" and one["flags"] & u.PG_PINNED:
                place = "nr_unmovable"
            expected[place] += 1
        assert counters(guest, block) == {f: n for f, n in expected.items() if n}
