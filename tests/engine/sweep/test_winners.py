"""The map: cells by two axes, the rest pooled or fixed, designs in the grid's order."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import RefusedError
from engine.sweep.grid import Grid, grid_from_text
from engine.sweep.winners import winners_map

TEXT = """
designs = ["pinned", "dedicated_block", "dedicated_block:prevent"]
seeds = 3
axes = ["size", "guest"]
[values]
size = ["5%", "10%"]
[[guests]]
kind = "synthetic"
preset = ["tight", "cycles"]
size_mib = 256
[[courses]]
name = "one"
ops = [["inflate", "$size"]]
"""


@pytest.fixture
def grid() -> Grid:
    return grid_from_text(TEXT)


@pytest.fixture
def rows(grid: Grid) -> list[dict[str, Any]]:
    """Prevention wins where much is taken, pinned in `tight` where little is."""
    out = []
    for run in grid.runs():
        size, tight = dict(run.values)["size"], run.guest.label == "tight"
        number = 50 + run.seed
        if size == "10%" and run.design.endswith("prevent"):
            number += 20
        if size == "5%" and tight and run.design == "pinned":
            number += 10
        out.append({
            "key": str(run), "guest": run.guest.label, "size_mib": 256, "course": "one",
            "size": size, "profile": "modern", "family": run.design.partition(":")[0],
            "design": run.design,
            "seed": run.seed, "error": "", "balloon_actual": 100, "huge_best": number,
            "host_exits": 100 - number,
        })  # fmt: skip
    return out


def won(shown: dict[str, Any]) -> list[list[tuple[str, str]]]:
    return [[(cell["state"], cell["leaders"][0]) for cell in line] for line in shown["cells"]]


def test_each_cell_has_its_own_winner(grid: Grid, rows: list[dict[str, Any]]) -> None:
    shown = winners_map(grid, rows)
    prevented = ("won", "dedicated_block:prevent")
    assert won(shown) == [[("won", "pinned"), prevented], [("level", "pinned"), prevented]]
    assert shown["cells"][0][1]["at"] == {"size": "10%", "guest": "tight"}
    assert [one["letter"] for one in shown["designs"]] == ["A", "B", "C"]
    assert shown["pooled"] == []


def test_what_is_no_axis_is_pooled_or_fixed(grid: Grid, rows: list[dict[str, Any]]) -> None:
    pooled = winners_map(grid, rows, ("size", "course"))
    assert pooled["pooled"] == ["guest"]
    assert pooled["cells"][0][0]["pairs"] == 6
    assert pooled["cells"][0][0]["state"] == "undecided"  # the guests do not agree
    fixed = winners_map(grid, rows, ("size", "course"), {"guest": "tight"})
    assert won(fixed)[0][0] == ("won", "pinned")


def test_the_family_as_an_axis_lets_toggles_compete(grid: Grid, rows: list[dict[str, Any]]) -> None:
    shown = winners_map(grid, rows, ("size", "family"), {"guest": "cycles"})
    assert [line[1]["leaders"] for line in shown["cells"]] == [
        ["pinned"], ["dedicated_block:prevent"],
    ]  # fmt: skip


def test_the_order_of_rows_changes_nothing(grid: Grid, rows: list[dict[str, Any]]) -> None:
    assert winners_map(grid, rows[::-1]) == winners_map(grid, rows)


def test_unknown_axes_and_values_are_refused(grid: Grid, rows: list[dict[str, Any]]) -> None:
    for axes, fixed, words in (
        (("size", "weight"), {}, "unknown axis 'weight'"),
        (("size", "size"), {}, "two different ones"),
        (("size", "guest"), {"course": "two"}, "unknown course 'two'"),
    ):
        with pytest.raises(RefusedError) as caught:
            winners_map(grid, rows, axes, fixed)
        assert words in str(caught.value)
