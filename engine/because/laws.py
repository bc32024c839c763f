"""Which page stays where it is: in compaction, reclaim, offlining and contiguous allocation.

The core decides page by page while it runs; these are the same tests asked beforehand, of the page
as it is now. They speak of what lasts: a page under writeback, locked for a moment or held by a
running compactor does not stay. So "stays" is never wrong while nobody else changes the page, and
"could go" means only that the page itself forbids nothing. Ids are those of trace/reasons.py.
"""

from collections.abc import Callable
from dataclasses import dataclass

from engine import units as u
from engine.designs import parse_design
from engine.designs.base import rules_dict
from engine.guest import Guest

PASS, GATHER = "pass", "gather"  # a balloon's own work
_OWN = {"separate_pass": PASS, "dedicated_block": GATHER}
_CACHED = (u.STATE_FILE, u.STATE_SHMEM)
_FREE = (u.STATE_FREE, u.STATE_PCP, u.STATE_ISOLATED_FREE)
_UNMOVABLE = "range_stop_unmovable"
_NOT_MIGRATED = "range_stop_not_migrated"
_IN_USE = "range_stop_in_use"
_NO_AREA = "range_stop_no_area"


@dataclass(frozen=True)
class Laws:
    """What a kernel and a design allow, as far as it decides about pages.

    Attributes:
        is_2012: whether compaction follows Linux 3.8.
        hook: units.HOOK_*.
        own: what the balloon itself does: PASS, GATHER or nothing.
        gathers: whether it has enough scattered pages for a pageblock.
        range_aware: whether the pass empties ranges too.
        asks_lru: isolating a pageblock asks whether a page is on an LRU list (3.8).
        lru_only: offlining moves LRU pages and no others (3.8).
        anywhere: contiguous memory may come from anywhere, not only from a CMA area.
        has_cma: the guest has one.
    """

    is_2012: bool
    hook: int
    own: str
    gathers: bool
    range_aware: bool
    asks_lru: bool
    lru_only: bool
    anywhere: bool
    has_cma: bool


@dataclass(frozen=True)
class BlockPlace:
    """The pageblock that a page lies in.

    Attributes:
        migratetype: of the pageblock.
        zone: units.ZONE_*, the name of its zone.
        has_lru: whether a page of it is on an LRU list.
    """

    migratetype: int
    zone: int
    has_lru: bool


@dataclass(frozen=True)
class BlockPage:
    """The first page of a compound page, or a single page: units.STATE_*, order, units.PG_*."""

    state: int
    order: int
    flags: int


PageLaw = Callable[[BlockPage, Laws, BlockPlace], str | None]


def laws_of(guest: Guest, key: str, own: bool = True) -> Laws:
    """The laws that a guest's pages are under.

    Args:
        guest: only read.
        key: of the design.
        own: whether the guest is that design's own; otherwise: as if it were.

    Raises:
        RefusedError: there is no such design.
    """
    vm = guest.vm[0]
    design = parse_design(key)
    rules = rules_dict(design.rules())

    def rule(name: str) -> int:
        return int(vm[name]) if own else int(rules[name])

    scattered = int(guest.lists[u.LIST_BALLOON]["nr"])
    return Laws(
        is_2012=bool(vm["law_linear_scanners"]),
        hook=rule("rule_hook"),
        own=_OWN.get(design.name, ""),
        gathers=scattered >= (1 if rule("rule_gather_fill") else u.PAGEBLOCK_NR_PAGES),
        range_aware=bool(rule("rule_range_aware")),
        asks_lru=bool(vm["law_isolate_asks_lru"]),
        lru_only=bool(vm["law_offline_moves_lru_only"]),
        anywhere=int(vm["profile"]) != u.PROFILE_2012,
        has_cma=bool((guest.blocks["migratetype"] == u.MIGRATE_CMA).any()),
    )


def _settled(page: BlockPage) -> bool:
    """Whether there is nothing to ask: it is free, or somebody is moving it."""
    return page.state in _FREE or bool(page.flags & u.PG_ISOLATED)


def stays_in_compaction(page: BlockPage, laws: Laws, place: BlockPlace) -> str | None:
    """Why compaction of the whole memory leaves a page, None: it could move it.

    Source:
        mm/compaction.c isolate_migratepages_block(), pageblock_skip_persistent(); 3.8
        mm/compaction.c isolate_migratepages_range(), mm/vmscan.c __isolate_lru_page().
    """
    if _settled(page):
        return None
    if page.state == u.STATE_HOLE:
        return "block_has_hole"
    pinned = bool(page.flags & u.PG_PINNED)
    if page.flags & u.PG_LRU:
        if laws.is_2012:
            if page.order > 0:
                return "thp_is_skipped"
            if page.flags & u.PG_UNEVICTABLE:
                return "page_is_unevictable"
            return "extra_references" if pinned else None
        if page.order >= u.PAGEBLOCK_ORDER:
            return "block_is_compound"
        if pinned:
            return "extra_references" if page.state in _CACHED else "anon_is_pinned"
        return None
    if page.state == u.STATE_BALLOON:
        if not laws.hook:
            return "balloon_no_hook"
        if not page.flags & u.PG_MOVABLE_OPS:
            return "balloon_not_marked"
        return "balloon_is_locked" if page.flags & u.PG_LOCKED else None
    if page.state == u.STATE_HUGE and page.order >= u.PAGEBLOCK_ORDER and not laws.is_2012:
        return "block_is_compound"
    return "not_on_lru"


def stays_in_balloon(page: BlockPage, laws: Laws, place: BlockPlace) -> str | None:
    """Why the balloon's own work leaves a page of the balloon, None: it could take it away."""
    if page.flags & u.PG_ISOLATED:
        return None
    if page.flags & u.PG_DEDICATED or not laws.own:
        return "balloon_no_hook"
    return "gather_too_few" if laws.own == GATHER and not laws.gathers else None


def stays_under_design(page: BlockPage, laws: Laws, place: BlockPlace) -> str | None:
    """Why compaction and the balloon's own work together leave a page, None: one could move it."""
    reason = stays_in_compaction(page, laws, place)
    if reason is None or page.state != u.STATE_BALLOON or not laws.own:
        return reason
    return stays_in_balloon(page, laws, place)


def stays_in_reclaim(page: BlockPage, laws: Laws, place: BlockPlace) -> str | None:
    """Why reclaim never frees a page, None: it could. There is no swap and no slab shrinker.

    Source:
        mm/vmscan.c shrink_folio_list(); mm/huge_memory.c deferred_split_scan(), which leaves what
        is mapped of a huge page.
    """
    if _settled(page):
        return None
    if page.state == u.STATE_HOLE:
        return "block_has_hole"
    if not page.flags & u.PG_LRU:
        return "not_on_lru"
    evictable = not page.flags & (u.PG_PINNED | u.PG_UNEVICTABLE)
    return None if page.state == u.STATE_FILE and evictable else "kept_by_reclaim"


def _moved_from_range(page: BlockPage, laws: Laws) -> str | None:
    """Why a page of an isolated range stays, None: it could be moved, of 6.12 and contiguous."""
    if page.flags & u.PG_LRU:
        return _NOT_MIGRATED if page.flags & u.PG_PINNED else None
    if page.state == u.STATE_HUGE:
        return None if page.order == u.HPAGE_ORDER else _IN_USE
    if page.state != u.STATE_BALLOON:
        return _IN_USE
    hooked = laws.hook and page.flags & u.PG_MOVABLE_OPS and not page.flags & u.PG_LOCKED
    return None if hooked or _by_range_pass(page, laws) else _IN_USE


def _by_range_pass(page: BlockPage, laws: Laws) -> bool:
    """Whether the balloon's pass takes a balloon page out of a range."""
    return laws.range_aware and not page.flags & u.PG_DEDICATED


def _forbids_isolation(page: BlockPage, laws: Laws, place: BlockPlace, poisoned: bool) -> bool:
    """Whether has_unmovable_pages() of 6.12 stops at a page in use."""
    if page.state == u.STATE_RESERVED:
        return True
    if place.zone == u.ZONE_MOVABLE or page.flags & u.PG_LRU:
        return False
    if page.state == u.STATE_HWPOISON:
        return poisoned
    if page.state == u.STATE_BALLOON:
        return not (_by_range_pass(page, laws) or page.flags & u.PG_MOVABLE_OPS)
    return page.state != u.STATE_HUGE


def _has_movable_type(place: BlockPlace) -> bool:
    return place.migratetype in (u.MIGRATE_MOVABLE, u.MIGRATE_CMA)


def stays_in_offlining(page: BlockPage, laws: Laws, place: BlockPlace) -> str | None:
    """Why offlining its pageblock ends at a page, None: it could be moved away.

    Source:
        mm/memory_hotplug.c offline_pages(); mm/page_isolation.c has_unmovable_pages(); the same in
        3.8.
    """
    if page.state == u.STATE_HOLE:
        return "range_stop_hole"
    if not laws.asks_lru and place.migratetype == u.MIGRATE_CMA:
        return _UNMOVABLE
    if _settled(page):
        return None
    if not laws.asks_lru:
        if _forbids_isolation(page, laws, place, poisoned=False):
            return _UNMOVABLE
        return None if page.state == u.STATE_HWPOISON else _moved_from_range(page, laws)
    if page.flags & u.PG_LRU:
        return _NOT_MIGRATED if page.flags & u.PG_PINNED else None
    if page.state == u.STATE_HWPOISON:
        return None
    if not _has_movable_type(place):
        return _UNMOVABLE
    if page.state == u.STATE_BALLOON and _by_range_pass(page, laws):
        return None
    if not laws.lru_only:
        return _moved_from_range(page, laws)
    return "range_stop_not_on_lru" if place.has_lru else _IN_USE


def stays_in_contig(page: BlockPage, laws: Laws, place: BlockPlace) -> str | None:
    """Why contiguous memory cannot be had where a page lies, None: the page could be moved away.

    Source:
        mm/page_alloc.c alloc_contig_range(), pfn_range_valid_contig(); mm/cma.c cma_alloc().
    """
    if laws.has_cma:
        passed_over = place.migratetype != u.MIGRATE_CMA
    else:
        nowhere = not laws.anywhere or place.zone == u.ZONE_MOVABLE
        passed_over = nowhere or page.state in (u.STATE_HOLE, u.STATE_RESERVED, u.STATE_HUGE)
    if passed_over:
        return _NO_AREA
    if _settled(page):
        return None
    asked = not laws.has_cma and not laws.asks_lru
    if asked and _forbids_isolation(page, laws, place, poisoned=True):
        return _UNMOVABLE
    if page.state in (u.STATE_HOLE, u.STATE_RESERVED, u.STATE_HWPOISON):
        return _IN_USE
    return _moved_from_range(page, laws)
