"""What happens to pages, written down one by one for those who watch; never read by the simulation.

The record lies behind the laws in Guest.vm: no digest covers it, copies begin without it, and while
nobody watches nothing is written. It is bounded: where a kind has more events than room, every
2nd, 4th, 8th… of them is kept, counted from the first, so that the sample is spread evenly and the
same on every machine. The record begins anew when engine/events.py takes it.
"""

import numpy as np

from engine import units as u
from engine.core import core_inline, core_jit

# Rows of Guest.vm.events: one head for each kind, then the room for the events of each.
# A head: events kept, events in all, pages in all, and that of how many one is kept.
_KEPT, _TOTAL, _PAGES, _EVERY = 0, 1, 2, 3
# An event: its number among all events since the record began; what | state << 8 | order << 16;
# two pfns, -1 = none.
_AT, _WHAT, _FROM, _TO = 0, 1, 2, 3

OF_MOVES, OF_BALLOON, OF_PLACES = 0, 1, 2
_NR_KINDS = u.NR_EVENT_KINDS
_ROOM = u.EVENT_ROOM
_LIMIT = 1 << 30  # nobody has looked for a day: no more is written down


@core_inline
def is_watched(guest):
    """Whether anybody watches.

    Args:
        guest: Guest.
    Returns:
        bool.
    Source:
        not of the kernel.
    """
    return guest.vm[0]["watched"] == 1


@core_jit
def note_event(guest, kind, what, pfn, to):
    """Write an event down, if there is room, or make room by keeping every other one.

    Args:
        guest: Guest, watched. Writes vm.events.
        kind: int64, OF_*.
        what: int64, EVENT_* | state << 8 | order << 16.
        pfn: int64, page that it is about.
        to: int64, a second page, -1 = none.
    Source:
        not of the kernel.
    """
    rows = guest.vm[0]["events"]
    total = np.int64(rows[kind, _TOTAL])
    if total >= _LIMIT:
        return
    at = np.int64(0)
    for each in range(_NR_KINDS):
        at += rows[each, _TOTAL]
    rows[kind, _TOTAL] = total + 1
    rows[kind, _PAGES] = min(rows[kind, _PAGES] + (np.int64(1) << (what >> 16)), _LIMIT)
    every = max(np.int64(rows[kind, _EVERY]), 1)
    rows[kind, _EVERY] = every
    if total % every:
        return
    first = _NR_KINDS + kind * _ROOM
    kept = np.int64(rows[kind, _KEPT])
    if kept == _ROOM:
        kept = _ROOM // 2
        for i in range(kept):
            for column in range(4):
                rows[first + i, column] = rows[first + 2 * i, column]
        every *= 2
        rows[kind, _EVERY] = every
        rows[kind, _KEPT] = kept
        if total % every:
            return
    row = first + kept
    rows[row, _AT] = at
    rows[row, _WHAT] = what
    rows[row, _FROM] = pfn
    rows[row, _TO] = to
    rows[kind, _KEPT] = kept + 1


@core_inline
def note_move(guest, src, dst):
    """A page is about to become what another was.

    Args:
        guest: Guest. Writes vm.events.
        src: int64, first page of what moves, in its state.
        dst: int64, where to.
    Source:
        not of the kernel.
    """
    if is_watched(guest):
        page = guest.pages[src]
        what = u.EVENT_MOVED | np.int64(page["state"]) << 8 | np.int64(page["order"]) << 16
        note_event(guest, OF_MOVES, what, src, dst)


@core_inline
def note_balloon(guest, what, pfn, order):
    """The balloon has taken pages, or is about to give some back.

    Args:
        guest: Guest. Writes vm.events.
        what: int64, EVENT_TAKEN or EVENT_GIVEN.
        pfn: int64, first page.
        order: int64, 2**order pages.
    Source:
        not of the kernel.
    """
    if is_watched(guest):
        note_event(guest, OF_BALLOON, what | u.STATE_BALLOON << 8 | order << 16, pfn, -1)


@core_inline
def note_free_block(guest, what, pfn, order):
    """A free block of a pageblock or more was put on a free list, or taken off one.

    Args:
        guest: Guest. Writes vm.events.
        what: int64, EVENT_FREE or EVENT_USED.
        pfn: int64, first page.
        order: int64; below PAGEBLOCK_ORDER nothing is noted.
    Source:
        not of the kernel.
    """
    if order >= u.PAGEBLOCK_ORDER and is_watched(guest):
        note_event(guest, OF_PLACES, what | u.STATE_FREE << 8 | order << 16, pfn, -1)


@core_inline
def note_scanners(guest, cc, what):
    """Where both scanners of a compactor are.

    Args:
        guest: Guest. Writes vm.events.
        cc: int64, CC_*.
        what: int64, EVENT_SCANNED or EVENT_MET.
    Source:
        not of the kernel.
    """
    if is_watched(guest):
        c = guest.cc[cc]
        migrate_pfn = np.int64(c["migrate_pfn"])
        note_event(guest, OF_PLACES, what | cc << 8, migrate_pfn, np.int64(c["free_pfn"]))
