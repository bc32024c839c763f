"""The two proposals: both sides of what their scenarios say, under several seeds."""

from __future__ import annotations

import pytest

from engine.scenarios.model import Scenario
from engine.scenarios.proposals import DEDICATED_BLOCK, SEPARATE_PASS
from tests.engine.scenes import bears_out, numbers

pytestmark = pytest.mark.slow

CONTESTS = [one for one in (*SEPARATE_PASS, *DEDICATED_BLOCK) if one.judge]
DB = "dedicated_block"


@pytest.mark.parametrize("one", CONTESTS, ids=lambda one: one.name)
def test_whom_a_scenario_favours_wins_where_the_text_says_so(one: Scenario) -> None:
    assert bears_out(one.name, 1, 2, 3) == one.borne_out


def test_neither_pass_is_enough() -> None:
    first, second = (numbers("two_passes", "free_blocks_all", step) for step in (0, 1))
    alone = "separate_pass:lru_pass=off"
    assert second["pinned"] < second["separate_pass"] / 10
    assert first[alone] < first["separate_pass"] / 2
    assert second[alone] > first["separate_pass"] - 2


def test_the_pass_comes_too_late() -> None:
    for seed in (1, 2, 3):
        huge = numbers("pass_too_late", "huge_best", seed=seed)
        assert huge["separate_pass"] <= huge["separate_pass:on_failure"]
        assert 5 * huge["separate_pass:on_failure"] < min(huge["pinned"], huge["lru_hook"])


def test_unmovable_pages_of_the_pass_stay() -> None:
    assert numbers("allocation_type", "balloon_migrate")["separate_pass:type=unmovable"] == 0
    huge = numbers("allocation_type", "huge_best")
    assert huge["separate_pass:type=unmovable"] == huge["pinned"]


def test_lists_make_the_difference() -> None:
    exits = numbers("batching", "host_exits")
    assert exits["separate_pass:batch=1"] > exits["lru_hook"] > 10 * exits["separate_pass"]


def test_gathering_cannot_begin_without_a_free_block() -> None:
    blocks, huge = (numbers("chicken_and_egg", stat) for stat in ("gather_blocks", "huge_best"))
    assert blocks[DB] == huge[DB] == 0
    assert blocks[f"{DB}:reclaim"] > 0
    assert min(huge[key] for key in huge if key != DB) > 50


def test_the_literal_gathering_frees_nothing() -> None:
    huge = numbers("gather_rules", "huge_best")
    assert huge[DB] == 0 < huge[f"{DB}:gain"] < huge[f"{DB}:gain+victims=emptiest"]


def test_holes_attract_the_kernel_unless_they_have_a_type_of_their_own() -> None:
    for stat in ("blocks_held_by_kernel", "excess_blocks"):
        found = numbers("stranding", stat)
        assert found[DB] > found[f"{DB}:own_type"], stat


def test_whole_blocks_first_leaves_the_scattered_pages() -> None:
    scattered = numbers("deflation_orders", "balloon_scattered")
    assert scattered[f"{DB}:deflate=blocks"] > scattered[DB] == 0


def test_the_fewest_blocks_are_not_the_most_huge_pages() -> None:
    huge, excess = (numbers("fewest_blocks", stat) for stat in ("huge_best", "excess_blocks"))
    assert excess[DB] == excess[f"{DB}:prevent"] == 0
    assert max(huge.values()) == huge["pinned"]
