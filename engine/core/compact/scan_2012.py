"""Profile 2012: shared by both scanners: skip hints, cached positions and their reset.

3.8 has one cached position per scanner, whatever the mode. The migrate scanner's is kept in both of
zones.cached_migrate_*, so that readers of a zone need not know the profile.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.compact.scan import set_pageblock_skip, zone_end_pfn, zone_start_pfn
from engine.core.memory.nodes import in_node


@core_jit
def align_up(pfn):
    """The next start of a pageblock at or above ``pfn``.

    Args:
        pfn: int64.
    Returns:
        int64 pfn.
    Source:
        include/linux/kernel.h ALIGN(pfn, pageblock_nr_pages).
    """
    mask = np.int64(u.PAGEBLOCK_NR_PAGES - 1)
    return (pfn + mask) & ~mask


@core_jit
def set_cached_migrate(guest, zone, pfn):
    """Remember where the migrate scanner restarts.

    Args:
        guest: Guest. Writes zones.cached_migrate_*.
        zone: int64, index of the zone.
        pfn: int64.
    Source:
        3.8 include/linux/mmzone.h zone.compact_cached_migrate_pfn.
    """
    guest.zones[zone]["cached_migrate_async"] = pfn
    guest.zones[zone]["cached_migrate_sync"] = pfn


@core_jit
def update_migrate_skip(guest, cc, pfn, nr_isolated):
    """Set the skip hint of a pageblock with nothing to move, and restart there next time.

    Args:
        guest: Guest. Writes blocks.flags, zones.cached_migrate_*.
        cc: int64, CC_*.
        pfn: int64, first pfn that was looked at.
        nr_isolated: int64, pages isolated since.
    Source:
        3.8 mm/compaction.c update_pageblock_skip(), migrate_scanner.
    """
    if nr_isolated:
        return
    c = guest.cc[cc]
    zone = np.int64(c["zone"])
    set_pageblock_skip(guest, pfn)
    if not c["finished_update_migrate"] and pfn > guest.zones[zone]["cached_migrate_async"]:
        set_cached_migrate(guest, zone, pfn)


@core_jit
def update_free_skip(guest, cc, pfn, nr_isolated):
    """Set the skip hint of a pageblock without targets, and restart there next time.

    Args:
        guest: Guest. Writes blocks.flags, zones.cached_free.
        cc: int64, CC_*.
        pfn: int64, first pfn that was looked at.
        nr_isolated: int64, pages taken.
    Source:
        3.8 mm/compaction.c update_pageblock_skip(), not migrate_scanner.
    Differs:
        The balloon pass of separate_pass leaves no hints; 3.8 has no such compactor.
    """
    c = guest.cc[cc]
    if nr_isolated or c["no_set_skip_hint"]:
        return
    z = guest.zones[c["zone"]]
    set_pageblock_skip(guest, pfn)
    if not c["finished_update_free"] and pfn < z["cached_free"]:
        z["cached_free"] = pfn


@core_jit
def reset_zone_isolation_suitable_2012(guest, zone):
    """Clear every skip hint of a zone and reset both scanners to its ends.

    Args:
        guest: Guest. Writes blocks.flags, zones.cached_*, zones.compact_blockskip_flush.
        zone: int64, index of the zone.
    Source:
        3.8 mm/compaction.c __reset_isolation_suitable().
    """
    z = guest.zones[zone]
    start_pfn = zone_start_pfn(guest, zone)
    end_pfn = zone_end_pfn(guest, zone)
    set_cached_migrate(guest, zone, start_pfn)
    z["cached_free"] = end_pfn
    z["compact_blockskip_flush"] = 0
    for block in range(start_pfn >> u.PAGEBLOCK_ORDER, align_up(end_pfn) >> u.PAGEBLOCK_ORDER):
        b = guest.blocks[block]
        b["flags"] = np.int64(b["flags"]) & ~u.PB_SKIP


@core_jit
def reset_isolation_suitable_2012(guest):
    """Clear the skip hints of every zone of the node that asks for it, as kswapd falls asleep.

    Args:
        guest: Guest. Writes blocks.flags, zones.
    Source:
        3.8 mm/compaction.c reset_isolation_suitable().
    """
    for zone in range(np.int64(guest.vm[0]["nr_zones"])):
        if guest.zones[zone]["compact_blockskip_flush"] and in_node(guest, zone):
            reset_zone_isolation_suitable_2012(guest, zone)
