"""GuestView: the visible part of a guest, as read-only planes and statistics.

For designs, the server and the command line. Planes hold one value per pageblock, by pageblock
index from pfn 0. Statistics are int64 with the names below; ratios are per mille, as in the
kernel's own files. Nothing here changes a guest, except the cached ``largest`` order that
core/observe/observe.py refreshes.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from engine import units as u
from engine.core.observe import observe
from engine.guest import COST_FIELDS, VMSTAT_FIELDS, Guest

# Planes of wire version 1, in wire order: name and dtype.
PLANES: tuple[tuple[str, str], ...] = (
    ("free", "<u2"),
    ("movable", "<u2"),
    ("balloon", "<u2"),
    ("unmovable", "<u2"),
    ("migratetype", "u1"),
    ("flags", "u1"),
    ("largest", "u1"),
    ("pcp", "u1"),
)

# Bits of the flags plane.
FLAG_DEDICATED = 1 << 0
FLAG_SKIP = 1 << 1
FLAG_ISOLATED = 1 << 2  # a compactor holds pages of this pageblock, or its migratetype is ISOLATE
FLAG_TOUCHED = 1 << 3  # changed in this tick
FLAG_HOLDER_SHIFT = 4  # three bits: units.HOLDER_*

# Statistics that are not plain counters of Guest.vm, in wire order. "main zone": the one with the
# most managed pages.
DERIVED_FIELDS: tuple[str, ...] = (
    "busy",  # 1 while a request or a daemon is still at work
    "nr_free_pages",  # all zones, pcp excluded
    "nr_pcp_pages",
    # main zone, blocks per order, all migratetypes
    *(f"nr_free_order_{o}" for o in range(u.NR_PAGE_ORDERS)),
    "free_blocks",  # 2 MiB blocks that are free now, main zone: n9 + 2 * n10
    "free_blocks_all",  # the same over all zones
    "largest_order",  # largest order that is free anywhere; -1 = none
    "fragmentation_index_9",  # main zone, per mille, -1000 = would not fail
    "unusable_index_9",  # main zone, per mille
    "extfrag_9",  # main zone, percent
    # pageblocks by what holds them (units.HOLDER_*), all zones
    "blocks_free",
    "blocks_rescuable",
    "blocks_held_by_balloon",
    "blocks_held_by_kernel",
    "blocks_reserved",
    "blocks_rescuable_by_hook",
    "thp_potential",  # blocks_free + blocks_rescuable + blocks_rescuable_by_hook
    "blocks_mixed",  # movable and unmovable pages (balloon included) in one pageblock
    "blocks_with_balloon",
    "excess_blocks",  # E = blocks_with_balloon - ceil(balloon pages / 512)
    "dedicated_blocks",
    # balloon, pages
    "balloon_target",
    "balloon_actual",
    "balloon_scattered",
    "balloon_dedicated",
    "balloon_stopped",
    # scanners of the run in progress (compact_memory, else the balloon pass, else kcompactd):
    # pfns, -1 = none; the counts of its last round
    "compact_active",  # units.CC_* + 1 of the run in progress, 0 = none
    "migrate_pfn",
    "free_pfn",
    "round_isolated",
    "round_migrated",
    "round_failed",
    "fullness_lru_file",  # pages on the file LRU lists: what reclaim could take
    "fullness_lru_anon",
    # huge pages
    "huge_target",
    "huge_held",
    "huge_best",
    "huge_first",
    "huge_attempt",
    "huge_runs",
    "direct_result",  # COMPACT_* of the last requested direct compaction
    "watermark_boost",
)
# The last request for a range of memory (offlining, contiguous allocation).
RANGE_STATS: tuple[str, ...] = (
    "range_kind",  # units.RANGE_OFFLINE, RANGE_CONTIG, 0 = no request yet
    "range_result",  # units.RANGE_DONE, RANGE_STOPPED, 0 = still in progress
    "range_reason",  # core/ranges/range_codes.py RangeReason
    "range_pfn",  # page at which it stopped, -1 = none
    "range_page",  # STATE_* of that page
    "range_block",  # migratetype of its pageblock at that moment
    "range_start_pfn",  # half-open; of alloc_contig, the range tried last
    "range_end_pfn",
    "range_rounds",
    # pages moved, moved in vain, isolated and put back, dropped instead of moved
    "range_migrated",
    "range_wasted",
    "range_returned",
    "range_reclaimed",
    "offline_pages",  # taken offline so far
)
# The last request for kernel memory, and for long-term pins.
DEMAND_STATS: tuple[str, ...] = (
    "kmem_phase",  # units.KMEM_TAKING, KMEM_GIVING, 0 = not at work
    "kmem_kind",  # units.KMEM_*, 0 = no request yet
    "kmem_order",
    "kmem_keep",
    "kmem_asked",
    "kmem_got",
    "kmem_failed",
    "kmem_no_memory",
    "kmem_no_watermark",
    "kmem_no_fragment",
    "kmem_no_type",
    "kmem_us",
    "kmem_moved",
    "kmem_reclaimed",
    "kmem_kept",  # pages that stay, of all requests
    "pin_asked",
    "pin_left",
    "pin_got",
    "pin_moved",
    "pin_end",  # core/workload/demand_codes.py PinEnd
    "pinned_pages",  # by all requests
)
# Simulated time since the start of the session, ms.
TIME_STATS: tuple[str, ...] = ("clock_ms",)
STAT_FIELDS: tuple[str, ...] = (
    *DERIVED_FIELDS,
    *VMSTAT_FIELDS,
    *COST_FIELDS,
    *RANGE_STATS,
    *TIME_STATS,
    *DEMAND_STATS,
)


class GuestView:
    """One guest at one tick, read-only.

    Attributes:
        planes: plane name → array[nr_pageblocks] of the dtype in PLANES; not writeable.
        stats: int64[len(STAT_FIELDS)]; not writeable.
    """

    def __init__(self, guest: Guest, busy: bool = False) -> None:
        self.planes: dict[str, NDArray[np.generic]] = observe.planes(guest)
        self.stats: NDArray[np.int64] = observe.statistics(guest, STAT_FIELDS, busy)
        for array in (*self.planes.values(), self.stats):
            array.flags.writeable = False

    def stat(self, name: str) -> int:
        """One statistic by name."""
        return int(self.stats[STAT_FIELDS.index(name)])

    def stat_dict(self) -> Mapping[str, int]:
        """All statistics by name."""
        return dict(zip(STAT_FIELDS, self.stats.tolist(), strict=True))
