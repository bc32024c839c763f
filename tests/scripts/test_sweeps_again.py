"""Confirming a map: an exact test, Holm's steps, and pages that say what the results say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.sweep.grid import grid_from_text
from scripts.docs.sweeps_again import (
    AGAIN,
    FOUND,
    RULE,
    chance_of,
    chance_of_claim,
    confirmed_by_holm,
    fix,
    found_text,
)
from server.paths import sweeps_folder

GRID = """
designs = ["pinned", "lru_hook", "separate_pass"]
seeds = 10
axes = ["guest", "course"]
[judge]
margin = 3
[[guests]]
kind = "synthetic"
preset = "tight"
size_mib = 256
[[courses]]
name = "one"
ops = [["compact"]]
"""
NAMES = sorted(path.parent.name for path in sweeps_folder().glob(f"*{AGAIN}/{RULE}"))


def test_the_chance_counts_signs() -> None:
    assert chance_of([1.0, 2.0, 3.0]) == 1 / 8
    assert chance_of([3.0, -1.0]) == 2 / 4  # +3+1, +3-1
    assert chance_of([-1.0] * 4) == 1
    assert chance_of([0.0] * 4) == 1
    assert chance_of([5.0] * 16) == 1 / 2**16
    with pytest.raises(ValueError, match="21 pairs: 1 to 20"):
        chance_of([1.0] * 21)


def test_holm_stops_at_the_first_that_fails() -> None:
    assert confirmed_by_holm([0.04], 0.05) == [True]
    assert confirmed_by_holm([0.04, 0.001, 0.02], 0.05) == [True, True, True]
    assert confirmed_by_holm([0.03, 0.001, 0.03], 0.05) == [False, True, False]
    assert confirmed_by_holm([0.2, 0.03], 0.05) == [False, False]


def rows(numbers: dict[str, list[int]], balloons: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {"design": key, "seed": seed, "error": "", "huge_best": value,
         "balloon_actual": balloons.get(key, 100)}
        for key, values in numbers.items() for seed, value in enumerate(values)
    ]  # fmt: skip


def test_a_claim_is_as_sure_as_its_worst_comparison() -> None:
    grid = grid_from_text(GRID)
    won = {"leaders": ["lru_hook"], "beaten": ["pinned", "separate_pass"]}
    far = {"lru_hook": [20] * 10, "pinned": [9] * 10, "separate_pass": [10] * 10}
    assert chance_of_claim(won, rows(far, {}), grid) == 1 / 2**10
    near = {**far, "separate_pass": [18] * 10}  # a lead within the margin
    assert chance_of_claim(won, rows(near, {}), grid) == 1
    assert chance_of_claim(won, rows(near, {"separate_pass": 90}), grid) == 1 / 2**10
    assert chance_of_claim(won, rows(far, {"lru_hook": 90}), grid) == 1
    assert chance_of_claim(won, [], grid) == 1
    level = {"leaders": ["lru_hook", "separate_pass"], "beaten": ["pinned"]}
    assert chance_of_claim(level, rows(near, {}), grid) == 1 / 2**10
    assert chance_of_claim(level, rows(far, {}), grid) == 1
    either = {**near, "lru_hook": [24, 16] * 5}  # level in the mean, but nobody knows
    assert chance_of_claim(level, rows(either, {}), grid) > 0.05


def test_there_are_such_maps_and_their_rule_was_fixed_on_fresh_seeds() -> None:
    assert NAMES
    for name in NAMES:
        rule = json.loads((sweeps_folder() / name / RULE).read_text())
        first, again = (sweeps_folder() / one / "grid.toml" for one in (rule["confirms"], name))
        grids = [grid_from_text(path.read_text()) for path in (first, again)]
        assert not set(grids[0].seeds) & set(grids[1].seeds)
        assert grids[0].judge == grids[1].judge
        assert grids[0].axis_values() == grids[1].axis_values()
        with pytest.raises(SystemExit, match="fixed once"):
            fix(name)


@pytest.mark.parametrize("name", NAMES)
def test_what_was_found_is_what_rule_and_results_say(name: str) -> None:
    assert (sweeps_folder() / name / FOUND).read_text() == found_text(name)
