"""Why a request for a range of pageblocks (offlining, CMA) stopped, as ids and in words."""

from enum import IntEnum

from engine import units as u


class RangeReason(IntEnum):
    """Why a request for a range stopped."""

    NONE = 0
    HOLE = 1  # no memory there, or already offline
    UNMOVABLE = 2  # has_unmovable_pages() found a page before anything was done
    NOT_ON_LRU = 3  # Linux 3.8: a page in use that is not on an LRU list ends every round
    NO_TARGET = 4  # no page to move to
    NOT_MIGRATED = 5  # rounds that moved nothing
    IN_USE = 6  # everything movable was moved, and a page is still in use
    NO_AREA = 7  # alloc_contig: no run of that many pages to try


# The kernel function that decides, of 6.12 unless it says 3.8.
SOURCES = {
    RangeReason.NONE: "",
    RangeReason.HOLE: "mm/memory_hotplug.c offline_pages(): memory holes",
    RangeReason.UNMOVABLE: "mm/page_isolation.c has_unmovable_pages()",
    RangeReason.NOT_ON_LRU: "3.8 mm/memory_hotplug.c do_migrate_range()",
    RangeReason.NO_TARGET: "mm/migrate.c migrate_pages(): -ENOMEM",
    RangeReason.NOT_MIGRATED: "mm/memory_hotplug.c offline_pages(), mm/page_alloc.c"
    " __alloc_contig_migrate_range(): rounds without success",
    RangeReason.IN_USE: "mm/page_isolation.c test_pages_isolated()",
    RangeReason.NO_AREA: "mm/cma.c cma_alloc(), mm/page_alloc.c alloc_contig_pages()",
}

_WORDS = {
    RangeReason.NONE: "",
    RangeReason.HOLE: "page {0} is a hole or already offline: a range with holes is refused",
    RangeReason.UNMOVABLE: "page {0} ({1}, in {2} pageblock) cannot be moved: refused at once,"
    " before any page was touched",
    RangeReason.NOT_ON_LRU: "page {0} ({1}) is in use and not on an LRU list: every round put all"
    " pages back, the fifth was the last",
    RangeReason.NO_TARGET: "there is no free page to move page {0} ({1}) to",
    RangeReason.NOT_MIGRATED: "page {0} ({1}) could not be migrated: five rounds moved nothing",
    RangeReason.IN_USE: "page {0} ({1}) is still in use after everything movable was moved",
    RangeReason.NO_AREA: "no run of that many pageblocks could be tried",
}

_PAGES = {
    u.STATE_FREE: "free",
    u.STATE_PCP: "free in a per-CPU list",
    u.STATE_ISOLATED_FREE: "held as a migration target",
    u.STATE_HUGE: "hugetlb page",
    u.STATE_THP: "transparent huge page",
    u.STATE_PGTABLE: "page table",
    u.STATE_KERNEL: "kernel page",
    u.STATE_UNKNOWN: "page of unknown use",
    u.STATE_HWPOISON: "poisoned page",
}


def page_words(state: int) -> str:
    """What a page is, in words.

    Args:
        state: units.STATE_*.
    """
    return _PAGES.get(state, f"{u.PageState(state).name.lower()} page")


def explain_stop(reason: int, pfn: int, state: int, migratetype: int) -> str:
    """Why a request stopped, as one sentence.

    Args:
        reason: RangeReason.
        pfn: page at which it stopped.
        state: what that page is, units.STATE_*.
        migratetype: of its pageblock before it was isolated.
    """
    kind = u.Migratetype(migratetype).name
    article = "an" if kind[0] in "UI" else "a"
    return _WORDS[RangeReason(reason)].format(pfn, page_words(state), f"{article} {kind}")
