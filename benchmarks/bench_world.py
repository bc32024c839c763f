"""How long a tick of four designs takes, and what a guest costs in memory.

    python -m benchmarks.bench_world [--size-mib 4096] [--large]

Prints one line a phase: median and slowest tick while the phase lasts. The bound for four designs
at 4 GiB is 20 ms a tick. `--large` also makes, inflates and compacts a 64 GiB guest (about 2 GiB
of memory).
"""

from __future__ import annotations

import argparse
import statistics
import time

from engine import commands as c
from engine import units as u
from engine.designs import DEFAULT_DESIGNS
from engine.presets import make_synthetic
from engine.world import World, WorldConfig

BOUND_MS = 20.0
MAX_TICKS = 3000


def ticks(world: World, nr: int) -> list[float]:
    """Milliseconds of each tick until the world is idle, at most ``nr``."""
    times = []
    while world.busy() and len(times) < nr:
        start = time.perf_counter()
        world.step()
        times.append(1000 * (time.perf_counter() - start))
    return times


def report(name: str, times: list[float]) -> float:
    """Print one line; the median."""
    if not times:
        print(f"  {name:24} nothing to do")
        return 0.0
    median, slowest = statistics.median(times), max(times)
    print(f"  {name:24} {len(times):6} ticks, median {median:7.3f} ms, slowest {slowest:7.2f} ms")
    return median


def phases(size_mib: int, preset: str) -> float:
    """Run the usual commands on one guest size; the largest median."""
    start = time.perf_counter()
    base = make_synthetic(preset, size_mib, 1)
    made = time.perf_counter()
    world = World(base, WorldConfig(DEFAULT_DESIGNS))
    copied = time.perf_counter()
    nr_bytes = sum(array.nbytes for array in world.guest(0))
    print(f"{size_mib} MiB, {preset}, designs {', '.join(DEFAULT_DESIGNS)}")
    print(f"  made in {made - start:.2f} s, copied for four designs in {copied - made:.2f} s")
    print(f"  {nr_bytes / world.nr_pages:.2f} bytes a page and design (bound 24)")
    tenth = u.mib_to_pages(size_mib) // 10
    medians = [report("settling", ticks(world, MAX_TICKS))]
    for name, command in (
        ("inflate by a tenth", c.BalloonInflate(tenth)),
        ("compact", c.CompactMemory()),
        ("huge pages", c.TakeHugePages(u.mib_to_pages(size_mib) >> u.PAGEBLOCK_ORDER)),
        ("workload, 256 a tick", c.SetWorkload(True, 256)),
    ):
        world.apply(command)
        medians.append(report(name, ticks(world, 300 if "workload" in name else MAX_TICKS)))
    start = time.perf_counter()
    for i in range(len(world.keys)):
        world.view(i)
    print(f"  views of four designs    {1000 * (time.perf_counter() - start):.2f} ms")
    return max(medians)


def main() -> int:
    """Exit status 1 if the bound is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size-mib", type=int, default=4096)
    parser.add_argument("--preset", default="tight")
    parser.add_argument("--large", action="store_true", help="also 64 GiB")
    args = parser.parse_args()
    make_synthetic("tight", 256, 1)  # load or compile the core before any clock runs
    warm = World(make_synthetic("tight", 256, 1), WorldConfig(DEFAULT_DESIGNS))
    for command in (c.BalloonInflate(1000), c.SetWorkload(True)):
        warm.apply(command)
        warm.step()
    warm.view(0)
    worst = phases(args.size_mib, args.preset)
    share = worst / BOUND_MS
    print(f"  worst median {worst:.2f} ms: {share:.2f} of the bound of {BOUND_MS:.0f} ms")
    if args.large:
        phases(65536, args.preset)
    return int(worst > BOUND_MS)


if __name__ == "__main__":
    raise SystemExit(main())
