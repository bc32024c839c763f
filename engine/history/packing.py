"""A state as bytes, to be kept outside of this process, and back; pure.

A header in JSON, then the rows of every column as engine/history/stored.py packs them, then a
checksum over all of it. What it says of itself is only believed where it names the state that is
asked for: engine, config, commands and tick determine a state, so their digest is its name.
"""

import dataclasses
import hashlib
import json
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import lz4.block
import numpy as np

from engine.errors import RefusedError
from engine.history.stored import ROW_BYTES, Rows, columns_of
from engine.log import Entry
from engine.workload import Workload, WorkloadParams
from engine.world import Checkpoint, World

STATE_MAGIC = b"FRGSSTAT"
VERSION = 1
_START = struct.Struct("<8sII")  # magic, version, bytes of the header
_ROW = struct.Struct("<I")  # bytes of a packed row
_SUM_BYTES = 32


def state_name(engine: str, config: str, entries: Sequence[Entry], tick: int) -> str:
    """What determines a state, as a digest.

    Args:
        engine: digest of the simulator.
        config: whatever determines the world at tick 0.
        entries: every command that the state contains, in order.
        tick: of the state.
    """
    found = hashlib.blake2b(f"{engine} {tick}\n{config}\n".encode(), digest_size=32)
    for entry in entries:
        found.update(json.dumps(entry.to_dict(), sort_keys=True).encode())
    return found.hexdigest()


def packed_state(
    point: Checkpoint, name: str, index: int, columns: Iterable[Rows]
) -> Iterator[bytes]:
    """A state, piece by piece.

    Args:
        point: the state; its arrays are not read.
        name: see state_name().
        index: commands that it contains.
        columns: its columns, in order.
    """
    workload = point.workload
    head = {
        "name": name, "tick": point.tick, "index": index, "nr_pages": point.nr_pages,
        "params": dataclasses.asdict(point.params), "workload_left": point.workload_left,
        "workload": workload and workload.position(),
    }  # fmt: skip
    text = json.dumps(head).encode()
    checked = hashlib.blake2b(digest_size=_SUM_BYTES)

    def told(piece: bytes) -> bytes:
        checked.update(piece)
        return piece

    yield told(_START.pack(STATE_MAGIC, VERSION, len(text)) + text)
    for column in columns:
        for row in column.rows:
            yield told(_ROW.pack(len(row)) + row)
    yield checked.digest()


def header_of(data: bytes) -> dict[str, Any]:
    """What some bytes say of themselves.

    Raises:
        RefusedError: they are no whole state.
    """
    if len(data) < _START.size + _SUM_BYTES or not data.startswith(STATE_MAGIC):
        raise RefusedError("these bytes are no state")
    _, version, nr = _START.unpack_from(data)
    if version != VERSION:
        raise RefusedError(f"the state is of version {version}: this one reads {VERSION}")
    body = memoryview(data)[:-_SUM_BYTES]
    if hashlib.blake2b(body, digest_size=_SUM_BYTES).digest() != data[-_SUM_BYTES:]:
        raise RefusedError("the state is not as it was written")
    return dict(json.loads(data[_START.size : _START.size + nr]))


def restore_state(world: World, head: dict[str, Any], data: bytes) -> None:
    """Bring a world to a state.

    Args:
        world: new, of the state's config.
        head: from header_of().
        data: the same bytes.

    Raises:
        RefusedError: they are of another memory map; the world is as it was then.
    """
    now = world.glance()
    params = WorkloadParams(**head["params"])
    workload = None
    if head["workload"] is not None:
        nr_handles = len(now.guests[0].pages)
        workload = Workload(params, world.config.seed, *now.objects, nr_handles)
        workload.resume(head["workload"])
    point = dataclasses.replace(
        now, tick=head["tick"], nr_pages=head["nr_pages"], params=params,
        workload_left=head["workload_left"], workload=workload,
        guests=tuple(type(g)(*(np.empty_like(a) for a in g)) for g in now.guests),
    )  # fmt: skip
    at = _START.unpack_from(data)[2] + _START.size
    for column in columns_of(point):
        at = _read_column(column.view(np.uint8).data, data, at)
    if at != len(data) - _SUM_BYTES:
        raise RefusedError("the state is of another memory map")
    world.restore(point)


def _read_column(into: memoryview, data: bytes, at: int) -> int:
    """Unpack the rows of one column; where the next one begins."""
    for start in range(0, len(into), ROW_BYTES):
        if at + _ROW.size > len(data) - _SUM_BYTES:
            raise RefusedError("the state is of another memory map")
        (nr,) = _ROW.unpack_from(data, at)
        at += _ROW.size
        row = lz4.block.decompress(data[at : at + nr])
        if len(row) != min(ROW_BYTES, len(into) - start):
            raise RefusedError("the state is of another memory map")
        into[start : start + len(row)] = row
        at += nr
    return at
