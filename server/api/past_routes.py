"""REST of the past: what was true when, the ticks worth a mark, an earlier state by its digests."""

import time
from typing import Any

from fastapi import APIRouter, Request, Response

from engine.errors import RefusedError
from engine.history.chronicle import (
    PREDICATES,
    Chronicle,
    Predicate,
    described,
    design_of,
)
from engine.history.history import History, Track
from engine.history.story import story
from server.api.access import opened
from server.api.body import FRAME_TYPE
from server.jsontext import shown, whole_of
from server.manager import Manager
from server.session.state import views_of
from server.wire.frames import FRAME_PAST, Picture, encode_key

MAX_MARKS = 5000
STORY_S = 5.0  # of looking back for one page; what lies before is said to be unknown


def found(
    chronicle: Chronicle, what: str, design: str, pageblock: int, pages: int
) -> dict[str, Any]:
    """The answer of GET /api/sessions/{id}/find.

    Raises:
        RefusedError: what is asked makes no sense for this session.
    """
    place = design_of(chronicle.keys, design)
    return described(chronicle, Predicate(what, place, pageblock, pages))


def marks(line: Track, design: str) -> dict[str, Any]:
    """The answer of GET /api/sessions/{id}/moments.

    Raises:
        RefusedError: there is no such design.
    """
    place = design_of(line.chronicle.keys, design)
    return {
        "emptied": line.chronicle.emptied(place, MAX_MARKS),
        "tick": line.chronicle.tick,
    }


def picture(history: History, line: int, tick: int, index: int | None) -> bytes:
    """The answer of GET /api/sessions/{id}/frame: the picture of an earlier moment.

    Args:
        history: of the session.
        line: the timeline that the session is on.
        tick: which.
        index: commands that the state contains; None: all up to that tick.

    Raises:
        RefusedError: there is no such moment.
    """
    world = history.go(tick, index, line)
    contained = history.timelines[line].index_at(tick, index)
    return encode_key(Picture(0, 0, tick, contained, views_of(world)), FRAME_PAST)


def told(history: History, line: int, design: str, pfn: int, tick: int | None) -> dict[str, Any]:
    """The answer of GET /api/sessions/{id}/story.

    Raises:
        RefusedError: there is no such design, page or tick.
    """
    track = history.timelines[line]
    place = design_of(track.chronicle.keys, design)
    end = time.monotonic() + STORY_S
    when = track.known if tick is None else tick
    found = story(history, line, place, pfn, when, lambda: time.monotonic() < end)
    return {"design": track.chronicle.keys[place], **found}


def make_past_router(manager: Manager) -> APIRouter:
    """The routes."""
    router = APIRouter()

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
        return await (await opened(request, manager, session_id)).remembered(
            lambda history, number: found(
                history.timelines[number].chronicle, what, design, block, least
            )
        )

    @router.get("/api/sessions/{session_id}/moments")
    async def moments(request: Request, session_id: str, design: str = "") -> dict[str, Any]:
        return await (await opened(request, manager, session_id)).remembered(
            lambda history, number: marks(history.timelines[number], design)
        )

    @router.get("/api/sessions/{session_id}/story")
    async def page_story(
        request: Request,
        session_id: str,
        design: str = "",
        pfn: str = "",
        tick: str | None = None,
    ) -> dict[str, Any]:
        page = whole_of(pfn, "pfn", "pages")
        when = None if tick is None else whole_of(tick, "tick", "ticks")
        return await (await opened(request, manager, session_id)).look_back(
            lambda history, number: told(history, number, design, page, when)
        )

    @router.get("/api/sessions/{session_id}/frame")
    async def frame(
        request: Request, session_id: str, tick: str = "", index: str | None = None
    ) -> Response:
        when = whole_of(tick, "tick", "ticks")
        after = None if index is None else whole_of(index, "index", "commands")
        data = await (await opened(request, manager, session_id)).look_back(
            lambda history, number: picture(history, number, when, after)
        )
        return Response(data, media_type=FRAME_TYPE)

    return router
