"""Free blocks of a guest per order; what they mean is in engine/indices.py."""

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
