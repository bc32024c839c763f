"""Why a pageblock is as it is at a moment of a session: its answer, and what brought its pages."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from engine.because.block import block_answer
from engine.because.nearest import blocks_of_list, obstacles
from engine.history.chronicle import design_of
from engine.history.history import History
from engine.history.origins import UNKNOWN, origins
from engine.trace.sentences import page_kind
from engine.units import PAGEBLOCK_NR_PAGES

MAX_OBSTACLES = 200  # told of one design
MAX_LISTED = 2000  # pageblocks told of one free list and design


def _moment(history: History, line: int, tick: int | None) -> int:
    return history.timelines[line].known if tick is None else tick


def because_at(
    history: History, line: int, key: str, pageblock: int, tick: int | None,
    go_on: Callable[[], bool],
) -> dict[str, Any]:  # fmt: skip
    """The answer of ``GET /api/sessions/{id}/because``, see docs/PROTOCOL.md.

    Args:
        history: of the session; its world is taken to other ticks.
        line: number of the timeline.
        key: of the design.
        pageblock: which.
        tick: when; None: now.
        go_on: asked before each look further back.

    Raises:
        RefusedError: there is no such design, pageblock or tick.
    """
    place = design_of(history.timelines[line].chronicle.keys, key)
    when = _moment(history, line, tick)
    guest = history.go(when, None, line).guest(place)
    answer = block_answer(guest, key, pageblock)
    first = pageblock * PAGEBLOCK_NR_PAGES
    state = guest.pages["state"][first : first + PAGEBLOCK_NR_PAGES].copy()
    commands = origins(history, line, place, pageblock, when, go_on)
    brought = Counter(zip(map(page_kind, state.tolist()), commands.tolist(), strict=True))
    known = history.timelines[line].entries
    return {
        "design": key,
        "tick": when,
        **answer,
        "brought": [
            {
                "kind": kind,
                "pages": nr,
                "command": None if command == UNKNOWN else command,
                "tick": known[command - 1].tick if command > 0 else None,
            }
            for (kind, command), nr in brought.most_common()
            if kind not in ("free", "pcp", "hole")
        ],
    }


def obstacles_at(history: History, line: int, key: str, tick: int | None) -> dict[str, Any]:
    """The answer of ``GET /api/sessions/{id}/obstacles``.

    Args:
        history: of the session; its world is taken to that tick.
        line: number of the timeline.
        key: of the design.
        tick: when; None: now.

    Raises:
        RefusedError: there is no such design or tick.
    """
    place = design_of(history.timelines[line].chronicle.keys, key)
    when = _moment(history, line, tick)
    guest = history.go(when, None, line).guest(place)
    return {"design": key, "tick": when, **obstacles(guest, key, MAX_OBSTACLES)}


def free_list_at(
    history: History, line: int, order: int, migratetype: int, tick: int | None
) -> dict[str, Any]:
    """The answer of ``GET /api/sessions/{id}/freelist``: where a list's blocks lie, by design.

    Args:
        history: of the session; its world is taken to that tick.
        line: number of the timeline.
        order: of the free blocks.
        migratetype: of their pageblocks, -1 = every.
        tick: when; None: now.

    Raises:
        RefusedError: there is no such order, type or tick.
    """
    when = _moment(history, line, tick)
    world = history.go(when, None, line)
    found = {}
    for i, key in enumerate(history.timelines[line].chronicle.keys):
        blocks = blocks_of_list(world.guest(i), order, migratetype)
        found[key] = {
            "total": sum(nr for _, nr in blocks),
            "pageblocks": len(blocks),
            "blocks": blocks[:MAX_LISTED],
        }
    return {"order": order, "type": migratetype, "tick": when, "designs": found}
