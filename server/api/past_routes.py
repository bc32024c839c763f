"""REST of the past: what was true when, the ticks worth a mark, an earlier state by its digests."""

from typing import Any

from fastapi import APIRouter, Request

from engine.errors import RefusedError
from engine.history.chronicle import PREDICATES, Predicate, words_of
from engine.history.history import Timeline
from server.api.access import let_in
from server.jsontext import shown
from server.manager import Manager
from server.session.event_side import SessionHandle

MAX_STRETCHES = 1000  # in one answer; the first and the last are always among them
MAX_MARKS = 5000
MAX_DIGITS = 10


def whole_of(text: str, name: str, unit: str) -> int:
    """A whole number from an address.

    Raises:
        RefusedError: it is none.
    """
    if not text.isascii() or not text.isdecimal() or len(text) > MAX_DIGITS:
        raise RefusedError(f"{name} is {shown(text)}: a whole number of {unit} is needed")
    return int(text)


def design_of(keys: tuple[str, ...], key: str) -> int:
    """The place of a design.

    Raises:
        RefusedError: there is no such design in this session.
    """
    if key not in keys:
        raise RefusedError(f"design is {key!r:.60}: this session has {', '.join(keys)}")
    return keys.index(key)


def found(line: Timeline, what: str, design: str, pageblock: int, pages: int) -> dict[str, Any]:
    """The answer of GET /api/sessions/{id}/find.

    Raises:
        RefusedError: what is asked makes no sense for this session.
    """
    keys = line.chronicle.keys
    asked = Predicate(what, design_of(keys, design), pageblock, pages)
    stretches = line.chronicle.find(asked)
    told = [[each.first, each.last] for each in stretches]
    if len(told) > MAX_STRETCHES:
        half = MAX_STRETCHES // 2
        told = [*told[:half], *told[-half:]]
    return {
        "words": words_of(asked, keys),
        "first": stretches[0].first if stretches else None,
        "last": stretches[-1].last if stretches else None,
        "total": len(stretches),
        "stretches": told,
        "tick": line.chronicle.tick,
    }


def marks(line: Timeline, design: str) -> dict[str, Any]:
    """The answer of GET /api/sessions/{id}/moments.

    Raises:
        RefusedError: there is no such design.
    """
    place = design_of(line.chronicle.keys, design)
    return {
        "emptied": line.chronicle.emptied(place, MAX_MARKS),
        "tick": line.chronicle.tick,
    }


def make_past_router(manager: Manager) -> APIRouter:
    """The routes."""
    router = APIRouter()

    async def live(request: Request, session_id: str) -> SessionHandle:
        await let_in(request, manager, session_id)
        return await manager.open(session_id)

    @router.get("/api/sessions/{session_id}/find")
    async def find(
        request: Request,
        session_id: str,
        what: str = "",
        design: str = "",
        pageblock: str = "0",
        pages: str = "0",
    ) -> dict[str, Any]:
        if what not in PREDICATES:
            raise RefusedError(f"what is {shown(what)}: known are {', '.join(PREDICATES)}")
        block = whole_of(pageblock, "pageblock", "pageblocks")
        least = whole_of(pages, "pages", "pages")
        return await (await live(request, session_id)).remembered(
            lambda history, number: found(history.timelines[number], what, design, block, least)
        )

    @router.get("/api/sessions/{session_id}/moments")
    async def moments(request: Request, session_id: str, design: str = "") -> dict[str, Any]:
        return await (await live(request, session_id)).remembered(
            lambda history, number: marks(history.timelines[number], design)
        )

    return router
