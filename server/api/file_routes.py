"""REST of sessions as files: JSON lines out and in (docs/SESSIONS.md)."""

import asyncio
import contextlib
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from engine.errors import RefusedError
from engine.log import MAIN
from server.api.access import let_in, peer
from server.api.api_text import EXPORT, IMPORT
from server.api.body import read_body
from server.api.paper_answer import Papers
from server.api.playback_answer import Playbacks
from server.errors import OlderEngineError
from server.journal.codec import MAIN_NAME, MAX_NAME, Course, Head, Record, text_of
from server.journal.session_file import SessionFile, cut, lines_of, session_file_from
from server.jsontext import parse_object, shown
from server.manager import Manager
from server.session.keeper import timestamp
from server.session.session import MAX_LOG
from server.session.transcript import transcript_from_dict

MAX_IMPORT_MIB = 32  # of a session as a file, beside its capture


def file_from_bytes(body: bytes) -> SessionFile:
    """The session that a body holds: JSON lines, or one line that is an export.

    Raises:
        RefusedError: it cannot be read, or was altered.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise RefusedError(f"the file is no UTF-8: {error.reason} at byte {error.start}") from None
    lines = text.strip().split("\n")
    if len(lines) == 1 and '"log_version"' in text and '"fragscope_session"' not in text:
        return file_of_transcript(parse_object(text, "the export"))
    return session_file_from(lines)


def file_of_transcript(data: dict[str, Any]) -> SessionFile:
    """What GET /api/sessions/{id} has answered, or a link with everything holds, as a file.

    Args:
        data: with or without ``name``, of its timeline.

    Raises:
        RefusedError: it is none, or starts from an upload, which it does not hold.
    """
    name = text_of(data, "name", "the export", MAX_NAME) if "name" in data else MAIN_NAME
    about = {key: value for key, value in data.items() if key != "name"}
    found = transcript_from_dict(about, MAX_LOG)
    if found.config.source.kind == "upload":
        raise RefusedError(
            "the session starts from an uploaded file, which is not in it:"
            " export the session as a file"
        )
    head = Head(found.config, found.engine, timestamp())
    line = Course(name=name, tick=found.tick)
    return SessionFile(Record(head, 1, (line,), {MAIN: found.log}, {MAIN: ()}))


async def session_file(manager: Manager, session_id: str) -> SessionFile:
    """A session as a file; one that this simulator plays has a digest of where it stands.

    Raises:
        NotFoundError, LimitReachedError, JournalError: as of Manager.open().
    """
    mark = None
    with contextlib.suppress(OlderEngineError):
        mark = await (await manager.open(session_id)).mark()
    record = await manager.shelf.record(session_id)
    record = cut(record, mark) if mark else record
    source = record.head.config.source
    upload = None
    if source.kind == "upload":
        upload = await asyncio.to_thread(manager.folder.upload, source.capture)
    return SessionFile(record, upload)


async def admitted(request: Request, manager: Manager, record: Record) -> dict[str, str]:
    """Make a session of a record; its id and tokens, as they are told.

    Raises:
        LimitReachedError: its address has made enough of them, or there is no room.
    """
    with manager.quotas.session(peer(request), manager.sessions) as made:
        session_id, tokens = await manager.admit(record)
        made(session_id)
    return {"session": session_id, "presenter": tokens["presenter"], "viewer": tokens["viewer"]}


def make_file_router(manager: Manager) -> APIRouter:
    """The routes; one file at a time is made or read, since it takes memory."""
    router = APIRouter()
    turn = asyncio.Semaphore(1)
    playbacks, papers = Playbacks(manager), Papers(manager)

    @router.post("/api/sessions/import", openapi_extra=IMPORT)
    async def import_session(request: Request) -> Response:
        limit = (manager.settings.max_upload_mib * 4 // 3 + MAX_IMPORT_MIB) << 20
        body = await read_body(request, limit)
        async with turn:
            found = await asyncio.to_thread(file_from_bytes, body)
            upload = found.upload
            if upload is not None:
                await asyncio.to_thread(manager.library.add_upload, upload.data, upload.name)
            told = await admitted(request, manager, found.record)
        return JSONResponse(told, 201)

    @router.get("/api/sessions/{session_id}/export", openapi_extra=EXPORT)
    async def export_session(request: Request, session_id: str) -> Response:
        await let_in(request, manager, session_id)
        form = request.query_params.get("as", "lines")
        if form == "html":
            return await playbacks.answer(request, session_id)
        if form == "report":
            return await papers.answer(session_id, await session_file(manager, session_id))
        if form != "lines":
            raise RefusedError(f"as is {shown(form)}: lines, html or report is needed")
        async with turn:
            found = await session_file(manager, session_id)
            lines = await asyncio.to_thread(lambda: list(lines_of(found.record, found.upload)))
        return StreamingResponse(
            (f"{line}\n" for line in lines),
            media_type="application/jsonl",
            headers={"Content-Disposition": f'attachment; filename="fragscope-{session_id}.jsonl"'},
        )

    return router
