"""A page's story: since when it is what it is, where it was before, under which command; by replay.

Nothing of it is stored. A page that programs use has an owner's handle, which migration takes along
(engine/core/compact/migrate.py), so its way is known page by page. Other pages have no identity:
of a balloon page it is known whether it came by migration, not from where.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine import units as u
from engine.errors import RefusedError
from engine.guest import Guest
from engine.history.history import History

STRETCH = 128  # ticks that are gone through at a time, the newest first
STEPS_TOLD = 100  # of one story; the newest are told


@dataclass(frozen=True)
class Step:
    """Something that happened to a page.

    Attributes:
        tick: in which.
        what: ``allocated``, ``moved`` or ``arrived`` (moved, from a place that is not known).
        to: pfn after it.
        come_from: pfn before a move, None otherwise.
        command: index of the last command given before, 0 = none.
    """

    tick: int
    what: str
    to: int
    come_from: int | None
    command: int


@dataclass(frozen=True)
class _Glance:
    """What a page, followed from the future, was at one tick: its place, and what it was there."""

    pfn: int
    state: int
    moved: bool


class _Followed:
    """One page of one guest, followed by its owner's handle or, without one, by its place."""

    def __init__(self, guest: Guest, pfn: int) -> None:
        page = guest.pages[pfn]
        while (
            page["order"] == u.ORDER_TAIL
            and page["handle"] == u.HANDLE_NONE
            and pfn % (1 << u.MAX_PAGE_ORDER)
        ):
            before = guest.pages[pfn - 1]
            if before["state"] != page["state"]:
                break
            pfn -= 1
            page = before
            if page["order"] != u.ORDER_TAIL:
                break
        self.pfn, self.state = pfn, int(page["state"])
        self.handle = int(page["handle"])

    @property
    def owned(self) -> bool:
        """Whether it can be followed from place to place."""
        return self.handle != u.HANDLE_NONE

    def at(self, guest: Guest) -> _Glance | None:
        """Where and what it is in an earlier state; None: it does not exist there."""
        pfn = int(guest.pages[self.handle]["where"]) if self.owned else self.pfn
        if pfn == u.PFN_NONE:
            return None
        page = guest.pages[pfn]
        if int(page["handle"]) != self.handle or page["state"] != self.state:
            return None
        return _Glance(pfn, self.state, bool(page["flags"] & u.PG_MOVED))


def story(
    history: History, line: int, design: int, pfn: int, tick: int, go_on: Callable[[], bool]
) -> dict[str, Any]:
    """Since when a page is what it is, and where it was before.

    Args:
        history: of the session; its world is taken to other ticks.
        line: number of the timeline.
        design: place among the designs.
        pfn: of the page.
        tick: at which it is that page.
        go_on: asked between two stretches of ticks; no: the story begins where it has come to.

    Returns:
        ``pfn`` of its first page, ``state`` (units.STATE_*), ``owned``, ``since`` (tick, 0: it was
        there at the start; None: not found), ``looked_back_to``, and ``steps``, oldest first.

    Raises:
        RefusedError: there is no such page or tick.
    """
    guest = history.go(tick, None, line).guest(design)
    if not 0 <= pfn < len(guest.pages):
        raise RefusedError(f"page {pfn}: the guest has pages 0 to {len(guest.pages) - 1}")
    followed = _Followed(guest, pfn)
    later = followed.at(guest)
    assert later is not None
    entries = history.timelines[line].entries
    steps: list[Step] = []
    end, since = tick, None
    while since is None and end > 0 and (end == tick or go_on()):
        begin = max(0, end - STRETCH)
        seen = {t: followed.at(history.go(t, None, line).guest(design)) for t in range(begin, end)}
        for t in range(end - 1, begin - 1, -1):
            before = seen[t]
            command = sum(entry.tick <= t for entry in entries)
            if before is None:
                arrived = later.moved and later.state == u.STATE_BALLOON
                what = "arrived" if arrived else "allocated"
                steps.append(Step(t + 1, what, later.pfn, None, command))
                since = t + 1
                break
            if before.pfn != later.pfn:
                steps.append(Step(t + 1, "moved", later.pfn, before.pfn, command))
            later = before
        end = begin
    if since is None and end == 0:
        since = 0
    told = [step.__dict__ for step in reversed(steps[:STEPS_TOLD])]
    return {
        "pfn": followed.pfn,
        "state": followed.state,
        "owned": followed.owned,
        "tick": tick,
        "since": since,
        "looked_back_to": min(end, tick) if since is None else since,
        "steps": told,
    }
