"""A guest of 16 pageblocks and a range of two that somebody wants, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from engine import units as u
from engine.core.memory.freelist import list_add
from engine.core.memory.page import set_state
from engine.core.observe import check
from engine.core.ranges import contig, offline
from engine.core.ranges.range_codes import RangeReason
from engine.core.ranges.range_job import at_work
from engine.designs import parse_design
from engine.designs.base import rules_dict
from engine.guest import Guest, set_kernel
from engine.kernels import LINUX_2012, MODERN
from tests.engine.small_guest import BLOCK, all_free, every, put, settle

START = 4 * BLOCK  # the range: pageblocks 4 and 5
END = 6 * BLOCK
LRU = every(2, START, END)  # what programs hold there
PROFILES = (u.PROFILE_MODERN, u.PROFILE_2012)


def make(
    key: str,
    profile: int,
    balloon: Iterable[int] = (),
    mt: int = u.MIGRATE_MOVABLE,
    lru: Iterable[int] = LRU,
) -> Guest:
    """A guest under one design.

    Args:
        key: of the design.
        profile: units.PROFILE_*.
        balloon: pfns of balloon pages, dedicated ones where the design makes such.
        mt: migratetype of the pageblocks of the range.
        lru: pfns of anonymous memory; a balloon page may take its place.
    """
    guest = all_free(16)
    for name, value in rules_dict(parse_design(key).rules()).items():
        guest.vm[0][name] = value
    set_kernel(guest, (MODERN, LINUX_2012)[profile])
    guest.blocks["migratetype"][START >> u.PAGEBLOCK_ORDER : END >> u.PAGEBLOCK_ORDER] = mt
    taken = set(balloon)
    put(guest, [pfn for pfn in lru if pfn not in taken])
    if key.startswith("dedicated_block"):
        for pfn in taken:
            set_state(guest, pfn, 0, u.STATE_BALLOON, u.PG_DEDICATED)
            list_add(guest, u.LIST_BALLOON_DEDICATED, pfn)
    else:
        flags = u.PG_MOVABLE_OPS if guest.vm[0]["rule_hook"] else 0
        put(guest, sorted(taken), u.STATE_BALLOON, flags)
    return settle(guest)


def validate(guest: Guest) -> None:
    """Recount; everything must add up also while a range is half empty."""
    code, pfn = check.validate(guest)
    assert code == 0, check.explain_check(code, pfn)


def run_offline(guest: Guest, start: int = START, end: int = END) -> dict[str, int]:
    """Offline a range, to the end of the request."""
    vm = guest.vm[0]
    vm["range_kind"], vm["range_pfn"] = u.RANGE_OFFLINE, u.PFN_NONE
    vm["range_start_pfn"], vm["range_end_pfn"] = start, end
    while at_work(guest, u.RANGE_NONE):
        offline.step_offline(guest, 1)
        validate(guest)
    return answer(guest)


def run_contig(guest: Guest, nr: int, mt: int = u.MIGRATE_CMA) -> dict[str, int]:
    """Allocate so many pages in a row, to the end of the request."""
    vm = guest.vm[0]
    vm["range_kind"], vm["range_pfn"] = u.RANGE_CONTIG, u.PFN_NONE
    vm["range_size"], vm["range_mt"] = nr, mt
    while at_work(guest, u.RANGE_NONE):
        contig.step_contig(guest, 1)
        validate(guest)
    return answer(guest)


def answer(guest: Guest) -> dict[str, int]:
    """What the last request came to: the fields range_* without their prefix."""
    vm = guest.vm[0]
    names = ("result", "reason", "pfn", "rounds", "migrated", "wasted", "returned", "reclaimed")
    return {name: int(vm[f"range_{name}"]) for name in names}


def stopped(guest: Guest, reason: RangeReason, pfn: int) -> bool:
    """Whether the request stopped for a reason at a page; the range is in use as before."""
    found = answer(guest)
    assert (found["result"], RangeReason(found["reason"]), found["pfn"]) == (
        u.RANGE_STOPPED,
        reason,
        pfn,
    )
    assert not np.any(guest.blocks["migratetype"] == u.MIGRATE_ISOLATE)
    return True


def is_offline(guest: Guest, start: int = START, end: int = END) -> bool:
    """Whether a range is gone."""
    return bool(np.all(guest.pages["state"][start:end] == u.STATE_HOLE))
