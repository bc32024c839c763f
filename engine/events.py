"""What happened to a guest's pages, one by one, since somebody looked last.

For those who watch: moves, pages that the balloon took and gave back, free blocks that came and
went, positions of the scanners, the place where they met. Nothing here is part of a guest's state:
watching changes no byte that a digest covers, and copies of a guest begin unwatched. The core
writes the record (engine/core/memory/events.py), bounded; more than fits is sampled evenly.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine import units as u
from engine.guest import Guest

EVENT_KINDS = ("moves", "balloon", "places")


@dataclass(frozen=True, eq=False)
class Happened:
    """Events of one kind, in order.

    Attributes:
        total: so many there were.
        pages: so many pages they were about.
        every: of so many, one is in ``rows``: the first, and every ``every``-th after it.
        rows: int32[n, 4], a row each: its number among all events of the guest since the record
            began; what it is (units.EVENT_*) | STATE_* << 8 (scanners: CC_*) | order << 16; two
            pfns. A move: from, to. Scanners: that for pages to move, that for free ones. Else: the
            first page, -1.
    """

    total: int
    pages: int
    every: int
    rows: NDArray[np.int32]


def watch(guest: Guest, on: bool) -> None:
    """Begin to write down what happens, or stop; nothing changes where that is so already."""
    if bool(guest.vm[0]["watched"]) != on:
        guest.vm[0]["watched"] = int(on)
        guest.vm[0]["events"] = 0


def take_events(guest: Guest) -> tuple[Happened, ...]:
    """What has happened since the last call, by EVENT_KINDS; the record begins anew."""
    rows = guest.vm["events"][0]
    found = []
    for kind in range(len(EVENT_KINDS)):
        kept, total, pages, every = (int(value) for value in rows[kind])
        first = len(EVENT_KINDS) + kind * u.EVENT_ROOM
        found.append(Happened(total, pages, max(every, 1), rows[first : first + kept].copy()))
    rows[: len(EVENT_KINDS)] = 0
    return tuple(found)
