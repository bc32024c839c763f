"""How fragmented free memory is, by the kernel's formulas; integers, per mille or percent."""

from collections.abc import Sequence

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.memory.freelist import free_list


@core_jit
def _fill_free_counts(guest, zone, counts):
    """Add the free blocks of a zone per order, all migratetypes together.

    Args:
        guest: Guest.
        zone: int64, index of the zone.
        counts: int64[NR_PAGE_ORDERS], out.
    Source:
        mm/vmstat.c fill_contig_page_info().
    """
    for order in range(u.NR_PAGE_ORDERS):
        for mt in range(u.NR_MIGRATETYPES):
            counts[order] += guest.lists[free_list(zone, order, mt)]["nr"]


def free_counts(guest, zone):
    """Free blocks of a zone per order, as /proc/buddyinfo prints them.

    Args:
        guest: Guest.
        zone: int, index of the zone.
    Returns:
        int64[NR_PAGE_ORDERS].
    Source:
        mm/vmstat.c frag_show_print().
    """
    counts = np.zeros(u.NR_PAGE_ORDERS, np.int64)
    _fill_free_counts(guest, zone, counts)
    return counts


def main_zone(guest):
    """The zone with the most managed pages; of equal ones the lowest.

    Args:
        guest: Guest.
    Returns:
        int, index of the zone.
    Source:
        not of the kernel.
    """
    return int(np.argmax(guest.zones["managed"]))


def contig_pages(counts: Sequence[int], order: int) -> tuple[int, int, int]:
    """Free pages, free blocks, and pieces of ``order`` that could be cut from them."""
    pages = sum(int(n) << o for o, n in enumerate(counts))
    blocks = sum(int(n) for n in counts)
    suitable = sum(int(n) << (o - order) for o, n in enumerate(counts) if o >= order)
    return pages, blocks, suitable


def fragmentation_index(counts, order):
    """Whether a failing request would fail for lack of memory (0) or for fragmentation (1000).

    Args:
        counts: int64[NR_PAGE_ORDERS], free blocks per order.
        order: int, order wanted.
    Returns:
        int, per mille; -1000 if the request would not fail.
    Source:
        mm/vmstat.c __fragmentation_index().
    """
    pages, blocks, suitable = contig_pages(counts, order)
    if blocks == 0:
        return 0
    if suitable > 0:
        return -1000
    return 1000 - (1000 + pages * 1000 // (1 << order)) // blocks


def unusable_index(counts, order):
    """Share of the free memory that a request of ``order`` cannot use.

    Args:
        counts: int64[NR_PAGE_ORDERS], free blocks per order.
        order: int, order wanted.
    Returns:
        int, per mille.
    Source:
        mm/vmstat.c unusable_free_index().
    """
    pages, _, suitable = contig_pages(counts, order)
    if pages == 0:
        return 1000
    return (pages - (suitable << order)) * 1000 // pages


def extfrag_for_order(counts, order):
    """unusable_index in percent; 0 when nothing is free.

    Args:
        counts: int64[NR_PAGE_ORDERS], free blocks per order.
        order: int, order wanted.
    Returns:
        int, percent.
    Source:
        mm/vmstat.c extfrag_for_order().
    """
    pages, _, suitable = contig_pages(counts, order)
    if pages == 0:
        return 0
    return (pages - (suitable << order)) * 100 // pages
