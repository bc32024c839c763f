"""The flusher: writes dirty page cache back once reclaim has asked for it.

A round walks all of memory by pfn; rounds are repeated until one finds nothing to write. How far it
is lies in Guest.vm. Nothing else here makes dirty pages clean: there is no timer of writeback, as
nobody dirties pages while a guest is only looked at.
"""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.memory.cpu import COST_WRITE
from engine.core.memory.lru import lru_add_tail, lru_del

_LOOKS = 512  # pfns looked at for the price of one scanned page: no page of memory, only the index
_BUSY = u.PG_WRITEBACK | u.PG_LOCKED | u.PG_ISOLATED


@core_jit
def wakeup_flusher_threads(guest):
    """Have all dirty page cache written; nothing if that is being done.

    Args:
        guest: Guest. Writes vm.flusher_*.
    Source:
        fs/fs-writeback.c wakeup_flusher_threads().
    """
    vm = guest.vm[0]
    if vm["flusher_awake"] == 0:
        vm["flusher_awake"] = 1
        vm["flusher_pfn"] = 0
        vm["flusher_found"] = 0


@core_jit
def folio_end_writeback(guest, pfn):
    """A page has been written: clean, and first to be reclaimed if reclaim has met it before.

    Args:
        guest: Guest. Writes pages, lists, zones.nr_zone_*, vm.nr_written.
        pfn: int64, a file page, dirty.
    Source:
        mm/filemap.c folio_end_writeback(); mm/swap.c folio_rotate_reclaimable().
    """
    page = guest.pages[pfn]
    flags = np.int64(page["flags"]) & ~u.PG_DIRTY
    guest.vm[0]["nr_written"] += 1
    if flags & u.PG_RECLAIM and flags & u.PG_LRU:
        lru_del(guest, pfn)
        page["flags"] = flags & ~(u.PG_RECLAIM | u.PG_ACTIVE | u.PG_LRU)
        lru_add_tail(guest, pfn)
    else:
        page["flags"] = flags & ~u.PG_RECLAIM


@core_jit
def flusher_step(guest, budget):
    """Continue writing.

    Args:
        guest: Guest. Writes pages, lists, zones.nr_zone_*, vm.flusher_*, vm.nr_written.
        budget: int64, work as cpu.py counts it.
    Returns:
        int64, work done.
    Source:
        fs/fs-writeback.c wb_writeback(), wb_start_background_writeback(); mm/page-writeback.c
        do_writepages().
    Differs:
        By pfn, not file by file. A page is clean as soon as it is written: the disk is instant, and
        nobody meets a page under writeback.
    """
    vm = guest.vm[0]
    used = np.int64(0)
    while vm["flusher_awake"] == 1 and used < budget:
        pfn = np.int64(vm["flusher_pfn"])
        end = min(pfn + _LOOKS, np.int64(guest.pages.shape[0]))
        while pfn < end and used < budget:
            page = guest.pages[pfn]
            flags = np.int64(page["flags"])
            if page["state"] == u.STATE_FILE and flags & u.PG_DIRTY and not flags & _BUSY:
                folio_end_writeback(guest, pfn)
                vm["flusher_found"] += 1
                used += COST_WRITE
            pfn += 1
        used += 1
        vm["flusher_pfn"] = pfn
        if pfn == guest.pages.shape[0]:
            vm["flusher_pfn"] = 0
            vm["flusher_awake"] = 1 if vm["flusher_found"] > 0 else 0
            vm["flusher_found"] = 0
    return used
