"""What compaction costs: round by round, with the hook, and for one huge page after the other.

    python -m benchmarks.bench_compaction [--size-mib 4096]

The guest is half loaded at random, with anonymous memory or (hook) half of that with balloon
pages. Beside each figure stands the anchor: a real 6.12 kernel on a machine of this kind moved
87,000 pages in 0.25 s, scanning included.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from benchmarks.bench_core import BOUND_COMPACTION, KERNEL_US_A_MOVED_PAGE, half_loaded
from engine import units as u
from engine.core import core_jit
from engine.core.compact.compaction import CCF_MEMORY, compact_begin, compact_end, compact_round
from engine.core.memory.freelist import list_add
from engine.core.memory.lru import lru_add
from engine.core.memory.page import set_state
from engine.core.slowpath.slowpath import alloc_pages
from engine.guest import Guest

HUGE = u.GFP_KERNEL | u.GFP_RETRY_MAYFAIL
SMALL_MIB = 32


@core_jit
def _settle(guest, held, every):
    """Put ``held`` (int64[...]) on its lists; each ``every``-th page becomes a balloon page."""
    for i in range(held.shape[0]):
        if every and i % every == 0:
            set_state(guest, held[i], 0, u.STATE_BALLOON, u.PG_MOVABLE_OPS)
            list_add(guest, u.LIST_BALLOON, held[i])
        else:
            lru_add(guest, held[i])


@core_jit
def _take_huge(guest, nr):
    """Take up to ``nr`` huge pages; how many there were."""
    for i in range(nr):
        pfn = alloc_pages(guest, u.PAGEBLOCK_ORDER, u.MIGRATE_MOVABLE, HUGE)
        if pfn == u.PFN_NONE:
            return i
        set_state(guest, pfn, u.PAGEBLOCK_ORDER, u.STATE_HUGE, 0)
    return nr


def loaded(size_mib: int, every: int) -> Guest:
    """A half-loaded guest; see _settle."""
    guest, held = half_loaded(u.mib_to_pages(size_mib), 1)
    _settle(guest, np.asarray(held), every)
    guest.vm[0]["rule_hook"] = int(every > 0)
    return guest


def moved_us(guest: Guest, seconds: float, name: str) -> float:
    """Print one line; microseconds a moved page."""
    vm = guest.vm[0]
    moved = max(int(vm["pgmigrate_success"]), 1)
    cost = 1e6 * seconds / moved
    seen = int(vm["compact_migrate_scanned"]) + int(vm["compact_free_scanned"])
    print(
        f"  {name}: {moved} pages moved, {seen} scanned in {seconds:.3f} s: {cost:.3f} us a moved "
        f"page, {KERNEL_US_A_MOVED_PAGE / cost:.1f} times a real kernel"
    )
    return cost


def whole(size_mib: int, every: int, name: str) -> float:
    """compact_memory, one call for each round."""
    guest = loaded(size_mib, every)
    start = time.process_time()
    mode, mt = u.MIGRATE_SYNC, u.MIGRATE_UNMOVABLE
    compact_begin(guest, u.CC_MEMORY, 0, -1, mt, mode, CCF_MEMORY, 0)
    while compact_round(guest, u.CC_MEMORY) == u.COMPACT_CONTINUE:
        pass
    compact_end(guest, u.CC_MEMORY)
    return moved_us(guest, time.process_time() - start, name)


def huge(size_mib: int) -> float:
    """Huge pages by direct compaction until there are none."""
    guest = loaded(size_mib, 0)
    start = time.process_time()
    nr = _take_huge(guest, 1 << 20)
    seconds = time.process_time() - start
    print(f"  direct: {nr} huge pages, {1e6 * seconds / max(nr, 1):.1f} us each")
    return moved_us(guest, seconds, "direct")


def main() -> int:
    """Exit status 1 if compaction of the whole guest is not as fast as it has to be."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size-mib", type=int, default=4096)
    args = parser.parse_args()
    for every in (0, 2):
        whole(SMALL_MIB, every, "warm-up")  # loads or compiles
    huge(SMALL_MIB)
    print(f"compaction at {args.size_mib} MiB")
    cost = whole(args.size_mib, 0, "compact_memory")
    whole(args.size_mib, 2, "with the hook")
    huge(args.size_mib)
    return int(KERNEL_US_A_MOVED_PAGE / cost < BOUND_COMPACTION)


if __name__ == "__main__":
    raise SystemExit(main())
