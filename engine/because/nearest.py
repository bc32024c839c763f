"""The next obstacle: pageblocks by how near they are to becoming free, and the lists' own blocks.

Order: fewest pages in the way (those that neither compaction nor the balloon's own work could take
away), then fewest pages in use, then the lowest address. Pageblocks without a page in the way are
no obstacles, nor are those with a hole.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import units as u
from engine.because import laws as law
from engine.because.block import BlockPages, heads_of
from engine.because.words import pages_text, stays_sentence
from engine.errors import RefusedError
from engine.guest import Guest

_NR = u.PAGEBLOCK_NR_PAGES
_CHUNK = 512  # pageblocks looked at together
# Flags that a law of this folder asks for, in the order of their bits in a key.
_ASKED = (
    u.PG_LRU, u.PG_UNEVICTABLE, u.PG_LOCKED, u.PG_ISOLATED, u.PG_PINNED, u.PG_DEDICATED,
    u.PG_MOVABLE_OPS,
)  # fmt: skip
_ORDERS = (0, 1, u.HPAGE_ORDER)  # an order stands for all of its class: single, large, whole


def _table(laws: law.Laws) -> NDArray[np.bool_]:
    """Whether a page is in the way, by state, class of order and flags."""
    nowhere = law.BlockPlace(u.MIGRATE_MOVABLE, u.ZONE_NORMAL, False)
    found = np.zeros((u.NR_STATES, len(_ORDERS), 1 << len(_ASKED)), bool)
    for state in range(u.NR_STATES):
        for size, order in enumerate(_ORDERS):
            for bits in range(1 << len(_ASKED)):
                flags = sum(flag for i, flag in enumerate(_ASKED) if bits >> i & 1)
                page = law.BlockPage(state, order, flags)
                found[state, size, bits] = law.stays_under_design(page, laws, nowhere) is not None
    return found


def pages_in_the_way(guest: Guest, laws: law.Laws) -> NDArray[np.int64]:
    """Per pageblock the pages that neither compaction nor the balloon's own work could take away.

    Args:
        guest: only read.
        laws: that hold.

    Returns:
        int64[pageblocks].
    """
    table = _table(laws)
    found = np.zeros(len(guest.blocks), np.int64)
    # Only these can have one: everything else is free, or movable by its kind.
    blocks = np.flatnonzero(guest.blocks["nr_free"] < _NR)
    pages = guest.pages.reshape(-1, _NR)
    for at in range(0, len(blocks), _CHUNK):
        some = blocks[at : at + _CHUNK]
        rows = pages[some]
        state, order = rows["state"].ravel(), rows["order"].ravel()
        heads = heads_of(state, order)
        flags, size = rows["flags"].ravel()[heads], order[heads]
        size = np.where(size > u.MAX_PAGE_ORDER, 0, size)
        bits = np.zeros(len(state), np.int64)
        for i, flag in enumerate(_ASKED):
            bits |= ((flags & flag) != 0).astype(np.int64) << i
        classes = np.searchsorted(_ORDERS, size, "right") - 1
        found[some] = table[state, classes, bits].reshape(-1, _NR).sum(axis=1)
    return found


def obstacles(guest: Guest, key: str, limit: int) -> dict[str, Any]:
    """The pageblocks nearest to becoming free that cannot, each with the page that forbids it.

    Args:
        guest: only read.
        key: of its design.
        limit: pageblocks to tell.

    Returns:
        ``total`` and ``obstacles``: pageblock, ``pages`` in the way, ``in_use``, ``pfn`` of the
        first, its ``reason`` and ``sentence``.
    """
    laws = law.laws_of(guest, key)
    way = pages_in_the_way(guest, laws)
    blocks = guest.blocks
    in_use = _NR - blocks["nr_free"].astype(np.int64) - blocks["nr_pcp"]
    holes = (guest.pages["state"] == u.STATE_HOLE).reshape(-1, _NR).any(axis=1)
    met = np.flatnonzero((way > 0) & ~holes)
    order = met[np.lexsort((met, in_use[met], way[met]))]
    told = []
    for pageblock in order[:limit]:
        block = BlockPages(guest, int(pageblock))
        stays = block.stays(law.stays_under_design, laws)
        i = next(i for i in range(_NR) if stays[i])
        why = stays_sentence(guest, block.first + i, block.page(i), str(stays[i]))
        nr = int(way[pageblock])
        told.append(
            {
                "pageblock": int(pageblock),
                "pages": nr,
                "in_use": int(in_use[pageblock]),
                "pfn": block.first + i,
                "reason": stays[i],
                "sentence": f"{pages_text(nr)} of pageblock {pageblock:,} "
                f"{'is' if nr == 1 else 'are'} in the way; page {block.first + i:,}: {why}",
            }
        )
    return {"total": len(met), "obstacles": told}


def blocks_of_list(guest: Guest, order: int, migratetype: int) -> list[tuple[int, int]]:
    """The pageblocks in which the free blocks of one list lie.

    Args:
        guest: only read.
        order: of the free blocks.
        migratetype: units.MIGRATE_*; -1 = of every type.

    Returns:
        (pageblock, free blocks), ascending; a block of two pageblocks counts for its first.

    Raises:
        RefusedError: there is no such order or type.
    """
    if not 0 <= order <= u.MAX_PAGE_ORDER:
        raise RefusedError(f"order is {order}: free blocks are of order 0 to {u.MAX_PAGE_ORDER}")
    if not -1 <= migratetype < u.NR_MIGRATETYPES:
        raise RefusedError(
            f"type is {migratetype}: migratetypes are 0 to {u.NR_MIGRATETYPES - 1}, -1 = all"
        )
    pages = guest.pages
    heads = (pages["order"] == order) & (pages["state"] == u.STATE_FREE)
    per_block = heads.reshape(-1, _NR).sum(axis=1)
    if migratetype >= 0:
        per_block = np.where(guest.blocks["migratetype"] == migratetype, per_block, 0)
    return [(int(block), int(per_block[block])) for block in np.flatnonzero(per_block)]
