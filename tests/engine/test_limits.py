"""A block that neither compaction nor reclaim can empty, and what room changes."""

from __future__ import annotations

import pytest

from tests.engine.scenes import numbers

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
