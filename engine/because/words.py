"""Sentences for why a pageblock is not free; where a reason's own would not fit, one that does."""

from engine import units as u
from engine.because.laws import GATHER, PASS, BlockPage, Laws
from engine.core.ranges.range_codes import RangeReason, explain_stop
from engine.guest import Guest
from engine.trace.reasons import RANGE_PREFIX, REASONS
from engine.trace.sentences import facts

# What happens where nothing forbids it: the id of what then becomes of the pages.
COULD = {
    "compaction": "moved", "reclaim": "reclaimed", "offlining": "moved", "contiguous": "moved",
}  # fmt: skip
_COULD = {
    "compaction": "every page in it could be moved, if the free scanner finds targets",
    "reclaim": "it holds nothing but page cache, which could be dropped",
    "offlining": "every page in it could be moved away, if there is free memory elsewhere",
    "contiguous": "every page in it could be moved or dropped, if there is free memory elsewhere",
}
_KEPT = {
    u.STATE_ANON: "anonymous memory stays: there is no swap to write it to",
    u.STATE_SHMEM: "shared memory stays: there is no swap to write it to",
    u.STATE_THP: "a huge page stays: there is no swap, and only what nobody maps of it is freed",
}
_OWN = {PASS: "the balloon's own pass", GATHER: "gathering"}


def pages_text(nr: int, kind: str = "") -> str:
    """A number of pages in words."""
    noun = f"{kind} page" if kind else "page"
    return f"{nr:,} {noun}{'' if nr == 1 else 's'}"


def could_sentence(way: str, empty: bool) -> str:
    """What a way to empty a pageblock would do where nothing forbids it."""
    return "it is free already" if empty else _COULD[way]


def stays_sentence(guest: Guest, pfn: int, page: BlockPage, reason: str, way: str = "") -> str:
    """Why a page stays, in the words of its reason and of what is true of it now.

    Args:
        guest: only read.
        pfn: of the page.
        page: as the laws see it.
        reason: id.
        way: the way to empty the pageblock that is asked about.
    """
    if reason.startswith(RANGE_PREFIX):
        mt = int(guest.blocks[pfn >> u.PAGEBLOCK_ORDER]["migratetype"])
        number = RangeReason[reason.removeprefix(RANGE_PREFIX).upper()]
        if number == RangeReason.NO_AREA:
            return "contiguous memory is not looked for here: " + _no_area(guest, page, mt)
        return explain_stop(number, pfn, page.state, mt)
    told = facts(guest, pfn, (page.state, page.order, page.flags), -1, {})
    if reason == "block_has_hole":
        return f"there is no memory at page {pfn}"
    if reason == "balloon_no_hook" and page.flags & u.PG_DEDICATED:
        return "the balloon holds this pageblock as a whole, on purpose: nothing takes it away"
    if reason == "kept_by_reclaim" and page.state in _KEPT:
        return _KEPT[page.state]
    if reason == "not_on_lru" and way == "reclaim":
        return f"{told['a_kind']} is on no LRU list, and only those are looked at"
    if reason == "kept_by_reclaim" and page.flags & u.PG_UNEVICTABLE:
        return "the page is unevictable (mlock)"
    return REASONS[reason].sentence.format_map(told)


def _no_area(guest: Guest, page: BlockPage, mt: int) -> str:
    if (guest.blocks["migratetype"] == u.MIGRATE_CMA).any():
        return f"cma_alloc() tries CMA pageblocks only, this one is {u.Migratetype(mt).name}"
    if int(guest.vm[0]["profile"]) == u.PROFILE_2012:
        return "Linux 3.8 takes it from a CMA area only, and there is none"
    if page.state in (u.STATE_HOLE, u.STATE_RESERVED, u.STATE_HUGE):
        return "a range with a hole, a reserved or a hugetlb page is passed over"
    return "alloc_contig_pages() passes over zone Movable"


def design_sentence(laws: Laws, moved: int, own: int, stay: int, empty: bool) -> str:
    """What a design would do with a pageblock.

    Args:
        laws: of the design.
        moved: pages that compaction could move.
        own: pages that the balloon's own work could take away.
        stay: pages that stay.
        empty: whether it is free already.
    """
    if empty:
        return "It is free already."
    parts = []
    if moved:
        parts.append(f"compaction could move {pages_text(moved)}")
    if own:
        verb = "give back" if laws.own == GATHER else "move"
        parts.append(f"{_OWN[laws.own]} could {verb} {pages_text(own, 'balloon')}")
    if stay:
        parts.append(f"{pages_text(stay)} {'stays' if stay == 1 else 'stay'}")
    text = " and ".join(parts) if len(parts) < 3 else f"{parts[0]}, {parts[1]}, and {parts[2]}"
    return text[:1].upper() + text[1:] + "."
