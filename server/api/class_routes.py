"""REST of a class: its code, the QR code of its link, copies (docs/PROTOCOL.md § 12)."""

import asyncio
import io
import time
from dataclasses import replace
from typing import Any

import segno
from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, JSONResponse

from engine.errors import RefusedError
from engine.log import MAX_INDEX, MAX_TICK
from server.api.access import let_in
from server.api.api_text import CODE, COPY, JOIN, QR
from server.api.body import MAX_BODY_BYTES, read_body
from server.api.file_routes import admitted, session_file
from server.api.hand_on import hand_on
from server.errors import NotFoundError
from server.journal.session_file import until
from server.jsontext import only_fields, parse_object, shown, text_within, whole
from server.manager import Manager
from server.paths import web_folder
from server.session.join_codes import JoinCodes

MAX_LINK = 1000  # characters: more makes a QR code that no phone reads from a seat
MAX_TYPED = 60
QUIET = 4  # modules of margin that a reader needs
NOT_KEPT = {"Cache-Control": "no-store"}


async def asked_in(request: Request, *names: str) -> dict[str, Any]:
    """The body, an object with these fields at most.

    Raises:
        RefusedError: it is something else.
    """
    body = await read_body(request, MAX_BODY_BYTES)
    data = parse_object(body, "the body") if body.strip() else {}
    only_fields(data, names, "the body")
    return data


def qr_code(link: str) -> bytes:
    """A link as a QR code, black on white in any theme: an SVG without a size.

    Raises:
        RefusedError: it is no address of a page.
    """
    if not link.startswith(("http://", "https://")):
        raise RefusedError(f"link is {shown(link)}: an address that begins with http is needed")
    out = io.BytesIO()
    made = segno.make(link, error="m", micro=False)
    made.save(
        out, kind="svg", border=QUIET, dark="#000", light="#fff", xmldecl=False, omitsize=True,
        svgclass=None, lineclass=None,
    )  # fmt: skip
    return out.getvalue()


def make_class_router(manager: Manager) -> APIRouter:
    """The routes."""
    router = APIRouter()
    codes = JoinCodes()
    turn = asyncio.Semaphore(1)  # a long log takes memory while it is copied

    @router.get("/join", include_in_schema=False)
    async def join_page() -> Response:
        return FileResponse(web_folder() / "join.html", headers={"Cache-Control": "no-cache"})

    @router.post("/api/join", openapi_extra=JOIN)
    async def join(request: Request) -> Response:
        data = await asked_in(request, "code")
        try:
            found = codes.find(text_within(data.get("code"), "code", MAX_TYPED), time.monotonic())
        except NotFoundError:
            twin = request.app.state.twin
            if twin is not None and twin.running:  # it may have given that code
                return await hand_on(request, twin, request.state.body)
            raise
        try:
            await manager.shelf.hashes(found.session)
        except NotFoundError:
            codes.forget(found.session)
            raise
        return JSONResponse({"session": found.session, "viewer": found.viewer}, headers=NOT_KEPT)

    @router.post("/api/sessions/{session_id}/code", openapi_extra=CODE)
    async def code(request: Request, session_id: str) -> Response:
        await let_in(request, manager, session_id, "presenter")
        data = await asked_in(request, "viewer")
        viewer = text_within(data.get("viewer"), "viewer", MAX_TYPED)
        if await manager.shelf.role(session_id, viewer) != "viewer":
            raise RefusedError("viewer is no viewer's token of this session")
        return JSONResponse({"code": codes.code(session_id, viewer)}, headers=NOT_KEPT)

    @router.post("/api/sessions/{session_id}/qr", openapi_extra=QR)
    async def qr(request: Request, session_id: str) -> Response:
        await let_in(request, manager, session_id)
        data = await asked_in(request, "link")
        link = text_within(data.get("link"), "link", MAX_LINK)
        picture = await asyncio.to_thread(qr_code, link)
        return Response(picture, media_type="image/svg+xml", headers=NOT_KEPT)

    @router.post("/api/sessions/{session_id}/copy", openapi_extra=COPY)
    async def copy(request: Request, session_id: str) -> Response:
        await let_in(request, manager, session_id)
        data = await asked_in(request, "tick", "index")
        async with turn:
            record = (await session_file(manager, session_id)).record
            tick, index = data.get("tick"), data.get("index")
            if tick is not None:
                whole(tick, "tick", 0, MAX_TICK, "ticks")
            if index is not None:
                whole(index, "index", 0, MAX_INDEX, "commands")
            taken = replace(until(record, tick, index), epoch=1)
            told = await admitted(request, manager, taken)
        return JSONResponse(told, 201, headers=NOT_KEPT)

    return router
