"""``fragscope stress-highalloc``: the benchmark behind the only published figures.

Designs and seeds run side by side in two threads: the core releases the interpreter lock.
"""

import argparse
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from server.cli.common import (
    add_shared,
    compile_core,
    designs_of,
    profile_of,
    seed_of,
    show_json,
    whole_number,
)
from server.cli.progress import ProgressBar
from server.cli.table import Column, Table, show

if TYPE_CHECKING:
    from engine.stress.params import HighallocParams

WORKERS = 2


def add_stress(commands: Any) -> None:
    """Describe the command to argparse."""
    stress = commands.add_parser(
        "stress-highalloc",
        help="the benchmark of 2012: how many 2 MiB pages, while kernels are built",
        description="mmtests' stress-highalloc with a balloon that cycles; docs/HIGHALLOC.md.",
    )
    stress.add_argument(
        "--preset", required=True, metavar="NAME",
        help="v11 or v10: the cover letters' two; lab: 1 GiB, also run on a real 6.12; small: "
        "256 MiB, seconds, for a first look",
    )  # fmt: skip
    add_shared(stress, "--seed", "--seeds", "--profile", "--designs", "--json")
    stress.set_defaults(run=run_stress, profile="2012")


@dataclass(frozen=True)
class Job:
    """One run of the benchmark.

    Attributes:
        label: what progress calls it.
        design: key.
        params: of builds and balloon.
        seed: of builds and balloon.
        profile: a key of engine.kernels.KERNELS.
    """

    label: str
    design: str
    params: "HighallocParams"
    seed: int
    profile: str


class Phases:
    """Where each of several runs stands, as one line of progress.

    Attributes:
        done: runs that are over.
    """

    def __init__(self, total: int, progress: Callable[[str, int, int], None]) -> None:
        """Nothing runs yet.

        Args:
            total: runs.
            progress: told of every step of one percent.
        """
        self._total = total
        self._progress = progress
        self._lock = threading.Lock()
        self._now: dict[str, tuple[str, int]] = {}
        self.done = 0

    def of(self, label: str) -> Callable[[str, float], None]:
        """What one run calls with its phase and the share of it that is over."""

        def reached(phase: str, share: float) -> None:
            with self._lock:
                now = (phase, int(100 * share))
                if self._now.get(label) != now:
                    self._now[label] = now
                    self._tell()

        return reached

    def over(self, label: str) -> None:
        """A run is over."""
        with self._lock:
            self._now.pop(label, None)
            self.done += 1
            self._tell()

    def _tell(self) -> None:
        parts = [f"{label}: {phase} {share} %" for label, (phase, share) in self._now.items()]
        self._progress("; ".join(parts), self.done, self._total)


def run_jobs(
    jobs: Sequence[Job],
    finished: Callable[[Job, dict[str, Any]], None] = lambda *_: None,
    workers: int = WORKERS,
) -> list[dict[str, Any]]:
    """Run the benchmark several times, with progress on stderr.

    Args:
        jobs: what to run.
        finished: called with each job and its numbers, in the order of the jobs.
        workers: runs side by side; the core releases the interpreter lock.

    Returns:
        Scores and counters of each job.
    """
    from engine.stress.highalloc import HighallocRun

    runs = "run" if len(jobs) == 1 else f"{len(jobs)} runs"
    results = []
    with ProgressBar(f"stress-highalloc, {runs}") as progress, ThreadPoolExecutor(workers) as pool:
        phases = Phases(len(jobs), progress)

        def one(job: Job) -> dict[str, Any]:
            run = HighallocRun(job.design, job.params, job.seed, job.profile)
            result = run.run(phases.of(job.label))
            phases.over(job.label)
            return result

        for job, result in zip(jobs, pool.map(one, jobs), strict=True):
            finished(job, result)
            results.append(result)
    return results


def run_all(
    preset: str, profile: str, keys: list[str], seeds: list[int]
) -> dict[str, list[dict[str, Any]]]:
    """Run every design under every seed.

    Args:
        preset: a key of engine.stress.params.PRESETS.
        profile: a key of engine.kernels.KERNELS.
        keys: designs.
        seeds: of builds and balloon.

    Returns:
        Design key → one run for every seed.
    """
    from engine.stress.params import STRESS_PRESETS

    jobs = [
        Job(
            key if len(seeds) == 1 else f"{key}, seed {seed}",
            key,
            STRESS_PRESETS[preset],
            seed,
            profile,
        )
        for key in keys
        for seed in seeds
    ]
    results = iter(run_jobs(jobs))
    return {key: [next(results) for _ in seeds] for key in keys}


def _cell(value: Any) -> str:
    """A number, or a spread as ``mean (lowest-highest)``."""
    if isinstance(value, dict):
        return f"{value['mean']:g} ({value['lowest']:g}-{value['highest']:g})"
    return f"{value:g}" if isinstance(value, float) else str(value)


def stress_table(answer: dict[str, Any]) -> Table:
    """The answer for people: a column for each design, the published figures last.

    Args:
        answer: what engine.stress.summary.combine returned.
    """
    from engine.stress.phases import PASSES
    from engine.stress.summary import PUBLISHED_SCORES

    designs = answer["designs"]
    published = PUBLISHED_SCORES.get(answer["preset"], {})
    heads = [*designs, *(f"published {key}" for key in published)]
    rows = []
    for name in next(iter(designs.values())):
        ours = (_cell(run[name]) for run in designs.values())
        points = (p[PASSES.index(name)] if name in PASSES else "" for p in published.values())
        rows.append((name, *ours, *points))
    return Table([Column("", left=True, key=True), *(Column(head) for head in heads)], rows)


def run_stress(args: argparse.Namespace) -> int:
    """Run the command.

    Returns:
        The exit status.

    Raises:
        ValueError: bad input; one sentence.
    """
    from engine.errors import unknown_name
    from engine.spread import MAX_SEEDS, seeds_from
    from engine.stress.params import STRESS_PRESETS
    from engine.stress.summary import combine
    from server.wire.config import MAX_SEED

    if args.preset not in STRESS_PRESETS:
        raise unknown_name("preset", args.preset, STRESS_PRESETS)
    profile = profile_of(args)
    keys = designs_of(args)
    seed = seed_of(args)
    number = whole_number(args.seeds, "number of seeds", MAX_SEEDS, 1)
    seeds = list(seeds_from(seed, number, MAX_SEED))
    compile_core()
    runs = run_all(args.preset, profile, keys, seeds)
    answer = combine(args.preset, profile, seeds, runs)
    if args.json:
        show_json(answer)
    else:
        show(stress_table(answer))
    return 0
