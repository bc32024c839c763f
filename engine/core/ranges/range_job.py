"""The request for a range, common to offlining and contiguous allocation: when and why it ends.

The state is in Guest.vm (RANGE_FIELDS). Invariant: between requests only pageblocks that are
offline are ISOLATE.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.ranges.isolation import undo_isolate_page_range

NONE = u.PFN_NONE
RETRIES = 5  # 3.8 offline_pages(): retry_max; __alloc_contig_migrate_range(): tries


@core_jit
def at_work(guest, kind):
    """Whether a request for a range is unfinished.

    Args:
        guest: Guest.
        kind: int64, RANGE_OFFLINE or RANGE_CONTIG; RANGE_NONE = either.
    Returns:
        bool.
    Source:
        not of the kernel.
    """
    vm = guest.vm[0]
    if vm["range_kind"] == u.RANGE_NONE or vm["range_result"] != u.RANGE_PENDING:
        return False
    return kind == u.RANGE_NONE or vm["range_kind"] == kind


@core_jit
def note_stop(guest, reason, pfn):
    """Record why an attempt failed, and at which page.

    Args:
        guest: Guest. Writes vm.range_reason, range_pfn, range_page, range_block.
        reason: int64, RangeReason.
        pfn: int64, or PFN_NONE.
    Source:
        not of the kernel: stands for dump_page() and pr_debug().
    """
    vm = guest.vm[0]
    vm["range_reason"] = reason
    vm["range_pfn"] = pfn
    vm["range_page"] = 0
    vm["range_block"] = 0
    if pfn != NONE:
        vm["range_page"] = np.int64(guest.pages[pfn]["state"])
        vm["range_block"] = np.int64(guest.blocks[pfn >> u.PAGEBLOCK_ORDER]["migratetype"])


@core_jit
def give_up(guest, mt):
    """End a failed attempt: its pageblocks go back to the allocator.

    Args:
        guest: Guest. Writes pages, lists, zones, blocks, vm.range_wasted.
        mt: int64, migratetype that the pageblocks get.
    Source:
        mm/memory_hotplug.c offline_pages(), failed_removal_isolated; mm/page_alloc.c
        alloc_contig_range(), done.
    """
    vm = guest.vm[0]
    undo_isolate_page_range(guest, vm["range_start_pfn"], vm["range_end_pfn"], mt)
    vm["range_wasted"] = vm["range_migrated"] + vm["range_reclaimed"]


@core_jit
def end_request(guest, result):
    """End the request.

    Args:
        guest: Guest. Writes vm.range_phase, range_result; after success, what note_stop wrote.
        result: int64, RANGE_DONE or RANGE_STOPPED.
    Source:
        not of the kernel.
    """
    vm = guest.vm[0]
    vm["range_phase"] = u.RANGE_START
    vm["range_result"] = result
    if result == u.RANGE_DONE:
        vm["range_reason"] = vm["range_page"] = vm["range_block"] = 0
        vm["range_pfn"] = NONE


@core_jit
def begin_rounds(guest):
    """Start on an isolated range: first the balloon's pass, if it is range-aware, then the rounds.

    Args:
        guest: Guest. Writes vm.range_phase, range_pos and the round's counters.
    Source:
        not of the kernel.
    """
    vm = guest.vm[0]
    vm["range_phase"] = u.RANGE_MIGRATE
    if vm["rule_range_aware"] == 1:
        vm["range_phase"] = u.RANGE_PASS
        vm["pass_runs"] += 1
    vm["range_pos"] = vm["range_start_pfn"]
    vm["range_tries"] = vm["range_met"] = vm["range_moved"] = 0
