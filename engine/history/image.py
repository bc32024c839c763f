"""The image: one kept checkpoint, whole, in arrays that stay where they are.

It goes from checkpoint to checkpoint: along the changes between them, which lead either way, or by
a key frame, of which only the rows are unpacked that it does not hold already.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.guest import (
    BLOCK_DTYPE,
    CC_DTYPE,
    LIST_DTYPE,
    PAGE_DTYPE,
    VM_DTYPE,
    ZONE_DTYPE,
    Guest,
)
from engine.history.stored import (
    ROW_BYTES,
    Away,
    Patch,
    Rows,
    Stored,
    Taken,
    Words,
    change,
    columns_of,
    key_frame,
    own_bytes,
    packed,
    patch_of,
    unpack,
)
from engine.world import Checkpoint

_RECORDS = (PAGE_DTYPE, BLOCK_DTYPE, LIST_DTYPE, ZONE_DTYPE, VM_DTYPE, CC_DTYPE)
_PATCHING = 8  # words unpacked in the time in which one is changed


def _rows_of(index: NDArray[np.intp], column: Words) -> list[int]:
    """Rows in which some words of a column lie; ``index`` ascends."""
    per_row = ROW_BYTES // column.itemsize
    ends = np.searchsorted(index, np.arange(0, len(column) + per_row, per_row))
    return np.flatnonzero(np.diff(ends)).tolist()


class Image:
    """A checkpoint whole. Its arrays are its own; checkpoint() lends them.

    Attributes:
        node: which checkpoint; None: a way was broken off, or none is kept yet.
    """

    def __init__(self, point: Checkpoint) -> None:
        """Hold a state of which nothing is kept yet."""
        self.node: Stored | None = None
        self._columns: list[Words] = []
        self._taken: list[Taken] = []
        self._fit(columns_of(point))

    @property
    def nr_words(self) -> int:
        """Words in all columns."""
        return sum(map(len, self._columns))

    def _fit(self, like: Sequence[Words | Rows]) -> None:
        """Have columns of the form of others; those that have it already stay."""
        del self._columns[len(like) :], self._taken[len(like) :]
        for i, other in enumerate(like):
            size = other.nr if isinstance(other, Rows) else len(other)
            here = self._columns[i] if i < len(self._columns) else None
            if here is not None and (here.dtype, len(here)) == (other.dtype, size):
                continue
            del self._columns[i:], self._taken[i:]
            self._columns.append(column := np.zeros(size, other.dtype))
            self._taken.append([None] * -(-column.nbytes // ROW_BYTES))

    # -- keeping
    def keep_whole(self, point: Checkpoint, index: int, work: float, last: Stored | None) -> Stored:
        """Keep a state as a key frame, and hold it.

        Args:
            point: the state.
            index: commands that it contains.
            work: see Stored.
            last: a key frame before it, whose unchanged rows are shared.
        """
        new = columns_of(point)
        self.node = None
        self._fit(new)
        for mine, column, taken in zip(self._columns, new, self._taken, strict=True):
            changed = np.flatnonzero(mine != column)
            for row in _rows_of(changed, mine):
                taken[row] = None
            mine[...] = column
        self.node = key_frame(point, index, work, self.rows(last), last)
        return self.node

    def rows(self, last: Stored | None = None) -> list[Rows]:
        """Every column of what is held, as rows; those of a key frame before may be shared."""
        found = []
        known = last.kept if last and not isinstance(last.kept, Away) else ()
        for i, column in enumerate(self._columns):
            before = known[i] if i < len(known) else None
            rows = packed(column, self._taken[i], before if isinstance(before, Rows) else None)
            self._taken[i] = list(rows.rows)
            found.append(rows)
        return found

    def keep_changes(self, point: Checkpoint, index: int, work: float) -> Stored | None:
        """Keep a state as what changed since the checkpoint held, and hold it; see keep_whole().

        Returns:
            None where the two have different columns: a workload has begun in between.
        """
        new, parent = columns_of(point), self.node
        if parent is None or [c.shape for c in new] != [c.shape for c in self._columns]:
            return None
        patches = []
        self.node = None
        for i, (mine, column) in enumerate(zip(self._columns, new, strict=True)):
            index_of = np.flatnonzero(mine != column)
            words = column[index_of]
            patches.append(patch_of(index_of, mine[index_of] ^ words))
            for row in _rows_of(index_of, mine):
                self._taken[i][row] = None
            mine[index_of] = words
        self.node = change(point, index, work, patches, parent)
        return self.node

    def make_whole(self, child: Stored) -> None:
        """Make a key frame of ``child``, whose parent is a key frame that is given up."""
        key = child.parent
        assert key is not None and key.parent is None
        self.seek(child, lambda: None)
        child.kept, child.parent = tuple(self.rows(key)), None
        child.nbytes = own_bytes(child, None)

    # -- going
    def seek(self, node: Stored, look: Callable[[], None]) -> None:
        """Hold another checkpoint.

        Args:
            node: which.
            look: called now and then; may raise to break off.
        """
        if node is self.node:
            return
        chain = node.chain()
        way = self._way(chain)
        by_key = self._to_unpack(chain[-1]) + _PATCHING * sum(one.nr_words for one in chain)
        self.node = None
        if way is None or _PATCHING * sum(one.nr_words for one in way) > by_key:
            key = [column for column in chain[-1].columns if isinstance(column, Rows)]
            self._fit(key)
            for rows, mine, taken in zip(key, self._columns, self._taken, strict=True):
                unpack(rows, mine, taken, look)
            way = chain[-2::-1]
        for one in way:
            self._change(one)
            look()
        self.node = node

    def _way(self, chain: list[Stored]) -> list[Stored] | None:
        """The changes between the checkpoint held and the first of ``chain``; None: no way."""
        mine = self.node.chain() if self.node is not None else []
        shared = 0
        while shared < min(len(chain), len(mine)) and chain[-1 - shared] is mine[-1 - shared]:
            shared += 1
        if not shared:
            return None
        return [*mine[: len(mine) - shared], *reversed(chain[: len(chain) - shared])]

    def _to_unpack(self, key: Stored) -> int:
        """Words of a key frame that are not held."""
        if isinstance(key.kept, Away):
            return key.kept.nr_words
        nr = 0
        for i, rows in enumerate(key.kept):
            taken = self._taken[i] if i < len(self._taken) else []
            assert isinstance(rows, Rows)
            same = sum(mine is row for mine, row in zip(taken, rows.rows, strict=False))
            nr += (len(rows.rows) - same) * ROW_BYTES // rows.dtype.itemsize
        return nr

    def _change(self, node: Stored) -> None:
        """Go over the changes of a checkpoint, from its parent to it or back."""
        for mine, patch, taken in zip(self._columns, node.columns, self._taken, strict=True):
            assert isinstance(patch, Patch)
            if not patch.nr:
                continue
            index = patch.index
            for row in _rows_of(index, mine):
                taken[row] = None
            mine[index] = np.take(mine, index) ^ patch.words

    # -- lending
    def checkpoint(self) -> Checkpoint:
        """The checkpoint held, over the image's own arrays, read-only: until the next call."""
        assert self.node is not None
        rest, per_guest = self.node.rest, len(_RECORDS)
        lent = [column.view() for column in self._columns]
        for column in lent:
            column.flags.writeable = False
        nr = len(rest.config.designs)
        guests = []
        for i in range(nr):
            own = lent[i * per_guest : (i + 1) * per_guest]
            arrays = [column.view(dtype) for column, dtype in zip(own, _RECORDS, strict=True)]
            guests.append(Guest(*arrays))
        workload = rest.workload
        if workload is not None:
            own = lent[nr * per_guest :]
            dtypes = [array.dtype for array in workload.arrays()]
            workload = workload.with_arrays(
                *(column.view(dtype) for column, dtype in zip(own, dtypes, strict=True))
            )
        return replace(rest, guests=tuple(guests), workload=workload)
