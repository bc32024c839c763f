"""What check.validate() may find, as codes and in words."""

from enum import IntEnum


class CheckCode(IntEnum):
    """What validate() found; CLEAN is 0."""

    CLEAN = 0
    LIST_LINKS = 1
    LIST_COUNT = 2
    LIST_TWICE = 3
    FREE_BLOCK_ALIGN = 4
    FREE_BLOCK_PAGES = 5
    FREE_BLOCK_UNMERGED = 6
    FREE_BLOCK_LIST = 7
    FREE_PAGE_LOOSE = 8
    PAGE_OFF_LIST = 9
    PAGE_ORDER = 10
    BLOCK_COUNTERS = 11
    BLOCK_RESERVED = 12
    ZONE_FREE = 13
    ZONE_PCP = 14
    ZONE_LRU = 15
    HANDLE = 16
    BALLOON = 17
    OUTSIDE_ZONES = 18
    ISOLATED = 19


_WORDS = {
    CheckCode.CLEAN: "the guest is clean",
    CheckCode.LIST_LINKS: "the links of list {0} do not lead from its first to its last page",
    CheckCode.LIST_COUNT: "list {0} does not have as many entries as it counts",
    CheckCode.LIST_TWICE: "page {0} is on two lists",
    CheckCode.FREE_BLOCK_ALIGN: "the free block at {0} is not aligned to its order, or too large",
    CheckCode.FREE_BLOCK_PAGES: "page {0} lies in a free block without being a free page",
    CheckCode.FREE_BLOCK_UNMERGED: "the free block at {0} and its buddy should have been merged",
    CheckCode.FREE_BLOCK_LIST: "the block at {0} is on the list of another order or migratetype",
    CheckCode.FREE_PAGE_LOOSE: "page {0} is free but in no free block",
    CheckCode.PAGE_OFF_LIST: "page {0} should be on a list that it is not on",
    CheckCode.PAGE_ORDER: "page {0} is on a list for pages of another order or state",
    CheckCode.BLOCK_COUNTERS: "the counters of pageblock {0} are wrong",
    CheckCode.BLOCK_RESERVED: "pageblock {0} is marked as reserved but is not",
    CheckCode.ZONE_FREE: "the free page counters of zone {0} are wrong",
    CheckCode.ZONE_PCP: "the per-CPU page counter of zone {0} is wrong",
    CheckCode.ZONE_LRU: "the LRU counters of zone {0} are wrong",
    CheckCode.HANDLE: "page {0} and its workload object disagree on where the object is",
    CheckCode.BALLOON: "page {0} is a balloon page but not on its balloon list",
    CheckCode.OUTSIDE_ZONES: "page {0} is memory outside all zones",
    CheckCode.ISOLATED: "page {0}: its isolated flag and the compactors' lists disagree",
}


def explain_check(code, pfn):
    """What validate() found, as a sentence.

    Args:
        code: CheckCode.
        pfn: int, the number that came with it.
    Returns:
        str.
    Source:
        not of the kernel.
    """
    return _WORDS[CheckCode(code)].format(pfn)
