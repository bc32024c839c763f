"""The balloon's own compaction pass (design separate_pass): it moves balloon pages only.

The ordinary free scanner provides the targets (its CC_PASS branch follows rule_pass_target); the
sources are the balloon pages with the lowest pfns, found through pageblock counters rather than by
looking at every page. The driver's mutex would keep inflation and deflation out meanwhile, so
nobody else can isolate a balloon page.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.balloon.balloon import tell_host
from engine.core.compact.compaction import (
    CCF_IGNORE_SKIP_HINT,
    CCF_WHOLE_ZONE,
    compact_begin,
    compact_end,
)
from engine.core.compact.compaction_2012 import compact_end_2012
from engine.core.compact.free_scanner_2012 import compaction_alloc_2012
from engine.core.compact.migrate import migrate_one
from engine.core.compact.putback import count_isolated, putback_movable_pages
from engine.core.compact.scan import compact_scanners_met
from engine.core.compact.targets import compaction_alloc
from engine.core.memory.buddy import move_freepages_block
from engine.core.memory.events import note_scanners
from engine.core.memory.freelist import list_add_tail, list_del, list_pop

_CC = u.CC_PASS


@core_jit
def _begin(guest, zone):
    """Start the pass in one zone: both scanners at its ends.

    Args:
        guest: Guest. Writes cc[CC_PASS].
        zone: int64, index of the zone.
    Source:
        mm/compaction.c compact_node(), as the pass would set up its compact_control.
    """
    flags = CCF_WHOLE_ZONE | CCF_IGNORE_SKIP_HINT
    compact_begin(guest, _CC, zone, -1, u.MIGRATE_MOVABLE, u.MIGRATE_SYNC, flags, 0)
    guest.cc[_CC]["no_set_skip_hint"] = 1


@core_jit
def _end(guest):
    """End the pass in one zone.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, cc[CC_PASS], vm.
    Source:
        mm/compaction.c compact_zone(), out.
    """
    if guest.vm[0]["law_linear_scanners"] == 1:
        compact_end_2012(guest, _CC)
    else:
        compact_end(guest, _CC)


@core_jit
def _take_target(guest):
    """A target for one page, from the free scanner of the guest's profile.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, cc[CC_PASS], vm.
    Returns:
        int64 pfn in state ISOLATED_FREE and on no list, or PFN_NONE.
    Source:
        mm/compaction.c compaction_alloc().
    """
    if guest.vm[0]["law_linear_scanners"] == 1:
        pfn = compaction_alloc_2012(guest, _CC)
        if pfn != u.PFN_NONE:
            guest.cc[_CC]["nr_migratepages"] -= 1
        return pfn
    return compaction_alloc(guest, _CC, 0)


@core_jit
def isolate_balloon_page(guest, pfn):
    """Take a scattered balloon page off the balloon's list and put it on the pass's.

    Args:
        guest: Guest. Writes pages, lists, vm.balloon_isolated.
        pfn: int64.
    Source:
        mm/balloon_compaction.c balloon_page_isolate().
    """
    page = guest.pages[pfn]
    list_del(guest, u.LIST_BALLOON, pfn)
    page["flags"] = np.int64(page["flags"]) | u.PG_ISOLATED
    count_isolated(guest, pfn, 1)
    list_add_tail(guest, u.LIST_MIGRATEPAGES + _CC, pfn)


@core_jit
def isolate_balloonpages(guest, limit):
    """Isolate the scattered balloon pages with the lowest pfns below the free scanner.

    Args:
        guest: Guest. Writes pages, lists, cc[CC_PASS], vm.balloon_isolated, vm.pass_scanned.
        limit: int64, pages at most.
    Returns:
        int64, pages isolated.
    Source:
        not of the kernel; each is isolated as in mm/balloon_compaction.c balloon_page_isolate().
    """
    c = guest.cc[_CC]
    pfn = np.int64(c["migrate_pfn"])
    end_block = np.int64(c["free_pfn"]) >> u.PAGEBLOCK_ORDER
    taken = 0
    while taken < limit and pfn >> u.PAGEBLOCK_ORDER < end_block:
        next_block = (pfn >> u.PAGEBLOCK_ORDER) + 1
        if np.int64(guest.blocks[next_block - 1]["nr_balloon"]) == 0:
            pfn = next_block << u.PAGEBLOCK_ORDER
            continue
        start = pfn
        while taken < limit and pfn < next_block << u.PAGEBLOCK_ORDER:
            page = guest.pages[pfn]
            flags = np.int64(page["flags"])
            barred = flags & (u.PG_DEDICATED | u.PG_ISOLATED)
            if np.int64(page["state"]) == u.STATE_BALLOON and not barred:
                isolate_balloon_page(guest, pfn)
                taken += 1
            pfn += 1
        guest.vm[0]["pass_scanned"] += pfn - start
    c["migrate_pfn"] = pfn
    c["nr_migratepages"] = taken
    c["round_isolated"] = taken
    return taken


@core_jit
def _keep_type(guest, pfn):
    """Restore the migratetype that the pass keeps to on the pageblock of a target.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones.
        pfn: int64, a target just taken.
    Source:
        not of the kernel: __isolate_free_page() makes a pageblock MOVABLE when much of it is taken,
        which only suits movable targets.
    """
    wanted = guest.vm[0]["rule_pass_target"]
    block = pfn >> u.PAGEBLOCK_ORDER
    mt = np.int64(guest.blocks[block]["migratetype"])
    if wanted != u.MIGRATE_MOVABLE and mt == u.MIGRATE_MOVABLE:
        move_freepages_block(guest, np.int64(guest.blocks[block]["zone"]), block, mt, wanted)


@core_jit
def migrate_balloon_pages(guest):
    """Move the isolated balloon pages to free targets; one pair of messages for all of them.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, cc[CC_PASS], vm.
    Returns:
        int64, pages moved; the others are put back.
    Source:
        drivers/virtio/virtio_balloon.c virtballoon_migratepage(), for a batch instead of one page.
    """
    c = guest.cc[_CC]
    wanted = np.int64(c["nr_migratepages"])
    moved = 0
    while moved < wanted:
        dst = _take_target(guest)
        if dst == u.PFN_NONE:
            break
        _keep_type(guest, dst)
        migrate_one(guest, list_pop(guest, u.LIST_MIGRATEPAGES + _CC), dst)
        moved += 1
    putback_movable_pages(guest, _CC)  # reason: not_tried
    c["nr_migratepages"] = 0
    c["round_migrated"] = moved
    c["round_failed"] = wanted - moved
    tell_host(guest, moved)  # first the targets are inflated, so that the balloon never shrinks,
    tell_host(guest, moved)  # then the sources are deflated
    guest.vm[0]["pass_migrated"] += moved
    guest.vm[0]["pgmigrate_success"] += moved
    return moved


@core_jit
def _pass_round(guest):
    """One batch of the pass in the current zone.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, cc[CC_PASS], vm.
    Returns:
        int64, pages moved; 0 = the zone is done: scanners met, no sources, no targets, or budget
        used up.
    Source:
        mm/compaction.c compact_zone(), its loop.
    """
    vm = guest.vm[0]
    if compact_scanners_met(guest, _CC) or vm["pass_budget"] <= 0:
        note_scanners(guest, _CC, u.EVENT_MET)
        return 0
    limit = min(vm["rule_pass_batch"], vm["pass_budget"])
    if isolate_balloonpages(guest, limit) == 0:
        return 0
    moved = migrate_balloon_pages(guest)
    note_scanners(guest, _CC, u.EVENT_SCANNED)
    if vm["pass_budget"] != u.PFN_NONE:
        vm["pass_budget"] -= moved
    return moved


@core_jit
def balloon_pass_step(guest, budget):
    """Continue the pass, zone after zone.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, cc[CC_PASS], vm.
        budget: int64, pages to move, exceeded by less than a batch.
    Returns:
        int64, 1 = continue in the next tick, 0 = the pass is over.
    Source:
        not of the kernel: our reading of two sentences of a mail, see docs/DESIGNS.md.
    """
    c = guest.cc[_CC]
    if c["active"] == 0:
        guest.vm[0]["pass_runs"] += 1
        _begin(guest, 0)
    while budget > 0:
        moved = _pass_round(guest)
        if moved > 0:
            budget -= moved
            continue
        zone = np.int64(c["zone"]) + 1
        _end(guest)
        if zone == guest.zones.size:
            return 0
        _begin(guest, zone)
    return 1
