"""Which command brought a pageblock's pages: as a state looked at before and after it says."""

from __future__ import annotations

import itertools

import numpy as np

from engine import commands as c
from engine import units as u
from engine.history.history import History
from engine.history.origins import AT_START, UNKNOWN, origins
from engine.log import MAIN, Entry
from tests.engine.worlds import SMALLEST, TENTH, UNCOMPILED, world

BLOCK = u.PAGEBLOCK_NR_PAGES


def test_a_page_came_under_the_command_after_which_it_was_there() -> None:
    w = world("lru_hook", nr_pages=SMALLEST)
    log, states = [], [w.guest(0).pages["state"].copy()]
    more = c.BalloonInflate(SMALLEST // 20)
    given = [more, more] if UNCOMPILED else [more, c.CompactMemory(), more]
    for i, command in enumerate(given, 1):
        log.append(Entry(i, w.tick, command, True))
        w.apply(command)
        w.run_until_idle()
        states.append(w.guest(0).pages["state"].copy())
    history = History(world("lru_hook", nr_pages=SMALLEST), itertools.count().__next__)
    history.learn(log, w.tick)
    met = set()
    for block in range(0, len(w.guest(0).blocks), 5):
        found = origins(history, MAIN, 0, block, w.tick, lambda: True)
        for i in np.flatnonzero(states[-1][block * BLOCK : (block + 1) * BLOCK] == u.STATE_BALLOON):
            was = [int(state[block * BLOCK + i]) == u.STATE_BALLOON for state in states]
            # The last command before which it was not there.
            assert found[i] == max(n for n in range(1, len(states)) if not was[n - 1])
            met.add(int(found[i]))
        kernel = states[0][block * BLOCK : (block + 1) * BLOCK] == u.STATE_KERNEL
        assert (found[kernel] == AT_START).all()
    assert len(met) > 1


def test_what_there_is_no_time_for_is_unknown() -> None:
    history = History(world("pinned", nr_pages=SMALLEST), itertools.count().__next__)
    history.learn([Entry(1, 0, c.BalloonInflate(TENTH), True)], 5)
    assert (origins(history, MAIN, 0, 3, 5, lambda: False) == UNKNOWN).all()
