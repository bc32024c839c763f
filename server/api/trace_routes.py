"""REST of call traces: the next ticks of one design, and every reason that a trace can give."""

from fastapi import APIRouter, Request, Response

from engine.trace.reasons import describe_reasons
from server.api.access import let_in
from server.api.body import MAX_BODY_BYTES, Refusal, read_body
from server.jobs.trace import request_of
from server.jsontext import dump, parse_object
from server.manager import Manager


def make_trace_router(manager: Manager) -> APIRouter:
    """The routes."""
    router = APIRouter()
    reasons = dump({"reasons": describe_reasons()}).encode()

    @router.get("/api/reasons")
    async def read_reasons() -> Response:
        return Response(reasons, media_type="application/json")

    @router.post("/api/sessions/{session_id}/trace")
    async def trace(request: Request, session_id: str) -> Response:
        await let_in(request, manager, session_id)
        body = await read_body(request, MAX_BODY_BYTES)
        key, ticks = request_of(parse_object(body, "the trace"))
        live = await manager.open(session_id)
        try:
            text = await manager.traces.trace(lambda: live.alone(key), ticks)
        except RuntimeError as error:
            raise Refusal(503, f"{error}: try again") from None
        return Response(text, media_type="application/json")

    return router
