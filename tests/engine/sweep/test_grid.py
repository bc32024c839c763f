"""A grid: read from TOML, refused in a sentence, multiplied out into runs."""

from __future__ import annotations

from itertools import pairwise

import pytest

from engine.errors import RefusedError
from engine.sweep.grid import grid_from_text, nr_runs
from tests.project_files import ROOT

SMALL = """
title = "Small"
designs = ["pinned", "lru_hook"]
seeds = 2
[values]
size = ["5%", "10%"]
unseen = [1, 2]
[[guests]]
kind = "synthetic"
preset = ["tight", "cycles"]
size_mib = [256, 512]
[[courses]]
name = "taken"
ops = [["inflate", "$size"]]
[[courses]]
name = "not taken"
ops = [["huge", "$unseen"]]
"""


def test_every_combination_is_a_run_and_those_on_one_guest_stand_together() -> None:
    grid = grid_from_text(SMALL)
    runs = list(grid.runs())
    assert len(runs) == nr_runs(grid) == 4 * 2 * (2 + 2) * 2
    assert len(set(runs)) == len(runs)
    starts = [(run.guest, run.seed) for run in runs]
    assert len([1 for a, b in pairwise(starts) if a != b]) == 4 * 2 - 1
    assert {run.values for run in runs if run.course.name == "taken"} == {
        (("size", "5%"),),
        (("size", "10%"),),
    }


def test_a_seed_is_the_same_for_every_design() -> None:
    # Else designs would be compared on different guests.
    for_design: dict[str, list[int]] = {}
    for run in grid_from_text(SMALL).runs():
        for_design.setdefault(run.design, []).append(run.seed)
    first, second = for_design.values()
    assert first == second
    assert set(first) == {1, 2}


def test_axes_are_those_named_else_those_that_vary_most() -> None:
    assert grid_from_text(SMALL).axes == ("guest", "size_mib")
    assert grid_from_text('axes = ["size", "family"]\n' + SMALL).axes == ("size", "family")
    axes = grid_from_text(SMALL).axis_values()
    assert axes["size_mib"] == (256, 512)
    assert axes["family"] == ("pinned", "lru_hook")


def test_scenarios_bring_their_own_guests() -> None:
    grid = grid_from_text(
        '[[courses]]\nscenario = "small_balloon"\n[[courses]]\nscenario="repeats"'
    )
    guests = {run.course.name: run.guest for run in grid.runs()}
    assert (guests["small_balloon"].kind, guests["small_balloon"].name) == ("capture", "tight")
    assert (guests["repeats"].kind, guests["repeats"].size_mib) == ("synthetic", 512)
    assert len(list(grid.runs())) == 2 * 4 * 3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("title", "titel"), "no field 'titel'"),
        (("seeds = 2", "seeds = 0"), "a number from 1 to 100"),
        (("seeds = 2", "seeds = [1, 1]"), "different seeds"),
        (('"lru_hook"', '"lru_hok"'), "unknown design"),
        (('"lru_hook"', '"pinned"'), "two designs of the grid"),
        (("seeds", 'profiles = ["2013"]\nseeds'), "profile '2013'"),
        (("[256, 512]", "[256, 256]"), "two guests of the grid"),
        (("[256, 512]", '["big"]'), "has the size 'big'"),
        (('"cycles"]', '"cycle"]'), "has the preset 'cycle'"),
        (("preset =", "name ="), "no field 'name'"),
        (('"synthetic"', '"real"'), "has the kind 'real'"),
        (("size = [", "guest = ["), "parameter 'guest'"),
        (("$size", "$sice"), "there is no parameter 'sice'"),
        (("$unseen", "$size"), "parameter unseen: no course uses it"),
        (('["5%", "10%"]', '["5%", "5%"]'), "different numbers or shares"),
        (("seeds", 'axes = ["size", "weight"]\nseeds'), "axis 'weight'"),
        (("seeds", 'axes = ["size", "size"]\nseeds'), "two different ones"),
        (("seeds", "judge = { stat = 'speed' }\nseeds"), "judge has the number 'speed'"),
        (('"not taken"', '"taken"'), "two courses of the grid"),
        (("title =", "title"), "the grid is not TOML"),
        (("[[courses]]", "[[ops]]"), "no field 'ops'"),
    ],
)
def test_a_wrong_grid_is_refused_in_a_sentence(change: tuple[str, str], words: str) -> None:
    with pytest.raises(RefusedError) as caught:
        grid_from_text(SMALL.replace(*change))
    assert words in str(caught.value)


def test_a_grid_without_end_is_refused_before_it_runs() -> None:
    values = ", ".join(map(str, range(200)))
    text = SMALL.replace("[1, 2]", f"[{values}]").replace('["5%", "10%"]', f"[{values}]")
    text = text.replace('["huge", "$unseen"]', '["huge", "$unseen"], ["inflate", "$size"]')
    with pytest.raises(RefusedError, match="at most 1000000 are possible"):
        grid_from_text(text.replace("seeds = 2", "seeds = 20"))


@pytest.mark.parametrize(
    "path", sorted((ROOT / "sweeps").rglob("*.toml")), ids=lambda p: p.parent.name
)
def test_the_projects_own_grids_can_be_read(path: object) -> None:
    grid = grid_from_text(path.read_text())  # type: ignore[attr-defined]
    assert grid.title
    assert grid.question
