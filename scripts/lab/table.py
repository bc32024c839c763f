"""Maintainers: the model beside the real kernel, for docs/HIGHALLOC.md.

    python -m scripts.lab.table   # runs the model; writes examples/highalloc-kernel.json, the page

The file has what scripts/lab/highalloc.py recorded ("runs") and what the model makes of the same
rows ("model": {BALLOON: {SEED: {"pass1", "pass2", "rested", counters…}}}).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from statistics import fmean
from typing import Any

from engine.stress.highalloc import HighallocRun
from engine.stress.params import STRESS_PRESETS
from engine.stress.phases import PASSES
from scripts.docs.generated import with_parts
from scripts.docs.highalloc_parts import DOCUMENT, NAMES, ROOT, span

RESULTS = ROOT / "examples" / "highalloc-kernel.json"
PRESET = "lab"
PROFILE = "modern"
# Balloon of the real guest → key of the design.
DESIGN_OF: Mapping[str, str] = {
    "pinned": "pinned",
    "hook": "lru_hook",
    "prevent": "dedicated_block:prevent",
}
# What the table says, name in the kernel, name in a run of the model.
COUNTERS = (
    ("pages moved by compaction", "pgmigrate_success", "pages_moved"),
    ("of these balloon pages", "balloon_migrate", "balloon_pages_moved"),
    ("direct compactions", "compact_stall", "compact_stall"),
    ("of these successful", "compact_success", "compact_success"),
    ("reclaimed by kswapd", "pgsteal_kswapd", "kswapd_pages_reclaimed"),
    ("reclaimed directly", "pgsteal_direct", "direct_pages_reclaimed"),
    ("faults that got a huge page", "thp_fault_alloc", "thp_fault_alloc"),
    ("pages refused to the workload", "refused", "pages_refused"),
)


def _mean(runs: Mapping[str, Mapping[str, float]], name: str) -> str:
    """Mean of a counter over the seeds."""
    values = [run[name] for run in runs.values() if name in run]
    return f"{fmean(values):,.0f}" if values else "–"


def kernel_table(recorded: Mapping[str, Any]) -> list[str]:
    """The part ``kernel`` of docs/HIGHALLOC.md: scores by seed, then counters."""
    shown = [name for name in DESIGN_OF if recorded["runs"].get(name)]
    heads = [f"`{DESIGN_OF[name]}`, {who}" for name in shown for who in ("6.12", "model")]
    lines = [f"| | {' | '.join(heads)} |", "| --- |" + " --- |" * len(heads)]
    for name in PASSES:
        cells = []
        for balloon in shown:
            runs = recorded["runs"][balloon]
            model = recorded["model"][balloon]
            cells += [span([run[name] for run in runs.values()])]
            cells += [span([model[seed][name] for seed in runs])]
        lines.append(f"| {NAMES[name]} | {' | '.join(cells)} |")
    for label, theirs, ours in COUNTERS:
        cells = []
        for balloon in shown:
            cells += [_mean(recorded["runs"][balloon], theirs)]
            cells += [_mean(recorded["model"][balloon], ours)]
        lines.append(f"| {label} | {' | '.join(cells)} |")
    seeds = "; ".join(f"`{DESIGN_OF[n]}` {', '.join(recorded['runs'][n])}" for n in shown)
    return [*lines, "", f"Seeds: {seeds}. Scores: mean (lowest–highest), percent; counters: mean."]


def run_model(seeds: Mapping[str, list[str]]) -> dict[str, Any]:
    """The model's runs of the same rows, some seconds each."""
    params = STRESS_PRESETS[PRESET]
    return {
        balloon: {
            seed: HighallocRun(DESIGN_OF[balloon], params, int(seed), PROFILE).run()
            for seed in seeds[balloon]
        }
        for balloon in seeds
    }


def main() -> None:
    """Run the command."""
    recorded = json.loads(RESULTS.read_text(encoding="utf-8"))
    recorded["runs"] = {n: dict(sorted(recorded["runs"][n].items())) for n in DESIGN_OF}
    recorded["model"] = run_model({n: list(runs) for n, runs in recorded["runs"].items()})
    RESULTS.write_text(json.dumps(recorded, indent=1) + "\n", encoding="utf-8")
    text = DOCUMENT.read_text(encoding="utf-8")
    parts = {"kernel": kernel_table(recorded)}
    DOCUMENT.write_text(with_parts(text, parts), encoding="utf-8")


if __name__ == "__main__":
    main()
