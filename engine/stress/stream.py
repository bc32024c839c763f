"""The stream of rows: what builds, copies and files demand of memory, slot by slot.

The seed and the parameters determine every row; no design, and no failure in one, can change it.
Rows name handles (engine/core/workload/stress_builds.py), which are allotted once, in Handles.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine import units as u
from engine.core.workload import stress_builds as b
from engine.errors import RefusedError
from engine.stress.params import SLOTS_PER_SECOND, HighallocParams
from engine.workload import RandomBits

Row = tuple[int, int, int, int]

# Pages of one process before another gets the processor: a refill of a per-CPU list (31 in 2012),
# since the guest had two processors with lists of their own.
FILE_CHUNK = 32
_STACK_ORDER = 1  # THREAD_SIZE is two pages
_INODE_ORDER = 3  # SLUB's preferred order of ext4_inode_cache
_ANON = u.CLASS_ANON
_CLASSES = (u.CLASS_PGTABLE, u.CLASS_SLAB, u.CLASS_KERNEL)


@dataclass(frozen=True)
class Area:
    """Handles for one purpose: the first and how many."""

    first: int
    nr: int


class Handles:
    """Allots the handles of a guest.

    Attributes:
        used: handles allotted so far.
    """

    def __init__(self, nr_handles: int) -> None:
        self._limit = nr_handles
        self.used = 0

    def take(self, nr: int, align: int = 1) -> Area:
        """The next ``nr`` handles, starting at a multiple of ``align``.

        Raises:
            RefusedError: the guest has no more.
        """
        first = -(-self.used // align) * align
        if first + nr > self._limit:
            raise RefusedError(
                f"the builds need {first + nr} handles: a guest of this size has {self._limit}"
            )
        self.used = first + nr
        return Area(first, nr)


def chunks(kind: int, first: int, nr: int, arg: int) -> Iterator[Row]:
    """A range as rows of at most FILE_CHUNK handles."""
    for start in range(first, first + nr, FILE_CHUNK):
        yield kind, start, min(FILE_CHUNK, first + nr - start), arg


def interleave(one: list[Row], other: list[Row]) -> list[Row]:
    """Merge two lists of rows, spreading the shorter one evenly over the longer one."""
    if len(one) < len(other):
        one, other = other, one
    rows = []
    done = 0
    for i, row in enumerate(one, 1):
        rows.append(row)
        upto = i * len(other) // len(one)
        rows += other[done:upto]
        done = upto
    return rows


class KernelBuild:
    """One `make -j1`: one compilation after another, as rows.

    Attributes:
        rows: the rest of the current compilation.
    """

    def __init__(self, params: HighallocParams, handles: Handles, tools: Area, seed: int) -> None:
        self._params = params
        self._bits = RandomBits(seed)
        self._tools = tools
        room = params.cc1_pages * 3 // 2 + params.helper_pages
        self._anon = handles.take(room + u.HPAGE_NR_PAGES, u.HPAGE_NR_PAGES)
        self._make = handles.take(params.make_pages)
        self._kernel = handles.take(4 * params.kernel_pages + room // u.HPAGE_NR_PAGES + 4)
        self._temporary = handles.take(params.temporary_pages)
        self._headers = handles.take(params.header_pages)
        self._linger = handles.take((params.linger_jobs + 1) * params.lingering_pages)
        self._job = 0
        self.rows: deque[Row] = deque(chunks(b.B_TOUCH, self._make.first, self._make.nr, _ANON))

    def _below(self, limit: int) -> int:
        return int(self._bits.below(max(limit, 1), 1)[0])

    def _slice(self, area: Area, nr: int) -> tuple[int, int]:
        """A random part of an area: first handle and number."""
        nr = min(nr, area.nr)
        return area.first + self._below(area.nr - nr + 1), nr

    def _kernel_rows(self, first: int, nr: int) -> list[Row]:
        """Kernel memory of one process: page tables, slab, one stack of two pages."""
        third = max((nr - 1) // 2, 0)
        return [
            (b.B_TOUCH, first, third, u.CLASS_PGTABLE),
            (b.B_TOUCH, first + third, nr - 1 - third, u.CLASS_SLAB),
            (b.B_TOUCH, first + nr - 1, 1, u.CLASS_KERNEL + (_STACK_ORDER << 8)),
        ]

    def _process(self, first: int, nr: int, kernel: int, thp_gfp: int) -> list[Row]:
        """One process from exec to its last page; a page table for every 512 pages."""
        params = self._params
        rows = self._kernel_rows(kernel, params.kernel_pages)
        table = kernel + params.kernel_pages
        start = first
        if thp_gfp and nr >= u.HPAGE_NR_PAGES:
            rows.append((b.B_THP, first, u.HPAGE_NR_PAGES, thp_gfp))
            start += u.HPAGE_NR_PAGES
        for i, row in enumerate(chunks(b.B_TOUCH, start, first + nr - start, _ANON)):
            if i % (u.HPAGE_NR_PAGES // FILE_CHUNK) == 0:
                rows.append((b.B_TOUCH, table, 1, u.CLASS_PGTABLE))
                table += 1
            rows.append(row)
        return rows

    def _linger_rows(self) -> list[Row]:
        """Allocate what this compilation leaves behind, and free what an old one left."""
        nr = self._params.lingering_pages
        slots = self._params.linger_jobs + 1
        new = self._linger.first + self._job % slots * nr
        old = self._linger.first + (self._job + 1) % slots * nr
        kind = _CLASSES[self._below(len(_CLASSES))]
        return [(b.B_DROP, old, nr, 0), (b.B_TOUCH, new, nr, kind)]

    def next_job(self, output: "Output", thp_gfp: int) -> None:
        """Append the rows of one more compilation.

        Args:
            output: where its source and object pages get their handles.
            thp_gfp: GFP_* of a fault for a transparent huge page.
        """
        p = self._params
        cc1 = p.cc1_pages // 2 + self._below(p.cc1_pages)
        use_thp = thp_gfp if self._below(100) < p.thp_percent else 0
        half = p.helper_pages // 2
        kernel = self._kernel.first
        front = self._anon.first + p.cc1_pages * 3 // 2 + u.HPAGE_NR_PAGES
        front = min(front, self._anon.first + self._anon.nr - p.helper_pages)
        rows = self._process(front, half, kernel, 0)
        rows += chunks(b.B_MAP, *self._slice(self._tools, p.tools_read), 0)
        main = self._process(self._anon.first, cc1, kernel + p.kernel_pages + 2, use_thp)
        reads = list(chunks(b.B_READ, *self._slice(self._headers, p.headers_read), 0))
        reads += output.read(p.source_pages)
        rows += interleave(main, reads)
        rows += chunks(b.B_WRITE, self._temporary.first, self._temporary.nr, 0)
        rows.append((b.B_DROP, self._anon.first, cc1, 0))
        end = kernel + p.kernel_pages + 2
        rows.append((b.B_DROP, end, self._kernel.first + self._kernel.nr - end, 0))
        rows += self._process(front + half, p.helper_pages - half, end, 0)
        rows += output.write(p.object_pages)
        rows += self._linger_rows()
        rows.append((b.B_DROP, self._temporary.first, self._temporary.nr, 0))
        rows.append((b.B_DROP, self._anon.first, self._anon.nr, 0))
        rows.append((b.B_DROP, self._kernel.first, self._kernel.nr, 0))
        self._job += 1
        if self._job % 25 == 0:  # make moves on to another directory: half of its chain is new
            part = self._make.nr // 2
            rows.append((b.B_DROP, self._make.first, part, 0))
            rows += chunks(b.B_TOUCH, self._make.first, part, _ANON)
        self.rows.extend(row for row in rows if row[2] > 0)

    def kill(self) -> list[Row]:
        """End the build at once: everything that its processes hold is freed."""
        self.rows.clear()
        mine = (self._anon, self._make, self._kernel, self._temporary, self._linger)
        return [(b.B_DROP, area.first, area.nr, 0) for area in mine]

    def delete(self) -> list[Row]:
        """Delete its tree, and with it the page cache of its headers."""
        return [(b.B_DROP, self._headers.first, self._headers.nr, 0)]


class Output:
    """New files: a ring of handles, slab that comes with page cache, writeback by age and share.

    Created last: every handle not allotted by then belongs to the log of reclaimable slab.

    Attributes:
        log: first handle of that log.
    """

    def __init__(self, params: HighallocParams, handles: Handles, nr_pages: int) -> None:
        self._params = params
        self._limit = nr_pages * params.dirty_percent // 100
        self._ring = handles.take(2 * self._limit + FILE_CHUNK)
        self.log = handles.used
        self._handles = handles
        self._at = 0
        self._meta_left = 0
        self._dirty: deque[tuple[int, int, int]] = deque()  # slot, first, nr
        self._nr_dirty = 0
        self._soiled = np.zeros(self._ring.nr, np.bool_)  # of the ring
        self._slot = 0

    def slab(self, nr: int, order: int) -> list[Row]:
        """``nr`` more reclaimable slabs."""
        if nr == 0:
            return []
        area = self._handles.take(nr)
        return [(b.B_SLAB, area.first, nr, order)]

    def _pages(self, kind: int, nr: int) -> list[Row]:
        rows = []
        while nr > 0:
            n = min(nr, FILE_CHUNK, self._ring.nr - self._at)
            first = self._ring.first + self._at
            rows += self._written_before(first, n)
            rows.append((kind, first, n, 1))
            if kind == b.B_WRITE:
                self.soil(first, n)
            self._at = (self._at + n) % self._ring.nr
            nr -= n
            self._meta_left += n * self._params.meta_pages
            rows += self.slab(self._meta_left // u.MIB_PAGES, 0)
            self._meta_left %= u.MIB_PAGES
        return rows

    def _written_before(self, first: int, nr: int) -> list[Row]:
        """Write what is dirty behind handles about to name other pages: nobody could later."""
        start = first - self._ring.first
        rows: list[Row] = []
        while self._soiled[start : start + nr].any():
            _, old, n = self._dirty.popleft()
            self._clean(old, n)
            rows += [(b.B_START_IO, old, n, 0), (b.B_END_IO, old, n, 0)]
        return rows

    def _clean(self, first: int, nr: int) -> None:
        self._nr_dirty -= nr
        if first >= self._ring.first:
            self._soiled[first - self._ring.first :][:nr] = False

    def write(self, nr: int) -> list[Row]:
        """Write ``nr`` pages of new files."""
        return self._pages(b.B_WRITE, nr)

    def read(self, nr: int) -> list[Row]:
        """Read ``nr`` pages of files that are not in the page cache, once."""
        return self._pages(b.B_STREAM, nr)

    def soil(self, first: int, nr: int) -> None:
        """Record that other pages of the page cache have been written."""
        self._dirty.append((self._slot, first, nr))
        self._nr_dirty += nr
        if first >= self._ring.first:  # created last: nothing lies above it but slab
            self._soiled[first - self._ring.first :][:nr] = True

    def flush(self) -> list[Row]:
        """One slot later: old or excess dirty pages are written; those under writeback are clean.

        Writing takes one slot.
        """
        rows: list[Row] = []
        self._slot += 1
        oldest = self._slot - self._params.dirty_seconds * SLOTS_PER_SECOND
        while self._dirty and (self._dirty[0][0] < oldest or self._nr_dirty > self._limit):
            _, first, n = self._dirty.popleft()
            self._clean(first, n)
            rows.append((b.B_START_IO, first, n, 0))
        return rows

    def delete(self) -> list[Row]:
        """Delete every new file."""
        self._dirty.clear()
        self._nr_dirty = 0
        self._soiled[:] = False
        return [(b.B_DROP, self._ring.first, self._ring.nr, 0)]


def io_ended(rows: list[Row]) -> list[Row]:
    """The rows that end the writeback which ``rows`` began."""
    return [(b.B_END_IO, first, nr, 0) for kind, first, nr, _ in rows if kind == b.B_START_IO]


def as_array(rows: list[Row]) -> NDArray[np.int32]:
    """Rows as the core takes them: int32[n, 4]."""
    return np.array(rows, np.int32).reshape(-1, 4)
