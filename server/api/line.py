"""The short way to and from one socket, past the queue and the task of ASGI.

Frames and credits are nearly all that is said on a socket. A frame for a thousand viewers is framed
once (RFC 6455) and handed to each transport; a credit is known by its bytes. Everything else, and
the end of a conversation, goes through server/api/connection.py.
"""

import asyncio
import struct
from collections.abc import Callable

from server.wire.messages import MAX_CREDIT

LINE = "fragscope.line"  # its name among the extensions of a scope

_TEXT, _BINARY = 0x81, 0x82  # with FIN
_MASKED = 0x80
_SHORT = 126  # lengths below need no further bytes
_HEAD = 6  # bytes of a short masked frame before its payload
_SPELLINGS = ('{"type":"credit"%s}', '{"type": "credit"%s}')
_COUNTS = ("", ',"n":%d', ', "n": %d')
_CREDITS = {
    (spelling % (count % n if "%d" in count else count)).encode(): n if count else 1
    for spelling in _SPELLINGS
    for count in _COUNTS
    for n in range(1, MAX_CREDIT + 1)
}

_framed: tuple[str | bytes, bytes] = (b"", b"")  # the last message and the same as a frame


def framed(message: str | bytes) -> bytes:
    """A message as one unmasked frame; the last one is kept, since it often goes to many."""
    global _framed
    if _framed[0] is not message:
        text = isinstance(message, str)
        data = message.encode() if isinstance(message, str) else message
        first, size = (_TEXT if text else _BINARY), len(data)
        if size < _SHORT:
            head = struct.pack("!BB", first, size)
        elif size < 1 << 16:
            head = struct.pack("!BBH", first, 126, size)
        else:
            head = struct.pack("!BBQ", first, 127, size)
        _framed = (message, head + data)
    return _framed[1]


def unmask(payload: bytes, key: bytes) -> bytes:
    """A short payload without its mask of 4 bytes."""
    size = len(payload)
    mask = (key * (size // 4 + 1))[:size]
    plain = int.from_bytes(payload, "little") ^ int.from_bytes(mask, "little")
    return plain.to_bytes(size, "little")


def credit_in(data: bytes, start: int) -> tuple[int, int]:
    """The credits in the frame at ``start`` and where the next begins; (0, start): none in it."""
    end = start + _HEAD
    if len(data) < end or data[start] != _TEXT:
        return 0, start
    size = data[start + 1] - _MASKED
    if not 0 < size < _SHORT or len(data) < end + size:
        return 0, start
    plain = unmask(data[end : end + size], data[start + 2 : end])
    n = _CREDITS.get(plain, 0)
    return (n, end + size) if n else (0, start)


class Line:
    """One socket. Between listen() and hang_up() it takes messages and tells of credits."""

    def __init__(self, transport: asyncio.Transport) -> None:
        transport.set_write_buffer_limits(high=0)  # what lies here lies unsent
        self._transport = transport
        self._full = False
        self._empty = asyncio.Event()
        self._empty.set()
        self._on_credit: Callable[[int], None] | None = None
        self._on_drained: Callable[[], None] | None = None

    def listen(self, on_credit: Callable[[int], None], on_drained: Callable[[], None]) -> None:
        """Say what is to be called with credits, and when nothing lies unsent any more."""
        self._on_credit, self._on_drained = on_credit, on_drained

    def hang_up(self) -> None:
        """Nobody is called any more."""
        self._on_credit = self._on_drained = None

    def write(self, message: str | bytes) -> bool:
        """Send a whole message; false: some of it lies unsent, and nothing more should be sent."""
        if self._transport.is_closing():
            return False
        self._transport.write(framed(message))
        return not self._full

    async def drained(self) -> None:
        """Wait until nothing lies unsent."""
        await self._empty.wait()

    def take_credits(self, data: bytes) -> int:
        """Use up the credits that ``data``, which begins with a frame, begins with; their bytes."""
        start = 0
        while self._on_credit is not None:
            n, after = credit_in(data, start)
            if not n:
                break
            start = after
            self._on_credit(n)
        return start

    # -- from the transport, by its protocol -----------------------------------------------------
    def pause(self) -> None:
        """Something lies unsent."""
        self._full = True
        self._empty.clear()

    def resume(self) -> None:
        """Nothing does any more."""
        self._full = False
        if self._on_drained is not None:
            self._on_drained()
        if not self._full:
            self._empty.set()
