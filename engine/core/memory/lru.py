"""LRU lists: putting pages on and taking them off, with the per-zone counters.

Invariant: a page has PG_LRU exactly when it is on the list that lru_list_of names, and the zone's
nr_zone_* fields count the pages (not the entries) of its LRU lists.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.memory.freelist import file_list, list_add, list_add_tail, list_del, zone_of


@core_jit
def lru_list_of(guest, pfn):
    """LRU list on which a page belongs, by what it is and, if it is a file page, by its zone.

    Args:
        guest: Guest.
        pfn: int64, first page if compound.
    Returns:
        int64, index into Guest.lists.
    Source:
        include/linux/mm_inline.h folio_lru_list(), lru_gen_add_folio().
    Differs:
        Two generations (active and inactive), not those of CONFIG_LRU_GEN; anonymous pages, which
        reclaim never takes without swap, are on one list for all zones.
    """
    page = guest.pages[pfn]
    flags = np.int64(page["flags"])
    if flags & u.PG_UNEVICTABLE:
        return np.int64(u.LRU_UNEVICTABLE)
    active = np.int64(flags & u.PG_ACTIVE != 0)
    if page["state"] == u.STATE_FILE:
        return np.int64(file_list(guest, zone_of(guest, pfn), active))
    return u.LRU_INACTIVE_ANON + active


@core_jit
def _count_lru(guest, pfn, sign):
    """Add a page to, or take it from, its zone's counter of the LRU list that it belongs on.

    Args:
        guest: Guest. Writes zones.nr_zone_*.
        pfn: int64, first page if compound.
        sign: int64, 1 or -1.
    Source:
        include/linux/mm_inline.h __update_lru_size().
    """
    page = guest.pages[pfn]
    flags = np.int64(page["flags"])
    z = guest.zones[zone_of(guest, pfn)]
    nr = sign * (np.int64(1) << np.int64(page["order"]))
    if flags & u.PG_UNEVICTABLE:
        z["nr_zone_unevictable"] += nr
    elif page["state"] == u.STATE_FILE:
        if flags & u.PG_ACTIVE:
            z["nr_zone_active_file"] += nr
        else:
            z["nr_zone_inactive_file"] += nr
    elif flags & u.PG_ACTIVE:
        z["nr_zone_active_anon"] += nr
    else:
        z["nr_zone_inactive_anon"] += nr


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
    if is_lru:
        page["flags"] = np.int64(page["flags"]) | u.PG_LRU
        _count_lru(guest, pfn, np.int64(1))
    else:
        page["flags"] = np.int64(page["flags"]) & ~u.PG_LRU
        _count_lru(guest, pfn, np.int64(-1))
    return lru_list_of(guest, pfn)


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
