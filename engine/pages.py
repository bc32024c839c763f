"""The pages of a few pageblocks, as far as the engine knows them; only read.

For looking closer than the planes of engine/view.py. One array per field, pageblock by pageblock,
page by page. The engine keeps neither reference counts nor struct page: what is derived from state
and flags says so.
"""

from collections.abc import Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from engine import units as u
from engine.guest import Guest

# Fields of a page, in wire order: name and dtype.
PAGE_FIELDS: tuple[tuple[str, str], ...] = (
    ("state", "u1"),  # units.STATE_*
    # order of the free block or compound page on its first page, ORDER_TAIL on the rest
    ("order", "u1"),
    ("flags", "<u2"),  # units.PG_*
    ("refcount", "u1"),  # derived: refcount() below; 0 on the rest of a compound page
    ("mobility", "u1"),  # derived: Mobility
)

_FREE = (u.STATE_HOLE, u.STATE_FREE, u.STATE_PCP)
_LRU = (u.STATE_ANON, u.STATE_FILE, u.STATE_SHMEM, u.STATE_THP)
_CACHED = (u.STATE_FILE, u.STATE_SHMEM)
# Flags that a reference count or mobility depends on.
_TOLD = (u.PG_ISOLATED, u.PG_PINNED, u.PG_MAPPED, u.PG_MOVABLE_OPS)


class Mobility(IntEnum):
    """What may move a page now."""

    FREE = 0  # nothing to move
    LRU = 1  # compaction, by the ordinary LRU path
    HOOK = 2  # compaction, through the hook for balloon pages
    BALLOON = 3  # not compaction: nothing but the balloon's own work, if its design has any
    PINNED = 4  # nothing, while somebody holds a reference to it
    KERNEL = 5  # nothing
    HUGETLB = 6  # not compaction; offlining and contiguous allocation replace it
    RESERVED = 7  # never handed out, or no memory at all
    TARGET = 8  # free page that a compactor holds as a target


def mappings(state: int, flags: int) -> int:
    """References held by page tables.

    Args:
        state: units.STATE_*.
        flags: units.PG_*.
    """
    if state in (u.STATE_ANON, u.STATE_THP):
        return 1
    return 1 if state in _CACHED and flags & u.PG_MAPPED else 0


def refcount(state: int, flags: int, unmapped: bool = False) -> int:
    """How many references a page has, by the rules of the kernel (docs/TRACE.md).

    Args:
        state: units.STATE_*.
        flags: units.PG_*.
        unmapped: its mappings have been replaced by migration entries.
    """
    if state in _FREE:
        return 0
    if state not in _LRU and state != u.STATE_BALLOON:
        return 1  # its only owner's; a fresh target has the compactor's
    own = 1 if state == u.STATE_BALLOON or state in _CACHED else 0
    maps = 0 if unmapped else mappings(state, flags)
    extra = 1 if flags & u.PG_PINNED else 0
    return own + maps + extra + (1 if flags & u.PG_ISOLATED else 0)


def mobility(state: int, flags: int) -> Mobility:
    """What may move a page, by its state and flags.

    Args:
        state: units.STATE_*.
        flags: units.PG_*.
    """
    if state in (u.STATE_HOLE, u.STATE_RESERVED):
        return Mobility.RESERVED
    if state in (u.STATE_FREE, u.STATE_PCP):
        return Mobility.FREE
    if state == u.STATE_ISOLATED_FREE:
        return Mobility.TARGET
    if state == u.STATE_BALLOON:
        return Mobility.HOOK if flags & u.PG_MOVABLE_OPS else Mobility.BALLOON
    if state in _LRU:
        return Mobility.PINNED if flags & u.PG_PINNED else Mobility.LRU
    return Mobility.HUGETLB if state == u.STATE_HUGE else Mobility.KERNEL


def _tables() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Reference count and mobility by state << len(_TOLD) | one bit for each of _TOLD."""
    counts, moves = [], []
    for state in range(u.NR_STATES):
        for bits in range(1 << len(_TOLD)):
            flags = sum(flag for i, flag in enumerate(_TOLD) if bits >> i & 1)
            counts.append(refcount(state, flags))
            moves.append(mobility(state, flags))
    return np.array(counts, np.uint8), np.array(moves, np.uint8)


_REFCOUNTS, _MOBILITIES = _tables()


def pages_of(
    guest: Guest, pageblocks: Sequence[int], fields: Sequence[str]
) -> dict[str, NDArray[np.generic]]:
    """Fields of all pages of some pageblocks.

    Args:
        guest: only read.
        pageblocks: indices, each inside the guest.
        fields: names of PAGE_FIELDS.

    Returns:
        Field → array[len(pageblocks) * 512] of the dtype in PAGE_FIELDS, copies.
    """
    pages = guest.pages.reshape(-1, u.PAGEBLOCK_NR_PAGES)[list(pageblocks)].ravel()
    state = pages["state"]
    law = state.astype(np.int64) << len(_TOLD)
    for i, flag in enumerate(_TOLD):
        law |= ((pages["flags"] & flag) != 0).astype(np.int64) << i
    found: dict[str, NDArray[np.generic]] = {}
    for name in fields:
        if name == "refcount":
            tail = (pages["order"] == u.ORDER_TAIL) & (state != u.STATE_ISOLATED_FREE)
            found[name] = np.where(tail, np.uint8(0), _REFCOUNTS[law])
        elif name == "mobility":
            found[name] = _MOBILITIES[law]
        else:
            found[name] = np.ascontiguousarray(pages[name])
    return found
