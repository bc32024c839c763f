"""A checkpoint as it is kept: whole, or as the words that changed since the one before it.

A world's records are looked at as columns of words. A key frame keeps each column in rows of one
pageblock and shares the rows that have not changed since the key frame before it; every other
checkpoint keeps the changed words alone. What a checkpoint says never changes, so that timelines
may share it; how it says it does when the one that it starts from is given up.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import zstandard
from numpy.typing import NDArray

from engine import units as u
from engine.guest import (
    BLOCK_DTYPE,
    CC_DTYPE,
    LIST_DTYPE,
    PAGE_DTYPE,
    VM_DTYPE,
    ZONE_DTYPE,
    Guest,
)
from engine.world import Checkpoint

_ROW = PAGE_DTYPE.itemsize * u.PAGEBLOCK_NR_PAGES  # bytes of a row: the pages of one pageblock
_RECORDS = (PAGE_DTYPE, BLOCK_DTYPE, LIST_DTYPE, ZONE_DTYPE, VM_DTYPE, CC_DTYPE)
_OVERHEAD = 512  # bytes that a checkpoint takes beside its columns

_PACK, _UNPACK = zstandard.ZstdCompressor(1), zstandard.ZstdDecompressor()

Words = NDArray[Any]  # one column: uint32[n], or uint8[n] where its bytes are no multiple of four


@dataclass(frozen=True, eq=False)
class Rows:
    """A whole column.

    Attributes:
        rows: its bytes, in rows, each compressed; the last may be shorter.
        dtype: of its words.
    """

    rows: tuple[bytes, ...]
    dtype: np.dtype[Any]


@dataclass(frozen=True, eq=False)
class Patch:
    """What changed in a column.

    Attributes:
        steps: uint32[n], compressed: the first index, then the distance to each next one.
        data: of the column's dtype [n], compressed.
        dtype: the column's.
        nr: n.
    """

    steps: bytes
    data: bytes
    dtype: np.dtype[Any]
    nr: int

    @property
    def nbytes(self) -> int:
        """Memory that it takes."""
        return len(self.steps) + len(self.data)

    @property
    def index(self) -> NDArray[np.uint32]:
        """uint32[n], ascending."""
        steps = np.frombuffer(_UNPACK.decompress(self.steps), np.uint32)
        return np.cumsum(steps, dtype=np.uint32)

    @property
    def words(self) -> Words:
        """Of the column's dtype [n]."""
        return np.frombuffer(_UNPACK.decompress(self.data), self.dtype)


def _patch(index: NDArray[np.uint32], words: Words) -> Patch:
    steps = np.diff(index, prepend=np.uint32(0)).astype(np.uint32)
    packed = _PACK.compress(steps.tobytes()), _PACK.compress(words.tobytes())
    return Patch(*packed, words.dtype, len(index))


@dataclass(eq=False)
class Stored:
    """One checkpoint.

    Attributes:
        tick: of the state.
        index: commands of the log that it contains.
        work: what it took to get there from tick 0, in the caller's measure.
        parent: the one that the patches start from; None for a key frame.
        columns: Rows in a key frame, Patch in any other.
        rest: the checkpoint without its arrays.
        nbytes: memory that it takes; rows shared with an earlier key frame do not count.
    """

    tick: int
    index: int
    work: float
    parent: "Stored | None"
    columns: tuple[Rows | Patch, ...]
    rest: Checkpoint
    nbytes: int

    @property
    def place(self) -> tuple[int, int]:
        """Tick and commands: checkpoints are in this order."""
        return self.tick, self.index

    @property
    def nr_words(self) -> int:
        """Words that it changes; 0 of a key frame."""
        return sum(column.nr for column in self.columns if isinstance(column, Patch))

    def chain(self) -> "list[Stored]":
        """From here back to the key frame, both included."""
        found = [self]
        while found[-1].parent is not None:
            found.append(found[-1].parent)
        return found


def _words(array: NDArray[Any]) -> Words:
    plain = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    return plain.view(np.uint32) if plain.nbytes % 4 == 0 else plain


def columns_of(point: Checkpoint) -> list[Words]:
    """Every array of a checkpoint as words; views, nothing is copied."""
    found = [_words(array) for guest in point.guests for array in guest]
    if point.workload is not None:
        found += [_words(array) for array in point.workload.arrays()]
    return found


def _rows(column: Words, before: Rows | None) -> tuple[Rows, int]:
    """A column in rows, and the bytes of those that ``before`` has not."""
    data = column.view(np.uint8).data
    rows: list[bytes] = []
    own = 0
    known = before.rows if before is not None else ()
    for i, start in enumerate(range(0, len(data), _ROW)):
        row = _PACK.compress(data[start : start + _ROW])
        if i < len(known) and known[i] == row:  # the same bytes are packed into the same bytes
            rows.append(known[i])
        else:
            rows.append(row)
            own += len(row)
    return Rows(tuple(rows), column.dtype), own


def _rest(point: Checkpoint) -> Checkpoint:
    workload = point.workload and point.workload.with_arrays(
        *(np.empty(0, array.dtype) for array in point.workload.arrays())
    )
    return replace(point, guests=(), workload=workload)


def keep_whole(point: Checkpoint, index: int, work: float, last_key: Stored | None) -> Stored:
    """A checkpoint as a key frame.

    Args:
        point: the state.
        index: commands that it contains.
        work: see Stored.
        last_key: a key frame before it, whose unchanged rows are shared; None: there is none.
    """
    columns: list[Rows | Patch] = []
    total = _OVERHEAD
    for i, column in enumerate(columns_of(point)):
        before = last_key.columns[i] if last_key and i < len(last_key.columns) else None
        kept, own = _rows(column, before if isinstance(before, Rows) else None)
        columns.append(kept)
        total += own + 8 * len(kept.rows)
    return Stored(point.tick, index, work, None, tuple(columns), _rest(point), total)


def keep_changes(
    point: Checkpoint, index: int, work: float, parent: Stored, before: Checkpoint
) -> Stored | None:
    """A checkpoint as what changed since another.

    Args:
        point: the state.
        index: commands that it contains.
        work: see Stored.
        parent: the other one.
        before: its state.

    Returns:
        None where the two have different columns: a workload has begun in between.
    """
    new, old = columns_of(point), columns_of(before)
    if [column.shape for column in new] != [column.shape for column in old]:
        return None
    patches = []
    for column, was in zip(new, old, strict=True):
        changed = np.flatnonzero(column != was).astype(np.uint32)
        patches.append(_patch(changed, column[changed]))
    nbytes = _OVERHEAD + sum(patch.nbytes for patch in patches)
    return Stored(point.tick, index, work, parent, tuple(patches), _rest(point), nbytes)


def own_bytes(key: Stored, before: Stored | None) -> int:
    """Memory that a key frame takes, rows that it shares with ``before`` not counted."""
    total = _OVERHEAD
    for i, column in enumerate(key.columns):
        assert isinstance(column, Rows)
        other = before.columns[i] if before and i < len(before.columns) else None
        shared = other.rows if isinstance(other, Rows) else ()
        total += 8 * len(column.rows)
        for j, row in enumerate(column.rows):
            if j >= len(shared) or row is not shared[j]:
                total += len(row)
    return total


def become_whole(child: Stored) -> None:
    """Make a key frame of ``child``, whose parent is a key frame that is given up."""
    key = child.parent
    assert key is not None and key.parent is None
    columns: list[Rows | Patch] = []
    for column, before in zip(_filled(child), key.columns, strict=True):
        assert isinstance(before, Rows)
        columns.append(_rows(column, before)[0])
    child.parent, child.columns = None, tuple(columns)
    child.nbytes = own_bytes(child, None)


def skip_parent(child: Stored) -> None:
    """Let ``child`` start from the parent of its parent, which is no key frame and is given up."""
    node = child.parent
    assert node is not None and node.parent is not None
    patches: list[Rows | Patch] = []
    for first, second in zip(node.columns, child.columns, strict=True):
        assert isinstance(first, Patch) and isinstance(second, Patch)
        earlier, later = first.index, second.index
        kept = np.isin(earlier, later, assume_unique=True, invert=True)
        index = np.concatenate([earlier[kept], later])
        order = np.argsort(index, kind="stable")
        words = np.concatenate([first.words[kept], second.words])
        patches.append(_patch(index[order], words[order]))
    child.parent, child.columns = node.parent, tuple(patches)
    child.nbytes = _OVERHEAD + sum(patch.nbytes for patch in patches if isinstance(patch, Patch))


def _filled(node: Stored) -> list[Words]:
    """The columns of a checkpoint, whole."""
    chain = node.chain()
    columns: list[Words] = []
    for rows in chain[-1].columns:
        assert isinstance(rows, Rows)
        unpacked_rows = map(_UNPACK.decompress, rows.rows)
        columns.append(np.frombuffer(bytearray().join(unpacked_rows), rows.dtype))
    for each in reversed(chain[:-1]):
        for column, patch in zip(columns, each.columns, strict=True):
            assert isinstance(patch, Patch)
            column[patch.index] = patch.words
    return columns


def _guests(columns: Sequence[Words], nr: int) -> tuple[Guest, ...]:
    per_guest = len(_RECORDS)
    guests = []
    for i in range(nr):
        own = columns[i * per_guest : (i + 1) * per_guest]
        arrays = [column.view(dtype) for column, dtype in zip(own, _RECORDS, strict=True)]
        guests.append(Guest(*arrays))
    return tuple(guests)


def unfolded(node: Stored) -> Checkpoint:
    """The checkpoint, whole again; read-only."""
    columns = _filled(node)
    for column in columns:
        column.flags.writeable = False
    nr = len(node.rest.config.designs)
    workload = node.rest.workload
    if workload is not None:
        own = columns[nr * len(_RECORDS) :]
        dtypes = [array.dtype for array in workload.arrays()]
        workload = workload.with_arrays(
            *(column.view(dtype) for column, dtype in zip(own, dtypes, strict=True))
        )
    return replace(node.rest, guests=_guests(columns, nr), workload=workload)
