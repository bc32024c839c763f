"""The order of obstacles, and the blocks behind a free list."""

from __future__ import annotations

import numpy as np
import pytest

from engine import commands as c
from engine import units as u
from engine.because.block import BlockPages
from engine.because.laws import laws_of, stays_under_design
from engine.because.nearest import blocks_of_list, obstacles, pages_in_the_way
from engine.errors import RefusedError
from engine.world import World, WorldConfig
from tests.engine.small_guest import BLOCK, all_free, nr_free, put, settle
from tests.engine.worlds import SMALLEST, done, world


def test_the_fewest_pages_in_the_way_come_first_then_the_fewest_in_use() -> None:
    guest = all_free(8)
    put(guest, [1 * BLOCK + 3, 1 * BLOCK + 5], u.STATE_SLAB)
    put(guest, [2 * BLOCK + 3], u.STATE_SLAB)
    put(guest, [2 * BLOCK + 8, 2 * BLOCK + 9])
    put(guest, [3 * BLOCK + 3], u.STATE_BALLOON)
    put(guest, [4 * BLOCK + 3])  # movable: no obstacle
    put(guest, [5 * BLOCK], u.STATE_SLAB, 0, 3)
    w = World(settle(guest), WorldConfig(("pinned", "lru_hook")))
    told = obstacles(w.guest(0), "pinned", 10)
    found = [(one["pageblock"], one["pages"], one["in_use"]) for one in told["obstacles"]]
    assert found == [(3, 1, 1), (2, 1, 3), (1, 2, 2), (5, 8, 8)]
    assert told["total"] == 4
    first = told["obstacles"][0]
    assert (first["pfn"], first["reason"]) == (3 * BLOCK + 3, "balloon_no_hook")
    assert first["sentence"].startswith("1 page of pageblock 3 is in the way; page 1,539: this is")
    hooked = obstacles(w.guest(1), "lru_hook", 1)
    assert [one["pageblock"] for one in hooked["obstacles"]] == [2]
    assert hooked["total"] == 3


@pytest.mark.parametrize("key", ["pinned", "lru_hook", "separate_pass", "dedicated_block"])
def test_counting_many_pageblocks_at_once_comes_to_the_same(key: str) -> None:
    w = done(world(key, nr_pages=SMALLEST), c.BalloonInflate(SMALLEST // 10))
    guest = w.guest(0)
    laws = laws_of(guest, key)
    counted = pages_in_the_way(guest, laws)
    for block in range(0, len(guest.blocks), 3):
        stays = BlockPages(guest, block).stays(stays_under_design, laws)
        assert counted[block] == sum(one is not None for one in stays)


def test_the_blocks_of_a_list_are_as_many_as_the_list_has() -> None:
    guest = all_free(8)
    put(guest, range(4 * BLOCK, 6 * BLOCK, 16))
    guest.blocks["migratetype"][5] = u.MIGRATE_UNMOVABLE
    settle(guest)
    for mt in (u.MIGRATE_MOVABLE, u.MIGRATE_UNMOVABLE):
        for order in range(u.NR_PAGE_ORDERS):
            assert sum(nr for _, nr in blocks_of_list(guest, order, mt)) == nr_free(
                guest, order, mt
            )
    assert blocks_of_list(guest, 3, u.MIGRATE_UNMOVABLE) == [(5, 32)]
    assert blocks_of_list(guest, 3, -1) == [(4, 32), (5, 32)]
    for order, mt, words in ((11, 0, "order is 11"), (0, 99, "type is 99")):
        with pytest.raises(RefusedError, match=words):
            blocks_of_list(guest, order, mt)
    assert np.array_equal(guest.blocks["migratetype"][:5], np.full(5, u.MIGRATE_MOVABLE))
