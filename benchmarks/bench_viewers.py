"""Many viewers of one session: a server process on one core, a lean client process on the other.

    python -m benchmarks.bench_viewers                      # 500 viewers for 8 s
    python -m benchmarks.bench_viewers --viewers 1000 --seconds 15 --stalled 5

The guest has 4 GiB under four designs; its workload runs and its balloon moves all the time. The
client only counts frames and pays for them (``--every`` frames with one message). What is said of
speed is the server's processor time a delivered frame, simulation included: the clock moves with
what else the machine does. With ``--stalled`` so many further viewers stop reading in every other
of the phases, which are compared.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import statistics
import tempfile
from dataclasses import dataclass

import uvloop

from benchmarks.viewers import Made, Served, Tally, Viewer, connect

CONFIG = {"source": {"kind": "synthetic", "preset": "tight", "size_mib": 4096, "seed": 1}}
PHASES = 8
BALLOON_S = 0.5  # between two commands that turn the balloon round
BALLOON_PAGES = 100_000


async def connect_all(served: Served, tally: Tally, made: Made, viewers: int) -> list[Viewer]:
    """So many viewers, each with its first frame."""
    loop = asyncio.get_running_loop()
    found = []
    for _ in range(viewers):
        found.append(await connect(served, tally, made, made.viewer))
        while len(found) - tally.welcomed > 50:
            await asyncio.sleep(0.01)
    deadline = loop.time() + 60
    while tally.welcomed < viewers and loop.time() < deadline:
        await asyncio.sleep(0.05)
    return found


async def keep_moving(served: Served, made: Made) -> None:
    """Turn the balloon round again and again."""
    target = BALLOON_PAGES
    while True:
        await asyncio.to_thread(served.command, made, type="balloon_target", nr_pages=target)
        target = BALLOON_PAGES - target
        await asyncio.sleep(BALLOON_S)


@dataclass(frozen=True)
class Phase:
    """What was counted in one stretch of time."""

    seconds: float
    rates: list[float]  # frames a second of each viewer that reads, ascending
    server_s: float
    waited_s: float
    client_s: float

    @property
    def us_a_frame(self) -> float:
        """Processor time of the server for each frame that arrived, in microseconds."""
        return 1e6 * self.server_s / max(sum(self.rates) * self.seconds, 1)

    def line(self, name: str) -> str:
        """In words."""
        rates, median = self.rates, statistics.median(self.rates)
        a_second = sum(rates)
        part = rates[0] / median if median else 0.0
        return (
            f"{name}: {len(rates)} viewers: median {median:.1f} frames/s, "
            f"5 % {rates[len(rates) // 20]:.1f}, slowest {rates[0]:.1f} ({part:.0%}), "
            f"all {a_second:.0f}\n"
            f"    server {self.server_s / self.seconds:.0%} of a core, "
            f"{self.us_a_frame:.1f} µs a frame "
            f"(its threads waited for the core {self.waited_s / self.seconds:.0%}); "
            f"client {self.client_s / self.seconds:.0%}"
        )


def client_s() -> float:
    """Processor time of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def phase(served: Served, viewers: list[Viewer], seconds: float) -> Phase:
    """Count for a while."""
    loop = asyncio.get_running_loop()
    before, begin = [v.frames for v in viewers], loop.time()
    server, waited, client = served.cpu_s(), served.waited_s(), client_s()
    await asyncio.sleep(seconds)
    took = loop.time() - begin
    server, client = served.cpu_s() - server, client_s() - client
    waited = served.waited_s() - waited
    rates = sorted((v.frames - b) / took for v, b in zip(viewers, before, strict=True))
    return Phase(took, rates, server, waited, client)


async def measure(args: argparse.Namespace, served: Served) -> None:
    """Everything with sockets."""
    tally = Tally(args.every)
    made = served.make(CONFIG)
    viewers = await connect_all(served, tally, made, args.viewers + args.stalled)
    reading, stalled = viewers[args.stalled :], viewers[: args.stalled]
    print(f"{tally.welcomed} of {len(viewers)} viewers have a first frame", flush=True)
    await asyncio.to_thread(served.command, made, type="workload", enabled=True)
    moving = asyncio.create_task(keep_moving(served, made))
    await asyncio.sleep(1.5)
    if not stalled:
        print((await phase(served, reading, args.seconds)).line("all read"), flush=True)
    counts: dict[bool, list[Phase]] = {False: [], True: []}
    for nr in range(PHASES if stalled else 0):
        stops = nr % 4 in (1, 2)  # in pairs that take turns, since the guest changes meanwhile
        for viewer in stalled:
            (viewer.transport.pause_reading if stops else viewer.transport.resume_reading)()
        await asyncio.sleep(1.0)
        counted = await phase(served, reading, args.seconds / PHASES)
        print(counted.line(f"{len(stalled)} stall" if stops else "all read"), flush=True)
        counts[stops].append(counted)
    if stalled:
        frames, cost = (
            statistics.mean(of(phase) for phase in counts[True])
            / statistics.mean(of(phase) for phase in counts[False])
            for of in (lambda phase: statistics.median(phase.rates), lambda phase: phase.us_a_frame)
        )
        print(f"with {len(stalled)} that stop reading the others get {frames:.1%} of the frames,")
        print(f"    and one costs {cost:.1%} of the processor time")
    moving.cancel()
    await asyncio.gather(moving, return_exceptions=True)
    print(f"sockets that ended: {tally.closed}")
    for viewer in viewers:
        viewer.transport.abort()


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--viewers", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--stalled", type=int, default=0, help="viewers that stop reading")
    parser.add_argument(
        "--every", type=int, default=2, help="frames that a credit pays for, 1 to 4"
    )
    args = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with tempfile.TemporaryDirectory() as folder:
        os.sched_setaffinity(0, cores[:1])  # the server's, which it inherits
        served = Served(folder, max_viewers=args.viewers + args.stalled)
        os.sched_setaffinity(0, cores[1:] or cores)
        try:
            uvloop.run(measure(args, served))
        finally:
            log = served.end()
        print(f"tracebacks in the server's log: {log.count('Traceback')}")
        if "Traceback" in log:
            print(log[:4000])


if __name__ == "__main__":
    main()
