"""Whether compacting a zone for an allocation is needed, and has a prospect.

Below compaction itself, since waking kcompactd asks it (wakeup.py).
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.memory.freelist import free_list
from engine.core.memory.nodes import in_node
from engine.core.memory.watermark import wmark_pages, zone_watermark_ok

EXTFRAG_THRESHOLD = 500  # vm.extfrag_threshold


@core_jit
def free_area_nr(guest, zone, order):
    """Free blocks of one order in a zone, all migratetypes.

    Args:
        guest: Guest.
        zone: int64, index of the zone.
        order: int64.
    Returns:
        int64.
    Source:
        include/linux/mmzone.h free_area.nr_free.
    """
    nr = np.int64(0)
    for mt in range(u.NR_MIGRATETYPES):
        nr += np.int64(guest.lists[free_list(zone, order, mt)]["nr"])
    return nr


@core_jit
def fill_contig_page_info(guest, zone, order):
    """Count a zone's free memory for the fragmentation indices.

    Args:
        guest: Guest.
        zone: int64, index of the zone.
        order: int64, order wanted.
    Returns:
        tuple of int64: free pages, free blocks, pieces of the wanted order in them.
    Source:
        mm/vmstat.c fill_contig_page_info().
    """
    free_pages = np.int64(0)
    free_blocks = np.int64(0)
    suitable = np.int64(0)
    for o in range(u.NR_PAGE_ORDERS):
        nr = free_area_nr(guest, zone, o)
        free_blocks += nr
        free_pages += nr << o
        if o >= order:
            suitable += nr << (o - order)
    return free_pages, free_blocks, suitable


@core_jit
def zone_fragmentation_index(guest, zone, order):
    """Whether an allocation fails for lack of memory (towards 0) or fragmentation (to 1000).

    Args:
        guest: Guest.
        zone: int64, index of the zone.
        order: int64, order wanted.
    Returns:
        int64; -1000 if it would not fail.
    Source:
        mm/vmstat.c fragmentation_index(), __fragmentation_index().
    """
    free_pages, free_blocks, suitable = fill_contig_page_info(guest, zone, order)
    if free_blocks == 0:
        return np.int64(0)
    if suitable:
        return np.int64(-1000)
    return 1000 - (1000 + free_pages * 1000 // (np.int64(1) << order)) // free_blocks


@core_jit
def suitable_watermark_ok(guest, zone, order, available):
    """Whether a zone has enough free pages for the targets of a compaction for an order.

    Args:
        guest: Guest.
        zone: int64, index of the zone.
        order: int64.
        available: int64, pages to count as free in addition to those that are.
    Returns:
        bool.
    Source:
        mm/compaction.c __compaction_suitable().
    """
    which = u.WMARK_MIN
    if order > u.PAGE_ALLOC_COSTLY_ORDER:
        which = u.WMARK_LOW
    mark = wmark_pages(guest, zone, which) + (np.int64(2) << order) - available
    return zone_watermark_ok(guest, zone, 0, mark, u.ALLOC_CMA)


@core_jit
def compaction_suitable(guest, zone, order, available):
    """Whether to compact a zone: enough free pages, and not failing for lack of memory.

    Args:
        guest: Guest.
        zone: int64, index of the zone.
        order: int64.
        available: int64, see suitable_watermark_ok().
    Returns:
        bool.
    Source:
        mm/compaction.c compaction_suitable().
    """
    if not suitable_watermark_ok(guest, zone, order, available):
        return False
    if order <= u.PAGE_ALLOC_COSTLY_ORDER:
        return True
    index = zone_fragmentation_index(guest, zone, order)
    return index < 0 or index > EXTFRAG_THRESHOLD


@core_jit
def compaction_suit_allocation_order(guest, zone, order, reserve, alloc_flags):
    """Whether to compact a zone for an allocation: no need, no prospect, or yes.

    Args:
        guest: Guest.
        zone: int64, index of the zone.
        order: int64.
        reserve: int64, lowmem reserve that does not apply to this request.
        alloc_flags: int64, ALLOC_*; names the watermark.
    Returns:
        int64, COMPACT_SUCCESS, COMPACT_SKIPPED or COMPACT_CONTINUE.
    Source:
        mm/compaction.c compaction_suit_allocation_order().
    """
    mark = wmark_pages(guest, zone, alloc_flags & u.ALLOC_WMARK_MASK) - reserve
    if zone_watermark_ok(guest, zone, order, mark, alloc_flags):
        return u.COMPACT_SUCCESS
    if not compaction_suitable(guest, zone, order, reserve):
        return u.COMPACT_SKIPPED
    return u.COMPACT_CONTINUE


@core_jit
def kcompactd_node_suitable(guest):
    """Whether kcompactd would compact some zone of its node for the order it was asked for.

    Args:
        guest: Guest.
    Returns:
        bool.
    Source:
        mm/compaction.c kcompactd_node_suitable().
    """
    order = np.int64(guest.vm[0]["kcompactd_order"])
    for zone in range(guest.zones.shape[0]):
        if guest.zones[zone]["managed"] > 0 and in_node(guest, zone):
            status = compaction_suit_allocation_order(guest, zone, order, np.int64(0), u.WMARK_MIN)
            if status == u.COMPACT_CONTINUE:
                return True
    return False
