"""``fragscope stress-highalloc``: the benchmark behind the only published figures.

Designs and seeds run side by side in two threads: the core lets go of the interpreter.
"""

import argparse
import json
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from server.cli.common import (
    add_shared,
    compile_core,
    designs_of,
    profile_of,
    seed_of,
    whole_number,
)

_WORKERS = 2
MAX_SEEDS = 100
_STEP = 5  # percent between two lines of progress where stderr is no terminal


def add_stress(commands: Any) -> None:
    """Describe the command to argparse."""
    stress = commands.add_parser(
        "stress-highalloc",
        help="the benchmark of 2012: how many 2 MiB pages, while kernels are built",
        description="mmtests' stress-highalloc with a balloon that cycles; docs/HIGHALLOC.md.",
    )
    stress.add_argument(
        "--preset", required=True, metavar="NAME",
        help="v11 or v10: the cover letters' two; small: 256 MiB, seconds, for a first look",
    )  # fmt: skip
    add_shared(stress, "--seed", "--seeds", "--profile", "--designs", "--json")
    stress.set_defaults(run=run_stress, profile="2012")


class Progress:
    """Phase and share of it for every run under way, on stderr.

    Attributes:
        done: runs that are over.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._lock = threading.Lock()
        self._now: dict[str, tuple[str, int]] = {}
        self.done = 0

    def of(self, name: str) -> Callable[[str, float], None]:
        """What one run calls with its phase and the share of it that is over."""

        def told(phase: str, share: float) -> None:
            with self._lock:
                now = (phase, int(100 * share) // _STEP * _STEP)
                if self._now.get(name) != now:
                    self._now[name] = now
                    self._show(name)

        return told

    def over(self, name: str) -> None:
        """A run is over."""
        with self._lock:
            self._now.pop(name, None)
            self.done += 1
            self._show(name)

    def _show(self, name: str) -> None:
        if sys.stderr.isatty():
            parts = [f"{key} {phase} {share} %" for key, (phase, share) in self._now.items()]
            line = f"{self.done} of {self._total}: {'; '.join(parts)}"
            sys.stderr.write(f"\r\x1b[K{line[:160]}")
            if self.done == self._total:
                sys.stderr.write("\n")
        else:
            phase, share = self._now.get(name, ("finished", 100))
            sys.stderr.write(f"{name}: {phase} {share} %\n")
        sys.stderr.flush()


def run_all(
    preset: str, profile: str, keys: list[str], seeds: list[int], workers: int = _WORKERS
) -> dict[str, list[dict[str, Any]]]:
    """Run every design under every seed.

    Args:
        preset: a key of engine.stress.params.PRESETS.
        profile: ``2012`` or ``modern``.
        keys: designs.
        seeds: of builds and balloon.
        workers: runs side by side.

    Returns:
        Design key → one run for every seed.
    """
    from engine.stress.highalloc import HighallocRun
    from engine.stress.params import PRESETS

    params = PRESETS[preset]
    progress = Progress(len(keys) * len(seeds))

    def one(job: tuple[str, int]) -> dict[str, Any]:
        key, seed = job
        name = key if len(seeds) == 1 else f"{key}, seed {seed}"
        result = HighallocRun(key, params, seed, profile).run(progress.of(name))
        progress.over(name)
        return result

    jobs = [(key, seed) for key in keys for seed in seeds]
    with ThreadPoolExecutor(workers) as pool:
        results = list(pool.map(one, jobs))
    return {
        key: [result for (k, _), result in zip(jobs, results, strict=True) if k == key]
        for key in keys
    }


def run_stress(args: argparse.Namespace) -> int:
    """Run the command.

    Returns:
        The exit status.

    Raises:
        ValueError: bad input; one sentence.
    """
    from engine.core.precompile import BUILDS
    from engine.spread import seeds_from
    from engine.stress.params import PRESETS
    from engine.stress.table import combine, table
    from server.wire.config import MAX_SEED

    if args.preset not in PRESETS:
        raise ValueError(f"unknown preset {args.preset[:60]!r}: known are {', '.join(PRESETS)}")
    profile = profile_of(args)
    keys = designs_of(args)
    seed = seed_of(args)
    number = whole_number(args.seeds, "number of seeds", MAX_SEEDS, 1)
    seeds = list(seeds_from(seed, number, MAX_SEED))
    compile_core(BUILDS)
    runs = run_all(args.preset, profile, keys, seeds)
    answer = combine(args.preset, profile, seeds, runs)
    print(json.dumps(answer, allow_nan=False) if args.json else table(answer), flush=True)
    return 0
