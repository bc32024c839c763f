"""One pageblock: what holds it, who could empty it, and what each design would do with it."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import units as u
from engine.because import laws as law
from engine.because.words import COULD, could_sentence, design_sentence, stays_sentence
from engine.designs import DESIGNS, parse_design
from engine.errors import RefusedError
from engine.guest import Guest
from engine.trace.reasons import REASONS
from engine.trace.sentences import page_kind, type_name

HOLDERS_TOLD = 24  # pages that hold a pageblock, one by one
_NR = u.PAGEBLOCK_NR_PAGES
# The ways to empty a pageblock, in the order in which they are told.
WAYS: Mapping[str, law.PageLaw] = {
    "compaction": law.stays_in_compaction,
    "reclaim": law.stays_in_reclaim,
    "offlining": law.stays_in_offlining,
    "contiguous": law.stays_in_contig,
}
# Of several reasons the one that stops a request first is told.
_RANK = (
    "range_stop_hole range_stop_no_area range_stop_unmovable range_stop_not_on_lru "
    "range_stop_not_migrated range_stop_in_use"
).split()


def heads_of(state: NDArray[np.uint8], order: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Of every page of some pageblocks the page that its laws are read from: a compound's first.

    Args:
        state: uint8[n * 512].
        order: uint8[n * 512], ORDER_TAIL where a page is not the first.

    Returns:
        int64[n * 512], places; its own where the first page is another pageblock's.
    """
    places = np.arange(len(state)).reshape(-1, _NR)
    firsts = np.where(order.reshape(-1, _NR) != u.ORDER_TAIL, places, -1)
    found = np.maximum.accumulate(firsts, axis=1).ravel()
    own = places.ravel()
    alien = (found < 0) | (state[found] != state)
    return np.where(alien, own, found)


def check_block(guest: Guest, pageblock: int) -> int:
    """The pageblock.

    Raises:
        RefusedError: there is no such.
    """
    if not 0 <= pageblock < len(guest.blocks):
        raise RefusedError(
            f"pageblock {pageblock}: the guest has pageblocks 0 to {len(guest.blocks) - 1}"
        )
    return pageblock


class BlockPages:
    """The pages of one pageblock, each with what its laws are read from."""

    def __init__(self, guest: Guest, pageblock: int) -> None:
        """Read them.

        Args:
            guest: only read.
            pageblock: inside the guest.
        """
        self.guest, self.first = guest, pageblock * _NR
        pages = guest.pages[self.first : self.first + _NR]
        self.state, self.order = pages["state"].copy(), pages["order"].copy()
        self.heads = heads_of(self.state, self.order)
        self.flags = pages["flags"][self.heads]
        block = guest.blocks[pageblock]
        has_lru = bool((self.flags & u.PG_LRU).any())
        zone = int(guest.zones[int(block["zone"])]["name"])
        self.place = law.BlockPlace(int(block["migratetype"]), zone, has_lru)

    @property
    def empty(self) -> bool:
        """Whether every page is free."""
        return bool(np.isin(self.state, (u.STATE_FREE, u.STATE_PCP)).all())

    def page(self, i: int, hook: int | None = None) -> law.BlockPage:
        """A page as the laws see it.

        Args:
            i: its place.
            hook: the hook of another design, as whose page a balloon's is to be seen.
        """
        order, flags = int(self.order[self.heads[i]]), int(self.flags[i])
        if hook is not None and self.state[i] == u.STATE_BALLOON:
            flags &= ~(u.PG_DEDICATED | u.PG_MOVABLE_OPS)
            flags |= u.PG_MOVABLE_OPS if hook else 0
        return law.BlockPage(int(self.state[i]), 0 if order > u.MAX_PAGE_ORDER else order, flags)

    def stays(self, rule: law.PageLaw, laws: law.Laws, hook: int | None = None) -> list[str | None]:
        """Of every page why it stays, None: it does not.

        Args:
            rule: which way is asked about.
            laws: that hold.
            hook: see page().
        """
        known: dict[law.BlockPage, str | None] = {}
        found = []
        for i in range(_NR):
            page = self.page(i, hook)
            if page not in known:
                known[page] = rule(page, laws, self.place)
            found.append(known[page])
        return found


def _first_reason(stays: list[str | None]) -> tuple[str, int]:
    """The reason to tell, and the first page that it holds for; nothing and -1: all may go."""
    met = [reason for reason in stays if reason]
    if not met:
        return "", -1
    ranked = [reason for reason in _RANK if reason in met]
    reason = ranked[0] if ranked else Counter(met).most_common(1)[0][0]
    return reason, stays.index(reason)


def way_answer(block: BlockPages, way: str, laws: law.Laws) -> dict[str, Any]:
    """Whether one way could empty a pageblock.

    Args:
        block: its pages.
        way: of WAYS.
        laws: that hold.

    Returns:
        ``way``, ``could``, ``reason`` (id), ``sentence``, ``source``, ``pfn`` of the first page
        that forbids it (None: none does), ``stays`` (pages).
    """
    stays = block.stays(WAYS[way], laws)
    reason, i = _first_reason(stays)
    told = reason or COULD[way]
    if reason:
        sentence = stays_sentence(block.guest, block.first + i, block.page(i), reason, way)
    else:
        sentence = could_sentence(way, block.empty)
    return {
        "way": way,
        "could": not reason,
        "reason": told,
        "sentence": sentence,
        "source": REASONS[told].source_in(laws.is_2012),
        "pfn": block.first + i if reason else None,
        "stays": sum(one is not None for one in stays),
    }


def design_answer(block: BlockPages, key: str, own: bool) -> dict[str, Any]:
    """What a design would do with a pageblock, by compaction and by its balloon's own work.

    Args:
        block: its pages.
        key: of the design.
        own: whether the guest is that design's; otherwise its balloon pages are seen as if they
            were that design's, outside dedicated pageblocks.

    Returns:
        ``design``, ``own``, ``could``, pages ``moved`` by compaction, ``by_balloon`` and ``stays``,
        ``reason`` (id, None: none stays) and ``sentence``.
    """
    laws = law.laws_of(block.guest, key, own)
    hook = None if own else laws.hook
    compacted = block.stays(law.stays_in_compaction, laws, hook)
    stays = block.stays(law.stays_under_design, laws, hook)
    in_use = ~np.isin(block.state, (u.STATE_FREE, u.STATE_PCP))
    left = np.array([one is not None for one in stays])
    moved = int((in_use & np.array([one is None for one in compacted])).sum())
    stay = int(left.sum())
    own_work = int(in_use.sum()) - moved - stay
    reason, i = _first_reason(stays)
    sentence = design_sentence(laws, moved, own_work, stay, block.empty)
    if reason:
        page = block.page(i, hook)
        sentence = sentence.removesuffix(".") + ": "
        sentence += stays_sentence(block.guest, block.first + i, page, reason) + "."
    return {
        "design": key,
        "own": own,
        "could": not reason,
        "moved": moved,
        "by_balloon": own_work,
        "stays": stay,
        "reason": reason or None,
        "sentence": sentence,
    }


def _holders(block: BlockPages, laws: law.Laws) -> tuple[list[dict[str, Any]], int]:
    """The pages that stay under the design, one by one, and how many there are."""
    stays = block.stays(law.stays_under_design, laws)
    firsts = [i for i in range(_NR) if stays[i] and block.heads[i] == i]
    told = []
    for i in firsts[:HOLDERS_TOLD]:
        page, reason = block.page(i), str(stays[i])
        told.append(
            {
                "pfn": block.first + i,
                "kind": page_kind(page.state),
                "order": page.order,
                "reason": reason,
                "sentence": stays_sentence(block.guest, block.first + i, page, reason),
            }
        )
    return told, len(firsts)


def block_answer(guest: Guest, key: str, pageblock: int) -> dict[str, Any]:
    """Why a pageblock is not free, and who could empty it.

    Args:
        guest: only read.
        key: of its design.
        pageblock: which.

    Returns:
        The answer of ``GET /api/sessions/{id}/because`` but for what replay adds, see
        docs/PROTOCOL.md.

    Raises:
        RefusedError: there is no such pageblock.
    """
    block = BlockPages(guest, check_block(guest, pageblock))
    laws = law.laws_of(guest, key)
    holders, nr = _holders(block, laws)
    kinds = Counter(page_kind(int(state)) for state in block.state)
    orders = Counter(
        int(order)
        for order in block.order[(block.state == u.STATE_FREE) & (block.order <= u.MAX_PAGE_ORDER)]
    )
    name = parse_design(key).name
    return {
        "pageblock": pageblock,
        "start_pfn": block.first,
        "type": type_name(guest, block.first),
        "zone": u.ZONE_NAMES[block.place.zone],
        "empty": block.empty,
        "kinds": [{"kind": kind, "pages": n} for kind, n in kinds.most_common()],
        "free_blocks": [{"order": order, "nr": n} for order, n in sorted(orders.items())],
        "holders": holders,
        "holders_total": nr,
        "ways": [way_answer(block, way, laws) for way in WAYS],
        "designs": [
            design_answer(block, key if one == name else one, one == name) for one in DESIGNS
        ],
    }
