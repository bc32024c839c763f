"""Maintainers: the score by kind of machine, from recordings/, for docs/FIDELITY.md.

    python -m scripts.docs.kinds            # some minutes
    python -m scripts.docs.kinds --check    # exit status 1 if the document would change

A recording there says of which kind it is, and whether somebody looked at it while the model was
worked on ("train") or it was scored only afterwards ("held-out"). Figures are the mean of several
seeds, since one draws where between two clock ticks a command begins, and whole runs of kswapd hang
on that.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean, median

from engine.recordings.measure import Measured, everything
from engine.recordings.score import BLOCKS_AFTER_COMPACT, Judgement, Score, score
from scripts.docs.fidelity_parts import SEEDS, of, part, under_seeds
from scripts.docs.generated import with_parts

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "FIDELITY.md"
KINDS = {
    "plain": "as the examples, on a host twice as fast",
    "again": "the recipes of `pressure` and `runs` once more, on a host whose speed varied",
    "four": "two large zones, 3.5 and 4 GiB",
    "rest": "20 s of rest between commands",
    "mixed": "long rounds of inflation, deflation and compaction",
    "two-cpus": "two CPUs",
    "nodes": "two NUMA nodes, one CPU",
    "separate": "`separate_pass`, as a kernel module does it",
    "thp": "transparent huge pages for the workload",
    "dirty": "dirty page cache",
}
IN_EXAMPLES = {"rest": "rest", "separate": "separate"}  # recordings that are examples, too
CLASSES = ("all", "huge", BLOCKS_AFTER_COMPACT)
OURS = "In the band | 2 MiB pages | Free 2 MiB blocks after a compaction"
MEDIANS = "Median of the seeds: in the band | 2 MiB pages | Free 2 MiB blocks"
ITSELF = "The kernel against itself |"
KINDS_HEAD = (f"| Kind | Recordings | {OURS} | {MEDIANS} | {ITSELF}", "|" + " --- |" * 9)
HEAD = (f"| Kind | Recording | Seen while working | {OURS} | {ITSELF}", "|" + " --- |" * 7)


def recordings() -> list[tuple[str, bool, Path]]:
    """Kind, whether it was held out, folder; in the order of KINDS."""
    found = [(kind, False, ROOT / "examples" / name) for kind, name in IN_EXAMPLES.items()]
    for result in (ROOT / "recordings").glob("*/result.json"):
        scenario = json.loads(result.read_text(encoding="utf-8"))["scenario"]
        found.append((scenario["kind"], scenario["use"] == "held-out", result.parent))
    return sorted(found, key=lambda one: (list(KINDS).index(one[0]), one[1], one[2].name))


def mean_of(scores: Sequence[Score], name: str) -> str:
    """How many of a class are in the band, in the mean of the seeds."""
    counts = [each.counts.get(name, (0, 0)) for each in scores]
    return part((fmean(number for number, _ in counts), counts[0][1]))


def medians(measured: Sequence[Measured]) -> list[Judgement]:
    """Every quantity once, its prediction the median of those under the seeds."""
    under = [everything(measured, i) for i in range(len(SEEDS))]
    found = []
    for each in zip(*under, strict=True):
        ours = [one.ours for one in each if one.ours is not None]
        found.append(replace(each[0], ours=median(ours) if ours else None))
    return found


def means(measured: Sequence[Measured]) -> str:
    """Cells of some recordings together: the classes, in the mean of the seeds."""
    ours = [score(everything(measured, i)) for i in range(len(SEEDS))]
    return " | ".join(mean_of(ours, name) for name in CLASSES)


def itself(measured: Sequence[Measured]) -> str:
    """Cell of some recordings together: each run of the kernel judged by the others."""
    return of(score([one for each in measured for one in each.against_itself]), "all")


def row(kind: str, held_out: bool, one: Measured) -> str:
    """The line of one recording."""
    seen = "no" if held_out else "yes"
    return f"| {KINDS[kind]} | `{one.name}` | {seen} | {means([one])} | {itself([one])} |"


def kind_row(kind: str, measured: Sequence[Measured]) -> str:
    """The line of a kind: the sum over its recordings."""
    names = ", ".join(f"`{one.name}`" for one in measured)
    middle = score(medians(measured))
    cells = " | ".join(of(middle, name) for name in CLASSES)
    return f"| {KINDS[kind]} | {names} | {means(measured)} | {cells} | {itself(measured)} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, then write or check."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 if stale")
    args = parser.parse_args(arguments)
    rows = list(HEAD)
    by_kind: dict[str, list[Measured]] = {}
    for kind, held_out, folder in recordings():
        one = under_seeds(folder)
        by_kind.setdefault(kind, []).append(one)
        rows.append(row(kind, held_out, one))
        print(rows[-1], flush=True)
    sums = [*KINDS_HEAD, *(kind_row(kind, some) for kind, some in by_kind.items())]
    print("\n".join(sums))
    text = DOCUMENT.read_text(encoding="utf-8")
    new = with_parts(text, {"kinds": sums, "recordings": rows})
    if args.check:
        return int(new != text)
    DOCUMENT.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
