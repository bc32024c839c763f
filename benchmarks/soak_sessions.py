"""Many sessions for long, with people who come, look back, command and go: is memory flat?

    python -m benchmarks.soak_sessions                          # 50 sessions for 10 minutes
    python -m benchmarks.soak_sessions --minutes 1 --sessions 10

The first third is for warming up. Of the rest, no average over a twentieth of the whole may be more
than 5 % above another one. Ends with 1 if it is, if the server has logged a traceback, if a request
was answered by 5xx, or if a socket was closed that nobody closed.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import tempfile
import urllib.error
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.viewers import Made, Served, Tally, Viewer, connect, said

CONFIG = {
    "source": {"kind": "synthetic", "preset": "tight", "size_mib": 256},
    "designs": ["pinned", "dedicated_block"],
}
LIMITS = {
    "max_sessions": 1000, "max_history_mib": 64, "ticks_per_s": 10, "frames_per_s": 5,
    "max_guest_mib": 4096,
}  # fmt: skip
PAUSE_S = (0.5, 3.0)  # between two things that somebody does in one session
WARM = 1 / 3
PARTS = 20
FLAT = 0.05
SAMPLE_S = 0.5
COMMANDS: tuple[dict[str, Any], ...] = (
    {"type": "balloon_target", "nr_pages": 10_000},
    {"type": "balloon_target", "nr_pages": 0},
    {"type": "compact"},
    {"type": "drop_caches"},
    {"type": "wait", "ms": 500},
    {"type": "workload", "enabled": True, "ticks": 20},
)


@dataclass
class Course:
    """What has happened so far.

    Attributes:
        done: things that were done, by name.
        failed: answers with 5xx.
        memory: seconds since the start and bytes of the server, resident.
    """

    done: dict[str, int] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    memory: list[tuple[float, int]] = field(default_factory=list)
    left: int = 0  # sockets that we have closed

    def count(self, name: str) -> None:
        """One more."""
        self.done[name] = self.done.get(name, 0) + 1


class Session:
    """One session and the people in it."""

    def __init__(self, served: Served, tally: Tally, course: Course, seed: int) -> None:
        self.served, self.tally, self.course = served, tally, course
        self.draw = random.Random(seed)
        self.people: list[Viewer] = []
        self.made: Made
        self.config = {**CONFIG, "seed": seed}

    async def live(self) -> None:
        """Do one thing after the other, for ever."""
        self.made = await asyncio.to_thread(self.served.make, self.config)
        self.people.append(await connect(self.served, self.tally, self.made, self.made.presenter))
        while True:
            await asyncio.sleep(self.draw.uniform(*PAUSE_S))
            what = self.draw.choice(
                ("command", "command", "command", "look", "now", "come", "go", "state", "reset")
            )
            self.course.count(what)
            try:
                await getattr(self, what)()
            except urllib.error.HTTPError as error:
                if error.code >= 500:
                    self.course.failed.append(f"{what}: {error.code}")
                else:
                    self.course.count(f"{what}: {error.code}")

    async def command(self) -> None:
        """By REST."""
        await asyncio.to_thread(self.served.command, self.made, **self.draw.choice(COMMANDS))

    async def state(self) -> None:
        """The numbers of some moment."""
        at = self.draw.choice(("", f"?tick={self.draw.randrange(30)}"))
        path = f"/api/sessions/{self.made.session}/state{at}"
        await asyncio.to_thread(self.served.ask, path, token=self.made.viewer)

    def say(self, person: Viewer, message: dict[str, Any]) -> None:
        """On a socket."""
        person.transport.write(said(message))

    async def look(self) -> None:
        """Somebody looks at an earlier tick."""
        person = self.draw.choice(self.people)
        self.say(person, {"type": "look", "tick": self.draw.randrange(30)})

    async def now(self) -> None:
        """Everybody looks at the present."""
        for person in self.people:
            self.say(person, {"type": "look", "tick": None})

    async def come(self) -> None:
        """A viewer comes."""
        if len(self.people) < 4:
            self.people.append(await connect(self.served, self.tally, self.made, self.made.viewer))

    async def go(self) -> None:
        """A viewer goes."""
        if len(self.people) > 1:
            self.course.left += 1
            self.people.pop().transport.abort()

    async def reset(self) -> None:
        """The presenter starts over."""
        config = {"source": {**CONFIG["source"]}, "designs": CONFIG["designs"]}
        self.say(self.people[0], {"type": "reset", "command_id": "r", "config": config})


def resident(pid: int) -> int:
    """Bytes of a process that are in memory."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


async def soak(served: Served, course: Course, nr_sessions: int, seconds: float) -> Tally:
    """Let them live."""
    tally = Tally(1)
    loop = asyncio.get_running_loop()
    begin = loop.time()
    sessions = [Session(served, tally, course, seed) for seed in range(1, nr_sessions + 1)]
    lives = [asyncio.create_task(session.live()) for session in sessions]
    while (now := loop.time() - begin) < seconds:
        course.memory.append((now, resident(served.process.pid)))
        over = [life for life in lives if life.done()]
        if over:
            over[0].result()
        await asyncio.sleep(SAMPLE_S)
    closed = tally.closed - course.left
    if closed > 0:
        course.failed.append(f"{closed} sockets were closed by the server")
    for life in lives:
        life.cancel()
    await asyncio.gather(*lives, return_exceptions=True)
    for session in sessions:
        for person in session.people:
            with suppress(AttributeError):
                person.transport.abort()
    return tally


def averages(memory: list[tuple[float, int]], seconds: float) -> list[float]:
    """MiB in each part of the time after warming up."""
    size = seconds / PARTS
    parts: dict[int, list[int]] = {}
    for at, nbytes in memory:
        if at >= seconds * WARM:
            parts.setdefault(int((at - seconds * WARM) / size), []).append(nbytes)
    return [sum(part) / len(part) / (1 << 20) for _, part in sorted(parts.items())]


def main() -> int:
    """Print what was seen; 0 if all is well."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--sessions", type=int, default=50)
    args = parser.parse_args()
    course = Course()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        served = Served(folder, **LIMITS)
        try:
            uvloop.run(soak(served, course, args.sessions, args.minutes * 60))
        finally:
            log = served.end()
    parts = averages(course.memory, args.minutes * 60)
    above = max(parts) / min(parts) - 1
    print(f"{args.sessions} sessions, {args.minutes:g} minutes; done: {course.done}")
    print(f"memory after warming up, MiB: {', '.join(f'{part:.0f}' for part in parts)}")
    print(f"highest above lowest: {above:.1%} (at most {FLAT:.0%})")
    print(f"tracebacks: {log.count('Traceback')}; failures: {course.failed[:10] or 'none'}")
    if "Traceback" in log:
        print(log[:6000])
    return int(above > FLAT or "Traceback" in log or bool(course.failed))


if __name__ == "__main__":
    sys.exit(main())
