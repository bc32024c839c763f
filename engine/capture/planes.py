"""A real machine's memory as planes and statistics, straight from its pages: no guest, no core.

The twin of engine/view.py for what was captured rather than simulated. Nothing here is compiled, so
it can be shown while the core is, and a machine can be watched that nobody simulates.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import units as u
from engine.capture.load import Capture, Inferred
from engine.capture.pages import count_blocks
from engine.guest import ZoneSpan
from engine.indices import contig_pages, extfrag_for_order, fragmentation_index, unusable_index
from engine.view import (
    FLAG_DEDICATED,
    FLAG_HOLDER_SHIFT,
    PLANES,
    STAT_FIELDS,
)

_BLOCK = u.PAGEBLOCK_NR_PAGES
_HOLDERS = {
    u.HOLDER_FREE: "blocks_free",
    u.HOLDER_RESCUABLE: "blocks_rescuable",
    u.HOLDER_BALLOON: "blocks_held_by_balloon",
    u.HOLDER_KERNEL: "blocks_held_by_kernel",
    u.HOLDER_RESERVED: "blocks_reserved",
    u.HOLDER_HOOK: "blocks_rescuable_by_hook",
}


@dataclass(frozen=True)
class MachineView:
    """One moment of a real machine; the attributes are those of engine.view.GuestView.

    Attributes:
        planes: plane name → array[nr_pageblocks] of the dtype in engine.view.PLANES.
        stats: int64[len(STAT_FIELDS)]; what a capture cannot tell (counters of events, scanners,
            results of commands) is as in a guest that nothing was asked of yet.
    """

    planes: dict[str, NDArray[np.generic]]
    stats: NDArray[np.int64]


def _holders(counts: dict[str, NDArray[np.int64]], hook: bool) -> NDArray[np.uint8]:
    """What keeps each pageblock from being free, as core/observe/observe.py holder_of()."""
    return np.select(
        [
            counts["reserved"] == _BLOCK,
            counts["free"] == _BLOCK,
            counts["reserved"] + counts["unmovable"] > 0,
            counts["balloon"] == 0,
        ],
        [u.HOLDER_RESERVED, u.HOLDER_FREE, u.HOLDER_KERNEL, u.HOLDER_RESCUABLE],
        u.HOLDER_HOOK if hook else u.HOLDER_BALLOON,
    ).astype(np.uint8)


def _largest(free: Sequence[NDArray[np.int64]], nr_blocks: int) -> NDArray[np.uint8]:
    """Order of the largest free piece that each pageblock has, or has a part in."""
    out = np.full(nr_blocks, u.ORDER_TAIL, np.uint8)
    for order, starts in enumerate(free):
        for first in range(0, 1 << order, _BLOCK):
            out[(starts + first) >> u.PAGEBLOCK_ORDER] = order
    return out


def _inside(spans: Sequence[ZoneSpan], nr_blocks: int) -> NDArray[np.bool_]:
    """Which pageblocks belong to a zone."""
    out = np.zeros(nr_blocks, np.bool_)
    for span in spans:
        out[span.start_pfn >> u.PAGEBLOCK_ORDER : span.end_pfn >> u.PAGEBLOCK_ORDER] = True
    return out


def _free_stats(capture: Capture, free: Sequence[NDArray[np.int64]]) -> dict[str, int]:
    """Statistics of free memory, as core/observe/observe.py _free_stats()."""
    per_zone = {
        zone.key: [int(((p >= span.start_pfn) & (p < span.end_pfn)).sum()) for p in free]
        for zone, span in zip(capture.zones, capture.spans, strict=True)
    }
    main = per_zone[capture.main_zone]
    orders = [order for order, starts in enumerate(free) if len(starts)]
    return {
        "nr_free_pages": sum(contig_pages(counts, 0)[0] for counts in per_zone.values()),
        **{f"nr_free_order_{order}": number for order, number in enumerate(main)},
        "free_blocks": contig_pages(main, u.HPAGE_ORDER)[2],
        "free_blocks_all": sum(
            contig_pages(counts, u.HPAGE_ORDER)[2] for counts in per_zone.values()
        ),
        "largest_order": max(orders, default=-1),
        "fragmentation_index_9": fragmentation_index(main, u.HPAGE_ORDER),
        "unusable_index_9": unusable_index(main, u.HPAGE_ORDER),
        "extfrag_9": extfrag_for_order(main, u.HPAGE_ORDER),
        "watermark_boost": sum(zone.number("boost") for zone in capture.zones),
    }


def _block_stats(
    counts: dict[str, NDArray[np.int64]],
    holders: NDArray[np.uint8],
    dedicated: NDArray[np.bool_],
    inside: NDArray[np.bool_],
) -> dict[str, int]:
    """Statistics that come from the pageblocks, as core/observe/observe.py _block_stats()."""
    out = {name: int((holders[inside] == code).sum()) for code, name in _HOLDERS.items()}
    pages = {name: values[inside] for name, values in counts.items()}
    balloon = int(pages["balloon"].sum())
    in_dedicated = int(counts["balloon"][dedicated].sum())
    with_balloon = int((pages["balloon"] > 0).sum())
    foreign = pages["balloon"] + pages["unmovable"] > 0
    return {
        **out,
        "nr_pcp_pages": int(pages["pcp"].sum()),
        "thp_potential": out["blocks_free"]
        + out["blocks_rescuable"]
        + out["blocks_rescuable_by_hook"],
        "blocks_mixed": int(((pages["movable"] > 0) & foreign).sum()),
        "blocks_with_balloon": with_balloon,
        "excess_blocks": with_balloon + -balloon // _BLOCK,
        "dedicated_blocks": int(dedicated.sum()),
        "balloon_target": balloon,
        "balloon_actual": balloon,
        "balloon_scattered": balloon - in_dedicated,
        "balloon_dedicated": in_dedicated,
    }


def _lru_stats(found: Inferred) -> dict[str, int]:
    """Entries on the LRU lists that reclaim looks at; a compound page is one."""
    pages = found.pages
    reclaimable = (pages.flags & (u.PG_LRU | u.PG_UNEVICTABLE)) == u.PG_LRU
    reclaimable &= pages.order != u.ORDER_TAIL
    nr_file = int((reclaimable & (pages.state == u.STATE_FILE)).sum())
    return {
        "fullness_lru_file": nr_file,
        "fullness_lru_anon": int(reclaimable.sum()) - nr_file,
    }


def machine_view(
    capture: Capture, found: Inferred, hook: bool, dedicated: NDArray[np.bool_] | None = None
) -> MachineView:
    """What can be seen of a real machine.

    Args:
        capture: of one moment.
        found: what its pages and pageblocks are (Capture.inferred or with_types).
        hook: whether compaction can move its balloon pages.
        dedicated: bool[nr_pageblocks], those that the balloon took whole; None = none.
    """
    counts = count_blocks(found.pages.state)
    nr_blocks = len(found.migratetype)
    inside = _inside(capture.spans, nr_blocks)
    if dedicated is None:
        dedicated = np.zeros(nr_blocks, np.bool_)
    holders = np.where(inside, _holders(counts, hook), u.HOLDER_RESERVED).astype(np.uint8)
    planes: dict[str, NDArray[Any]] = {
        **{name: counts[name] for name in ("free", "movable", "balloon", "unmovable")},
        "migratetype": found.migratetype,
        "flags": (holders << FLAG_HOLDER_SHIFT) | np.where(dedicated, FLAG_DEDICATED, 0),
        "largest": _largest(found.free, nr_blocks),
        "pcp": np.minimum(counts["pcp"], 255),
    }
    stats = dict.fromkeys(STAT_FIELDS, 0) | {"migrate_pfn": -1, "free_pfn": -1, "range_pfn": -1}
    stats |= _free_stats(capture, found.free)
    stats |= _block_stats(counts, holders, dedicated, inside)
    stats |= _lru_stats(found)
    return MachineView(
        {name: planes[name].astype(dtype) for name, dtype in PLANES},
        np.array([stats[name] for name in STAT_FIELDS], np.int64),
    )
