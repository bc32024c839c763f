"""LRU lists and their counters."""

from __future__ import annotations

import pytest

from engine import units as u
from engine.core.memory import lru
from engine.core.memory.page import set_state
from tests.engine.small_guest import all_free, list_of

CASES = [
    (u.STATE_ANON, 0, u.LRU_INACTIVE_ANON, "nr_zone_inactive_anon"),
    (u.STATE_ANON, u.PG_ACTIVE, u.LRU_ACTIVE_ANON, "nr_zone_active_anon"),
    (u.STATE_SHMEM, 0, u.LRU_INACTIVE_ANON, "nr_zone_inactive_anon"),
    (u.STATE_FILE, 0, u.LRU_INACTIVE_FILE, "nr_zone_inactive_file"),
    (u.STATE_FILE, u.PG_ACTIVE, u.LRU_ACTIVE_FILE, "nr_zone_active_file"),
    (u.STATE_FILE, u.PG_UNEVICTABLE | u.PG_ACTIVE, u.LRU_UNEVICTABLE, "nr_zone_unevictable"),
]


@pytest.mark.parametrize(("state", "flags", "list_id", "counter"), CASES)
def test_pages_go_where_they_belong(state: int, flags: int, list_id: int, counter: str) -> None:
    guest = all_free(1)
    for pfn in (3, 4, 5):
        set_state(guest, pfn, 0, state, flags)
    lru.lru_add(guest, 3)
    lru.lru_add(guest, 4)
    lru.lru_add_tail(guest, 5)
    assert list_of(guest, list_id) == [4, 3, 5]
    assert guest.zones[0][counter] == 3
    assert guest.pages["flags"][3:6].tolist() == [flags | u.PG_LRU] * 3
    lru.lru_del(guest, 3)
    assert list_of(guest, list_id) == [4, 5]
    assert guest.zones[0][counter] == 2
    assert guest.pages[3]["flags"] == flags


def test_a_huge_page_is_one_entry_of_many_pages() -> None:
    guest = all_free(1)
    set_state(guest, 0, 9, u.STATE_THP, 0)
    lru.lru_add(guest, 0)
    assert list_of(guest, u.LRU_INACTIVE_ANON) == [0]
    assert guest.zones[0]["nr_zone_inactive_anon"] == 512
    lru.lru_del(guest, 0)
    assert guest.zones[0]["nr_zone_inactive_anon"] == 0
