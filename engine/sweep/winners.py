"""The map of winners: two axes of a sweep, and the contest in each cell."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine.errors import RefusedError, unknown_name
from engine.sweep.contest import Judge, contest
from engine.sweep.courses import Value
from engine.sweep.grid import Grid

MAP_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def winners_map(
    grid: Grid,
    rows: Sequence[Mapping[str, Any]],
    axes: tuple[str, str] | None = None,
    fixed: Mapping[str, Value] | None = None,
    judge: Judge | None = None,
) -> dict[str, Any]:
    """Which design wins where.

    Args:
        grid: what was asked.
        rows: of its table.
        axes: across and down; default: the grid's.
        fixed: axis → value that rows must have; what is neither fixed nor an axis is pooled: its
            values are further pairs.
        judge: what decides; default: the grid's.

    Returns:
        ``{"axes", "judge", "designs": [{"key", "letter"}], "pooled": [axis…], "cells": [[…]]}``,
        a row of cells for each value of the second axis; a cell is contest()'s answer and its
        ``at``.

    Raises:
        RefusedError: there is no such axis or value.
    """
    across, down = axes or grid.axes
    fixed, judge = fixed or {}, judge or grid.judge
    every = axis_values_in(grid, rows)
    for name in (across, down, *fixed):
        if name not in every:
            raise unknown_name("axis", name, every)
    if across == down:
        raise RefusedError(f"both axes are {across}: two different ones are needed")
    for name, value in fixed.items():
        if value not in every[name]:
            raise unknown_name(name, value, map(str, every[name]))
    place = {key: i for i, key in enumerate(grid.designs)}  # of equals the first leads
    kept = sorted(
        (row for row in rows if all(row.get(name) == value for name, value in fixed.items())),
        key=lambda row: (place[row["design"]], row["seed"], str(row["key"])),
    )
    pooled = [
        name for name, values in every.items()
        if len(values) > 1 and name not in (across, down, *fixed) and name != "family"
    ]  # fmt: skip
    by_cell: dict[tuple[Any, Any], list[dict[str, Any]]] = {}
    for row in kept:
        pair = (row["seed"], *(row.get(name) for name in pooled))
        by_cell.setdefault((row.get(across), row.get(down)), []).append({**row, "pair": pair})
    cells = [
        [
            {"at": {across: x, down: y}, **contest(by_cell.get((x, y), []), judge)}
            for x in every[across]
        ]
        for y in every[down]
    ]
    return {
        "axes": [{"name": name, "values": list(every[name])} for name in (across, down)],
        "judge": {
            "stat": judge.stat,
            "better": judge.better,
            "margin": judge.margin,
            "margin_percent": judge.margin_percent,
        },
        "designs": lettered(grid),
        "pooled": pooled,
        "cells": cells,
    }


def lettered(grid: Grid) -> list[dict[str, str]]:
    """Every design of a grid with the letter that it has on all maps of it."""
    return [
        {"key": key, "letter": letter}
        for key, letter in zip(grid.designs, MAP_LETTERS, strict=False)
    ]


def axis_values_in(grid: Grid, rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Value]]:
    """Every axis with its values; the sizes are those of the rows, since captures bring theirs."""
    every = {name: list(values) for name, values in grid.axis_values().items()}
    every["size_mib"] = sorted({row["size_mib"] for row in rows if row["size_mib"] is not None})
    return every
