"""What can be seen of a guest: planes per pageblock, counts per order, metrics.

Reads counters that others keep; the only thing written is the cached order of a pageblock's largest
free block. Metrics are integers by the kernel's formulas, and by our own for pageblocks. The
functions without @core_jit are the entry points from Python: they make the arrays that the others
fill.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.memory.buddy import is_free_block
from engine.core.memory.clock import MSEC, clock_us
from engine.core.memory.metrics import free_counts, main_zone
from engine.indices import contig_pages, extfrag_for_order, fragmentation_index, unusable_index

__all__ = [
    "extfrag_for_order",
    "fragmentation_index",
    "free_counts",
    "holder_of",
    "largest_free_order",
    "main_zone",
    "planes",
    "statistics",
    "unusable_index",
]

# Flags plane; the twin of these lines is in engine/view.py, which imports this file.
_FLAG_DEDICATED = 1 << 0
_FLAG_SKIP = 1 << 1
_FLAG_ISOLATED = 1 << 2
_FLAG_TOUCHED = 1 << 3
_HOLDER_SHIFT = 4

_NR_HOLDERS = 6
# Sums over all pageblocks, in the order of the array that _fill_flags writes.
_SUM_MIXED = _NR_HOLDERS
_SUM_WITH_BALLOON = _NR_HOLDERS + 1
_SUM_DEDICATED = _NR_HOLDERS + 2
_SUM_BALLOON_PAGES = _NR_HOLDERS + 3
_NR_SUMS = _NR_HOLDERS + 4

_CC_SHOWN = (
    u.CC_MEMORY,
    u.CC_PASS,
    u.CC_KCOMPACTD,
)  # whose scanners to show; the first active one wins


@core_jit
def largest_free_order(guest, block):
    """Order of the largest free block that a pageblock contains or is part of.

    Args:
        guest: Guest.
        block: int64, index of the pageblock.
    Returns:
        int64, 0 to MAX_PAGE_ORDER, or ORDER_TAIL if no page of it is free.
    Source:
        not of the kernel.
    """
    nr_free = np.int64(guest.blocks[block]["nr_free"])
    if nr_free == 0:
        return np.int64(u.ORDER_TAIL)
    start = block << u.PAGEBLOCK_ORDER
    if nr_free == u.PAGEBLOCK_NR_PAGES:
        above = start & ~((1 << u.MAX_PAGE_ORDER) - 1)
        if is_free_block(guest, above) and guest.pages[above]["order"] == u.MAX_PAGE_ORDER:
            return np.int64(u.MAX_PAGE_ORDER)
    order = u.PAGEBLOCK_ORDER
    while order >= 0:
        if 1 << order <= nr_free:
            for pfn in range(start, start + u.PAGEBLOCK_NR_PAGES, 1 << order):
                if guest.pages[pfn]["order"] == order and is_free_block(guest, pfn):
                    return np.int64(order)
        order -= 1
    return np.int64(u.ORDER_TAIL)


@core_jit
def holder_of(guest, block, nr_targets):
    """What keeps a pageblock from being a free 2 MiB block.

    Args:
        guest: Guest.
        block: int64, index of the pageblock.
        nr_targets: int64, pages of it that a compactor holds as targets and will give back.
    Returns:
        int64, HOLDER_*.
    Source:
        not of the kernel.
    """
    b = guest.blocks[block]
    nr_reserved = np.int64(b["nr_reserved"])
    if nr_reserved == u.PAGEBLOCK_NR_PAGES:
        return np.int64(u.HOLDER_RESERVED)
    if b["nr_free"] == u.PAGEBLOCK_NR_PAGES:
        return np.int64(u.HOLDER_FREE)
    if nr_reserved > 0 or b["nr_unmovable"] > nr_targets:
        return np.int64(u.HOLDER_KERNEL)
    if b["nr_balloon"] == 0:
        return np.int64(u.HOLDER_RESCUABLE)
    if guest.vm[0]["rule_hook"]:
        return np.int64(u.HOLDER_HOOK)
    return np.int64(u.HOLDER_BALLOON)


@core_jit
def _mark_list(guest, list_id, order, counts):
    """Count the pages of one compactor's list per pageblock.

    Args:
        guest: Guest.
        list_id: int64.
        order: int64, order of the pages on it, or -1 to read it from the pages.
        counts: int64[nr_pageblocks], out, pages added.
    Source:
        not of the kernel.
    """
    pfn = np.int64(guest.lists[list_id]["first"])
    while pfn != u.PFN_NONE:
        page_order = order
        if order < 0:
            page_order = np.int64(guest.pages[pfn]["order"])
        counts[pfn >> u.PAGEBLOCK_ORDER] += min(1 << page_order, u.PAGEBLOCK_NR_PAGES)
        pfn = np.int64(guest.pages[pfn]["next"])


@core_jit
def _mark_compactors(guest, targets, sources):
    """Count per pageblock what all compactors hold.

    Args:
        guest: Guest.
        targets: int64[nr_pageblocks], out, pages held as migration targets.
        sources: int64[nr_pageblocks], out, pages isolated for migration.
    Source:
        not of the kernel.
    """
    for cc in range(u.NR_CC):
        _mark_list(guest, u.LIST_MIGRATEPAGES + cc, -1, sources)
        for order in range(u.NR_PAGE_ORDERS):
            list_id = u.LIST_FREEPAGES + cc * u.NR_PAGE_ORDERS + order
            _mark_list(guest, list_id, order, targets)


@core_jit
def _refresh_largest(guest):
    """Look up the largest free order again for pageblocks that have changed.

    Args:
        guest: Guest. Writes blocks.largest, clears PB_STALE.
    Source:
        not of the kernel.
    """
    for block in range(guest.blocks.shape[0]):
        b = guest.blocks[block]
        flags = np.int64(b["flags"])
        if flags & u.PB_STALE:
            b["largest"] = largest_free_order(guest, block)
            b["flags"] = flags & ~u.PB_STALE


@core_jit
def _fill_flags(guest, targets, sources, plane, sums):
    """Fill the flags plane and the sums over all pageblocks inside zones.

    Args:
        guest: Guest.
        targets: int64[nr_pageblocks], pages held as migration targets.
        sources: int64[nr_pageblocks], pages isolated for migration.
        plane: uint8[nr_pageblocks], out.
        sums: int64[_NR_SUMS], out, pageblocks added.
    Source:
        not of the kernel.
    """
    for zone in range(guest.zones.shape[0]):
        z = guest.zones[zone]
        start = np.int64(z["start_pfn"]) >> u.PAGEBLOCK_ORDER
        end = np.int64(z["end_pfn"]) >> u.PAGEBLOCK_ORDER
        for block in range(start, end):
            b = guest.blocks[block]
            holder = holder_of(guest, block, targets[block])
            nr_balloon = np.int64(b["nr_balloon"])
            flags = np.int64(b["flags"])
            shown = holder << _HOLDER_SHIFT
            if flags & u.PB_DEDICATED:
                shown |= _FLAG_DEDICATED
                sums[_SUM_DEDICATED] += 1
            if flags & u.PB_SKIP:
                shown |= _FLAG_SKIP
            if flags & u.PB_TOUCHED:
                shown |= _FLAG_TOUCHED
            if targets[block] + sources[block] > 0 or b["migratetype"] == u.MIGRATE_ISOLATE:
                shown |= _FLAG_ISOLATED
            plane[block] = shown
            sums[holder] += 1
            if nr_balloon > 0:
                sums[_SUM_WITH_BALLOON] += 1
                sums[_SUM_BALLOON_PAGES] += nr_balloon
            if b["nr_movable"] > 0 and nr_balloon + b["nr_unmovable"] > targets[block]:
                sums[_SUM_MIXED] += 1


def _scan_blocks(guest):
    """The flags plane and the sums over pageblocks, largest orders refreshed.

    Args:
        guest: Guest. Writes blocks.largest, clears PB_STALE.
    Returns:
        tuple of uint8[nr_pageblocks] plane and int64[_NR_SUMS].
    Source:
        not of the kernel.
    """
    nr = guest.blocks.shape[0]
    targets = np.zeros(nr, np.int64)
    sources = np.zeros(nr, np.int64)
    plane = np.full(nr, u.HOLDER_RESERVED << _HOLDER_SHIFT, np.uint8)
    sums = np.zeros(_NR_SUMS, np.int64)
    _mark_compactors(guest, targets, sources)
    _fill_flags(guest, targets, sources, plane, sums)
    return plane, sums


def planes(guest):
    """One value per pageblock and plane, by the names and dtypes of engine.view.PLANES.

    Args:
        guest: Guest. Writes blocks.largest, clears PB_STALE.
    Returns:
        dict of arrays[nr_pageblocks], copies.
    Source:
        not of the kernel.
    """
    _refresh_largest(guest)
    flags, _ = _scan_blocks(guest)
    blocks = guest.blocks
    return {
        "free": blocks["nr_free"].copy(),
        "movable": blocks["nr_movable"].copy(),
        "balloon": blocks["nr_balloon"].copy(),
        "unmovable": blocks["nr_unmovable"].copy(),
        "migratetype": blocks["migratetype"].copy(),
        "flags": flags,
        "largest": blocks["largest"].copy(),
        "pcp": np.minimum(blocks["nr_pcp"], 255).astype(np.uint8),
    }


def _scanner_stats(guest):
    """Which compactor to show and where its scanners stand.

    Args:
        guest: Guest.
    Returns:
        dict of name to int.
    Source:
        not of the kernel.
    """
    active = [cc for cc in _CC_SHOWN if guest.cc[cc]["active"]]
    shown = active[0] if active else u.CC_MEMORY
    cc = guest.cc[shown]
    running = bool(active)
    return {
        "compact_active": shown + 1 if running else 0,
        "migrate_pfn": int(cc["migrate_pfn"]) if running else -1,
        "free_pfn": int(cc["free_pfn"]) if running else -1,
        "round_isolated": int(cc["round_isolated"]),
        "round_migrated": int(cc["round_migrated"]),
        "round_failed": int(cc["round_failed"]),
    }


def _block_stats(guest):
    """Statistics that come from the pageblocks and the balloon's lists.

    Args:
        guest: Guest.
    Returns:
        dict of name to int.
    Source:
        not of the kernel.
    """
    _, sums = _scan_blocks(guest)
    balloon = int(sums[_SUM_BALLOON_PAGES])
    with_balloon = int(sums[_SUM_WITH_BALLOON])
    dedicated = int(guest.lists[u.LIST_BALLOON_DEDICATED]["nr"])
    free, rescuable, hook = (
        int(sums[h]) for h in (u.HOLDER_FREE, u.HOLDER_RESCUABLE, u.HOLDER_HOOK)
    )
    return {
        "blocks_free": free,
        "blocks_rescuable": rescuable,
        "blocks_held_by_balloon": int(sums[u.HOLDER_BALLOON]),
        "blocks_held_by_kernel": int(sums[u.HOLDER_KERNEL]),
        "blocks_reserved": int(sums[u.HOLDER_RESERVED]),
        "blocks_rescuable_by_hook": hook,
        "thp_potential": free + rescuable + hook,
        "blocks_mixed": int(sums[_SUM_MIXED]),
        "blocks_with_balloon": with_balloon,
        "excess_blocks": with_balloon + -balloon // u.PAGEBLOCK_NR_PAGES,
        "dedicated_blocks": int(sums[_SUM_DEDICATED]),
        "balloon_actual": balloon,
        "balloon_scattered": balloon - dedicated,
        "balloon_dedicated": dedicated,
    }


def _free_stats(guest):
    """Statistics of free memory.

    Args:
        guest: Guest.
    Returns:
        dict of name to int.
    Source:
        mm/vmstat.c, the formulas above.
    """
    per_zone = [free_counts(guest, zone) for zone in range(guest.zones.shape[0])]
    main = per_zone[main_zone(guest)]
    largest = [int(np.flatnonzero(counts)[-1]) for counts in per_zone if counts.any()]
    return {
        "nr_free_pages": int(guest.zones["nr_free"].sum()),
        "nr_pcp_pages": int(guest.zones["pcp_count"].sum()),
        **{f"nr_free_order_{o}": int(main[o]) for o in range(u.NR_PAGE_ORDERS)},
        "free_blocks": contig_pages(main, u.HPAGE_ORDER)[2],
        "free_blocks_all": sum(contig_pages(counts, u.HPAGE_ORDER)[2] for counts in per_zone),
        "largest_order": max(largest, default=-1),
        "fragmentation_index_9": fragmentation_index(main, u.HPAGE_ORDER),
        "unusable_index_9": unusable_index(main, u.HPAGE_ORDER),
        "extfrag_9": extfrag_for_order(main, u.HPAGE_ORDER),
        "watermark_boost": int(guest.zones["watermark_boost"].sum()),
    }


def statistics(guest, fields, busy):
    """The statistics of one guest.

    Args:
        guest: Guest.
        fields: tuple of str, names of engine.view.STAT_FIELDS, in the order wanted.
        busy: bool, whether a request is still being worked on.
    Returns:
        int64[len(fields)].
    Source:
        not of the kernel; plain counters are those of Guest.vm.
    """
    lru = guest.lists["nr"]
    lower = u.LIST_ZONES + len(guest.zones) * u.LISTS_PER_ZONE  # file lists of the lower zones
    found = {
        "busy": int(busy),
        "clock_ms": int(clock_us(guest)) // MSEC,
        **_free_stats(guest),
        **_block_stats(guest),
        **_scanner_stats(guest),
        "fullness_lru_file": int(
            lru[u.LRU_INACTIVE_FILE] + lru[u.LRU_ACTIVE_FILE] + lru[lower:].sum()
        ),
        "fullness_lru_anon": int(lru[u.LRU_INACTIVE_ANON] + lru[u.LRU_ACTIVE_ANON]),
    }
    vm = guest.vm[0]
    stopped_at = int(vm["range_pfn"])
    is_stop = vm["range_kind"] != u.RANGE_NONE and stopped_at != u.PFN_NONE
    found["range_pfn"] = stopped_at if is_stop else -1
    return np.array([found[f] if f in found else int(vm[f]) for f in fields], np.int64)
