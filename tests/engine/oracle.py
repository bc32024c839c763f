"""Slow twins of what is clever in the core, written from the rules and not from the code.

A zone is a dict of lists of pfns, head first; nothing is cached, everything is searched for.
May import engine.units only.
"""

from __future__ import annotations

from engine import units as u

FALLBACKS = {
    u.MIGRATE_UNMOVABLE: (u.MIGRATE_RECLAIMABLE, u.MIGRATE_MOVABLE),
    u.MIGRATE_MOVABLE: (u.MIGRATE_RECLAIMABLE, u.MIGRATE_UNMOVABLE),
    u.MIGRATE_RECLAIMABLE: (u.MIGRATE_UNMOVABLE, u.MIGRATE_MOVABLE),
}
BLOCK = u.PAGEBLOCK_NR_PAGES
MERGEABLE = set(range(u.MIGRATE_PCPTYPES))


class Zone:
    """Free lists, pageblock types and used pages of one zone that starts at pfn 0.

    Attributes:
        lists: (order, migratetype) → pfns of free blocks, the next to be handed out first.
        types: migratetype per pageblock.
        used: pfn → whether the page is movable, for every page in use.
        boost: watermark boost in pages.
    """

    def __init__(self, nr_blocks: int, high: int) -> None:
        self.lists: dict[tuple[int, int], list[int]] = {}
        self.types = [u.MIGRATE_MOVABLE] * nr_blocks
        self.used: dict[int, bool] = {}
        self.nr_pages = nr_blocks * BLOCK
        self.high = high
        self.boost = 0
        self.claims = 0
        self.steals = 0

    def list_of(self, order: int, mt: int) -> list[int]:
        return self.lists.setdefault((order, mt), [])

    def is_free(self, pfn: int, order: int) -> bool:
        """Whether a free block of exactly that order begins at ``pfn``."""
        return any(o == order and pfn in pfns for (o, _), pfns in self.lists.items())

    def free_pages(self) -> int:
        return sum(len(pfns) << order for (order, _), pfns in self.lists.items())

    def set_types(self, pfn: int, order: int, mt: int) -> None:
        for block in range(pfn // BLOCK, (pfn + (1 << order)) // BLOCK):
            self.types[block] = mt

    def free(self, pfn: int, order: int, to_tail: bool = False) -> None:
        """Free a block; pieces above a pageblock one by one."""
        if order > u.PAGEBLOCK_ORDER:
            for piece in range(pfn, pfn + (1 << order), BLOCK):
                self.free(piece, u.PAGEBLOCK_ORDER, to_tail)
            return
        for page in range(pfn, pfn + (1 << order)):
            self.used.pop(page, None)
        mt = self.types[pfn // BLOCK]
        while order < u.MAX_PAGE_ORDER:
            buddy = pfn ^ (1 << order)
            if buddy + (1 << order) > self.nr_pages or not self.is_free(buddy, order):
                break
            other = self.types[buddy // BLOCK]
            if other != mt and not {other, mt} <= MERGEABLE:
                break
            self.list_of(order, other).remove(buddy)
            if order >= u.PAGEBLOCK_ORDER:
                self.set_types(buddy, order, mt)
            pfn = min(pfn, buddy)
            order += 1
        parent = pfn & ~((2 << order) - 1)
        uncle = parent ^ (2 << order)
        may_merge = order < u.MAX_PAGE_ORDER - 1 and self.is_free(uncle, order + 1)
        if to_tail or may_merge:
            self.list_of(order, mt).append(pfn)
        else:
            self.list_of(order, mt).insert(0, pfn)

    def split(self, pfn: int, low: int, high: int, mt: int) -> None:
        """Put the upper halves back, the largest first."""
        while high > low:
            high -= 1
            self.list_of(high, mt).insert(0, pfn + (1 << high))

    def smallest(self, order: int, mt: int) -> int | None:
        for size in range(order, u.NR_PAGE_ORDERS):
            if self.list_of(size, mt):
                pfn = self.list_of(size, mt).pop(0)
                self.split(pfn, order, size, mt)
                return pfn
        return None

    def foreign(self, size: int, mt: int) -> int | None:
        """First migratetype to fall back to that has a block of that size."""
        return next((other for other in FALLBACKS[mt] if self.list_of(size, other)), None)

    def claim_block(self, pfn: int, order: int, mt: int) -> int | None:
        """Take the pageblock of a free page over if half of it is free or alike."""
        block = pfn // BLOCK
        old = self.types[block]
        pages = range(block * BLOCK, (block + 1) * BLOCK)
        movable = sum(self.used.get(p, False) for p in pages)
        unmovable = sum(not self.used.get(p, True) for p in pages)
        if self.nr_pages >= 4 * BLOCK:
            self.boost = min(self.boost + BLOCK, max(BLOCK, self.high * 15000 // 10000))
        alike = 0
        if mt == u.MIGRATE_MOVABLE:
            alike = movable
        elif old == u.MIGRATE_MOVABLE:
            alike = unmovable
        if BLOCK - movable - unmovable + alike < BLOCK // 2:
            return None
        # Re-filed in the order of addresses, each to the tail of its new list.
        moved = sorted(
            (p, size)
            for (size, t), pfns in self.lists.items()
            for p in pfns
            if t == old and p // BLOCK == block
        )
        for p, size in moved:
            self.list_of(size, old).remove(p)
            self.list_of(size, mt).append(p)
        self.types[block] = mt
        return self.smallest(order, mt)

    def claim(self, order: int, mt: int, whole_only: bool) -> int | None:
        least = u.PAGEBLOCK_ORDER if whole_only and order < u.PAGEBLOCK_ORDER else order
        for size in range(u.MAX_PAGE_ORDER, least - 1, -1):
            other = self.foreign(size, mt)
            if other is None:
                continue
            if size < u.PAGEBLOCK_ORDER // 2 and mt == u.MIGRATE_MOVABLE:
                return None
            pfn = self.list_of(size, other)[0]
            if size >= u.PAGEBLOCK_ORDER:
                self.list_of(size, other).remove(pfn)
                self.set_types(pfn, size, mt)
                self.split(pfn, order, size, mt)
                self.claims += 1
                return pfn
            found = self.claim_block(pfn, order, mt)
            if found is not None:
                self.claims += 1
                return found
        return None

    def steal(self, order: int, mt: int) -> int | None:
        for size in range(order, u.NR_PAGE_ORDERS):
            other = self.foreign(size, mt)
            if other is not None:
                pfn = self.list_of(size, other).pop(0)
                self.split(pfn, order, size, other)
                self.steals += 1
                return pfn
        return None

    def alloc(self, order: int, mt: int, movable: bool, whole_only: bool = False) -> int | None:
        """Take a page: own type, claim, steal."""
        pfn = self.smallest(order, mt)
        if pfn is None:
            pfn = self.claim(order, mt, whole_only)
        if pfn is None and not whole_only:
            pfn = self.steal(order, mt)
        if pfn is not None:
            for page in range(pfn, pfn + (1 << order)):
                self.used[page] = movable
        return pfn
