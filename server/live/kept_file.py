"""One file of kept looks: records with a checksum, read up to the last whole one.

A record is a head and its body. What a segment's looks share is said once (MACHINE_RECORD). A look
is JSON, deflated with the segment's first look as dictionary, since most numbers of a second are
those of the second before: some 100 bytes. A map is four planes and the age of each pageblock's
picture.
"""

import json
import struct
import zlib
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

MACHINE_RECORD, LOOK_RECORD, MAP_RECORD = 1, 2, 3
KEPT_PLANES = ("free", "movable", "balloon", "unmovable")
LOOKS_SUFFIX = ".looks"
NEVER_READ = 0xFFFF  # age of a pageblock that was never read; older pictures are told as one less

_HEAD = struct.Struct("<IIBQd")  # bytes of the body, checksum, kind, number, seconds since 1970
_MOST_BODY = 16 << 20


class Kept(NamedTuple):
    """A record's head.

    Attributes:
        kind: MACHINE_RECORD, LOOK_RECORD or MAP_RECORD.
        number: of the look that it belongs to.
        wall: seconds since 1970.
        offset: where the record begins, bytes.
        size: of the record, bytes.
    """

    kind: int
    number: int
    wall: float
    offset: int
    size: int


def record_bytes(kind: int, number: int, wall: float, body: bytes) -> bytes:
    """A record as it stands in the file."""
    rest = struct.pack("<BQd", kind, number, wall)
    return struct.pack("<II", len(body), zlib.crc32(body, zlib.crc32(rest))) + rest + body


def _read_record(file: BinaryIO, offset: int) -> tuple[Kept, bytes] | None:
    """The record at an offset; None: there is no whole one."""
    file.seek(offset)
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    length, checksum, kind, number, wall = _HEAD.unpack(head)
    if length > _MOST_BODY:
        return None
    body = file.read(length)
    if len(body) < length or zlib.crc32(body, zlib.crc32(head[8:])) != checksum:
        return None
    return Kept(kind, number, wall, offset, _HEAD.size + length), body


def packed_look(values: Sequence[int | float], dictionary: bytes) -> bytes:
    """The body of a look: its numbers in the order that the machine record gives."""
    raw = json.dumps(values, separators=(",", ":")).encode()
    if not dictionary:
        return zlib.compress(raw)
    packer = zlib.compressobj(6, zlib.DEFLATED, 15, zdict=dictionary)
    return packer.compress(raw) + packer.flush()


def packed_map(planes: NDArray[np.uint16], ages: NDArray[np.float64]) -> bytes:
    """The body of a map.

    Args:
        planes: uint16[4, nr_blocks] of KEPT_PLANES, pages.
        ages: float64[nr_blocks], seconds; inf: never read.
    """
    told = np.where(ages < np.inf, np.minimum(ages, NEVER_READ - 1), NEVER_READ).astype("<u2")
    return zlib.compress(planes.astype("<u2").tobytes() + told.tobytes(), 1)


@dataclass
class Segment:
    """A file's records, found once.

    Attributes:
        path: of the file.
        first: number of its first look.
        end: bytes up to the end of the last whole record.
        offsets: where each look begins; the numbers of a segment's looks have no gaps.
        walls: seconds since 1970, of each.
        maps: head of each map.
        machines: (number of the first look that it is about, what the machine is).
        dictionary: of the looks after the first.
    """

    path: Path
    first: int
    end: int = 0
    offsets: "array[int]" = field(default_factory=lambda: array("Q"))
    walls: "array[float]" = field(default_factory=lambda: array("d"))
    maps: list[Kept] = field(default_factory=list)
    machines: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    dictionary: bytes = b""

    @property
    def last(self) -> int:
        """Number of its last look; one before the first: it has none."""
        return self.first + len(self.offsets) - 1

    def noted(self, head: Kept, body: bytes) -> None:
        """A record that follows what is known."""
        if head.kind == LOOK_RECORD:
            if not self.dictionary:
                self.dictionary = zlib.decompress(body)
            self.offsets.append(head.offset)
            self.walls.append(head.wall)
        elif head.kind == MAP_RECORD:
            self.maps.append(head)
        elif head.kind == MACHINE_RECORD:
            self.machines.append((head.number, json.loads(body)))
        self.end = head.offset + head.size

    def machine_of(self, number: int) -> dict[str, Any]:
        """What the machine was at a look."""
        return [what for since, what in self.machines if since <= number][-1]

    def values(self, file: BinaryIO, number: int) -> tuple[float, list[Any]] | None:
        """When a look was, and its numbers; None: the file is not what it was."""
        found = _read_record(file, self.offsets[number - self.first])
        if found is None:
            return None
        head, body = found
        return head.wall, json.loads(self._unpacked(body, number))

    def _unpacked(self, body: bytes, number: int) -> bytes:
        if number == self.first:
            return zlib.decompress(body)
        unpacker = zlib.decompressobj(15, zdict=self.dictionary)
        return unpacker.decompress(body) + unpacker.flush()

    def map_at(self, file: BinaryIO, head: Kept) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
        """A map: uint16[4, nr_blocks] of KEPT_PLANES, uint16[nr_blocks] ages in seconds."""
        found = _read_record(file, head.offset)
        words = np.frombuffer(zlib.decompress(found[1]) if found else b"", "<u2")
        rows = words.reshape(len(KEPT_PLANES) + 1, -1)
        return rows[:-1], rows[-1]


def read_segment(path: Path) -> Segment:
    """Find the records of a file, up to the first that is not whole: what follows is passed over.

    Args:
        path: NUMBER.looks.
    """
    segment = Segment(path, int(path.stem))
    with path.open("rb") as file:
        for head, body in _whole(file):
            in_turn = head.kind != LOOK_RECORD or head.number == segment.last + 1
            if not in_turn or (head.kind == LOOK_RECORD and not segment.machines):
                break
            segment.noted(head, body)
    return segment


def _whole(file: BinaryIO) -> Iterator[tuple[Kept, bytes]]:
    offset = 0
    while found := _read_record(file, offset):
        yield found
        offset += found[0].size
