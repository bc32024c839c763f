"""drop_caches: all clean page cache goes at once."""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.memory.alloc import free_pages
from engine.core.memory.freelist import file_list

_KEPT = u.PG_DIRTY | u.PG_WRITEBACK | u.PG_LOCKED | u.PG_PINNED | u.PG_ISOLATED | u.PG_MAPPED


@core_jit
def drop_list(guest, list_id):
    """Free the clean, unmapped pages of one file list, oldest first.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones.
        list_id: int64, see freelist.file_list().
    Source:
        mm/truncate.c mapping_try_invalidate(), mapping_evict_folio().
    Differs:
        By age, not file by file.
    """
    pfn = np.int64(guest.lists[list_id]["last"])
    while pfn != u.PFN_NONE:
        page = guest.pages[pfn]
        before = np.int64(page["prev"])
        if np.int64(page["flags"]) & _KEPT == 0:
            free_pages(guest, pfn, np.int64(page["order"]))  # reason: dropped
        pfn = before


@core_jit
def drop_caches(guest):
    """Free all page cache that can be freed without writing.

    Args:
        guest: Guest. Writes pages, blocks, lists, zones, vm.drop_pagecache.
    Source:
        fs/drop_caches.c drop_caches_sysctl_handler().
    Differs:
        Slab is left alone: it is not known which of its pages would become empty.
    """
    nr_zones = guest.zones.shape[0]
    for active in range(2):
        for i in range(nr_zones):
            drop_list(guest, file_list(guest, nr_zones - 1 - i, active))
    guest.vm[0]["drop_pagecache"] += 1
