"""validate() finds each kind of damage; a check that cannot fail checks nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine import units as u
from engine.core.memory.alloc import free_pages
from engine.core.memory.freelist import free_list, list_add, list_del
from engine.core.memory.lru import lru_del
from engine.core.memory.page import set_state
from engine.core.observe.check import CheckCode, explain_check, validate
from engine.guest import Guest
from tests.engine.small_guest import BLOCK, all_free, list_of, put, settle


def busy_guest() -> Guest:
    """Something of every kind, on every kind of list."""
    guest = all_free(6)
    guest.zones[0]["pcp_high"], guest.zones[0]["pcp_batch"] = 252, 63
    put(guest, range(0, 100, 2))
    put(guest, range(100, 120), u.STATE_FILE, u.PG_ACTIVE)
    put(guest, [300, 301], u.STATE_BALLOON)
    put(guest, [320], u.STATE_KERNEL, order=4)
    put(guest, [BLOCK], u.STATE_THP, order=9)
    put(guest, [5 * BLOCK], u.STATE_RESERVED, order=9)
    guest.blocks["flags"][5] |= u.PB_RESERVED
    settle(guest)
    guest.pages[0]["handle"], guest.pages[900]["where"] = 900, 0
    for pfn in (110, 111):
        free_pages(guest, pfn, 0)
    set_state(guest, 302, 0, u.STATE_BALLOON, u.PG_DEDICATED)
    list_del(guest, free_list(0, 1, u.MIGRATE_MOVABLE), 302)
    list_add(guest, u.LIST_BALLOON_DEDICATED, 302)
    set_state(guest, 303, 0, u.STATE_ISOLATED_FREE, 0)
    list_add(guest, u.LIST_FREEPAGES + u.CC_MEMORY * u.NR_PAGE_ORDERS, 303)
    guest.zones[0]["nr_free"] -= 2
    lru_del(guest, 2)
    guest.pages[2]["flags"] |= u.PG_ISOLATED
    list_add(guest, u.LIST_MIGRATEPAGES + u.CC_MEMORY, 2)
    return guest


def pages(guest: Guest, pfn: int, **fields: int) -> None:
    for name, value in fields.items():
        guest.pages[pfn][name] = value


def lose_last_block(guest: Guest) -> None:
    """Let the zone end one pageblock early, with memory in use behind it."""
    set_state(guest, 5 * BLOCK, 9, u.STATE_KERNEL, 0)
    guest.blocks["flags"][5] = 0
    guest.zones[0]["end_pfn"] = 5 * BLOCK


FREE9 = free_list(0, 10, u.MIGRATE_MOVABLE)
DAMAGE: list[tuple[CheckCode, Callable[[Guest], object]]] = [
    (CheckCode.LIST_LINKS, lambda g: pages(g, 300, prev=7)),
    (CheckCode.LIST_LINKS, lambda g: pages(g, 300, next=len(g.pages))),
    (CheckCode.LIST_LINKS, lambda g: g.lists[u.LIST_BALLOON].__setitem__("last", 301)),
    (CheckCode.LIST_COUNT, lambda g: g.lists[u.LIST_BALLOON].__setitem__("nr", 3)),
    (CheckCode.LIST_TWICE, lambda g: g.lists.__setitem__(u.LIST_HUGE, g.lists[u.LIST_BALLOON])),
    (CheckCode.FREE_BLOCK_LIST, lambda g: g.blocks["migratetype"].__setitem__(3, 0)),
    (CheckCode.FREE_BLOCK_LIST, lambda g: pages(g, 2 * BLOCK, order=9)),
    (CheckCode.FREE_BLOCK_ALIGN, lambda g: pages(g, 2 * BLOCK, order=11)),
    (CheckCode.FREE_BLOCK_PAGES, lambda g: pages(g, 2 * BLOCK + 5, state=u.STATE_ANON)),
    (CheckCode.FREE_PAGE_LOOSE, lambda g: pages(g, 325, state=u.STATE_FREE)),
    (CheckCode.PAGE_OFF_LIST, lambda g: pages(g, 104, flags=u.PG_LRU)),
    (CheckCode.PAGE_OFF_LIST, lambda g: list_del(g, u.LIST_FREEPAGES, 303)),
    (CheckCode.PAGE_ORDER, lambda g: list_add(g, u.LIST_HUGE, 320)),
    (CheckCode.PAGE_ORDER, lambda g: list_add(g, u.LIST_HUGE, 321)),
    (CheckCode.PAGE_ORDER, lambda g: pages(g, 110, order=1)),
    (CheckCode.ISOLATED, lambda g: pages(g, 2, flags=0)),
    (CheckCode.ISOLATED, lambda g: pages(g, 320, flags=u.PG_ISOLATED)),
    (CheckCode.BALLOON, lambda g: list_del(g, u.LIST_BALLOON, 300)),
    (CheckCode.BALLOON, lambda g: pages(g, 302, flags=0)),
    (CheckCode.HANDLE, lambda g: pages(g, 900, where=4)),
    (CheckCode.HANDLE, lambda g: pages(g, 0, handle=901)),
    (CheckCode.BLOCK_COUNTERS, lambda g: g.blocks["nr_balloon"].__setitem__(2, 1)),
    (CheckCode.BLOCK_COUNTERS, lambda g: pages(g, 104, flags=u.PG_LRU | 128 | 2)),
    (CheckCode.BLOCK_RESERVED, lambda g: g.blocks["flags"].__setitem__(0, u.PB_RESERVED)),
    (CheckCode.ZONE_FREE, lambda g: g.zones["nr_free"].__setitem__(0, 1)),
    (CheckCode.ZONE_FREE, lambda g: g.zones["nr_free_cma"].__setitem__(0, 1)),
    (CheckCode.ZONE_PCP, lambda g: g.zones["pcp_count"].__setitem__(0, 0)),
    (CheckCode.ZONE_LRU, lambda g: g.zones["nr_zone_active_file"].__setitem__(0, 0)),
    (CheckCode.ZONE_LRU, lambda g: g.zones["nr_zone_inactive_anon"].__setitem__(0, 0)),
    (CheckCode.OUTSIDE_ZONES, lose_last_block),
]


def test_a_busy_guest_is_clean() -> None:
    guest = busy_guest()
    assert explain_check(*validate(guest)) == "the guest is clean"
    assert list_of(guest, FREE9) == [2 * BLOCK]


@pytest.mark.parametrize(("code", "damage"), DAMAGE)
def test_every_kind_of_damage_is_found(code: CheckCode, damage: Callable[[Guest], object]) -> None:
    guest = busy_guest()
    damage(guest)
    found, where = validate(guest)
    assert found == code, explain_check(found, where)


def test_unmerged_buddies_are_found() -> None:
    guest = settle(all_free(2))
    guest.pages["order"][[0, BLOCK]] = 9
    for array in (guest.lists["first"], guest.lists["last"]):
        array[...] = u.PFN_NONE
    guest.lists["nr"] = 0
    list_add(guest, free_list(0, 9, u.MIGRATE_MOVABLE), 0)
    list_add(guest, free_list(0, 9, u.MIGRATE_MOVABLE), BLOCK)
    assert validate(guest) == (CheckCode.FREE_BLOCK_UNMERGED, 0)
    guest.blocks["migratetype"] = (u.MIGRATE_CMA, u.MIGRATE_MOVABLE)
    assert validate(guest)[0] == CheckCode.FREE_BLOCK_LIST


def test_every_code_has_a_damage_that_triggers_it() -> None:
    tried = {code for code, _ in DAMAGE} | {CheckCode.CLEAN, CheckCode.FREE_BLOCK_UNMERGED}
    assert tried == set(CheckCode)
