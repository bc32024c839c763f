"""The workload: what programs in the guest ask for, tick by tick; the same stream for every design.

A seed and a few parameters make int32[nr_ops, 4] per tick (kind, handle, order, class; units.OP_*,
CLASS_*). It names handles and never sees a pfn, nor whether an operation succeeded: a design in
which an allocation failed simply lacks that object. Occupancy swings slowly around its starting
point, like day and night.
"""

import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine import units as u
from engine.guest import Guest

_GAMMA = 0x9E3779B97F4A7C15
_MASK = 0xFFFFFFFFFFFFFFFF

# Share of each kind of allocation in 1/256: class, order, share. Kernel orders 1 to 3 as slabs and
# stacks use them.
MIX: tuple[tuple[int, int, int], ...] = (
    (u.CLASS_ANON, 0, 150),
    (u.CLASS_FILE, 0, 64),
    (u.CLASS_SHMEM, 0, 8),
    (u.CLASS_SLAB, 0, 10),
    (u.CLASS_SLAB, 1, 4),
    (u.CLASS_RECLAIMABLE, 0, 8),
    (u.CLASS_PGTABLE, 0, 6),
    (u.CLASS_KERNEL, 0, 3),
    (u.CLASS_KERNEL, 2, 2),
    (u.CLASS_SLAB, 3, 1),
)


_ADOPTABLE = np.zeros(u.NR_STATES, np.bool_)  # by state: pages that the workload may free
_ADOPTABLE[[u.STATE_ANON, u.STATE_FILE, u.STATE_SHMEM]] = True
NO_OPS: NDArray[np.int32] = np.empty((0, 4), np.int32)  # for a tick without workload


@dataclass(frozen=True)
class WorkloadParams:
    """Parameters of a workload.

    Attributes:
        rate: operations per tick.
        run: number of objects that are freed together; they were also allocated together.
        swing_percent: how far occupancy swings up and down around its start.
        period: ticks of one swing.
        enabled: whether it runs from the first tick.
    """

    rate: int = 256
    run: int = 8
    swing_percent: int = 10
    period: int = 2048
    enabled: bool = False


class RandomBits:
    """Vectorised splitmix64: element i of a stream depends only on seed and i.

    Attributes:
        state: uint64 as int, advanced by one gamma per number drawn.
    """

    def __init__(self, seed: int) -> None:
        self.state = seed & _MASK

    def draw(self, n: int) -> NDArray[np.uint64]:
        """The next ``n`` 64-bit numbers."""
        with np.errstate(over="ignore"):
            z = np.arange(1, n + 1, dtype=np.uint64) * np.uint64(_GAMMA) + np.uint64(self.state)
            z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        self.state = (self.state + n * _GAMMA) & _MASK
        return z ^ (z >> np.uint64(31))

    def below(self, limit: int, n: int) -> NDArray[np.int64]:
        """``n`` numbers from 0 to ``limit`` - 1; the bias is below limit / 2**32."""
        bits = (self.draw(n) >> np.uint64(32)).astype(np.int64)
        return (bits * limit) >> 32


class Workload:
    """The stream of operations.

    Attributes:
        nr_live: objects that it believes to exist.
        live_pages: pages in them.
    """

    def __init__(
        self,
        params: WorkloadParams,
        seed: int,
        handles: NDArray[np.int32],
        orders: NDArray[np.uint8],
        nr_handles: int,
    ) -> None:
        """Start from existing objects.

        Args:
            params: see there.
            seed: any int.
            handles: int32[n], live handles in the order of their pages.
            orders: uint8[n], order of each.
            nr_handles: handles below this number may be used; those not in ``handles`` are unused.
        """
        self.params = params
        self._bits = RandomBits(seed ^ 0x776F726B6C6F6164)
        self.nr_live = len(handles)
        room = min(max(2 * self.nr_live, 1 << 14), nr_handles)
        self._live = np.zeros(room, np.int32)
        self._orders = np.zeros(room, np.uint8)
        self._live[: self.nr_live] = handles
        self._orders[: self.nr_live] = orders
        self.live_pages = int((1 << orders.astype(np.int64)).sum())
        self._base_pages = max(self.live_pages, nr_handles // 16)
        used = np.zeros(nr_handles, np.bool_)
        used[handles] = True
        # Unused handles as a stack, lowest on top; capped, since the workload never more than
        # doubles its objects.
        self._spare = np.flatnonzero(~used)[: room - self.nr_live].astype(np.int32)[::-1].copy()
        self._nr_spare = len(self._spare)
        self._spare = np.concatenate([self._spare, np.zeros(self.nr_live, np.int32)])
        self._tick = 0
        shares = np.array([share for _, _, share in MIX])
        self._edges = np.cumsum(shares)
        self._mix = np.array([(kind, order) for kind, order, _ in MIX], np.int32)

    def _goal(self) -> int:
        """Pages that should be live now: a triangle wave around the start."""
        half = self.params.period // 2
        phase = self._tick % (2 * half)
        height = phase if phase < half else 2 * half - phase  # 0 … half … 0
        swing = self._base_pages * self.params.swing_percent // 100
        return self._base_pages - swing // 2 + swing * height // half

    def _frees(self, n: int) -> NDArray[np.int32]:
        """Choose about ``n`` live objects in runs and forget them; their handles."""
        run = min(self.params.run, max(self.nr_live, 1))
        slots = self.nr_live // run
        if n <= 0 or slots == 0:
            return np.zeros(0, np.int32)
        chosen = np.unique(self._bits.below(slots, max(n // run, 1)))
        positions = (chosen[:, None] * run + np.arange(run)).ravel()
        freed: NDArray[np.int32] = self._live[positions]
        self.live_pages -= int((1 << self._orders[positions].astype(np.int64)).sum())
        keep_to = self.nr_live - len(positions)
        holes = positions[positions < keep_to]
        tail = np.arange(keep_to, self.nr_live)
        movers = tail[~np.isin(tail, positions)]
        self._live[holes] = self._live[movers]
        self._orders[holes] = self._orders[movers]
        self.nr_live = keep_to
        return freed

    def _allocs(self, n: int) -> NDArray[np.int32]:
        """Rows for up to ``n`` allocations with unused handles; they enter the live list."""
        n = min(n, self._nr_spare, len(self._live) - self.nr_live)
        rows = np.zeros((max(n, 0), 4), np.int32)
        if n <= 0:
            return rows
        picks = np.searchsorted(self._edges, self._bits.below(int(self._edges[-1]), n), "right")
        rows[:, 0] = u.OP_ALLOC
        rows[:, 1] = self._spare[self._nr_spare - n : self._nr_spare][::-1]
        rows[:, 2] = self._mix[picks, 1]
        rows[:, 3] = self._mix[picks, 0]
        self._nr_spare -= n
        end = self.nr_live + n
        self._live[self.nr_live : end] = rows[:, 1]
        self._orders[self.nr_live : end] = rows[:, 2]
        self.nr_live = end
        self.live_pages += int((1 << rows[:, 2].astype(np.int64)).sum())
        return rows

    def tick(self) -> NDArray[np.int32]:
        """The operations of the next tick: frees first, then allocations.

        Returns:
            int32[n, 4], n about the rate; kind, handle, order, class.
        """
        rate = self.params.rate
        share = 3 if self.live_pages < self._goal() else 1  # quarters that are allocations
        nr_allocs = rate * share // 4
        freed = self._frees(rate - nr_allocs)
        rows = self._allocs(nr_allocs)
        out = np.zeros((len(freed) + len(rows), 4), np.int32)
        out[: len(freed), 0] = u.OP_FREE
        out[: len(freed), 1] = freed
        out[len(freed) :] = rows
        end = self._nr_spare + len(freed)
        self._spare[self._nr_spare : end] = freed
        self._nr_spare = end
        self._tick += 1
        return out

    def copy(self, frozen: bool = False) -> "Workload":
        """A stream of its own that goes on as this one does.

        Args:
            frozen: its arrays cannot be written, so that it stays where it is.
        """
        twin = copy.deepcopy(self)
        for array in (twin._live, twin._orders, twin._spare):
            array.flags.writeable = not frozen
        return twin

    def position(self) -> dict[str, int]:
        """Where the stream is, apart from its arrays."""
        return {
            "bits": self._bits.state, "nr_live": self.nr_live, "live_pages": self.live_pages,
            "nr_spare": self._nr_spare, "tick": self._tick,
        }  # fmt: skip

    def resume(self, position: dict[str, int]) -> None:
        """Go to a position of a stream that began as this one did; its arrays come separately."""
        self._bits.state, self._tick = position["bits"], position["tick"]
        self.nr_live, self._nr_spare = position["nr_live"], position["nr_spare"]
        self.live_pages = position["live_pages"]

    def arrays(self) -> tuple[NDArray[np.int32], NDArray[np.uint8], NDArray[np.int32]]:
        """What a copy has to copy: live handles, their orders, unused handles."""
        return self._live, self._orders, self._spare

    def with_arrays(
        self, live: NDArray[np.int32], orders: NDArray[np.uint8], spare: NDArray[np.int32]
    ) -> "Workload":
        """A stream that goes on as this one does, over other arrays with what arrays() gave."""
        twin = copy.copy(self)
        twin._bits = copy.copy(self._bits)
        twin._live, twin._orders, twin._spare = live, orders, spare
        return twin


def live_objects(
    handle: NDArray[np.int32], order: NDArray[np.uint8]
) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Handles that hold something, in the order of their pages, and the order of each.

    Args:
        handle: int32[nr_pages], by pfn: owner of the object that starts there, or HANDLE_NONE.
        order: uint8[nr_pages], by pfn.
    """
    pfns = np.flatnonzero(handle != u.HANDLE_NONE)
    return handle[pfns], order[pfns]


def adopt(guest: Guest) -> None:
    """Give a handle to each movable order-0 user page without owner, so the workload can free it.

    Args:
        guest: its pages.handle and pages.where are written.
    """
    pages = guest.pages
    orphans = np.flatnonzero(_ADOPTABLE[pages["state"]] & (pages["handle"] == u.HANDLE_NONE))
    single = pages["order"][orphans] == 0
    loose = (pages["flags"][orphans] & (u.PG_PINNED | u.PG_UNEVICTABLE)) == 0
    pfns = orphans[single & loose].astype(np.int32)
    if len(pfns) == 0:
        return
    free = np.flatnonzero(pages["where"] == u.PFN_NONE)[: len(pfns)].astype(np.int32)
    pages["handle"][pfns] = free
    pages["where"][free] = pfns
