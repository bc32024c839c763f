"""Which pfns a captured machine has: its zones in whole pageblocks, its page files cut to them.

Where addresses are sparse, memory is packed: sections (128 MiB) without any memory are left out and
pfns counted anew, so that a guest costs what is present. A section of every gap stays, since memory
on its two sides is not contiguous.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine import units as u
from engine.capture.archive import Limits
from engine.capture.pagefile import WORD_BYTES, PageFile
from engine.capture.pages import KPF_NOPAGE, PAGES_PER_SECTION
from engine.capture.text import ZoneText
from engine.errors import RefusedError
from engine.guest import ZoneSpan

_BLOCK = u.PAGEBLOCK_NR_PAGES
_SECTION = PAGES_PER_SECTION
_NOPAGE = 1 << KPF_NOPAGE
_ROOM = 4 << 18  # pages: holes of 4 GiB, and of a quarter of the memory, are no reason to pack


@dataclass(frozen=True)
class Extent:
    """Where a guest's pages come from.

    Attributes:
        zones: as in zoneinfo, start_pfn and spanned as the guest has them.
        spans: the same in whole pageblocks.
        sections: int64[n], the machine's section for each of the guest's; ascending.
        left_out: pages that are left out, holes all.
    """

    zones: tuple[ZoneText, ...]
    spans: tuple[ZoneSpan, ...]
    sections: NDArray[np.int64]
    left_out: int


def check_words(flags: PageFile, counts: PageFile, where: str) -> None:
    """Refuse page files that are no page files, or not of one machine.

    Raises:
        RefusedError: as it says.
    """
    for name, file in (("kpageflags", flags), ("kpagecount", counts)):
        if file.nr_bytes % WORD_BYTES:
            raise RefusedError(
                f"{where}: {name} has {file.nr_bytes} bytes: a multiple of 8 is needed"
            )
        if not file.nr_bytes:
            raise RefusedError(f"{where}: {name} is empty")
    if len(flags) != len(counts):
        raise RefusedError(
            f"{where}: kpageflags has {len(flags)} pages, kpagecount {len(counts)}: "
            "they must be from the same machine and moment"
        )


def check_page_size(zones: tuple[ZoneText, ...], meminfo: Mapping[str, int], where: str) -> None:
    """Refuse pages of 16 or 64 KiB, which meminfo betrays: it counts in KiB, zoneinfo in pages.

    MemTotal counts memory that the kernel has not initialised yet, which no zone manages: as long
    as the present pages have room for it, nothing is betrayed.

    Raises:
        RefusedError: as it says.
    """
    managed = sum(zone.number("managed") for zone in zones)
    present = sum(zone.number("present") for zone in zones)
    total = meminfo.get("MemTotal", 0)
    kib = total / managed
    if kib > 2 * (u.PAGE_SIZE >> 10) and total > present * (u.PAGE_SIZE >> 10):
        raise RefusedError(
            f"{where}: pages of {16 if kib < 32 else 64} KiB (MemTotal is {meminfo['MemTotal']} "
            f"KiB, zoneinfo manages {managed} pages): only pages of 4 KiB can be simulated; "
            "fragscope report says what the text tells"
        )


def spans_of(zones: tuple[ZoneText, ...], where: str = "") -> tuple[ZoneSpan, ...]:
    """Zones in whole pageblocks.

    Raises:
        RefusedError: two share a pageblock.
    """
    spans: list[ZoneSpan] = []
    for zone in zones:
        start = zone.start_pfn // _BLOCK * _BLOCK
        end = -(-(zone.start_pfn + zone.spanned) // _BLOCK) * _BLOCK
        if spans and start < spans[-1].end_pfn:
            raise RefusedError(f"{where}: zones {zone.key[1]} and the one before share a pageblock")
        spans.append(ZoneSpan(u.ZONE_NAMES.index(zone.key[1]), start, end, zone.key[0]))
    return tuple(spans)


def _check_zones(zones: tuple[ZoneText, ...], nr_words: int, where: str, limits: Limits) -> None:
    present = sum(zone.number("present") for zone in zones)
    if present > limits.guest_mib * u.MIB_PAGES:
        raise RefusedError(f"{where}: a machine of {present // u.MIB_PAGES} MiB: {limits.words}")
    end = zones[-1].start_pfn + zones[-1].spanned
    if end > limits.max_pfn:
        raise RefusedError(
            f"{where}: memory at addresses up to {end // u.MIB_PAGES} MiB: the limit is "
            f"{limits.max_pfn >> 8} MiB, for memory {limits.words}"
        )
    for zone in zones:
        if not zone.number("managed") <= zone.number("present") <= zone.spanned:
            raise RefusedError(
                f"{where}: zone {zone.key[1]} manages {zone.number('managed')} of "
                f"{zone.number('present')} pages in a span of {zone.spanned}: that is impossible"
            )
        end = zone.start_pfn + zone.spanned
        if end > nr_words:
            raise RefusedError(
                f"{where}: kpageflags ends at pfn {nr_words}, but zone {zone.key[1]} reaches to "
                f"pfn {end}: the file is truncated or from another machine"
            )


def _has_memory(
    zones: tuple[ZoneText, ...], flags: PageFile, counts: PageFile
) -> NDArray[np.bool_]:
    """Sections that the guest needs: bool[nr_sections].

    Within a zone only as many are left out as zoneinfo counts holes: a file without any flag is
    not the same as a machine without memory.
    """
    last = zones[-1]
    needed = np.zeros(-(-(last.start_pfn + last.spanned) // _SECTION), np.bool_)
    for zone in zones:
        first = zone.start_pfn // _SECTION
        end = -(-(zone.start_pfn + zone.spanned) // _SECTION)
        needed[first:end] = True
        holes = (zone.spanned - zone.number("present")) // _SECTION
        empty = [
            section
            for section in range(first, end)
            if counts.all_of(section) == 0 and flags.all_of(section) in (0, _NOPAGE)
        ]
        if len(empty) <= holes:
            needed[empty] = False
            needed[first] = needed[end - 1] = True
    return needed


def extent_of(
    zones: tuple[ZoneText, ...], flags: PageFile, counts: PageFile, where: str, limits: Limits
) -> Extent:
    """Which of the machine's pfns the guest has.

    Args:
        zones: as in zoneinfo, ascending.
        flags: kpageflags.
        counts: kpagecount.
        where: whose, for the sentence.
        limits: upper limits.

    Raises:
        RefusedError: the files contradict each other, or the machine is too large.
    """
    _check_zones(zones, len(flags), where, limits)
    spans = spans_of(zones, where)
    end = spans[-1].end_pfn
    present = sum(zone.number("present") for zone in zones)
    if end <= present + max(present // 4, _ROOM):
        return Extent(zones, spans, np.arange(-(-end // _SECTION)), 0)
    needed = _has_memory(zones, flags, counts)
    kept = needed.copy()
    kept[:-1] |= needed[1:]  # the last section of every gap
    kept[: int(np.argmax(needed))] = False
    sections = np.flatnonzero(kept)
    place = np.cumsum(kept) - 1

    def moved(pfn: int) -> int:
        return int(place[pfn // _SECTION]) * _SECTION + pfn % _SECTION

    packed = []
    for zone in zones:
        start = moved(zone.start_pfn)
        last = moved(zone.start_pfn + zone.spanned - 1)
        packed.append(replace(zone, start_pfn=start, spanned=last + 1 - start))
    left_out = int(np.count_nonzero(~kept)) * _SECTION
    return Extent(tuple(packed), spans_of(tuple(packed)), sections, left_out)


def cut_pages(file: PageFile, extent: Extent, filler: int) -> NDArray[np.uint64]:
    """A page file as the guest has its pages; outside zones there is no memory.

    Args:
        file: of the machine.
        extent: which of its sections, and where the zones are.
        filler: word of what is in no zone.
    Returns:
        uint64[nr_pages].
    """
    out = np.full(extent.spans[-1].end_pfn, filler, np.uint64)
    for span in extent.spans:
        for at in range(span.start_pfn // _SECTION, -(-span.end_pfn // _SECTION)):
            start, end = max(span.start_pfn, at * _SECTION), min(span.end_pfn, (at + 1) * _SECTION)
            shift = (int(extent.sections[at]) - at) * _SECTION
            part = file.words(start + shift, end + shift)
            out[start : start + len(part)] = part
    return out


def mark_offline(flags: NDArray[np.uint64], counts: NDArray[np.uint64]) -> None:
    """Set NOPAGE on pages of sections that are not online; changes ``flags``.

    Newer kernels (seen on 6.18) write 0 instead of NOPAGE for them. A section (128 MiB) of online
    memory without a single flag does not occur: its own page structures are flagged.
    """
    whole = len(flags) // _SECTION * _SECTION
    sections = flags[:whole].reshape(-1, _SECTION)
    mapped = counts[:whole].reshape(-1, _SECTION)
    for section in np.flatnonzero((sections == 0).all(axis=1)).tolist():
        if not mapped[section].any():
            sections[section] = _NOPAGE
