"""Draws guests of random reports and compares what they print; the number of reports is asked for.

A program of its own, since a process has one pageblock order: test_drawn.py starts it with 10.
"""

from __future__ import annotations

import json
import random
import sys

from engine import units as u
from engine.capture.drawn import draw_guest
from engine.capture.text import MIGRATETYPE_NAMES
from engine.core.memory.metrics import free_counts
from engine.core.observe.check import validate
from engine.core.observe.check_codes import CheckCode
from engine.report.model import FreeCounts, Moment, ZoneFacts

BLOCK = u.PAGEBLOCK_NR_PAGES
STARTS = (1, 4 * BLOCK, 9 * BLOCK // 2, 4 * BLOCK + 904)  # aligned, and in the midst of a pageblock
TOTALS = {"Unmovable": 3, "Movable": 11, "Reclaimable": 2}


def report(rng: random.Random) -> Moment:
    """A zone of 16 pageblocks, some of whose free blocks are the kernel's."""
    counts = [rng.randint(0, 60 >> order) for order in range(u.NR_PAGE_ORDERS - 1)]
    counts.append(rng.randint(0, 4))
    kernel = [n * rng.randint(0, 2) // 10 for n in counts[:-1]] + [0]
    present = 16 * BLOCK
    facts = ZoneFacts((0, "DMA32"), FreeCounts(tuple(counts)))
    facts.pages = {"start_pfn": rng.choice(STARTS), "spanned": present, "present": present,
                   "min": 8, "low": 9, "high": 10, "managed": present - 700,
                   "nr_zone_active_file": 900}  # fmt: skip
    facts.types = {"Unmovable": FreeCounts(tuple(kernel))}
    facts.blocks = dict(TOTALS)
    return Moment({facts.key: facts}, pageblock_order=u.PAGEBLOCK_ORDER)


def play(seed: int) -> None:
    """One report and its guest; AssertionError where they differ."""
    one = report(random.Random(seed))
    facts = next(iter(one.zones.values()))
    guest = draw_guest(one, seed)
    code, where = validate(guest)
    assert code == CheckCode.CLEAN, (seed, code, where)
    assert facts.best is not None
    assert free_counts(guest, 0).tolist() == list(facts.best.values), seed
    found = guest.blocks["migratetype"].tolist()
    assert found.count(MIGRATETYPE_NAMES["Unmovable"]) == TOTALS["Unmovable"], seed


if __name__ == "__main__":
    for seed in range(int(sys.argv[1])):
        play(seed)
    print(json.dumps({"order": u.PAGEBLOCK_ORDER, "reports": int(sys.argv[1])}))
