"""Maintainers: measure how far our predictions are from a real kernel, and publish it.

    make fidelity                             # docs/FIDELITY.md, its picture, README,
                                              # examples/fidelity.json
    python -m scripts.docs.fidelity --check   # exit status 1 if one of them would change

Your own recordings are scored by `fragscope fidelity FOLDER`.

A score below the published one is not written unless --accept-drop is given: it is a loss to be
explained. The rule stands in engine/recordings/score.py. examples/fidelity.json, for the page:

    {"summary": {CLASS: COUNT…, "median_error": share, "ceiling": COUNT, "seeds": [seed…]},
     "scenarios": {NAME: {…COUNT, "ops": [[name, number]…], "designs": {KEY: [STEP…]}}}}

COUNT is {"inside", "total"}; CLASS is "all", a quantity, or "blocks after compact". A STEP is
{QUANTITY: {"kernel": [one a run], "band", "ours", "inside", "low", "high"}}: ours under the first
seed, lowest and highest over all of them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.recordings.measure import Measured, everything
from engine.recordings.score import BLOCKS_AFTER_COMPACT, Score, score
from scripts.docs.fidelity_parts import SEEDS, document_parts, of, part, readme_part, under_seeds
from scripts.docs.fidelity_plot import plot
from scripts.docs.generated import with_parts
from server.cli.fidelity import score_line

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "FIDELITY.md"
README = ROOT / "README.md"
PICTURE = ROOT / "docs" / "img" / "fidelity.svg"
FIGURES = ROOT / "examples" / "fidelity.json"
EXAMPLES = ("runs", "tight", "roomy", "cycles", "pressure", "large", "rest", "separate")
LEAST = {"all": 0.85, "huge": 0.75, BLOCKS_AFTER_COMPACT: 0.75}  # what is asked of the examples


def measured(name: str) -> Measured:
    """One example under all seeds."""
    return under_seeds(ROOT / "examples" / name)


def _count(counts: tuple[int, int]) -> dict[str, int]:
    return {"inside": counts[0], "total": counts[1]}


def _step(scenario: Measured, key: str, step: int) -> dict[str, Any]:
    """Quantities of one step of one design."""
    out = {}
    for same in zip(*scenario.judged, strict=True):
        one = same[0]
        if (one.design, one.step) != (key, step):
            continue
        values = [j.ours for j in same if j.ours is not None]
        out[one.quantity] = {
            "kernel": [round(value, 4) for value in one.kernel],
            "band": round(one.band, 4),
            "ours": None if one.ours is None else round(one.ours, 4),
            "inside": one.inside,
            "low": round(min(values), 4) if values else None,
            "high": round(max(values), 4) if values else None,
        }
    return out


def figures(scenarios: Sequence[Measured]) -> str:
    """The JSON file; its form stands at the top of this file."""
    total = score(everything(scenarios))
    itself = score([one for scenario in scenarios for one in scenario.against_itself])
    summary = {
        **{name: _count(counts) for name, counts in total.counts.items()},
        "median_error": round(total.median_error, 5),
        "ceiling": _count(itself.counts["all"]),
        "seeds": list(SEEDS),
    }
    named = {}
    for scenario in scenarios:
        recording = scenario.recording
        named[scenario.name] = {
            **_count(score(scenario.judged[0]).counts["all"]),
            "ops": [[name, *([n] if n else [])] for name, n in recording.ops],
            "designs": {
                key: [_step(scenario, key, i) for i in range(len(recording.ops))]
                for key in recording.runs
            },
        }
    return json.dumps({"summary": summary, "scenarios": named}, indent=1) + "\n"


def outputs(scenarios: Sequence[Measured]) -> dict[Path, str]:
    """Every file that is written, with its content."""
    judged = everything(scenarios)
    inside, total = score(judged).counts["all"]
    title = f"fragscope against Linux 6.12: {inside} of {total} quantities in the band"
    return {
        DOCUMENT: with_parts(DOCUMENT.read_text(encoding="utf-8"), document_parts(scenarios)),
        README: with_parts(README.read_text(encoding="utf-8"), {"score": readme_part(scenarios)}),
        PICTURE: plot(judged, title),
        FIGURES: figures(scenarios),
    }


def published() -> dict[str, tuple[int, int]]:
    """The score that examples/fidelity.json gives; empty where there is none yet."""
    if not FIGURES.exists():
        return {}
    summary = json.loads(FIGURES.read_text(encoding="utf-8"))["summary"]
    return {name: (summary[name]["inside"], summary[name]["total"]) for name in LEAST}


def drops(found: Score, before: dict[str, tuple[int, int]]) -> list[str]:
    """What has become worse, one sentence each."""
    return [
        f"{name}: {of(found, name)} in the band, published are {part(before[name])}"
        for name in before
        if found.share(name) < before[name][0] / before[name][1]
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, then write or check."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 if stale")
    parser.add_argument("--accept-drop", action="store_true", help="publish a lower score")
    args = parser.parse_args(arguments)
    scenarios = []
    for name in EXAMPLES:
        scenarios.append(measured(name))
        print(f"{name}: {score_line(score(scenarios[-1].judged[0]))}", flush=True)
    found = score(everything(scenarios))
    print(f"all: {score_line(found)}")
    files = outputs(scenarios)
    stale = [p for p, text in files.items() if not p.exists() or p.read_text() != text]
    if args.check:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is stale: make fidelity writes it")
        return int(bool(stale))
    worse = drops(found, published())
    if worse and not args.accept_drop:
        print("not written:", "; ".join(worse), "(--accept-drop publishes it)")
        return 1
    for path in stale:
        path.write_text(files[path], encoding="utf-8")
        print(f"{path.relative_to(ROOT)} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
