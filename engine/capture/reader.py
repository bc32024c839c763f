"""What the reader of a capture took: buddyinfo is read before kpageflags, which shows it in use."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine import units as u
from engine.capture.pages import Pages, Pfns, States

_READERS_ORDER = 3  # of the blocks that reading a capture takes, as seen on recorded guests


def _choose(in_use: NDArray[np.int64], may: NDArray[np.bool_], single: int, paired: int) -> Pfns:
    """Pageblocks to be made whole: those with the fewest pages in use that merge as counted.

    Args:
        in_use: int64[nr_blocks], pages in use; 0 for a whole pageblock.
        may: bool[nr_blocks], which may be chosen.
        single: how many are to stay alone.
        paired: how many are to merge with a whole pageblock beside them.
    """
    whole = in_use == 0
    chosen = []
    for block in np.flatnonzero(may)[np.argsort(in_use[may], kind="stable")].tolist():
        beside = block ^ 1
        merges = beside < len(whole) and bool(whole[beside])
        if merges and paired > 0:
            paired -= 1
        elif not merges and single > 0:
            single -= 1
        else:
            continue
        chosen.append(block)
        whole[block] = True
        if single == paired == 0:
            break
    return np.array(chosen, np.int64)


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
    odd = start_pfn // size & 1  # a block begun before the zone keeps buddies at 2n and 2n + 1
    state = pages.state[start_pfn:end_pfn].reshape(-1, size)
    in_use = np.pad(np.count_nonzero(state != u.STATE_FREE, axis=1), (odd, 0), constant_values=1)
    fixed = np.pad((state <= u.STATE_RESERVED).any(axis=1), (odd, 0), constant_values=True)
    above = range(u.PAGEBLOCK_ORDER, len(counted))
    lacking = sum(counted[order] << order - u.PAGEBLOCK_ORDER for order in above)
    lacking -= int(np.count_nonzero(in_use == 0))
    paired = 0
    if len(above) > 1:
        pairs = (in_use[: len(in_use) // 2 * 2].reshape(-1, 2) == 0).all(axis=1)
        paired = max(counted[u.PAGEBLOCK_ORDER + 1] - int(np.count_nonzero(pairs)), 0)
    if lacking <= 0 or paired > lacking:
        return
    chosen = _choose(in_use, (in_use > 0) & ~fixed, lacking - paired, paired)
    if in_use[chosen].sum() > most:
        return
    for first in start_pfn + (chosen - odd) * size:
        here = slice(first, first + size)
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
