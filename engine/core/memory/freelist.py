"""Doubly linked lists of pages, and where each list lives in Guest.lists.

The links are the pages' own fields next and prev, so a page is on at most one list. Every list
keeps its number of entries. Nothing here knows what a list means; all other counters are up to
whoever moves a page from one list to another.
"""

import numpy as np

from engine import units as u
from engine.core import core_inline, core_jit
from engine.core.memory.nodes import top_zone

NONE = u.PFN_NONE


@core_inline
def free_list(zone, order, mt):
    """Id of the free list of ``order`` and migratetype ``mt``.

    Args:
        zone: int64, index of the zone.
        order: int64, 0 to MAX_PAGE_ORDER.
        mt: int64, migratetype.
    Returns:
        int64, index into Guest.lists.
    Source:
        include/linux/mmzone.h struct free_area.
    """
    return u.LIST_ZONES + zone * u.LISTS_PER_ZONE + order * u.NR_MIGRATETYPES + mt


@core_inline
def pcp_list(zone, pindex):
    """Id of one per-CPU list.

    Args:
        zone: int64, index of the zone.
        pindex: int64, 0 to NR_PCP_LISTS - 1, see alloc.order_to_pindex.
    Returns:
        int64, index into Guest.lists.
    Source:
        include/linux/mmzone.h struct per_cpu_pages.
    """
    return u.LIST_ZONES + zone * u.LISTS_PER_ZONE + u.NR_PAGE_ORDERS * u.NR_MIGRATETYPES + pindex


@core_inline
def file_list(guest, zone, active):
    """Id of the LRU list of a zone's file pages.

    Args:
        guest: Guest.
        zone: int64, index of the zone.
        active: int64, 1 = the list of active pages.
    Returns:
        int64, index into Guest.lists; the same for all zones of a node without the law lru_by_zone.
    Source:
        include/linux/mmzone.h struct lru_gen_folio: folios[gen][type][zone].
    """
    nr_zones = guest.zones.shape[0]
    if guest.vm[0]["law_lru_by_zone"] == 0:
        zone = top_zone(guest, zone)
    if zone == nr_zones - 1:
        return u.LRU_INACTIVE_FILE + active
    return u.LIST_ZONES + nr_zones * u.LISTS_PER_ZONE + zone * u.LISTS_PER_LOWER_ZONE + active


@core_inline
def zone_of(guest, pfn):
    """Index of the zone that a page belongs to.

    Args:
        guest: Guest.
        pfn: int64.
    Returns:
        int64, index into Guest.zones.
    Source:
        include/linux/mm.h page_zone().
    """
    return np.int64(guest.blocks[pfn >> u.PAGEBLOCK_ORDER]["zone"])


@core_inline
def get_pageblock_migratetype(guest, pfn):
    """Migratetype of the pageblock that contains a page.

    Args:
        guest: Guest.
        pfn: int64.
    Returns:
        int64, MIGRATE_*.
    Source:
        include/linux/pageblock-flags.h get_pageblock_migratetype().
    """
    return np.int64(guest.blocks[pfn >> u.PAGEBLOCK_ORDER]["migratetype"])


@core_inline
def list_add(guest, list_id, pfn):
    """Put a page at the head of a list.

    Args:
        guest: Guest. Writes pages.next, pages.prev, lists.
        list_id: int64.
        pfn: int64, on no list.
    Source:
        include/linux/list.h list_add().
    """
    head = guest.lists[list_id]
    first = np.int64(head["first"])
    guest.pages[pfn]["next"] = first
    guest.pages[pfn]["prev"] = NONE
    if first == NONE:
        head["last"] = pfn
    else:
        guest.pages[first]["prev"] = pfn
    head["first"] = pfn
    head["nr"] += 1


@core_inline
def list_add_tail(guest, list_id, pfn):
    """Put a page at the tail of a list.

    Args:
        guest: Guest. Writes pages.next, pages.prev, lists.
        list_id: int64.
        pfn: int64, on no list.
    Source:
        include/linux/list.h list_add_tail().
    """
    head = guest.lists[list_id]
    last = np.int64(head["last"])
    guest.pages[pfn]["next"] = NONE
    guest.pages[pfn]["prev"] = last
    if last == NONE:
        head["first"] = pfn
    else:
        guest.pages[last]["next"] = pfn
    head["last"] = pfn
    head["nr"] += 1


@core_inline
def list_del(guest, list_id, pfn):
    """Take a page off the list that it is on.

    Args:
        guest: Guest. Writes pages.next, pages.prev, lists.
        list_id: int64, the list that the page is on.
        pfn: int64.
    Source:
        include/linux/list.h list_del().
    """
    head = guest.lists[list_id]
    page = guest.pages[pfn]
    after = np.int64(page["next"])
    before = np.int64(page["prev"])
    if before == NONE:
        head["first"] = after
    else:
        guest.pages[before]["next"] = after
    if after == NONE:
        head["last"] = before
    else:
        guest.pages[after]["prev"] = before
    page["next"] = NONE
    page["prev"] = NONE
    head["nr"] -= 1


@core_inline
def list_pop(guest, list_id):
    """Take the first page off a list.

    Args:
        guest: Guest. Writes pages.next, pages.prev, lists.
        list_id: int64.
    Returns:
        int64 pfn, or PFN_NONE if the list is empty.
    Source:
        include/linux/list.h list_first_entry_or_null(), list_del().
    """
    pfn = np.int64(guest.lists[list_id]["first"])
    if pfn != NONE:
        list_del(guest, list_id, pfn)
    return pfn


@core_jit
def list_splice_init(guest, from_id, to_id):
    """Move all pages of one list to the head of another, leaving the first one empty.

    Args:
        guest: Guest. Writes pages.next, pages.prev, lists.
        from_id: int64, list to empty.
        to_id: int64, list to lengthen at its head.
    Source:
        include/linux/list.h list_splice_init().
    """
    source = guest.lists[from_id]
    target = guest.lists[to_id]
    if source["nr"] == 0:
        return
    tail = np.int64(source["last"])
    first = np.int64(target["first"])
    guest.pages[tail]["next"] = first
    if first == NONE:
        target["last"] = tail
    else:
        guest.pages[first]["prev"] = tail
    target["first"] = source["first"]
    target["nr"] += source["nr"]
    source["first"] = NONE
    source["last"] = NONE
    source["nr"] = 0


@core_jit
def list_rotate_to_front(guest, list_id, pfn):
    """Rotate a list until ``pfn`` is its first page; the cyclic order is kept.

    Args:
        guest: Guest. Writes pages.next, pages.prev, lists.
        list_id: int64, the list that the page is on.
        pfn: int64.
    Source:
        include/linux/list.h list_rotate_to_front(), list_bulk_move_tail(); mm/compaction.c
        move_freelist_head() and move_freelist_tail() do the same by cutting and splicing.
    """
    head = guest.lists[list_id]
    first = np.int64(head["first"])
    if first == pfn:
        return
    last = np.int64(head["last"])
    before = np.int64(guest.pages[pfn]["prev"])
    guest.pages[last]["next"] = first
    guest.pages[first]["prev"] = last
    guest.pages[before]["next"] = NONE
    guest.pages[pfn]["prev"] = NONE
    head["first"] = pfn
    head["last"] = before
