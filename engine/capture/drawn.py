"""Draws a guest that prints a given report: a report fixes counts, not positions.

Where free blocks lie is drawn from a seed: each block's buddy is kept from being free as a whole,
so that nothing merges and the guest prints the counts that it was drawn from. docs/REPORTS.md lists
what is assumed besides.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine import units as u
from engine.capture import pages as p
from engine.capture.assemble import assemble_guest
from engine.capture.habits import Habits, draw_kernel, habits_of, in_runs
from engine.capture.load import Capture
from engine.capture.text import (
    MIGRATETYPE_NAMES,
    PageTypes,
    ZoneText,
    check_pageblock_order,
)
from engine.errors import RefusedError
from engine.guest import Guest, ZoneSpan
from engine.report.model import USUAL_PAGE_KIB, Moment, ZoneFacts

_BLOCK = u.PAGEBLOCK_NR_PAGES
_TOP = u.MAX_PAGE_ORDER
_GROUP = 1 << (_TOP - u.PAGEBLOCK_ORDER)  # pageblocks of a block of the largest order: 2, or 1
_LRU = 1 << p.KPF_LRU
_ANON = _LRU | 1 << p.KPF_ANON | 1 << p.KPF_MMAP | 1 << p.KPF_SWAPBACKED
_SLAB = 1 << p.KPF_SLAB
MAX_DRAWN_PAGES = 16 << 18  # 16 GiB of 4 KiB pages
# What a drawn guest assumes beyond the counts; docs/REPORTS.md.
DRAWN_ASSUMED = (
    "where free blocks lie in pageblocks of their type is drawn from the seed",
    "a zone's holes lie at its end, small ones and reserved pages at its start",
    "how many of the kernel's pages lie in movable pageblocks is drawn, too: 0, 1, 5 or 20 %, as"
    " far as zoneinfo's LRU counts leave a choice",
    "so is how page cache and anonymous pages alternate (runs of 1, 16 or 512 pages, or one piece"
    " at either end), and how closely free blocks lie together",
    "pages parked on per-CPU lists, if zoneinfo counts them, are of movable pageblocks",
    "nothing is pinned, and no page is a balloon's",
)


@dataclass(frozen=True)
class _Layout:
    """One zone on its way to pages.

    Attributes:
        facts: what the report says.
        span: in whole pageblocks.
        start, end: first page, and one past the last.
        holes: pages of small holes, reserved: pages that the kernel keeps: neither is free.
    """

    facts: ZoneFacts
    span: ZoneSpan
    start: int
    end: int
    holes: int
    reserved: int


def check_drawable(moment: Moment) -> None:
    """Refuse what cannot be drawn, or could be drawn but not played.

    Raises:
        RefusedError: one sentence with the reason.
        OtherGeometryError: a process of the report's pageblock order can.
    """
    zones = moment.counted
    if not zones:
        raise RefusedError("no zone's free blocks are in the text: nothing to draw")
    order = moment.pageblock_order or u.PAGEBLOCK_ORDER
    known = " and ".join(map(str, u.PAGEBLOCK_ORDERS))
    if order not in u.PAGEBLOCK_ORDERS:
        raise RefusedError(f"pageblocks of order {order}: only orders {known} can be drawn")
    if moment.page_kib not in (None, USUAL_PAGE_KIB):
        raise RefusedError(f"pages of {moment.page_kib} KiB: only 4 KiB can be played")
    for zone in zones:
        name = f"zone {zone.key[1]} of node {zone.key[0]}"
        counts = zone.best
        if zone.key[1] not in u.ZONE_NAMES:
            raise RefusedError(f"{name} cannot be played: only {', '.join(u.ZONE_NAMES)}")
        if counts is None or len(counts.values) != u.NR_PAGE_ORDERS or counts.floors:
            raise RefusedError(f"{name}: exact counts of {u.NR_PAGE_ORDERS} orders are needed")
        missing = [n for n in ("start_pfn", "spanned", "present") if n not in zone.pages]
        if missing:
            raise RefusedError(
                f"{name}: {', '.join(missing)} not in the text: zoneinfo is needed to play it"
            )
    if sum(zone.pages["present"] for zone in zones) > MAX_DRAWN_PAGES:
        raise RefusedError(f"over {MAX_DRAWN_PAGES >> 18} GiB: the limit of what can be drawn")
    check_pageblock_order(order)


def _layouts(moment: Moment) -> list[_Layout]:
    out: list[_Layout] = []
    for facts in sorted(moment.counted, key=lambda zone: zone.pages["start_pfn"]):
        figures = facts.pages
        start, present = figures["start_pfn"], figures["present"]
        holes = max(0, figures["spanned"] - present)
        if holes >= _BLOCK:
            holes = 0  # a large one is put behind the memory
        end = start + present + holes
        name, first = u.ZONE_NAMES.index(facts.key[1]), start // _BLOCK * _BLOCK
        span = ZoneSpan(name, first, -(-end // _BLOCK) * _BLOCK, facts.key[0])
        if out and span.start_pfn < out[-1].span.end_pfn:
            raise RefusedError(f"zone {facts.key[1]} overlaps the one before: it cannot be drawn")
        reserved = max(0, present - figures.get("managed", present))
        out.append(_Layout(facts, span, start, end, holes, reserved))
    return out


def _types_of(zone: ZoneFacts) -> dict[int, list[int]]:
    """Free blocks by migratetype and order that add up to buddyinfo's; movable ones give way."""
    total = list(zone.best.values) if zone.best is not None else []
    known = {
        MIGRATETYPE_NAMES[name]: list(counts.values)
        for name, counts in zone.types.items()
        if name in MIGRATETYPE_NAMES and len(counts.values) == len(total)
    }
    for isolated in (u.MIGRATE_ISOLATE, u.MIGRATE_CMA, u.MIGRATE_HIGHATOMIC):
        known.pop(isolated, None)
    known.setdefault(u.MIGRATE_MOVABLE, [0] * len(total))
    order_of_giving = sorted(known, key=lambda t: t != u.MIGRATE_MOVABLE)
    for order, number in enumerate(total):
        spare = sum(counts[order] for counts in known.values()) - number
        if spare < 0:
            known[u.MIGRATE_MOVABLE][order] -= spare
            continue
        for migratetype in order_of_giving:
            take = min(spare, known[migratetype][order])
            known[migratetype][order] -= take
            spare -= take
    return known


class _Zone:
    """Draws one zone: which pageblocks have which type, and where its free blocks lie."""

    def __init__(self, layout: _Layout, habits: Habits, rng: np.random.Generator) -> None:
        self._rng = rng
        self._packed = habits.packed
        self._layout = layout
        # Type → order → first pfns of what is not free. A region may hold free blocks but not be
        # one; an edge may be one, since its buddy reaches out of the zone.
        self.regions: dict[int, dict[int, list[int]]] = {}
        self.edges: dict[int, dict[int, list[int]]] = {}
        self.types: dict[int, int] = {}  # pageblock → type
        self.free: list[tuple[int, int]] = []  # first pfn and order

    def draw(self) -> None:
        """Give types to pageblocks, then place blocks from the largest order down.

        Raises:
            RefusedError: the counts do not fit into the zone.
        """
        wanted = _types_of(self._layout.facts)
        self._assign(wanted)
        for order in range(_TOP, -1, -1):
            for migratetype, counts in wanted.items():
                for _ in range(counts[order]):
                    self._place(migratetype, order)

    def _assign(self, wanted: Mapping[int, list[int]]) -> None:
        """Types of pageblocks by the report's totals, by whole blocks of the largest order.

        Pageblocks at the zone's ends take the types that are not movable first, as boot leaves
        them. Whatever is left over is movable.
        """
        first, end = -(-self._layout.start // _BLOCK), self._layout.end // _BLOCK
        groups = list(range(first + -first % _GROUP, end - _GROUP + 1, _GROUP))
        whole = {b + i for b in groups for i in range(_GROUP)}
        span = self._layout.span
        others = [b for b in range(span.start_pfn // _BLOCK, span.end_pfn // _BLOCK)
                  if b not in whole]  # fmt: skip
        self._rng.shuffle(groups)
        totals = {
            MIGRATETYPE_NAMES[name]: number
            for name, number in self._layout.facts.blocks.items()
            if MIGRATETYPE_NAMES.get(name) in wanted
        }
        odd: list[int] = []  # pageblocks of a group that two types share
        for migratetype in sorted(set(wanted) - {u.MIGRATE_MOVABLE}):
            pages = sum(n << o for o, n in enumerate(wanted[migratetype]))
            number = totals.get(migratetype, 2 * pages // _BLOCK + 2 if pages else 0)
            mine = [others.pop(0) for _ in range(min(number, len(others)))]
            number -= len(mine)
            mine_whole, groups = groups[: number // _GROUP], groups[number // _GROUP :]
            mine += [b + i for b in mine_whole for i in range(_GROUP)]
            regions = {_TOP: [b * _BLOCK for b in mine_whole]}
            if number % _GROUP and (odd or groups):
                if not odd:
                    odd = [groups[0], groups[0] + 1]
                    groups = groups[1:]
                block = odd.pop()
                mine.append(block)
                regions[u.PAGEBLOCK_ORDER - 1] = _halves(block)
            self.regions[migratetype] = regions
            self.types |= dict.fromkeys(mine, migratetype)
            self._add_edges(migratetype, [b for b in mine if b not in whole])
        self._add_edges(u.MIGRATE_MOVABLE, others)
        self.regions[u.MIGRATE_MOVABLE] = {
            _TOP: [b * _BLOCK for b in groups],
            u.PAGEBLOCK_ORDER - 1: [pfn for block in odd for pfn in _halves(block)],
        }

    def _add_edges(self, migratetype: int, blocks: list[int]) -> None:
        """The naturally aligned pieces of pageblocks outside of the zone's whole largest blocks."""
        mine = self.edges.setdefault(migratetype, {})
        for block in blocks:
            at = max(block * _BLOCK, self._layout.start)
            end = min((block + 1) * _BLOCK, self._layout.end)
            while at < end:
                fits = (end - at).bit_length() - 1
                order = min(fits, (at & -at).bit_length() - 1, u.PAGEBLOCK_ORDER) if at else fits
                mine.setdefault(min(order, u.PAGEBLOCK_ORDER), []).append(at)
                at += 1 << min(order, u.PAGEBLOCK_ORDER)

    def _place(self, migratetype: int, order: int) -> None:
        """One free block: an edge, or half of a larger region whose other half stays in use."""
        if exact := self.edges.get(migratetype, {}).get(order):
            self.free.append((exact.pop(), order))
            return
        least = min(order + 1, _TOP)
        rest, mine = self._with_room(migratetype, least)
        sizes = [k for k in range(least, _TOP + 1) if mine.get(k)]
        at = sizes[0]
        if int(self._rng.integers(100)) >= self._packed:
            weights = np.array([len(mine[k]) << (k - least) for k in sizes], np.float64)
            at = sizes[int(self._rng.choice(len(sizes), p=weights / weights.sum()))]
        spots = mine[at]
        i = int(self._rng.integers(len(spots)))
        spots[i], spots[-1] = spots[-1], spots[i]
        pfn = spots.pop()
        while at > order:
            at -= 1
            half = int(self._rng.integers(2))
            rest.setdefault(at, []).append(pfn + ((1 - half) << at))
            pfn += half << at
        self.free.append((pfn, order))

    def _with_room(
        self, migratetype: int, least: int
    ) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
        """Where to place a block, of its type or else of another one (a fallback).

        Returns:
            where the rest of a region goes, and the regions.
        """
        for candidate in (migratetype, u.MIGRATE_MOVABLE, *self.regions):
            for regions in (self.regions.get(candidate, {}), self.edges.get(candidate, {})):
                if any(regions.get(k) for k in range(least, _TOP + 1)):
                    return self.regions[candidate], regions
        facts = self._layout.facts
        raise RefusedError(
            f"zone {facts.key[1]} of node {facts.key[0]}: its free blocks do not fit into"
            f" {facts.pages['present']} pages without merging: the files disagree"
        )


def _halves(block: int) -> list[int]:
    """The halves of a pageblock that must not become free as a whole."""
    return [block * _BLOCK, block * _BLOCK + _BLOCK // 2]


def draw_guest(moment: Moment, seed: int) -> Guest:
    """A guest that prints the free blocks of a report.

    Args:
        moment: what was read; check_drawable holds.
        seed: of all that the report does not say.

    Raises:
        RefusedError: it cannot be drawn; one sentence.
    """
    check_drawable(moment)
    layouts = _layouts(moment)
    rng, habits = np.random.default_rng(seed), habits_of(seed)
    flags = np.full(layouts[-1].span.end_pfn, 1 << p.KPF_NOPAGE, np.uint64)
    counts = np.zeros(len(flags), np.uint64)
    types = np.full(len(flags) // _BLOCK, u.MIGRATE_MOVABLE, np.uint8)
    for layout in layouts:
        zone = _Zone(layout, habits, rng)
        zone.draw()
        used = _paint(layout, zone, flags, types)
        _paint_used(layout, used, types[used // _BLOCK], habits, rng, flags, counts)
    texts = tuple(_text_of(layout) for layout in layouts)
    capture = Capture(
        name="drawn", flags=flags, counts=counts, zones=texts,
        spans=tuple(layout.span for layout in layouts), buddyinfo={}, pagetypes=PageTypes(),
        node_stats={},
    )  # fmt: skip
    found = capture.with_types(types)
    return assemble_guest(
        capture.spans, capture.zones, found.pages, found.migratetype, found.free, seed
    )


def _paint(
    layout: _Layout,
    zone: _Zone,
    flags: NDArray[np.uint64],
    types: NDArray[np.uint8],
) -> NDArray[np.int64]:
    """Write what is free, missing or reserved of a drawn zone; changes the arrays.

    Returns:
        pfns of all other pages, ascending.
    """
    start, end = layout.start, layout.end
    flags[start:end] = np.uint64(_SLAB)
    for block, migratetype in zone.types.items():
        types[block] = migratetype
    pfns = np.arange(start, end)
    for pfn, order in zone.free:
        flags[pfn : pfn + (1 << order)] = np.uint64(1 << p.KPF_BUDDY)
    taken = pfns[flags[start:end] == np.uint64(_SLAB)]
    flags[taken[: layout.holes]] = np.uint64(1 << p.KPF_NOPAGE)
    kept = taken[layout.holes : layout.holes + layout.reserved]
    flags[kept] = np.uint64(1 << p.KPF_RESERVED)
    used: NDArray[np.int64] = taken[layout.holes + layout.reserved :]
    return used


def _paint_used(
    layout: _Layout,
    used: NDArray[np.int64],
    types: NDArray[np.uint8],
    habits: Habits,
    rng: np.random.Generator,
    flags: NDArray[np.uint64],
    counts: NDArray[np.uint64],
) -> None:
    """Write pages in use, which are slab so far, as kpageflags and kpagecount; changes both."""
    figures = layout.facts.pages
    cache = sum(figures.get(f"nr_zone_{kind}_file", 0) for kind in ("inactive", "active"))
    anon = sum(figures.get(f"nr_zone_{kind}_anon", 0) for kind in ("inactive", "active"))
    anon += figures.get("nr_zone_unevictable", 0)
    on_lru = cache + anon if "nr_zone_inactive_anon" in figures else None
    # Parked pages bear no flag: assemble_guest() puts those of movable pageblocks on the lists.
    is_movable = types == u.MIGRATE_MOVABLE
    parked = np.zeros(len(used), np.bool_)
    nr_parked = min(figures.get("pcp_count", 0), int(is_movable.sum()))
    parked[is_movable] = in_runs(used[is_movable], nr_parked, 1, rng)
    flags[used[parked]] = 0
    used, is_movable = used[~parked], is_movable[~parked]
    kernel = draw_kernel(used, is_movable, on_lru, habits, rng)
    on_lists = used[~kernel]
    is_cache = in_runs(on_lists, min(cache, len(on_lists)), habits.cache_run, rng)
    flags[on_lists[is_cache]] = np.uint64(_LRU)
    flags[on_lists[~is_cache]] = np.uint64(_ANON)
    counts[on_lists[~is_cache]] = 1


def _text_of(layout: _Layout) -> ZoneText:
    """A zone's facts in the form that guests are assembled from."""
    figures = dict(layout.facts.pages)
    figures.setdefault("managed", figures["present"])
    for mark in ("min", "low", "high"):
        figures.setdefault(mark, 0)
    return ZoneText(
        key=layout.facts.key, start_pfn=figures["start_pfn"],
        spanned=layout.end - figures["start_pfn"], numbers=figures,
        protection=layout.facts.protection,
        pcp=((figures.get("pcp_count", 0), figures["pcp_high"], figures.get("pcp_batch", 1)),)
        if "pcp_high" in figures else (),
    )  # fmt: skip
