"""REST of this machine's memory: what is new, what was, and freezing a moment of it."""

import asyncio
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from engine.errors import RefusedError
from engine.units import MIB_PAGES
from server.api.body import json_answer
from server.errors import NotFoundError
from server.jsontext import digits_of, dump
from server.live.capture import packed_capture, read_moment
from server.live.counters import zones_of
from server.live.feed import LiveFeed
from server.live.history import history_kept
from server.manager import Manager
from server.settings import Settings

_PROC = Path("/proc")
_CLOSED = (
    "this server does not show its machine's memory to you: fragscope watch --page does, or "
    "FRAGSCOPE_WATCHERS, which lists who may look"
)


def feed_for(settings: Settings, data: Path) -> LiveFeed:
    """What looks at this machine: by itself where somebody may watch it and looks are kept.

    Args:
        settings: who may, and how much is kept.
        data: the data folder.
    """
    history = history_kept(data, settings.watch_history_mib << 20) if settings.watchers else None
    feed = LiveFeed(history=history)
    if history and not history.stopped:
        feed.begin()
    return feed


def make_live_router(manager: Manager, feed: LiveFeed) -> APIRouter:
    """The routes; they answer the peers that FRAGSCOPE_WATCHERS names, and nobody by default."""
    router = APIRouter()
    watchers = manager.settings.watching
    turn = asyncio.Semaphore(1)

    def check(request: Request) -> None:
        if (request.client.host if request.client else None) not in watchers:
            raise NotFoundError(_CLOSED)

    @router.get("/api/live")
    async def look(request: Request) -> Response:
        check(request)
        text = request.query_params.get("since", "-1")
        number = -1 if text == "-1" else digits_of(text)
        if number is None:
            raise RefusedError(f"since is {text[:40]!r}: the number of a look, or -1")
        return await json_answer(lambda: dump(feed.since(number)).encode())

    @router.get("/api/live/history")
    async def history(request: Request) -> Response:
        check(request)
        return await json_answer(lambda: dump(feed.summary()).encode())

    @router.get("/api/live/past")
    async def past(request: Request) -> Response:
        check(request)
        number = digits_of(request.query_params.get("look", ""))
        if number is None:
            raise RefusedError("look is needed: the number of a look that is kept")
        return await json_answer(lambda: dump(feed.past(number)).encode())

    @router.get("/api/live/history.csv")
    async def lines(request: Request) -> Response:
        check(request)
        name = {"Content-Disposition": 'attachment; filename="fragscope-watch.csv"'}
        return StreamingResponse(feed.lines(), media_type="text/csv", headers=name)

    @router.post("/api/live/freeze")
    async def freeze(request: Request) -> dict[str, Any]:
        check(request)
        async with turn:  # it takes as much memory as the machine has page flags
            capture, summary = await asyncio.to_thread(_frozen, manager)
        return {"capture": capture, "summary": summary}

    return router


def _frozen(manager: Manager) -> tuple[str, dict[str, Any]]:
    """This machine's memory as a capture that a session can start from."""
    mib = sum(zone.number("present") for zone in zones_of(_PROC)) // MIB_PAGES
    limit = manager.library.largest_mib
    if mib > limit:  # told now, not after seconds of reading
        raise RefusedError(
            f"this machine has {mib} MiB: the limit is {limit} MiB, by FRAGSCOPE_MAX_GUEST_MIB"
        )
    try:
        files = read_moment(_PROC, lambda _text, _done, _total: None)
    except ValueError as error:
        raise RefusedError(str(error)) from error
    return manager.library.add_upload(packed_capture(files), "this machine")
