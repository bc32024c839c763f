"""REST of this machine's memory: what is new since the last look, and freezing a moment of it."""

import asyncio
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response

from engine.errors import RefusedError
from engine.units import MIB_PAGES
from server.api.body import json_answer
from server.errors import NotFoundError
from server.jsontext import digits_of, dump
from server.live.capture import packed_capture, read_moment
from server.live.counters import zones_of
from server.live.feed import LiveFeed
from server.manager import Manager

_PROC = Path("/proc")
_CLOSED = (
    "this server does not show its machine's memory to you: fragscope watch --page does, or "
    "FRAGSCOPE_WATCHERS, which lists who may look"
)


def make_live_router(manager: Manager, feed: LiveFeed | None = None) -> APIRouter:
    """The routes; they answer the peers that FRAGSCOPE_WATCHERS names, and nobody by default."""
    router = APIRouter()
    watchers = manager.settings.watching
    found = feed or LiveFeed()
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
        return await json_answer(lambda: dump(found.since(number)).encode())

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
