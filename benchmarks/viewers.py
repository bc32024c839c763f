"""A lean client of many sockets, and a server process to try: for benchmarks and soaks.

The client only counts frames and pays for them; nothing is decoded. RFC 6455 by hand, since a
library would cost more than the server.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

BUFFER = memoryview(bytearray(1 << 18))  # of all sockets: what is read is only counted
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
MASK = bytes(4)
TICK = os.sysconf("SC_CLK_TCK")


def masked(opcode: int, payload: bytes) -> bytes:
    """A frame as a client sends it, of less than 64 KiB; the mask is zero."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    return bytes([0x80 | opcode]) + length + MASK + payload


def said(message: Any) -> bytes:
    """A text message as a client sends it."""
    return masked(TEXT, json.dumps(message, separators=(",", ":")).encode())


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


class Made(NamedTuple):
    """A session and its tokens."""

    session: str
    presenter: str
    viewer: str


class Served:
    """A server process."""

    def __init__(self, folder: str, **limits: Any) -> None:
        """Start it.

        Args:
            folder: for its journals and its log.
            limits: settings, by their names in server/settings.py.
        """
        self.log = Path(folder) / "log"
        values = {"port": 0, "data_dir": folder, **limits}
        told = {f"FRAGSCOPE_{name.upper()}": str(value) for name, value in values.items()}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "server.cli", "serve"], env={**os.environ, **told}, text=True,
            stdout=subprocess.PIPE, stderr=self.log.open("w"),
        )  # fmt: skip
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().split()[3].rstrip("/")

    def ask(self, path: str, body: Any = None, token: str = "") -> Any:
        """The answer to a request; POST where there is a body."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data, headers)
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)

    def make(self, config: Any) -> Made:
        """A new session."""
        return Made(**self.ask("/api/sessions", config))

    def command(self, made: Made, **command: Any) -> None:
        """Give a command."""
        path = f"/api/sessions/{made.session}/commands"
        self.ask(path, {"command": command}, made.presenter)

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


async def connect(served: Served, tally: Tally, made: Made, token: str) -> Viewer:
    """A viewer; its first frame comes soon."""
    host, port = served.address.rsplit("/", 1)[1].split(":")
    request = (
        f"GET /ws/{made.session} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    ).encode()
    hello = said({"type": "hello", "versions": [1], "token": token})
    viewer = Viewer(tally, hello, request)
    loop = asyncio.get_running_loop()
    await loop.create_connection(lambda: viewer, host, int(port))
    return viewer
