"""What a sweep adds to the engine's own time, and how two workers compare with two processes.

    python -m benchmarks.bench_sweep [--runs 240] [--rounds 3]

The first ratio is of runs of a 1 GiB guest, one after the other in one process: engine alone, and
as a worker of a sweep does them, with result, digest and file. The second is of the same runs in
two processes of the engine that know nothing of each other, and in a sweep with two workers, both
from their start to their end, by the clock and in seconds of processors: the clock counts where
nothing else runs, processors say on a busy machine what the sweep adds. Each pair is measured in
turn, so that neighbours hit both alike.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from engine.core import engine_digest
from engine.guest import Guest
from engine.presets import make_synthetic
from engine.sweep.grid import SweepRun, grid_from_text
from engine.world import World, WorldConfig
from server.sweep.chunks import Chunk, SweepItem, play_chunk
from server.sweep.pools import LocalPool
from server.sweep.starts import guest_identity
from server.sweep.sweep import run_sweep

GRID = """
seeds = {seeds}
[values]
balloon = ["10%", "20%", "30%"]
[[guests]]
kind = "synthetic"
preset = "cycles"
size_mib = 1024
[[courses]]
name = "one"
ops = [["inflate", "$balloon"], ["churn", "100%"], ["compact"], ["huge", 2000]]
"""
A_SEED = 12  # runs: three balloons, four designs
MOST_COST = 1.1
LEAST_SHARE = 0.95


def engine_alone(base: Guest, run: SweepRun) -> int:
    """One run as anybody would write it; a number of it."""
    world = World(base, WorldConfig((run.design,), run.seed))
    world.run_until_idle()
    for command in run.course.commands(dict(run.values), run.guest.size_mib):
        world.apply(command)
        world.run_until_idle()
    return int(world.view(0).stat_dict()["huge_best"])


def cost_of_a_run(rounds: int) -> tuple[float, float]:
    """A worker's time for a run by the engine's own: wall clock, processor; medians of pairs."""
    runs = list(grid_from_text(GRID.format(seeds=1)).runs())
    base = make_synthetic("cycles", 1024, 1)
    wall, processor = [], []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds * len(runs) + 1):
            run = runs[number % len(runs)]
            commands = run.course.commands(dict(run.values), 1024)
            item = SweepItem(f"{number:032x}", run.design, "modern", commands)
            identity = guest_identity(run.guest)
            chunk = Chunk(engine_digest(), folder, run.guest, identity, 1, (item,))
            times = []
            for act in (
                lambda run=run: engine_alone(base, run),
                lambda chunk=chunk: play_chunk(chunk),
            ):
                start = time.perf_counter(), time.process_time()
                act()
                times.append((time.perf_counter() - start[0], time.process_time() - start[1]))
            if number:  # the first made the base and loaded the core
                wall.append(times[1][0] / times[0][0])
                processor.append(times[1][1] / times[0][1])
    return statistics.median(wall), statistics.median(processor)


def half(seeds: int, which: int) -> None:
    """One of two processes that know nothing of each other: every second seed."""
    bases: dict[int, Guest] = {}
    for run in grid_from_text(GRID.format(seeds=seeds)).runs():
        if run.seed % 2 != which:
            continue
        if run.seed not in bases:
            bases = {run.seed: make_synthetic("cycles", 1024, run.seed)}
        engine_alone(bases[run.seed], run)


def whole(seeds: int) -> None:
    """The same runs as a sweep with two workers."""
    with tempfile.TemporaryDirectory() as folder:
        run_sweep(GRID.format(seeds=seeds), Path(folder), LocalPool(2))


def seconds_of(*calls: list[str]) -> tuple[float, float]:
    """Seconds until processes of this file end, begun together; of the clock, of processors."""
    start = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "benchmarks.bench_sweep"]
    running = [subprocess.Popen([*command, *call]) for call in calls]
    for one in running:
        if one.wait():
            raise SystemExit("a process failed")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - start, used


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=240)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--half", type=int)
    parser.add_argument("--whole", action="store_true")
    args = parser.parse_args()
    seeds = max(2, args.runs // A_SEED // 2 * 2)
    if args.half is not None:
        half(seeds, args.half)
        return
    if args.whole:
        whole(seeds)
        return
    print(f"load {os.getloadavg()[0]:.1f} on {len(os.sched_getaffinity(0))} processors")
    wall, processor = cost_of_a_run(args.rounds)
    print(f"  a run of 1 GiB in a worker, by the engine's own time: {wall:.3f} by the clock, "
          f"{processor:.3f} of the processor (bound {MOST_COST})")  # fmt: skip
    shares, of_processors = [], []
    number = ["--runs", str(args.runs)]
    for _ in range(args.rounds):
        two = seconds_of([*number, "--half", "0"], [*number, "--half", "1"])
        sweep = seconds_of([*number, "--whole"])
        shares.append(two[0] / sweep[0])
        of_processors.append(two[1] / sweep[1])
        rate = seeds * A_SEED / sweep[0]
        print(f"  two processes {two[0]:.1f} s ({two[1]:.1f} of processors), "
              f"a sweep with two workers {sweep[0]:.1f} s ({sweep[1]:.1f}): "
              f"{two[0] / sweep[0]:.3f} of their speed, "
              f"{two[1] / sweep[1]:.3f} by processors, {rate:.1f} runs a second")  # fmt: skip
    print(f"  two workers reach {statistics.median(shares):.3f} of two processes by the clock, "
          f"{statistics.median(of_processors):.3f} by processors (bound {LEAST_SHARE}); "
          f"load {os.getloadavg()[0]:.1f}")  # fmt: skip


if __name__ == "__main__":
    main()
