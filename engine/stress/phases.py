"""The phases of stress-highalloc, in order, as slots of rows: one slot is one attempt of the test.

Everything that the recipe does and that no design can influence is here; the balloon and the scores
are in highalloc.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from engine import units as u
from engine.core.workload import stress_builds as b
from engine.stress.params import SLOTS_PER_SECOND, HighallocParams
from engine.stress.stream import (
    FILE_CHUNK,
    Handles,
    KernelBuild,
    Output,
    Row,
    chunks,
    interleave,
    io_ended,
)

# Kernel memory after boot: class, order, share of the pages in sixteenths.
_KERNEL_MIX = (
    (u.CLASS_SLAB, 0, 8),
    (u.CLASS_SLAB, 1, 2),
    (u.CLASS_SLAB, 3, 3),
    (u.CLASS_KERNEL, 0, 3),
)
_GOLDEN = 0x9E3779B97F4A7C15

PASSES = ("pass1", "pass2", "rested")


@dataclass(frozen=True)
class TimeSlot:
    """What happens in 125 ms of simulated time.

    Attributes:
        phase: name of the phase.
        at: share of the phase that is done, 0 to 1.
        rows: for the core.
        event: ``drop`` (write 3 to drop_caches), ``min_free`` (lower min_free_kbytes) or ``score``
            (a pass has ended) after the rows; usually none.
    """

    phase: str
    at: float
    rows: list[Row]
    event: str = ""


class Timetable:
    """One run of the benchmark as slots.

    Attributes:
        attempts: of one pass.
        log: first handle of the log of reclaimable slab.
    """

    def __init__(
        self, params: HighallocParams, seed: int, managed: int, nr_handles: int, thp_gfp: int
    ) -> None:
        """Allot the handles.

        Args:
            params: see there.
            seed: any int.
            managed: pages of the guest that boot has left over.
            nr_handles: handles below this number may be used.
            thp_gfp: GFP_* of a fault for a transparent huge page.

        Raises:
            RefusedError: the guest has too few handles for what the builds hold.
        """
        self._params = params
        self._thp_gfp = thp_gfp
        self._managed = managed
        self.attempts = (managed >> u.HPAGE_ORDER) * params.percent // 100
        handles = Handles(nr_handles)
        self._system = handles.take(
            params.system_anon_pages + params.system_file_pages + params.system_kernel_pages
        )
        self._tools = handles.take(params.tool_pages)
        self._primary = handles.take(params.tree_mib * u.MIB_PAGES)
        trees = managed // (params.tree_mib * u.MIB_PAGES)
        self._builds = [
            KernelBuild(params, handles, self._tools, seed * 1000003 + _GOLDEN * (i + 1))
            for i in range(trees + 1)
        ]
        self._output = Output(params, handles, managed)
        self.log = self._output.log
        self._running: list[KernelBuild] = []
        self._turn = 0
        self._credit = 0.0
        self._io: list[Row] = []
        self._rows_per_job = self._measure(seed)

    def _measure(self, seed: int) -> float:
        """Rows of a compilation, averaged over a few."""
        handles = Handles(u.PFN_NONE)
        build = KernelBuild(self._params, handles, self._tools, seed)
        output = Output(self._params, handles, FILE_CHUNK * 100)
        before = len(build.rows)
        for _ in range(64):
            build.next_job(output, self._thp_gfp)
        return (len(build.rows) - before) / 64

    def _build_rows(self) -> list[Row]:
        """What the builds do in one slot, in turn; one build alone cannot use both processors."""
        if not self._running:
            return []
        share = min(len(self._running), 2) / 2
        rate = self._params.jobs_per_second * self._rows_per_job * share
        self._credit += rate / SLOTS_PER_SECOND
        rows = []
        for _ in range(int(self._credit)):
            build = self._running[self._turn % len(self._running)]
            self._turn += 1
            if not build.rows:
                build.next_job(self._output, self._thp_gfp)
            rows.append(build.rows.popleft())
        self._credit %= 1
        return rows

    def _slot(self, phase: str, at: float, rows: list[Row], event: str = "") -> TimeSlot:
        """A slot with the builds' work and the writeback in it."""
        started = self._output.flush()
        rows = [*self._io, *started, *interleave(self._build_rows(), rows)]
        self._io = io_ended(started)
        return TimeSlot(phase, at, rows, event)

    def _boot(self) -> TimeSlot:
        """The system's own services, all at once."""
        p = self._params
        first = self._system.first
        anon = list(chunks(b.B_TOUCH, first, p.system_anon_pages, u.CLASS_ANON))
        first += p.system_anon_pages
        mapped = p.system_file_pages // 2
        files = list(chunks(b.B_MAP, first, mapped, 0))
        files += chunks(b.B_READ, first + mapped, p.system_file_pages - mapped, 0)
        first += p.system_file_pages
        kernel: list[Row] = []
        for i in range(p.system_kernel_pages // (16 * FILE_CHUNK)):
            for kind, order, share in _KERNEL_MIX:
                nr = share * FILE_CHUNK >> order
                kernel.append((b.B_TOUCH, first, nr, kind + (order << 8)))
                first += nr
            del i
        return TimeSlot("boot", 1.0, interleave(interleave(anon, files), kernel))

    def _tree(self, n: int, of: int) -> Iterator[TimeSlot]:
        """Unpack the primary tree (n = 0), or make another copy of it."""
        p = self._params
        per_slot = p.disk_mib_per_second * u.MIB_PAGES // SLOTS_PER_SECOND
        nr_slots = -(-self._primary.nr // per_slot)
        for i in range(nr_slots):
            start = self._primary.first + i * per_slot
            nr = min(per_slot, self._primary.first + self._primary.nr - start)
            if n == 0:
                rows = list(chunks(b.B_WRITE, start, nr, 0))
                self._output.soil(start, nr)
            else:
                rows = interleave(list(chunks(b.B_READ, start, nr, 0)), self._output.write(nr))
            inodes = p.inode_slabs * (i + 1) // nr_slots - p.inode_slabs * i // nr_slots
            names = p.dentry_slabs * (i + 1) // nr_slots - p.dentry_slabs * i // nr_slots
            rows = interleave(rows, self._output.slab(inodes, 3) + self._output.slab(names, 0))
            yield self._slot("copy", (n + (i + 1) / nr_slots) / of, rows)

    def _wait(self, phase: str, seconds: int) -> Iterator[TimeSlot]:
        """Builds alone."""
        nr = seconds * SLOTS_PER_SECOND
        for i in range(nr):
            yield self._slot(phase, (i + 1) / nr, [])

    def _pass(self, name: str) -> Iterator[TimeSlot]:
        """One attempt per slot; at the end everything is given back."""
        for i in range(self.attempts):
            yield self._slot(name, (i + 1) / self.attempts, [(b.B_HUGE, 0, 1, 0)])
        yield self._slot(name, 1.0, [(b.B_HUGE_FREE, 0, 1, 0)], "score")

    def _large_file(self) -> Iterator[TimeSlot]:
        """Write a file as large as memory, read it, delete it."""
        per_slot = self._params.disk_mib_per_second * u.MIB_PAGES // SLOTS_PER_SECOND
        nr = -(-self._managed // per_slot)
        for i in range(nr):
            yield self._slot("large file", (i + 1) / nr / 2, self._output.write(per_slot))
        for i in range(nr):
            yield self._slot("large file", (i + 1 + nr) / nr / 2, self._output.read(per_slot))

    def slots(self) -> Iterator[TimeSlot]:
        """Every slot of the run, once."""
        p = self._params
        yield self._boot()
        nr_trees = len(self._builds)
        for n in range(nr_trees):
            yield from self._tree(n, nr_trees)
            if n > 0:
                self._running.append(self._builds[n])
        self._running.append(self._builds[0])
        yield from self._wait("run-in", p.run_in_s)
        yield from self._pass("pass1")
        yield from self._wait("pause", p.pause_s)
        yield from self._pass("pass2")
        yield from self._wait("pause", p.pause_s)
        yield from self._wait("builds", p.wait_s)
        self._running.clear()
        rows = [row for build in self._builds for row in (*build.kill(), *build.delete())]
        rows += self._output.delete()
        rows.append((b.B_DROP, self._primary.first, self._primary.nr, 0))
        yield TimeSlot("delete", 1.0, rows, "drop")
        yield from self._large_file()
        yield TimeSlot(
            "drop caches", 1.0, [*self._output.delete(), (b.B_SLAB_DROP, 0, 1, 0)], "drop"
        )
        yield TimeSlot("drop caches", 1.0, [], "min_free")
        yield from self._pass("rested")
