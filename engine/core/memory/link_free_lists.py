"""Free lists for a guest whose pages have just been set by an importer or a recipe."""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.memory.freearea import add_to_free_list, is_free_block
from engine.core.memory.freelist import free_list, get_pageblock_migratetype, list_add_tail
from engine.core.memory.rng import rng_below


@core_jit
def shuffle_list(guest, list_id):
    """Shuffle the pages of one list (Fisher-Yates, drawn from vm.rng).

    Args:
        guest: Guest. Writes pages.next, pages.prev, lists, vm.rng.
        list_id: int64.
    Source:
        not of the kernel.
    """
    nr = np.int64(guest.lists[list_id]["nr"])
    pfns = np.empty(nr, np.int64)
    pfn = np.int64(guest.lists[list_id]["first"])
    for i in range(nr):
        pfns[i] = pfn
        pfn = np.int64(guest.pages[pfn]["next"])
    for i in range(nr):
        j = i + rng_below(guest, nr - i)
        pfns[i], pfns[j] = pfns[j], pfns[i]
    head = guest.lists[list_id]
    head["first"] = u.PFN_NONE
    head["last"] = u.PFN_NONE
    head["nr"] = 0
    for i in range(nr):
        list_add_tail(guest, list_id, pfns[i])


@core_jit
def link_free_lists(guest, shuffle):
    """Link free blocks that an importer has marked, and count the zones' free pages.

    Every page of a free block must be STATE_FREE with the block's order on its first page and
    ORDER_TAIL on the others, buddies fully merged, block counters set, lists empty.

    Args:
        guest: Guest. Writes pages.next, pages.prev, lists, zones.nr_free and its parts.
        shuffle: int64, 0 = lowest pfn first; 1 = in random order (vm.rng), since real lists are
            ordered by use, which no capture shows.
    Returns:
        int64, blocks linked.
    Source:
        not of the kernel.
    """
    nr_blocks = 0
    for zone in range(guest.zones.shape[0]):
        z = guest.zones[zone]
        z["nr_free"] = 0
        z["nr_free_cma"] = 0
        z["nr_free_highatomic"] = 0
        pfn = np.int64(z["start_pfn"])
        end_pfn = np.int64(z["end_pfn"])
        while pfn < end_pfn:
            if not is_free_block(guest, pfn):
                pfn += 1
                continue
            order = np.int64(guest.pages[pfn]["order"])
            mt = get_pageblock_migratetype(guest, pfn)
            add_to_free_list(guest, pfn, zone, order, mt, 1)
            nr_blocks += 1
            pfn += 1 << order
    if shuffle:
        for zone in range(guest.zones.shape[0]):
            for area in range(u.NR_PAGE_ORDERS * u.NR_MIGRATETYPES):
                shuffle_list(guest, free_list(zone, 0, 0) + area)
    return nr_blocks
