"""A WebSocket client of bare bytes, below any library: it may send what no library would."""

import base64
import os
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2 as httpx

from tests.server.client import Made

WAIT_S = 20.0
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
CONTINUATION = 0


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    reserved: int = 0,
    masked: bool = True,
    length: int | None = None,
) -> bytes:
    """One frame as a client sends it; ``length`` may lie."""
    size = len(payload) if length is None else length
    head = bytes([fin << 7 | reserved << 4 | opcode])
    mark = masked << 7
    if size < 126:
        head += bytes([mark | size])
    elif size < 1 << 16:
        head += struct.pack("!BH", mark | 126, size)
    else:
        head += struct.pack("!BQ", mark | 127, size)
    if not masked:
        return head + payload
    key = b"\x37\xfa\x21\x3d"
    return head + key + bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))


def text(payload: bytes | str) -> bytes:
    """A text message in one frame."""
    return frame(TEXT, payload.encode() if isinstance(payload, str) else payload)


@dataclass(frozen=True)
class Ending:
    """How a connection ended: close code and reason, None where no close frame came."""

    code: int | None
    reason: str = ""
    texts: tuple[str, ...] = ()


class RawSocket:
    """One connection."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self.host = f"{parts.hostname}:{parts.port}"
        self.socket = socket.create_connection((parts.hostname, parts.port), WAIT_S)
        self._data = bytearray()
        self._ended = False

    def __enter__(self) -> "RawSocket":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Send bytes; a server that has closed already is no error."""
        try:
            self.socket.sendall(data)
        except OSError:
            self._ended = True

    def half_close(self) -> None:
        """Say that nothing more will come."""
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)

    def request(self, path: bytes, headers: bytes = b"") -> bytes:
        """A handshake as bytes."""
        key = base64.b64encode(os.urandom(16))
        return (
            b"GET " + path + b" HTTP/1.1\r\nHost: " + self.host.encode() + b"\r\n"
            b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: " + key + b"\r\n" + headers + b"\r\n"
        )  # fmt: skip

    def handshake(self, path: bytes, headers: bytes = b"") -> int:
        """Ask for a WebSocket; the status of the answer, 0 when there is none."""
        self.send(self.request(path, headers))
        return self.status()

    def status(self) -> int:
        """The status of an HTTP answer; its body is left to be read."""
        while b"\r\n\r\n" not in self._data and self._more():
            pass
        head, _, rest = bytes(self._data).partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 "):
            return 0
        self._data = bytearray(rest)
        return int(head[9:12])

    def join(self, session: Made) -> None:
        """Handshake, hello, and everything up to the welcome."""
        assert self.handshake(f"/ws/{session}".encode()) == 101
        self.send(text(f'{{"type":"hello","versions":[1],"token":"{session.presenter}"}}'))
        self.until(lambda opcode, payload: b'"welcome"' in payload[:20])

    def _more(self) -> bool:
        if self._ended:
            return False
        try:
            data = self.socket.recv(1 << 16)
        except ConnectionError:
            data = b""
        self._data += data
        self._ended = not data
        return bool(data)

    def read(self) -> tuple[int, bytes] | None:
        """The next frame of the server; None at the end of the connection.

        Raises:
            TimeoutError: it hangs.
        """
        while True:
            data = self._data
            size, start = (data[1] & 127, 2) if len(data) > 1 else (0, 2)
            if size == 126 and len(data) >= 4:
                (size,), start = struct.unpack_from("!H", data, 2), 4
            elif size == 127 and len(data) >= 10:
                (size,), start = struct.unpack_from("!Q", data, 2), 10
            elif size >= 126:
                start = 1 << 62  # the length itself is not there yet
            if len(data) > 1 and len(data) >= start + size:
                payload = bytes(data[start : start + size])
                opcode = data[0] & 15
                del data[: start + size]
                return opcode, payload
            if not self._more():
                return None

    def until(self, wanted: Callable[[int, bytes], bool]) -> bytes:
        """The payload of the first frame that is wanted."""
        while (found := self.read()) is not None:
            if wanted(*found):
                return found[1]
        raise AssertionError("the connection ended before")

    def ending(self) -> Ending:
        """Read to the end; the close code and what was said before it."""
        texts: list[str] = []
        code, reason = None, ""
        while (found := self.read()) is not None:
            opcode, payload = found
            if opcode == TEXT:
                texts.append(payload.decode())
            elif opcode == CLOSE and code is None:
                code = struct.unpack("!H", payload[:2])[0] if payload else 1005
                reason = payload[2:].decode()
                self.send(frame(CLOSE, payload[:2]))  # the answer that the server waits for
        return Ending(code, reason, tuple(texts))


def healthy(address: str) -> bool:
    """Whether the server still answers."""
    return httpx.get(f"{address}/healthz", timeout=WAIT_S).status_code == 200
