"""Synthetic guests: a recipe, a size and a seed make memory that went through the real allocator.

Boot reserves what firmware, kernel image and page structures take; then the recipe's programs
allocate and free by handle (engine/core/workload/workload_ops.py), so free lists, migratetypes and
fallbacks are the allocator's doing, not drawn by us. docs/MODEL.md has the recipes in words.
"""

from collections.abc import Callable, Iterator
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from engine import units as u
from engine.core import run
from engine.core.memory import buddy
from engine.errors import RefusedError, unknown_name
from engine.guest import Guest, ZoneSpan, make_guest
from engine.recipes import PRESETS, GuestRecipe
from engine.workload import NO_OPS, RandomBits

MIN_MIB = 256
MAX_MIB = 1 << 20  # 1 TiB: pfns and handles are int32
_BATCH = 1 << 20  # operations per call of the core

Told = Callable[[int, int], None]


def untold(done: int, total: int) -> None:
    """Nobody wants to know how far it is."""


_DMA_END = 4096  # pfn, 16 MiB
_DMA32_END = 1 << 20  # pfn, 4 GiB


def make_synthetic(
    preset: str, size_mib: int, seed: int, cma_mib: int = 0, told: Told = untold
) -> Guest:
    """A settled guest with one CPU, made by a recipe.

    Args:
        preset: a key of PRESETS.
        size_mib: memory, from MIN_MIB to MAX_MIB, whole MiB, even.
        seed: any int.
        cma_mib: size of its CMA area, even, at most a quarter of the memory; 0 = none.
        told: how much is done, of how much, now and then; may raise to break off.

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
    return make_from_recipe(recipe, u.mib_to_pages(size_mib), seed, u.mib_to_pages(cma_mib), told)


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


def make_from_recipe(
    recipe: GuestRecipe, nr_pages: int, seed: int, cma_pages: int = 0, told: Told = untold
) -> Guest:
    """A settled guest made by a recipe, of any bootable size.

    Args:
        recipe: what its programs did.
        nr_pages: multiple of 512, at least 16384.
        seed: any int.
        cma_pages: size of its CMA area, multiple of 512, 0 = none.
        told: see make_synthetic().
    """
    guest = boot(_layout(nr_pages, recipe.nodes), seed, cma_pages)
    bits = RandomBits(seed ^ 0x707265736574)
    handles = _touch(guest, recipe, told)
    _give_back(guest, recipe, handles, bits, told)
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


def _touch(guest: Guest, recipe: GuestRecipe, told: Told) -> int:
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
        told(start, _all_steps(total))
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


def _give_back(
    guest: Guest, recipe: GuestRecipe, nr_handles: int, bits: RandomBits, told: Told
) -> None:
    """Free those of the programs' pages that the recipe does not keep.

    Args:
        guest: its memory is written.
        recipe: keep and run, or all but one page of every pageblock for run 0.
        nr_handles: handles in use.
        bits: random numbers.
        told: see make_synthetic().
    """
    if recipe.run:
        gone = _dropped_runs(_touched(guest, nr_handles), recipe, bits)
    else:
        gone = _all_but_one(guest, _touched(guest, nr_handles), bits)
    for i, part in enumerate(_parts(gone, _BATCH)):
        told(nr_handles + i * _BATCH // 2, _all_steps(nr_handles))
        rows = np.zeros((len(part), 4), np.int32)
        rows[:, 0] = u.OP_FREE
        rows[:, 1] = part
        run.run_ticks(guest, rows, len(part), 0, 0)


def _all_steps(nr_handles: int) -> int:
    """Steps of making a guest: to free a page counts half as much as to touch one."""
    return nr_handles * 3 // 2


def _parts(array: NDArray[np.int32], size: int) -> Iterator[NDArray[np.int32]]:
    """An array piece by piece, so that what is made of it is small beside a guest."""
    return (array[start : start + size] for start in range(0, len(array), size))


def _touched(guest: Guest, nr_handles: int) -> NDArray[np.int32]:
    """Handles below ``nr_handles`` that hold a program's page, ascending."""
    found = []
    for start in range(0, nr_handles, _BATCH):
        where = guest.pages["where"][start : min(start + _BATCH, nr_handles)]
        held = np.flatnonzero(where != u.PFN_NONE)
        held = held[guest.pages["state"][where[held]] == u.STATE_ANON]
        found.append((held + start).astype(np.int32))
    return np.concatenate(found)


def _dropped_runs(
    handles: NDArray[np.int32], recipe: GuestRecipe, bits: RandomBits
) -> NDArray[np.int32]:
    """Of touched handles, the runs that are freed: each by a number of its own."""
    kept = []
    for part in _parts(handles, _BATCH // recipe.run * recipe.run):
        runs = np.arange(len(part)) // recipe.run
        kept.append(part[(bits.below(100, int(runs[-1]) + 1) >= recipe.keep)[runs]])
    return np.concatenate(kept)


def _all_but_one(guest: Guest, handles: NDArray[np.int32], bits: RandomBits) -> NDArray[np.int32]:
    """Of touched handles, all but one a pageblock: the page with the lowest random number stays."""
    lowest = np.full(len(guest.blocks), np.iinfo(np.uint64).max, np.uint64)
    stays = np.full(len(guest.blocks), u.PFN_NONE, np.int32)
    for part in _parts(handles, _BATCH):
        blocks = guest.pages["where"][part] >> u.PAGEBLOCK_ORDER
        drawn = bits.draw(len(part))
        order = np.lexsort((drawn, blocks))
        first = np.ones(len(part), np.bool_)
        first[1:] = blocks[order][1:] != blocks[order][:-1]
        here = order[first]
        here = here[drawn[here] < lowest[blocks[here]]]
        lowest[blocks[here]], stays[blocks[here]] = drawn[here], part[here]
    gone = np.ones(len(handles), np.bool_)
    gone[np.searchsorted(handles, np.sort(stays[stays != u.PFN_NONE]))] = False
    return handles[gone]


def _settle(guest: Guest) -> None:
    """Let the daemons finish, then reset the counters of all work done so far."""
    budget = max(1, len(guest.pages) >> 18)
    while run.busy(guest):
        run.run_ticks(guest, NO_OPS, 0, 256, budget)
        guest.vm[0]["causes"] = 0
    guest.vm[0]["tick"] = 0
