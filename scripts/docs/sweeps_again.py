"""Maintainers: are the decided cells of a map confirmed by seeds that nobody has looked at?

    python -m scripts.docs.sweeps_again fix captured_again     # once, before anything is played
    python -m scripts.docs.sweeps captured_again
    python -m scripts.docs.sweeps_again judge captured_again

``fix`` writes what is claimed and how it is judged into sweeps/NAME/rule.json, out of the map that
is to be confirmed; ``judge`` writes sweeps/NAME/found.md. Nothing of the rule depends on the new
results.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from engine.sweep.contest import LEVEL, SAME_BALLOON, UNDECIDED, WON
from engine.sweep.grid import Grid, grid_from_text
from engine.sweep.table import rows_from_csv
from engine.sweep.winners import winners_map
from server.paths import sweeps_folder
from server.sweep.store import GRID, RESULTS

DECIDED = (WON, LEVEL)
AGAIN = "_again"
RULE, FOUND = "rule.json", "found.md"
ALPHA = 0.05
MOST_PAIRS = 20  # all 2^20 signs are tried
WORDS = [
    "A claim is a cell that the first map calls won or level; undecided cells claim nothing.",
    "Fresh seeds: those of grid.toml, none of which was played before this file was committed. "
    "All runs count; nothing is added, left out or played again.",
    "The margin is the first map's, its share taken of the leader's mean under the fresh seeds.",
    "Won, and level over those beaten: the paired differences of each leader, less the margin, are "
    "over 0. Level: those between the first leader and each other are within the margin on both "
    "sides.",
    "Test: exact, of all signs that the paired values could have (one-sided; no distribution is "
    "assumed but symmetry). A claim is as sure as the worst of its comparisons.",
    "Alpha is 0.05 over all claims of the folder together, by Holm's steps.",
    "A leader that fails, or ends with a balloon over 2 % smaller than the largest, loses its "
    "claim; a rival that does is beaten.",
]


def sweep_of(name: str) -> tuple[Grid, list[dict[str, Any]]]:
    """Grid and rows of a published sweep."""
    home = sweeps_folder() / name
    grid = grid_from_text((home / GRID).read_text("utf-8"))
    return grid, rows_from_csv((home / RESULTS).read_text("utf-8"))


def claims_of(name: str) -> list[dict[str, Any]]:
    """The decided cells of a map: where, which state, who leads, who is beaten."""
    grid, rows = sweep_of(name)
    cells = [cell for line in winners_map(grid, rows)["cells"] for cell in line]
    return [
        {"at": cell["at"], "state": cell["state"], "leaders": cell["leaders"],
         "beaten": [key for key in grid.designs if key not in cell["leaders"]]}
        for cell in cells if cell["state"] in DECIDED
    ]  # fmt: skip


def chance_of(values: Sequence[float]) -> float:
    """The share of all signs under which the sum of values is at least what it is.

    Args:
        values: symmetric about 0 or below it, if what is claimed is wrong; 20 at most.
    """
    if not 0 < len(values) <= MOST_PAIRS:
        raise ValueError(f"{len(values)} pairs: 1 to {MOST_PAIRS} can be tried")
    sums = np.zeros(1)
    for value in map(abs, values):
        sums = np.concatenate((sums + value, sums - value))
    return float(np.mean(sums >= sum(values) - 1e-9))


def chance_of_claim(
    claim: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], grid: Grid
) -> float:
    """How likely such numbers are where a claim is wrong: the worst of its comparisons.

    Args:
        claim: as claims_of gives it.
        rows: of the cell, under fresh seeds.
        grid: its judge and designs.
    """
    judge = grid.judge
    numbers: dict[str, dict[Any, float]] = {key: {} for key in grid.designs}
    balloons: dict[str, list[float]] = {key: [] for key in grid.designs}
    for row in rows:
        if not row["error"]:
            numbers[row["design"]][row["seed"]] = row[judge.stat]
            balloons[row["design"]].append(row["balloon_actual"])
    size = {key: fmean(found) if found else 0.0 for key, found in balloons.items()}
    if not all(numbers[key] for key in claim["leaders"]):
        return 1.0
    out = {key for key in size if size[key] < SAME_BALLOON * max(size.values())}
    if out & set(claim["leaders"]):
        return 1.0
    first, *level = claim["leaders"]
    leader_mean = fmean(numbers[first].values())
    margin = max(judge.margin, judge.margin_percent * abs(leader_mean) / 100)
    sign = 1 if judge.better == "high" else -1
    chances = []
    for leader in claim["leaders"]:
        for rival in claim["beaten"]:
            if rival not in out:
                leads = _paired(numbers[leader], numbers[rival], sign)
                chances.append(chance_of([lead - margin for lead in leads]))
    for other in level:
        leads = _paired(numbers[first], numbers[other], sign)
        chances += [chance_of([margin - lead for lead in leads]),
                    chance_of([margin + lead for lead in leads])]  # fmt: skip
    return max(chances)


def _paired(first: Mapping[Any, float], second: Mapping[Any, float], sign: int) -> list[float]:
    return [sign * (first[seed] - second[seed]) for seed in sorted(first) if seed in second]


def confirmed_by_holm(chances: Sequence[float], alpha: float) -> list[bool]:
    """Which claims stand if no wrong one may, but with the chance alpha over all of them."""
    stands = [False] * len(chances)
    order = sorted(range(len(chances)), key=lambda i: chances[i])
    for step, i in enumerate(order):
        if chances[i] > alpha / (len(chances) - step):
            break
        stands[i] = True
    return stands


def fix(name: str) -> Path:
    """Write the rule of a folder; refuses where there is one, or results."""
    home = sweeps_folder() / name
    for present in (RULE, RESULTS):
        if (home / present).exists():
            raise SystemExit(f"{name}: {present} is there; a rule is fixed once, beforehand")
    first = name.removesuffix(AGAIN)
    grid, old = grid_from_text((home / GRID).read_text("utf-8")), sweep_of(first)[0]
    if set(grid.seeds) & set(old.seeds):
        raise SystemExit(f"{name}: its seeds are not fresh")
    if winners_map(grid, [])["pooled"]:
        raise SystemExit(f"{name}: a pair is a seed here, and there is a third axis")
    rule = {"confirms": first, "alpha": ALPHA, "rule": WORDS, "claims": claims_of(first)}
    (home / RULE).write_text(json.dumps(rule, indent=1) + "\n", "utf-8")
    return home / RULE


def judged(name: str) -> list[tuple[dict[str, Any], float, bool, dict[str, Any]]]:
    """Every claim with its chance, whether it is confirmed, and the cell under fresh seeds."""
    rule = json.loads((sweeps_folder() / name / RULE).read_text("utf-8"))
    grid, rows = sweep_of(name)
    cells = {
        tuple(sorted(cell["at"].items())): cell
        for line in winners_map(grid, rows)["cells"] for cell in line
    }  # fmt: skip
    claims = rule["claims"]
    chances = []
    for claim in claims:
        here = [row for row in rows if all(row[k] == v for k, v in claim["at"].items())]
        chances.append(chance_of_claim(claim, here, grid))
    stands = confirmed_by_holm(chances, rule["alpha"])
    found = [cells[tuple(sorted(claim["at"].items()))] for claim in claims]
    return list(zip(claims, chances, stands, found, strict=True))


def found_text(name: str) -> str:
    """found.md of a folder: all of it is made of the rule and the results."""
    rule = json.loads((sweeps_folder() / name / RULE).read_text("utf-8"))
    first = rule["confirms"]
    grid, rows = sweep_of(name)
    every = judged(name)
    stood = sum(stands for _, _, stands, _ in every)
    now = {_place(c["at"]): c for line in winners_map(grid, rows)["cells"] for c in line}
    old_grid, old_rows = sweep_of(first)
    before = {_place(c["at"]): c for line in winners_map(old_grid, old_rows)["cells"] for c in line}
    claimed = {_place(claim["at"]) for claim, _, _, _ in every}
    as_claimed = sum(_result(claim) == _result(cell) for claim, _, _, cell in every)
    # What the first map says today is not what was claimed: both may have been played anew since.
    same = sum(_result(before[at]) == _result(now[at]) for at in before)
    unclaimed = before.keys() - claimed
    closed = sum(now[at]["state"] in DECIDED for at in unclaimed)
    lines = [
        f"# {grid.title}",
        "",
        f"Written by a script out of `rule.json` and `results.csv`. The map `{first}` was made "
        f"while results were looked at; its {len(every)} decided cells were then made claims, "
        f"fixed with their test before one of these {len(rows):,} runs was played, under "
        f"{len(grid.seeds)} seeds that nobody had seen ({min(grid.seeds)} to {max(grid.seeds)}).",
        "",
        f"- **{stood} of {len(every)} claims are confirmed** (exact test of signs, alpha "
        f"{rule['alpha']} over all of them together, by Holm's steps).",
        f"- By the map's own rule, which asks more of a cell alone, {as_claimed} of the "
        f"{len(every)} come out as they were claimed.",
        f"- Of the {len(unclaimed)} cells that were undecided and claim nothing, the fresh seeds "
        f"decide {closed}; nothing follows.",
        f"- The first map as it is today, of its own seeds and the same version of the simulator, "
        f"says the same of {same} of all {len(before)} cells.",
        "",
        "## Each claim",
        "",
        "What was claimed; what the map says under fresh seeds, if that differs; how likely such "
        "numbers would be if the claim were wrong.",
        "",
    ]
    designs = len(grid.designs)
    for claim, chance, stands, cell in every:
        where = ", ".join(f"{key} {value}" for key, value in claim["at"].items())
        said, now_said = _said(claim, designs), _said(cell, designs)
        other = "" if said == now_said else f" Now: {now_said}."
        verdict = "confirmed" if stands else "**not confirmed**"
        lines.append(f"- {where}: {said}.{other} {chance:.2g}, {verdict}.")
    lines += ["", "## The rule, as it was fixed", "", *(f"- {words}" for words in rule["rule"])]
    return "\n".join(lines) + "\n"


def _result(cell: Mapping[str, Any]) -> tuple[str, set[str]]:
    return cell["state"], set(cell["leaders"])


def _place(at: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(sorted(at.items()))


def _said(cell: Mapping[str, Any], designs: int) -> str:
    leaders = cell["leaders"]
    ordered = [leaders[0], *sorted(leaders[1:])] if cell["state"] == UNDECIDED else sorted(leaders)
    names = "all" if len(leaders) == designs else ", ".join(f"`{key}`" for key in ordered)
    return f"{names} {'wins' if cell['state'] == WON else cell['state']}"


def main() -> None:
    """Fix a rule, or judge by it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("act", choices=("fix", "judge"))
    parser.add_argument("names", metavar="NAME", nargs="+")
    args = parser.parse_args()
    for name in args.names:
        if args.act == "fix":
            print(fix(name))
        else:
            (sweeps_folder() / name / FOUND).write_text(found_text(name), "utf-8")
            print(f"{name}: {sum(stands for _, _, stands, _ in judged(name))} confirmed")


if __name__ == "__main__":
    main()
