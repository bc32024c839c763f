"""Infers the migratetype of every pageblock of a capture, which no /proc file gives.

Known per zone, from pagetypeinfo: how many pageblocks each type has, and how many free blocks of
each order lie in pageblocks of each type. Known per pageblock: its free blocks, its contents, and
what the kernel did to it at boot. So the types are chosen jointly: the contents of a pageblock make
some types likelier than others, and the sums must match (engine/capture/assign.py).
docs/CAPTURES.md has the reasons for each number here and what each rule contributes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine import units as u
from engine.capture.assign import Floats, Problem, assign

# Kinds of pages by their use; the columns of ``Evidence.kinds``.
KINDS: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("anon", (u.STATE_ANON, u.STATE_THP)),
    ("shmem", (u.STATE_SHMEM,)),
    ("file", (u.STATE_FILE,)),
    ("slab", (u.STATE_SLAB,)),
    ("pgtable", (u.STATE_PGTABLE,)),
    ("kernel", (u.STATE_KERNEL, u.STATE_UNKNOWN, u.STATE_HWPOISON)),
    ("huge", (u.STATE_HUGE,)),
    ("balloon", (u.STATE_BALLOON,)),
)
_FILE, _SLAB, _BALLOON = 2, 3, 7
_HOLE, _OTHER = len(KINDS) + 1, len(KINDS) + 2  # in no column
_MOVABLE_KINDS = (0, 1)
_KERNEL_KINDS = (3, 4, 5)
_TYPES = (
    u.MIGRATE_UNMOVABLE,
    u.MIGRATE_MOVABLE,
    u.MIGRATE_RECLAIMABLE,
    u.MIGRATE_HIGHATOMIC,
    u.MIGRATE_CMA,
    u.MIGRATE_ISOLATE,
)

# How common a page of each kind is in a pageblock of each type: parameters of a
# Dirichlet-multinomial, where small numbers mean "all or nothing". What a type is meant for gets
# about 1, what gets there by fallback a few per cent. Columns are ordered as in KINDS; file and
# balloon are filled in per machine.
_AFFINITY: Mapping[int, tuple[float, ...]] = {
    u.MIGRATE_UNMOVABLE: (0.05, 0.05, 0.0, 1.0, 0.3, 1.0, 0.02, 0.0),
    u.MIGRATE_MOVABLE: (1.0, 0.3, 0.0, 0.02, 0.005, 0.05, 0.3, 0.0),
    u.MIGRATE_RECLAIMABLE: (0.05, 0.05, 0.0, 5.0, 0.005, 0.1, 0.01, 0.0),
    u.MIGRATE_HIGHATOMIC: (0.2, 0.2, 0.0, 0.2, 0.2, 0.2, 0.02, 0.0),
    u.MIGRATE_CMA: (1.0, 0.3, 0.0, 0.002, 0.001, 0.01, 0.02, 0.0),
    u.MIGRATE_ISOLATE: (0.3, 0.3, 0.0, 0.1, 0.1, 0.1, 0.1, 0.0),
}
_CONCENTRATION = 2.0  # low: pageblocks of one type differ widely
_PAIR_COST = 2.0  # the two pageblocks of an order-10 block are mostly claimed together
_BOOT_COST = 3.0  # a pageblock that was never free has the type it got at boot
_CLAIM_COST = 2.0  # a claim needs half a pageblock that is free or compatible
_COUNT_WEIGHT = 6.0  # one pageblock too many of a type
_FREE_WEIGHT = 2.0  # one free block too many, scaled by how well the files agree
_SLAB_WEIGHT = 0.05  # one page of reclaimable slab too many


@dataclass(frozen=True)
class Evidence:
    """What is known of each pageblock, by index from pfn 0.

    Attributes:
        kinds: int64[nr_blocks, 8], pages by KINDS.
        reserved: int64[nr_blocks], reserved pages and holes.
        reserved_first: bool[nr_blocks], the first page is one of those.
        listed: bool[nr_blocks], has page structures: pagetypeinfo counts it.
        free: int64[nr_blocks, 11], free blocks by order; an order-10 block counts in its first
            pageblock.
    """

    kinds: NDArray[np.int64]
    reserved: NDArray[np.int64]
    reserved_first: NDArray[np.bool_]
    listed: NDArray[np.bool_]
    free: NDArray[np.int64]


@dataclass(frozen=True)
class ZoneTotals:
    """What pagetypeinfo and zoneinfo say of one zone.

    Attributes:
        first: first pageblock; end: one past the last.
        free: migratetype → free blocks by order, -1 = not counted.
        blocks: migratetype → pageblocks.
        deferred: first pageblock whose page structures were set up late at boot; ``end`` if none.
        slab_reclaimable: pages of reclaimable slab to be found, -1 = unknown for this zone.
        buffers_share: share of the page cache that belongs to block devices, 0 to 1.
    """

    first: int
    end: int
    free: Mapping[int, tuple[int, ...]]
    blocks: Mapping[int, int]
    deferred: int
    slab_reclaimable: int
    buffers_share: float


@dataclass(frozen=True)
class ZoneResult:
    """Types found for one zone.

    Attributes:
        migratetype: uint8[end - first].
        free_off: free blocks (all orders and types) that end up under a type other than the one in
            pagetypeinfo.
        blocks_off: pageblocks too many or too few, summed over types.
        balloon_movable: whether balloon pages look as if they were allocated as movable.
    """

    migratetype: NDArray[np.uint8]
    free_off: int
    blocks_off: int
    balloon_movable: bool


def count_evidence(
    state: NDArray[np.uint8], reserved_first: NDArray[np.bool_], free: list[NDArray[np.int64]]
) -> Evidence:
    """Count per pageblock.

    Args:
        state: uint8[nr_pages].
        reserved_first: bool[nr_blocks].
        free: free blocks by order, first pfns (engine/capture/pages.py free_blocks).
    """
    nr_blocks = len(state) // u.PAGEBLOCK_NR_PAGES
    table = np.full(u.NR_STATES, _OTHER, np.uint8)
    for column, (_, states) in enumerate(KINDS):
        table[list(states)] = column
    table[u.STATE_RESERVED], table[u.STATE_HOLE] = len(KINDS), _HOLE
    by_kind = table[state].reshape(nr_blocks, u.PAGEBLOCK_NR_PAGES)
    columns = [np.count_nonzero(by_kind == k, axis=1) for k in range(len(KINDS))]
    columns.append(np.count_nonzero((by_kind == len(KINDS)) | (by_kind == _HOLE), axis=1))
    counts = np.zeros((nr_blocks, u.NR_PAGE_ORDERS), np.int64)
    for order, starts in enumerate(free):
        counts[:, order] = np.bincount(starts >> u.PAGEBLOCK_ORDER, minlength=nr_blocks)
    return Evidence(
        kinds=np.stack(columns[:-1], axis=1).astype(np.int64),
        reserved=columns[-1].astype(np.int64),
        reserved_first=reserved_first,
        listed=(by_kind != _HOLE).any(axis=1),
        free=counts,
    )


def _log_rising(counts: NDArray[np.int64], start: float) -> Floats:
    """log of start * (start + 1) * ... * (start + count - 1), per count of up to 512."""
    table = np.append(0.0, np.cumsum(np.log(start + np.arange(u.PAGEBLOCK_NR_PAGES))))
    out: Floats = table[counts]
    return out


def _content_cost(
    kinds: NDArray[np.int64], migratetype: int, buffers_share: float, balloon_movable: bool
) -> Floats:
    """Minus log likelihood of each pageblock's contents under one type, float64[n]."""
    weights = np.array(_AFFINITY[migratetype])
    is_unmovable = migratetype == u.MIGRATE_UNMOVABLE
    for_movable = migratetype in (u.MIGRATE_MOVABLE, u.MIGRATE_CMA)
    # Page cache of files is allocated as movable, that of block devices as unmovable (GFP_USER).
    weights[_FILE] = 0.05
    if is_unmovable or for_movable:
        weights[_FILE] += buffers_share if is_unmovable else 1.0 - buffers_share
    weights[_BALLOON] = 0.5 if (for_movable if balloon_movable else is_unmovable) else 0.05
    # The same sum for all types; otherwise those that take many kinds would be at a disadvantage.
    weights *= _CONCENTRATION / weights.sum()
    cost = _log_rising(kinds.sum(axis=1), _CONCENTRATION)
    for column, weight in enumerate(weights.tolist()):
        cost -= _log_rising(kinds[:, column], weight)
    # Half a pageblock must be free or compatible when it is claimed (mm/page_alloc.c
    # try_to_claim_block()), so the other half bounds what a new owner inherits.
    half = u.PAGEBLOCK_NR_PAGES // 2
    foreign = _KERNEL_KINDS if for_movable else _MOVABLE_KINDS
    if for_movable != balloon_movable:
        foreign = (*foreign, _BALLOON)
    cost[kinds[:, foreign].sum(axis=1) > half] += _CLAIM_COST
    return cost


def _boot_cost(cost: Floats, types: list[int], own: Evidence, deferred: int) -> None:
    """Account for what boot did; changes ``cost`` in place.

    memmap_init_range() makes every pageblock MOVABLE. Where page structures are set up late,
    deferred_free_pages() does so only when it finds the first page of a pageblock in free memory:
    all others keep the 0 of a cleared bitmap, UNMOVABLE.
    """
    index = np.arange(len(cost))
    late = own.reserved_first & (index >= deferred)
    early = (own.reserved == u.PAGEBLOCK_NR_PAGES) & ~late
    for column, migratetype in enumerate(types):
        cost[late, column] += 0.0 if migratetype == u.MIGRATE_UNMOVABLE else _BOOT_COST
        cost[early, column] += 0.0 if migratetype == u.MIGRATE_MOVABLE else _BOOT_COST


def _sums(types: list[int], own: Evidence, zone: ZoneTotals) -> tuple[Floats, Floats, Floats]:
    """Amounts, targets and weights of the assignment."""
    dims = u.NR_PAGE_ORDERS + 2  # orders, pageblocks, slab pages
    amounts = np.zeros((len(own.free), dims))
    amounts[:, : u.NR_PAGE_ORDERS] = own.free
    amounts[:, -2] = own.listed
    amounts[:, -1] = own.kinds[:, _SLAB]
    target = np.zeros((len(types), dims))
    weight = np.zeros((len(types), dims))
    listed = np.array([zone.free.get(t, (0,) * u.NR_PAGE_ORDERS) for t in types], np.float64)
    # The files are read one after another: where their totals disagree, they bind less.
    slack = np.abs(own.free.sum(axis=0) - np.maximum(listed, 0).sum(axis=0))
    for row, migratetype in enumerate(types):
        target[row, : u.NR_PAGE_ORDERS] = np.maximum(listed[row], 0)
        weight[row, : u.NR_PAGE_ORDERS] = np.where(
            listed[row] < 0, 0.0, _FREE_WEIGHT / (0.3 + slack / 2)
        )
        target[row, -2] = zone.blocks.get(migratetype, 0)
        weight[row, -2] = _COUNT_WEIGHT
        if migratetype == u.MIGRATE_RECLAIMABLE and zone.slab_reclaimable >= 0:
            target[row, -1] = zone.slab_reclaimable
            weight[row, -1] = _SLAB_WEIGHT
    return amounts, target, weight


def infer_zone(evidence: Evidence, zone: ZoneTotals) -> ZoneResult:
    """Choose the types of one zone's pageblocks.

    Args:
        evidence: of the whole machine.
        zone: what is known of the zone.
    """
    span = slice(zone.first, zone.end)
    odd = (zone.end - zone.first) % 2
    own = _padded(evidence, span, odd)
    types = [t for t in _TYPES if zone.blocks.get(t, 0) > 0] or [u.MIGRATE_MOVABLE]
    amounts, target, weight = _sums(types, own, zone)
    whole = own.reserved == 0
    coupling = np.where(whole[0::2] & whole[1::2], _PAIR_COST, 0.0)
    if u.PAGEBLOCK_ORDER < u.MAX_PAGE_ORDER:
        coupling[own.free[0::2, u.MAX_PAGE_ORDER] > 0] += 50.0  # a free block has a single type
    else:
        coupling[:] = 0.0  # nothing joins two pageblocks
    best: tuple[float, NDArray[np.int64], Floats, bool] | None = None
    has_balloon = bool(own.kinds[:, _BALLOON].any())
    for balloon_movable in (False, True) if has_balloon else (True,):
        columns = [_content_cost(own.kinds, t, zone.buffers_share, balloon_movable) for t in types]
        cost = np.stack(columns, axis=1)
        cost[own.reserved == u.PAGEBLOCK_NR_PAGES] = 0.0
        _boot_cost(cost, types, own, zone.deferred - zone.first)
        labels, excess, value = assign(Problem(cost, amounts, target, weight, coupling))
        if best is None or value < best[0]:
            best = (value, labels, excess, balloon_movable)
    assert best is not None
    _, labels, excess, balloon_movable = best
    return ZoneResult(
        migratetype=np.array(types, np.uint8)[labels[: zone.end - zone.first]],
        free_off=int(np.abs(excess * (weight > 0))[:, : u.NR_PAGE_ORDERS].sum()),
        blocks_off=int(np.abs(excess[:, -2]).sum()),
        balloon_movable=balloon_movable,
    )


def _padded(evidence: Evidence, span: slice, odd: int) -> Evidence:
    """A zone's evidence, padded to an even number of pageblocks with an empty one."""
    return Evidence(
        kinds=np.pad(evidence.kinds[span], ((0, odd), (0, 0))),
        reserved=np.pad(evidence.reserved[span], (0, odd), constant_values=u.PAGEBLOCK_NR_PAGES),
        reserved_first=np.pad(evidence.reserved_first[span], (0, odd)),
        listed=np.pad(evidence.listed[span], (0, odd)),
        free=np.pad(evidence.free[span], ((0, odd), (0, 0))),
    )
