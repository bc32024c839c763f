"""REST of sessions: made, looked at, and driven by a program (docs/API.md)."""

import asyncio
import time
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from engine.commands import command_from_dict
from engine.history.history import History
from server.api.access import let_in, peer
from server.api.api_text import COMMAND, CREATE, READ, REPLAY, SPREAD, STATE
from server.api.body import (
    FRAME_TYPE,
    MAX_BODY_BYTES,
    Refusal,
    dump_pieces,
    json_answer,
    read_body,
)
from server.errors import NotFoundError
from server.guests.preview import Previews
from server.guests.recorded import Recordings
from server.jobs.spread import parse_seeds
from server.jsontext import only_fields, parse_object, whole_of
from server.manager import Manager
from server.session.event_side import SessionHandle
from server.session.state import state_of
from server.wire.config import config_from_dict


async def state_at(live: SessionHandle, tick: int, index: int | None) -> dict[str, Any]:
    """The state of a session at a tick of its present timeline.

    Args:
        live: the session.
        tick: which.
        index: commands that the state contains; None: all up to that tick.

    Raises:
        NotFoundError: the tick lies in the future.
        RefusedError: there is no memory for a world that goes back.
        LimitReachedError: too much is asked for.
    """
    now = await live.transcript()
    if tick > now.tick:
        raise NotFoundError(f"tick {tick} lies in the future: the session is at tick {now.tick}")
    if tick == now.tick and index is None:
        return await live.state()
    await live.transcript()  # by then the past has heard of every command that was in the first

    def look(history: History, number: int) -> dict[str, Any]:
        history.learn((), tick, number)
        return state_of(history.go(tick, index, number))

    return await live.look_back(look)


def make_session_router(manager: Manager, recordings: Recordings) -> APIRouter:
    """The routes, bound to one server's parts."""
    router = APIRouter()
    exporting = asyncio.Semaphore(1)  # a long log takes memory while it is encoded

    @router.post("/api/sessions", openapi_extra=CREATE)
    async def create_session(request: Request) -> Response:
        body = await read_body(request, MAX_BODY_BYTES)
        data = parse_object(body, "the config") if body.strip() else {}
        with manager.quotas.session(peer(request), manager.sessions) as made:
            live, tokens = await manager.create(config_from_dict(data))
            made(live.id)
        return JSONResponse({"session": live.id, **tokens}, 201)

    @router.get("/api/sessions/{session_id}", openapi_extra=READ)
    async def read_session(request: Request, session_id: str) -> Response:
        await let_in(request, manager, session_id)
        transcript = await manager.transcript(session_id)
        async with exporting:
            return await json_answer(
                lambda: dump_pieces({"session": session_id, **transcript.to_dict()})
            )

    @router.post("/api/sessions/{session_id}/commands", openapi_extra=COMMAND)
    async def give_command(request: Request, session_id: str, wait: str = "") -> Response:
        await let_in(request, manager, session_id, "presenter")
        data = parse_object(await read_body(request, MAX_BODY_BYTES), "the body")
        only_fields(data, ("command",), "the body")
        if wait not in ("", "idle"):
            raise Refusal(400, f"wait is {wait!r:.60}: idle, or nothing, is needed")
        command = command_from_dict(data.get("command"))
        manager.quotas.command(peer(request), time.monotonic())
        live = await manager.open(session_id)
        live.room.allow_program()
        entry = await live.order(command, wait == "idle")
        return JSONResponse({"index": entry.index, "tick": entry.tick})

    @router.get("/api/sessions/{session_id}/state", openapi_extra=STATE)
    async def read_state(
        request: Request, session_id: str, tick: str | None = None, index: str | None = None
    ) -> Response:
        await let_in(request, manager, session_id)
        live = await manager.open(session_id)
        if tick is None:
            return JSONResponse(await live.state())
        asked = whole_of(tick, "tick", "ticks")
        contained = None if index is None else whole_of(index, "index", "commands")
        return JSONResponse(await state_at(live, asked, contained))

    @router.post("/api/sessions/{session_id}/replay", openapi_extra=REPLAY)
    async def replay(request: Request, session_id: str) -> Response:
        """Play the log of another engine's session under this one."""
        await let_in(request, manager, session_id, "presenter")
        live = await manager.open(session_id, adopt=True)
        return JSONResponse({"session": live.id}, 202)

    @router.post("/api/sessions/{session_id}/spread", openapi_extra=SPREAD)
    async def start_spread(request: Request, session_id: str) -> Response:
        await let_in(request, manager, session_id)
        body = await read_body(request, MAX_BODY_BYTES)
        number = parse_seeds(parse_object(body, "the spread") if body.strip() else {})
        spread = await manager.spread(await manager.open(session_id), number)
        return JSONResponse(spread.describe(), 202)

    @router.get("/api/sessions/{session_id}/spread", openapi_extra=SPREAD)
    async def read_spread(request: Request, session_id: str) -> Response:
        await let_in(request, manager, session_id)
        return JSONResponse(manager.spreads.get(session_id).describe())

    _add_previews(router, manager, recordings)
    return router


def _add_previews(router: APIRouter, manager: Manager, recordings: Recordings) -> None:
    """What is there of a session before its guests are."""
    previews = Previews(manager.library, recordings)

    @router.get("/api/sessions/{session_id}/preview", openapi_extra=READ)
    async def preview(request: Request, session_id: str) -> Response:
        await let_in(request, manager, session_id)
        config = await manager.config(session_id)
        return await json_answer(lambda: previews.describe(config))

    @router.get("/api/sessions/{session_id}/start", openapi_extra=READ)
    async def start(request: Request, session_id: str) -> Response:
        await let_in(request, manager, session_id)
        frame = await asyncio.to_thread(previews.start, await manager.config(session_id))
        return Response(frame, media_type=FRAME_TYPE)
