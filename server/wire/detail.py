"""Pages of a few pageblocks, looked at closely: the request, and frames of type 3; pure.

Twin of web/src/net/detail_wire.js. A frame holds every page of every pageblock asked for, so that
each stands for itself: nothing depends on the one before.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from engine import units as u
from engine.errors import RefusedError
from engine.pages import PAGE_FIELDS, pages_of
from engine.world import World
from server.jsontext import shown
from server.wire.config import CLOSED
from server.wire.fields import Listed
from server.wire.frames import HEADER, MAGIC, WIRE_VERSION

FRAME_DETAIL = 3
MAX_PAGEBLOCKS = 128  # of one request
MAX_DESIGNS = 8
MAX_PAGEBLOCK = (1 << 22) - 1  # pageblocks of 8 TiB, more than any guest has
_HEAD = struct.Struct("<II")
_FIELDS = {name: (bit, np.dtype(dtype)) for bit, (name, dtype) in enumerate(PAGE_FIELDS)}


@dataclass(frozen=True)
class WholeNumbers:
    """Annotation of a list of at most ``most`` whole numbers from 0 to ``high``, none twice."""

    name: str
    most: int
    high: int

    def _read(self, value: object) -> tuple[int, ...]:
        if not isinstance(value, list | tuple):
            raise RefusedError(f"{self.name} is {shown(value)}: a list of {self.name} is needed")
        if len(value) > self.most:
            raise RefusedError(f"{self.name} has {len(value)}: at most {self.most} are allowed")
        for one in value:
            if not isinstance(one, int) or isinstance(one, bool) or not 0 <= one <= self.high:
                raise RefusedError(
                    f"{self.name} has {shown(one)}: whole numbers from 0 to {self.high} are needed"
                )
        return tuple(dict.fromkeys(value))

    def __get_pydantic_core_schema__(self, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._read)

    def __get_pydantic_json_schema__(
        self, _: CoreSchema, __: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        whole = {"type": "integer", "minimum": 0, "maximum": self.high}
        return {"type": "array", "items": whole, "maxItems": self.most}


FieldName = Literal["state", "order", "flags", "refcount", "mobility"]


@dataclass(frozen=True)
class Detail:
    """Show this client the pages of some pageblocks from now on; no pageblocks: no pages any more.

    ``designs``: by place in ``welcome.designs``, all when absent. ``fields``: all when absent.
    """

    __pydantic_config__ = CLOSED

    type: Literal["detail"] = field(default="detail", kw_only=True)
    pageblocks: Annotated[
        tuple[int, ...], WholeNumbers("pageblocks", MAX_PAGEBLOCKS, MAX_PAGEBLOCK)
    ]
    designs: (
        Annotated[tuple[int, ...], WholeNumbers("designs", MAX_DESIGNS, MAX_DESIGNS - 1)] | None
    ) = None
    fields: (
        Annotated[
            tuple[FieldName, ...],
            Listed("fields", f"a list of {', '.join(_FIELDS)}"),
        ]
        | None
    ) = None


@dataclass(frozen=True)
class Closeup:
    """A decoded frame of type 3.

    Attributes:
        epoch: number of the ``welcome`` it belongs to.
        tick: simulated time.
        log_index: last command contained in this state.
        pageblocks: which.
        designs: place of a design → field → array[pages of those pageblocks].
    """

    epoch: int
    tick: int
    log_index: int
    pageblocks: tuple[int, ...]
    designs: dict[int, dict[str, NDArray[Any]]]


def encode_detail(world: World, epoch: int, log_index: int, asked: Detail) -> bytes:
    """What ``asked`` wants to see of a world; what the guests do not have is left out."""
    nr = len(world.guest(0).blocks)
    blocks = [index for index in asked.pageblocks if index < nr]
    every = range(len(world.keys))
    designs = [i for i in (every if asked.designs is None else asked.designs) if i in every]
    names = [name for name in _FIELDS if asked.fields is None or name in asked.fields]
    head = HEADER.pack(
        MAGIC, WIRE_VERSION, FRAME_DETAIL, len(designs), nr, log_index, world.tick, 0, epoch
    )
    mask = sum(1 << _FIELDS[name][0] for name in names)
    index = np.array(blocks, "<u4")
    out: list[Any] = [
        head,
        _HEAD.pack(len(blocks), mask),
        index.tobytes(),
        bytes(-index.nbytes % 8),
    ]
    for design in designs:
        out.append(_HEAD.pack(design, 0))
        found = pages_of(world.guest(design), blocks, names)
        out += [found[name].astype(_FIELDS[name][1], copy=False).data for name in names]
    return b"".join(out)


def _length(designs: int, nr_pages: int, fields: Sequence[str]) -> int:
    planes = sum(nr_pages * _FIELDS[name][1].itemsize for name in fields)
    return HEADER.size + _HEAD.size + designs * (_HEAD.size + planes)


def decode_detail(data: bytes, block_pages: int = u.PAGEBLOCK_NR_PAGES) -> Closeup:
    """The pages in a frame, as a client would see them.

    Args:
        data: the frame.
        block_pages: pages of a pageblock.

    Raises:
        ValueError: it is no frame of type 3, or its length is not what its head says.
    """
    if len(data) < HEADER.size + _HEAD.size or data[:6] != MAGIC + bytes((WIRE_VERSION, 3)):
        raise ValueError(f"{len(data)} bytes are no frame of type {FRAME_DETAIL}")
    _, _, _, nr_designs, _, log_index, tick, _, epoch = HEADER.unpack_from(data)
    nr, mask = _HEAD.unpack_from(data, HEADER.size)
    names = [name for name, (bit, _) in _FIELDS.items() if mask >> bit & 1]
    due = _length(nr_designs, block_pages * nr, names) + (4 * nr + 7 & ~7)
    if len(data) != due:
        raise ValueError(f"the frame has {len(data)} bytes: {due} are due")
    offset = HEADER.size + _HEAD.size
    blocks = np.frombuffer(data, "<u4", nr, offset)
    offset += 4 * nr + 7 & ~7
    designs: dict[int, dict[str, NDArray[Any]]] = {}
    for _ in range(nr_designs):
        design = _HEAD.unpack_from(data, offset)[0]
        offset += _HEAD.size
        designs[design] = {}
        for name in names:
            dtype = _FIELDS[name][1]
            designs[design][name] = np.frombuffer(data, dtype, block_pages * nr, offset)
            offset += block_pages * nr * dtype.itemsize
    return Closeup(epoch, tick, log_index, tuple(blocks.tolist()), designs)
