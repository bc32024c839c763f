"""Would a request of some order succeed now, and if not, what stands in its way.

Now means from the free lists as they are: before reclaim and compaction have done anything.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.indices import fragmentation_index
from engine.report.gfp import ZONE_RANK, Mask
from engine.report.model import Moment, ZoneFacts

MEMORY, FRAGMENTATION, WATERMARK, MIGRATETYPE = (
    "memory", "fragmentation", "watermark", "migratetype",
)  # fmt: skip
# Types of the free lists that any request may fall back to (mm/page_alloc.c fallbacks[]); Reserve
# is of kernels before 4.4, its blocks the last resort of all requests.
_SHARED_TYPES = frozenset({"Unmovable", "Movable", "Reclaimable", "Reserve"})
_LETTERS = {"U": "Unmovable", "M": "Movable", "E": "Reclaimable", "R": "Reserve",
            "H": "HighAtomic", "C": "CMA", "I": "Isolate"}  # fmt: skip


@dataclass(frozen=True)
class ZoneVerdict:
    """What one zone has for a request; pages.

    Attributes:
        node, zone: which.
        cause: what stands in the way, None: nothing.
        free: free pages by the counts per order.
        unusable: of these in lists that do not count for the request (CMA, HighAtomic, Isolate).
        mark: what the zone keeps free: its min watermark, less for a mask with reserves.
        reserve: what it keeps free besides from requests that could use a higher zone.
        large: free blocks of the order or above, of any migratetype.
        usable: of these of a migratetype that the request may use; -1: the text does not say.
        low: whether it would succeed above the low watermark, without waking kswapd.
        index: fragmentation index of the order, per mille.
    """

    node: int
    zone: str
    cause: str | None
    free: int
    unusable: int
    mark: int
    reserve: int
    large: int
    usable: int
    low: bool
    index: int


@dataclass(frozen=True)
class Verdict:
    """Whether a request would succeed now.

    Attributes:
        order: of the pages.
        mask: of the request.
        succeeds: in one of the zones.
        cause: why not, in the zone nearest to it; None if it succeeds, or no zone is known.
        zones: every zone that the request may use, in the order in which they are tried.
        decides: index in ``zones`` of the zone that decides; -1: none.
    """

    order: int
    mask: Mask
    succeeds: bool
    cause: str | None
    zones: tuple[ZoneVerdict, ...]
    decides: int


def may_use(mask: Mask, name: str, order: int) -> bool | None:
    """Whether a request may take blocks of a migratetype.

    Args:
        mask: of the request.
        name: of the type, as printed.
        order: of the request.
    Returns:
        None: an unknown type.
    Source:
        mm/page_alloc.c __rmqueue(), gfp_to_alloc_flags_cma(); HighAtomic: rmqueue_buddy(), for
        ALLOC_HIGHATOMIC (order above 0) at once, for ALLOC_NON_BLOCK when nothing else is left.
    DIFFERS:
        That last resort is of 6.13 and of 6.12's stable releases; kernels from 4.4 until then keep
        HighAtomic from single pages.
    """
    if name in _SHARED_TYPES:
        return True
    if name == "CMA":
        return mask.migratetype == "Movable"
    if name == "HighAtomic":
        # Above order 0 the watermark wants a block that is not HighAtomic, unless it may be.
        return mask.non_block and (mask.reserves or order == 0)
    return False if name == "Isolate" else None


def counts_for(mask: Mask, name: str) -> bool:
    """Whether the watermark counts a migratetype's free pages for a request.

    Args:
        mask: of the request.
        name: of the type, as printed.
    Source:
        mm/page_alloc.c __zone_watermark_unusable_free(): HighAtomic is left out for requests
        without ALLOC_RESERVES only, whether or not they may take a page of it.
    """
    if name == "HighAtomic":
        return mask.reserves or mask.non_block
    return may_use(mask, name, 0) is not False


def types_at(zone: ZoneFacts, order: int) -> set[str] | None:
    """Migratetypes with a free block at an order; None: the text does not say.

    Args:
        zone: its facts.
        order: which.
    """
    if zone.types:
        return {
            name for name, counts in zone.types.items() if any(counts.values[order : order + 1])
        }
    if order < len(zone.present) and (letters := zone.present[order]) is not None:
        return {_LETTERS.get(letter, letter) for letter in letters}
    return None


def _blocks(zone: ZoneFacts, mask: Mask, order: int) -> tuple[int, int]:
    """Free blocks of an order or above, and how many of them may be used (-1: not known)."""
    counts = zone.best
    if counts is None:
        return 0, -1
    large = usable = 0
    for at in range(order, len(counts.values)):
        number = counts.values[at]
        large += number
        types = types_at(zone, at)
        if not number:
            continue
        if types is None or not types:
            usable = -1 if usable <= 0 else usable
            continue
        allowed = [name for name in types if may_use(mask, name, order)]
        if zone.types:
            found = sum(zone.types[name].values[at] for name in allowed)
        else:
            found = number if allowed else 0
        if found:
            usable = max(usable, 0) + min(found, number)
    return large, usable


def _kept(zone: ZoneFacts, mask: Mask) -> int:
    """Free pages that the watermark does not count for a request."""
    out = 0
    for name, figures in (
        ("CMA", ("free_cma", "nr_free_cma")),
        ("HighAtomic", ("free_highatomic", "nr_free_highatomic", "reserved_highatomic")),
        ("Isolate", ()),
    ):
        if counts_for(mask, name):
            continue
        listed = zone.types.get(name)
        if listed is not None:
            out += listed.pages
        else:
            out += next((zone.pages[f] for f in figures if f in zone.pages), 0)
    return out


def lowmem_reserve(zone: ZoneFacts, names: Iterable[str], highest: str) -> int:
    """Pages that a zone keeps from requests that could have used a higher zone.

    Args:
        zone: its facts.
        names: of the zones with memory.
        highest: name of the highest zone that the request may use.
    Source:
        mm/page_alloc.c setup_per_zone_lowmem_reserve(): an element per configured zone; those
        above the last one with memory are equal to it.
    """
    guard, own = zone.protection, ZONE_RANK.get(zone.key[1], -1)
    top = ZONE_RANK[highest]
    if own < 0 or top <= own:
        return 0
    above = sorted({ZONE_RANK[n] for n in names if n in ZONE_RANK and own < ZONE_RANK[n]})
    if not above or top < above[0]:
        return 0
    if not guard:  # a machine with more than a gigabyte or two keeps all of its 16 MiB of DMA
        return zone.best.pages if zone.key[1] == "DMA" and zone.best is not None else 0
    if top >= above[-1]:
        return max(guard)
    # Elements rise where a zone with memory comes in: the reachable ones in turn.
    steps = sorted({value for value in guard if value})
    reached = sum(rank <= top for rank in above)
    return steps[min(reached, len(steps)) - 1] if steps else 0


def _cause(
    free: int, order: int, kept: int, marks: tuple[int, int], blocks: tuple[int, int]
) -> str | None:
    """What stands in the way of a request; pages.

    Args:
        free: in all lists.
        order: of the request.
        kept: of these in lists closed to it.
        marks: watermark and lowmem reserve, which must stay.
        blocks: large enough ones, and how many of them it may use (-1: not known).
    """
    large, usable = blocks
    left = free - kept - ((1 << order) - 1)
    passes = left > sum(marks)
    if passes and usable:
        return None
    if large and left + kept > sum(marks):
        return MIGRATETYPE if kept or not usable else WATERMARK  # with those lists open it succeeds
    if passes:
        return FRAGMENTATION
    return WATERMARK if large and free - kept > marks[0] else MEMORY


def _mark(zone: ZoneFacts, mask: Mask, order: int) -> int:
    """Pages that must stay for a request, lowmem_reserve aside.

    Source:
        mm/page_alloc.c __zone_watermark_ok(); zone_watermark_fast(), which lets single pages of
        __GFP_HIGH requests through the boost.
    """
    mark = zone.pages.get("min", 0)
    if mask.reserves:
        if order == 0:
            mark = max(mark - zone.pages.get("boost", 0), 0)
        mark -= mark // 2
        if mask.non_block:
            mark -= mark // 4
    return mark


def _judge_zone(zone: ZoneFacts, names: Sequence[str], mask: Mask, order: int) -> ZoneVerdict:
    """What a zone has for a request.

    Source:
        mm/page_alloc.c __zone_watermark_ok(), rmqueue_buddy() (6.12).
    """
    counts = zone.best
    values = counts.values if counts is not None else ()
    free = counts.pages if counts is not None else 0
    kept = min(_kept(zone, mask), free)
    mark = _mark(zone, mask, order)
    reserve = lowmem_reserve(zone, names, mask.highest)
    large, usable = _blocks(zone, mask, order)
    left = free - kept - ((1 << order) - 1)
    low = zone.pages.get("low", 0)
    cause = _cause(free, order, kept, (mark, reserve), (large, usable))
    return ZoneVerdict(
        node=zone.key[0], zone=zone.key[1], cause=cause, free=free, unusable=kept, mark=mark,
        reserve=reserve, large=large, usable=usable, low=cause is None and left > low + reserve,
        index=fragmentation_index(values, order),
    )  # fmt: skip


def eligible(moment: Moment, mask: Mask, nodes: frozenset[int] | None = None) -> list[ZoneFacts]:
    """Zones that a request may use, in the order in which the kernel tries them.

    Args:
        moment: the machine.
        mask: of the request.
        nodes: that it may use, None: all; which of them is its own a report does not say.
    """
    top = ZONE_RANK[mask.highest]
    zones = [
        zone
        for zone in moment.counted
        if ZONE_RANK.get(zone.key[1], 99) <= top and (nodes is None or zone.key[0] in nodes)
    ]
    return sorted(zones, key=lambda zone: (zone.key[0], -ZONE_RANK[zone.key[1]]))


def judge_request(
    moment: Moment, mask: Mask, order: int, nodes: frozenset[int] | None = None
) -> Verdict:
    """Whether a request would succeed now.

    Args:
        moment: the machine.
        mask: of the request.
        order: of the pages wanted.
        nodes: that it may use, None: all.
    """
    zones = eligible(moment, mask, nodes)
    names = [zone.key[1] for zone in moment.counted]
    found = tuple(_judge_zone(zone, names, mask, order) for zone in zones)
    good = next((i for i, one in enumerate(found) if one.cause is None and one.low), None)
    if good is None:
        good = next((i for i, one in enumerate(found) if one.cause is None), None)
    if good is not None:
        return Verdict(order, mask, True, None, found, good)
    if not found:
        return Verdict(order, mask, False, None, found, -1)
    nearest = max(range(len(found)), key=lambda i: (_distance(found[i]), -i))
    return Verdict(order, mask, False, found[nearest].cause, found, nearest)


def _distance(one: ZoneVerdict) -> tuple[bool, bool, int]:
    """How near a zone came: whether it is open to the request at all, then its spare pages."""
    spare = one.free - one.unusable - one.mark - one.reserve
    return (one.reserve < one.free, one.cause != MEMORY, spare)
