"""Free blocks of kernels that mark their first page only.

Before Linux 4.6 (commit 832fc1de01ae) kpageflags had KPF_BUDDY on the head of a free block and
nothing at all on its other pages. How far a block reaches is told by three things: it is aligned
to its size, its pages have no flag, and buddyinfo has the number of blocks of each order.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from engine import units as u
from engine.capture.pages import KPF_BUDDY
from engine.capture.text import ZoneKey
from engine.guest import ZoneSpan

_BUDDY = np.uint64(1 << KPF_BUDDY)
_FEW = 0.8  # heads alone that are less than this share of the free pages: such a kernel
_CLEAR = 1.5  # pages a block from which on the two ways of marking can be told apart


def marks_heads_only(words: NDArray[np.uint64], counts: Sequence[Sequence[int]]) -> bool:
    """Whether only the first page of a free block is marked.

    Args:
        words: uint64[nr_pages], kpageflags.
        counts: buddyinfo, free blocks by zone and order.
    """
    blocks = sum(map(sum, counts))
    free = sum(n << order for zone in counts for order, n in enumerate(zone))
    marked = int(np.count_nonzero(words & _BUDDY))
    if free < _CLEAR * blocks or marked > _FEW * free:
        return False
    return abs(marked - blocks) < 0.1 * blocks


def _largest(
    heads: NDArray[np.int64], next_used: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Highest order that each head can have, and whether such a block fills its gap."""
    room = next_used - heads
    order = np.zeros(len(heads), np.int64)
    for larger in range(1, u.NR_PAGE_ORDERS):
        order[(heads & ((1 << larger) - 1) == 0) & (room >= 1 << larger)] = larger
    return order, room == np.left_shift(1, order)


def _settled(
    order: NDArray[np.int64], fills: NDArray[np.bool_], listed: Sequence[int]
) -> NDArray[np.int64]:
    """Orders of which no more are of one kind than buddyinfo lists; the others are smaller.

    Blocks that fill the gap to the next page in use keep their order first: what is behind the
    others may as well be kernel memory without a flag.
    """
    order = order.copy()
    for top in range(u.MAX_PAGE_ORDER, 0, -1):
        mine = np.flatnonzero(order == top)
        too_many = len(mine) - listed[top]
        if too_many > 0:
            by_doubt = mine[np.argsort(fills[mine], kind="stable")]
            order[by_doubt[:too_many]] = top - 1
    return order


def mark_tails(
    words: NDArray[np.uint64],
    counts: NDArray[np.uint64],
    spans: Mapping[ZoneKey, ZoneSpan],
    buddyinfo: Mapping[ZoneKey, Sequence[int]],
) -> int:
    """Set KPF_BUDDY on every page of each free block; changes ``words``.

    Args:
        words: uint64[nr_pages], kpageflags.
        counts: uint64[nr_pages], kpagecount.
        spans: zones in whole pageblocks.
        buddyinfo: free blocks by zone and order.
    Returns:
        Free blocks of several pages that were restored.
    """
    found = 0
    for key, span in spans.items():
        part = words[span.start_pfn : span.end_pfn]
        used = (part != 0) | (counts[span.start_pfn : span.end_pfn] != 0)
        heads = np.flatnonzero(part & _BUDDY).astype(np.int64)
        edges = np.append(np.flatnonzero(used), len(part)).astype(np.int64)
        next_used = edges[np.searchsorted(edges, heads, side="right")]
        # A zone starts at a pageblock, which need not be aligned to the largest order.
        largest, fills = _largest(heads + span.start_pfn, next_used + span.start_pfn)
        order = _settled(largest, fills, buddyinfo[key])
        for top in range(1, u.NR_PAGE_ORDERS):
            starts = heads[order == top]
            found += len(starts)
            part[(starts[:, None] + np.arange(1, 1 << top)).ravel()] = _BUDDY
    return found
