"""Assembles a guest's records from what was found in a capture: pages, counters, lists, zones.

A capture does not contain the order of lists. The order that the kernel tends towards is assumed
and perturbed by a seed, so that the effect of not knowing it can be measured; docs/CAPTURES.md says
what and why.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import units as u
from engine.capture.pages import Pages, count_blocks
from engine.capture.text import ZoneText
from engine.guest import Guest, ZoneSpan, make_guest

_GOLDEN = 0x9E3779B97F4A7C15
_DISORDER = 8.0  # pageblocks by which the seed may displace one in a list
_ODD = 0xD1B54A32D192ED03
_WORD = 0xFFFFFFFFFFFFFFFF


def _noise(seed: int, nr: int) -> NDArray[np.float64]:
    """Repeatable numbers in [0, 1): splitmix64 of seed and index."""
    with np.errstate(over="ignore"):
        index = np.arange(nr, dtype=np.uint64)
        z = np.uint64(seed & _WORD) * np.uint64(_GOLDEN) + index * np.uint64(_ODD)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    out: NDArray[np.float64] = (z >> np.uint64(11)).astype(np.float64) / (1 << 53)
    return out


def _fill_list(guest: Guest, list_id: int, pfns: NDArray[Any]) -> None:
    """Link pages into one list, first to last."""
    if not len(pfns):
        return
    links = pfns.astype(np.int32, copy=False)
    guest.pages["next"][links[:-1]] = links[1:]
    guest.pages["prev"][links[1:]] = links[:-1]
    head = guest.lists[list_id]
    head["first"], head["last"], head["nr"] = links[0], links[-1], len(links)


def _by_key(pfns: NDArray[Any], keys: NDArray[np.int64]) -> Iterable[tuple[int, NDArray[Any]]]:
    """Split pfns by key, keeping their order."""
    order = np.argsort(keys, kind="stable")
    pfns, keys = pfns[order], keys[order]
    cuts = np.flatnonzero(np.diff(keys)) + 1
    starts = np.append(0, cuts) if len(keys) else cuts
    for start, part in zip(starts.tolist(), np.split(pfns, cuts), strict=False):
        yield int(keys[start]), part


def _ascending(pfns: NDArray[Any], rank: NDArray[np.float64]) -> NDArray[np.int32]:
    """Order ascending pfns by the rank of their pageblock, ascending within it.

    Pageblocks are sorted, not pages: there are few.
    """
    pfns = pfns.astype(np.int32)
    edges = np.arange(len(rank) + 1, dtype=np.int64) << u.PAGEBLOCK_ORDER
    edges = np.minimum(edges, u.PFN_NONE).astype(np.int32)
    starts = np.searchsorted(pfns, edges)
    order = np.argsort(rank, kind="stable")
    sizes = np.diff(starts)[order]
    shift = starts[:-1][order] - (np.cumsum(sizes) - sizes)
    place = np.repeat(shift.astype(np.int32), sizes)
    place += np.arange(len(pfns), dtype=np.int32)
    out: NDArray[np.int32] = pfns[place]
    return out


def _goes_to_tail(
    guest: Guest, starts: NDArray[np.int64], order: int, is_virgin: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Which free blocks are in the tail part of their list.

    A block that may soon merge because its next larger buddy is free is put at the tail
    (mm/page_alloc.c buddy_merge_likely()); so is everything that boot hands over. Memory is given
    back upwards: a larger buddy below was free by then, one above was not yet, and the block is at
    the head.

    Args:
        guest: Guest; the order of every free block has been filled in.
        starts: int64[n], first pfns.
        order: of these blocks.
        is_virgin: bool[nr_blocks], not used since boot as far as can be told.
    """
    if order >= u.MAX_PAGE_ORDER - 1:
        virgin: NDArray[np.bool_] = is_virgin[starts >> u.PAGEBLOCK_ORDER]
        return virgin
    neighbour = (starts & ~(1 << order)) ^ (1 << (order + 1))
    at = guest.pages[np.minimum(neighbour, len(guest.pages) - 1)]
    out: NDArray[np.bool_] = (at["state"] == u.STATE_FREE) & (at["order"] == order + 1)
    return out & (neighbour < starts)


def _virgin(guest: Guest) -> NDArray[np.bool_]:
    """Pageblocks above every user page of their zone: memory that nobody has reached since boot.

    Largest blocks with reserved pages are left out, with all their pageblocks: boot puts its own
    things at the end of memory, and what is left of such a block is smaller, so taken first.
    """
    largest = np.arange(len(guest.blocks)) >> (u.MAX_PAGE_ORDER - u.PAGEBLOCK_ORDER)
    booted = np.bincount(largest, guest.blocks["nr_reserved"])[largest] > 0
    user = np.flatnonzero((guest.blocks["nr_movable"] > 0) & ~booted)
    out = np.zeros(len(guest.blocks), np.bool_)
    for zone in guest.zones:
        first = int(zone["start_pfn"]) >> u.PAGEBLOCK_ORDER
        end = int(zone["end_pfn"]) >> u.PAGEBLOCK_ORDER
        inside = user[(user >= first) & (user < end)]
        out[int(inside[-1]) + 1 if len(inside) else first : end] = True
    return out


def _build_free_lists(
    guest: Guest, free: Sequence[NDArray[np.int64]], rank: NDArray[np.float64]
) -> None:
    """Put every free block on the list of its zone, order and pageblock's migratetype."""
    types = guest.blocks["migratetype"].astype(np.int64)
    zones = guest.blocks["zone"].astype(np.int64)
    is_virgin = _virgin(guest)
    for order, starts in enumerate(free):
        guest.pages["order"][starts] = order
    for order, starts in enumerate(free):
        to_tail = _goes_to_tail(guest, starts, order, is_virgin)
        # Memory is used upwards and given back in that order; last freed, first out.
        front, back = _ascending(starts[~to_tail], rank)[::-1], _ascending(starts[to_tail], rank)
        placed = np.concatenate((front, back))
        block = placed >> u.PAGEBLOCK_ORDER
        for key, pfns in _by_key(placed, zones[block] * u.NR_MIGRATETYPES + types[block]):
            zone, migratetype = divmod(key, u.NR_MIGRATETYPES)
            base = u.LIST_ZONES + zone * u.LISTS_PER_ZONE + order * u.NR_MIGRATETYPES
            _fill_list(guest, base + migratetype, pfns)
            pages = len(pfns) << order
            guest.zones[zone]["nr_free"] += pages
            if migratetype == u.MIGRATE_HIGHATOMIC:
                guest.zones[zone]["nr_free_highatomic"] += pages
            elif migratetype == u.MIGRATE_CMA:
                guest.zones[zone]["nr_free_cma"] += pages


def _build_pcp_lists(guest: Guest) -> None:
    """Put parked pages on the order-0 per-CPU list of their pageblock's migratetype."""
    pfns = np.flatnonzero(guest.pages["state"] == u.STATE_PCP).astype(np.int64)
    block = pfns >> u.PAGEBLOCK_ORDER
    types = guest.blocks["migratetype"].astype(np.int64)[block]
    types[types >= u.MIGRATE_PCPTYPES] = u.MIGRATE_MOVABLE
    zones = guest.blocks["zone"].astype(np.int64)[block]
    for key, part in _by_key(pfns, zones * u.MIGRATE_PCPTYPES + types):
        zone, pindex = divmod(key, u.MIGRATE_PCPTYPES)
        base = u.LIST_ZONES + zone * u.LISTS_PER_ZONE + u.NR_PAGE_ORDERS * u.NR_MIGRATETYPES
        _fill_list(guest, base + pindex, part)
        guest.zones[zone]["pcp_count"] += len(part)


def _set_active(guest: Guest, wanted: Sequence[tuple[int, int]]) -> None:
    """Make the numbers of active pages agree with zoneinfo.

    A kernel with generations (CONFIG_LRU_GEN) keeps a page's age elsewhere; its ACTIVE bit says
    little, but zoneinfo counts the young generations as active. The likeliest pages are chosen:
    those marked active, then mapped, then referenced, then any.

    Args:
        guest: Guest. Writes pages.flags.
        wanted: per zone, active anonymous and active file pages.
    """
    state, flags = guest.pages["state"], guest.pages["flags"]
    on_lru = (flags & (u.PG_LRU | u.PG_UNEVICTABLE)) == u.PG_LRU
    is_file = state == u.STATE_FILE
    for zone, targets in zip(guest.zones, wanted, strict=True):
        span = slice(int(zone["start_pfn"]), int(zone["end_pfn"]))
        for target, group in zip(targets, (~is_file[span], is_file[span]), strict=True):
            # Small types: this is where making a guest takes most memory.
            mine = on_lru[span] & group
            nr_active = int(np.count_nonzero(mine & (flags[span] & u.PG_ACTIVE != 0)))
            if abs(nr_active - target) <= max(64, target // 10):
                continue
            pfns = np.flatnonzero(mine).astype(np.int32)
            pfns += np.int32(span.start)
            marks = flags[pfns]
            likely = (
                (marks & u.PG_ACTIVE != 0) * np.int8(4)
                + (marks & u.PG_MAPPED != 0) * np.int8(2)
                + (marks & u.PG_REFERENCED != 0) * np.int8(1)
            )
            flags[pfns] &= np.uint16(0xFFFF & ~u.PG_ACTIVE)
            for grade in range(7, -1, -1):
                young = pfns[likely == grade][:target]
                flags[young] |= np.uint16(u.PG_ACTIVE)
                target -= len(young)


def _build_lru_lists(guest: Guest, rank: NDArray[np.float64]) -> None:
    """Put every user page on its LRU list; the list's tail is its oldest page."""
    pages = guest.pages
    flags = pages["flags"]
    lists = np.where(pages["state"] == u.STATE_FILE, np.int8(u.LRU_INACTIVE_FILE), np.int8(0))
    lists += flags & u.PG_ACTIVE != 0
    lists[flags & u.PG_UNEVICTABLE != 0] = u.LRU_UNEVICTABLE
    lists[flags & u.PG_LRU == 0] = -1
    lower = u.LIST_ZONES + len(guest.zones) * u.LISTS_PER_ZONE  # core/memory/freelist.py: file_list
    for list_id, field in (
        (u.LRU_INACTIVE_ANON, "nr_zone_inactive_anon"),
        (u.LRU_ACTIVE_ANON, "nr_zone_active_anon"),
        (u.LRU_INACTIVE_FILE, "nr_zone_inactive_file"),
        (u.LRU_ACTIVE_FILE, "nr_zone_active_file"),
        (u.LRU_UNEVICTABLE, "nr_zone_unevictable"),
    ):
        pfns = np.flatnonzero(lists == list_id).astype(np.int32)
        zones = guest.blocks["zone"][pfns >> u.PAGEBLOCK_ORDER]
        sizes = np.left_shift(1, pages["order"][pfns], dtype=np.int32)
        guest.zones[field] = np.bincount(zones, sizes, len(guest.zones)).astype(np.int64)
        if list_id not in (u.LRU_INACTIVE_FILE, u.LRU_ACTIVE_FILE):
            _fill_list(guest, list_id, _ascending(pfns, rank)[::-1])
            continue
        for zone in np.unique(zones).tolist():
            part = pfns[zones == zone]
            by_zone = list_id
            if zone < len(guest.zones) - 1:
                by_zone -= u.LRU_INACTIVE_FILE
                by_zone += lower + zone * u.LISTS_PER_LOWER_ZONE
            _fill_list(guest, by_zone, _ascending(part, rank)[::-1])


def _fill_blocks(guest: Guest, migratetype: NDArray[np.uint8]) -> None:
    """Counters, types and flags of every pageblock."""
    blocks = guest.blocks
    blocks["migratetype"] = migratetype
    for name, counts in count_blocks(guest.pages["state"]).items():
        blocks[f"nr_{name}"] = counts
    all_reserved = blocks["nr_reserved"] == u.PAGEBLOCK_NR_PAGES
    blocks["flags"] = np.where(all_reserved, u.PB_STALE | u.PB_RESERVED, u.PB_STALE)


def _fill_zones(guest: Guest, zones: Sequence[ZoneText]) -> None:
    """Sizes, watermarks, reserves and per-CPU limits."""
    top = {z.key[0]: u.ZONE_NAMES.index(z.key[1]) for z in zones}
    highest = max(top.values())
    for record, zone in zip(guest.zones, zones, strict=True):
        boost = zone.number("boost")
        record["present"], record["managed"] = zone.number("present"), zone.number("managed")
        record["watermark_boost"] = boost
        for name in ("min", "low", "high", "promo"):  # zoneinfo prints them with the boost
            record[f"wmark_{name}"] = max(0, zone.number(name) - boost)
        if not zone.number("promo"):  # before 6.1
            record["wmark_promo"] = 2 * record["wmark_high"] - record["wmark_low"]
        if len(zone.protection) > highest:
            record["lowmem_reserve"] = zone.protection[highest]
        record["pcp_high"] = sum(high for _, high, _ in zone.pcp)
        record["pcp_batch"] = max((batch for _, _, batch in zone.pcp), default=0)
        first = int(record["start_pfn"]) >> u.PAGEBLOCK_ORDER
        end = int(record["end_pfn"]) >> u.PAGEBLOCK_ORDER
        here = guest.blocks["migratetype"][first:end]
        reserved = np.count_nonzero(here == u.MIGRATE_HIGHATOMIC) * u.PAGEBLOCK_NR_PAGES
        record["nr_reserved_highatomic"] = reserved
    guest.vm[0]["main_zone"] = int(np.argmax(guest.zones["managed"]))


def assemble_guest(
    spans: tuple[ZoneSpan, ...],
    zones: Sequence[ZoneText],
    pages: Pages,
    migratetype: NDArray[np.uint8],
    free: Sequence[NDArray[np.int64]],
    seed: int,
) -> Guest:
    """Records of a whole guest.

    Args:
        spans: zones in whole pageblocks.
        zones: the same zones as in zoneinfo.
        pages: every page, parked ones found.
        migratetype: uint8[nr_blocks].
        free: first pfns of the free blocks by order.
        seed: of the guest and of the orders of lists.
    """
    guest = make_guest(spans, seed)
    guest.pages["state"] = pages.state
    guest.pages["flags"] = pages.flags
    guest.pages["order"] = pages.order
    is_free = pages.state == u.STATE_FREE
    guest.pages["order"][is_free] = u.ORDER_TAIL
    _fill_blocks(guest, migratetype)
    _fill_zones(guest, zones)
    rank = np.arange(len(guest.blocks)) + _DISORDER * _noise(seed, len(guest.blocks))
    _build_free_lists(guest, free, rank)
    _build_pcp_lists(guest)
    _set_active(
        guest,
        [(z.number("nr_zone_active_anon"), z.number("nr_zone_active_file")) for z in zones],
    )
    tails = guest.pages["order"] == u.ORDER_TAIL  # one entry per compound page
    guest.pages["flags"][tails] &= np.uint16(0xFFFF & ~u.PG_LRU)
    _build_lru_lists(guest, rank)
    balloon = np.flatnonzero(pages.state == u.STATE_BALLOON).astype(np.int64)
    _fill_list(guest, u.LIST_BALLOON, _ascending(balloon, rank)[::-1])
    guest.vm[0]["balloon_target"] = len(balloon)
    return guest
