"""What it costs the watched machine to be watched: `fragscope watch` without its start.

    sudo python -m benchmarks.bench_watch [--seconds 180] [--gib 64] [--budget 2]

Looks once a second, as root, at this machine's page flags, keeps them as a history, writes a line
of CSV and draws the screen into a terminal of 120 columns that nobody sees. With --gib the machine
is as large as that: the reader goes over the pageblocks of this one that have pages, again and
again, until there are as many; so the flags are the kernel's, and what they cost to read too.

Printed are the processor time of the whole process after its first look, user and kernel, as a
share of one processor; how long all pageblocks take to come round; and what a look at 1 GiB costs.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.live import Live

from engine import units as u
from engine.capture.pages import COUNTS
from server.cli.watch import LookRows
from server.cli.watch_screen import screen
from server.live.history import history_kept
from server.live.sampler import NEVER, Pageblocks, Sampler

BLOCKS_OF_GIB = 1024 * u.MIB_PAGES // u.PAGEBLOCK_NR_PAGES


class Repeated(Sampler):
    """A machine of another size, made of this one's pageblocks again and again."""

    def __init__(self, gib: int, share: float) -> None:
        super().__init__(share=share)
        super().look()
        present = self._counts[COUNTS.index("reserved")] < u.PAGEBLOCK_NR_PAGES
        nr = gib * BLOCKS_OF_GIB
        pfns = np.resize(self.blocks.pfns[present], nr)
        self.blocks = Pageblocks(pfns, ((0, "Normal", 0, nr),))
        self._counts = np.zeros((len(COUNTS), nr), np.uint16)
        self._seen_at = np.full(nr, -NEVER)
        self._next, self._first, self._paid = 0, True, 0.0


def used_s() -> float:
    """Processor seconds of this process, user and kernel."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Watch, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=180)
    parser.add_argument("--gib", type=int, default=0, help="0: the machine as it is")
    parser.add_argument("--budget", type=float, default=2, help="percent of one processor")
    asked = parser.parse_args()
    share = asked.budget / 100
    sampler = Repeated(asked.gib, share) if asked.gib else Sampler(share=share)
    if sampler.blind:
        raise SystemExit(sampler.blind)
    with (
        tempfile.TemporaryDirectory() as folder,
        Path(folder, "looks.csv").open("a") as lines,
        Path(os.devnull).open("w") as nobody,
    ):
        history = history_kept(Path(folder), 64 << 20)
        assert history
        rows = LookRows(lines)
        console = Console(width=120, height=40, force_terminal=True, file=nobody)
        with Live(console=console, screen=True, auto_refresh=False, redirect_stdout=False) as live:
            now = before = sampler.look()
            live.update(screen(sampler, before, now, 120), refresh=True)
            began, used, read, looks = time.monotonic(), used_s(), 0, 0
            while time.monotonic() - began < asked.seconds:
                time.sleep(max(0.0, now.at + 1 - time.monotonic()))
                old = sampler._seen_at.copy()
                now = sampler.look()
                read += int((now.seen_at != old).sum())
                looks += 1
                with sampler.charged():
                    history.add(now, sampler.blocks, sampler.blind)
                    rows.add(now)
                    live.update(screen(sampler, before, now, 120), refresh=True)
                before = now
            passed, took = time.monotonic() - began, used_s() - used
        kept = history.size
    nr = len(sampler.blocks.pfns)
    load = os.getloadavg()[0]
    print(f"{nr / BLOCKS_OF_GIB:.1f} GiB, {looks} looks in {passed:.0f} s, load {load:.1f}")
    print(f"{100 * took / passed:.2f} % of one processor ({100 * now.cost:.2f} % by its own count)")
    print(f"comes round in {passed * nr / read:.0f} s; {read / nr:.2f} times read")
    print(f"{kept / looks:.0f} bytes a look kept, maps included")
    print(f"one GiB read: {1000 * per_gib(sampler):.1f} ms of a processor")


def per_gib(sampler: Sampler, gib: int = 8) -> float:
    """Processor seconds for the flags of 1 GiB, read and counted."""
    with Path("/proc/kpageflags").open("rb", buffering=0) as file:
        used, done = time.thread_time(), 0
        while done < gib * BLOCKS_OF_GIB:
            done += sampler._read_part(file)
        return (time.thread_time() - used) * BLOCKS_OF_GIB / done


if __name__ == "__main__":
    main()
