"""The map of winners on paper: a table of letters, and every cell in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine.sweep.contest import LEVEL, NOTHING, UNDECIDED, WON
from engine.sweep.grid import Grid

RULE = (
    "A design wins a cell if its mean is best and its lead over each rival, seed by seed on the "
    "same guest, is over the margin after subtracting the 95 % confidence half-width (Student's "
    "t over the pairs). It is level (=) with a rival if the mean lead plus that width is within "
    "the margin. Otherwise, and below three pairs, undecided (?) between those that are named; the "
    "others are beaten. A design whose balloon ends over 2 % smaller than the largest in the cell "
    "is out of the contest."
)


def cell_mark(cell: Mapping[str, Any], letters: Mapping[str, str]) -> str:
    """A cell in a few letters: A, A=B, or A?B.

    Args:
        cell: of winners_map.
        letters: design → letter.
    """
    if cell["state"] == NOTHING:
        return "–"
    joint = {WON: "", LEVEL: "=", UNDECIDED: "?"}[cell["state"]]
    marks = [letters[key] for key in cell["leaders"]]
    return joint.join(marks) if len(marks) > 1 else marks[0] + ("?" if joint == "?" else "")


def cell_words(cell: Mapping[str, Any]) -> str:
    """A cell in a sentence.

    Args:
        cell: of winners_map.
    """
    leaders, pairs = cell["leaders"], cell["pairs"]
    number = f"{pairs} pair{'s' if pairs != 1 else ''}"
    if cell["state"] == NOTHING:
        return "no run came to a number"
    first = cell["designs"][leaders[0]]["mean"]
    lead = ""
    if cell["margin"] is not None:
        width = "" if cell["half"] is None else f" ± {_short(cell['half'])}"
        lead = f", {_short(cell['margin'])}{width} ahead of {cell['rival']}"
    if cell["state"] == WON and not lead:
        return f"{leaders[0]} stands alone with {_short(first)} ({number})"
    if cell["state"] == WON:
        return f"{leaders[0]} wins with {_short(first)}{lead} ({number})"
    if cell["state"] == LEVEL:
        return f"{_listed(leaders)} are level at {_short(first)}{lead} ({number})"
    if len(leaders) == 1:
        return f"undecided: {leaders[0]} with {_short(first)}{lead} ({number})"
    return f"undecided between {_listed(leaders)}: {_short(first)}{lead} ({number})"


def _listed(names: Sequence[str]) -> str:
    """a, b and c."""
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def _short(number: float) -> str:
    return f"{number:,.1f}".removesuffix(".0")


def map_text(grid: Grid, shown: Mapping[str, Any]) -> str:
    """The map as Markdown, the same bytes for the same results.

    Args:
        grid: what was asked.
        shown: of winners_map.
    """
    across, down = shown["axes"]
    letters = {one["key"]: one["letter"] for one in shown["designs"]}
    judge = shown["judge"]
    out = [f"# {grid.title or 'Sweep'}", "", grid.question, ""]
    out += [f"- **{letter}** `{key}`" for key, letter in letters.items()]
    pooled = f" Pooled: {', '.join(shown['pooled'])}." if shown["pooled"] else ""
    best = "highest" if judge["better"] == "high" else "lowest"
    out += ["", f"Decided by the {best} `{judge['stat']}`, margin {_margin(judge)}.{pooled}", ""]
    out += [
        "| " + " | ".join([f"{down['name']} ↓ {across['name']} →", *map(str, across["values"])])
        + " |",
        "| --- |" + " --- |" * len(across["values"]),
    ]  # fmt: skip
    for value, line in zip(down["values"], shown["cells"], strict=True):
        marks = [cell_mark(cell, letters) for cell in line]
        out.append("| " + " | ".join([str(value), *marks]) + " |")
    out += ["", RULE, ""]
    for line in shown["cells"]:
        for cell in line:
            where = ", ".join(f"{name} {value}" for name, value in cell["at"].items())
            out.append(f"- {where}: {cell_words(cell)}.{_left_out(cell)}")
    return "\n".join(out).rstrip() + "\n"


def _margin(judge: Mapping[str, Any]) -> str:
    """The lead that does not count."""
    share = judge["margin_percent"]
    return f"{judge['margin']}" + (f" or {share} %" if share else "")


def _left_out(cell: Mapping[str, Any]) -> str:
    """Who is not in the contest of a cell, and why."""
    small = [key for key, one in cell["designs"].items() if one["smaller"]]
    failed = sum(one["failed"] for one in cell["designs"].values())
    words = f" Smaller balloon: {', '.join(small)}." if small else ""
    return words + (f" {failed} runs failed." if failed else "")
