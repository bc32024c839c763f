"""Frames of docs/PROTOCOL.md section 5: encode and decode, pure. Twin of web/src/net/wire.js.

A frame holds all designs at one tick. Text messages are in server/wire/messages.py. Knows no
sockets, no sessions, no clock.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.view import PLANES, STAT_FIELDS

WIRE_VERSION = 1

MAGIC = b"FRSC"
FRAME_KEY = 1
FRAME_DELTA = 2
FRAME_PAST = 5  # a key frame of an earlier tick, for one client
HEADER = struct.Struct("<4sBBHIIQII")
_DELTA_HEAD = struct.Struct("<II")
_PADDING = bytes(8)


class Panel(Protocol):
    """What a frame shows of one design: an engine.view.GuestView, or its like."""

    @property
    def planes(self) -> Mapping[str, NDArray[np.generic]]:
        """Plane name → array[nr_pageblocks]."""

    @property
    def stats(self) -> NDArray[np.int64]:
        """int64[len(STAT_FIELDS)]."""


@dataclass(frozen=True)
class Picture:
    """All designs of a session at one tick, as published.

    Attributes:
        seq: number of the picture, per session, from 1.
        epoch: number of the ``welcome`` it belongs to.
        tick: simulated time.
        log_index: last command contained in this state, 0 = none.
        panels: one per design, in the order of ``welcome.designs``.
    """

    seq: int
    epoch: int
    tick: int
    log_index: int
    panels: tuple[Panel, ...]

    @property
    def nr_pageblocks(self) -> int:
        """Length of every plane."""
        return len(self.panels[0].planes[PLANES[0][0]])


def _aligned(size: int) -> int:
    return (size + 7) & ~7


_DTYPES = {name: np.dtype(dtype) for name, dtype in PLANES}
_STATS_BYTES = 8 * len(STAT_FIELDS)


def _planes_bytes(length: int) -> int:
    return sum(_aligned(length * dtype.itemsize) for dtype in _DTYPES.values())


def _header(picture: Picture, kind: int) -> bytes:
    return HEADER.pack(
        MAGIC,
        WIRE_VERSION,
        kind,
        len(picture.panels),
        picture.nr_pageblocks,
        picture.log_index,
        picture.tick,
        picture.seq,
        picture.epoch,
    )


def _put(out: list[Any], array: NDArray[np.generic]) -> None:
    """Append the bytes of ``array`` and what pads them to a multiple of 8."""
    out.append(np.ascontiguousarray(array).data)
    if array.nbytes & 7:
        out.append(_PADDING[array.nbytes & 7 :])


def _check_panel(panel: Panel, nr_pageblocks: int) -> None:
    for name, dtype in _DTYPES.items():
        plane = panel.planes[name]
        if plane.dtype != dtype or plane.shape != (nr_pageblocks,):
            raise ValueError(
                f"plane {name} is {plane.dtype}{list(plane.shape)}: {dtype}[{nr_pageblocks}] is due"
            )
    if panel.stats.dtype != np.int64 or panel.stats.shape != (len(STAT_FIELDS),):
        raise ValueError(f"statistics are {panel.stats.dtype}{list(panel.stats.shape)}")


def encode_key(picture: Picture, kind: int = FRAME_KEY) -> bytes:
    """The picture as a key frame, of the present or (FRAME_PAST) of the past: planes whole."""
    nr = picture.nr_pageblocks
    out: list[Any] = [_header(picture, kind)]
    for panel in picture.panels:
        _check_panel(panel, nr)
        for name in _DTYPES:
            _put(out, panel.planes[name])
        _put(out, panel.stats)
    return b"".join(out)


def side_by_side(first: bytes, second: bytes) -> bytes:
    """Two key frames of as many pageblocks as one: the head of the first, the panels of both."""
    values = list(HEADER.unpack_from(first))
    values[3] += HEADER.unpack_from(second)[3]  # nr_designs
    return HEADER.pack(*values) + first[HEADER.size :] + second[HEADER.size :]


def _changed(panel: Panel, base: Panel) -> NDArray[np.uint32]:
    """Indices of the pageblocks in which any plane differs, ascending."""
    differs = panel.planes[PLANES[0][0]] != base.planes[PLANES[0][0]]
    for name, _ in PLANES[1:]:
        differs = differs | (panel.planes[name] != base.planes[name])
    return np.flatnonzero(differs).astype("<u4")


def encode_delta(picture: Picture, base: Picture) -> bytes | None:
    """The picture as what changed since ``base``.

    Returns:
        The frame, or None where a delta does not fit (other epoch or shape) or would not be
        smaller than a key frame.
    """
    nr = picture.nr_pageblocks
    if (picture.epoch, len(picture.panels), nr) != (
        base.epoch, len(base.panels), base.nr_pageblocks,
    ):  # fmt: skip
        return None
    changed = [_changed(p, b) for p, b in zip(picture.panels, base.panels, strict=True)]
    per_design = _DELTA_HEAD.size + _STATS_BYTES
    size = HEADER.size + sum(
        per_design + _aligned(4 * len(index)) + _planes_bytes(len(index)) for index in changed
    )
    if size >= HEADER.size + len(changed) * (_planes_bytes(nr) + _STATS_BYTES):
        return None
    out: list[Any] = [_header(picture, FRAME_DELTA)]
    for panel, index in zip(picture.panels, changed, strict=True):
        out.append(_DELTA_HEAD.pack(base.seq, len(index)))
        _put(out, index)
        for name in _DTYPES:
            _put(out, panel.planes[name][index])
        _put(out, panel.stats)
    return b"".join(out)


def encode_frame(picture: Picture, base: Picture | None) -> bytes:
    """The smaller of key and delta frame; ``base`` is what the client got last, None = nothing."""
    delta = encode_delta(picture, base) if base is not None else None
    return delta if delta is not None else encode_key(picture)


@dataclass(frozen=True)
class DecodedPanel:
    """One design of a decoded frame; satisfies Panel."""

    planes: dict[str, NDArray[np.generic]]
    stats: NDArray[np.int64]


class _Reader:
    """Walks a frame; every step is bounds-checked with one message."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.offset = 0

    def take(self, dtype: np.dtype[Any], length: int) -> NDArray[Any]:
        size = dtype.itemsize * length
        if self.offset + _aligned(size) > len(self.data):
            raise ValueError(
                f"the frame ends at byte {len(self.data)}: {self.offset + _aligned(size)} are due"
            )
        array = np.frombuffer(self.data, dtype, length, self.offset)
        self.offset += _aligned(size)
        return array


def decode_frame(data: bytes, base: Picture | None = None) -> Picture:
    """The picture in a frame, as a client would see it.

    Args:
        data: one binary message.
        base: the picture decoded before; needed for delta frames.

    Raises:
        ValueError: wrong magic, version, type, length or base.
    """
    if len(data) < HEADER.size:
        raise ValueError(f"the frame has {len(data)} bytes: a header has {HEADER.size}")
    magic, version, kind, nr_designs, nr, log_index, tick, seq, epoch = HEADER.unpack_from(data)
    if magic != MAGIC:
        raise ValueError(f"the frame starts with {magic!r}: {MAGIC!r} is due")
    if version != WIRE_VERSION:
        raise ValueError(f"the frame speaks version {version}: this side speaks {WIRE_VERSION}")
    if kind not in (FRAME_KEY, FRAME_DELTA, FRAME_PAST):
        raise ValueError(f"frame type {kind} is not known: 1 is key, 2 is delta, 5 is past")
    reader = _Reader(data)
    reader.offset = HEADER.size
    panels: list[Panel] = []
    for design in range(nr_designs):
        if kind != FRAME_DELTA:
            planes = {name: reader.take(dtype, nr) for name, dtype in _DTYPES.items()}
        else:
            planes = _decode_delta(reader, design, epoch, nr, base)
        panels.append(DecodedPanel(planes, reader.take(np.dtype("<i8"), len(STAT_FIELDS))))
    if reader.offset != len(data):
        raise ValueError(f"the frame has {len(data)} bytes: {reader.offset} are due")
    return Picture(seq, epoch, tick, log_index, tuple(panels))


def _decode_delta(
    reader: _Reader, design: int, epoch: int, nr: int, base: Picture | None
) -> dict[str, NDArray[np.generic]]:
    base_seq, nr_changed = reader.take(np.dtype("<u4"), 2).tolist()
    if base is None or (base.seq, base.epoch) != (base_seq, epoch):
        have = "none" if base is None else f"{base.seq} of epoch {base.epoch}"
        raise ValueError(f"the delta needs frame {base_seq} of epoch {epoch}: the last is {have}")
    index = reader.take(np.dtype("<u4"), nr_changed)
    if nr_changed and int(index.max()) >= nr:
        raise ValueError(f"the delta changes pageblock {int(index.max())}: there are {nr}")
    planes = {}
    for name, dtype in _DTYPES.items():
        plane = base.panels[design].planes[name].copy()
        plane[index] = reader.take(dtype, nr_changed)
        planes[name] = plane
    return planes
