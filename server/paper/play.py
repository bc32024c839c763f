"""A session played once more, and what a report needs of it: numbers, lines, maps; no clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.errors import RefusedError
from engine.log import Entry
from engine.view import FLAG_HOLDER_SHIFT, STAT_FIELDS
from server.paper.page import TickSeen
from server.playback.recorder import MOST_POINTS, Span, walk
from server.session.session import Session

MOST_CELLS = 1_500_000  # pageblocks of all designs in one picture: 1 TiB under two designs
ALL_CELLS = 400_000  # and of all pictures, before the earlier ones are left out
SAMPLED = 20_000  # ticks; of a longer session one in so many is looked at for the lines
LINES = {
    "blocks": "free_blocks_all",
    "unusable": "unusable_index_9",
    "fragmentation": "fragmentation_index_9",
    "balloon": "balloon_actual",
}
_MAP_PLANES = ("free", "pcp", "movable", "balloon", "unmovable", "migratetype")
_COLUMNS = [STAT_FIELDS.index(name) for name in LINES.values()]


class Pictured(Protocol):
    """A guest or a machine, as planes."""

    @property
    def planes(self) -> Mapping[str, NDArray[np.generic]]:
        """By name, values per pageblock."""


@dataclass(frozen=True)
class PlayedFacts:
    """What came of it.

    Attributes:
        facts: JSON, complete: what ``--json`` prints.
        maps: per state that has pictures: ``{"state": its place in facts, "designs": {key: plane
            name → values per pageblock}}``.
        left_out: whether only the last state has pictures, for want of room.
    """

    facts: dict[str, Any]
    maps: list[dict[str, Any]]
    left_out: bool


def _numbers(session: Session, places: Sequence[int], contained: int) -> dict[str, Any]:
    """Every statistic of every design, and the free lists of every zone."""
    world, views = session.world, session.views()
    designs = {}
    for i in places:
        zones = [{"zone": name, "counts": counts} for name, counts in world.zone_counts(i)]
        stats = dict(zip(STAT_FIELDS, views[i].stats.tolist(), strict=True))
        designs[world.keys[i]] = {"stats": stats, "zones": zones}
    return {"commands": contained, "tick": world.tick, "designs": designs}


def planes_of(view: Pictured) -> dict[str, list[int]]:
    """What a map of a report is drawn from: values per pageblock."""
    planes = {name: view.planes[name].tolist() for name in _MAP_PLANES}
    holder = (view.planes["flags"].astype(np.int64) >> FLAG_HOLDER_SHIFT) & 7
    return planes | {"holder": holder.tolist()}


def _picture(session: Session, places: Sequence[int], state: int) -> dict[str, Any]:
    keys, views = session.world.keys, session.views()
    return {"state": state, "designs": {keys[i]: planes_of(views[i]) for i in places}}


def _lines(keys: Sequence[str], ticks: Sequence[int], rows: Sequence[Any]) -> dict[str, Any]:
    """Lines over time, without points that say nothing, thinned where there are very many."""
    stats = np.array(rows)  # state, design, line
    new = np.ones(len(stats), bool)
    changed = (stats[1:] != stats[:-1]).any(axis=(1, 2))
    new[1:-1] = changed[:-1] | changed[1:]
    points = np.flatnonzero(new)
    step = -(-len(points) // MOST_POINTS)
    points = np.unique(np.append(points[::step], points[-1]))
    designs = {
        key: {name: stats[points, i, j].tolist() for j, name in enumerate(LINES)}
        for i, key in enumerate(keys)
    }
    return {"ticks": np.array(ticks)[points].tolist(), "designs": designs}


def play_for_paper(
    session: Session,
    log: Sequence[Entry],
    tick: int,
    look: TickSeen = lambda tick: None,
    designs: Sequence[str] = (),
) -> PlayedFacts:
    """Play a session's log.

    Args:
        session: new, at tick 0, of the log's config; it is played on.
        log: every command.
        tick: where that session stands.
        look: told the tick now and then; may raise to break off.
        designs: keys, those reported; empty: all.

    Raises:
        RefusedError: it has no such design, its maps are too large for a page, or the log does not
            fit it.
    """
    about = session.describe()
    places = Span(designs=tuple(designs)).places(session.world.keys)
    keys = [session.world.keys[i] for i in places]
    cells = about["guest"]["nr_pageblocks"] * len(keys)
    if cells > MOST_CELLS:
        raise RefusedError(
            f"the maps have {cells:,} pageblocks over all designs: a page shows at most"
            f" {MOST_CELLS:,}; leave out designs (--designs)"
        )
    each = cells * (len(log) + 1) <= ALL_CELLS
    every = 1 + tick // SAMPLED
    states: list[dict[str, Any]] = []
    maps: list[dict[str, Any]] = []
    ticks: list[int] = []
    rows: list[Any] = []

    def keep(contained: int) -> None:
        states.append(_numbers(session, places, contained))
        if each or contained == len(log):
            maps.append(_picture(session, places, len(states) - 1))

    last = -1
    for contained, at_edge in walk(session.world, log, tick):
        now = session.world.tick
        if at_edge or now % every == 0:
            ticks.append(now)
            views = session.views()
            rows.append([views[i].stats[_COLUMNS].copy() for i in places])
        # The state that a command left: as it was when the next one was given, or at the end.
        following = log[contained].tick if contained < len(log) else tick
        if at_edge and now == following and contained != last:
            keep(contained)
            last = contained
        look(now)
    facts = {
        "config": about["config"], "guest": about["guest"],
        "designs": [about["designs"][i] for i in places],
        "engine": about["engine"], "tick": session.world.tick,
        "digest": session.world.state_digest(), "log": [entry.to_dict() for entry in log],
        "states": states, "lines": _lines(keys, ticks, rows), "lines_every": every,
    }  # fmt: skip
    return PlayedFacts(facts, maps, not each)
