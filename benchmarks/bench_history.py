"""How long an earlier tick takes to appear, after an hour of play.

    python -m benchmarks.bench_history [--size-mib 4096] [--minutes 60] [--workload-minutes 10]
        [--looks 100] [--budget-mib 1024] [--disk-mib 4096]

The hour is one of a class: a command every ten seconds (inflate, compact, take huge pages, deflate
and so on), and the workload running for ten minutes of it, at 60 ticks a second. Time in which
nothing changes has no ticks. Then random ticks are looked at, in random order, each until its views
are there; some of them also by a straight replay from the start, whose digests must be the same.
"""

from __future__ import annotations

import argparse
import itertools
import random
import resource
import statistics
import tempfile
import time
from pathlib import Path

from engine import commands as c
from engine import units as u
from engine.designs import DEFAULT_DESIGNS
from engine.history.history import History, Keeping
from engine.log import MAIN, Entry, play
from engine.presets import make_synthetic
from engine.world import World, WorldConfig
from server.journal.spill import Spill

BOUND_MS = {4096: 300.0, 65536: 8000.0}
TICKS_A_MINUTE = 3600
APART = 600  # ticks between two commands: ten seconds


def ms() -> float:
    """Milliseconds on the wall."""
    return 1000 * time.perf_counter()


def work() -> float:
    """The measure of work, as in the server: milliseconds of the processor."""
    return 1000 * time.thread_time()


def played(size_mib: int, minutes: int, workload_minutes: int) -> tuple[list[Entry], int]:
    """The log of so many minutes of play, and its last tick."""
    tenth = u.mib_to_pages(size_mib) // 10
    cycle = itertools.cycle([
        c.BalloonTarget(tenth), c.CompactMemory(), c.TakeHugePages(200), c.BalloonTarget(3 * tenth),
        c.CompactMemory(), c.DropCaches(), c.BalloonTarget(tenth // 2), c.DirectCompact(9),
    ])  # fmt: skip
    entries: list[Entry] = []
    end = minutes * TICKS_A_MINUTE
    bursts = {TICKS_A_MINUTE * (1 + (minutes - 1) * i // max(workload_minutes, 1))
              for i in range(workload_minutes)}  # fmt: skip
    for tick in range(0, end, APART):
        command: c.Command = next(cycle)
        if tick in bursts:
            command = c.SetWorkload(True, 256, TICKS_A_MINUTE)
        entries.append(Entry(len(entries) + 1, tick, command, False))
    return entries, end


def report(times: list[float], bound: float) -> float:
    """Print the figures of some looks; the 95th percentile."""
    ordered = sorted(times)
    high = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    print(
        f"  {len(times)} random ticks: median {statistics.median(times):.0f} ms, 95 % within"
        f" {high:.0f} ms, slowest {ordered[-1]:.0f} ms (bound {bound:.0f} ms for 95 %)"
    )
    return high


def main() -> int:
    """Exit status 1 if the bound is missed or a state is another."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size-mib", type=int, default=4096)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--workload-minutes", type=int, default=10)
    parser.add_argument("--looks", type=int, default=100)
    parser.add_argument("--straight", type=int, default=1, help="looks also made by plain replay")
    parser.add_argument("--spacing-ms", type=float, default=Keeping().spacing)
    parser.add_argument("--budget-mib", type=int, default=1024)
    parser.add_argument("--disk-mib", type=int, default=4096, help="for what does not fit")
    args = parser.parse_args()
    config = WorldConfig(DEFAULT_DESIGNS)
    base = make_synthetic("tight", args.size_mib, 1)
    entries, end = played(args.size_mib, args.minutes, args.workload_minutes)
    depot = Spill(Path(tempfile.gettempdir()))
    limits = Keeping(args.spacing_ms, args.budget_mib << 20, args.disk_mib << 20, depot)
    history = History(World(base, config), work, limits)
    history.learn(entries, end)
    begin, before = ms(), work()
    history.follow(lambda: True)
    followed, cost = ms() - begin, work() - before
    line = history.timelines[MAIN]
    print(
        f"{args.size_mib} MiB, {len(DEFAULT_DESIGNS)} designs, {len(entries)} commands, {end} ticks"
    )
    print(
        f"  followed in {followed / 1000:.1f} s, {cost / 1000:.1f} s of the processor, of which"
        f" replay {line.work / 1000:.1f} s; {len(line.nodes)} checkpoints in"
        f" {history.nbytes >> 20} MiB and {sum(n.away for n in line.nodes) >> 20} MiB on the disk"
    )
    rng = random.Random(1)
    times: list[float] = []
    works: list[float] = []
    for _ in range(args.looks):
        tick = rng.randrange(end + 1)
        begin, before = ms(), work()
        world = history.go(tick)
        for i in range(len(world.keys)):
            world.view(i)
        times.append(ms() - begin)
        works.append(work() - before)
    bound = BOUND_MS.get(args.size_mib, BOUND_MS[4096])
    worst = report(times, bound)
    ordered = sorted(works)
    print(
        f"  of the processor: median {statistics.median(works):.0f} ms, 95 % within"
        f" {ordered[round(0.95 * (len(works) - 1))]:.0f} ms"
        " (a busy machine makes the others larger)"
    )
    same = True
    for _ in range(args.straight):
        tick = rng.randrange(end // 2, end + 1)
        begin = ms()
        plain = World(base, config)
        play(plain, [entry for entry in entries if entry.tick <= tick], tick)
        took = ms() - begin
        begin = ms()
        world = history.go(tick)
        ours = ms() - begin
        same &= [world.digest(i) for i in range(4)] == [plain.digest(i) for i in range(4)]
        print(f"  tick {tick}: straight replay {took:.0f} ms, {took / ours:.0f} times as long;"
              f" the digests are {'the same' if same else 'NOT THE SAME'}")  # fmt: skip
    print(f"  peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MiB")
    return int(worst > bound or not same)


if __name__ == "__main__":
    raise SystemExit(main())
