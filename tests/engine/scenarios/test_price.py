"""What the designs pay: tests, messages, pages moved again, and the defects of the merged hook."""

from __future__ import annotations

import pytest

from tests.engine.scenes import numbers

pytestmark = pytest.mark.slow


def test_without_a_balloon_every_test_is_in_vain() -> None:
    first, second = (numbers("hot_path", "hook_checks", step) for step in (0, 1))
    met = [numbers("hot_path", "hook_checks_balloon", step)["lru_hook"] for step in (0, 1)]
    assert first["lru_hook"] > 0
    assert second["lru_hook"] > first["lru_hook"]
    assert met[0] == 0 < met[1]
    moving = numbers("hot_path", "hook_unmap", 0)
    assert moving["lru_hook"] > first["lru_hook"]
    assert first["pinned"] == second["pinned"] == moving["pinned"] == 0


def test_equal_blocks_at_very_different_prices() -> None:
    blocks, exits = (numbers("price_of_moving", stat) for stat in ("free_blocks_all", "host_exits"))
    assert abs(blocks["lru_hook"] - blocks["separate_pass"]) <= 2
    assert exits["lru_hook"] > 10 * exits["separate_pass"]
    copied = numbers("price_of_moving", "pages_copied")
    assert copied["dedicated_block:prevent"] > copied["lru_hook"]


def test_pages_are_moved_again_but_not_in_whole_blocks() -> None:
    again = numbers("repeats", "balloon_repeats")
    assert again.pop("dedicated_block:prevent") == 0
    assert min(again.values()) > 0


@pytest.mark.parametrize("seed", (1, 2))
def test_the_hook_as_merged_moves_little(seed: int) -> None:
    moved, huge = (
        numbers("hook_as_merged", stat, seed=seed) for stat in ("balloon_migrate", "huge_best")
    )
    assert moved["lru_hook"] > 5 * moved["lru_hook:hook=merged"] > 0
    assert huge["lru_hook"] > 5 * huge["lru_hook:hook=merged"]
