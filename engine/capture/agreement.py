"""Whether the files of a capture describe the same memory, and what memory they cannot describe.

buddyinfo is held against the free blocks that kpageflags shows. What differs a little was read
moments apart; what differs entirely was masked, zero-filled or taken elsewhere, and makes no guest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine import units as u
from engine.capture.pagefile import PageFile
from engine.capture.pages import KPF_BUDDY, PAGES_PER_SECTION, free_blocks
from engine.capture.text import ZoneKey, ZoneText
from engine.errors import RefusedError
from engine.guest import ZoneSpan

LEAST_AGREEMENT = 0.9  # of buddyinfo's free pages, those under the same order: below, it is said
_FEW_PAGES = 64  # per-CPU lists alone make such a difference
_SHARE = 10  # a zone with a tenth of the free pages is large enough to refuse a capture for
_BUDDY = np.uint64(1 << KPF_BUDDY)
_BLOCK = u.PAGEBLOCK_NR_PAGES


@dataclass(frozen=True)
class Blank:
    """Where the page files of a zone say nothing at all; pages.

    Attributes:
        zero: in sections (128 MiB) of kpageflags and kpagecount without a single bit.
        late: of these present and not managed: the kernel has not initialised them yet.
        holes: of a zone's span, by zoneinfo.
        flagless: kpageflags has no bit in the whole zone.
        countless: neither has kpagecount.
    """

    zero: int
    late: int
    holes: int
    flagless: bool
    countless: bool

    @property
    def lost(self) -> int:
        """Pages that the kernel manages and kpageflags knows nothing of."""
        return max(0, self.zero - self.late - self.holes)


def blank_of(zone: ZoneText, flags: PageFile, counts: PageFile) -> Blank:
    """Where the page files say nothing.

    Memory whose page structures are set up late (CONFIG_DEFERRED_STRUCT_PAGE_INIT) is present
    and not managed, and its structures have no flag: whole sections of them are nothing else, as
    reserved memory has its flag and a balloon's pages have theirs.

    Args:
        zone: with the machine's pfns.
        flags: kpageflags.
        counts: kpagecount.
    Source:
        mm/mm_init.c defer_init(), deferred_init_memmap(), reset_all_zones_managed_pages().
    """
    first, end = zone.start_pfn // PAGES_PER_SECTION, zone.start_pfn + zone.spanned
    sections = range(first, -(-end // PAGES_PER_SECTION))
    zero = 0
    for section in sections:
        if flags.all_of(section) == 0 and counts.all_of(section) == 0:
            start = max(zone.start_pfn, section * PAGES_PER_SECTION)
            zero += min(end, (section + 1) * PAGES_PER_SECTION) - start
    holes = zone.spanned - zone.number("present")
    unmanaged = zone.number("present") - zone.number("managed")
    late = min(zero - holes, unmanaged)
    return Blank(
        zero=zero,
        late=late if late >= PAGES_PER_SECTION else 0,
        holes=holes,
        flagless=_is_zero(flags, sections),
        countless=_is_zero(counts, sections),
    )


def _is_zero(file: PageFile, sections: range) -> bool:
    """Whether a page file has no bit in any of some sections."""
    return all(
        not file.alike[section] and (section not in file.pieces or not file.pieces[section].any())
        for section in sections
        if section < len(file.alike)
    )


def late_words(zone: ZoneText, blank: Blank) -> str:
    """What a zone has that the kernel has not initialised yet, in a sentence.

    Args:
        zone: which.
        blank: of it; ``late`` is above 0.
    """
    return (
        f"zone {zone.key[1]} of node {zone.key[0]}: {blank.late // u.MIB_PAGES} of "
        f"{zone.number('present') // u.MIB_PAGES} MiB are present, but the kernel has not "
        "initialised them yet (no page flag, not managed: CONFIG_DEFERRED_STRUCT_PAGE_INIT): they "
        "are on no free list, and the guest has holes there"
    )


def agreement(found: Sequence[int], listed: Sequence[int]) -> float:
    """Share of buddyinfo's free pages that kpageflags shows under the same order, 0 at least.

    Args:
        found: free blocks by order, by kpageflags.
        listed: the same by buddyinfo.
    """
    off = sum(abs(a - b) << order for order, (a, b) in enumerate(zip(found, listed, strict=True)))
    total = _pages(listed)
    if not total:
        return float(off <= _FEW_PAGES)
    return max(0.0, 1 - off / total)


def _pages(counts: Sequence[int]) -> int:
    return sum(n << order for order, n in enumerate(counts))


def _in_pageblocks(counts: Sequence[int]) -> tuple[int, ...]:
    """The same memory with blocks above a pageblock's order taken apart."""
    above = range(u.PAGEBLOCK_ORDER, len(counts))
    pieces = sum(counts[order] << (order - u.PAGEBLOCK_ORDER) for order in above)
    return (*counts[: u.PAGEBLOCK_ORDER], pieces)


def _near(one: int, other: int) -> bool:
    low, high = sorted((one, other))
    return high - low <= _FEW_PAGES or low >= LEAST_AGREEMENT * high


@dataclass(frozen=True)
class Differing:
    """A zone whose files differ.

    Attributes:
        zone: which.
        found: free blocks by order, by kpageflags.
        listed: the same by buddyinfo.
        causes: what is likely, in words.
    """

    zone: ZoneText
    found: tuple[int, ...]
    listed: tuple[int, ...]
    causes: str

    @property
    def share(self) -> float:
        """See agreement(); blocks above a pageblock's order are taken apart."""
        return agreement(_in_pageblocks(self.found), _in_pageblocks(self.listed))

    @property
    def weight(self) -> int:
        """Free pages by the file that has more of them."""
        return max(_pages(self.found), _pages(self.listed))

    def words(self, limit: str = "") -> str:
        """In a sentence.

        Args:
            limit: what would be enough, in words.
        """
        return differ_words(self.zone.key, self.found, self.listed, self.causes, limit)


def differ_words(
    key: ZoneKey, found: Sequence[int], listed: Sequence[int], causes: str, limit: str = ""
) -> str:
    """How the files of a zone differ, in a sentence.

    Args:
        key: of the zone.
        found: free blocks by order, by kpageflags.
        listed: the same by buddyinfo.
        causes: what is likely, in words.
        limit: what would be enough, in words.
    """
    share = f"{agreement(found, listed):.0%} under the same order{limit}"
    return (
        f"zone {key[1]} of node {key[0]}: kpageflags shows {_pages(found)} free pages, buddyinfo "
        f"{_pages(listed)} ({share}): {causes}"
    )


def _causes(zone: ZoneText, blank: Blank, found: int, listed: Sequence[int], any_free: bool) -> str:
    """What is likely, by the evidence.

    Args:
        zone: which.
        blank: of it.
        found: pages that kpageflags marks as free in the zone.
        listed: buddyinfo's free blocks by order.
        any_free: whether it marks any in the machine.
    """
    pages, blocks = _pages(listed), sum(listed)
    free = zone.numbers.get("nr_free_pages", zone.numbers.get("free", -1))
    if blank.flagless:
        which = "as is kpagecount" if blank.countless else "while kpagecount is not"
        return (
            f"kpageflags is zero-filled, {which}: masked by a container, or copied by a tool that "
            "cannot read it"
        )
    if blank.lost >= PAGES_PER_SECTION:
        return (
            f"kpageflags has no flag in {blank.lost // u.MIB_PAGES} MiB that the kernel manages: "
            "it is zero-filled in part, or was read in part only"
        )
    if not blocks:
        return "buddyinfo lists no free block: it is masked by a container or zero-filled"
    if not any_free:
        return (
            "kpageflags marks no page at all as free: it is masked by a container, or written by "
            "a tool that leaves KPF_BUDDY out"
        )
    if 2 * found < pages and blocks <= 2 * found <= 4 * blocks:
        return (
            "kpageflags seems to mark the first page of a free block only (kernels before 4.6), "
            "and was taken far apart from buddyinfo"
        )
    if _near(found, pages):
        return (
            "as many pages are free, but in blocks of other orders: the files were taken far "
            "apart, or are of two machines"
        )
    if free >= 0 and _near(free, pages):
        return (
            f"zoneinfo ({free} free pages) agrees with buddyinfo, so kpageflags was taken far "
            "apart from it, is masked, or is of another machine"
        )
    if free >= 0 and _near(free, found):
        return (
            f"zoneinfo ({free} free pages) agrees with kpageflags, so buddyinfo was taken far "
            "apart from it, or is of another machine"
        )
    return "the files were taken far apart, or are of two machines"


def differing_zones(
    zones: Sequence[ZoneText],
    spans: Sequence[ZoneSpan],
    flags: NDArray[np.uint64],
    buddyinfo: Mapping[ZoneKey, Sequence[int]],
    blanks: Mapping[ZoneKey, Blank],
) -> list[Differing]:
    """Zones whose files differ by more than a machine changes meanwhile.

    Migratetypes are not known yet, and a pageblock of CMA does not merge with another type's:
    larger blocks count as pageblocks.

    Args:
        zones: populated ones.
        spans: where the guest has them.
        flags: uint64[nr_pages], kpageflags of the guest.
        buddyinfo: free blocks by zone and order.
        blanks: of the zones.
    """
    marked = (flags & _BUDDY) != 0
    out = []
    for zone, span in zip(zones, spans, strict=True):
        listed = tuple(buddyinfo[zone.key])
        here = marked[span.start_pfn : span.end_pfn]
        # Order 10 is aligned by pfn: a zone that begins at an odd pageblock keeps its phase.
        phase = span.start_pfn % (1 << u.MAX_PAGE_ORDER)
        state = np.full(phase + len(here), u.STATE_HOLE, np.uint8)
        state[phase:][here] = u.STATE_FREE
        found = tuple(len(starts) for starts in free_blocks(state))
        if agreement(_in_pageblocks(found), _in_pageblocks(listed)) >= LEAST_AGREEMENT:
            continue
        if max(_pages(found), _pages(listed)) <= _FEW_PAGES:
            continue
        nr, blank = int(here.sum()), blanks[zone.key]
        causes = _causes(zone, blank, nr, listed, bool(marked.any()))
        out.append(Differing(zone, found, listed, causes))
    return out


def check_agreement(
    where: str,
    differing: Sequence[Differing],
    buddyinfo: Mapping[ZoneKey, Sequence[int]],
    least: float,
) -> None:
    """Refuse files that are not of the same memory.

    Args:
        where: whose, for the sentence.
        differing: of differing_zones().
        buddyinfo: free blocks by zone and order.
        least: share that has to agree, of 1; 0: everything is taken.

    Raises:
        RefusedError: in a zone with a tenth of all free pages next to nothing agrees.
    """
    weights = {key: _pages(counts) for key, counts in buddyinfo.items()}
    weights |= {one.zone.key: one.weight for one in differing}
    total = sum(weights.values())
    for one in differing:
        if one.share < least and _SHARE * one.weight >= total:
            limit = f"; {least:.0%} is the least"
            raise RefusedError(
                f"{where}: {one.words(limit)}; a new capture by root on the machine itself is "
                "needed. fragscope report reads the text of this one, fragscope replay "
                "--by-kpageflags plays it all the same"
            )
