"""A block that neither compaction nor reclaim can empty, and what room changes."""

from __future__ import annotations

import pytest

from engine import commands as c
from engine import units as u
from engine.world import World, WorldConfig
from tests.engine.scenes import numbers
from tests.engine.small_guest import BLOCK, all_free, every, put, settle
from tests.engine.worlds import done

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", (1, 2))
def test_nobody_can_empty_it_without_targets_and_all_can_with_them(seed: int) -> None:
    before, full, room = (numbers("cannot_reclaim", "huge_best", step, seed) for step in (0, 2, 3))
    assert min(before.values()) > 0, "page cache can be reclaimed"
    assert set(full.values()) == {0}
    assert min(room.values()) > 0


def test_the_hook_counts_those_blocks_as_movable() -> None:
    movable = numbers("cannot_reclaim", "thp_potential", 2)
    assert movable["lru_hook"] > 2 * movable["pinned"]
    assert set(numbers("cannot_reclaim", "fullness_lru_file", 2).values()) == {0}


def one_block(state: int, room: bool) -> World:
    """A hook guest whose pageblock 1 is full of pages of one kind; elsewhere the kernel's pages.

    Args:
        state: units.STATE_*.
        room: whether half of pageblock 6, at the far end, is free.
    """
    guest = all_free(8)
    put(guest, range(BLOCK, 2 * BLOCK), state)
    free = set(every(2, 6 * BLOCK, 7 * BLOCK)) | set(every(2, 5 * BLOCK, 6 * BLOCK))
    others = [pfn for pfn in range(8 * BLOCK) if pfn // BLOCK != 1]
    put(guest, [pfn for pfn in others if not (room and pfn in free)], u.STATE_SLAB)
    world = World(settle(guest), WorldConfig(("lru_hook",)))
    world.validate()
    return done(world, c.CompactMemory(), c.DropCaches())


@pytest.mark.parametrize(
    ("state", "room", "emptied"),
    [
        (u.STATE_BALLOON, False, False),  # no target, and nothing to reclaim
        (u.STATE_BALLOON, True, True),  # with targets the hook empties it
        (u.STATE_FILE, False, True),  # page cache needs no target: it is dropped
    ],
)
def test_a_movable_block_of_balloon_pages_needs_targets(
    state: int, room: bool, emptied: bool
) -> None:
    world = one_block(state, room)
    block = world.guest(0).blocks[1]
    assert (block["nr_free"] == BLOCK) == emptied
    assert (block["nr_balloon"] == BLOCK) == (state == u.STATE_BALLOON and not emptied)
