"""Maintainers: stress-highalloc over many seeds, for docs/HIGHALLOC.md and the page.

    python -m scripts.docs.highalloc                  # 20 seeds of both presets, every design
    python -m scripts.docs.highalloc --vary           # each estimated number, 30 % less and more
    python -m scripts.docs.highalloc --profile 2012+3.14   # pinned and hook, with that repair
    python -m scripts.docs.highalloc --render         # only docs/HIGHALLOC.md and its picture

`make soak` runs the first. One run, or a few, is `fragscope stress-highalloc`.

A run that stands in the file under the same engine is not repeated, so an interrupted soak goes on
where it was. It writes
examples/stress-highalloc.json:

    {"profile", "made_by": {"presets", "repaired", "variation": digest of the engine's sources},
     "published": {PRESET: {DESIGN: [3]}},
     "presets": {PRESET: {"seeds": [seed…], "designs": {DESIGN: {NUMBER: [one a seed]}}}},
     "variation": {PRESET: {NAME: {"-30" or "30": {DESIGN: {PASS: [one a seed]}}}}},
     "variation_base": {PRESET: {DESIGN: {PASS: [one a seed]}}}, the same seeds unchanged,
     "repaired": as "presets", under profile 2012+3.14}
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.kernels import KERNELS, LINUX_2012, REPAIRED
from engine.stress.params import ESTIMATED, STRESS_PRESETS, HighallocParams, with_change
from engine.stress.phases import PASSES
from engine.stress.summary import PUBLISHED_SCORES
from scripts.docs.highalloc_parts import render
from server.cli import stress

ROOT = Path(__file__).resolve().parents[2]
FIGURES = ROOT / "examples" / "stress-highalloc.json"
# The literal reading of dedicated_block gathers after a compact_memory command only. Nobody gives
# one here, so it is pinned, page by page; the mail names reclaim as an occasion, too.
DESIGNS = (
    "pinned",
    "lru_hook",
    "separate_pass",
    "dedicated_block:reclaim",
    "dedicated_block:prevent",
)
VARIED_DESIGNS = ("pinned", "lru_hook")
CHANGES = (-30, 30)

# Rooms of the engine that no run enters.
_ELSEWHERE = {"capture", "race", "recordings", "scenarios", "trace"}

Job = tuple[str, str, int, str, int]  # preset, design, seed, name of a varied number, percent


def engine_digest() -> str:
    """Digest of every source file that decides a run."""
    digest = hashlib.blake2b(digest_size=10)
    for path in sorted((ROOT / "engine").rglob("*.py")):
        if not _ELSEWHERE & set(path.relative_to(ROOT).parts):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def params_of(job: Job) -> HighallocParams:
    """Parameters of one run."""
    preset, _, _, name, percent = job
    return with_change(STRESS_PRESETS[preset], name, percent) if name else STRESS_PRESETS[preset]


def key_of(job: Job) -> str:
    """A run's name in the store."""
    return "/".join(map(str, job))


class Store:
    """Finished runs, kept beside the figures while a soak is under way.

    Attributes:
        runs: key of a job → its numbers.
    """

    def __init__(self, path: Path, profile: str) -> None:
        self._path = path
        self._head = {"engine": engine_digest(), "profile": profile}
        self.runs: dict[str, dict[str, Any]] = {}
        if path.exists():
            old = json.loads(path.read_text(encoding="utf-8"))
            if {k: old[k] for k in self._head} == self._head:
                self.runs = old["runs"]

    def add(self, key: str, result: dict[str, Any]) -> None:
        """Keep one run, on disk at once."""
        self.runs[key] = result
        text = json.dumps({**self._head, "runs": self.runs})
        partial = self._path.with_suffix(".part")
        partial.write_text(text, encoding="utf-8")
        partial.replace(self._path)


def jobs_of(seeds: int, vary: bool, designs: tuple[str, ...] = DESIGNS) -> Iterator[Job]:
    """Every run, seed by seed, so that an early end leaves whole seeds."""
    if vary:
        for name in ESTIMATED:
            for percent in CHANGES:
                for seed in range(1, seeds + 1):
                    for design in VARIED_DESIGNS:
                        yield "v11", design, seed, name, percent
        return
    for seed in range(1, seeds + 1):
        for preset in PUBLISHED_SCORES:
            for design in designs:
                yield preset, design, seed, "", 0


def run_jobs(jobs: list[Job], store: Store, profile: str, workers: int) -> None:
    """Run what is not in the store yet."""
    todo = [job for job in jobs if key_of(job) not in store.runs]
    runs = [stress.Job(key_of(job), job[1], params_of(job), job[2], profile) for job in todo]
    stress.run_jobs(runs, lambda run, result: store.add(run.label, result), workers)


def gather(runs: dict[str, dict[str, Any]], figures: dict[str, Any]) -> None:
    """Put runs into the form of the file.

    Args:
        runs: of a store.
        figures: the file's content; presets and variation are replaced where there are runs.
    """
    presets: dict[str, Any] = {}
    variation: dict[str, Any] = {}
    for key, result in runs.items():
        preset, design, seed, name, percent = key.split("/")
        if name:
            place = variation.setdefault(preset, {}).setdefault(name, {}).setdefault(percent, {})
            numbers = {p: result[p] for p in PASSES}
        else:
            one = presets.setdefault(preset, {"seeds": [], "designs": {}})
            if int(seed) not in one["seeds"]:
                one["seeds"].append(int(seed))
            place = one["designs"]
            numbers = result
        for field, value in numbers.items():
            place.setdefault(design, {}).setdefault(field, []).append(value)
    if presets:
        figures["presets"] = presets
    if variation:
        figures["variation"] = variation


def base_of(figures: dict[str, Any], seeds: int) -> dict[str, Any]:
    """What the varied runs are compared with: the same seeds, no number changed."""
    return {
        preset: {
            design: {name: figures["presets"][preset]["designs"][design][name][:seeds]
                     for name in PASSES}
            for design in VARIED_DESIGNS
        }
        for preset in figures["variation"]
    }  # fmt: skip


def main() -> int:
    """The command line; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--profile", default=LINUX_2012.name, choices=tuple(KERNELS))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--vary", action="store_true")
    parser.add_argument("--render", action="store_true")
    parser.add_argument("--figures", type=Path, default=FIGURES)
    args = parser.parse_args()
    if args.vary and args.profile == REPAIRED.name:
        parser.error(f"--vary is not for profile {REPAIRED.name}")
    figures = json.loads(args.figures.read_text("utf-8")) if args.figures.exists() else {}
    if not args.render:
        cache = ROOT / ".cache"
        cache.mkdir(exist_ok=True)
        kind = "vary" if args.vary else "seeds"
        store = Store(cache / f"stress-highalloc-{args.profile}-{kind}.json", args.profile)
        repaired = args.profile == REPAIRED.name
        if args.vary and figures.get("made_by", {}).get("presets") != engine_digest():
            print("the unchanged seeds are of another engine: run without --vary", file=sys.stderr)
            return 1
        designs = VARIED_DESIGNS if repaired else DESIGNS
        jobs = list(jobs_of(args.seeds, args.vary, designs))
        run_jobs(jobs, store, args.profile, args.workers)
        wanted = {key_of(job) for job in jobs}
        made: dict[str, Any] = {}
        gather({key: run for key, run in store.runs.items() if key in wanted}, made)
        part = "repaired" if repaired else "variation" if args.vary else "presets"
        figures[part] = made["variation" if args.vary else "presets"]
        figures.setdefault("made_by", {})[part] = engine_digest()
        if args.vary:
            figures["variation_base"] = base_of(figures, args.seeds)
        elif not repaired:
            figures["profile"] = args.profile
        figures["published"] = {
            p: {d: list(x) for d, x in y.items()} for p, y in PUBLISHED_SCORES.items()
        }
        text = json.dumps(figures, separators=(",", ":")).replace('},"', '},\n"') + "\n"
        args.figures.write_text(text, encoding="utf-8")
    if args.figures == FIGURES:
        render(figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
