"""Plays seeded commands on a small captured guest and recounts after each; prints what it found.

A program of its own, since a process has one pageblock order: test_geometry.py starts it twice.
"""

from __future__ import annotations

import json
import random
import sys

import numpy as np

from engine import commands as c
from engine import units as u
from engine.capture.load import guest_from_capture, load_capture
from engine.world import World, WorldConfig
from tests.engine import small_capture as small

DESIGNS = ("lru_hook", "dedicated_block:prevent")
BLOCK_MIB = u.PAGEBLOCK_NR_PAGES // u.MIB_PAGES


def capture_files() -> dict[str, bytes]:
    """Kernel, huge pages, programs and page cache in 16 pageblocks; every third page is in use."""
    nr = u.PAGEBLOCK_NR_PAGES
    flags = small.words((nr, small.SLAB), (nr, small.ANON), (nr, small.FILE))
    flags[nr : 9 * nr : 3] = small.ANON
    flags[nr + 1 : 5 * nr : 6] = small.FILE
    first = 10 * nr + u.HPAGE_NR_PAGES
    flags[first] = small.THP | small.ANON | small.HEAD
    flags[first + 1 : first + u.HPAGE_NR_PAGES] = small.THP | small.ANON | small.TAIL
    return small.files(flags, "U" + 15 * "M")


def commands(rng: random.Random, profile: str) -> list[c.Command]:
    """Some commands, in an order of their own."""
    some = [
        c.BalloonInflate(rng.randrange(256, 5 * u.PAGEBLOCK_NR_PAGES)),
        c.CompactMemory(),
        c.TakeHugePages(rng.randrange(1, 8)),
        c.DropCaches(),
        c.Offline(BLOCK_MIB * rng.randrange(8, 12), 2 * BLOCK_MIB),
        c.DirectCompact(u.MAX_PAGE_ORDER),
        c.BalloonDeflate(rng.randrange(1, 2 * u.PAGEBLOCK_NR_PAGES)),
    ]
    if profile == "modern":  # 3.8 had CMA areas only
        some.append(c.AllocContig(BLOCK_MIB))
    first, rest = some[0], some[1:]
    rng.shuffle(rest)
    return [first, *rest]


def play(seed: int) -> dict[str, object]:
    """What holds after each of some commands; AssertionError where a law is broken."""
    capture = load_capture(small.archive(capture_files()), "small")
    guest = guest_from_capture(capture, seed)
    profile = u.PROFILES[seed % len(u.PROFILES)]
    world = World(guest, WorldConfig(DESIGNS, seed, profile=profile))
    counts = world.zone_counts(0)[0][1]
    assert profile != "modern" or tuple(counts) == capture.buddyinfo[capture.main_zone]
    for command in commands(random.Random(seed), profile):
        world.apply(command)
        world.run_until_idle()
        world.validate()  # all of memory, the slow way
        for i in range(len(DESIGNS)):
            stats = dict(world.view(i).stat_dict())
            now = [stats[f"nr_free_order_{order}"] for order in range(u.NR_PAGE_ORDERS)]
            assert sum(n << order for order, n in enumerate(now)) == stats["nr_free_pages"]
            assert stats["free_blocks"] == now[9] + 2 * now[10]  # of 2 MiB, whatever a pageblock is
            planes = world.view(i).planes
            total = sum(
                planes[name].astype(np.int64)
                for name in ("free", "movable", "balloon", "unmovable")
            )
            assert (total + planes["pcp"] <= u.PAGEBLOCK_NR_PAGES).all()
            whole = int((planes["free"] == u.PAGEBLOCK_NR_PAGES).sum())
            assert stats["blocks_free"] == whole
    return {"buddyinfo": counts, "digests": [world.digest(i) for i in range(len(DESIGNS))]}


if __name__ == "__main__":
    answers = [play(int(seed)) for seed in sys.argv[1:]]
    print(json.dumps({"order": u.PAGEBLOCK_ORDER, "answers": answers}))
