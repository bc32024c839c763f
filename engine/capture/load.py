"""A capture of a real machine: reading it, and making a guest of it.

``load_capture`` reads and checks the /proc files; ``guest_from_capture`` decides what every page
and pageblock is and assembles the records. Both are pure: no clock, nothing but the given source.
What a capture does not contain (order of lists, migratetypes, pages parked on per-CPU lists) is
inferred or assumed only in engine/capture; docs/CAPTURES.md lists all of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import units as u
from engine.capture.archive import Limits, read_files
from engine.capture.assemble import assemble_guest
from engine.capture.blocks import ZoneResult, ZoneTotals, count_evidence, infer_zone
from engine.capture.pages import (
    KPF_NOPAGE,
    PAGES_PER_SECTION,
    Pages,
    decode,
    find_parked,
    free_blocks,
    merge_kinds,
)
from engine.capture.text import (
    MIGRATETYPE_NAMES,
    PageTypes,
    ZoneKey,
    ZoneText,
    parse_buddyinfo,
    parse_meminfo,
    parse_pagetypeinfo,
    parse_vmstat,
    parse_zoneinfo,
)
from engine.errors import RefusedError
from engine.guest import Guest, ZoneSpan

# Of a machine with several NUMA nodes.
NODES_ASSUMED = (
    "programs and the balloon's worker run on the first node and use its memory first; all nodes "
    "are equally far from each other"
)

_BLOCK = u.PAGEBLOCK_NR_PAGES
_NOPAGE = 1 << KPF_NOPAGE


@dataclass(frozen=True)
class Inferred:
    """What was inferred from a capture.

    Attributes:
        pages: every page.
        migratetype: uint8[nr_blocks].
        listed: bool[nr_blocks], has page structures.
        free: first pfns of free blocks by order.
        zones: per zone, the types found and how far they miss the totals.
    """

    pages: Pages
    migratetype: NDArray[np.uint8]
    listed: NDArray[np.bool_]
    free: list[NDArray[np.int64]]
    zones: tuple[ZoneResult, ...]


@dataclass(frozen=True)
class Capture:
    """The /proc files of one real machine at one moment, checked.

    Attributes:
        name: what to call it.
        flags: uint64[nr_pages], kpageflags, to the end of the last zone.
        counts: uint64[nr_pages], kpagecount.
        zones: populated zones, ascending.
        spans: the same zones as the guest will have them, in whole pageblocks.
        buddyinfo: free blocks by zone and order.
        pagetypes: free blocks by zone, migratetype and order; pageblocks by zone and migratetype.
        node_stats: per-node counters of zoneinfo, all nodes together.
        vmstat: counters since boot.
        meminfo: KiB by name, empty if there was no such file.
    """

    name: str
    flags: NDArray[np.uint64]
    counts: NDArray[np.uint64]
    zones: tuple[ZoneText, ...]
    spans: tuple[ZoneSpan, ...]
    buddyinfo: Mapping[ZoneKey, tuple[int, ...]]
    pagetypes: PageTypes
    node_stats: Mapping[str, int]
    vmstat: Mapping[str, int] = field(default_factory=dict)
    meminfo: Mapping[str, int] = field(default_factory=dict)

    @property
    def nr_pages(self) -> int:
        """Pages of the guest to be made, holes included."""
        return len(self.flags)

    @property
    def main_zone(self) -> ZoneKey:
        """The zone with the most managed pages, the lowest of equals."""
        return max(self.zones, key=lambda zone: zone.number("managed")).key

    @property
    def _odd_starts(self) -> NDArray[np.bool_]:
        """Pageblocks that begin a zone and would merge across its edge: free blocks do not."""
        alone = np.zeros(self.nr_pages // _BLOCK, np.bool_)
        alone[[b for b in (s.start_pfn // _BLOCK for s in self.spans) if b % 2]] = True
        return alone

    @cached_property
    def inferred(self) -> Inferred:
        """Pages, free blocks and migratetypes; computed once."""
        pages = decode(self.flags, self.counts)
        free = free_blocks(pages.state, self._odd_starts)
        evidence = count_evidence(pages.state, pages.reserved_first, free)
        migratetype = np.full(len(pages.reserved_first), u.MIGRATE_MOVABLE, np.uint8)
        results = []
        for zone in zone_totals(self, pages):
            result = infer_zone(evidence, zone)
            migratetype[zone.first : zone.end] = result.migratetype
            results.append(result)
        free = self._settle(pages, migratetype)
        migratetype[~evidence.listed] = u.MIGRATE_MOVABLE
        return Inferred(pages, migratetype, evidence.listed, free, tuple(results))

    def with_types(self, migratetype: NDArray[np.uint8]) -> Inferred:
        """As ``inferred``, where the migratetypes are known: nothing is inferred.

        Args:
            migratetype: uint8[nr_blocks]; is copied.
        """
        pages = decode(self.flags, self.counts)
        types = migratetype.copy()
        listed = (pages.state.reshape(-1, _BLOCK) != u.STATE_HOLE).any(axis=1)
        return Inferred(pages, types, listed, self._settle(pages, types), ())

    def _settle(self, pages: Pages, migratetype: NDArray[np.uint8]) -> list[NDArray[np.int64]]:
        """Find parked pages and free blocks by the migratetypes; changes both arguments."""
        for zone, span in zip(self.zones, self.spans, strict=True):
            parked = sum(count for count, _, _ in zone.pcp)
            find_parked(pages.state, migratetype, span.start_pfn, span.end_pfn, parked)
        # An isolation in progress (offlining, CMA) will end; the pageblock was and will be movable.
        migratetype[migratetype == u.MIGRATE_ISOLATE] = u.MIGRATE_MOVABLE
        return free_blocks(pages.state, self._odd_starts, merge_kinds(migratetype))

    def summary(self) -> dict[str, Any]:
        """For people: what was found, how well the files agree, what had to be guessed.

        Returns:
            JSON-able dict; see docs/CAPTURES.md.
        """
        found = self.inferred
        counts = np.bincount(found.pages.state, minlength=u.NR_STATES)
        zones = []
        for zone, span, result in zip(self.zones, self.spans, found.zones, strict=True):
            here = [int(((p >= span.start_pfn) & (p < span.end_pfn)).sum()) for p in found.free]
            listed = self.buddyinfo[zone.key]
            off = sum(abs(a - b) << o for o, (a, b) in enumerate(zip(here, listed, strict=True)))
            total = sum(n << o for o, n in enumerate(listed))
            first, end = span.start_pfn // _BLOCK, span.end_pfn // _BLOCK
            types = np.bincount(
                found.migratetype[first:end][found.listed[first:end]], minlength=u.NR_MIGRATETYPES
            )
            zones.append(
                {
                    "node": zone.key[0],
                    "zone": zone.key[1],
                    "managed_pages": zone.number("managed"),
                    "free_blocks": here,
                    "buddyinfo": list(listed),
                    "free_agreement": 1.0 if not total else max(0.0, 1 - off / total),
                    "pageblocks": {
                        name: int(types[t]) for name, t in MIGRATETYPE_NAMES.items() if types[t]
                    },
                    "migratetypes": "joint assignment to the totals of pagetypeinfo",
                    "free_blocks_under_another_type": result.free_off,
                    "pageblocks_too_many_or_few": result.blocks_off,
                }
            )
        return {
            "name": self.name,
            "memory_mib": sum(zone.number("present") for zone in self.zones) // u.MIB_PAGES,
            "pages": {
                u.PageState(s).name.lower(): int(n) for s, n in enumerate(counts.tolist()) if n
            },
            "zones": zones,
            "compound_pages_taken_apart": found.pages.split,
            "assumed": [
                "order of the free lists and LRU lists (seeded)",
                "no page is pinned: reference counts are not in a capture",
                "pages without flags in movable and reclaimable pageblocks are parked on per-CPU "
                "lists, the others belong to the kernel",
                *([NODES_ASSUMED] if len({zone.key[0] for zone in self.zones}) > 1 else []),
            ],
        }


def zone_totals(capture: Capture, pages: Pages) -> list[ZoneTotals]:
    """What is known of the pageblocks of each zone.

    Args:
        capture: read, not yet inferred.
        pages: its pages.
    """
    nr_file = int((pages.state == u.STATE_FILE).sum())
    buffers = capture.meminfo.get("Buffers", 0) >> (u.PAGE_SHIFT - 10)
    out = []
    for zone, span in zip(capture.zones, capture.spans, strict=True):
        free = dict(capture.pagetypes.free.get(zone.key, {}))
        for migratetype, counts in free.items():
            if -1 in counts and sum(-1 in other for other in free.values()) == 1:
                # pagetypeinfo stops counting at 100,000; the rest of buddyinfo is this type's.
                free[migratetype] = _uncapped(free, migratetype, capture.buddyinfo[zone.key])
        out.append(
            ZoneTotals(
                first=span.start_pfn // _BLOCK,
                end=span.end_pfn // _BLOCK,
                free=free,
                blocks=capture.pagetypes.blocks.get(zone.key, {}),
                deferred=_first_deferred(capture, zone) // _BLOCK,
                slab_reclaimable=capture.node_stats.get("nr_slab_reclaimable", -1)
                if zone.key == capture.main_zone
                else -1,
                buffers_share=min(1.0, buffers / nr_file) if nr_file else 0.0,
            )
        )
    return out


def _uncapped(
    free: Mapping[int, tuple[int, ...]], migratetype: int, total: tuple[int, ...]
) -> tuple[int, ...]:
    """Free blocks of one type where the kernel stopped counting: all that the others leave."""
    others = [counts for t, counts in free.items() if t != migratetype]
    return tuple(
        n if n >= 0 else total[order] - sum(counts[order] for counts in others)
        for order, n in enumerate(free[migratetype])
    )


def _first_deferred(capture: Capture, zone: ZoneText) -> int:
    """First pfn of a zone whose page structures were set up late at boot.

    Only a node's last zone is affected, from the first section boundary after more than a section
    of it has been set up (mm/mm_init.c defer_init()).
    """
    end = zone.start_pfn + zone.spanned
    if any(z.key[0] == zone.key[0] and z.start_pfn > zone.start_pfn for z in capture.zones):
        return -(-end // _BLOCK) * _BLOCK
    boundary = -(-(zone.start_pfn + PAGES_PER_SECTION) // PAGES_PER_SECTION)
    return min(boundary * PAGES_PER_SECTION, -(-end // _BLOCK) * _BLOCK)


def _words(files: Mapping[str, bytes], name: str, where: str) -> NDArray[np.uint64]:
    """A page file as numbers."""
    body = files[name]
    if len(body) % 8:
        raise RefusedError(f"{where}: {name} has {len(body)} bytes: a multiple of 8 is needed")
    if not body:
        raise RefusedError(f"{where}: {name} is empty")
    return np.frombuffer(body, "<u8").astype(np.uint64, copy=False)


def _spans(
    zones: tuple[ZoneText, ...], nr_words: int, where: str, limits: Limits
) -> list[ZoneSpan]:
    """Zones in whole pageblocks, after checking that they fit the page files."""
    present = sum(zone.number("present") for zone in zones)
    if present > limits.guest_mib * u.MIB_PAGES or (
        zones[-1].start_pfn + zones[-1].spanned > limits.max_pfn
    ):
        raise RefusedError(
            f"{where}: a machine of {present // u.MIB_PAGES} MiB (to pfn "
            f"{zones[-1].start_pfn + zones[-1].spanned}): the limit is {limits.guest_mib} MiB"
        )
    spans: list[ZoneSpan] = []
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
        start = zone.start_pfn // _BLOCK * _BLOCK
        if spans and start < spans[-1].end_pfn:
            raise RefusedError(f"{where}: zones {zone.key[1]} and the one before share a pageblock")
        spans.append(
            ZoneSpan(
                u.ZONE_NAMES.index(zone.key[1]), start, -(-end // _BLOCK) * _BLOCK, zone.key[0]
            )
        )
    return spans


def _mark_offline(flags: NDArray[np.uint64], counts: NDArray[np.uint64]) -> None:
    """Set NOPAGE on pages of sections that are not online; changes ``flags``.

    Newer kernels (seen on 6.18) write 0 instead of NOPAGE for them. A section (128 MiB) of online
    memory without a single flag does not occur: its own page structures are flagged.
    """
    whole = len(flags) // PAGES_PER_SECTION * PAGES_PER_SECTION
    sections = flags[:whole].reshape(-1, PAGES_PER_SECTION)
    mapped = counts[:whole].reshape(-1, PAGES_PER_SECTION)
    for section in np.flatnonzero((sections == 0).all(axis=1)).tolist():
        if not mapped[section].any():
            sections[section] = _NOPAGE


def _clip(words: NDArray[np.uint64], spans: list[ZoneSpan], filler: int) -> NDArray[np.uint64]:
    """Cut or pad a page file to the end of the last zone; outside zones there is no memory."""
    out = np.full(spans[-1].end_pfn, filler, np.uint64)
    for span in spans:
        part = words[span.start_pfn : span.end_pfn]
        out[span.start_pfn : span.start_pfn + len(part)] = part
    return out


def load_capture(source: Path | bytes, name: str = "", limits: Limits | None = None) -> Capture:
    """Read a capture.

    Args:
        source: a folder, a tar archive (plain, gz, xz or bz2), or the bytes of such an archive.
        name: what to call it; the file's name by default.
        limits: upper limits; see engine/capture/archive.py.

    Raises:
        RefusedError: anything wrong with it, in one sentence.
    """
    limits = limits or Limits()
    where = name or (source.name if isinstance(source, Path) else "") or "the capture"
    files = read_files(source, where, limits)
    flags, counts = _words(files, "kpageflags", where), _words(files, "kpagecount", where)
    if len(flags) != len(counts):
        raise RefusedError(
            f"{where}: kpageflags has {len(flags)} pages, kpagecount {len(counts)}: "
            "they must be from the same machine and moment"
        )
    try:
        buddyinfo = parse_buddyinfo(files["buddyinfo"])
        pagetypes = parse_pagetypeinfo(files["pagetypeinfo"])
        zones, node_stats = parse_zoneinfo(files["zoneinfo"])
        vmstat = parse_vmstat(files["vmstat"])
        meminfo = parse_meminfo(files.get("meminfo", b""))
    except RefusedError as error:
        raise RefusedError(f"{where}: {error}") from error
    for zone in zones:
        for file, known in (("buddyinfo", buddyinfo), ("pagetypeinfo", pagetypes.blocks)):
            if zone.key not in known:
                raise RefusedError(
                    f"{where}: zone {zone.key[1]} of node {zone.key[0]} is in zoneinfo but not in"
                    f" {file}"
                )
    spans = _spans(zones, len(flags), where, limits)
    flags, counts = _clip(flags, spans, _NOPAGE), _clip(counts, spans, 0)
    _mark_offline(flags, counts)
    return Capture(
        name=where,
        flags=flags,
        counts=counts,
        zones=zones,
        spans=tuple(spans),
        buddyinfo=buddyinfo,
        pagetypes=pagetypes,
        node_stats=node_stats,
        vmstat=vmstat,
        meminfo=meminfo,
    )


def guest_from_capture(capture: Capture, seed: int = 1) -> Guest:
    """A guest in the state of the captured machine, settled: nothing isolated, no run under way.

    Args:
        capture: what load_capture read.
        seed: for everything that a capture does not contain (order of lists) and for the guest's
            generator.
    """
    found = capture.inferred
    return assemble_guest(
        capture.spans, capture.zones, found.pages, found.migratetype, found.free, seed
    )
