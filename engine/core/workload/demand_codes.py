"""Why a request for kernel memory failed, and how a pin ended, as ids and in words."""

from enum import IntEnum


class AllocCause(IntEnum):
    """What stood in the way of a request, in the zone nearest to it."""

    NONE = 0
    MEMORY = 1
    WATERMARK = 2
    FRAGMENTATION = 3
    MIGRATETYPE = 4


# The statistic that counts each, and its words: those of engine/report/judge.py.
CAUSE_FIELDS = {
    AllocCause.MEMORY: "kmem_no_memory",
    AllocCause.WATERMARK: "kmem_no_watermark",
    AllocCause.FRAGMENTATION: "kmem_no_fragment",
    AllocCause.MIGRATETYPE: "kmem_no_type",
}


class PinEnd(IntEnum):
    """How a request for long-term pins ended."""

    NONE = 0  # still at work, or all was pinned
    NO_PAGES = 1
    NO_TARGET = 2


PIN_WORDS = {
    PinEnd.NONE: "",
    PinEnd.NO_PAGES: "programs hold no further anonymous memory that is not pinned yet",
    PinEnd.NO_TARGET: "a page lies where no long-term pin may be, and there is none to move it to",
}
PIN_SOURCES = {
    PinEnd.NONE: "",
    PinEnd.NO_PAGES: "mm/gup.c pin_user_pages()",
    PinEnd.NO_TARGET: "mm/gup.c migrate_longterm_unpinnable_folios(): -ENOMEM",
}
