"""Isolated pages: counting them, and putting back those that were not moved."""

import numpy as np

from engine import units as u
from engine.core import core_jit
from engine.core.compact.hook import note_test_in_putback
from engine.core.memory.freelist import list_add, list_pop
from engine.core.memory.lru import lru_add


@core_jit
def count_isolated(guest, pfn, nr):
    """Add to the counters of isolated pages, by the kind of page.

    Args:
        guest: Guest. Writes vm.nr_isolated_anon, vm.nr_isolated_file, vm.balloon_isolated.
        pfn: int64, first page of what is isolated.
        nr: int64, pages to add, negative to take away.
    Source:
        include/linux/vmstat.h node_stat_mod_folio(NR_ISOLATED_*); balloon_dev_info.isolated_pages.
    """
    state = guest.pages[pfn]["state"]
    if state == u.STATE_BALLOON:
        guest.vm[0]["balloon_isolated"] += nr
    elif state == u.STATE_FILE:
        guest.vm[0]["nr_isolated_file"] += nr
    else:
        guest.vm[0]["nr_isolated_anon"] += nr


@core_jit
def putback_page(guest, pfn):
    """Put one isolated page, on no list now, back on the list for its kind.

    Args:
        guest: Guest. Writes pages, lists, zones, vm.
        pfn: int64, first page of what was isolated.
    Source:
        mm/migrate.c putback_movable_pages(); mm/balloon_compaction.c balloon_page_putback().
    """
    page = guest.pages[pfn]
    flags = np.int64(page["flags"])
    count_isolated(guest, pfn, -(np.int64(1) << np.int64(page["order"])))
    page["flags"] = flags & ~u.PG_ISOLATED
    if page["state"] != u.STATE_BALLOON:
        lru_add(guest, pfn)
    elif flags & u.PG_DEDICATED:
        list_add(guest, u.LIST_BALLOON_DEDICATED, pfn)
    else:
        list_add(guest, u.LIST_BALLOON, pfn)


@core_jit
def putback_movable_pages(guest, cc):
    """Put back everything that a compactor has isolated and not moved.

    Args:
        guest: Guest. Writes pages, lists, zones, vm.
        cc: int64, CC_*. Its migratepages list is empty afterwards.
    Source:
        mm/migrate.c putback_movable_pages().
    """
    pfn = list_pop(guest, u.LIST_MIGRATEPAGES + cc)
    while pfn != u.PFN_NONE:
        note_test_in_putback(guest, pfn)
        putback_page(guest, pfn)
        pfn = list_pop(guest, u.LIST_MIGRATEPAGES + cc)
