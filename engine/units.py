"""Constants and terms of the field, shared by all of the engine; imports nothing of it.

Module-level integers are what the compiled core reads (numba freezes them at compile time); the
``IntEnum`` twins are for Python code and text. Values are those of Linux 6.12 on x86-64 with
4 KiB pages.
"""

import os
from enum import IntEnum, IntFlag

PAGE_SHIFT = 12
PAGE_SIZE = 1 << PAGE_SHIFT
MIB_PAGES = (1 << 20) >> PAGE_SHIFT  # pages in one MiB

HPAGE_ORDER = 9  # of a 2 MiB page: HPAGE_PMD_ORDER, HUGETLB_PAGE_ORDER
HPAGE_NR_PAGES = 1 << HPAGE_ORDER
MAX_PAGE_ORDER = 10
NR_PAGE_ORDERS = MAX_PAGE_ORDER + 1

# -- geometry: one a process, since compiled code has it as a constant. A kernel without huge pages
# has pageblocks of the largest order (include/linux/pageblock-flags.h).
GEOMETRY_SETTING = "FRAGSCOPE_PAGEBLOCK_ORDER"
USUAL_PAGEBLOCK_ORDER = HPAGE_ORDER
PAGEBLOCK_ORDERS = (USUAL_PAGEBLOCK_ORDER, MAX_PAGE_ORDER)


def _chosen_order(text: str) -> int:
    """The pageblock order that the environment names."""
    orders = {str(order): order for order in PAGEBLOCK_ORDERS}
    if text not in orders:
        raise ValueError(f"{GEOMETRY_SETTING} is {text[:60]!r}: one of {', '.join(orders)}")
    return orders[text]


PAGEBLOCK_ORDER = _chosen_order(os.environ.get(GEOMETRY_SETTING) or str(USUAL_PAGEBLOCK_ORDER))
PAGEBLOCK_NR_PAGES = 1 << PAGEBLOCK_ORDER
PAGE_ALLOC_COSTLY_ORDER = 3

# No page. A -1 would silently read the last page of an array; this raises under bounds checking.
PFN_NONE = 0x7FFFFFFF
HANDLE_NONE = PFN_NONE
ORDER_TAIL = 255  # Page.order of every page of a block or compound page that is not its first

COMPACT_CLUSTER_MAX = 32  # include/linux/swap.h
SWAP_CLUSTER_MAX = 32
BALLOON_ARRAY_PFNS_MAX = 256  # drivers/virtio/virtio_balloon.c: pfns in one message to the host

# -- profiles: whose rules a guest follows (Guest.vm.profile). MODERN is Linux 6.12, the kernel of
# the recordings; 2012 is Linux 3.8, the kernel of the thread. What the rules are, and which
# profiles there are besides: engine/kernels.py.
PROFILE_MODERN = 0
PROFILE_2012 = 1
PROFILES = ("modern", "2012")

# -- whether the generic migrate scanner isolates balloon pages (BalloonRules.hook)
HOOK_NONE = 0
HOOK_INTENDED = 1
HOOK_MERGED = 2  # with the defects of Linux 3.8: profile 2012 only

# -- migratetypes (include/linux/mmzone.h, 6.12; BALLOON is ours: toggle "own_type" of
# dedicated_block)
MIGRATE_UNMOVABLE = 0
MIGRATE_MOVABLE = 1
MIGRATE_RECLAIMABLE = 2
MIGRATE_PCPTYPES = 3
MIGRATE_HIGHATOMIC = 3
MIGRATE_RESERVE = 3  # 3.8's reserve shares this slot; its name and rules depend on the profile
MIGRATE_CMA = 4
MIGRATE_ISOLATE = 5
MIGRATE_BALLOON = 6
NR_MIGRATETYPES = 7


class Migratetype(IntEnum):
    """Migratetypes by name; see the integers above."""

    UNMOVABLE = MIGRATE_UNMOVABLE
    MOVABLE = MIGRATE_MOVABLE
    RECLAIMABLE = MIGRATE_RECLAIMABLE
    HIGHATOMIC = MIGRATE_HIGHATOMIC
    CMA = MIGRATE_CMA
    ISOLATE = MIGRATE_ISOLATE
    BALLOON = MIGRATE_BALLOON


# -- Page.state: what a page is. Exactly one, at every moment.
STATE_HOLE = 0  # no memory behind this pfn
STATE_RESERVED = 1  # PG_reserved: firmware, kernel image, memmap; never handed out
# in a buddy block; Page.order is the block's order on its first page, ORDER_TAIL on the others
STATE_FREE = 2
STATE_PCP = 3  # free but parked in a per-CPU list: blocks merging, seen by no scanner
STATE_ISOLATED_FREE = 4  # taken by a free scanner as a migration target
STATE_ANON = 5
STATE_FILE = 6
STATE_SHMEM = 7  # tmpfs and shared anonymous memory: on the anon LRU
STATE_BALLOON = 8
STATE_SLAB = 9
STATE_PGTABLE = 10
STATE_KERNEL = 11  # other kernel memory: stacks, vmalloc, drivers, pipes
# a capture shows no flag at all: kernel memory or a parked free page, undecidable
STATE_UNKNOWN = 12
STATE_HUGE = 13  # hugetlb
STATE_THP = 14  # transparent huge page (anon, compound)
STATE_HWPOISON = 15
NR_STATES = 16


class PageState(IntEnum):
    """Page states by name; see the integers above."""

    HOLE = STATE_HOLE
    RESERVED = STATE_RESERVED
    FREE = STATE_FREE
    PCP = STATE_PCP
    ISOLATED_FREE = STATE_ISOLATED_FREE
    ANON = STATE_ANON
    FILE = STATE_FILE
    SHMEM = STATE_SHMEM
    BALLOON = STATE_BALLOON
    SLAB = STATE_SLAB
    PGTABLE = STATE_PGTABLE
    KERNEL = STATE_KERNEL
    UNKNOWN = STATE_UNKNOWN
    HUGE = STATE_HUGE
    THP = STATE_THP
    HWPOISON = STATE_HWPOISON


# -- Page.flags
PG_LRU = 1 << 0  # on one of the LRU lists
PG_ACTIVE = 1 << 1
PG_UNEVICTABLE = 1 << 2
PG_DIRTY = 1 << 3
PG_WRITEBACK = 1 << 4
PG_LOCKED = 1 << 5
PG_ISOLATED = 1 << 6  # off its home list, on a compactor's private list
PG_PINNED = 1 << 7  # more references than mappings: cannot be migrated (GUP)
PG_REFERENCED = 1 << 8
PG_MAPPED = 1 << 9
PG_MOVED = 1 << 10  # balloon page that was migrated before: a second move counts as a repeat
PG_DEDICATED = 1 << 11  # balloon page that lives in a dedicated pageblock
# balloon page that the generic migrate scanner may isolate (design lru_hook)
PG_MOVABLE_OPS = 1 << 12
PG_RECLAIM = 1 << 13  # met dirty by reclaim: goes to the old end of the LRU once written back
PG_KEPT_HUGE = 1 << 14  # huge page off the deferred split queue: reclaim found all of it mapped
PG_COLLAPSED = 1 << 15  # huge page made by khugepaged: at the end of the deferred split queue


class PageFlag(IntFlag):
    """Page flags by name; see the integers above."""

    LRU = PG_LRU
    ACTIVE = PG_ACTIVE
    UNEVICTABLE = PG_UNEVICTABLE
    DIRTY = PG_DIRTY
    WRITEBACK = PG_WRITEBACK
    LOCKED = PG_LOCKED
    ISOLATED = PG_ISOLATED
    PINNED = PG_PINNED
    REFERENCED = PG_REFERENCED
    MAPPED = PG_MAPPED
    MOVED = PG_MOVED
    DEDICATED = PG_DEDICATED
    MOVABLE_OPS = PG_MOVABLE_OPS
    RECLAIM = PG_RECLAIM
    KEPT_HUGE = PG_KEPT_HUGE
    COLLAPSED = PG_COLLAPSED


# -- Pageblock.flags
PB_SKIP = 1 << 0  # compaction-skip hint (PB_migrate_skip)
PB_DEDICATED = 1 << 1  # taken whole for the balloon (design dedicated_block)
PB_TOUCHED = 1 << 2  # something in it changed in this tick
PB_STALE = 1 << 3  # its largest free order must be looked up again (core/observe/observe.py)
PB_RESERVED = 1 << 4  # every page of it is reserved or a hole: its migratetype means nothing

# -- what holds a pageblock, bits 4-6 of the wire's flags plane
HOLDER_FREE = 0  # entirely free
HOLDER_RESCUABLE = 1  # every page in use can be moved by the ordinary LRU path
HOLDER_BALLOON = 2  # LRU and balloon only, at least one balloon page not movable now
HOLDER_KERNEL = 3  # at least one other unmovable page
HOLDER_RESERVED = 4  # nothing but reserved pages and holes
HOLDER_HOOK = 5  # LRU and movable balloon pages only: rescuable, but only through the hook


class Holder(IntEnum):
    """What keeps a pageblock from being a free 2 MiB block."""

    FREE = HOLDER_FREE
    RESCUABLE = HOLDER_RESCUABLE
    BALLOON = HOLDER_BALLOON
    KERNEL = HOLDER_KERNEL
    RESERVED = HOLDER_RESERVED
    HOOK = HOLDER_HOOK


# -- zones (include/linux/mmzone.h)
ZONE_DMA = 0
ZONE_DMA32 = 1
ZONE_NORMAL = 2
ZONE_MOVABLE = 3
ZONE_NAMES = ("DMA", "DMA32", "Normal", "Movable")

# -- zone.zone_flags (include/linux/mmzone.h enum zone_flags, as far as it has an effect here)
ZONE_BOOSTED_WATERMARK = 1 << 0  # boosted by a fallback: the next allocation wakes kswapd

# -- zone.pcp_flags (include/linux/mmzone.h)
PCPF_PREV_FREE_HIGH_ORDER = 1 << 0

# -- nodes that a request may use (vm.node_mask)
NODES_ALL = 0
NODES_LOCAL = 1  # the preferred one only: __GFP_THISNODE
NODES_OTHERS = 2  # all but the preferred one: what leaves a range that goes offline

# -- watermarks
WMARK_MIN = 0
WMARK_LOW = 1
WMARK_HIGH = 2
WMARK_PROMO = 3

# -- allocation flags of get_page_from_freelist (mm/internal.h), low two bits = watermark
ALLOC_WMARK_MASK = 3
ALLOC_NO_WATERMARKS = 1 << 2
ALLOC_NON_BLOCK = 1 << 4
ALLOC_MIN_RESERVE = 1 << 5
ALLOC_CMA = 1 << 7
ALLOC_NOFRAGMENT = 1 << 8
ALLOC_HIGHATOMIC = 1 << 9
ALLOC_KSWAPD = 1 << 11

# -- gfp bits, as far as the simulator distinguishes them (include/linux/gfp_types.h); the
# migratetype is passed separately
GFP_DIRECT_RECLAIM = 1 << 0
GFP_KSWAPD_RECLAIM = 1 << 1
GFP_IO = 1 << 2
GFP_FS = 1 << 3
GFP_NORETRY = 1 << 4
GFP_RETRY_MAYFAIL = 1 << 5
GFP_NOMEMALLOC = 1 << 6
GFP_HIGH = 1 << 7
GFP_THISNODE = 1 << 8
GFP_KERNEL = GFP_DIRECT_RECLAIM | GFP_KSWAPD_RECLAIM | GFP_IO | GFP_FS
GFP_NOWAIT = GFP_KSWAPD_RECLAIM
GFP_ATOMIC = GFP_HIGH | GFP_KSWAPD_RECLAIM
GFP_HIGHUSER = GFP_KERNEL

# -- compaction modes and results (include/linux/migrate_mode.h, include/linux/compaction.h)
MIGRATE_ASYNC = 0
MIGRATE_SYNC_LIGHT = 1
MIGRATE_SYNC = 2

COMPACT_NOT_SUITABLE_ZONE = 0
COMPACT_SKIPPED = 1
COMPACT_DEFERRED = 2
COMPACT_NO_SUITABLE_PAGE = 3
COMPACT_CONTINUE = 4
COMPACT_COMPLETE = 5
COMPACT_PARTIAL_SKIPPED = 6
COMPACT_CONTENDED = 7
COMPACT_SUCCESS = 8

# -- compact_control slots: Guest.cc[...]; each is one compactor with its own scanners and private
# lists
CC_MEMORY = 0  # /proc/sys/vm/compact_memory: the run that a user starts
CC_DIRECT = 1  # direct compaction inside an allocation: begins and ends within it
CC_KCOMPACTD = 2  # the daemon, woken by kswapd or proactive
CC_PASS = 3  # balloon pass of design separate_pass
NR_CC = 4

TASK_ROWS = 11  # of Guest.vm.task_*: the task, the flusher, kcompactd, eight nodes' kswapd

# -- lists: Guest.lists[...]. LRU, balloon and compactors' lists first, then one group per zone
LRU_INACTIVE_ANON = 0
LRU_ACTIVE_ANON = 1
LRU_INACTIVE_FILE = 2
LRU_ACTIVE_FILE = 3
LRU_UNEVICTABLE = 4
LIST_BALLOON = 5  # balloon_dev_info.pages: scattered balloon pages, newest first
LIST_BALLOON_DEDICATED = 6  # balloon pages in dedicated pageblocks, newest first
LIST_HUGE = 7  # hugetlb pages held by the huge command
LIST_MIGRATEPAGES = 8  # + cc: pages isolated for migration (NR_CC lists)
LIST_FREEPAGES = 12  # + cc * NR_PAGE_ORDERS + order: targets held by a compactor
# Scratch of one migrate_pages() call, empty between calls: sources and targets that are paired,
# failures, split pages.
LIST_UNMAP = 56
LIST_TARGETS = 57
LIST_RET = 58
LIST_SPLIT = 59
LIST_RANGE = 60  # pages isolated by a user of a range (offlining, CMA); empty between ticks
LIST_KMEM = 61  # kernel pages held by a request of a person (core/workload/kmem.py)
LIST_ZONES = 64  # first list of zone 0
NR_PCP_LISTS = 14  # 4 low orders x 3 types, then THP movable and THP other (include/linux/mmzone.h)
LISTS_PER_ZONE = NR_PAGE_ORDERS * NR_MIGRATETYPES + NR_PCP_LISTS
# After all zones' groups: inactive and active file pages of each zone but the highest, whose own
# are LRU_INACTIVE_FILE and LRU_ACTIVE_FILE (core/memory/freelist.py: file_list).
LISTS_PER_LOWER_ZONE = 2

# -- causes (bits): events after which a design is asked for its plan, in the mail's words
CAUSE_INFLATED = 1 << 0
CAUSE_DEFLATED = 1 << 1
CAUSE_COMPACTION_FINISHED = 1 << 2  # a compact_memory run has ended
CAUSE_RECLAIM_FINISHED = 1 << 3  # kswapd goes to sleep
CAUSE_DIRECT_COMPACTION_FAILED = 1 << 4  # for an order >= HPAGE_ORDER

# -- who wants a range of pageblocks (Guest.vm.range_kind), and the progress made (range_phase)
RANGE_NONE = 0
RANGE_OFFLINE = 1  # mm/memory_hotplug.c offline_pages()
RANGE_CONTIG = 2  # mm/page_alloc.c alloc_contig_range()

RANGE_START = 0  # the pageblocks are not isolated yet
RANGE_PASS = 1  # the balloon moves its pages out of the range (rule range_aware)
RANGE_MIGRATE = 2

# -- how the last request for a range ended (Guest.vm.range_result)
RANGE_PENDING = 0  # no request, or still in progress
RANGE_DONE = 1
RANGE_STOPPED = 2

# -- workload operations: column 0 of int32[nr_ops, 4] (kind, handle, order, class)
OP_ALLOC = 1  # allocate 2**order pages of class for handle
OP_FREE = 2  # free what handle holds
OP_READ = 3  # read one page-cache page for handle (clean file page)

# -- allocation classes of the workload (column 3)
CLASS_ANON = 0
CLASS_FILE = 1
CLASS_SLAB = 2
CLASS_PGTABLE = 3
CLASS_KERNEL = 4
CLASS_SHMEM = 5
CLASS_RECLAIMABLE = 6  # slab that may be reclaimed: dentries, inodes

# -- kernel memory asked for by a person (Guest.vm.kmem_kind): gfp mask and migratetype
KMEM_UNMOVABLE = 1  # GFP_KERNEL
KMEM_RECLAIMABLE = 2  # GFP_KERNEL | __GFP_RECLAIMABLE
KMEM_ATOMIC = 3  # GFP_ATOMIC
KMEM_KINDS = ("", "unmovable", "reclaimable", "atomic")

# -- progress of such a request (Guest.vm.kmem_phase)
KMEM_IDLE = 0
KMEM_TAKING = 1
KMEM_GIVING = 2  # the pages go back

# What is written down of a tick while somebody watches (core/memory/events.py)
EVENT_MOVED = 1  # a page moved, from pfn to pfn
EVENT_TAKEN = 2  # the balloon took pages
EVENT_GIVEN = 3  # the balloon gave pages back
EVENT_FREE = 4  # a free block of a pageblock or more came onto a free list
EVENT_USED = 5  # and left it
EVENT_SCANNED = 6  # both scanners of a compactor, after a round
EVENT_MET = 7  # where they met
NR_EVENT_KINDS = 3  # moves, balloon, the others: each has its own room
EVENT_ROOM = 512


def mib_to_pages(size_mib: int) -> int:
    """Pages in ``size_mib`` MiB."""
    return size_mib * MIB_PAGES


def mib_words(size_mib: int) -> str:
    """A size in the largest unit of which it is a whole number, from 10 GiB up."""
    for unit, shift in (("TiB", 20), ("GiB", 10)):
        if size_mib >= 10 << 10 and size_mib % (1 << shift) == 0:
            return f"{size_mib >> shift:,} {unit}"
    return f"{size_mib:,} MiB"


def pfn_to_pageblock(pfn: int) -> int:
    """Index of the pageblock that contains ``pfn``."""
    return pfn >> PAGEBLOCK_ORDER
