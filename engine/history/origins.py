"""Which command brought the pages of a pageblock: by replay, from one command to the one before.

Nothing of it is stored. A page came under a command if it was not yet there, as what it is, when
that command was given. What leaves its place and comes back between two commands is not noticed.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine import units as u
from engine.guest import Guest
from engine.history.history import History

AT_START = 0
UNKNOWN = -1
_NR = u.PAGEBLOCK_NR_PAGES


def _look(guest: Guest, pageblock: int) -> NDArray[np.int64]:
    """What each page is, and whose: one number a page."""
    pages = guest.pages[pageblock * _NR : (pageblock + 1) * _NR]
    owner = pages["handle"].astype(np.int64)
    return np.asarray(owner * u.NR_STATES + pages["state"], np.int64)


def origins(
    history: History, line: int, design: int, pageblock: int, tick: int, go_on: Callable[[], bool]
) -> NDArray[np.int64]:
    """Under which command each page of a pageblock came to its place.

    Args:
        history: of the session; its world is taken to other ticks.
        line: number of the timeline.
        design: place among the designs.
        pageblock: inside the guest.
        tick: at which its pages are what they are; every command up to it counts.
        go_on: asked before each look further back; no: the rest is UNKNOWN.

    Returns:
        int64[512]: index of the command, counted from 1; AT_START: it was there at the start.

    Raises:
        RefusedError: there is no such tick.
    """
    now = _look(history.go(tick, None, line).guest(design), pageblock)
    found = np.full(_NR, AT_START, np.int64)
    open_ = np.ones(_NR, bool)
    entries = history.timelines[line].entries
    index = history.timelines[line].index_at(tick)
    while index > 0 and open_.any():
        if not go_on():
            found[open_] = UNKNOWN
            break
        before = history.go(entries[index - 1].tick, index - 1, line).guest(design)
        came = open_ & (_look(before, pageblock) != now)
        found[came] = index
        open_ &= ~came
        index -= 1
    return found
