"""KernelRules: what distinguishes one simulated kernel from another, as data; one row per profile.

A kernel is a row of integers, like a design (engine/designs/base.py). The acting code in
engine/core looks up one law at a time, by name, and never which kernel it is simulating; the
algorithms of an era stay in files of their own (``*_2012.py``), and a law selects which one runs. A
kernel that combines existing laws is one more row of KERNELS and nothing else.
"""

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from engine import units as u
from engine.errors import RefusedError, unknown_name

_NO_YES = ("no", "yes")
_MARKS = ("min", "low")  # by u.WMARK_*


def _law(decides: str, source: str, values: tuple[str, ...] = _NO_YES) -> Any:
    """One law.

    Args:
        decides: what holds if its value is 1 (or what the value selects).
        source: kernel functions that implement it, and since which version.
        values: words for its values, by number.
    """
    return field(metadata={"decides": decides, "source": source, "values": values})


@dataclass(frozen=True)
class KernelRules:
    """Integers that the core reads; field ``x`` becomes Guest.vm[0]["law_x"].

    Each field's metadata says what it decides and where the kernel does so. "6.12" and "3.8" name
    the kernels whose function is simulated; "since v5.0" is when the rule entered Linux. There are
    no defaults, so a row cannot omit a law.
    """

    # -- free lists
    lists_apart: int = _law(
        "A free block may be listed under a migratetype other than its pageblock's, and a "
        "pageblock that changes its type leaves the lists as they are.",
        "3.8 mm/page_alloc.c move_freepages(), __rmqueue_fallback(); 6.12 account_freepages(): "
        "they agree since v6.10",
    )
    merge_keeps_types: int = _law(
        "Free pageblocks of any ordinary type merge, and each keeps its own; otherwise the buddy "
        "takes the type of the block that it merges with.",
        "3.8 and 6.12 mm/page_alloc.c __free_one_page()",
    )
    reserve_at_boot: int = _law(
        "A zone keeps up to two RESERVE pageblocks from boot; otherwise HIGHATOMIC pageblocks are "
        "reserved when atomic requests need them, and counted.",
        "3.8 mm/page_alloc.c setup_zone_migrate_reserve(); 6.12 reserve_highatomic_pageblock(), "
        "since v4.4",
    )
    claim_or_steal: int = _law(
        "Without a page of its own type, a request claims a whole pageblock, or steals one page "
        "and leaves the rest to its owner; otherwise the remainder goes to the requester's list.",
        "6.12 mm/page_alloc.c __rmqueue_claim(), __rmqueue_steal(); 3.8 __rmqueue_fallback()",
    )
    boost_watermarks: int = _law(
        "A fallback that mixes migratetypes raises the zone's watermarks.",
        "6.12 mm/page_alloc.c boost_watermark(), since v5.0",
    )
    spread_over_zones: int = _law(
        "A lower zone is tried before migratetypes are mixed (ALLOC_NOFRAGMENT).",
        "6.12 mm/page_alloc.c alloc_flags_nofragment(), since v5.0",
    )
    balance_cma: int = _law(
        "Movable requests go to the CMA area first while it has more than half of the free pages.",
        "6.12 mm/page_alloc.c __rmqueue(), since v5.8",
    )
    target_mark: int = _law(
        "The watermark that must hold when a compactor takes a free block as a target.",
        "6.12 mm/page_alloc.c __isolate_free_page(); 3.8 capture_free_page()",
        _MARKS,
    )
    # -- watermarks
    marks_halve_by_order: int = _law(
        "An order is met if enough is free in higher orders, half as much for each; otherwise if "
        "there is one block of it.",
        "3.8 and 6.12 mm/page_alloc.c __zone_watermark_ok(); the latter since v4.4",
    )
    marks_from_min: int = _law(
        "Low and high watermarks are a quarter and a half above min; otherwise the guest's own.",
        "3.8 mm/page_alloc.c __setup_per_zone_wmarks()",
    )
    # -- per-CPU lists
    pcp_high_orders: int = _law(
        "Per-CPU lists also take orders 1 to 3 and 9.",
        "6.12 mm/page_alloc.c pcp_allowed_order(), since v5.14; 3.8 buffered_rmqueue()",
    )
    pcp_drain_in_turn: int = _law(
        "Pages go back from the per-CPU lists in turn, one each; otherwise one list after another.",
        "3.8 and 6.12 mm/page_alloc.c free_pcppages_bulk()",
    )
    pcp_free_grows: int = _law(
        "The more pages are freed in a row, the more go back at a time; otherwise always a batch.",
        "6.12 mm/page_alloc.c nr_pcp_free(); 3.8 free_hot_cold_page()",
    )
    pcp_refill_grows: int = _law(
        "The more pages are requested in a row, the more are fetched at a time; otherwise always a "
        "batch.",
        "6.12 mm/page_alloc.c nr_pcp_alloc(); 3.8 buffered_rmqueue()",
    )
    pcp_batch_by_zone: int = _law(
        "The batch is derived from the zone's size, at most 31 pages, and a list is full at six "
        "batches; otherwise the guest's own.",
        "3.8 mm/page_alloc.c zone_batchsize(), setup_pageset()",
    )
    # -- reclaim
    retry_by_priority: int = _law(
        "The slow path reclaims and compacts again with rising priority while either helps; "
        "otherwise it compacts asynchronously, reclaims, and compacts once more.",
        "6.12 and 3.8 mm/page_alloc.c __alloc_pages_slowpath()",
    )
    wake_below_low: int = _law(
        "kswapd wakes if some zone is below its low watermark; otherwise if no zone is balanced, "
        "and kcompactd wakes where reclaim would not help.",
        "3.8 and 6.12 mm/vmscan.c wakeup_kswapd()",
    )
    balance_quarter: int = _law(
        "kswapd has done enough for an order once zones with a quarter of the memory have room to "
        "compact, and for single pages once all zones are above high; otherwise once one zone is.",
        "3.8 mm/vmscan.c balance_pgdat(), pgdat_balanced(); 6.12 pgdat_balanced()",
    )
    kswapd_drops_order: int = _law(
        "kswapd continues for single pages once it has reclaimed enough to compact.",
        "6.12 mm/vmscan.c kswapd_shrink_node()",
    )
    thp_wakes_kswapd: int = _law(
        "A transparent huge page fault may wake kswapd (no __GFP_NO_KSWAPD).",
        "3.8 include/linux/gfp.h GFP_TRANSHUGE",
    )
    lru_by_zone: int = _law(
        "Reclaim takes file pages of the highest zone first; otherwise the oldest first, whatever "
        "their zone.",
        "6.12 mm/vmscan.c scan_folios(), since v6.1 (CONFIG_LRU_GEN); 3.8 has lists by zone as "
        "well, but takes a share of each",
    )
    reclaim_wakes_flusher: int = _law(
        "Reclaim passes dirty page cache by, and if a pass has met nothing else, has all of it "
        "written; otherwise dirty pages count as looked at, and stay dirty.",
        "6.12 mm/vmscan.c sort_folio(), try_to_shrink_lruvec(); 3.8 writes pages itself where that "
        "does not help, which is not simulated",
    )
    split_partly_mapped: int = _law(
        "Reclaim splits huge pages that are mapped in part, and frees the rest of them.",
        "6.12 mm/huge_memory.c deferred_split_scan(), since v4.5; 3.8 splits at once when a part "
        "is unmapped",
    )
    # -- compaction
    linear_scanners: int = _law(
        "Both scanners walk pageblock by pageblock, compact_memory from where they stood, and "
        "direct compaction captures no page; otherwise they search the free lists first.",
        "3.8 and 6.12 mm/compaction.c compact_zone(), compact_node(); mm/migrate.c",
    )
    reset_rereads_positions: int = _law(
        "A run that resets the cached scanner positions starts at the new ones.",
        "mm/compaction.c compact_zone(), since v3.14 (d3132e4b83e6)",
    )
    meeting_is_noticed: int = _law(
        "A run without a target checks whether the scanners have met; otherwise it is given up "
        "as if memory had run out.",
        "mm/compaction.c isolate_freepages(), since v3.14 (7ed695e069c3)",
    )
    kcompactd: int = _law(
        "kswapd hands compaction to kcompactd; otherwise kswapd itself compacts.",
        "6.12 mm/compaction.c kcompactd(), since v4.6; 3.8 mm/vmscan.c balance_pgdat()",
    )
    proactive_compaction: int = _law(
        "kcompactd compacts unasked where fragmentation is high.",
        "6.12 mm/compaction.c should_proactive_compact_node(), since v5.9",
    )
    # -- scheduler
    eevdf: int = _law(
        "Whoever has had least CPU time is eligible, and runs until a clock tick; otherwise a "
        "daemon that has just been woken runs at once, for a turn.",
        "6.12 kernel/sched/fair.c pick_eevdf(), since v6.6; 3.8 place_entity(), "
        "check_preempt_wakeup()",
    )
    # -- ranges: offlining, contiguous memory
    isolate_asks_lru: int = _law(
        "A MOVABLE or CMA pageblock is isolated unchecked, any other if all pages in use are on "
        "the LRU; otherwise every page is tested for whether it can be moved.",
        "3.8 mm/page_alloc.c has_unmovable_pages(); 6.12 mm/page_isolation.c",
    )
    isolate_drains: int = _law(
        "Isolating a pageblock drains the per-CPU lists each time.",
        "3.8 mm/page_isolation.c set_migratetype_isolate()",
    )
    range_splits_large: int = _law(
        "A transparent huge page in a range is always split; otherwise only without a target.",
        "3.8 mm/migrate.c unmap_and_move(); 6.12 mm/migrate.c migrate_pages()",
    )
    range_tests_in_move: int = _law(
        "A page of a range is tested for being a balloon page again when it moves to its target.",
        "6.12 mm/migrate.c move_to_new_folio()",
    )
    offline_stops_pcp: int = _law(
        "The per-CPU lists are off while a range goes offline.",
        "6.12 mm/memory_hotplug.c offline_pages(): zone_pcp_disable(), since v5.11",
    )
    offline_moves_lru_only: int = _law(
        "A round of offlining isolates LRU pages, and at the first page in use that is not one all "
        "are put back; otherwise whatever is movable is moved and the rest put back.",
        "3.8 and 6.12 mm/memory_hotplug.c offline_pages(), do_migrate_range()",
    )
    contig_anywhere: int = _law(
        "Contiguous memory can be had without a CMA area.",
        "6.12 mm/page_alloc.c alloc_contig_pages(), since v5.5",
    )
    pin_moves_away: int = _law(
        "A long-term pin first moves pages out of CMA and ISOLATE pageblocks and out of zone "
        "Movable; otherwise it takes them where they are.",
        "6.12 mm/gup.c check_and_migrate_movable_pages(), since v5.2",
    )
    # -- balloon driver
    balloon_by_rounds: int = _law(
        "The driver enqueues the pages of a round of 256 once it has them all, which reverses "
        "them; otherwise each at once. Only counts under a design with driver_rounds.",
        "6.12 drivers/virtio/virtio_balloon.c fill_balloon(), since v4.15",
    )

    def __post_init__(self) -> None:
        """Refuse what the core cannot simulate.

        Raises:
            RefusedError: a value that the law does not have, or a law without one that it needs.
        """
        values = asdict(self)
        for law in fields(self):
            limit = len(law.metadata["values"]) - 1
            if not 0 <= values[law.name] <= limit:
                raise RefusedError(
                    f"law {law.name}={values[law.name]}: its values are 0 to {limit}"
                )
        for law_name, value, needed, other in NEEDS:
            if values[law_name] == value and values[needed] != other:
                raise RefusedError(
                    f"law {law_name}={value} needs law {needed}={other}: "
                    f"no kernel without it is simulated"
                )


# What the code of one law assumes about another: law, its value, law needed, value needed. An entry
# may go when the code no longer assumes it.
NEEDS: tuple[tuple[str, int, str, int], ...] = (
    ("merge_keeps_types", 1, "lists_apart", 1),  # one list for a block of two types
    # A RESERVE pageblock may be half of a free block.
    ("reserve_at_boot", 1, "merge_keeps_types", 1),
    ("claim_or_steal", 0, "lists_apart", 1),
    ("boost_watermarks", 1, "claim_or_steal", 1),  # which boosts
    ("boost_watermarks", 1, "kcompactd", 1),  # the kswapd that takes boosts back
    ("spread_over_zones", 1, "claim_or_steal", 1),  # which honours ALLOC_NOFRAGMENT
    ("pcp_drain_in_turn", 1, "pcp_high_orders", 0),  # counts single pages
    # Whoever starts a run uses the scanners of its own era.
    ("linear_scanners", 1, "retry_by_priority", 0),
    ("linear_scanners", 0, "retry_by_priority", 1),
    ("linear_scanners", 1, "kcompactd", 0),
    ("linear_scanners", 0, "kcompactd", 1),
    ("proactive_compaction", 1, "kcompactd", 1),
    ("eevdf", 1, "kcompactd", 1),  # its costs, and its rounds, are accounted for
    ("eevdf", 0, "kcompactd", 0),
)


@dataclass(frozen=True)
class Kernel:
    """One row of the table.

    Attributes:
        name: what users ask for; fixed name on the wire.
        version: in words, for people.
        profile: Guest.vm.profile.
        variant: Guest.vm.variant; distinguishes rows of the same profile. Both numbers are part of
            a guest's digest, and a new kernel gets a new profile: only the second row of profile 1
            had to keep its digests from before this table.
        rules: its laws.
    """

    name: str
    version: str
    profile: int
    variant: int
    rules: KernelRules


_LINUX_6_12 = KernelRules(
    lists_apart=0,
    merge_keeps_types=0,
    reserve_at_boot=0,
    claim_or_steal=1,
    boost_watermarks=1,
    spread_over_zones=1,
    balance_cma=1,
    target_mark=u.WMARK_MIN,
    marks_halve_by_order=0,
    marks_from_min=0,
    pcp_high_orders=1,
    pcp_drain_in_turn=0,
    pcp_free_grows=1,
    pcp_refill_grows=1,
    pcp_batch_by_zone=0,
    retry_by_priority=1,
    wake_below_low=0,
    balance_quarter=0,
    kswapd_drops_order=1,
    thp_wakes_kswapd=1,
    lru_by_zone=1,
    reclaim_wakes_flusher=1,
    split_partly_mapped=1,
    linear_scanners=0,
    reset_rereads_positions=1,
    meeting_is_noticed=1,
    kcompactd=1,
    proactive_compaction=1,
    eevdf=1,
    isolate_asks_lru=0,
    isolate_drains=0,
    range_splits_large=0,
    range_tests_in_move=1,
    offline_stops_pcp=1,
    offline_moves_lru_only=0,
    contig_anywhere=1,
    pin_moves_away=1,
    balloon_by_rounds=1,
)
_LINUX_3_8 = KernelRules(
    lists_apart=1,
    merge_keeps_types=1,
    reserve_at_boot=1,
    claim_or_steal=0,
    boost_watermarks=0,
    spread_over_zones=0,
    balance_cma=0,
    target_mark=u.WMARK_LOW,
    marks_halve_by_order=1,
    marks_from_min=1,
    pcp_high_orders=0,
    pcp_drain_in_turn=1,
    pcp_free_grows=0,
    pcp_refill_grows=0,
    pcp_batch_by_zone=1,
    retry_by_priority=0,
    wake_below_low=1,
    balance_quarter=1,
    kswapd_drops_order=0,
    thp_wakes_kswapd=0,
    lru_by_zone=0,
    reclaim_wakes_flusher=0,
    split_partly_mapped=0,
    linear_scanners=1,
    reset_rereads_positions=0,
    meeting_is_noticed=0,
    kcompactd=0,
    proactive_compaction=0,
    eevdf=0,
    isolate_asks_lru=1,
    isolate_drains=1,
    range_splits_large=1,
    range_tests_in_move=0,
    offline_stops_pcp=0,
    offline_moves_lru_only=1,
    contig_anywhere=0,
    pin_moves_away=0,
    balloon_by_rounds=0,
)

MODERN = Kernel("modern", "Linux 6.12", u.PROFILE_MODERN, 0, _LINUX_6_12)
LINUX_2012 = Kernel("2012", "Linux 3.8", u.PROFILE_2012, 0, _LINUX_3_8)
# 2012 with one defect of its compaction fixed as in Linux 3.14, in two commits: to tell how much of
# a result is due to that defect.
REPAIRED = Kernel(
    "2012+3.14",
    "Linux 3.8",
    u.PROFILE_2012,
    1,
    replace(_LINUX_3_8, reset_rereads_positions=1, meeting_is_noticed=1),
)
KERNELS: dict[str, Kernel] = {kernel.name: kernel for kernel in (MODERN, LINUX_2012, REPAIRED)}

LAW_FIELDS = tuple(f"law_{law.name}" for law in fields(KernelRules))


def kernel_named(name: str) -> Kernel:
    """The row of a profile.

    Raises:
        RefusedError: there is no such profile.
    """
    if name not in KERNELS:
        raise unknown_name("profile", name, KERNELS)
    return KERNELS[name]


def laws_dict(rules: KernelRules) -> dict[str, int]:
    """Rules as ``{"law_lists_apart": ...}``, the names of Guest.vm fields."""
    return {f"law_{name}": value for name, value in asdict(rules).items()}
