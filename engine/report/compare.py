"""Two reports of one machine, before and after: what changed, and what could have done it."""

from collections.abc import Iterator
from typing import Any

from engine.errors import RefusedError
from engine.indices import contig_pages, unusable_index
from engine.report.model import FreeCounts, Moment, TextReport, ZoneKey

_STILL = 0.02  # share of the free pages up to which their number counts as unchanged
_BLOCK = 9  # order of the pieces that are counted where no pageblock order is known
# Counters of vmstat that only rise, with what their rise says. Those of one event are tried in
# turn, since kernels name them differently.
_EVENTS = (
    (("drop_pagecache", "drop_slab"), "caches were dropped by hand"),
    (("compact_success",), "compaction put blocks together"),
    (("compact_stall",), "tasks had to compact before they got their pages"),
    (("compact_daemon_wake", "kcompactd_wake"), "kcompactd was woken"),
    (("pgmigrate_success",), "pages were moved"),
    (("balloon_inflate",), "a balloon took pages"),
    (("balloon_deflate",), "a balloon gave pages back"),
    (("thp_fault_alloc",), "huge pages were handed out at page faults"),
    (("thp_collapse_alloc",), "khugepaged took huge pages"),
    (("htlb_buddy_alloc_success",), "hugetlb took pages"),
    (("pgsteal_kswapd", "pgsteal_kswapd_normal"), "kswapd reclaimed pages"),
    (("pgsteal_direct", "pgsteal_direct_normal"), "tasks had to reclaim pages"),
    (("oom_kill",), "the OOM killer ran"),
)


def compare_reports(before: TextReport, after: TextReport) -> dict[str, Any]:
    """What changed from one report to another.

    Args:
        before: the earlier one; its last moment counts.
        after: the later one; its last moment counts.

    Returns:
        ``zones``: differences per zone; ``counters``: rises of vmstat's counters; ``could_be``:
        sentences, those from counters first.

    Raises:
        RefusedError: no zone is in both; one sentence.
    """
    moments = []
    for report in (before, after):
        if not report.shown:
            raise RefusedError(f"{report.name} holds no zone's free blocks: nothing to compare")
        moments.append(report.shown[-1])
    first, last = moments
    ours = {zone.key: zone.best for zone in first.counted if zone.best is not None}
    theirs = {zone.key: zone.best for zone in last.counted if zone.best is not None}
    both = [key for key in ours if key in theirs]
    if not both:
        raise RefusedError(f"no zone is in both {before.name} and {after.name}")
    block = last.pageblock_order or _BLOCK
    zones = [_change(key, ours[key], theirs[key], block) for key in both]
    counters = _rises(first, last)
    return {
        "zones": zones,
        "only_before": [list(key) for key in ours if key not in theirs],
        "only_after": [list(key) for key in theirs if key not in ours],
        "counters": counters,
        "could_be": [*_from_counters(first, last), *(text for z in zones for text in _shape(z))],
    }


def _change(key: ZoneKey, before: FreeCounts, after: FreeCounts, block: int) -> dict[str, Any]:
    """The differences of one zone; a count that is a floor makes them inexact."""
    size = max(len(before.values), len(after.values))
    ours, theirs = (c.values + (0,) * (size - len(c.values)) for c in (before, after))
    return {
        "node": key[0],
        "zone": key[1],
        "counts": [b - a for a, b in zip(ours, theirs, strict=True)],
        "free_pages": after.pages - before.pages,
        "free_before": before.pages,
        "block_order": block,
        "pieces": contig_pages(theirs, block)[2] - contig_pages(ours, block)[2],
        "unusable_index": [
            [unusable_index(ours, order), unusable_index(theirs, order)] for order in range(size)
        ],
        "exact": not before.floors | after.floors,
    }


def _rises(before: Moment, after: Moment) -> dict[str, int]:
    """Counters that are in both and rose; nothing where one fell: the machine was started anew."""
    rises = {}
    for names, _ in _EVENTS:
        for name in names:
            if name in before.vmstat and name in after.vmstat:
                rises[name] = after.vmstat[name] - before.vmstat[name]
    if any(rise < 0 for rise in rises.values()):
        return {}
    return {name: rise for name, rise in rises.items() if rise}


def _from_counters(before: Moment, after: Moment) -> Iterator[str]:
    rises = _rises(before, after)
    for names, words in _EVENTS:
        found = [(name, rises[name]) for name in names if name in rises]
        if found:
            yield f"{words} ({', '.join(f'{name} +{rise}' for name, rise in found)})"


def _shape(zone: dict[str, Any]) -> Iterator[str]:
    """What the counts alone suggest: the number of free pages beside that of large pieces."""
    free, pieces = zone["free_pages"], zone["pieces"]
    still = abs(free) <= _STILL * max(zone["free_before"], 1)
    where = f"node {zone['node']}, zone {zone['zone']}"
    unit = f"pieces of order {zone['block_order']}"
    if still and pieces > 0:
        yield (
            f"{where}: as much is free as before, in {pieces} more {unit}: compaction, or pages"
            " that were freed beside free ones"
        )
    elif still and pieces < 0:
        yield (
            f"{where}: as much is free as before, in {-pieces} fewer {unit}: large blocks were"
            " broken up while small ones were freed"
        )
    elif free > 0 and pieces <= 0:
        yield f"{where}: {free} pages were freed without a single large piece more: reclaim"
    elif free > 0:
        share = pieces * (1 << zone["block_order"]) * 100 // free
        yield f"{where}: {free} pages were freed, {share} % of them in {pieces} more {unit}"
    elif not still:
        yield f"{where}: {-free} pages were taken, {max(-pieces, 0)} {unit} went with them"
