"""Shared by both compaction scanners: zone bounds, skip hints, cached positions, the meeting test.

Nothing here moves a page. Positions are absolute pfns; a compactor is named by its slot in
Guest.cc.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit

PAGEBLOCK_MASK = u.PAGEBLOCK_NR_PAGES - 1


@core_jit
def zone_start_pfn(guest, zone):
    """First pfn that the kernel counts as part of a zone.

    Args:
        guest: Guest.
        zone: int64, index of the zone.
    Returns:
        int64 pfn; 1 for the zone that begins at 0, whose first page belongs to the firmware.
    Source:
        include/linux/mmzone.h zone.zone_start_pfn; arch/x86/kernel/e820.c trims page 0.
    """
    start = np.int64(guest.zones[zone]["start_pfn"])
    if start == 0:
        start = np.int64(1)
    return start


@core_jit
def zone_end_pfn(guest, zone):
    """One past the last pfn of a zone that is backed by memory.

    Args:
        guest: Guest.
        zone: int64, index of the zone.
    Returns:
        int64 pfn; Guest.zones rounds it up to whole pageblocks.
    Source:
        include/linux/mmzone.h zone_end_pfn().
    """
    end = np.int64(guest.zones[zone]["end_pfn"])
    low = end - PAGEBLOCK_MASK
    while end > low and guest.pages[end - 1]["state"] == u.STATE_HOLE:
        end -= 1
    return end


@core_jit
def pageblock_start_pfn(pfn):
    """First pfn of the pageblock around ``pfn``.

    Args:
        pfn: int64.
    Returns:
        int64 pfn.
    Source:
        include/linux/pageblock-flags.h pageblock_start_pfn().
    """
    return pfn & ~np.int64(PAGEBLOCK_MASK)


@core_jit
def pageblock_end_pfn(pfn):
    """One past the last pfn of the pageblock around ``pfn``.

    Args:
        pfn: int64.
    Returns:
        int64 pfn; a whole pageblock further if ``pfn`` is itself a start.
    Source:
        include/linux/pageblock-flags.h pageblock_end_pfn().
    """
    return (pfn | np.int64(PAGEBLOCK_MASK)) + 1


@core_jit
def block_end_pfn(pfn, order):
    """End of the order-aligned block around ``pfn``.

    Args:
        pfn: int64.
        order: int64, at least 0.
    Returns:
        int64 pfn.
    Source:
        mm/compaction.c block_end_pfn().
    """
    return (pfn | ((np.int64(1) << order) - 1)) + 1


@core_jit
def pageblock_is_online(guest, start_pfn, end_pfn):
    """Whether a pageblock, or the part of it inside the zone, can be scanned.

    Args:
        guest: Guest.
        start_pfn: int64.
        end_pfn: int64, one past the last pfn, same pageblock.
    Returns:
        bool; False if its first or last page is a hole.
    Source:
        mm/internal.h pageblock_pfn_to_page(), mm/page_alloc.c __pageblock_pfn_to_page().
    """
    if guest.pages[start_pfn]["state"] == u.STATE_HOLE:
        return False  # reason: block_has_hole
    if guest.pages[end_pfn - 1]["state"] == u.STATE_HOLE:
        return False  # reason: block_has_hole
    return True


@core_jit
def pageblock_skip_persistent(guest, pfn):
    """Whether a pageblock is covered by a compound page of its own size or more.

    Args:
        guest: Guest.
        pfn: int64, first pfn of the pageblock.
    Returns:
        bool; such a pageblock is not worth scanning until the page is freed.
    Source:
        mm/compaction.c pageblock_skip_persistent().
    Differs:
        A tail page has no link to its head; among the states only hugetlb pages span pageblocks.
    """
    page = guest.pages[pfn]
    order = np.int64(page["order"])
    state = np.int64(page["state"])
    if state == u.STATE_HUGE:
        return u.HPAGE_ORDER >= u.PAGEBLOCK_ORDER
    if order < u.PAGEBLOCK_ORDER or order > u.MAX_PAGE_ORDER:
        return False
    return not u.STATE_FREE <= state <= u.STATE_ISOLATED_FREE


@core_jit
def get_pageblock_skip(guest, pfn):
    """Whether the pageblock carries the skip hint.

    Args:
        guest: Guest.
        pfn: int64, any pfn of the pageblock.
    Returns:
        bool.
    Source:
        include/linux/pageblock-flags.h get_pageblock_skip().
    """
    return np.int64(guest.blocks[pfn >> u.PAGEBLOCK_ORDER]["flags"]) & u.PB_SKIP != 0


@core_jit
def set_pageblock_skip(guest, pfn):
    """Give the pageblock the skip hint.

    Args:
        guest: Guest. Writes blocks.flags.
        pfn: int64, any pfn of the pageblock.
    Source:
        include/linux/pageblock-flags.h set_pageblock_skip().
    """
    block = guest.blocks[pfn >> u.PAGEBLOCK_ORDER]
    block["flags"] = np.int64(block["flags"]) | u.PB_SKIP


@core_jit
def isolation_suitable(guest, cc, pfn):
    """Whether the skip hint lets this compactor scan the pageblock.

    Args:
        guest: Guest.
        cc: int64, CC_*.
        pfn: int64, any pfn of the pageblock.
    Returns:
        bool.
    Source:
        mm/compaction.c isolation_suitable().
    """
    if guest.cc[cc]["ignore_skip_hint"]:
        return True
    if get_pageblock_skip(guest, pfn):
        return False  # reason: skip_hint
    return True


@core_jit
def test_and_set_skip(guest, cc, pfn):
    """Set the skip hint at the first page taken in a pageblock; tell whether it was already set.

    Args:
        guest: Guest. Writes blocks.flags.
        cc: int64, CC_*.
        pfn: int64, any pfn of the pageblock.
    Returns:
        bool.
    Source:
        mm/compaction.c test_and_set_skip().
    """
    if guest.cc[cc]["ignore_skip_hint"]:
        return False
    was_set = get_pageblock_skip(guest, pfn)
    if not was_set and not guest.cc[cc]["no_set_skip_hint"]:
        set_pageblock_skip(guest, pfn)
    return was_set


@core_jit
def update_cached_migrate(guest, cc, pfn):
    """Remember where the migrate scanner should restart.

    Args:
        guest: Guest. Writes zones.cached_migrate_*.
        cc: int64, CC_*.
        pfn: int64; callers pass the end of the scanned pageblock and, as in the kernel, the
            position moves to the end of the pageblock *around* it.
    Source:
        mm/compaction.c update_cached_migrate().
    """
    c = guest.cc[cc]
    if c["no_set_skip_hint"]:
        return
    z = guest.zones[c["zone"]]
    end = pageblock_end_pfn(pfn)
    if end > z["cached_migrate_async"]:
        z["cached_migrate_async"] = end
    if c["mode"] != u.MIGRATE_ASYNC and end > z["cached_migrate_sync"]:
        z["cached_migrate_sync"] = end


@core_jit
def update_pageblock_skip(guest, cc, pfn, free_pfn):
    """Mark a pageblock that the free scanner has scanned, and lower its cached position.

    Args:
        guest: Guest. Writes blocks.flags, zones.cached_free.
        cc: int64, CC_*.
        pfn: int64, any pfn of the pageblock.
        free_pfn: int64, where the free scanner should restart.
    Source:
        mm/compaction.c update_pageblock_skip().
    """
    c = guest.cc[cc]
    if c["no_set_skip_hint"]:
        return
    set_pageblock_skip(guest, pfn)
    z = guest.zones[c["zone"]]
    if free_pfn < z["cached_free"]:
        z["cached_free"] = free_pfn


@core_jit
def compact_scanners_met(guest, cc):
    """Whether the free scanner is in the pageblock of the migrate scanner, or below it.

    Args:
        guest: Guest.
        cc: int64, CC_*.
    Returns:
        bool.
    Source:
        mm/compaction.c compact_scanners_met().
    """
    c = guest.cc[cc]
    return c["free_pfn"] >> u.PAGEBLOCK_ORDER <= c["migrate_pfn"] >> u.PAGEBLOCK_ORDER


@core_jit
def freelist_scan_limit(guest, cc):
    """Free list entries that a fast search may look at: fewer after each failure.

    Args:
        guest: Guest.
        cc: int64, CC_*.
    Returns:
        int64.
    Source:
        mm/compaction.c freelist_scan_limit().
    """
    fails = min(np.int64(guest.cc[cc]["fast_search_fail"]), 31)
    return (np.int64(u.COMPACT_CLUSTER_MAX) >> fails) + 1
