"""What the reader of a capture took: buddyinfo is read before kpageflags, which shows it in use."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine import units as u
from engine.capture.pages import Pages, States

_READERS_ORDER = 3  # of the blocks that reading a capture takes, as seen on recorded guests


def _choose(candidates: list[int], whole: set[int], single: int, paired: int) -> list[int]:
    """Pageblocks to be made whole: the first that merge with the one beside them as counted.

    Args:
        candidates: numbers of pageblocks.
        whole: of those that are; written.
        single: how many are to stay alone.
        paired: how many are to merge.
    """
    chosen = []
    for block in candidates:
        if single == paired == 0:
            break
        merges = block ^ 1 in whole
        if merges and paired > 0:
            paired -= 1
        elif not merges and single > 0:
            single -= 1
        else:
            continue
        chosen.append(block)
        whole.add(block)
    return chosen


def free_whole_blocks(
    pages: Pages, start_pfn: int, end_pfn: int, counted: Sequence[int], most: int
) -> None:
    """Free the pageblocks that were whole when buddyinfo was read.

    Of 33 recorded guests six have one whole pageblock less than buddyinfo, and one that would merge
    as buddyinfo has it with 4 to 47 pages in use: memory of the reader.

    Args:
        pages: of the machine; the pages in use there become STATE_FREE.
        start_pfn: of the zone, in whole pageblocks.
        end_pfn: one past the zone.
        counted: the zone's free blocks of each order in buddyinfo.
        most: pages in use that may be freed, of all these pageblocks; if there are more the machine
            was busy, and nothing is freed.
    """
    size = u.PAGEBLOCK_NR_PAGES
    first = start_pfn // size
    state = pages.state[start_pfn:end_pfn].reshape(-1, size)
    in_use = np.count_nonzero(state != u.STATE_FREE, axis=1)
    above = range(u.PAGEBLOCK_ORDER, len(counted))
    lacking = sum(counted[order] << order - u.PAGEBLOCK_ORDER for order in above)
    lacking -= int(np.count_nonzero(in_use == 0))
    if lacking <= 0:
        return
    whole = set((first + np.flatnonzero(in_use == 0)).tolist())
    paired = 0
    if len(above) > 1:
        pairs = sum(block % 2 == 0 and block + 1 in whole for block in whole)
        paired = max(counted[u.PAGEBLOCK_ORDER + 1] - pairs, 0)
    if paired > lacking:
        return
    may = np.flatnonzero((in_use > 0) & ~(state <= u.STATE_RESERVED).any(axis=1))
    by_use = first + may[np.argsort(in_use[may], kind="stable")]
    chosen = _choose(by_use.tolist(), whole, lacking - paired, paired)
    if sum(in_use[block - first] for block in chosen) > most:
        return
    for block in chosen:
        here = slice(block * size, (block + 1) * size)
        pages.state[here] = u.STATE_FREE
        pages.flags[here] = pages.order[here] = 0


def free_what_reading_took(
    state: States,
    migratetype: NDArray[np.uint8],
    start_pfn: int,
    end_pfn: int,
    counted: Sequence[int],
    most: int,
) -> None:
    """Free what the capture's reader held while it read kpageflags.

    buddyinfo is read before, and counts 30 to 130 free pages more than kpageflags shows: memory of
    the reader and what its CPU's lists were filled with meanwhile, most of it blocks of order 3
    in UNMOVABLE pageblocks. Nothing tells which; the highest flagless ones are taken.

    Args:
        state: uint8[nr_pages]; STATE_UNKNOWN becomes STATE_FREE.
        migratetype: uint8[nr_blocks].
        start_pfn: of the zone, in whole pageblocks.
        end_pfn: one past the zone.
        counted: the zone's free blocks of each order in buddyinfo.
        most: what the CPUs' lists may hold; if more is missing the machine was busy, and nothing is
            freed.
    """
    size = 1 << _READERS_ORDER
    here = state[start_pfn:end_pfn]
    free = sum(nr << order for order, nr in enumerate(counted))
    missing = free - int(np.count_nonzero(here == u.STATE_FREE))
    if not 0 < missing <= most:
        return
    types = migratetype[start_pfn >> u.PAGEBLOCK_ORDER : end_pfn >> u.PAGEBLOCK_ORDER]
    is_unmovable = np.repeat(types == u.MIGRATE_UNMOVABLE, u.PAGEBLOCK_NR_PAGES // size)
    flagless = (here == u.STATE_UNKNOWN).reshape(-1, size).all(axis=1)
    chosen = np.flatnonzero(flagless & is_unmovable)[::-1][: missing // size]
    here[(chosen[:, None] * size + np.arange(size)).ravel()] = u.STATE_FREE
