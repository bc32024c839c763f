"""What happened between two pictures: the request, and frames of type 4; pure.

Twin of web/src/net/events_wire.js. A frame goes before the picture in which the last of its events
has happened, and costs no credit. What it holds is engine/events.py's, record for record.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import StrictBool

from engine import units as u
from engine.events import EVENT_KINDS, Happened
from server.wire.config import CLOSED
from server.wire.detail import Detail
from server.wire.frames import HEADER, MAGIC, WIRE_VERSION

FRAME_EVENTS = 4
_SPAN = struct.Struct("<QII")
_KIND = struct.Struct("<IIII")
_ROW_BYTES = 16


@dataclass(frozen=True)
class Watch:
    """Tell this client what happens between its pictures from now on, or not any more."""

    __pydantic_config__ = CLOSED

    type: Literal["watch"] = field(default="watch", kw_only=True)
    on: StrictBool


ExtraMessage: TypeAlias = Detail | Watch  # what a client is sent beside pictures


@dataclass(frozen=True)
class Between:
    """What happened between two pictures, as in a frame of type 4.

    Attributes:
        seq: of the picture in which it has happened.
        epoch: number of the ``welcome`` it belongs to.
        tick: of that picture; since: of the one before.
        log_index: last command contained in that picture.
        nr_pageblocks: of the guest.
        lasts_ms: until the next tick is due at the pace in force; 0 while paused.
        designs: one per design, the kinds of engine.events.EVENT_KINDS.
    """

    seq: int
    epoch: int
    tick: int
    since: int
    log_index: int
    nr_pageblocks: int
    lasts_ms: int
    designs: tuple[Sequence[Happened], ...]


def encode_events(between: Between) -> bytes:
    """The frame."""
    it = between
    head = HEADER.pack(
        MAGIC,
        WIRE_VERSION,
        FRAME_EVENTS,
        len(it.designs),
        it.nr_pageblocks,
        it.log_index,
        it.tick,
        it.seq,
        it.epoch,
    )
    out: list[Any] = [head, _SPAN.pack(it.since, it.lasts_ms, 0)]
    for kinds in it.designs:
        for one in kinds:
            out.append(_KIND.pack(one.total, one.pages, one.every, len(one.rows)))
        out += [np.ascontiguousarray(one.rows, "<i4").data for one in kinds if len(one.rows)]
    return b"".join(out)


def decode_events(data: bytes) -> Between:
    """What a frame tells, as a client would see it.

    Raises:
        ValueError: it is no frame of type 4, or its length is not what its heads say.
    """
    if len(data) < HEADER.size + _SPAN.size or data[:6] != MAGIC + bytes((WIRE_VERSION, 4)):
        raise ValueError(f"{len(data)} bytes are no frame of type {FRAME_EVENTS}")
    _, _, _, nr_designs, nr, log_index, tick, seq, epoch = HEADER.unpack_from(data)
    since, lasts_ms, _ = _SPAN.unpack_from(data, HEADER.size)
    offset = HEADER.size + _SPAN.size
    designs = []
    for _ in range(nr_designs):
        heads = []
        for kind in EVENT_KINDS:
            if offset + _KIND.size > len(data):
                raise ValueError(f"the frame has {len(data)} bytes: the head of {kind} is missing")
            heads.append(_KIND.unpack_from(data, offset))
            offset += _KIND.size
        kinds = []
        for total, pages, every, nr_rows in heads:
            end = offset + nr_rows * _ROW_BYTES
            if nr_rows > u.EVENT_ROOM or end > len(data):
                raise ValueError(f"the frame has {len(data)} bytes: {end} are due")
            rows: NDArray[np.int32] = np.frombuffer(data, "<i4", 4 * nr_rows, offset).reshape(-1, 4)
            kinds.append(Happened(total, pages, every, rows))
            offset = end
        designs.append(tuple(kinds))
    if offset != len(data):
        raise ValueError(f"the frame has {len(data)} bytes: {offset} are due")
    return Between(seq, epoch, tick, since, log_index, nr, lasts_ms, tuple(designs))
