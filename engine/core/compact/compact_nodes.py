"""A write to compact_memory: every zone, one after the other, in portions."""

from engine import units as u
from engine.core import core_jit
from engine.core.compact.compaction import (
    CCF_IGNORE_SKIP_HINT,
    CCF_NEXT_ZONE,
    CCF_WHOLE_ZONE,
    compact_begin,
    compact_end,
    compact_round,
)
from engine.core.compact.compaction_2012 import (
    compact_begin_2012,
    compact_end_2012,
    compact_round_2012,
)


@core_jit
def _begin_memory(guest):
    """Begin the run of the next zone of a compact_memory request.

    Args:
        guest: Guest. Writes zones, cc[CC_MEMORY].
    Source:
        mm/compaction.c compact_node(): the whole zone, full sync, hints ignored; 3.8
        mm/compaction.c compact_node(): from the cached positions, sync-light, hints honoured.
    """
    zone = guest.vm[0]["compact_zone"]
    unmovable = u.MIGRATE_UNMOVABLE
    if guest.vm[0]["law_linear_scanners"] == 1:
        compact_begin_2012(guest, u.CC_MEMORY, zone, -1, unmovable, u.MIGRATE_SYNC_LIGHT)
        return
    flags = CCF_WHOLE_ZONE | CCF_IGNORE_SKIP_HINT
    if zone > 0 and guest.zones[zone]["node"] == guest.zones[zone - 1]["node"]:
        flags |= CCF_NEXT_ZONE
    compact_begin(guest, u.CC_MEMORY, zone, -1, unmovable, u.MIGRATE_SYNC, flags, 0)


@core_jit
def _memory_round(guest):
    """One round of the run in progress, and its end if that was the last.

    Args:
        guest: Guest. Writes all of it.
    Returns:
        int64, COMPACT_CONTINUE, or the result of the run.
    Source:
        mm/compaction.c compact_zone().
    """
    is_linear = guest.vm[0]["law_linear_scanners"] == 1
    if is_linear:
        status = compact_round_2012(guest, u.CC_MEMORY)
    else:
        status = compact_round(guest, u.CC_MEMORY)
    if status == u.COMPACT_CONTINUE:
        return status
    if is_linear:
        compact_end_2012(guest, u.CC_MEMORY)
    else:
        compact_end(guest, u.CC_MEMORY)
    return status


@core_jit
def step_compact(guest, rounds):
    """Continue the requested compact_memory runs, zone after zone.

    Args:
        guest: Guest. Writes all of it.
        rounds: int64, rounds of at most 32 pages.
    Source:
        mm/compaction.c compact_nodes(), compact_node().
    """
    vm = guest.vm[0]
    cc = guest.cc[u.CC_MEMORY]
    while rounds > 0 and vm["compact_requests"] > 0:
        if cc["active"] == 0:
            _begin_memory(guest)
        rounds -= 1
        if _memory_round(guest) == u.COMPACT_CONTINUE:
            continue
        vm["compact_zone"] += 1
        if vm["compact_zone"] == guest.zones.size:
            vm["compact_zone"] = 0
            vm["compact_requests"] -= 1
            vm["causes"] |= u.CAUSE_COMPACTION_FINISHED
            return
