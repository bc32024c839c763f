"""Linked lists of pages, against Python lists."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine import units as u
from engine.core.memory import freelist as f
from engine.guest import ZoneSpan, make_guest
from tests.engine.small_guest import list_of

LISTS = (u.LIST_BALLOON, u.LIST_HUGE)
SPANS = (ZoneSpan(u.ZONE_DMA, 0, 512), ZoneSpan(u.ZONE_NORMAL, 512, 1024))
STEP = st.tuples(
    st.sampled_from(["head", "tail", "del", "pop", "splice", "rotate"]),
    st.integers(0, 1),
    st.integers(0, 30),
)


@given(st.lists(STEP, max_size=60))
def test_lists_do_what_python_lists_do(steps: list[tuple[str, int, int]]) -> None:
    guest = make_guest(SPANS, 1)
    twins: list[list[int]] = [[], []]
    for verb, which, pfn in steps:
        mine, other = twins[which], twins[1 - which]
        if verb in ("head", "tail") and pfn not in mine + other:
            (f.list_add if verb == "head" else f.list_add_tail)(guest, LISTS[which], pfn)
            mine.insert(0 if verb == "head" else len(mine), pfn)
        elif verb == "del" and pfn in mine:
            f.list_del(guest, LISTS[which], pfn)
            mine.remove(pfn)
            assert guest.pages[pfn]["next"] == guest.pages[pfn]["prev"] == u.PFN_NONE
        elif verb == "pop":
            found = f.list_pop(guest, LISTS[which])
            assert found == (mine.pop(0) if mine else u.PFN_NONE)
        elif verb == "splice":
            f.list_splice_init(guest, LISTS[which], LISTS[1 - which])
            other[:0] = mine
            mine.clear()
        elif verb == "rotate" and pfn in mine:
            f.list_rotate_to_front(guest, LISTS[which], pfn)
            at = mine.index(pfn)
            mine[:] = mine[at:] + mine[:at]
        assert [list_of(guest, list_id) for list_id in LISTS] == twins


def test_every_list_has_an_id_of_its_own() -> None:
    guest = make_guest(SPANS, 1)
    ids = {
        f.free_list(zone, order, mt)
        for zone in (0, 1)
        for order in range(u.NR_PAGE_ORDERS)
        for mt in range(u.NR_MIGRATETYPES)
    } | {f.pcp_list(zone, i) for zone in (0, 1) for i in range(u.NR_PCP_LISTS)}
    ids |= {f.file_list(guest, 0, active) for active in (0, 1)}
    assert ids == set(range(u.LIST_ZONES, len(guest.lists)))


def test_file_pages_of_the_highest_zone_keep_the_lists_of_guests_with_one() -> None:
    guest = make_guest(SPANS, 1)
    ids = [f.file_list(guest, 1, active) for active in (0, 1)]
    assert ids == [u.LRU_INACTIVE_FILE, u.LRU_ACTIVE_FILE]
    guest.vm[0]["law_lru_by_zone"] = 0
    assert f.file_list(guest, 0, 1) == u.LRU_ACTIVE_FILE, "one list for all zones"


def test_pageblocks_know_zone_and_migratetype() -> None:
    guest = make_guest(SPANS, 1)
    guest.blocks["migratetype"] = (u.MIGRATE_UNMOVABLE, u.MIGRATE_CMA)
    assert [f.zone_of(guest, pfn) for pfn in (511, 512)] == [0, 1]
    found = [f.get_pageblock_migratetype(guest, pfn) for pfn in (0, 1023)]
    assert found == [u.MIGRATE_UNMOVABLE, u.MIGRATE_CMA]
