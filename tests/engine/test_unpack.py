"""Unpacking: every stream is unpacked, and the cost of an archive is bounded by its content."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import time
from collections.abc import Callable

import numpy as np
import pytest

from engine.unpack import (
    ARCHIVE_SUFFIXES,
    DAMAGE,
    READ_BYTES,
    SLACK,
    STREAM_COST,
    Unpacked,
    unpacked,
)

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": lambda data: gzip.compress(data, mtime=0),
    "xz": lzma.compress,
    "bz2": bz2.compress,
}
NOISE = np.random.default_rng(1).bytes(3 << 20)  # packs to no less than it is


class Endless:
    """The same bytes over and over, ``total`` bytes of them, without storing them."""

    def __init__(self, start: bytes, again: bytes, total: int) -> None:
        self._start, self._again, self._left = start, again, total
        self._page = again * (2 * READ_BYTES // len(again) + 2)
        self._at = 0

    def read(self, size: int, /) -> bytes:
        if self._start:
            start, self._start = self._start, b""
            return start
        size = min(size, self._left)
        self._left -= size
        begin = self._at % len(self._again)
        self._at += size
        return self._page[begin : begin + size]


def opened(data: bytes) -> Unpacked:
    source = unpacked(io.BytesIO(data), "x")
    assert isinstance(source, Unpacked)
    return source


def drained(source: Unpacked) -> bytes:
    out = bytearray()
    while part := source.read(100_000):
        out += part
    return bytes(out)


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("piece", [1, 7, 4096, 1 << 20])
def test_streams_one_after_the_other_come_out_whole(kind: str, piece: int) -> None:
    pack = PACKERS[kind]
    parts = [b"one" * 1000, b"", NOISE[:50_000], b"two"]
    source = opened(b"".join(pack(part) for part in parts))
    out = bytearray()
    for _ in range(100_000):
        part = source.read(piece)
        if not part:
            break
        assert len(part) <= piece
        out += part
    assert bytes(out) == b"".join(parts)
    assert (source.streams, source.given) == (4, len(out))


@pytest.mark.parametrize("kind", PACKERS)
def test_zeros_behind_a_stream_are_padding(kind: str) -> None:
    data = PACKERS[kind](b"first") + bytes(512) + PACKERS[kind](b"second") + bytes(10_000)
    assert drained(opened(data)) == b"firstsecond"


@pytest.mark.parametrize("kind", PACKERS)
def test_a_stream_that_breaks_off_is_damage(kind: str) -> None:
    data = PACKERS[kind](NOISE[:5000])
    for cut in (5, len(data) // 2, len(data) - 1):
        with pytest.raises(DAMAGE):
            drained(Unpacked(io.BytesIO(data[:cut]), opened(data)._new, "x"))
    with pytest.raises(DAMAGE):
        drained(opened(data + b"garbage of some length behind it"))


@pytest.mark.parametrize("kind", PACKERS)
def test_incompressible_data_is_accepted(kind: str) -> None:
    assert drained(opened(PACKERS[kind](NOISE))) == NOISE


@pytest.mark.parametrize("kind", PACKERS)
def test_packers_that_work_in_parallel_leave_a_stream_for_every_piece(kind: str) -> None:
    step = 64 << 10  # bgzip; pbzip2 and pixz take far larger ones
    pieces = [NOISE[at : at + step] for at in range(0, 1 << 20, step)] * 4
    assert len(drained(opened(b"".join(map(PACKERS[kind], pieces))))) == 4 << 20


def refused(source: Unpacked) -> float:
    """CPU seconds until the archive is refused."""
    before = time.process_time()
    with pytest.raises(
        ValueError, match=r"x holds \d+ B in \d+ packed streams, which yield only \d+ B"
    ):
        while source.read(1 << 20):
            pass
    return time.process_time() - before


@pytest.mark.parametrize("kind", PACKERS)
def test_streams_that_hold_nothing_are_given_up_early(kind: str) -> None:
    empty = PACKERS[kind](b"")
    source = Unpacked(Endless(b"", empty, 64 << 20), opened(empty)._new, "x")
    spent = refused(source)
    assert source.streams <= SLACK // STREAM_COST
    assert source.taken < SLACK + READ_BYTES
    assert spent < 1


@pytest.mark.parametrize("kind", PACKERS)
def test_streams_that_hold_next_to_nothing_are_given_up_early(kind: str) -> None:
    tiny = PACKERS[kind](bytes(1000))
    source = Unpacked(Endless(b"", tiny, 64 << 20), opened(tiny)._new, "x")
    assert refused(source) < 1
    assert source.streams < 2 * SLACK // STREAM_COST


def test_a_stream_of_empty_blocks_is_given_up_early() -> None:
    head = PACKERS["gz"](b"")[:10]
    empty_block = b"\0\0\0\xff\xff"  # deflate, stored, no bytes, not the last
    source = Unpacked(Endless(head, empty_block, 64 << 20), opened(PACKERS["gz"](b""))._new, "x")
    assert refused(source) < 1
    assert source.taken < SLACK + READ_BYTES


def test_padding_without_end_is_given_up_early() -> None:
    source = Unpacked(
        Endless(lzma.compress(b"x"), b"\0", 64 << 20), opened(lzma.compress(b""))._new, "x"
    )
    assert refused(source) < 1


def test_streams_just_large_enough_cost_bounded_time() -> None:
    packed = lzma.compress(bytes(STREAM_COST), preset=9)
    source = Unpacked(Endless(b"", packed, 2000 * len(packed)), opened(packed)._new, "x")
    before = time.process_time()
    while source.read(1 << 20):
        pass
    # 400 MiB come out of an upload at most: fifty thousand such streams.
    assert (time.process_time() - before) / source.streams < 0.001


def test_unpacked_data_is_read_as_it_is() -> None:
    raw = io.BytesIO(b"plain bytes")
    assert unpacked(raw, "x") is raw
    assert raw.read() == b"plain bytes"


def test_the_accepted_suffixes_are_those_that_work() -> None:
    for kind, pack in PACKERS.items():
        assert f".{kind}" in ARCHIVE_SUFFIXES
        assert isinstance(opened(pack(b"x")), Unpacked)
    assert not {".zst", ".zip"} & set(ARCHIVE_SUFFIXES)
