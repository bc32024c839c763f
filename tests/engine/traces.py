"""Call traces for tests: in this process if nothing is compiled, else in one of their own."""

from __future__ import annotations

import atexit
import json
from functools import cache
from typing import Any

from engine import commands as c
from engine import units as u
from engine.guest import Guest
from engine.trace.limits import MAX_TRACED_CALLS
from engine.world import World, WorldConfig
from server.jobs.trace import TraceProcess
from tests.engine.small_guest import BLOCK, all_free, put, settle
from tests.engine.worlds import UNCOMPILED

FIRST = BLOCK  # first pfn of the guests made here


@cache
def _process() -> TraceProcess:
    process = TraceProcess(limit_s=120)
    atexit.register(process.close)
    return process


def trace(world: World, ticks: int = 1, most: int = MAX_TRACED_CALLS) -> dict[str, Any]:
    """What the next ticks of a world's first design will do; the world itself is left alone."""
    twin = world.alone(0)
    if not UNCOMPILED:
        return dict(json.loads(_process().ask(twin, ticks, most)))
    from engine.trace.predict import predict

    return predict(twin, ticks, most)


def made(guest: Guest, design: str = "lru_hook", profile: str = u.PROFILES[0]) -> World:
    """A world over a guest made by hand, told to compact."""
    world = World(guest, WorldConfig((design,), profile=profile))
    world.apply(c.CompactMemory())
    return world


def few_pages(state: int, flags: int = 0, full: bool = False, order: int = 0) -> Guest:
    """Eight pageblocks: an anonymous page, then one page of the sort in question, 64 pages in.

    Args:
        state: of the page in question, units.STATE_*.
        flags: its PG_*.
        full: whether nothing else is free.
        order: its order.
    """
    guest = all_free(8, 1)
    put(guest, [FIRST + 32])
    put(guest, [FIRST + 64], state, flags, order)
    used = {FIRST + 32, FIRST + 64}
    rest = [pfn for pfn in range(FIRST, FIRST + 8 * BLOCK) if pfn not in used]
    # A wholly free pageblock is no target: something is in each.
    put(guest, rest if full else range(FIRST + BLOCK, FIRST + 8 * BLOCK, BLOCK), u.STATE_KERNEL)
    return settle(guest)


def entries(answer: dict[str, Any], pfn: int) -> list[dict[str, Any]]:
    """What was noted of one page."""
    return [e for e in answer["handled"] if e["subject"] == "page" and e["pfn"] == pfn]


def calls(entry: dict[str, Any], function: str) -> list[dict[str, Any]]:
    """Calls of one kernel function in an entry."""
    return [call for call in entry["calls"] if call["function"] == function]
