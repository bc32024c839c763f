"""A real server process that is killed, and what it had acknowledged until then."""

import os
import random
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2 as httpx

from tests.server.client import Made, post_session

ROOT = Path(__file__).parents[2]
WAIT_S = 60.0
CHEAP = {
    "source": {"kind": "synthetic", "preset": "tight", "size_mib": 256, "seed": 1},
    "designs": ["pinned"],
}
COMMANDS = (
    {"type": "balloon_inflate", "nr_pages": 1024},
    {"type": "compact"},
    {"type": "balloon_deflate", "nr_pages": 512},
    {"type": "workload", "enabled": True, "rate": 64, "ticks": 400},
    {"type": "direct_compact", "order": 9},
)
MARKER = {"type": "drop_caches"}  # what tests/server/kill_at.py waits for


class Zygote:
    """The process that makes servers; see tests/server/zygote.py."""

    def __init__(self) -> None:
        """Started, and ready to make some."""
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tests.server.zygote"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert self._line() == "ready"

    def _line(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()

    def server(self, folder: Path, step: str) -> tuple[int, str]:
        """A new server; its process and its address."""
        assert self._process.stdin
        self._process.stdin.write(f"{folder} {step}\n")
        self._process.stdin.flush()
        number, address = self._line().split()
        return int(number), address.rstrip("/")

    def close(self) -> None:
        """No more servers."""
        self._process.communicate(timeout=WAIT_S)


class Victim:
    """One server process after the other over the same folder."""

    def __init__(self, zygote: Zygote, folder: Path) -> None:
        """Nothing is started.

        Args:
            zygote: makes the processes.
            folder: FRAGSCOPE_DATA_DIR.
        """
        self.zygote = zygote
        self.folder = folder
        self.address = ""
        self._number = 0

    def start(self, step: str = "none") -> None:
        """Start a process; it kills itself at that step."""
        self._number, self.address = self.zygote.server(self.folder, step)

    def kill(self) -> None:
        """As kill -9 does."""
        if self._number:
            with suppress(ProcessLookupError):
                os.kill(self._number, signal.SIGKILL)
            self._number = 0


class Witness:
    """What a client of a session was told: entries that were acknowledged, states that it saw."""

    def __init__(self, victim: Victim) -> None:
        self.victim = victim
        self.session: Made = post_session(victim.address, CHEAP)
        self.acknowledged: dict[int, tuple[int, dict[str, Any]]] = {}
        self.states: dict[tuple[int, int], str] = {}  # tick and last entry → digest
        self.in_flight: dict[str, Any] | None = None
        self.tick = 0

    def _url(self, path: str = "") -> str:
        return f"{self.victim.address}/api/sessions/{self.session}{path}"

    def command(self, client: httpx.Client, command: dict[str, Any]) -> None:
        """Give a command; it is noted when the answer is there."""
        self.in_flight = command
        body = {"command": command}
        answer = client.post(self._url("/commands"), json=body, headers=self.session.headers)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        self.acknowledged[told["index"]] = (told["tick"], command)
        self.in_flight = None

    def look(self, client: httpx.Client) -> None:
        """See a state."""
        answer = client.get(self._url("/state"), headers=self.session.headers)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        self.tick = told["tick"]
        self.states[told["tick"], max(self.acknowledged, default=0)] = told["digest"]

    def until_killed(self, draw: random.Random, most_s: float) -> None:
        """Command and look until the process is gone, at a moment drawn at random."""
        timer = threading.Timer(draw.random() * most_s, self.victim.kill)
        timer.start()
        with suppress(httpx.TransportError), httpx.Client(timeout=WAIT_S) as client:
            while True:
                self.command(client, draw.choice(COMMANDS))
                if draw.random() < 0.3:
                    self.look(client)
        timer.join()

    def check(self, draw: random.Random) -> None:
        """Compare what a new process has with what was acknowledged, and replay one state."""
        with httpx.Client(timeout=WAIT_S, headers=self.session.headers) as client:
            found = client.get(self._url()).json()
            log = found["log"]
            assert [entry["index"] for entry in log] == list(range(1, len(log) + 1))
            for index, (tick, command) in self.acknowledged.items():
                entry = log[index - 1]
                assert (entry["tick"], entry["command"] | command) == (tick, entry["command"])
            unknown = [entry for entry in log if entry["index"] not in self.acknowledged]
            # The one that was under way may be there or not; it is told apart by nobody.
            assert len(unknown) <= (self.in_flight is not None), unknown
            for entry in unknown:
                self.acknowledged[entry["index"]] = (entry["tick"], entry["command"])
            self.in_flight = None
            # The tick comes back, at most what was run in a second earlier.
            now = client.get(self._url("/state")).json()
            assert now["tick"] >= max((tick for tick, _ in self.acknowledged.values()), default=0)
            seen = [at for at in self.states if at[0] <= now["tick"]]
            if seen:
                tick, last = draw.choice(seen)
                if any(at == tick for at, _ in list(self.acknowledged.values())[last:]):
                    return  # a later command of the same tick: another state
                again = client.get(self._url(f"/state?tick={tick}")).json()
                assert again["digest"] == self.states[tick, last]
