"""LRU lists: putting pages on and taking them off, with the per-zone counters.

Invariant: a page has PG_LRU exactly when it is on the list that lru_list_of names, and the zone's
nr_zone_* fields count the pages (not the entries) of its LRU lists.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.memory.freelist import list_add, list_add_tail, list_del, zone_of


@core_jit
def lru_list_of(guest, pfn):
    """LRU list on which a page belongs, by what it is.

    Args:
        guest: Guest.
        pfn: int64, first page if compound.
    Returns:
        int64, LRU_*.
    Source:
        include/linux/mm_inline.h folio_lru_list().
    Differs:
        Two generations (active and inactive), not those of CONFIG_LRU_GEN.
    """
    page = guest.pages[pfn]
    flags = np.int64(page["flags"])
    if flags & u.PG_UNEVICTABLE:
        return np.int64(u.LRU_UNEVICTABLE)
    lru = np.int64(u.LRU_INACTIVE_ANON)
    if page["state"] == u.STATE_FILE:
        lru = np.int64(u.LRU_INACTIVE_FILE)
    if flags & u.PG_ACTIVE:
        lru += 1
    return lru


@core_jit
def _count_lru(guest, lru, zone, nr):
    """Add pages to the zone's counter of one LRU list.

    Args:
        guest: Guest. Writes zones.nr_zone_*.
        lru: int64, LRU_*.
        zone: int64, index of the zone.
        nr: int64, pages to add, negative to take away.
    Source:
        include/linux/mm_inline.h __update_lru_size().
    """
    z = guest.zones[zone]
    if lru == u.LRU_INACTIVE_FILE:
        z["nr_zone_inactive_file"] += nr
    elif lru == u.LRU_ACTIVE_FILE:
        z["nr_zone_active_file"] += nr
    elif lru == u.LRU_INACTIVE_ANON:
        z["nr_zone_inactive_anon"] += nr
    elif lru == u.LRU_ACTIVE_ANON:
        z["nr_zone_active_anon"] += nr
    else:
        z["nr_zone_unevictable"] += nr


@core_jit
def _mark_lru(guest, pfn, is_lru):
    """Set or clear PG_LRU and count the page.

    Args:
        guest: Guest. Writes pages.flags, zones.nr_zone_*.
        pfn: int64, first page if compound.
        is_lru: int64, 1 or 0.
    Returns:
        int64, the LRU list concerned.
    Source:
        include/linux/mm_inline.h lruvec_add_folio(), lruvec_del_folio().
    """
    page = guest.pages[pfn]
    lru = lru_list_of(guest, pfn)
    nr = np.int64(1) << np.int64(page["order"])
    if is_lru:
        page["flags"] = np.int64(page["flags"]) | u.PG_LRU
        _count_lru(guest, lru, zone_of(guest, pfn), nr)
    else:
        page["flags"] = np.int64(page["flags"]) & ~u.PG_LRU
        _count_lru(guest, lru, zone_of(guest, pfn), -nr)
    return lru


@core_jit
def lru_add(guest, pfn):
    """Put a page at the head (young end) of its LRU list.

    Args:
        guest: Guest. Writes pages, lists, zones.nr_zone_*.
        pfn: int64, first page if compound; on no list.
    Source:
        include/linux/mm_inline.h lruvec_add_folio().
    Differs:
        Immediately, not through a per-CPU folio batch.
    """
    list_add(guest, _mark_lru(guest, pfn, 1), pfn)


@core_jit
def lru_add_tail(guest, pfn):
    """Put a page at the tail (old end) of its LRU list.

    Args:
        guest: Guest. Writes pages, lists, zones.nr_zone_*.
        pfn: int64, first page if compound; on no list.
    Source:
        include/linux/mm_inline.h lruvec_add_folio_tail().
    """
    list_add_tail(guest, _mark_lru(guest, pfn, 1), pfn)


@core_jit
def lru_del(guest, pfn):
    """Take a page off its LRU list.

    Args:
        guest: Guest. Writes pages, lists, zones.nr_zone_*.
        pfn: int64, first page if compound; PG_LRU set.
    Source:
        include/linux/mm_inline.h lruvec_del_folio().
    """
    list_del(guest, _mark_lru(guest, pfn, 0), pfn)
