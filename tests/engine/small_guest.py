"""Small guests for the tests of the core: one zone, every page placed by hand."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from engine import units as u
from engine.core.memory.buddy import link_free_lists
from engine.core.memory.freelist import free_list, list_add
from engine.core.memory.lru import lru_add
from engine.core.memory.page import set_state
from engine.core.observe import check
from engine.core.slowpath import daemons
from engine.guest import Guest, ZoneSpan, make_guest

BLOCK = u.PAGEBLOCK_NR_PAGES
LRU_STATES = (u.STATE_ANON, u.STATE_FILE, u.STATE_SHMEM, u.STATE_THP)


def all_free(nr_blocks: int, start_block: int = 0, name: int = u.ZONE_NORMAL) -> Guest:
    """A guest of one zone whose pages are free and on no list yet: see settle.

    Args:
        nr_blocks: pageblocks of the zone.
        start_block: first of them.
        name: units.ZONE_*.
    """
    span = ZoneSpan(name, start_block * BLOCK, (start_block + nr_blocks) * BLOCK)
    guest = make_guest((span,), 1)
    pages = slice(span.start_pfn, span.end_pfn)
    blocks = slice(start_block, start_block + nr_blocks)
    guest.pages["state"][pages] = u.STATE_FREE
    guest.pages["order"][pages] = u.ORDER_TAIL
    guest.blocks["nr_reserved"][blocks] = 0
    guest.blocks["nr_free"][blocks] = BLOCK
    guest.blocks["flags"][blocks] = u.PB_STALE
    zone = guest.zones[0]
    zone["present"] = zone["managed"] = nr_blocks * BLOCK
    zone["wmark_min"], zone["wmark_low"], zone["wmark_high"] = 16, 20, 24
    return guest


def put(
    guest: Guest, pfns: Iterable[int], state: int = u.STATE_ANON, flags: int = 0, order: int = 0
) -> None:
    """Let pages be in use, on the list where their kind is at home."""
    for pfn in pfns:
        set_state(guest, pfn, order, state, flags)
        if state in LRU_STATES:
            lru_add(guest, pfn)
        elif state == u.STATE_BALLOON:
            list_add(guest, u.LIST_BALLOON, pfn)


def settle(guest: Guest) -> Guest:
    """Make free blocks of what is free, as large as alignment allows; link them, lowest first."""
    state, order = guest.pages["state"], guest.pages["order"]
    for zone in guest.zones:
        pfn, end = int(zone["start_pfn"]), int(zone["end_pfn"])
        while pfn < end:
            if state[pfn] != u.STATE_FREE:
                pfn += 1
                continue
            size = u.MAX_PAGE_ORDER
            while (
                pfn % (1 << size)
                or pfn + (1 << size) > end
                or not np.all(state[pfn : pfn + (1 << size)] == u.STATE_FREE)
            ):
                size -= 1
            order[pfn] = size
            pfn += 1 << size
    link_free_lists(guest, 0)
    return guest


def two_zones(
    upper: int = u.ZONE_NORMAL, used: Iterable[int] = (), state: int = u.STATE_SLAB
) -> Guest:
    """Two zones of four pageblocks each, free but for the pages in ``used``.

    Args:
        upper: name of the upper zone, from pfn 2048 on.
        used: pfns, the oldest first.
        state: of those pages.
    """
    guest = make_guest((ZoneSpan(u.ZONE_DMA32, 0, 2048), ZoneSpan(upper, 2048, 4096)), 1)
    guest.pages["state"], guest.pages["order"] = u.STATE_FREE, u.ORDER_TAIL
    guest.blocks["nr_free"], guest.blocks["nr_reserved"] = BLOCK, 0
    guest.blocks["flags"] = u.PB_STALE
    guest.zones["present"] = guest.zones["managed"] = 2048
    guest.zones["wmark_min"], guest.zones["wmark_low"], guest.zones["wmark_high"] = 100, 200, 300
    put(guest, used, state)
    return settle(guest)


def on_two_nodes(nr_blocks: int, every_second: bool = False, cache: bool = False) -> Guest:
    """Two nodes with a zone each, free but for what is asked for.

    Args:
        nr_blocks: pageblocks of each, even.
        every_second: every second page is anonymous memory.
        cache: the first pageblock of each is page cache.
    """
    half = nr_blocks * BLOCK
    lower = ZoneSpan(u.ZONE_DMA32, 0, half, 0)
    guest = make_guest((lower, ZoneSpan(u.ZONE_NORMAL, half, 2 * half, 3)), 1)
    guest.pages["state"], guest.pages["order"] = u.STATE_FREE, u.ORDER_TAIL
    guest.blocks["nr_free"], guest.blocks["nr_reserved"] = BLOCK, 0
    guest.blocks["flags"] = u.PB_STALE
    guest.zones["present"] = guest.zones["managed"] = half
    guest.zones["wmark_min"], guest.zones["wmark_low"], guest.zones["wmark_high"] = 16, 20, 24
    if every_second:
        put(guest, every(2, 0, 2 * half))
    if cache:
        put(guest, [*range(BLOCK), *range(half, half + BLOCK)], u.STATE_FILE)
    return settle(guest)


def every(nr: int, start: int, end: int) -> range:
    """Every nr-th pfn of a range."""
    return range(start, end, nr)


def nr_free(guest: Guest, order: int, mt: int = u.MIGRATE_MOVABLE) -> int:
    """Free blocks of one order and migratetype in the first zone."""
    return int(guest.lists[free_list(0, order, mt)]["nr"])


def pfns_of(guest: Guest, state: int) -> list[int]:
    """Pfns of all pages in a state, ascending."""
    return [int(p) for p in np.flatnonzero(guest.pages["state"] == state)]


def list_of(guest: Guest, list_id: int) -> list[int]:
    """Pfns of a list from head to tail; fails on a wrong back link or count."""
    found: list[int] = []
    before, pfn = u.PFN_NONE, int(guest.lists[list_id]["first"])
    while pfn != u.PFN_NONE:
        assert guest.pages[pfn]["prev"] == before
        found.append(pfn)
        before, pfn = pfn, int(guest.pages[pfn]["next"])
    assert guest.lists[list_id]["last"] == before
    assert guest.lists[list_id]["nr"] == len(found)
    return found


def vm(guest: Guest, *names: str) -> tuple[int, ...]:
    """Counters by name."""
    return tuple(int(guest.vm[0][name]) for name in names)


def copy_of(guest: Guest) -> Guest:
    """An independent copy."""
    return Guest(*(array.copy() for array in guest))


def same(one: Guest, other: Guest) -> bool:
    """Whether two guests are equal to the last byte."""
    return all(a.tobytes() == b.tobytes() for a, b in zip(one, other, strict=True))


def half_full() -> Guest:
    """512 free pages, none of order 1 or more."""
    guest = all_free(2)
    put(guest, every(2, 0, 2 * BLOCK))
    return settle(guest)


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
    """Whether every invariant of the guest holds; fails with the one that does not."""
    code, pfn = check.validate(guest)
    assert code == 0, check.explain_check(code, pfn)
    return True
