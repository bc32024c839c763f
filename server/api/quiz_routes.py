"""REST of questions: the table of all answers, a guest for a range (docs/PROTOCOL.md § 14)."""

from dataclasses import replace

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from engine import units as u
from engine.errors import RefusedError
from server.api.access import let_in
from server.api.api_text import ANSWERS, WISH
from server.api.body import MAX_BODY_BYTES, read_body
from server.errors import ConflictError
from server.jsontext import only_fields, parse_object, shown, whole
from server.manager import Manager
from server.quiz.table import answers_csv
from server.quiz.wish import Wished
from server.session.event_side import SessionHandle
from server.wire.quiz import MAX_VALUE


async def wished_in(request: Request, manager: Manager, live: SessionHandle) -> Wished:
    """What a request wants to see true of the question that was run.

    Raises:
        RefusedError: it is no range of one of its designs.
        ConflictError: the truth is not there yet: whoever still has to answer would know it.
    """
    data = parse_object(await read_body(request, MAX_BODY_BYTES), "the body")
    only_fields(data, ("design", "low", "high"), "the body")
    question = (await manager.quizzes.of(live)).quiz.now
    if question is None or question.truth is None:
        raise ConflictError("guests are looked for when the question has been run")
    if data.get("design") not in question.designs:
        known = ", ".join(question.designs)
        raise RefusedError(f"design is {shown(data.get('design'))}: one of {known} is needed")
    low = whole(data.get("low"), "low", 0, MAX_VALUE, question.quantity)
    high = whole(data.get("high"), "high", low, MAX_VALUE, question.quantity)
    transcript = await live.transcript()
    before = [entry.command for entry in transcript.log[: question.begun]]
    return Wished(
        transcript.config, (*before, *question.commands), data["design"], question.quantity,
        low, high,
    )  # fmt: skip


def make_quiz_router(manager: Manager) -> APIRouter:
    """The routes."""
    router = APIRouter()

    @router.get("/api/sessions/{session_id}/answers", openapi_extra=ANSWERS)
    async def answers(request: Request, session_id: str) -> Response:
        await let_in(request, manager, session_id, "presenter")
        side = await manager.quizzes.of(await manager.open(session_id))
        name = f'attachment; filename="answers-{session_id}.csv"'
        headers = {"Cache-Control": "no-store", "Content-Disposition": name}
        return Response(answers_csv(side.quiz), media_type="text/csv", headers=headers)

    @router.post("/api/sessions/{session_id}/wish", openapi_extra=WISH)
    async def wish(request: Request, session_id: str) -> Response:
        await let_in(request, manager, session_id)
        live = await manager.open(session_id)
        wished = await wished_in(request, manager, live)
        alone = replace(wished.config, designs=(wished.design,))
        size_mib = manager.library.nr_pages(alone.source) // u.MIB_PAGES
        size = manager.library.check(alone)
        return JSONResponse(await manager.wishes.find(session_id, wished, size_mib, size))

    return router
