"""Guest: one simulated machine's memory under one design, as six record arrays.

This module declares the memory map (what each field means, who writes it) and makes blank guests.
All page state of the simulator lives here and nowhere else; every number is an integer, so two
guests are equal exactly when their bytes are (engine/snapshot.py). The compiled core takes a
``Guest`` as its first argument.

A page costs 20 bytes: PAGE_DTYPE. Per-pageblock counters are kept up to date by every change of a
page's state (engine/core/memory/page.py) and never rescanned, except by
engine/core/observe/check.py, which is there to catch mistakes.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from engine import units as u
from engine.errors import RefusedError
from engine.kernels import LAW_FIELDS, MODERN, Kernel, laws_dict

PAGE_DTYPE = np.dtype(
    [
        # links of the one list that the page is on, PFN_NONE at the ends and off lists
        ("next", "<i4"),
        ("prev", "<i4"),
        # workload object that owns the page (first page of it), HANDLE_NONE otherwise
        ("handle", "<i4"),
        # indexed by *handle*, not by pfn: first pfn of that object now, PFN_NONE if it holds none
        ("where", "<i4"),
        ("state", "u1"),  # units.STATE_*
        # order of the free block or compound page on its first page, ORDER_TAIL on the rest
        ("order", "u1"),
        ("flags", "<u2"),  # units.PG_*
    ]
)

BLOCK_DTYPE = np.dtype(
    [
        # pages of the block by kind; the six add up to 512. Written only by core/memory/page.py.
        ("nr_free", "<u2"),  # STATE_FREE
        # anon, file, shmem that the LRU path can move (THP included, PG_PINNED excluded)
        ("nr_movable", "<u2"),
        ("nr_balloon", "<u2"),
        # slab, page tables, kernel, unknown, huge, hwpoison, pinned, free-scanner targets
        ("nr_unmovable", "<u2"),
        ("nr_pcp", "<u2"),
        ("nr_reserved", "<u2"),  # reserved pages and holes
        ("migratetype", "u1"),
        ("zone", "u1"),  # index into Guest.zones
        ("flags", "u1"),  # units.PB_*
        # order of the largest free block, 255 = none; valid while PB_STALE is clear
        # (core/observe/observe.py)
        ("largest", "u1"),
    ]
)

LIST_DTYPE = np.dtype(
    [
        ("first", "<i4"),  # pfn, PFN_NONE when empty
        ("last", "<i4"),
        ("nr", "<i4"),  # entries (free blocks, not pages, on a free list)
        ("pad", "<i4"),
    ]
)

_ZONE_FIELDS = (
    # span; start and end are absolute pfns, half-open, multiples of the pageblock size
    "name start_pfn end_pfn present managed "
    # buddy: free pages, and those of them in HIGHATOMIC and CMA blocks
    "nr_free nr_free_highatomic nr_free_cma nr_reserved_highatomic "
    # watermarks in pages, without boost; protection against requests that could use the highest
    # populated zone
    "wmark_min wmark_low wmark_high wmark_promo watermark_boost lowmem_reserve "
    # per-CPU lists of the single CPU; 0 = off
    "pcp_count pcp_high pcp_batch pcp_free_count "
    # compaction: cached scanner positions, initial positions, deferral, skip-hint flush (struct
    # zone)
    "cached_migrate_async cached_migrate_sync cached_free init_migrate_pfn init_free_pfn "
    "compact_considered compact_defer_shift compact_order_failed compact_blockskip_flush "
    # reclaim
    "nr_zone_inactive_file nr_zone_active_file nr_zone_inactive_anon nr_zone_active_anon "
    "nr_zone_unevictable "
    # per-CPU batching: doublings of the refill batch, PCPF_* bits; zone->flags: ZONE_* bits
    # (units.ZONE_BOOSTED_WATERMARK); the boost that kswapd's current run will remove
    "pcp_alloc_factor pcp_flags zone_flags kswapd_boost"
).split()
# A node's kswapd, kcompactd and shrinker (struct pglist_data): fields of Guest.vm for the node
# vm.node. Those of another node wait in its first zone's row, as pgdat_*
# (core/memory/nodes.py: select_node).
NODE_FIELDS = (
    "kswapd_order kswapd_awake kswapd_failures kswapd_alloc_order kswapd_run_order kswapd_priority "
    "kswapd_boost kswapd_reclaimed kswapd_seen kswapd_nap "
    "kcompactd_order kcompactd_awake kcompactd_zone kcompactd_ahead proactive_defer "
    "proactive_score shrink_active shrink_scanned shrink_isolated shrink_dirty shrink_reclaimed "
    "split_deferred split_freeable split_total split_batch split_block split_found"
).split()
ZONE_DTYPE = np.dtype(
    [(name, "<i8") for name in _ZONE_FIELDS]
    # engine/snapshot.py leaves them out of the digest of a machine of one node
    + [("node", "<i8")]  # index of the zone's NUMA node
    + [(f"pgdat_{name}", "<i8") for name in NODE_FIELDS]
)

# Counters with the names of /proc/vmstat.
VMSTAT_FIELDS = (
    "pgalloc pgfree pgmigrate_success pgmigrate_fail "
    "compact_migrate_scanned compact_free_scanned compact_isolated compact_stall compact_fail "
    "compact_success "
    "compact_daemon_wake compact_daemon_migrate_scanned compact_daemon_free_scanned "
    "balloon_inflate balloon_deflate balloon_migrate "
    "pgscan_kswapd pgscan_direct pgsteal_kswapd pgsteal_direct allocstall pageoutrun "
    "drop_pagecache "
    "htlb_buddy_alloc_success htlb_buddy_alloc_fail thp_fault_alloc thp_fault_fallback"
).split()

# Costs and events that /proc/vmstat does not count.
COST_FIELDS = (
    # messages that stop the guest until the host has answered, and the pfns in them
    "host_exits host_pfns "
    # evaluations of the balloon test on the generic isolate path, and what they met
    "hook_checks hook_checks_balloon hook_checks_lru "
    # the same test at put-back, before unmapping, before moving, and how many of those met a
    # balloon page; the others met an LRU page
    "hook_putback hook_putback_balloon hook_unmap hook_unmap_balloon hook_move hook_move_balloon "
    # pages whose contents were copied; moves of balloon pages that had been moved before
    "pages_copied balloon_repeats "
    # the balloon's own work under separate_pass and dedicated_block
    "pass_runs pass_scanned pass_migrated gather_blocks gather_pages "
    # fallbacks (mm_page_alloc_extfrag): whole block claimed, single page stolen
    "extfrag_claim extfrag_steal "
    # failed allocations: order 0, order 1 to 8, order 9 and more; balloon fills that stopped for
    # lack of a page
    "alloc_failed alloc_failed_high alloc_failed_huge balloon_out_of_puff workload_ops "
    "workload_failed"
).split()

# Requests and progress of everything that takes more than one tick. Written by core/run.py and the
# modules it calls.
JOB_FIELDS = (
    # balloon, in pages; idle_rounds counts driver rounds in a row that gained nothing;
    # balloon_singles (below): 1 = no further whole pageblocks in this inflation, one was refused
    "balloon_target balloon_idle_rounds balloon_stopped balloon_isolated dedicated_blocks "
    "balloon_event "
    # compact_memory runs asked for and not begun; zone of the run in progress
    "compact_requests compact_zone "
    # direct compaction asked for by a person: order + 1, or 0; result of the last one (COMPACT_*)
    "direct_request direct_result "
    # huge pages: wanted at most, attempt number, attempts without gain, held now, most held, held
    # after the first attempt
    "huge_target huge_attempt huge_idle huge_held huge_best huge_first huge_runs "
    "drop_requests "
    # designs' requests: a pass (0/1, further ones collapse), pageblocks still to gather (PFN_NONE
    # = as many as possible)
    "pass_pending pass_budget gather_pending "
    "causes "
    # kswapd and kcompactd
    "kswapd_order kswapd_awake kswapd_failures kcompactd_order kcompactd_awake kcompactd_zone "
    "proactive_defer proactive_score "
    # kswapd's run, which lasts over ticks (struct scan_control): what it was woken for, what it
    # works for now
    "kswapd_alloc_order kswapd_run_order kswapd_priority kswapd_boost kswapd_reclaimed "
    # kcompactd_ahead: work before kcompactd's isolated pages are moved, negative: after
    # direct_work: of requests that move pages; task_paid: of the task, as far as the scheduler has
    # seen it; sched_now: its clock, in the same unit (slowpath/sched.py)
    # variant: which kernel of the profile's number (engine/kernels.py: Kernel.variant)
    "workload_budget tick balloon_singles proactive_phase kcompactd_ahead variant "
    "direct_work task_paid sched_now"
).split()

# What distinguishes one design from another, as data (engine/designs/base.py: BalloonRules has
# the meaning of each).
RULE_FIELDS = (
    "rule_alloc_migratetype rule_hook rule_whole_blocks rule_stop_on_failure rule_deflate_order "
    "rule_dedicated_migratetype rule_gather_victims rule_gather_keep rule_gather_gain "
    "rule_gather_fill "
    "rule_pass_target rule_pass_lru rule_pass_batch rule_range_aware rule_driver_rounds"
).split()

# Request for a range of pageblocks (core/ranges/offline.py, core/ranges/contig.py): what is asked
# for, how far it is, how it ended.
RANGE_FIELDS = (
    # RANGE_*; half-open pfns of the pageblocks at work; pfn reached; alloc_contig: pages wanted,
    # migratetype of their pageblocks, zone being tried
    "range_kind range_phase range_start_pfn range_end_pfn range_pos range_size range_mt range_zone "
    # rounds without gain; movable pages met and moved in the round; rounds so far; pcp_high of the
    # zone while its per-CPU lists are off
    "range_tries range_met range_moved range_rounds range_pcp_high "
    # RANGE_DONE or RANGE_STOPPED; RangeReason; page at which it stopped, its STATE_* and the
    # migratetype of its pageblock at that moment
    "range_result range_reason range_pfn range_page range_block "
    # pages of the request: moved, moved by attempts that failed, isolated and put back, dropped
    # instead of moved
    "range_migrated range_wasted range_returned range_reclaimed "
    # pages gone offline so far
    "offline_pages"
).split()

# Time: idle so far, when the last wait ends (us); whether kcompactd has found kswapd at work since
# it began; the balloon's work, in scanned pages.
TIME_FIELDS = ("idle_us", "wait_until", "kswapd_seen", "balloon_work")
_ROWS = (u.TASK_ROWS,)  # the scheduler's run queue, a row a task (slowpath/runqueue.py)
TASK_FIELDS = ("task_vruntime", "task_deadline", "task_lag", "task_state", "task_protected")

# What reclaim sets going, and how far it is; left out of the digest while nothing of it happened.
RECLAIM_FIELDS = (
    # kswapd's pass over the LRU, interrupted at the end of its turn: under way; looked at, taken
    # off the list, of the former dirty, and freed so far
    "shrink_active shrink_scanned shrink_isolated shrink_dirty shrink_reclaimed "
    # flusher: at work; next pfn that it looks at; pages written in this round over memory, and ever
    "flusher_awake flusher_pfn flusher_found nr_written "
    # deferred split queue: scanning put off (shrinker's nr_deferred); while the shrinker is at it,
    # its length then, huge pages still to look at, of this batch, next pageblock, whether one of
    # the batch was split; huge pages split, ever
    "split_deferred split_freeable split_total split_batch split_block split_found thp_split_page"
).split()

# What a person asks of memory directly (core/workload/kmem.py, pinning.py); left out of the digest
# while nothing of it was ever asked for.
DEMAND_FIELDS = (
    # kernel memory: units.KMEM_* phase and kind, order, whether it stays, requests asked for, made
    # with success and without, without success in a row
    "kmem_phase kmem_kind kmem_order kmem_keep kmem_asked kmem_got kmem_failed kmem_in_a_row "
    # of the failures: by cause, as engine/core/workload/demand_codes.py AllocCause has them
    "kmem_no_memory kmem_no_watermark kmem_no_fragment kmem_no_type "
    # what it cost: simulated us, pages moved and pages reclaimed, and from where each counts; pages
    # that stay, of all requests
    "kmem_us kmem_moved kmem_reclaimed kmem_from_us kmem_from_moved kmem_from_reclaimed kmem_kept "
    # long-term pins, in pages: asked for and still to do, place in the order of handles, pinned,
    # moved out of the way, PinEnd; pages pinned so far, by all requests
    "pin_asked pin_left pin_pos pin_got pin_moved pin_end pinned_pages "
    # HIGHATOMIC pageblocks that were given back whole: they do not merge until somebody frees again
    "whole_unreserved"
).split()

# NUMA nodes (core/memory/nodes.py); all 0, and left out of the digest, on a machine of one.
NUMA_FIELDS = (
    # nodes but one; the node whose daemons vm speaks of; the request in progress: its preferred
    # node, which nodes it may use (units.NODES_*)
    "more_nodes node local_node node_mask "
    # huge pages: node of the next one, nodes that are not tried hard in this attempt
    "huge_node huge_noretry "
    # 1 + the node whose kcompactd is at work
    "kcompactd_node"
).split()
NAP_FIELDS = ("kswapd_nap",)  # the clock's reading at which its nap is over; 0 = it does not nap
HOST_FIELDS = ("unit_ns",)  # what the CPU takes for a unit of work; 0 = cpu.UNIT_NS
LATER_FIELDS = (RANGE_FIELDS, TIME_FIELDS, RECLAIM_FIELDS, DEMAND_FIELDS, NUMA_FIELDS,
                NAP_FIELDS, TASK_FIELDS, HOST_FIELDS)  # fmt: skip

# LRU isolation is counted for the whole machine (nr_isolated_*).
_HEAD_FIELDS = "nr_isolated_anon nr_isolated_file nr_zones nr_pages main_zone profile".split()
VM_DTYPE = np.dtype(
    [("rng", "<u8")]
    + [(name, "<i8") for name in _HEAD_FIELDS]
    + [(name, "<i8") for name in [*VMSTAT_FIELDS, *COST_FIELDS, *JOB_FIELDS, *RULE_FIELDS]]
    # Its eight bytes are part of every digest ever published.
    + [("pad", "<i8")]
    # engine/snapshot.py leaves them out of the digest while nothing was asked for
    + [(name, "<i8", _ROWS * (name in TASK_FIELDS)) for fields in LATER_FIELDS for name in fields]
    # The laws of the guest's kernel (engine/kernels.py), written by set_kernel only. Last: they
    # follow from profile and variant, which count in the digest, so they are left out of it, and a
    # law may get a name of its own without changing any digest. Nothing behind them counts either.
    + [(name, "<i8") for name in LAW_FIELDS]
    # For those who watch: no part of the state (core/memory/events.py has the layout)
    + [
        ("watched", "<i8"),
        ("events", "<i4", (u.NR_EVENT_KINDS * (u.EVENT_ROOM + 1), 4)),
    ]
)

# struct compact_control of one compactor (mm/internal.h). Positions are absolute pfns.
CC_FIELDS = (
    "active zone order migratetype mode gfp alloc_flags highest_zoneidx "
    "migrate_pfn free_pfn fast_start_pfn search_order "
    "nr_migratepages nr_freepages total_migrate_scanned total_free_scanned "
    "ignore_skip_hint no_set_skip_hint ignore_block_suitable direct_compaction "
    "proactive_compaction whole_zone "
    "contended finish_pageblock fast_search_fail alloc_contig rescan "
    "last_migrated_pfn update_cached capture capture_pfn result "
    # of the round just done: pages that failed, for the trace and the marks on the map
    "round_isolated round_migrated round_failed "
    # profile 2012: the scanner has taken pages, so the cached position stays where it is
    "finished_update_migrate finished_update_free "
    # balloon pages that it isolated, and gave back unmoved, in all its runs; profile 2012 only
    "balloon_isolated balloon_returned"
).split()
CC_DTYPE = np.dtype([(name, "<i8") for name in CC_FIELDS])


class Guest(NamedTuple):
    """Six record arrays; the first argument of every core function.

    Attributes:
        pages: PAGE_DTYPE[nr_pages], by absolute pfn from 0 to the end of the last zone; nr_pages
            is a multiple of 512.
        blocks: BLOCK_DTYPE[nr_pages / 512], by pageblock index.
        lists: LIST_DTYPE[LIST_ZONES + nr_zones * LISTS_PER_ZONE + (nr_zones - 1) *
            LISTS_PER_LOWER_ZONE], see units.LIST_*.
        zones: ZONE_DTYPE[nr_zones], ascending, without empty zones.
        vm: VM_DTYPE[1], machine-wide counters, requests and rules.
        cc: CC_DTYPE[NR_CC], the compactors.
    """

    pages: np.ndarray
    blocks: np.ndarray
    lists: np.ndarray
    zones: np.ndarray
    vm: np.ndarray
    cc: np.ndarray


@dataclass(frozen=True)
class ZoneSpan:
    """One zone of a memory map.

    Attributes:
        name: units.ZONE_*.
        start_pfn: first pfn; a multiple of the pageblock size (DMA starts at 0, its pfn 0 is
            reserved).
        end_pfn: one past the last pfn; a multiple of the pageblock size.
        node: number of its NUMA node, as the machine counts them.
    """

    name: int
    start_pfn: int
    end_pfn: int
    node: int = 0


def make_guest(spans: tuple[ZoneSpan, ...], seed: int) -> Guest:
    """A guest whose every page is a hole: capture.py and presets.py fill it in.

    Args:
        spans: zones, ascending, no overlap, at least one page.
        seed: start of the guest's own random generator (splitmix64), any int.

    Raises:
        RefusedError: a span is empty, unaligned, out of order, or ends beyond 2**31 - 512 pages.
    """
    end = 0
    for span in spans:
        words = f"zone {u.ZONE_NAMES[span.name]}: {span.start_pfn} to {span.end_pfn}"
        if span.start_pfn % u.PAGEBLOCK_NR_PAGES or span.end_pfn % u.PAGEBLOCK_NR_PAGES:
            raise RefusedError(f"{words} is not whole pageblocks of 512 pages")
        if span.start_pfn < end or span.end_pfn <= span.start_pfn:
            raise RefusedError(f"{words} is empty or overlaps the zone before")
        end = span.end_pfn
    if not 0 < end <= u.PFN_NONE - u.PAGEBLOCK_NR_PAGES:
        limit = u.PFN_NONE - u.PAGEBLOCK_NR_PAGES
        raise RefusedError(f"a guest of {end} pages: the limit is {limit} pages")
    pages = np.zeros(end, PAGE_DTYPE)
    for field in ("next", "prev", "handle", "where"):
        pages[field] = u.PFN_NONE
    blocks = np.zeros(end // u.PAGEBLOCK_NR_PAGES, BLOCK_DTYPE)
    blocks["nr_reserved"] = u.PAGEBLOCK_NR_PAGES
    blocks["migratetype"] = u.MIGRATE_MOVABLE
    blocks["largest"] = u.ORDER_TAIL
    blocks["flags"] = u.PB_STALE | u.PB_RESERVED
    of_zones = len(spans) * u.LISTS_PER_ZONE + (len(spans) - 1) * u.LISTS_PER_LOWER_ZONE
    lists = np.zeros(u.LIST_ZONES + of_zones, LIST_DTYPE)
    lists["first"] = lists["last"] = u.PFN_NONE
    zones = np.zeros(len(spans), ZONE_DTYPE)
    nodes = sorted({span.node for span in spans})
    for i, span in enumerate(spans):
        zones[i]["name"] = span.name
        zones[i]["node"] = nodes.index(span.node)
        zones[i]["start_pfn"] = span.start_pfn
        zones[i]["end_pfn"] = span.end_pfn
        last_block = span.end_pfn - u.PAGEBLOCK_NR_PAGES
        for field in ("cached_migrate_async", "cached_migrate_sync", "init_migrate_pfn"):
            zones[i][field] = span.start_pfn
        zones[i]["cached_free"] = zones[i]["init_free_pfn"] = last_block
        blocks["zone"][span.start_pfn >> u.PAGEBLOCK_ORDER : span.end_pfn >> u.PAGEBLOCK_ORDER] = i
    vm = np.zeros(1, VM_DTYPE)
    vm[0]["rng"] = np.uint64(seed & 0xFFFFFFFFFFFFFFFF)
    vm[0]["nr_zones"] = len(spans)
    vm[0]["nr_pages"] = end
    vm[0]["more_nodes"] = len(nodes) - 1
    cc = np.zeros(u.NR_CC, CC_DTYPE)
    cc["capture_pfn"] = u.PFN_NONE
    guest = Guest(pages, blocks, lists, zones, vm, cc)
    set_kernel(guest, MODERN)
    return guest


def set_kernel(guest: Guest, kernel: Kernel) -> None:
    """Make a guest follow a kernel's laws from now on; its memory stays as it is.

    Where memory has to be adapted to them, use adopt_kernel() of engine/core/profile_2012.py.

    Args:
        guest: vm.profile, vm.variant and vm.law_* are written.
        kernel: a row of engine/kernels.py.
    """
    vm = guest.vm[0]
    vm["profile"] = kernel.profile
    vm["variant"] = kernel.variant
    for name, value in laws_dict(kernel.rules).items():
        vm[name] = value
