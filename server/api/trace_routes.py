"""REST of call traces: the next ticks of one design, and every reason that a trace can give."""

from typing import Any

from fastapi import APIRouter, Request

from engine.trace.reasons import describe
from server.api.routes import MAX_BODY_BYTES, Refusal, read_body
from server.errors import NotFoundError
from server.jobs.trace import request_of
from server.jsontext import parse_object
from server.manager import Manager


def make_trace_router(manager: Manager) -> APIRouter:
    """The routes."""
    router = APIRouter()
    reasons = {"reasons": describe()}

    @router.get("/api/reasons")
    async def read_reasons() -> dict[str, Any]:
        return reasons

    @router.post("/api/sessions/{session_id}/trace")
    async def trace(request: Request, session_id: str) -> dict[str, Any]:
        body = await read_body(request, MAX_BODY_BYTES)
        key, ticks = request_of(parse_object(body, "the trace"))
        live = manager.sessions.get(session_id)
        if live is None:
            raise NotFoundError(manager.farewell(session_id))
        world = await live.alone(key)
        try:
            return await manager.traces.trace(world, ticks)
        except RuntimeError as error:
            raise Refusal(503, f"{error}: try again") from None

    return router
