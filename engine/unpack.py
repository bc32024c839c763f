"""Unpacks untrusted gz, xz and bz2 with bounded memory and work in proportion to the output.

The cost of an archive must be bounded by its size and its output. An empty stream costs as much to
set up as any other, and a hundred thousand of them fit into a few MiB: so each stream counts as
STREAM_COST bytes of input, and the input may be at most twice the output.
"""

import bz2
import io
import lzma
import zlib
from collections.abc import Callable
from typing import Protocol

from engine.errors import RefusedError

READ_BYTES = 1 << 16  # bytes read at a time: the balance is checked as often
XZ_MEMORY = 160 << 20  # bytes; xz -9 needs 65 MiB, a crafted header may ask for 4 GiB
STREAM_COST = 8 << 10  # bytes that starting a stream counts as; bgzip has one every 64 KiB
SLACK = 1 << 20  # bytes that may go in before anything comes out
# What is accepted, by file name suffix; the actual format is detected from the content.
ARCHIVE_SUFFIXES = (".tar", ".gz", ".tgz", ".xz", ".txz", ".bz2", ".tbz2")

# What the decoders below raise for malformed bytes.
DAMAGE = (EOFError, OSError, zlib.error, lzma.LZMAError)


class ByteSource(Protocol):
    """Bytes in order; fewer than asked for only near the end, none at the end."""

    def read(self, size: int, /) -> bytes:
        """The next bytes."""


class Decoder(Protocol):
    """One stream, like the standard library's LZMADecompressor and BZ2Decompressor."""

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""

    @property
    def needs_input(self) -> bool:
        """Whether nothing more comes out without further input."""

    @property
    def unused_data(self) -> bytes:
        """The bytes after the stream."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """The output, at most ``max_length`` bytes."""


class _Gzip:
    """One gzip member, with the interface of the other two."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


def _xz() -> Decoder:
    return lzma.LZMADecompressor(memlimit=XZ_MEMORY)


_MAGIC: tuple[tuple[bytes, Callable[[], Decoder]], ...] = (
    (b"\xfd7zXZ", _xz),
    (b"\x1f\x8b", _Gzip),
    (b"BZh", bz2.BZ2Decompressor),
)
_NOT_TAKEN = (
    (b"\x28\xb5\x2f\xfd", "is packed with zstd: please pack it as .tar.xz or .tar.gz"),
    (b"PK", "is a zip file: a tar (.tar, .tar.gz, .tar.xz, .tar.bz2) is needed"),
)


class Unpacked:
    """One stream after another, unpacked.

    Attributes:
        taken: bytes read.
        given: bytes returned.
        streams: started so far.
    """

    def __init__(self, source: ByteSource, new: Callable[[], Decoder], name: str) -> None:
        """Nothing is read yet.

        Args:
            source: packed.
            new: makes the decoder of a stream.
            name: of the archive, for messages.
        """
        self.taken = self.given = 0
        self.streams = 1
        self._source = source
        self._new = new
        self._name = name
        self._decoder = new()
        self._rest = b""  # packed bytes after a stream that has ended

    def read(self, size: int, /) -> bytes:
        """At least one byte and at most ``size``; none at the end.

        Raises:
            RefusedError: too much input for the output.
            EOFError, OSError, zlib.error, lzma.LZMAError: damaged (DAMAGE).
        """
        while True:
            if self._decoder.eof and not self._next_stream():
                return b""
            data = b""
            if self._decoder.needs_input:
                data, self._rest = self._rest or self._more(), b""
            out = self._decoder.decompress(data, size)
            self.given += len(out)
            if out:
                return out
            if not data and self._decoder.needs_input and not self._decoder.eof:
                raise EOFError

    def _next_stream(self) -> bool:
        """Start the next stream, skipping zero padding; whether there is one."""
        rest = self._decoder.unused_data.lstrip(b"\0")
        while not rest:
            more = self._more()
            if not more:
                return False
            rest = more.lstrip(b"\0")
        self._rest = rest
        self.streams += 1
        self._check()
        self._decoder = self._new()
        return True

    def _more(self) -> bytes:
        data = self._source.read(READ_BYTES)
        self.taken += len(data)
        self._check()
        return data

    def _check(self) -> None:
        if self.taken + self.streams * STREAM_COST > 2 * self.given + SLACK:
            raise RefusedError(
                f"{self._name} holds {self.taken} B in {self.streams} packed streams, which yield"
                f" only {self.given} B: that is not a capture"
            )


def unpacked(raw: io.BufferedIOBase, name: str) -> ByteSource:
    """The unpacked content of ``raw``, detected by its first bytes; ``raw`` itself if not packed.

    Raises:
        RefusedError: packed in an unsupported format.
    """
    magic = raw.read(6)
    raw.seek(0)
    for start, text in _NOT_TAKEN:
        if magic.startswith(start):
            raise RefusedError(f"{name} {text}")
    for start, new in _MAGIC:
        if magic.startswith(start):
            return Unpacked(raw, new, name)
    return raw
