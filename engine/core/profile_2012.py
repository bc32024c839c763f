"""Turning a settled guest into one of another kernel: reserve, watermarks, per-CPU lists, labels.

Called once, before the first command. From then on the guest's laws (engine/kernels.py) choose the
rules wherever kernels differ. Each starts from a guest of profile modern.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.compact.scan_2012 import reset_zone_isolation_suitable_2012
from engine.core.memory.buddy import move_freepages_block
from engine.core.memory.fallback_2012 import move_freepages_2012
from engine.core.memory.freearea import is_free_block, set_listed_type, set_pageblock_migratetype
from engine.core.memory.freelist import (
    file_list,
    get_pageblock_migratetype,
    list_splice_init,
)
from engine.core.memory.pcp import drain_all
from engine.guest import set_kernel
from engine.kernels import laws_dict

_MAX_RESERVE_BLOCKS = 2


@core_jit
def zone_batchsize_2012(managed):
    """Pages moved to or from a per-CPU list at a time.

    Args:
        managed: int64, pages of the zone.
    Returns:
        int64, pages; 31 for every zone of half a GiB and more.
    Source:
        3.8 mm/page_alloc.c zone_batchsize().
    """
    batch = min(managed // 1024, (512 << 10) >> u.PAGE_SHIFT) // 4
    batch = max(batch, 1)
    batch += batch // 2
    power = np.int64(1)
    while power * 2 <= batch:
        power *= 2
    return power - 1


@core_jit
def setup_zone_wmarks_2012(guest, zone):
    """Derive the low and high watermarks from the min watermark.

    Args:
        guest: Guest. Writes zones.wmark_*.
        zone: int64, index of the zone.
    Source:
        3.8 mm/page_alloc.c __setup_per_zone_wmarks().
    """
    z = guest.zones[zone]
    z["wmark_low"] = z["wmark_min"] + (z["wmark_min"] >> 2)
    z["wmark_high"] = z["wmark_min"] + (z["wmark_min"] >> 1)
    z["wmark_promo"] = z["wmark_high"]
    z["watermark_boost"] = 0


@core_jit
def setup_zone_migrate_reserve(guest, zone):
    """Set aside the first MOVABLE pageblocks of a zone as its reserve.

    Args:
        guest: Guest. Writes pages, blocks, lists.
        zone: int64, index of the zone.
    Source:
        3.8 mm/page_alloc.c setup_zone_migrate_reserve().
    Differs:
        Done when the guest switches rules, not at boot: the pageblocks may be in use.
    """
    z = guest.zones[zone]
    if z["managed"] == 0:
        return
    reserve = -(-z["wmark_min"] // u.PAGEBLOCK_NR_PAGES)
    reserve = min(reserve, _MAX_RESERVE_BLOCKS)
    for block in range(z["start_pfn"] >> u.PAGEBLOCK_ORDER, z["end_pfn"] >> u.PAGEBLOCK_ORDER):
        if reserve <= 0:
            return
        b = guest.blocks[block]
        if b["nr_reserved"] > 0 or b["migratetype"] != u.MIGRATE_MOVABLE:
            continue
        set_pageblock_migratetype(guest, np.int64(block), u.MIGRATE_RESERVE)
        move_freepages_2012(guest, zone, np.int64(block), u.MIGRATE_RESERVE)
        reserve -= 1


@core_jit
def _label_free_blocks(guest):
    """Label the first page of every free block with the list that it is on.

    Args:
        guest: Guest. Writes pages.flags.
    Source:
        not of the kernel: see freearea.listed_type().
    """
    pfn = np.int64(0)
    while pfn < guest.pages.shape[0]:
        if is_free_block(guest, pfn):
            set_listed_type(guest, pfn, get_pageblock_migratetype(guest, pfn))
            pfn += 1 << np.int64(guest.pages[pfn]["order"])
        else:
            pfn += 1


@core_jit
def _join_file_lists(guest):
    """Put a node's file pages on one list: the lower a zone, the older its pages.

    Args:
        guest: Guest that has just lost the law lru_by_zone. Writes pages, lists.
    Source:
        not of the kernel: see freelist.file_list().
    """
    nr_zones = guest.zones.shape[0]
    first = u.LIST_ZONES + nr_zones * u.LISTS_PER_ZONE
    for active in range(u.LISTS_PER_LOWER_ZONE):
        for i in range(nr_zones - 1):
            zone = np.int64(nr_zones - 2 - i)
            lower = first + zone * u.LISTS_PER_LOWER_ZONE + active
            joined = file_list(guest, zone, np.int64(active))
            if joined != lower:
                list_splice_init(guest, joined, lower)
                list_splice_init(guest, lower, joined)


@core_jit
def leave_modern(guest, keeps_highatomic):
    """Remove what a guest of profile modern has and another kernel may lack.

    Args:
        guest: Guest of profile modern with nothing under way. Writes all of it.
        keeps_highatomic: int64, 1 = the other kernel has HIGHATOMIC pageblocks as well.
    Source:
        not of the kernel.
    Differs:
        HIGHATOMIC pageblocks become UNMOVABLE ones; 3.8 would have put their pages elsewhere.
    """
    vm = guest.vm[0]
    drain_all(guest)
    for zone in range(guest.zones.shape[0]):
        z = guest.zones[zone]
        z["zone_flags"] = 0
        z["kswapd_boost"] = 0
        z["watermark_boost"] = 0
        z["pcp_alloc_factor"] = z["pcp_free_count"] = z["pcp_flags"] = 0
        if keeps_highatomic == 1:
            continue
        last = z["end_pfn"] >> u.PAGEBLOCK_ORDER
        for block in range(z["start_pfn"] >> u.PAGEBLOCK_ORDER, last):
            if guest.blocks[block]["migratetype"] == u.MIGRATE_HIGHATOMIC:
                old = np.int64(u.MIGRATE_HIGHATOMIC)
                kernel = np.int64(u.MIGRATE_UNMOVABLE)
                move_freepages_block(guest, np.int64(zone), np.int64(block), old, kernel)
        z["nr_reserved_highatomic"] = 0
    vm["kcompactd_order"] = vm["kcompactd_awake"] = vm["kswapd_failures"] = 0


@core_jit
def settle_laws(guest):
    """Set up what a guest's laws require at boot.

    Args:
        guest: Guest after leave_modern(), with its new laws. Writes all of it.
    Source:
        3.8 mm/page_alloc.c; see the functions above.
    """
    vm = guest.vm[0]
    if vm["law_lists_apart"] == 1:
        _label_free_blocks(guest)
    if vm["law_lru_by_zone"] == 0:
        _join_file_lists(guest)
    for zone in range(guest.zones.shape[0]):
        z = guest.zones[zone]
        if vm["law_marks_from_min"] == 1:
            setup_zone_wmarks_2012(guest, np.int64(zone))
        if vm["law_pcp_batch_by_zone"] == 1 and z["pcp_high"] > 0:
            z["pcp_batch"] = max(zone_batchsize_2012(np.int64(z["managed"])), 1)
            z["pcp_high"] = 6 * z["pcp_batch"]
        if vm["law_reserve_at_boot"] == 1:
            setup_zone_migrate_reserve(guest, np.int64(zone))
        if vm["law_linear_scanners"] == 1:
            # Hints and positions left by another kernel's compaction mean nothing here.
            reset_zone_isolation_suitable_2012(guest, np.int64(zone))


def adopt_kernel(guest, kernel):
    """Turn a guest into one of another kernel.

    Args:
        guest: Guest of profile modern with nothing under way. Writes all of it.
        kernel: kernels.Kernel, a row of the table; modern leaves the guest as it is.
    Source:
        not of the kernel: here a settled guest changes its rules.
    """
    laws = laws_dict(kernel.rules)
    if all(guest.vm[0][name] == value for name, value in laws.items()):
        set_kernel(guest, kernel)
        return
    leave_modern(guest, 1 - kernel.rules.reserve_at_boot)
    set_kernel(guest, kernel)
    settle_laws(guest)
