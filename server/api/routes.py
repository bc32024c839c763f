"""REST of docs/PROTOCOL.md section 1. Every error is one sentence in ``{"error": …}``."""

import asyncio
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, JSONResponse

from engine.designs import DEFAULT_DESIGNS, DESIGNS, MAX_DESIGNS
from engine.recipes import PRESETS
from engine.units import PAGEBLOCK_ORDER
from engine.unpack import ARCHIVE_SUFFIXES
from server.api.body import (
    FRAME_TYPE,
    LargeBodies,
    Refusal,
    json_answer,
    printable,
    read_body,
)
from server.api.static import LateScript
from server.guests.library import EXAMPLES
from server.guests.recorded import Recordings
from server.jobs.spread import DEFAULT_SEEDS, MAX_SEEDS, MIN_SEEDS
from server.jsontext import digits_of
from server.manager import Manager
from server.paths import ends_with_container, examples_folder, plotly_script, project_version
from server.wire import config as limits
from server.wire import messages
from server.wire.frames import WIRE_VERSION

MAX_NAME = 120
MAX_BODIES = 4  # uploads under way at a time
# Results of long runs that travel with the examples: name in the address and file.
PUBLISHED = {
    "fidelity": "fidelity.json",
    "stress-highalloc": "stress-highalloc.json",
    "price": "price.json",  # figures of others, for scale
}


def published(name: str) -> Path | None:
    """The file of a published result, None if there is none."""
    path = examples_folder() / PUBLISHED[name]
    return path if path.is_file() else None


def describe_server(manager: Manager, recordings: Recordings) -> dict[str, Any]:
    """The answer of GET /api/info."""
    settings = manager.settings
    return {
        "version": project_version(),
        "wire_version": WIRE_VERSION,
        "designs": [
            {
                "name": d.name,
                "label": d.label,
                "source": d.source,
                "toggles": [
                    {
                        "name": t.name,
                        "values": list(t.values),
                        "label": t.label,
                        "source": t.source,
                    }
                    for t in d.toggles
                ],
            }
            for d in DESIGNS.values()
        ],
        "default_designs": list(DEFAULT_DESIGNS),
        "presets": [
            {"name": recipe.name, "label": recipe.label, "text": recipe.text}
            for recipe in PRESETS.values()
        ],
        "captures": [
            {**example.to_dict(), "recorded": name in recordings}
            for name, example in EXAMPLES.items()
        ],
        "upload_suffixes": list(ARCHIVE_SUFFIXES),
        "ends_with_container": ends_with_container(manager.folder.path.resolve()),
        "published": [name for name in PUBLISHED if published(name)],
        "default_source": {"kind": "capture", "name": limits.DEFAULT_EXAMPLE},
        "limits": {
            "max_designs": MAX_DESIGNS,
            "min_size_mib": limits.MIN_SIZE_MIB,
            "max_size_mib": settings.max_size_mib,
            "max_seed": limits.MAX_SEED,
            "max_upload_mib": settings.max_upload_mib,
            "max_guest_mib": settings.guest_bytes >> 20,
            "max_sessions": settings.max_sessions,
            "min_spread_seeds": MIN_SEEDS,
            "default_spread_seeds": DEFAULT_SEEDS,
            "max_spread_seeds": MAX_SEEDS,
            "max_viewers": settings.max_viewers,
            "max_ticks_per_s": messages.MAX_TICKS_PER_S,
            "max_step_ticks": messages.MAX_STEP_TICKS,
            "max_message_bytes": messages.MAX_MESSAGE_BYTES,
            "frames_per_s": settings.frames_per_s,
        },
    }


def make_router(manager: Manager, recordings: Recordings) -> APIRouter:
    """The routes, bound to one server's parts."""
    router = APIRouter()
    plotly = LateScript(plotly_script())

    @router.get("/healthz")
    async def healthz() -> Response:
        if manager.warm.ready:
            return JSONResponse({"status": "ok", "version": project_version()})
        text, done, total = manager.warm.state
        return JSONResponse({"status": "starting", "text": text, "done": done, "total": total}, 503)

    @router.get("/livez")
    async def livez() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/readyz")
    async def readyz() -> Response:
        """Whether sessions can be made and kept; a JournalError says why not."""
        await asyncio.to_thread(manager.folder.check)
        return await healthz()

    @router.get("/api/info")
    async def info() -> dict[str, Any]:
        return describe_server(manager, recordings)

    _add_uploads(router, manager)
    _add_recorded(router, recordings)

    @router.get("/vendor/plotly.min.js")
    async def plotly_js(request: Request) -> Response:
        return await plotly.response(request)

    return router


def _add_uploads(router: APIRouter, manager: Manager) -> None:
    """What people bring along."""
    reading = asyncio.Semaphore(1)  # an archive takes memory while it is read
    bodies = LargeBodies(MAX_BODIES, "uploads are under way")

    @router.post("/api/captures")
    async def upload(request: Request, name: str = "upload") -> Response:
        with bodies.one():
            body = await read_body(request, manager.settings.max_upload_mib << 20)
            shown = printable(name, MAX_NAME, "upload")
            async with reading:
                loop = asyncio.get_running_loop()
                found = loop.run_in_executor(None, manager.library.add_upload, body, shown)
                upload_id, summary = await found
        told = {"capture": upload_id, "pageblock_order": PAGEBLOCK_ORDER, "summary": summary}
        return JSONResponse(told, 201)


def _add_recorded(router: APIRouter, recordings: Recordings) -> None:
    """What does not depend on any session: recordings of real kernels, published results."""

    @router.get("/api/recorded/{example}")
    async def recorded(example: str) -> Response:
        return await json_answer(lambda: recordings.describe(example))

    @router.get("/api/recorded/{example}/{design}/{step}")
    async def recorded_picture(example: str, design: str, step: str) -> Response:
        number = digits_of(step)
        if number is None:
            raise Refusal(404, f"step is {step!r:.60}: a whole number is needed")
        frame = await asyncio.to_thread(recordings.picture, example, design, number)
        return Response(frame, media_type=FRAME_TYPE)

    @router.get("/api/{name}")
    async def read_published(name: str) -> Response:
        path = published(name) if name in PUBLISHED else None
        if path is None:
            raise Refusal(404, f"there is nothing at /api/{name:.200}")
        return FileResponse(path, media_type="application/json")
