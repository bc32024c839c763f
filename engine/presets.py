"""Synthetic guests: a recipe, a size and a seed make memory that went through the real allocator.

Boot reserves what firmware, kernel image and page structures take; then the recipe's programs
allocate and free by handle (engine/core/workload/workload_ops.py), so free lists, migratetypes and
fallbacks are the allocator's doing, not drawn by us. docs/MODEL.md has the recipes in words.
"""

from dataclasses import dataclass
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from engine import units as u
from engine.core import run
from engine.core.memory import buddy
from engine.errors import RefusedError, unknown_name
from engine.guest import Guest, ZoneSpan, make_guest
from engine.workload import NO_OPS, RandomBits

MIN_MIB = 256
MAX_MIB = 65536
_BATCH = 1 << 20  # operations per call of the core

_DMA_END = 4096  # pfn, 16 MiB
_DMA32_END = 1 << 20  # pfn, 4 GiB


@dataclass(frozen=True)
class GuestRecipe:
    """How the memory of a synthetic guest came about.

    Attributes:
        name: as on the wire and the command line.
        label: a few words for the page.
        text: the recipe in one or two sentences.
        anon: per mille of the managed pages touched by programs.
        keep: percent of the touched runs that are kept; the others are freed.
        run: pages kept or freed together; 0 = all but one page of every pageblock is freed.
        cache: per mille of the managed pages read as page cache, spread between the touched ones.
        kernel: kernel objects per GiB (slab, page tables, inodes, pipes), spread the same way.
        nodes: NUMA nodes of equal size; on each, programs touch its share.
    """

    name: str
    label: str
    text: str
    anon: int
    keep: int
    run: int
    cache: int
    kernel: int
    nodes: int = 1


PRESETS: dict[str, GuestRecipe] = {
    r.name: r
    for r in (
        GuestRecipe(
            "roomy",
            "Roomy: half of it free again, in single pages",
            "Programs touch 62 % of the memory and free 55 % of that page by page at random; few "
            "kernel objects, no page cache. Much is free, little of it contiguous.",
            anon=620,
            keep=45,
            run=1,
            cache=0,
            kernel=6000,
        ),
        GuestRecipe(
            "tight",
            "Tight: page cache and programs interleaved, kernel objects sprinkled",
            "Programs touch 60 % and read page cache for 30 % of the memory, page by page in turn, "
            "with 8000 kernel objects per GiB in between; half of the programs' pages are freed "
            "again, one by one.",
            anon=600,
            keep=50,
            run=1,
            cache=300,
            kernel=8000,
        ),
        GuestRecipe(
            "cycles",
            "Cycles: small holes, made for inflating and deflating 64 MiB again and again",
            "Programs touch 70 % and read page cache for 15 % of the memory; 45 % of the programs' "
            "pages are freed again in runs of four; 4000 kernel objects per GiB.",
            anon=700,
            keep=55,
            run=4,
            cache=150,
            kernel=4000,
        ),
        GuestRecipe(
            "all_but_one",
            "All but one: huge pages freed except for one page each",
            "Programs touch 85 % of the memory; then every pageblock that they filled is freed "
            "except for one page at a random place. Nearly all is free, but hardly a 2 MiB block.",
            anon=850,
            keep=0,
            run=0,
            cache=0,
            kernel=400,
        ),
        GuestRecipe(
            "no_balloon",
            "No balloon needed: a file server with a full page cache",
            "Page cache for 62 % of the memory, programs for 18 %, of which 30 % were freed in "
            "runs of 16; 12000 kernel objects per GiB. For looking at compaction alone.",
            anon=180,
            keep=70,
            run=16,
            cache=620,
            kernel=12000,
        ),
        GuestRecipe(
            "two_nodes",
            "Two nodes: half of the memory each, programs on both, the balloon's worker on node 0",
            "Two NUMA nodes of the same size. On each, programs touch 60 % and read page cache for "
            "20 % of the memory, and free half of their pages again in runs of two; 6000 kernel "
            "objects per GiB. What runs later runs on node 0.",
            anon=600,
            keep=50,
            run=2,
            cache=200,
            kernel=6000,
            nodes=2,
        ),
    )
}


def make_synthetic(preset: str, size_mib: int, seed: int, cma_mib: int = 0) -> Guest:
    """A settled guest with one CPU, made by a recipe.

    Args:
        preset: a key of PRESETS.
        size_mib: memory, from MIN_MIB to MAX_MIB, whole MiB, even.
        seed: any int.
        cma_mib: size of its CMA area, even, at most a quarter of the memory; 0 = none.

    Raises:
        RefusedError: unknown preset, or a size that is not allowed.
    """
    recipe = PRESETS.get(preset) if isinstance(preset, str) else None
    if recipe is None:
        raise unknown_name("preset", preset, PRESETS)
    if isinstance(size_mib, bool) or not isinstance(size_mib, int):
        raise RefusedError(f"size is {size_mib!r:.60}: a whole number of MiB is needed")
    if not MIN_MIB <= size_mib <= MAX_MIB or size_mib % 2:
        raise RefusedError(
            f"size is {size_mib} MiB: an even number from {MIN_MIB} to {MAX_MIB} MiB is needed"
        )
    check_cma(cma_mib, size_mib)
    return make_from_recipe(recipe, u.mib_to_pages(size_mib), seed, u.mib_to_pages(cma_mib))


def check_cma(cma_mib: int, size_mib: int) -> None:
    """Check the size of a CMA area.

    Raises:
        RefusedError: in one sentence with the limit.
    """
    if isinstance(cma_mib, bool) or not isinstance(cma_mib, int):
        raise RefusedError(f"CMA area is {cma_mib!r:.60}: a whole number of MiB is needed")
    limit = size_mib // 8 * 2
    if not 0 <= cma_mib <= limit or cma_mib % 2:
        raise RefusedError(f"CMA area is {cma_mib} MiB: an even number from 0 to {limit} MiB")


def make_from_recipe(recipe: GuestRecipe, nr_pages: int, seed: int, cma_pages: int = 0) -> Guest:
    """A settled guest made by a recipe, of any bootable size.

    Args:
        recipe: what its programs did.
        nr_pages: multiple of 512, at least 16384.
        seed: any int.
        cma_pages: size of its CMA area, multiple of 512, 0 = none.
    """
    guest = boot(_layout(nr_pages, recipe.nodes), seed, cma_pages)
    bits = RandomBits(seed ^ 0x707265736574)
    handles = _touch(guest, recipe)
    _give_back(guest, recipe, handles, bits)
    _settle(guest)
    return guest


# -- boot


def _layout(nr_pages: int, nodes: int) -> tuple[ZoneSpan, ...]:
    """Zones of a machine whose memory is in one piece, its nodes one behind the other."""
    zones = (
        (u.ZONE_DMA, 0, _DMA_END),
        (u.ZONE_DMA32, _DMA_END, min(nr_pages, _DMA32_END)),
        (u.ZONE_NORMAL, _DMA32_END, nr_pages),
    )
    size = nr_pages // nodes & -(1 << u.MAX_PAGE_ORDER)
    spans = []
    for node in range(nodes):
        first = node * size
        end = nr_pages if node == nodes - 1 else first + size
        for name, low, high in zones:
            if max(low, first) < min(high, end):
                spans.append(ZoneSpan(name, max(low, first), min(high, end), node))
    return tuple(spans)


def boot(spans: tuple[ZoneSpan, ...], seed: int, cma_pages: int = 0) -> Guest:
    """An empty machine after boot: zones, reserved pages, watermarks, free blocks of 4 MiB.

    Args:
        spans: its zones, DMA and DMA32 first; gaps between zones are holes.
        seed: for the guest's own random numbers.
        cma_pages: size of its CMA area, multiple of 512, 0 = none.
    """
    guest = make_guest(spans, seed)
    state = guest.pages["state"]
    for span in spans:
        state[span.start_pfn : span.end_pfn] = u.STATE_FREE
        guest.pages["order"][span.start_pfn : span.end_pfn] = u.ORDER_TAIL
    nr_pages = sum(span.end_pfn - span.start_pfn for span in spans)
    state[:256] = u.STATE_RESERVED  # the first MiB: firmware
    # Kernel image and early allocations: 32 MiB, less on a tiny machine.
    image = min(8192, nr_pages // 32 & ~511)
    state[_DMA_END : _DMA_END + image] = u.STATE_RESERVED
    memmap = 0
    for node in sorted({span.node for span in spans}):
        mine = [span for span in spans if span.node == node]
        nr_pages = sum(span.end_pfn - span.start_pfn for span in mine)
        memmap = (nr_pages // 64 + 511) & ~511  # struct page: 64 bytes a page, on its own node
        state[mine[-1].end_pfn - memmap : mine[-1].end_pfn] = u.STATE_RESERVED
    guest.pages["order"][state == u.STATE_RESERVED] = 0
    if cma_pages:
        # As high as possible, in one zone (mm/cma.c cma_init_reserved_mem).
        end = len(state) - memmap
        if end - cma_pages < spans[-1].start_pfn:
            end = spans[-1].start_pfn
        area = slice((end - cma_pages) >> u.PAGEBLOCK_ORDER, end >> u.PAGEBLOCK_ORDER)
        guest.blocks["migratetype"][area] = u.MIGRATE_CMA
    _mark_free_blocks(guest)
    _count_blocks(guest)
    _set_zones(guest)
    buddy.link_free_lists(guest, 0)
    return guest


def _mark_free_blocks(guest: Guest) -> None:
    """Give each maximal aligned run of free pages its order."""
    free = guest.pages["state"] == u.STATE_FREE
    covered = np.zeros(len(free), np.bool_)
    for order in range(u.MAX_PAGE_ORDER, -1, -1):
        size = 1 << order
        n = len(free) // size
        whole = free[: n * size].reshape(n, size)
        taken = covered[: n * size].reshape(n, size)
        heads = np.flatnonzero(whole.all(axis=1) & ~taken[:, 0])
        if order >= u.PAGEBLOCK_ORDER:
            ends = (heads + 1) * size
            starts = heads * size
            first, last = starts >> u.PAGEBLOCK_ORDER, (ends - 1) >> u.PAGEBLOCK_ORDER
            zone_of, type_of = guest.blocks["zone"], guest.blocks["migratetype"]
            heads = heads[(zone_of[first] == zone_of[last]) & (type_of[first] == type_of[last])]
        guest.pages["order"][heads * size] = order
        taken[heads] = True


def _count_blocks(guest: Guest) -> None:
    """Pageblock counters of a guest that only has free and reserved pages."""
    per_block = (guest.pages["state"] == u.STATE_FREE).reshape(-1, u.PAGEBLOCK_NR_PAGES)
    nr_free = per_block.sum(axis=1).astype(np.uint16)
    guest.blocks["nr_free"] = nr_free
    guest.blocks["nr_reserved"] = u.PAGEBLOCK_NR_PAGES - nr_free
    guest.blocks["flags"] = np.where(nr_free == 0, u.PB_STALE | u.PB_RESERVED, u.PB_STALE)


def _set_zones(guest: Guest) -> None:
    """Sizes, watermarks and per-CPU lists, as with transparent huge pages on and one CPU."""
    zones = guest.zones
    state = guest.pages["state"]
    for zone in zones:
        reserved = int((state[zone["start_pfn"] : zone["end_pfn"]] == u.STATE_RESERVED).sum())
        zone["present"] = zone["end_pfn"] - zone["start_pfn"]
        zone["managed"] = zone["present"] - reserved
    total = int(zones["managed"].sum())
    lowmem_kb = total * (u.PAGE_SIZE >> 10)
    min_kb = min(max(isqrt(16 * lowmem_kb), 128), 262144)
    # mm/khugepaged.c set_recommended_min_free_kbytes(): 2 + 3 * 3 pageblocks a zone, at most 5 % of
    # memory.
    recommended = min(11 * u.PAGEBLOCK_NR_PAGES * len(zones), total // 20)
    min_pages = max(min_kb >> 2, recommended)
    for i, zone in enumerate(zones):
        managed = int(zone["managed"])
        wmark_min = min_pages * managed // total
        step = max(wmark_min >> 2, managed * 10 // 10000)
        for n, name in enumerate(("wmark_min", "wmark_low", "wmark_high", "wmark_promo")):
            zone[name] = wmark_min + n * step
        above = zones[i + 1 :]
        above = above[above["node"] == zone["node"]]
        zone["lowmem_reserve"] = int(above["managed"].sum()) // 256
        # mm/page_alloc.c zone_batchsize(), zone_highsize() for one CPU
        batch = max(min(managed >> 12, 64), 1)
        batch += batch >> 1
        zone["pcp_batch"] = max((1 << (batch.bit_length() - 1)) - 1, 1)
        zone["pcp_high"] = 4 * int(zone["pcp_batch"])
    guest.vm[0]["main_zone"] = int(zones["managed"].argmax())


# -- programs


def _rows(nr: int, first_handle: int) -> NDArray[np.int32]:
    """Allocation rows for consecutive handles, order 0, class anon."""
    rows = np.zeros((nr, 4), np.int32)
    rows[:, 0] = u.OP_ALLOC
    rows[:, 1] = np.arange(first_handle, first_handle + nr)
    rows[:, 3] = u.CLASS_ANON
    return rows


_KERNEL_CLASSES = (u.CLASS_SLAB, u.CLASS_RECLAIMABLE, u.CLASS_PGTABLE, u.CLASS_KERNEL)


def _touch(guest: Guest, recipe: GuestRecipe) -> int:
    """Let programs touch memory, with page cache and kernel objects spread evenly between.

    Returns:
        Number of handles used; programs' pages, page cache and kernel objects in order of
        allocation.
    """
    managed = int(guest.zones["managed"].sum())
    anon = managed * recipe.anon // 1000
    cache = managed * recipe.cache // 1000
    kernel = recipe.kernel * managed >> 18
    total = anon + cache + kernel
    share = -(-total // recipe.nodes)
    for start in range(0, total, min(_BATCH, share)):
        n = min(_BATCH, share, total - start)
        guest.vm[0]["local_node"] = start // share
        rows = _rows(n, start)
        i = np.arange(start, start + n, dtype=np.int64)
        # Evenly spread: the k-th kernel object comes where i * kernel / total passes k; likewise
        # for the cache.
        is_kernel = (i + 1) * kernel // total > i * kernel // total
        j = i - i * kernel // total
        rest = anon + cache
        is_cache = ~is_kernel & ((j + 1) * cache // rest > j * cache // rest)
        rows[is_kernel, 3] = np.array(_KERNEL_CLASSES)[(i[is_kernel] * kernel // total) % 4]
        rows[is_cache, 0] = u.OP_READ
        run.run_ticks(guest, rows, n, 0, 0)
    guest.vm[0]["local_node"] = 0
    return total


def _give_back(guest: Guest, recipe: GuestRecipe, nr_handles: int, bits: RandomBits) -> None:
    """Free those of the programs' pages that the recipe does not keep.

    Args:
        guest: its memory is written.
        recipe: keep and run, or all but one page of every pageblock for run 0.
        nr_handles: handles in use.
        bits: random numbers.
    """
    where = guest.pages["where"][:nr_handles]
    handles = np.flatnonzero(where != u.PFN_NONE)
    handles = handles[guest.pages["state"][where[handles]] == u.STATE_ANON]
    if recipe.run:
        runs = np.arange(len(handles)) // recipe.run
        dropped = bits.below(100, int(runs[-1]) + 1) >= recipe.keep
        gone = handles[dropped[runs]]
    else:
        blocks = where[handles].astype(np.int64) >> u.PAGEBLOCK_ORDER
        # One survivor per pageblock: the page with the lowest random number.
        by_block = np.lexsort((bits.draw(len(handles)), blocks))
        first = np.ones(len(handles), np.bool_)
        first[1:] = blocks[by_block][1:] != blocks[by_block][:-1]
        gone = np.sort(handles[by_block[~first]])
    for start in range(0, len(gone), _BATCH):
        part = gone[start : start + _BATCH]
        rows = np.zeros((len(part), 4), np.int32)
        rows[:, 0] = u.OP_FREE
        rows[:, 1] = part
        run.run_ticks(guest, rows, len(part), 0, 0)


def _settle(guest: Guest) -> None:
    """Let the daemons finish, then reset the counters of all work done so far."""
    budget = max(1, len(guest.pages) >> 18)
    while run.busy(guest):
        run.run_ticks(guest, NO_OPS, 0, 256, budget)
        guest.vm[0]["causes"] = 0
    guest.vm[0]["tick"] = 0
