"""A checkpoint as it is kept: whole, or as the words that changed since the one before it.

A world's records are looked at as columns of words. A key frame keeps each column in rows of a few
pageblocks and shares the rows that have not changed since the key frame before it; every other
checkpoint keeps the words that changed, as old ^ new, so that one can go from either to the other.
What a checkpoint says never changes, so that timelines may share it; how it says it does when the
one that it starts from is given up. engine/history/image.py makes and reads them.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

import lz4.block
import numpy as np
import zstandard
from numpy.typing import NDArray

from engine import units as u
from engine.guest import PAGE_DTYPE
from engine.world import Checkpoint

ROW_BYTES = 4 * PAGE_DTYPE.itemsize * u.PAGEBLOCK_NR_PAGES  # the pages of four pageblocks
_OVERHEAD = 512  # bytes that a checkpoint takes beside its columns


# Changes are many and small: packed well. Rows are unpacked by the hundred megabytes at each step
# back: lz4 takes half as much room again as zstd does, and a quarter of its time.
class _Zstd(threading.local):
    """A compressor and a decompressor for each thread: two threads in one end the process."""

    def __init__(self) -> None:
        self.pack = zstandard.ZstdCompressor(1).compress
        self.unpack = zstandard.ZstdDecompressor().decompress


_ZSTD = _Zstd()

Packed = bytes | memoryview  # that came back from a depot
Taken = list[Packed | None]  # by row: what it was unpacked from, None: it may have changed since
Words = NDArray[Any]  # one column: uint32[n], or uint8[n] where its bytes are no multiple of four


@dataclass(frozen=True, eq=False)
class Rows:
    """A whole column.

    Attributes:
        rows: its bytes, in rows of ROW_BYTES, each compressed; the last may be shorter.
        dtype: of its words.
        nr: words in it.
    """

    rows: tuple[Packed, ...]
    dtype: np.dtype[Any]
    nr: int


@dataclass(frozen=True, eq=False)
class Patch:
    """What changed in a column.

    Attributes:
        steps: uint32[n], compressed: the first index, then the distance to each next one.
        data: of the column's dtype [n], old ^ new, compressed.
        dtype: the column's.
        nr: n.
    """

    steps: Packed
    data: Packed
    dtype: np.dtype[Any]
    nr: int

    @property
    def nbytes(self) -> int:
        """Memory that it takes."""
        return len(self.steps) + len(self.data)

    @property
    def index(self) -> NDArray[np.intp]:
        """intp[n], ascending."""
        steps = np.frombuffer(_ZSTD.unpack(self.steps), np.uint32)
        return np.cumsum(steps, dtype=np.intp)

    @property
    def words(self) -> Words:
        """Of the column's dtype [n], old ^ new."""
        return np.frombuffer(_ZSTD.unpack(self.data), self.dtype)


def patch_of(index: NDArray[np.intp], words: Words) -> Patch:
    """A patch.

    Args:
        index: intp[n], ascending.
        words: of the column's dtype [n], old ^ new.
    """
    steps = np.diff(index, prepend=0).astype(np.uint32)
    packed = _ZSTD.pack(steps.tobytes()), _ZSTD.pack(words.tobytes())
    return Patch(*packed, words.dtype, len(index))


class Depot(Protocol):
    """Room outside of memory, for changes that do not fit into it."""

    def put(self, data: bytes) -> int | None:
        """Keep some bytes; what they are found by, None: there is no room."""

    def get(self, number: int) -> bytes:
        """Bytes that were kept."""

    def drop(self, number: int) -> None:
        """Give up bytes that were kept."""


class Away:
    """Columns that are kept outside of memory for as long as anybody holds this."""

    def __init__(self, depot: Depot, number: int, columns: "tuple[Rows | Patch, ...]") -> None:
        self._depot, self._number = depot, number
        self._form = [([len(one) for one in pieces(c)], c.dtype, c.nr, type(c)) for c in columns]
        self.nbytes = sum(sum(sizes) for sizes, *_ in self._form)

    def __del__(self) -> None:
        """Nobody can ask for them any more."""
        self._depot.drop(self._number)

    @property
    def nr_words(self) -> int:
        """Words in the columns, or in the patches."""
        return sum(nr for _, _, nr, _ in self._form)

    def columns(self) -> "tuple[Rows | Patch, ...]":
        """As they were."""
        data, at = memoryview(self._depot.get(self._number)), 0
        found: list[Rows | Patch] = []
        for sizes, dtype, nr, form in self._form:
            parts = []
            for size in sizes:
                parts.append(data[at : at + size])
                at += size
            found.append(
                Rows(tuple(parts), dtype, nr)
                if form is Rows
                else Patch(parts[0], parts[1], dtype, nr)
            )
        return tuple(found)


def pieces(column: "Rows | Patch") -> "tuple[Packed, ...]":
    """What a column is kept in."""
    return column.rows if isinstance(column, Rows) else (column.steps, column.data)


@dataclass(eq=False)
class Stored:
    """One checkpoint.

    Attributes:
        tick: of the state.
        index: commands of the log that it contains.
        work: what it took to get there from tick 0, in the caller's measure.
        parent: the one that the patches start from; None for a key frame.
        kept: Rows in a key frame, Patch in any other; those may be away.
        rest: the checkpoint without its arrays.
        nbytes: memory that it takes; rows shared with an earlier key frame do not count.
    """

    tick: int
    index: int
    work: float
    parent: "Stored | None"
    kept: tuple[Rows | Patch, ...] | Away
    rest: Checkpoint
    nbytes: int

    @property
    def columns(self) -> tuple[Rows | Patch, ...]:
        """Rows in a key frame, Patch in any other."""
        return self.kept.columns() if isinstance(self.kept, Away) else self.kept

    @property
    def away(self) -> int:
        """Bytes outside of memory."""
        return self.kept.nbytes if isinstance(self.kept, Away) else 0

    def send_away(self, depot: Depot) -> bool:
        """Keep the columns outside of memory; false: there is no room."""
        columns = self.columns
        number = depot.put(b"".join(part for column in columns for part in pieces(column)))
        if number is None:
            return False
        self.kept, self.nbytes = Away(depot, number, columns), _OVERHEAD
        return True

    @property
    def place(self) -> tuple[int, int]:
        """Tick and commands: checkpoints are in this order."""
        return self.tick, self.index

    @property
    def nr_words(self) -> int:
        """Words that it changes; 0 of a key frame."""
        if self.parent is None:
            return 0
        if isinstance(self.kept, Away):
            return self.kept.nr_words
        return sum(column.nr for column in self.kept if isinstance(column, Patch))

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


def _rest(point: Checkpoint) -> Checkpoint:
    workload = point.workload and point.workload.with_arrays(
        *(np.empty(0, array.dtype) for array in point.workload.arrays())
    )
    return replace(point, guests=(), workload=workload)


def packed(column: Words, taken: Taken, before: Rows | None) -> Rows:
    """A column as rows.

    Args:
        column: its words.
        taken: for each row what it was unpacked from, None where it may have changed since.
        before: of the key frame before; the same bytes are kept once.
    """
    data = column.view(np.uint8).data
    known = before.rows if before is not None else ()
    rows: list[Packed] = []
    for i, start in enumerate(range(0, len(data), ROW_BYTES)):
        row = taken[i]
        if isinstance(row, memoryview):  # it would keep all that came back with it
            row = bytes(row)
        if row is None:
            row = lz4.block.compress(data[start : start + ROW_BYTES])
            if i < len(known) and known[i] == row:  # the same bytes are packed into the same bytes
                row = known[i]
        rows.append(row)
    return Rows(tuple(rows), column.dtype, len(column))


def packed_column(column: Words) -> Rows:
    """A column as rows of its own."""
    return packed(column, [None] * -(-column.nbytes // ROW_BYTES), None)


def unpack(kept: Rows, into: Words, taken: Taken, look: Callable[[], None]) -> None:
    """Write those rows of a column that it does not hold already.

    Args:
        kept: the column.
        into: of its dtype [nr].
        taken: see packed(); kept up to date.
        look: called now and then; may raise to break off.
    """
    data = into.view(np.uint8).data
    for i, row in enumerate(kept.rows):
        if taken[i] is not row:
            taken[i] = None
            data[i * ROW_BYTES : (i + 1) * ROW_BYTES] = lz4.block.decompress(row)
            taken[i] = row
            if i % 256 == 0:
                look()


def key_frame(
    point: Checkpoint, index: int, work: float, columns: list[Rows], last: "Stored | None"
) -> Stored:
    """A checkpoint as a key frame.

    Args:
        point: the state.
        index: commands that it contains.
        work: see Stored.
        columns: of the state.
        last: a key frame before it, with which it may share rows.
    """
    key = Stored(point.tick, index, work, None, tuple(columns), _rest(point), 0)
    key.nbytes = own_bytes(key, last)
    return key


def change(
    point: Checkpoint, index: int, work: float, patches: list[Patch], parent: Stored
) -> Stored:
    """A checkpoint as what changed since ``parent``; the others as in key_frame()."""
    nbytes = _OVERHEAD + sum(patch.nbytes for patch in patches)
    return Stored(point.tick, index, work, parent, tuple(patches), _rest(point), nbytes)


def own_bytes(key: Stored, before: Stored | None) -> int:
    """Memory that a key frame takes, rows that it shares with ``before`` not counted."""
    if isinstance(key.kept, Away):
        return _OVERHEAD
    known = before.kept if before and not isinstance(before.kept, Away) else ()
    total = _OVERHEAD
    for i, column in enumerate(key.kept):
        assert isinstance(column, Rows)
        other = known[i] if i < len(known) else None
        shared = other.rows if isinstance(other, Rows) else ()
        total += 8 * len(column.rows)
        for j, row in enumerate(column.rows):
            if j >= len(shared) or row is not shared[j]:
                total += len(row)
    return total


def skip_parent(child: Stored) -> None:
    """Let ``child`` start from the parent of its parent, which is no key frame and is given up."""
    node = child.parent
    assert node is not None and node.parent is not None
    patches: list[Rows | Patch] = []
    for first, second in zip(node.columns, child.columns, strict=True):
        assert isinstance(first, Patch) and isinstance(second, Patch)
        index, at = np.unique(np.concatenate([first.index, second.index]), return_inverse=True)
        words = np.zeros(len(index), first.dtype)
        words[at[: first.nr]] = first.words
        words[at[first.nr :]] ^= second.words
        still = np.flatnonzero(words)  # what changed and changed back is no change
        patches.append(patch_of(index[still], words[still]))
    child.parent, child.kept = node.parent, tuple(patches)
    child.nbytes = _OVERHEAD + sum(patch.nbytes for patch in patches if isinstance(patch, Patch))
