"""The fair workloads: the text of each says what came out, under several seeds."""

from __future__ import annotations

import pytest

from engine.scenarios.model import Scenario
from engine.scenarios.workloads import FAIR
from tests.engine.scenes import bears_out, numbers

pytestmark = pytest.mark.slow

SEEDS = (1, 2, 3)


@pytest.mark.parametrize("one", FAIR, ids=lambda one: one.name)
def test_whom_a_workload_favours_wins_where_the_text_says_so(one: Scenario) -> None:
    assert bears_out(one.name, *SEEDS) == one.borne_out


@pytest.mark.parametrize("seed", SEEDS)
def test_a_small_balloon_is_best_left_alone(seed: int) -> None:
    huge = numbers("small_balloon", "huge_best", seed=seed)
    blocks = numbers("small_balloon", "blocks_with_balloon", seed=seed)
    assert max(huge.values()) == huge["pinned"] > huge["dedicated_block"]
    assert blocks["lru_hook"] > 2 * blocks["pinned"]


def test_moving_page_by_page_costs_exits() -> None:
    for name in ("large_inflation", "fully_fragmented", "balloon_cycles", "hotplug_section"):
        exits = numbers(name, "host_exits")
        assert max(exits, key=lambda key: exits[key]) == "lru_hook", name
        assert exits["lru_hook"] > 10 * exits["separate_pass"], name


def test_only_the_hook_asks_where_there_is_no_balloon() -> None:
    asked = numbers("no_balloon", "hook_checks")
    assert asked.pop("lru_hook") > 0
    assert set(asked.values()) == {0}
    assert set(numbers("no_balloon", "hook_checks_balloon").values()) == {0}


def test_whole_blocks_leave_as_many_huge_pages_as_what_moves_them_later() -> None:
    for seed, at_least in ((1, 0), (4, 0), (2, 40)):
        huge = numbers("large_inflation", "huge_best", seed=seed)
        assert huge["dedicated_block:prevent"] >= huge["lru_hook"] + at_least
        assert huge["lru_hook"] > 5 * huge["pinned"]
