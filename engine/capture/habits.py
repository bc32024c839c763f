"""What a report leaves open beyond the counts, drawn from named families: who lies where.

A family has a few values that differ much; every seed takes one of each, and as many seeds in a row
as a family has values take all of them, so that few draws already differ. docs/REPORTS.md.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LOW_END = 0
HIGH_END = -1
# Lengths that share no factor: every combination has its seeds. By the seed's remainder; seeds 1
# and 2 take the ends, so that even two draws say how much hangs on it.
_STREWN = (50, 0, 200, 10)  # per mille of the kernel's pages that lie in movable pageblocks
_RUNS = (1, LOW_END, 16, 512, HIGH_END)  # pages of page cache in a row
_PACKED = (0, 50, 90)  # percent of the free blocks that are drawn into the smallest room
_KERNEL_RUN = 4  # pages of the kernel in a row


@dataclass(frozen=True)
class Habits:
    """How a drawn machine came to be as it is.

    Attributes:
        strewn: per mille of the kernel's pages that lie in movable pageblocks, where the counts
            leave a choice.
        cache_run: pages of page cache in a row between anonymous ones, LOW_END or HIGH_END: in one
            piece there.
        packed: percent of the free blocks that are put into the smallest room that holds them; the
            others go anywhere.
    """

    strewn: int
    cache_run: int
    packed: int


def habits_of(seed: int) -> Habits:
    """The habits of a seed."""
    return Habits(
        _STREWN[seed % len(_STREWN)], _RUNS[seed % len(_RUNS)], _PACKED[seed % len(_PACKED)]
    )


def kernel_pages(nr_kernel: int, movable: int, others: int, habits: Habits) -> tuple[int, int]:
    """How many of the kernel's pages lie in movable pageblocks, how many in the others.

    Args:
        nr_kernel: pages in use that are on no LRU list.
        movable: pages in use in movable pageblocks.
        others: pages in use in all others.
        habits: strewn.
    """
    strewn = nr_kernel * habits.strewn // 1000
    strewn = min(max(strewn, nr_kernel - others), movable)
    return strewn, min(nr_kernel - strewn, others)


def in_runs(
    pfns: NDArray[np.int64], number: int, run: int, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Choose pages, a run at a time.

    Args:
        pfns: ascending.
        number: how many, at most len(pfns).
        run: pages of ``pfns`` in a row, LOW_END or HIGH_END.
        rng: of the draw.

    Returns:
        bool[len(pfns)].
    """
    chosen = np.zeros(len(pfns), np.bool_)
    if run == LOW_END:
        chosen[:number] = True
    elif run == HIGH_END:
        chosen[len(pfns) - number :] = True
    else:
        runs = rng.permutation(-(-len(pfns) // run))
        rank = np.empty(len(runs), np.int64)
        rank[runs] = np.arange(len(runs))
        order = np.argsort(rank[np.arange(len(pfns)) // run], kind="stable")
        chosen[order[:number]] = True
    return chosen


def draw_kernel(
    used: NDArray[np.int64],
    is_movable: NDArray[np.bool_],
    on_lru: int | None,
    habits: Habits,
    rng: np.random.Generator,
) -> NDArray[np.bool_]:
    """Which pages in use are the kernel's.

    Args:
        used: pfns, ascending.
        is_movable: whether each lies in a movable pageblock.
        on_lru: pages on LRU lists by zoneinfo; None if it does not say: as many as lie in movable
            pageblocks.
        habits: strewn.
        rng: of the draw.

    Returns:
        bool[len(used)].
    """
    movable = int(is_movable.sum())
    others = len(used) - movable
    nr_kernel = others if on_lru is None else max(0, len(used) - on_lru)
    kernel = np.zeros(len(used), np.bool_)
    for where, number in zip(
        (is_movable, ~is_movable), kernel_pages(nr_kernel, movable, others, habits), strict=True
    ):
        kernel[where] = in_runs(used[where], number, _KERNEL_RUN, rng)
    return kernel
