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
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop

CONFIG = {"source": {"kind": "synthetic", "preset": "tight", "size_mib": 4096, "seed": 1}}
BUFFER = memoryview(bytearray(1 << 18))  # of all sockets: what is read is only counted
BINARY, CLOSE, PING, PONG = 2, 8, 9, 10
PHASES = 8
BALLOON_S = 0.5  # between two commands that turn the balloon round
BALLOON_PAGES = 100_000
MASK = bytes(4)
TICK = os.sysconf("SC_CLK_TCK")


def masked(opcode: int, payload: bytes) -> bytes:
    """A short frame as a client sends it; the mask is zero."""
    return bytes([0x80 | opcode, 0x80 | len(payload)]) + MASK + payload


@dataclass
class Tally:
    """What all viewers share.

    Attributes:
        every: frames that one message pays for.
        credit: that message.
        welcomed: viewers that got a first frame.
        closed: sockets that ended.
    """

    every: int
    credit: bytes = b""
    welcomed: int = 0
    closed: int = 0

    def __post_init__(self) -> None:
        """Make the message."""
        count = f',"n":{self.every}' if self.every > 1 else ""
        self.credit = masked(1, f'{{"type":"credit"{count}}}'.encode())


@dataclass
class Viewer(asyncio.BufferedProtocol):
    """One socket: skips payloads, counts frames, pays."""

    tally: Tally
    hello: bytes
    request: bytes
    frames: int = 0
    transport: Any = None
    _skip: int = 0
    _opcode: int = -1
    _unpaid: int = 0
    _head: bytearray = field(default_factory=bytearray)
    _ping: bytearray | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the WebSocket."""
        self.transport = transport
        self.transport.write(self.request)

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it."""
        self.tally.closed += 1

    def get_buffer(self, sizehint: int) -> memoryview:
        """One for all."""
        return BUFFER

    def buffer_updated(self, nbytes: int) -> None:
        """Walk over what came."""
        at = 0
        if self._opcode < 0:
            at = self._answered(nbytes)
        while at < nbytes:
            if self._skip:
                step = min(self._skip, nbytes - at)
                if self._ping is not None:
                    self._ping += BUFFER[at : at + step]
                self._skip -= step
                at += step
            else:
                self._head.append(BUFFER[at])
                at += 1
                if not self._begun():
                    continue
            if not self._skip:
                self._whole()

    def _answered(self, nbytes: int) -> int:
        """Read the answer to the handshake; where frames begin."""
        self._head += BUFFER[:nbytes]
        end = self._head.find(b"\r\n\r\n")
        if end < 0:
            return nbytes
        assert self._head.startswith(b"HTTP/1.1 101"), bytes(self._head[:200])
        rest = len(self._head) - end - 4
        self._head = bytearray()
        self._opcode = 0
        self.transport.write(self.hello)
        return nbytes - rest

    def _begun(self) -> bool:
        """Whether the head of a frame is whole; then it is known how much follows."""
        head = self._head
        size = head[1] if len(head) > 1 else 0
        more = 2 if size == 126 else 8 if size == 127 else 0
        if len(head) < 2 + more:
            return False
        self._skip = int.from_bytes(head[2:], "big") if more else size
        self._opcode = head[0] & 15
        self._ping = bytearray() if self._opcode == PING else None
        self._head = bytearray()
        return True

    def _whole(self) -> None:
        """A message has ended."""
        if self._opcode == BINARY:
            self.tally.welcomed += not self.frames
            self.frames += 1
            self._unpaid += 1
            if self._unpaid == self.tally.every:
                self._unpaid = 0
                self.transport.write(self.tally.credit)
        elif self._opcode == PING:
            assert self._ping is not None
            self.transport.write(masked(PONG, bytes(self._ping)))
        elif self._opcode == CLOSE:
            self.transport.close()


class Served:
    """A server process with one session."""

    def __init__(self, viewers: int, folder: str) -> None:
        """Start it, and the session."""
        self.log = Path(folder) / "log"
        environment = {
            **os.environ,
            "FRAGSCOPE_PORT": "0", "FRAGSCOPE_DATA_DIR": folder,
            "FRAGSCOPE_MAX_VIEWERS": str(max(viewers, 64)),
        }  # fmt: skip
        self.process = subprocess.Popen(
            [sys.executable, "-m", "server.cli", "serve"], env=environment, text=True,
            stdout=subprocess.PIPE, stderr=self.log.open("w"),
        )  # fmt: skip
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().split()[3].rstrip("/")
        made = self.post("/api/sessions", CONFIG)
        self.session, self.presenter = made["session"], made["presenter"]
        self.viewer = made["viewer"]

    def post(self, path: str, body: Any) -> Any:
        """The answer to a request by the presenter."""
        headers = {"Content-Type": "application/json"}
        if path != "/api/sessions":
            headers["Authorization"] = f"Bearer {self.presenter}"
        request = urllib.request.Request(self.address + path, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)

    def command(self, **command: Any) -> None:
        """Give a command."""
        self.post(f"/api/sessions/{self.session}/commands", {"command": command})

    def cpu_s(self) -> float:
        """Processor time so far, of all threads."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def waited_s(self) -> float:
        """Time that its threads were ready to run and did not get the core, all together."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[1]) for task in tasks) / 1e9

    def end(self) -> str:
        """Stop it; what it has logged."""
        self.process.terminate()
        self.process.wait(30)
        return self.log.read_text()


async def connect(served: Served, tally: Tally, viewers: int) -> list[Viewer]:
    """So many viewers, each with its first frame."""
    host, port = served.address.rsplit("/", 1)[1].split(":")
    request = (
        f"GET /ws/{served.session} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    ).encode()
    told = json.dumps({"type": "hello", "versions": [1], "token": served.viewer}).encode()
    assert len(told) < 126
    loop = asyncio.get_running_loop()
    made = []
    for _ in range(viewers):
        viewer = Viewer(tally, masked(1, told), request)
        await loop.create_connection(lambda viewer=viewer: viewer, host, int(port))
        made.append(viewer)
        while len(made) - tally.welcomed > 50:
            await asyncio.sleep(0.01)
    deadline = loop.time() + 60
    while tally.welcomed < viewers and loop.time() < deadline:
        await asyncio.sleep(0.05)
    return made


async def keep_moving(served: Served) -> None:
    """Turn the balloon round again and again."""
    target = BALLOON_PAGES
    while True:
        await asyncio.to_thread(served.command, type="balloon_target", nr_pages=target)
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
            f"{1e6 * self.server_s / max(a_second * self.seconds, 1):.1f} µs a frame "
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
    viewers = await connect(served, tally, args.viewers + args.stalled)
    reading, stalled = viewers[args.stalled :], viewers[: args.stalled]
    print(f"{tally.welcomed} of {len(viewers)} viewers have a first frame", flush=True)
    await asyncio.to_thread(served.command, type="workload", enabled=True)
    moving = asyncio.create_task(keep_moving(served))
    await asyncio.sleep(1.5)
    if not stalled:
        print((await phase(served, reading, args.seconds)).line("all read"), flush=True)
    medians: dict[bool, list[float]] = {False: [], True: []}
    for nr in range(PHASES if stalled else 0):
        stops = nr % 4 in (1, 2)  # in pairs that take turns, since the guest changes meanwhile
        for viewer in stalled:
            (viewer.transport.pause_reading if stops else viewer.transport.resume_reading)()
        await asyncio.sleep(1.0)
        counted = await phase(served, reading, args.seconds / PHASES)
        print(counted.line(f"{len(stalled)} stall" if stops else "all read"), flush=True)
        medians[stops].append(statistics.median(counted.rates))
    if stalled:
        ratio = statistics.mean(medians[True]) / statistics.mean(medians[False])
        print(f"with {len(stalled)} that stop reading the others get {ratio:.1%} of the frames")
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
        served = Served(args.viewers + args.stalled, folder)
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
