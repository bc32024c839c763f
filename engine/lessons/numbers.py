"""The named numbers that expressions are over: designs now and then, commands, the guest."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from typing import Any

import numpy as np

from engine import units as u
from engine.commands import Command
from engine.errors import RefusedError, unknown_name
from engine.indices import fragmentation_index, unusable_index
from engine.lessons.orders import ORDER_KINDS, counted
from engine.race.era import Protocol
from engine.race.explorer import explore
from engine.view import STAT_FIELDS
from engine.world import World

TYPES: dict[str, int] = {
    "unmovable": u.MIGRATE_UNMOVABLE,
    "movable": u.MIGRATE_MOVABLE,
    "reclaimable": u.MIGRATE_RECLAIMABLE,
    "highatomic": u.MIGRATE_HIGHATOMIC,
    "cma": u.MIGRATE_CMA,
    "isolate": u.MIGRATE_ISOLATE,
    "balloon": u.MIGRATE_BALLOON,
}
_ORDERS = range(u.NR_PAGE_ORDERS)
_ZONES = ("dma", "dma32", "normal")
DESIGN_NUMBERS: frozenset[str] = frozenset(
    (
        *STAT_FIELDS,
        *(f"{index}_index_{order}" for index in ("unusable", "fragmentation") for order in _ORDERS),
        *(f"{zone}_order_{order}" for zone in _ZONES for order in _ORDERS),
        *(f"{what}_{name}" for what in ("blocks_of", "free_in") for name in TYPES),
    )
)
GUEST_NUMBERS = ("pages", "mib", "blocks")
RACE_NUMBERS = ("states", "broken", "shortest")
_RACE = {"lock": True, "nolock": False}
DESIGN_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
RESERVED = frozenset(("start", "change", "given", "log", "guest", "race", "and", "or", "not"))

DesignNumbers = Mapping[str, int]


def numbers_of(world: World, i: int) -> dict[str, int]:
    """Every number of one design by name, as in DESIGN_NUMBERS.

    Args:
        world: at the moment in question.
        i: which design.
    """
    view = world.view(i)
    found = dict(view.stat_dict())
    counts = [found[f"nr_free_order_{order}"] for order in _ORDERS]
    for order in _ORDERS:
        found[f"unusable_index_{order}"] = unusable_index(counts, order)
        found[f"fragmentation_index_{order}"] = fragmentation_index(counts, order)
    zones = {name.lower(): free for name, free in world.zone_counts(i)}
    for zone in _ZONES:
        for order in _ORDERS:
            found[f"{zone}_order_{order}"] = zones[zone][order] if zone in zones else 0
    types, free = view.planes["migratetype"], view.planes["free"]
    for name, number in TYPES.items():
        found[f"blocks_of_{name}"] = int(np.count_nonzero(types == number))
        found[f"free_in_{name}"] = int(free[types == number].sum(dtype=np.int64))
    return found


def guest_numbers(nr_pages: int) -> dict[str, int]:
    """Of the machine.

    Args:
        nr_pages: pages, holes included.
    """
    return {
        "pages": nr_pages,
        "mib": nr_pages // u.MIB_PAGES,
        "blocks": nr_pages // u.PAGEBLOCK_NR_PAGES,
    }


@dataclass(frozen=True)
class LessonMoment:
    """A session at one moment, as numbers.

    Attributes:
        designs: key of a design -> its numbers.
        guest: as guest_numbers() gives them.
    """

    designs: Mapping[str, DesignNumbers]
    guest: DesignNumbers

    @classmethod
    def of(cls, world: World) -> "LessonMoment":
        """The present of a world."""
        designs = {key: numbers_of(world, i) for i, key in enumerate(world.keys)}
        return cls(designs, guest_numbers(world.nr_pages))


@dataclass(frozen=True)
class LessonScene:
    """What expressions of one step see.

    Attributes:
        keys: name in expressions -> key of the design.
        now: the moment.
        start: dotted name -> number at the step's start; only what the step asks for.
        given: commands since the step's start.
        log: commands since the load.
    """

    keys: Mapping[str, str]
    now: LessonMoment
    start: Mapping[str, int] = field(default_factory=dict)
    given: Sequence[Command] = ()
    log: Sequence[Command] = ()

    def number(self, name: str) -> float:
        """The number of a dotted name that check_name() has let through.

        Raises:
            RefusedError: the session has no such design, or nobody kept how it was at the start.
        """
        head, _, rest = name.partition(".")
        if head in ("given", "log"):
            return counted(rest, self.given if head == "given" else self.log)
        if head == "guest":
            return self.now.guest[rest]
        if head == "race":
            return race_number(rest)
        if head in ("start", "change"):
            if rest not in self.start:
                raise RefusedError(f"how {rest} was at the start of the step is not known")
            before = self.start[rest]
            return before if head == "start" else self.number(rest) - before
        if head not in self.keys or self.keys[head] not in self.now.designs:
            raise RefusedError(f"the session does not run {self.keys.get(head, head)}")
        return self.now.designs[self.keys[head]][rest]


def check_name(name: str, designs: Sequence[str]) -> None:
    """Find out whether a dotted name is a number of a session.

    Args:
        name: as in an expression.
        designs: names of the designs that are loaded.

    Raises:
        RefusedError: it is none; one sentence.
    """
    head, _, rest = name.partition(".")
    if head in ("given", "log"):
        _one_of(rest, "kind of command", ORDER_KINDS, name)
    elif head == "guest":
        _one_of(rest, "number of the guest", GUEST_NUMBERS, name)
    elif head == "race":
        setting, _, what = rest.partition(".")
        _one_of(setting, "setting of the race", _RACE, name)
        _one_of(what, "number of the race", RACE_NUMBERS, name)
    elif head in ("start", "change") and rest:
        if rest.partition(".")[0] not in designs:
            raise RefusedError(f"{name!r:.80}: only numbers of a design have a {head}")
        check_name(rest, designs)
    elif head not in designs:
        raise RefusedError(
            f"{name!r:.80}: there is no design {head!r:.40} here: {_listed(designs)} and start,"
            " change, given, log, guest, race are known"
        )
    elif rest not in DESIGN_NUMBERS:
        close = get_close_matches(rest, sorted(DESIGN_NUMBERS), 3)
        hint = f"; near: {', '.join(close)}" if close else ""
        raise RefusedError(f"{name!r:.80}: a design has no number {rest!r:.40}{hint}")


def _one_of(value: str, what: str, known: Any, name: str) -> None:
    if value not in known:
        raise RefusedError(f"{name!r:.80}: {unknown_name(what, value, known)}")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "(no design)"


def at_start(names: Sequence[str]) -> list[str]:
    """The names of which a step needs to know how they were at its start.

    Args:
        names: dotted names in the step.
    """
    found = (name.partition(".") for name in names)
    return sorted({rest for head, _, rest in found if head in ("start", "change")})


@cache
def _explored(page_lock: bool) -> dict[str, int]:
    """What the race explorer finds with two compactors, by the rules of version 4."""
    found = explore(Protocol(2, page_lock, True, "v4"))
    steps = [len(moves) for moves in found.schedules.values()]
    return {"states": found.states, "broken": len(steps), "shortest": min(steps, default=0)}


def race_number(name: str) -> int:
    """A number of the race explorer.

    Args:
        name: ``lock`` or ``nolock``, a dot, one of RACE_NUMBERS.
    """
    setting, _, what = name.partition(".")
    return _explored(_RACE[setting])[what]
