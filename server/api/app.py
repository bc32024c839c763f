"""Wires the parts together: create_app(settings) is the whole server without its socket."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request, Response, WebSocket
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect

from engine import units as u
from engine.errors import OtherGeometryError, RefusedError
from server.api import ws
from server.api.api_text import SCHEMES
from server.api.because_routes import make_because_router
from server.api.body import Refusal, error_response
from server.api.class_routes import make_class_router
from server.api.file_routes import make_file_router
from server.api.hand_on import HandOn, hand_on_again
from server.api.hosts import KnownHosts, known_names
from server.api.lesson_routes import make_lesson_router
from server.api.live_routes import feed_for, make_live_router
from server.api.metrics_routes import make_metrics_router
from server.api.origin import origin_allowed
from server.api.past_routes import make_past_router
from server.api.quiz_routes import make_quiz_router
from server.api.race_routes import make_race_router
from server.api.report_routes import make_report_router
from server.api.routes import make_router
from server.api.scenario_routes import make_scenario_router
from server.api.session_routes import make_session_router
from server.api.static import PageFiles, security_headers
from server.api.sweep_routes import make_sweep_router
from server.api.trace_routes import make_trace_router
from server.compiler.warm import Warm
from server.errors import ConflictError, JournalError, LimitReachedError, NotFoundError
from server.guests.library import Library, Progress
from server.guests.recorded import Recordings
from server.journal.folder import folder_of
from server.lessons.shelf import shelf_for
from server.manager import Manager
from server.paths import examples_folder, project_version, web_folder
from server.settings import Settings
from server.sweep.shelf import shelf_of
from server.twin import Twin
from server.wire.config import DEFAULT_EXAMPLE, CaptureSource

log = logging.getLogger("fragscope")

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def create_app(settings: Settings, is_twin: bool = False) -> FastAPI:
    """The application; one process, since each session has one owner.

    Args:
        settings: its limits.
        is_twin: it is the process of the other pageblock order, and has no twin itself.
    """
    folder = folder_of(settings)
    library = Library(settings.max_uploads, settings.guest_bytes, folder, settings.max_size_mib)
    recordings = Recordings(examples_folder())

    def preload(progress: Progress) -> None:
        """The first page shows this guest: have it ready."""
        library.base(CaptureSource(DEFAULT_EXAMPLE), 1, progress)

    usual = u.PAGEBLOCK_ORDER == u.USUAL_PAGEBLOCK_ORDER
    warm = Warm(preload if usual else None)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        manager = Manager(settings, library, warm, folder)
        app.state.manager = manager
        app.state.twin = None if is_twin else Twin(settings, manager.budget)
        app.include_router(make_past_router(manager))
        app.include_router(make_because_router(manager))
        app.include_router(make_metrics_router(manager))
        feed = await asyncio.to_thread(feed_for, settings, folder.path)
        app.include_router(make_race_router())  # before /api/{name}, which takes the rest
        app.include_router(make_scenario_router())
        app.include_router(make_lesson_router(manager, shelf_for(settings)))
        app.include_router(make_live_router(manager, feed))
        app.include_router(make_sweep_router(shelf_of(settings)))
        app.include_router(make_report_router(settings.max_upload_mib << 20))
        app.include_router(make_trace_router(manager))
        app.include_router(make_file_router(manager))
        app.include_router(make_class_router(manager))
        app.include_router(make_quiz_router(manager))
        app.include_router(make_session_router(manager, recordings))
        app.include_router(make_router(manager, recordings))
        # Last: the folder takes every path that nothing else took.
        app.mount("/", PageFiles(directory=web_folder(), html=True, check_dir=False))
        warm.start()
        sweeping = asyncio.create_task(manager.sweep())
        try:
            yield
        finally:
            sweeping.cancel()
            manager.close()
            warm.give_up()
            await asyncio.to_thread(feed.end)
            if app.state.twin is not None:
                app.state.twin.close()
            await manager.closed()
            if app.state.twin is not None:
                await app.state.twin.closed()
            await asyncio.gather(sweeping, return_exceptions=True)

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json")
    app.openapi = lambda: describe_api(app)  # type: ignore[method-assign]
    app.add_middleware(HandOn)
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    app.add_middleware(KnownHosts, names=known_names(settings))
    _add_guards(app, settings)
    _add_errors(app)

    @app.websocket("/ws/{session_id}")
    async def socket(websocket: WebSocket, session_id: str) -> None:
        await ws.serve(websocket, session_id, app.state.manager)

    return app


def describe_api(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document: what a program may use of the REST routes."""
    told = get_openapi(
        title="fragscope",
        version=project_version(),
        description="Sessions by program; docs/API.md begins with ten lines of each language.",
        routes=app.routes,
        servers=[{"url": ".."}],  # from /api/openapi.json up: right below any prefix of a proxy
    )
    told.setdefault("components", {})["securitySchemes"] = SCHEMES
    return told


def _add_guards(app: FastAPI, settings: Settings) -> None:
    security = security_headers(settings.frame_policy)

    @app.middleware("http")
    async def guard(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        headers = request.headers
        if request.method not in _SAFE_METHODS and not origin_allowed(
            headers.get("origin"),
            request.url.scheme,
            headers.get("host"),
            settings.allowed_origins,
        ):
            response: Response = error_response(403, "this page's origin may not write here")
        else:
            response = await _answer(request, call_next)
        for name, value in security.items():
            response.headers.setdefault(name, value)
        return response


async def _answer(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    """The answer to a request; a fault of ours is logged and owned up to."""
    try:
        return await call_next(request)
    except Exception:
        log.exception("%s %s failed by a fault", request.method, request.url.path[:200])
        return error_response(500, "the server failed by a fault of its own: its log says which")


def _add_errors(app: FastAPI) -> None:
    """Every refusal becomes ``{"error": one sentence}``."""

    @app.exception_handler(Refusal)
    async def refusal(_: Request, error: Refusal) -> Response:
        return error_response(error.status, str(error))

    @app.exception_handler(RefusedError)
    async def bad_input(_: Request, error: RefusedError) -> Response:
        return error_response(400, str(error))

    @app.exception_handler(OtherGeometryError)
    async def elsewhere(request: Request, error: OtherGeometryError) -> Response:
        return await hand_on_again(request, error)

    @app.exception_handler(NotFoundError)
    async def not_found(_: Request, error: NotFoundError) -> Response:
        return error_response(404, str(error))

    @app.exception_handler(LimitReachedError)
    async def limit(_: Request, error: LimitReachedError) -> Response:
        return error_response(429, str(error))

    @app.exception_handler(ConflictError)
    async def conflict(_: Request, error: ConflictError) -> Response:
        return error_response(409, str(error))

    @app.exception_handler(JournalError)
    async def unkept(_: Request, error: JournalError) -> Response:
        return error_response(503, str(error))

    @app.exception_handler(ClientDisconnect)
    async def gone(_request: Request, _error: ClientDisconnect) -> Response:
        return Response(status_code=400)  # nobody reads it: the client left in the middle of a body

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        text = {404: f"there is nothing at {request.url.path[:200]}"}.get(error.status_code)
        return error_response(error.status_code, text or str(error.detail))
