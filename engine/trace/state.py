"""A page's state as a kernel would show it: reference count, lock, list.

The core keeps flags, not counts: only the running compactor could see the difference. The count is
derived from them by the rules of the kernel (engine/pages.py, docs/TRACE.md).
"""

from typing import Any

from engine import units as u
from engine.guest import Guest
from engine.pages import refcount

_WALK = 600  # no private list is longer than a pageblock and a cluster

LRU_NAMES = {
    u.LRU_INACTIVE_ANON: "inactive anon LRU",
    u.LRU_ACTIVE_ANON: "active anon LRU",
    u.LRU_INACTIVE_FILE: "inactive file LRU",
    u.LRU_ACTIVE_FILE: "active file LRU",
    u.LRU_UNEVICTABLE: "unevictable LRU",
}
_PRIVATE = {
    **{u.LIST_MIGRATEPAGES + cc: "cc->migratepages" for cc in range(u.NR_CC)},
    u.LIST_UNMAP: "unmapped, with a target",
    u.LIST_TARGETS: "targets of a batch",
    u.LIST_RET: "failed for good",
    u.LIST_SPLIT: "parts of a split page",
    u.LIST_RANGE: "pages of the range",
}


def expected_refcount(state: int, flags: int, unmapped: bool = False) -> int:
    """How many references the migration code finds if nobody else holds the page.

    Args:
        state: units.STATE_*.
        flags: units.PG_*.
        unmapped: as above.
    """
    return refcount(state, flags & ~u.PG_PINNED, unmapped)


def _private_list(guest: Guest, pfn: int) -> str:
    """The private list that an isolated page is on."""
    at = pfn
    for _ in range(_WALK):
        before = int(guest.pages[at]["prev"])
        if before == u.PFN_NONE:
            break
        at = before
    for number, name in _PRIVATE.items():
        if guest.lists[number]["first"] == at:
            return name
    return "no list"


def place(guest: Guest, pfn: int) -> str:
    """The list that a page is on, in words.

    Args:
        guest: only read.
        pfn: first page of the compound page or single page.
    """
    page = guest.pages[pfn]
    state, flags = int(page["state"]), int(page["flags"])
    if state == u.STATE_FREE:
        return "free list"
    if state == u.STATE_PCP:
        return "per-CPU list"
    if state == u.STATE_ISOLATED_FREE:
        return "cc->freepages"
    if flags & u.PG_ISOLATED:
        return _private_list(guest, pfn)
    if flags & u.PG_LRU:
        if flags & u.PG_UNEVICTABLE:
            return LRU_NAMES[u.LRU_UNEVICTABLE]
        lru = u.LRU_INACTIVE_FILE if state == u.STATE_FILE else u.LRU_INACTIVE_ANON
        return LRU_NAMES[lru + (1 if flags & u.PG_ACTIVE else 0)]
    if state == u.STATE_BALLOON:
        dedicated = flags & u.PG_DEDICATED
        return "balloon list (dedicated pageblocks)" if dedicated else "balloon list"
    return "no list"


def page_now(guest: Guest, pfn: int, locked: bool, held: bool = False) -> dict[str, Any]:
    """Reference count, lock, isolation and list of a page, for the trace.

    Args:
        guest: only read.
        pfn: first page of the compound page or single page.
        locked: whether the running compactor holds its lock, with its mappings replaced.
        held: whether it is just being isolated or put back: the flag has not changed yet, or has
            already, while the compactor holds its reference.
    """
    page = guest.pages[pfn]
    state, flags = int(page["state"]), int(page["flags"])
    counted = flags | u.PG_ISOLATED if held else flags
    return {
        "refcount": refcount(state, counted, unmapped=locked),
        "locked": locked or bool(flags & u.PG_LOCKED),
        "isolated": bool(flags & u.PG_ISOLATED),
        "on": place(guest, pfn),
    }
