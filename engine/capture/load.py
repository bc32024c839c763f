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
from engine.capture.agreement import (
    LEAST_AGREEMENT,
    agreement,
    blank_of,
    check_agreement,
    differ_words,
    differing_zones,
    late_words,
)
from engine.capture.archive import Limits, read_files
from engine.capture.assemble import assemble_guest
from engine.capture.blocks import ZoneResult, ZoneTotals, count_evidence, infer_zone
from engine.capture.extent import (
    check_page_size,
    check_words,
    cut_pages,
    extent_of,
    mark_offline,
)
from engine.capture.heads import mark_tails, marks_heads_only
from engine.capture.pages import (
    KPF_NOPAGE,
    PAGES_PER_SECTION,
    Pages,
    decode,
    find_parked,
    free_blocks,
    merge_kinds,
)
from engine.capture.reader import free_what_reading_took, free_whole_blocks
from engine.capture.text import (
    MIGRATETYPE_NAMES,
    PageTypes,
    ZoneKey,
    ZoneText,
    read_texts,
)
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
        restored: free blocks whose extent was restored (engine/capture/heads.py), 0 = all told.
        left_out: pages of holes that were left out to pack memory at sparse addresses; pfns are the
            packed ones (engine/capture/extent.py).
        causes: zones whose page flags and buddyinfo differ, and what is likely to have come between
            them, in words (engine/capture/agreement.py).
        late: sentences about memory that the kernel has not initialised yet.
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
    restored: int = 0
    left_out: int = 0
    causes: Mapping[ZoneKey, str] = field(default_factory=dict)
    late: tuple[str, ...] = ()

    @property
    def nr_pages(self) -> int:
        """Pages of the guest to be made, holes included."""
        return self.spans[-1].end_pfn

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
        free = self._settle(pages, migratetype, True)
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
        return Inferred(pages, types, listed, self._settle(pages, types, False), ())

    def _settle(
        self, pages: Pages, migratetype: NDArray[np.uint8], guess: bool
    ) -> list[NDArray[np.int64]]:
        """Find parked pages and free blocks by the migratetypes; changes both arguments."""
        for zone, span in zip(self.zones, self.spans, strict=True):
            parked, high = (sum(cpu[column] for cpu in zone.pcp) for column in (0, 1))
            counted = self.buddyinfo.get(zone.key, ())
            free_whole_blocks(pages, span.start_pfn, span.end_pfn, counted, high)
            where = (pages.state, migratetype, span.start_pfn, span.end_pfn)
            find_parked(*where, parked, guess)
            free_what_reading_took(*where, counted, high)
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
                    "free_agreement": agreement(here, listed),
                    "pageblocks": {
                        name: int(types[t]) for name, t in MIGRATETYPE_NAMES.items() if types[t]
                    },
                    "migratetypes": "joint assignment to the totals of pagetypeinfo",
                    "free_blocks_under_another_type": result.free_off,
                    "pageblocks_too_many_or_few": result.blocks_off,
                }
            )
        warnings = self._warnings(zones)
        return {
            "name": self.name,
            **({"warnings": warnings} if warnings else {}),
            "memory_mib": sum(zone.number("present") for zone in self.zones) // u.MIB_PAGES,
            "pages": {
                u.PageState(s).name.lower(): int(n) for s, n in enumerate(counts.tolist()) if n
            },
            "zones": zones,
            "compound_pages_taken_apart": found.pages.split,
            "assumed": [
                "order of the free lists and LRU lists (seeded)",
                "no page is pinned: reference counts are not in a capture",
                "pages without flags are parked on per-CPU lists, as many as zoneinfo counts "
                "(those in movable and reclaimable pageblocks first), the others are the kernel's",
                *([NODES_ASSUMED] if len({zone.key[0] for zone in self.zones}) > 1 else []),
                *self._remade,
            ],
        }

    def let_go(self, pages: bool = False) -> None:
        """Forget the files' words, sixteen bytes a page, which nobody needs once all is inferred.

        Args:
            pages: forget what was inferred, too: no further guest can be made then.
        """
        nothing = np.empty(0, np.uint64)
        for name in ("flags", "counts"):
            object.__setattr__(self, name, nothing)
        if pages:
            self.__dict__.pop("inferred", None)

    def disagreements(self) -> list[str]:
        """What the files do not describe, or not alike, in sentences; see agreement.py."""
        return self._warnings(self.summary()["zones"])

    def _warnings(self, zones: list[dict[str, Any]]) -> list[str]:
        words = list(self.late)
        for zone in zones:
            causes = self.causes.get((zone["node"], zone["zone"]))
            if causes is not None and zone["free_agreement"] < LEAST_AGREEMENT:
                key = (zone["node"], zone["zone"])
                said = differ_words(key, zone["free_blocks"], zone["buddyinfo"], causes)
                words.append(f"{said}; what follows is by kpageflags")
        return words

    @property
    def _remade(self) -> list[str]:
        """What was put right, in words."""
        words = []
        if self.restored:
            words.append(
                f"the extent of {self.restored} free blocks: this kernel marks their heads"
            )
        if self.left_out:
            words.append(
                f"{self.left_out // u.MIB_PAGES} MiB of holes are left out: addresses are packed"
            )
        return words


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
                slab_reclaimable=_slab_reclaimable(capture, zone),
                buffers_share=min(1.0, buffers / nr_file) if nr_file else 0.0,
            )
        )
    return out


def _slab_reclaimable(capture: Capture, zone: ZoneText) -> int:
    """Pages of reclaimable slab in a zone, -1 = not told: kernels since 4.13 count by node."""
    if zone.key == capture.main_zone and "nr_slab_reclaimable" in capture.node_stats:
        return capture.node_stats["nr_slab_reclaimable"]
    return zone.numbers.get("nr_slab_reclaimable", -1)


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
    files, page_files = read_files(source, where, limits)
    flag_file, count_file = page_files["kpageflags"], page_files["kpagecount"]
    check_words(flag_file, count_file, where)
    texts = read_texts(files, where)
    buddyinfo = texts.buddyinfo
    check_page_size(texts.zones, texts.meminfo, where)
    extent = extent_of(texts.zones, flag_file, count_file, where, limits)
    blanks = {zone.key: blank_of(zone, flag_file, count_file) for zone in texts.zones}
    late = tuple(late_words(z, blanks[z.key]) for z in texts.zones if blanks[z.key].late)
    zones, spans = extent.zones, extent.spans
    flags, counts = cut_pages(flag_file, extent, _NOPAGE), cut_pages(count_file, extent, 0)
    del flag_file, count_file, page_files
    mark_offline(flags, counts)
    restored = 0
    if marks_heads_only(flags, [buddyinfo[zone.key] for zone in zones]):
        by_zone = {zone.key: span for zone, span in zip(zones, spans, strict=True)}
        restored = mark_tails(flags, counts, by_zone, buddyinfo)
    differing = differing_zones(zones, spans, flags, buddyinfo, blanks)
    check_agreement(where, differing, buddyinfo, limits.agreement)
    return Capture(
        name=where,
        flags=flags,
        counts=counts,
        zones=zones,
        spans=spans,
        buddyinfo=buddyinfo,
        pagetypes=texts.pagetypes,
        node_stats=texts.node_stats,
        vmstat=texts.vmstat,
        meminfo=texts.meminfo,
        restored=restored,
        left_out=extent.left_out,
        causes={one.zone.key: one.causes for one in differing},
        late=late,
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
