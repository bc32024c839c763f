"""What was true when: numbers and pageblocks, noted at every tick at which they changed.

Written while a world goes forward, so that "when did the last free block go?" is looked up and not
searched for. What is noted comes and goes; nothing here takes it for monotone.
"""

from array import array
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import units as u
from engine.core.balloon.balloon import balloon_size
from engine.errors import RefusedError
from engine.guest import Guest
from engine.log import Entry
from engine.world import World

# What can be asked for, in words for people; {design} and {pageblock} are filled in.
PREDICATES: dict[str, str] = {
    "no_free_block": "{design} has no free 2 MiB block",
    "balloon_in_block": "pageblock {pageblock} of {design} holds a balloon page",
    "block_free": "pageblock {pageblock} of {design} is free as a whole",
    "balloon_pages": "the balloon of {design} holds at least {pages} pages",
}
MAX_STRETCHES = 1000  # in one answer; the first and the last are always among them
_OF_BLOCK = ("balloon_in_block", "block_free")
_BALLOON, _FREE = 1, 2  # bits noted of a pageblock


@dataclass(frozen=True)
class Predicate:
    """Something that is true of a state or is not.

    Attributes:
        what: a key of PREDICATES.
        design: whose memory, its place among the designs.
        pageblock: which, where ``what`` is about one.
        pages: how many, where ``what`` is about a number of pages.
    """

    what: str
    design: int
    pageblock: int = 0
    pages: int = 0


@dataclass(frozen=True)
class Stretch:
    """Ticks in a row at which a predicate holds; both ends are among them."""

    first: int
    last: int


def _free_lists(guest: Guest) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Lists of free blocks of 2 MiB and more, and the 2 MiB blocks in each entry."""
    ids: list[int] = []
    sizes: list[int] = []
    for zone in range(len(guest.zones)):
        for order in range(u.HPAGE_ORDER, u.NR_PAGE_ORDERS):
            first = u.LIST_ZONES + zone * u.LISTS_PER_ZONE + order * u.NR_MIGRATETYPES
            ids += range(first, first + u.NR_MIGRATETYPES)
            sizes += [1 << (order - u.HPAGE_ORDER)] * u.NR_MIGRATETYPES
    return np.array(ids), np.array(sizes)


class _OfDesign:
    """The notes of one design: two numbers, and the bits of its pageblocks."""

    def __init__(self, nr_pageblocks: int) -> None:
        self.ticks, self.free, self.balloon = array("q"), array("q"), array("q")
        self.bits = np.zeros(nr_pageblocks, np.uint8)
        self.changed_at, self.changed, self.became = array("q"), array("I"), array("B")

    def note(self, tick: int, free: int, balloon: int, bits: NDArray[np.uint8]) -> None:
        """Note a state, if anything is new in it."""
        if self.ticks and self.ticks[-1] == tick:
            self.free[-1], self.balloon[-1] = free, balloon
        elif not self.ticks or (self.free[-1], self.balloon[-1]) != (free, balloon):
            for notes, value in ((self.ticks, tick), (self.free, free), (self.balloon, balloon)):
                notes.append(value)
        changed = np.flatnonzero(bits != self.bits)
        if len(changed):
            self.changed_at.extend([tick] * len(changed))
            self.changed.frombytes(changed.astype(np.uint32).tobytes())
            self.became.frombytes(bits[changed].tobytes())
            self.bits = bits

    def truncate(self, tick: int) -> "_OfDesign":
        """A copy that ends with ``tick``."""
        kept = _OfDesign(len(self.bits))
        n = bisect_right(self.ticks, tick)
        kept.ticks, kept.free, kept.balloon = self.ticks[:n], self.free[:n], self.balloon[:n]
        m = bisect_right(self.changed_at, tick)
        kept.changed_at, kept.changed = self.changed_at[:m], self.changed[:m]
        kept.became = self.became[:m]
        blocks = np.frombuffer(kept.changed, np.uint32) if m else np.zeros(0, np.uint32)
        kept.bits[blocks] = np.frombuffer(kept.became, np.uint8) if m else 0  # the last one counts
        return kept


class Chronicle:
    """The notes of a world, from tick 0 to ``tick``."""

    def __init__(self, world: World) -> None:
        """Begin with the state of ``world``, which is at tick 0."""
        guest = world.guest(0)
        self.keys = world.keys
        self.nr_pageblocks = len(guest.blocks)
        self.tick = 0
        self._lists, self._sizes = _free_lists(guest)
        self._designs = [_OfDesign(self.nr_pageblocks) for _ in world.keys]
        self.note(world)

    def note(self, world: World) -> None:
        """Note what is new in the present state; that of the same tick noted before is void."""
        self.tick = world.tick
        for i, notes in enumerate(self._designs):
            guest = world.guest(i)
            free = int((guest.lists["nr"][self._lists] * self._sizes).sum())
            bits = (guest.blocks["nr_balloon"] > 0).view(np.uint8) * np.uint8(_BALLOON)
            bits |= (guest.blocks["nr_free"] == u.PAGEBLOCK_NR_PAGES).view(np.uint8) << 1
            notes.note(self.tick, free, int(balloon_size(guest)), bits)

    def truncated(self, tick: int) -> "Chronicle":
        """A copy that ends with ``tick``, for a timeline that goes on from there."""
        kept = object.__new__(Chronicle)
        kept.keys, kept.nr_pageblocks = self.keys, self.nr_pageblocks
        kept.tick = min(tick, self.tick)
        kept._lists, kept._sizes = self._lists, self._sizes
        kept._designs = [notes.truncate(tick) for notes in self._designs]
        return kept

    # -- asking
    def emptied(self, design: int, most: int) -> list[int]:
        """The last ``most`` ticks at which a pageblock of a design came free, ascending."""
        notes = self._designs[design]
        at = (
            np.frombuffer(notes.changed_at, np.int64) if notes.changed_at else np.zeros(0, np.int64)
        )
        became = np.frombuffer(notes.became, np.uint8) if notes.became else np.zeros(0, np.uint8)
        ticks = np.unique(at[(became & _FREE > 0) & (at > 0)])
        return [int(tick) for tick in ticks[-most:]]

    def find(self, predicate: Predicate) -> list[Stretch]:
        """Every stretch of ticks in which a predicate holds, in order.

        Raises:
            RefusedError: there is no such predicate, design or pageblock.
        """
        self._check(predicate)
        notes = self._designs[predicate.design]
        if predicate.what in _OF_BLOCK:
            bit = _BALLOON if predicate.what == "balloon_in_block" else _FREE
            changes = self._of_block(notes, predicate.pageblock, bit)
        elif predicate.what == "no_free_block":
            changes = [(tick, not free) for tick, free in zip(notes.ticks, notes.free, strict=True)]
        else:
            pairs = zip(notes.ticks, notes.balloon, strict=True)
            changes = [(tick, held >= predicate.pages) for tick, held in pairs]
        return self._stretches(changes)

    def _check(self, predicate: Predicate) -> None:
        if predicate.what not in PREDICATES:
            known = ", ".join(PREDICATES)
            raise RefusedError(f"what to find is {predicate.what!r:.60}: known are {known}")
        if not 0 <= predicate.design < len(self._designs):
            raise RefusedError(f"design {predicate.design}: there are {len(self._designs)}")
        if not 0 <= predicate.pageblock < self.nr_pageblocks:
            raise RefusedError(
                f"pageblock {predicate.pageblock}: the guest has {self.nr_pageblocks} pageblocks,"
                " counted from 0"
            )

    @staticmethod
    def _of_block(notes: _OfDesign, pageblock: int, bit: int) -> list[tuple[int, bool]]:
        if not notes.changed:
            return []
        places = np.flatnonzero(np.frombuffer(notes.changed, np.uint32) == pageblock)
        return [(notes.changed_at[i], bool(notes.became[i] & bit)) for i in places.tolist()]

    def _stretches(self, changes: Sequence[tuple[int, bool]]) -> list[Stretch]:
        """Ascending changes as stretches; of several at one tick the last counts."""
        found: list[Stretch] = []
        start: int | None = None
        for i, (tick, holds) in enumerate(changes):
            if i + 1 < len(changes) and changes[i + 1][0] == tick:
                continue
            if holds and start is None:
                start = tick
            elif not holds and start is not None:
                found.append(Stretch(start, tick - 1))
                start = None
        if start is not None:
            found.append(Stretch(start, self.tick))
        return found


def words_of(predicate: Predicate, keys: Sequence[str]) -> str:
    """A predicate in words."""
    return PREDICATES[predicate.what].format(
        design=keys[predicate.design], pageblock=predicate.pageblock, pages=predicate.pages
    )


def design_of(keys: Sequence[str], key: str) -> int:
    """The place of a design.

    Raises:
        RefusedError: there is none of that key.
    """
    if key not in keys:
        raise RefusedError(f"design is {key!r:.60}: this session has {', '.join(keys)}")
    return list(keys).index(key)


def chronicle_of(
    world: World, entries: Sequence[Entry], until_tick: int, look: Callable[[], None]
) -> Chronicle:
    """What was true when in a whole log, played tick by tick.

    Args:
        world: new, at tick 0; it is played on.
        entries: the log.
        until_tick: where it ends.
        look: called now and then; may raise to break off.
    """
    notes = Chronicle(world)
    coming = list(entries)
    while world.tick < until_tick or coming:
        if coming and coming[0].tick <= world.tick:
            world.apply(coming.pop(0).command)
        else:
            until = coming[0].tick if coming else until_tick
            world.step(1 if world.busy() else until - world.tick)
        notes.note(world)
        look()
    return notes


def described(chronicle: Chronicle, asked: Predicate) -> dict[str, Any]:
    """When a predicate held, in the JSON form of docs/PROTOCOL.md.

    Raises:
        RefusedError: see Chronicle.find.
    """
    stretches = chronicle.find(asked)
    told = [[each.first, each.last] for each in stretches]
    if len(told) > MAX_STRETCHES:
        half = MAX_STRETCHES // 2
        told = [*told[:half], *told[-half:]]
    return {
        "words": words_of(asked, chronicle.keys),
        "first": stretches[0].first if stretches else None,
        "last": stretches[-1].last if stretches else None,
        "total": len(stretches),
        "stretches": told,
        "tick": chronicle.tick,
    }
