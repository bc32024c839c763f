"""What each page of a capture is: kpageflags and kpagecount to states, flags, orders, free blocks.

Everything is vectorised over the whole machine. Nothing here knows pageblock migratetypes; those
are inferred from what this module finds (engine/capture/blocks.py).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import units as u

# Bits of /proc/kpageflags (include/uapi/linux/kernel-page-flags.h,
# include/linux/kernel-page-flags.h).
KPF_REFERENCED = 2
KPF_DIRTY = 4
KPF_LRU = 5
KPF_ACTIVE = 6
KPF_SLAB = 7
KPF_WRITEBACK = 8
KPF_BUDDY = 10
KPF_MMAP = 11
KPF_ANON = 12
KPF_SWAPBACKED = 14
KPF_COMPOUND_HEAD = 15
KPF_COMPOUND_TAIL = 16
KPF_HUGE = 17
KPF_UNEVICTABLE = 18
KPF_HWPOISON = 19
KPF_NOPAGE = 20
KPF_THP = 22
KPF_OFFLINE = 23
KPF_ZERO_PAGE = 24
KPF_PGTABLE = 26
KPF_RESERVED = 32
KPF_MLOCKED = 33

# include/asm-x86/sparsemem.h: memory goes online and offline in units of 128 MiB
PAGES_PER_SECTION = 1 << 15

States = NDArray[np.uint8]
Pfns = NDArray[np.int64]

_BY_CHANCE = 0.01  # runs of entirely mapped huge pages in a guest
_ORDER_OF_SIZE = {1 << order: order for order in range(u.NR_PAGE_ORDERS)}


@dataclass(frozen=True)
class Pages:
    """Every page of a capture.

    Attributes:
        state: uint8[nr_pages], STATE_*; free pages and guesses about pcp pages included.
        flags: uint16[nr_pages], PG_*.
        order: uint8[nr_pages], order on the first page of a free block or compound page,
            ORDER_TAIL on its others.
        reserved_first: bool[nr_pages / 512], the first page of the pageblock is reserved or
            missing.
        split: compound pages that were taken apart: not a power of two in size, or misaligned.
    """

    state: States
    flags: NDArray[np.uint16]
    order: States
    reserved_first: NDArray[np.bool_]
    split: int


def _bit(words: NDArray[np.uint64], bit: int) -> NDArray[np.bool_]:
    """Which words have a bit set."""
    out: NDArray[np.bool_] = (words & np.uint64(1 << bit)) != 0
    return out


def _runs(words: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Runs of equal words, as values and lengths: neighbours are often alike."""
    starts = np.flatnonzero(np.append(True, words[1:] != words[:-1]))
    return words[starts], np.diff(np.append(starts, len(words)))


def decode_states(words: NDArray[np.uint64], counts: NDArray[np.uint64]) -> States:
    """State of each page by its flags; the first match of KPF bits wins.

    Args:
        words: uint64[nr_pages], kpageflags.
        counts: uint64[nr_pages], kpagecount.
    Returns:
        uint8[nr_pages], STATE_*. No flag and no mapping at all is STATE_UNKNOWN.
    """
    runs, lengths = _runs(words)
    states = np.full(len(runs), u.STATE_KERNEL, np.uint8)
    anon, swapbacked = _bit(runs, KPF_ANON), _bit(runs, KPF_SWAPBACKED)
    is_user = _bit(runs, KPF_LRU) | anon | _bit(runs, KPF_MMAP) | swapbacked
    states[is_user] = u.STATE_FILE
    states[is_user & swapbacked] = u.STATE_SHMEM
    states[is_user & anon] = u.STATE_ANON
    states[is_user & anon & _bit(runs, KPF_THP)] = u.STATE_THP
    states[_bit(runs, KPF_ZERO_PAGE)] = u.STATE_KERNEL
    states[_bit(runs, KPF_RESERVED)] = u.STATE_RESERVED
    states[_bit(runs, KPF_HUGE)] = u.STATE_HUGE
    states[_bit(runs, KPF_PGTABLE)] = u.STATE_PGTABLE
    # A slab's list pointers overlay the mapping field: MMAP, ANON and KSM mean nothing there.
    states[_bit(runs, KPF_SLAB)] = u.STATE_SLAB
    states[_bit(runs, KPF_OFFLINE)] = u.STATE_BALLOON
    states[_bit(runs, KPF_BUDDY)] = u.STATE_FREE
    states[_bit(runs, KPF_HWPOISON)] = u.STATE_HWPOISON
    states[_bit(runs, KPF_NOPAGE)] = u.STATE_HOLE
    states[runs == 0] = u.STATE_UNKNOWN
    out = np.repeat(states, lengths)
    out[(out == u.STATE_UNKNOWN) & (counts != 0)] = u.STATE_KERNEL  # mapped: in use, not parked
    return out


def decode_flags(
    words: NDArray[np.uint64], counts: NDArray[np.uint64], state: States
) -> NDArray[np.uint16]:
    """PG_* of user pages; everything else has none.

    What lasts milliseconds (locked, under writeback) is dropped: the guest is taken as settled, and
    a page under writeback as clean. Pages still in a CPU's LRU batch get PG_LRU all the same:
    compact_memory begins by draining those batches.

    Args:
        words: uint64[nr_pages], kpageflags.
        counts: uint64[nr_pages], kpagecount.
        state: uint8[nr_pages].
    Returns:
        uint16[nr_pages].
    """
    runs, lengths = _runs(words)
    flags = np.full(len(runs), u.PG_LRU, np.uint16)
    dirty = _bit(runs, KPF_DIRTY) & ~_bit(runs, KPF_SWAPBACKED) & ~_bit(runs, KPF_WRITEBACK)
    for chosen, flag in (
        (_bit(runs, KPF_ACTIVE), u.PG_ACTIVE),
        (_bit(runs, KPF_UNEVICTABLE) | _bit(runs, KPF_MLOCKED), u.PG_UNEVICTABLE),
        (_bit(runs, KPF_REFERENCED), u.PG_REFERENCED),
        (dirty, u.PG_DIRTY),
    ):
        flags[chosen] |= np.uint16(flag)
    out = np.repeat(flags, lengths)
    out[counts != 0] |= np.uint16(u.PG_MAPPED)
    out[~is_user_state(state)] = 0
    return out


def is_user_state(state: States) -> NDArray[np.bool_]:
    """Which pages live on LRU lists."""
    table = np.zeros(256, np.bool_)
    table[[u.STATE_ANON, u.STATE_FILE, u.STATE_SHMEM, u.STATE_THP]] = True
    return table[state]


# What a pageblock counts, in the order of the codes in _COUNTED.
COUNTS = ("free", "movable", "balloon", "unmovable", "pcp", "reserved")
_COUNTED = np.full(u.NR_STATES, COUNTS.index("unmovable"), np.uint8)
_COUNTED[[u.STATE_ANON, u.STATE_FILE, u.STATE_SHMEM, u.STATE_THP]] = COUNTS.index("movable")
_COUNTED[[u.STATE_HOLE, u.STATE_RESERVED]] = COUNTS.index("reserved")
_COUNTED[u.STATE_FREE] = COUNTS.index("free")
_COUNTED[u.STATE_BALLOON] = COUNTS.index("balloon")
_COUNTED[u.STATE_PCP] = COUNTS.index("pcp")


def count_blocks(state: States) -> dict[str, NDArray[np.int64]]:
    """Pages of each pageblock by what they are.

    Args:
        state: uint8[nr_pages].
    Returns:
        name in COUNTS → int64[nr_pages / 512]; they add up to 512.
    """
    codes = _COUNTED[state].reshape(-1, u.PAGEBLOCK_NR_PAGES)
    return {name: np.count_nonzero(codes == code, axis=1) for code, name in enumerate(COUNTS)}


def free_blocks(
    state: States,
    separate: NDArray[np.bool_] | None = None,
    kinds: NDArray[np.uint8] | None = None,
) -> list[Pfns]:
    """Free blocks by order: the largest aligned ones that the free pages can form.

    Two free buddies merge at once (mm/page_alloc.c __free_one_page()), so within a pageblock the
    free pages alone determine the free blocks. Two whole pageblocks merge into order 10 unless
    their migratetypes differ and one of them is of a type that must not merge
    (migratetype_is_mergeable()): CMA merges with CMA, HIGHATOMIC with HIGHATOMIC.

    Args:
        state: uint8[nr_pages], a multiple of 1024 pages is not needed.
        separate: bool[nr_pages / 512], pageblocks that do not merge with their neighbour.
        kinds: uint8[nr_pages / 512], merge_kinds(); pageblocks of two kinds do not merge.
    Returns:
        list of 11 int64[n]: first pfns of the free blocks of each order, ascending.
    """
    size = 1 << u.MAX_PAGE_ORDER
    full = [np.zeros(-(-len(state) // size) * size, np.bool_)]
    full[0][: len(state)] = state == u.STATE_FREE
    for order in range(1, u.NR_PAGE_ORDERS):
        pairs = full[-1].reshape(-1, 2)
        full.append(pairs[:, 0] & pairs[:, 1])
        if order == u.MAX_PAGE_ORDER > u.PAGEBLOCK_ORDER and separate is not None:
            alone = np.zeros(2 * len(full[-1]), np.bool_)
            alone[: len(separate)] = separate
            full[-1] &= ~alone.reshape(-1, 2).any(axis=1)
        if order == u.MAX_PAGE_ORDER and kinds is not None:
            padded = np.zeros(2 * len(full[-1]), np.uint8)
            padded[: len(kinds)] = kinds
            left, right = padded.reshape(-1, 2).T
            full[-1] &= left == right
    out: list[Pfns] = []
    for order in range(u.NR_PAGE_ORDERS):
        alone = full[order].copy()
        if order < u.MAX_PAGE_ORDER:
            alone &= ~np.repeat(full[order + 1], 2)
        out.append(np.flatnonzero(alone).astype(np.int64) << order)
    return out


def merge_kinds(migratetype: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What may merge with what: 0 for all mergeable types together, else a type of its own.

    Args:
        migratetype: uint8[nr_blocks].
    Source:
        include/linux/mmzone.h migratetype_is_mergeable(); mm/page_alloc.c __free_one_page().
    """
    return np.where(migratetype < u.MIGRATE_PCPTYPES, 0, migratetype).astype(np.uint8)


def _compound_orders(words: NDArray[np.uint64], state: States, order: States) -> tuple[States, int]:
    """Fill in the orders of compound pages; tails take the state of their head.

    Returns:
        states with tails as their heads, and how many compound pages were taken apart.
    """
    is_tail = _bit(words, KPF_COMPOUND_TAIL)
    is_head = _bit(words, KPF_COMPOUND_HEAD) & ~is_tail
    # Balloon pages are counted and moved one by one.
    usable = (state > u.STATE_ISOLATED_FREE) & (state != u.STATE_BALLOON)
    heads = np.flatnonzero(is_head & usable)
    if not len(heads):
        return state, 0
    # A compound page ends at the first page that is not a tail.
    stops = np.append(np.flatnonzero(~is_tail), len(words))
    sizes = stops[np.searchsorted(stops, heads, side="right")] - heads
    state = state.copy()
    split = 0
    by_size = np.argsort(sizes, kind="stable")
    found, firsts = np.unique(sizes[by_size], return_index=True)
    for size, members in zip(found.tolist(), np.split(heads[by_size], firsts[1:]), strict=True):
        if size > 1:
            tails = (members[:, None] + np.arange(1, size)).ravel()
            state[tails] = np.repeat(state[members], size - 1)
        piece = size if size in _ORDER_OF_SIZE else 1
        if size > u.HPAGE_NR_PAGES and size % u.HPAGE_NR_PAGES == 0:
            piece = u.HPAGE_NR_PAGES  # 1 GiB pages and the like: 2 MiB by 2 MiB
        fits = members % piece == 0
        split += int((~fits).sum()) + (len(members) if piece == 1 and size > 1 else 0)
        members = members[fits]
        if piece == 1 or not len(members):
            continue
        starts = (members[:, None] + np.arange(0, size, piece)).ravel()
        order[(starts[:, None] + np.arange(1, piece)).ravel()] = u.ORDER_TAIL
        order[starts] = _ORDER_OF_SIZE[piece]
    return state, split


def decode(words: NDArray[np.uint64], counts: NDArray[np.uint64]) -> Pages:
    """Decode a whole machine; the orders of free blocks are filled in later.

    Args:
        words: uint64[nr_pages], kpageflags, a multiple of 512 pages.
        counts: uint64[nr_pages], kpagecount.
    """
    state = decode_states(words, counts)
    order = np.zeros(len(words), np.uint8)
    state, split = _compound_orders(words, state, order)
    # A page whose compound head is gone (the capture raced) becomes a page of its own.
    thp_alone = (state == u.STATE_THP) & (order == 0)
    state[thp_alone] = u.STATE_ANON
    flags = decode_flags(words, counts, state)
    find_collapsed(state, order, flags)
    first = state[:: u.PAGEBLOCK_NR_PAGES]
    return Pages(
        state=state,
        flags=flags,
        order=order,
        reserved_first=first <= u.STATE_RESERVED,
        split=split,
    )


def find_collapsed(state: States, order: States, flags: NDArray[np.uint16]) -> None:
    """Tell huge pages made by khugepaged, which fills what a program had unmapped.

    It goes through a program's addresses, and the huge page that it has emptied is the next one
    that it fills: so those are neighbours among the huge pages, and all of them mapped entirely. A
    run of such is taken for its work if chance would make one as long once in a hundred guests.

    Args:
        state: uint8[nr_pages], STATE_*.
        order: uint8[nr_pages], of compound pages.
        flags: uint16[nr_pages]; first pages get PG_COLLAPSED.
    """
    heads = np.flatnonzero((state == u.STATE_THP) & (order == u.HPAGE_ORDER))
    if not len(heads):
        return
    mapped = (flags & u.PG_MAPPED).reshape(-1, u.HPAGE_NR_PAGES) != 0
    whole = mapped[heads >> u.HPAGE_ORDER].all(axis=1)
    share = whole.mean()
    values, lengths = _runs(whole)
    ends = np.cumsum(lengths)
    for is_whole, end, length in zip(values, ends, lengths, strict=True):
        if is_whole and len(heads) * share**length < _BY_CHANCE:
            flags[heads[end - length : end]] |= np.uint16(u.PG_COLLAPSED)


def find_parked(
    state: States,
    migratetype: NDArray[np.uint8],
    start_pfn: int,
    end_pfn: int,
    parked: int,
    guess: bool,
) -> None:
    """Tell pages parked on per-CPU lists from kernel memory, as many as zoneinfo counts.

    Neither has a flag. In MOVABLE and RECLAIMABLE pageblocks kernel memory without any flag is rare
    (it would have got there by stealing), so flagless pages there come first. The others are parked
    in UNMOVABLE pageblocks (86 to 122 pages, on seven guests whose lists a module printed), where
    nothing tells them apart.

    Args:
        state: uint8[nr_pages]; STATE_UNKNOWN becomes STATE_PCP.
        migratetype: uint8[nr_blocks].
        start_pfn: of the zone.
        end_pfn: one past the zone.
        parked: pages on the zone's per-CPU lists.
        guess: take the highest flagless pages of UNMOVABLE pageblocks for the others.
    """
    first, end = start_pfn >> u.PAGEBLOCK_ORDER, end_pfn >> u.PAGEBLOCK_ORDER
    unknown = start_pfn + np.flatnonzero(state[start_pfn:end_pfn] == u.STATE_UNKNOWN)
    likely = np.zeros(end, np.uint8)
    likely[first:end] = np.where(
        np.isin(migratetype[first:end], (u.MIGRATE_UNMOVABLE, u.MIGRATE_ISOLATE)), 0, 1
    )
    likely[first:end][migratetype[first:end] == u.MIGRATE_MOVABLE] = 2
    grade = likely[unknown >> u.PAGEBLOCK_ORDER]
    candidates = unknown[grade > 0]
    best = np.argsort(-grade[grade > 0].astype(np.int64), kind="stable")[:parked]
    state[candidates[best]] = u.STATE_PCP
    if guess:
        others = unknown[grade == 0][::-1][: parked - len(best)]
        state[others] = u.STATE_PCP
