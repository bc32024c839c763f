"""Maintainers: how often a real kernel's outcome lies in the range of drawn guests (REPORTS.md).

Each example's capture is stripped to its text, guests are drawn from it, the recorded operations
are played, and free 2 MiB pieces or huge pages are held against what the kernel did.
"""

import json
import sys
from pathlib import Path
from typing import Any

from engine.capture.drawn import check_drawable, draw_guest
from engine.capture.text import parse_buddyinfo
from engine.indices import contig_pages
from engine.replay import Op, parse_ops, replay
from engine.report.read import read_report
from engine.units import PAGEBLOCK_ORDER
from server.paths import examples_folder

DRAWS = 3
DESIGNS = {"pinned": "pinned", "hook": "lru_hook"}  # recorded as → design


def real_value(op: Op, step: dict[str, Any]) -> int:
    """What the kernel had after a step: huge pages it gave, else its largest zone's pieces."""
    if op[0] == "huge":
        return int(step["got"][0])
    zones = parse_buddyinfo(step["buddyinfo"].encode())
    return max(contig_pages(counts, PAGEBLOCK_ORDER)[2] for counts in zones.values())


def drawn_value(op: Op, step: dict[str, Any]) -> int:
    """The same of a drawn guest."""
    if op[0] == "huge":
        return int(step["huge_pages"])
    return max(contig_pages(zone["counts"], PAGEBLOCK_ORDER)[2] for zone in step["zones"])


def check_example(folder: Path) -> list[tuple[bool, float]]:
    """Per design and step: whether a run of the kernel lies in the range, and the range's width."""
    record = json.loads((folder / "result.json").read_text())
    ops = parse_ops(record["scenario"]["ops"])
    moment = read_report(folder / "s1.tar.xz").moments[0]
    check_drawable(moment)
    played = [
        replay(draw_guest(moment, seed), list(DESIGNS.values()), ops, seed)["designs"]
        for seed in range(1, DRAWS + 1)
    ]
    out = []
    for recorded, key in DESIGNS.items():
        if recorded not in record["designs"]:
            continue  # an example of one design only
        for i, op in enumerate(ops):
            real = [real_value(op, run[i]) for run in record["designs"][recorded]]
            mine = [drawn_value(op, result[key][i]) for result in played]
            inside = any(min(mine) <= value <= max(mine) for value in real)
            middle = max(1.0, sum(real) / len(real))
            out.append((inside, (max(mine) - min(mine)) / middle))
            words = " ".join(map(str, op)).removesuffix(" 0")
            print(
                f"{folder.name:9} {key:9} {words:14} real {real} drawn {mine} {inside}", flush=True
            )
    return out


def main(names: list[str]) -> int:
    """Check the examples named, or all."""
    root = examples_folder()
    names = names or sorted(path.parent.name for path in root.glob("*/result.json"))
    found = [one for name in names for one in check_example(root / name)]
    width = sorted(width for _, width in found)[len(found) // 2]
    hits = sum(inside for inside, _ in found)
    print(f"{hits} of {len(found)} in the range; median width {width:.0%}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
