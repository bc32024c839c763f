"""validate(): recounts a guest the slow way and reports the first inconsistency.

For tests and after every command of a replay; never on a hot path. A guest must be clean between
ticks, even while compactors hold pages on their lists. Nothing is repaired.
"""

import numpy as np

from engine import units as u
from engine.core import IS_COMPILED, core_jit
from engine.core.memory.freearea import is_free_block, listed_type
from engine.core.memory.freelist import free_list, get_pageblock_migratetype, pcp_list, zone_of
from engine.core.memory.lru import lru_list_of
from engine.core.memory.page import is_lru_movable
from engine.core.memory.pcp import pindex_to_order
from engine.core.observe.check_codes import CheckCode, explain_check

__all__ = ["CheckCode", "explain_check", "validate"]

_OK = int(CheckCode.CLEAN)
_LIST_LINKS = int(CheckCode.LIST_LINKS)
_LIST_COUNT = int(CheckCode.LIST_COUNT)
_LIST_TWICE = int(CheckCode.LIST_TWICE)
_FREE_BLOCK_ALIGN = int(CheckCode.FREE_BLOCK_ALIGN)
_FREE_BLOCK_PAGES = int(CheckCode.FREE_BLOCK_PAGES)
_FREE_BLOCK_UNMERGED = int(CheckCode.FREE_BLOCK_UNMERGED)
_FREE_BLOCK_LIST = int(CheckCode.FREE_BLOCK_LIST)
_FREE_PAGE_LOOSE = int(CheckCode.FREE_PAGE_LOOSE)
_PAGE_OFF_LIST = int(CheckCode.PAGE_OFF_LIST)
_PAGE_ORDER = int(CheckCode.PAGE_ORDER)
_BLOCK_COUNTERS = int(CheckCode.BLOCK_COUNTERS)
_BLOCK_RESERVED = int(CheckCode.BLOCK_RESERVED)
_ZONE_FREE = int(CheckCode.ZONE_FREE)
_ZONE_PCP = int(CheckCode.ZONE_PCP)
_ZONE_LRU = int(CheckCode.ZONE_LRU)
_HANDLE = int(CheckCode.HANDLE)
_BALLOON = int(CheckCode.BALLOON)
_OUTSIDE_ZONES = int(CheckCode.OUTSIDE_ZONES)
_ISOLATED = int(CheckCode.ISOLATED)

_NO_LIST = -1


@core_jit
def _walk_list(guest, list_id, on_list):
    """Walk one list and record for each page that it is on it.

    Args:
        guest: Guest.
        list_id: int64.
        on_list: int32[nr_pages], out, id of the list that each page is on.
    Returns:
        tuple of int64 code and int64 list id or pfn.
    Source:
        not of the kernel.
    """
    head = guest.lists[list_id]
    nr_pages = guest.pages.shape[0]
    before = np.int64(u.PFN_NONE)
    pfn = np.int64(head["first"])
    nr = np.int64(0)
    while pfn != u.PFN_NONE:
        if pfn < 0 or pfn >= nr_pages or guest.pages[pfn]["prev"] != before:
            return _LIST_LINKS, np.int64(list_id)
        if on_list[pfn] != _NO_LIST:
            return _LIST_TWICE, pfn
        on_list[pfn] = list_id
        nr += 1
        before = pfn
        pfn = np.int64(guest.pages[pfn]["next"])
    if head["last"] != before:
        return _LIST_LINKS, np.int64(list_id)
    if head["nr"] != nr:
        return _LIST_COUNT, np.int64(list_id)
    return _OK, np.int64(u.PFN_NONE)


@core_jit
def _check_lists(guest, on_list):
    """Walk all lists.

    Args:
        guest: Guest.
        on_list: int32[nr_pages], out, id of the list that each page is on, or -1.
    Returns:
        tuple of int64 code and int64 list id or pfn.
    Source:
        not of the kernel.
    """
    for list_id in range(guest.lists.shape[0]):
        code, where = _walk_list(guest, list_id, on_list)
        if code != _OK:
            return code, where
    return _OK, np.int64(u.PFN_NONE)


@core_jit
def _check_free_block(guest, pfn, list_id):
    """Check one free block.

    Args:
        guest: Guest.
        pfn: int64, its first page.
        list_id: int64, list that it is on.
    Returns:
        tuple of int64 code and int64 pfn.
    Source:
        not of the kernel.
    """
    zone = zone_of(guest, pfn)
    z = guest.zones[zone]
    order = np.int64(guest.pages[pfn]["order"])
    nr = 1 << min(order, np.int64(u.MAX_PAGE_ORDER))
    if order > u.MAX_PAGE_ORDER or pfn % nr or pfn < z["start_pfn"] or pfn + nr > z["end_pfn"]:
        return _FREE_BLOCK_ALIGN, pfn
    mt = get_pageblock_migratetype(guest, pfn)
    keeps_types = guest.vm[0]["law_merge_keeps_types"] == 1
    if list_id != free_list(zone, order, listed_type(guest, pfn, mt)):
        return _FREE_BLOCK_LIST, pfn
    for p in range(pfn, pfn + nr):
        page = guest.pages[p]
        if page["state"] != u.STATE_FREE or (p != pfn and page["order"] != u.ORDER_TAIL):
            return _FREE_BLOCK_PAGES, np.int64(p)
        if get_pageblock_migratetype(guest, p) != mt and not keeps_types:
            return _FREE_BLOCK_LIST, np.int64(p)
    buddy = pfn ^ nr
    inside = buddy >= z["start_pfn"] and buddy + nr <= z["end_pfn"]
    if order < u.MAX_PAGE_ORDER and inside and is_free_block(guest, buddy):
        if guest.pages[buddy]["order"] == order:
            other = get_pageblock_migratetype(guest, buddy)
            limit = u.MIGRATE_PCPTYPES
            if keeps_types:
                limit += guest.vm[0]["law_reserve_at_boot"]
            # unreserve_highatomic_pageblock() leaves a whole free pageblock beside its buddy.
            left_so = order >= u.PAGEBLOCK_ORDER and guest.vm[0]["whole_unreserved"] > 0
            if not left_so and (mt == other or (mt < limit and other < limit)):
                return _FREE_BLOCK_UNMERGED, pfn
    return _OK, np.int64(u.PFN_NONE)


@core_jit
def _check_free(guest, on_list):
    """Check all free blocks, and that no free page is outside one.

    Args:
        guest: Guest.
        on_list: int32[nr_pages], id of the list that each page is on, or -1.
    Returns:
        tuple of int64 code and int64 pfn.
    Source:
        not of the kernel.
    """
    pfn = np.int64(0)
    while pfn < guest.pages.shape[0]:
        if is_free_block(guest, pfn):
            code, where = _check_free_block(guest, pfn, np.int64(on_list[pfn]))
            if code != _OK:
                return code, where
            pfn += 1 << np.int64(guest.pages[pfn]["order"])
            continue
        if guest.pages[pfn]["state"] == u.STATE_FREE:
            return _FREE_PAGE_LOOSE, pfn
        pfn += 1
    return _OK, np.int64(u.PFN_NONE)


@core_jit
def _expected_list(guest, pfn, list_id):
    """Check whether a page that is not free may be on the list that it is on, or on none.

    Args:
        guest: Guest.
        pfn: int64, first page.
        list_id: int64, list that it is on, or -1.
    Returns:
        int64 code.
    Source:
        not of the kernel.
    """
    page = guest.pages[pfn]
    state = np.int64(page["state"])
    flags = np.int64(page["flags"])
    order = np.int64(page["order"])
    is_migrating = list_id >= u.LIST_MIGRATEPAGES and list_id < u.LIST_MIGRATEPAGES + u.NR_CC
    if is_migrating != (flags & u.PG_ISOLATED != 0):
        return _ISOLATED
    if is_migrating:
        return _OK if flags & u.PG_LRU == 0 else _PAGE_ORDER
    if flags & u.PG_LRU:
        return _OK if list_id == lru_list_of(guest, pfn) else _PAGE_OFF_LIST
    if state == u.STATE_BALLOON:
        if flags & u.PG_DEDICATED:
            return _OK if list_id == u.LIST_BALLOON_DEDICATED else _BALLOON
        return _OK if list_id == u.LIST_BALLOON else _BALLOON
    if state == u.STATE_PCP:
        base = pcp_list(zone_of(guest, pfn), 0)
        if list_id < base or list_id >= base + u.NR_PCP_LISTS:
            return _PAGE_OFF_LIST
        return _OK if pindex_to_order(list_id - base) == order else _PAGE_ORDER
    if state == u.STATE_ISOLATED_FREE:
        place = list_id - u.LIST_FREEPAGES
        if place < 0 or place >= u.NR_CC * u.NR_PAGE_ORDERS:
            return _PAGE_OFF_LIST
        return _OK if place % u.NR_PAGE_ORDERS == order else _PAGE_ORDER
    if list_id == _NO_LIST:
        return _OK
    if list_id == u.LIST_KMEM:
        return _OK if state == u.STATE_KERNEL or state == u.STATE_SLAB else _PAGE_ORDER
    return _OK if list_id == u.LIST_HUGE and state == u.STATE_HUGE else _PAGE_ORDER


@core_jit
def _check_pages(guest, on_list):
    """Check every page that is not free: its list, its order, its workload object.

    Args:
        guest: Guest.
        on_list: int32[nr_pages], id of the list that each page is on, or -1.
    Returns:
        tuple of int64 code and int64 pfn.
    Source:
        not of the kernel.
    """
    for pfn in range(guest.pages.shape[0]):
        page = guest.pages[pfn]
        where = np.int64(page["where"])
        if where != u.PFN_NONE and guest.pages[where]["handle"] != pfn:
            return _HANDLE, where
        handle = np.int64(page["handle"])
        if handle != u.HANDLE_NONE:
            if guest.pages[handle]["where"] != pfn or page["order"] == u.ORDER_TAIL:
                return _HANDLE, np.int64(pfn)
            if page["state"] <= u.STATE_ISOLATED_FREE:
                return _HANDLE, np.int64(pfn)
        if page["state"] == u.STATE_FREE:
            continue
        if page["order"] == u.ORDER_TAIL:
            if on_list[pfn] != _NO_LIST:
                return _PAGE_ORDER, np.int64(pfn)
            continue
        code = _expected_list(guest, np.int64(pfn), np.int64(on_list[pfn]))
        if code != _OK:
            return code, np.int64(pfn)
    return _OK, np.int64(u.PFN_NONE)


@core_jit
def _check_block(guest, block):
    """Recount one pageblock.

    Args:
        guest: Guest.
        block: int64, index of the pageblock.
    Returns:
        int64 code.
    Source:
        not of the kernel.
    """
    free = movable = balloon = unmovable = pcp = reserved = 0
    start = block << u.PAGEBLOCK_ORDER
    for pfn in range(start, start + u.PAGEBLOCK_NR_PAGES):
        state = np.int64(guest.pages[pfn]["state"])
        if state == u.STATE_FREE:
            free += 1
        elif is_lru_movable(state, np.int64(guest.pages[pfn]["flags"])):
            movable += 1
        elif state == u.STATE_BALLOON:
            balloon += 1
        elif state == u.STATE_PCP:
            pcp += 1
        elif state == u.STATE_HOLE or state == u.STATE_RESERVED:
            reserved += 1
        else:
            unmovable += 1
    b = guest.blocks[block]
    if free != b["nr_free"] or movable != b["nr_movable"] or balloon != b["nr_balloon"]:
        return _BLOCK_COUNTERS
    if unmovable != b["nr_unmovable"] or pcp != b["nr_pcp"] or reserved != b["nr_reserved"]:
        return _BLOCK_COUNTERS
    if np.int64(b["flags"]) & u.PB_RESERVED and reserved != u.PAGEBLOCK_NR_PAGES:
        return _BLOCK_RESERVED
    return _OK


@core_jit
def _check_zone(guest, zone):
    """Recount one zone's free, parked and LRU pages.

    Args:
        guest: Guest.
        zone: int64, index of the zone.
    Returns:
        int64 code.
    Source:
        not of the kernel.
    """
    z = guest.zones[zone]
    free = high = cma = pcp = 0
    lru = np.zeros(5, np.int64)
    for pfn in range(z["start_pfn"], z["end_pfn"]):
        page = guest.pages[pfn]
        flags = np.int64(page["flags"])
        mt = get_pageblock_migratetype(guest, pfn)
        if page["state"] == u.STATE_FREE and mt != u.MIGRATE_ISOLATE:
            free += 1
            high += mt == u.MIGRATE_HIGHATOMIC
            cma += mt == u.MIGRATE_CMA
        elif page["state"] == u.STATE_PCP:
            pcp += 1
        elif flags & u.PG_LRU and page["order"] <= u.MAX_PAGE_ORDER:
            kind = 4  # in the order of units.LRU_*
            if flags & u.PG_UNEVICTABLE == 0:
                kind = 2 * (page["state"] == u.STATE_FILE) + (flags & u.PG_ACTIVE != 0)
            lru[kind] += 1 << np.int64(page["order"])
    if guest.vm[0]["law_reserve_at_boot"] == 1:
        high = 0  # it does not count its reserve
    if free != z["nr_free"] or high != z["nr_free_highatomic"] or cma != z["nr_free_cma"]:
        return _ZONE_FREE
    if pcp != z["pcp_count"]:
        return _ZONE_PCP
    if lru[2] != z["nr_zone_inactive_file"] or lru[3] != z["nr_zone_active_file"]:
        return _ZONE_LRU
    if lru[0] != z["nr_zone_inactive_anon"] or lru[1] != z["nr_zone_active_anon"]:
        return _ZONE_LRU
    return _OK if lru[4] == z["nr_zone_unevictable"] else _ZONE_LRU


@core_jit
def _check_counters(guest):
    """Recount all pageblocks and zones; memory must lie inside zones.

    Args:
        guest: Guest.
    Returns:
        tuple of int64 code and int64 pfn, pageblock or zone.
    Source:
        not of the kernel.
    """
    for block in range(guest.blocks.shape[0]):
        code = _check_block(guest, block)
        if code != _OK:
            return code, np.int64(block)
        pfn = block << u.PAGEBLOCK_ORDER
        z = guest.zones[np.int64(guest.blocks[block]["zone"])]
        is_inside = pfn >= z["start_pfn"] and pfn < z["end_pfn"]
        if not is_inside and guest.blocks[block]["nr_reserved"] != u.PAGEBLOCK_NR_PAGES:
            return _OUTSIDE_ZONES, np.int64(pfn)
    for zone in range(guest.zones.shape[0]):
        code = _check_zone(guest, zone)
        if code != _OK:
            return code, np.int64(zone)
    return _OK, np.int64(u.PFN_NONE)


class _Rows(list):
    """Records as dicts, with the one attribute of an array that is asked for here: its length."""

    @property
    def shape(self):
        return (len(self),)


def _readable(guest):
    """The same records in the form that is read fastest.

    Args:
        guest: Guest.
    Returns:
        the guest; where nothing is compiled a copy of dicts, since reading a field of a record
        array takes Python five times as long.
    """
    if IS_COMPILED:
        return guest
    rows = (_Rows(dict(zip(a.dtype.names, r, strict=True)) for r in a.tolist()) for a in guest)
    return guest._make(rows)


def validate(guest):
    """Check every invariant that holds between two ticks.

    Args:
        guest: Guest.
    Returns:
        tuple of CheckCode and int: CLEAN and PFN_NONE, or what is wrong and the pfn, list,
        pageblock or zone where; explain_check() puts it into words.
    Source:
        not of the kernel, which has list debugging and bad_page() for this.
    """
    on_list = np.full(guest.pages.shape[0], _NO_LIST, np.int32)
    guest = _readable(guest)
    code, where = _check_lists(guest, on_list)
    if code == _OK:
        code, where = _check_free(guest, on_list)
    if code == _OK:
        code, where = _check_pages(guest, on_list)
    if code == _OK:
        code, where = _check_counters(guest)
    return CheckCode(code), int(where)
