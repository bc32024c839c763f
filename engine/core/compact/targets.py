"""A compactor's targets: handing out what its free scanner has isolated, and taking it back."""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.compact.free_scanner import freepages_list, isolate_freepages
from engine.core.memory.freelist import list_add, list_pop


@core_jit
def smallest_freepage_order(guest, cc, order):
    """Smallest sufficient order for which the compactor holds a target.

    Args:
        guest: Guest.
        cc: int64, CC_*.
        order: int64, order wanted.
    Returns:
        int64, NR_PAGE_ORDERS if there is none.
    Source:
        mm/compaction.c compaction_alloc(), its first loop.
    """
    while order < u.NR_PAGE_ORDERS and guest.lists[freepages_list(cc, order)]["nr"] == 0:
        order += 1
    return order


@core_jit
def compaction_alloc(guest, cc, order):
    """Hand out a target, splitting a bigger one or running the free scanner if needed.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, cc, vm.
        cc: int64, CC_*. Writes nr_freepages, nr_migratepages.
        order: int64, order of the page to move.
    Returns:
        int64 pfn of 2**order pages in state ISOLATED_FREE and on no list, or PFN_NONE.
    Source:
        mm/compaction.c compaction_alloc().
    """
    start_order = smallest_freepage_order(guest, cc, order)
    if start_order == u.NR_PAGE_ORDERS:
        isolate_freepages(guest, cc)
        start_order = smallest_freepage_order(guest, cc, order)
        if start_order == u.NR_PAGE_ORDERS:
            return np.int64(u.PFN_NONE)  # reason: no_target
    pfn = list_pop(guest, freepages_list(cc, start_order))
    while start_order > order:
        start_order -= 1
        upper = pfn + (np.int64(1) << start_order)
        guest.pages[upper]["order"] = start_order
        list_add(guest, freepages_list(cc, start_order), upper)
    guest.pages[pfn]["order"] = order
    guest.cc[cc]["nr_freepages"] -= 1 << order
    guest.cc[cc]["nr_migratepages"] -= 1 << order
    return pfn


@core_jit
def compaction_free(guest, cc, pfn):
    """Take back a target that was handed out but not used.

    Args:
        guest: Guest. Writes pages, lists, cc.
        cc: int64, CC_*. Writes nr_freepages, nr_migratepages.
        pfn: int64, on no list.
    Source:
        mm/compaction.c compaction_free().
    """
    order = np.int64(guest.pages[pfn]["order"])
    list_add(guest, freepages_list(cc, order), pfn)
    guest.cc[cc]["nr_freepages"] += 1 << order
    guest.cc[cc]["nr_migratepages"] += 1 << order
