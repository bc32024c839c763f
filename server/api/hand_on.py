"""Hands requests and sockets on to the twin, whose pageblocks are of the other order.

A session's name says which process plays it; a capture or a session as a file says so when it is
read. Who asks, from which page and by which name of the server travels with the request, so that
the twin checks tokens, origins and limits as this process would.
"""

import asyncio
import contextlib
import re
from typing import Any

import httpcore2
from fastapi import Request, Response, WebSocket, WebSocketDisconnect
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from websockets.asyncio.client import ClientConnection, unix_connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from engine.errors import OtherGeometryError
from server.api.body import error_response
from server.api.connection import MAX_REASON_BYTES
from server.errors import JournalError, LimitReachedError
from server.journal.folder import order_of
from server.twin import Twin
from server.wire import messages

_OF_SESSION = re.compile(r"/(?:api/sessions|ws)/([A-Za-z0-9_-]+)(?:/|$)")
# Of one connection, not of the request (RFC 9110, 7.6.1); and what we say ourselves.
_NOT_HANDED_ON = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding",
     b"upgrade", b"x-forwarded-for", b"x-forwarded-proto", b"date"}
)  # fmt: skip
_NAME = b"twin"  # of the host in an address that is never looked up
_ENDED = "the process that plays this guest has ended: try again"
_NO_CODE = frozenset({1005, 1006})  # RFC 6455, 7.4.1: of a connection that just ended

Headers = list[tuple[bytes, bytes]]


def twin_for(app: Any, order: int) -> Twin | None:
    """The twin that plays guests of a pageblock order; None: this process does, or nobody."""
    twin: Twin | None = getattr(app.state, "twin", None)
    return twin if twin is not None and twin.order == order else None


def _said_for(scope: Scope) -> Headers:
    """Who asks, and how, in the words of a reverse proxy."""
    client = scope.get("client")
    scheme = str(scope["scheme"]).replace("ws", "http")
    said = [(b"x-forwarded-proto", scheme.encode())]
    return said + ([(b"x-forwarded-for", client[0].encode())] if client else [])


def _kept(headers: Headers) -> Headers:
    return [(name, value) for name, value in headers if name.lower() not in _NOT_HANDED_ON]


class _Answer(StreamingResponse):
    """The twin's answer, piece by piece; what it came through is let go at the end."""

    def __init__(self, answer: httpcore2.Response, held: contextlib.AsyncExitStack) -> None:
        super().__init__(answer.aiter_stream(), answer.status)
        self.raw_headers = _kept(answer.headers)
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._held.aclose()


async def hand_on(request: Request, twin: Twin, body: bytes | None = None) -> Response:
    """The twin's answer to a request.

    Args:
        request: as it came.
        twin: who answers.
        body: of the request, if it was read.

    Raises:
        LimitReachedError, JournalError: there is no twin to be had, or it has ended.
    """
    scope = request.scope
    headers = _kept(request.headers.raw) + _said_for(scope)
    declared = {b"content-length", b"transfer-encoding"} & {name for name, _ in request.headers.raw}
    content: Any = body if body is not None else request.stream() if declared else None
    target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
    held = contextlib.AsyncExitStack()
    path = await held.enter_async_context(twin.using())
    pool = await held.enter_async_context(httpcore2.AsyncConnectionPool(uds=path))

    try:
        url = httpcore2.URL(scheme=b"http", host=_NAME, port=None, target=target)
        asked = httpcore2.Request(request.method, url, headers=headers, content=content)
        if content is not None and b"content-length" not in declared:
            asked.headers.append((b"transfer-encoding", b"chunked"))
        answer = await pool.handle_async_request(asked)
    except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException):
        await held.aclose()
        raise JournalError(_ENDED) from None
    except BaseException:
        await held.aclose()
        raise
    return _Answer(answer, held)


async def hand_on_again(request: Request, error: OtherGeometryError) -> Response:
    """What becomes of a request that this process cannot serve for its guest's pageblocks.

    Args:
        request: whose body was read.
        error: the refusal.
    """
    twin = twin_for(request.app, error.pageblock_order)
    body = getattr(request.state, "body", None)
    if twin is None or body is None:
        return error_response(400, str(error))
    try:
        return await hand_on(request, twin, body)
    except LimitReachedError as limit:
        return error_response(429, str(limit))
    except JournalError as gone:
        return error_response(503, str(gone))


class HandOn:
    """What is asked of a session that the twin plays goes to the twin; everything else passes."""

    def __init__(self, app: ASGIApp) -> None:
        """See the class.

        Args:
            app: what the rest is for.
        """
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on, or let pass."""
        named = None
        if scope["type"] in ("http", "websocket"):
            named = _OF_SESSION.match(scope["path"])
        twin = twin_for(scope["app"], order_of(named[1])) if named else None
        if twin is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await relay(WebSocket(scope, receive, send), twin)
        else:
            request = Request(scope, receive, send)
            try:
                response = await hand_on(request, twin)
            except LimitReachedError as error:
                response = error_response(429, str(error))
            except JournalError as error:
                response = error_response(503, str(error))
            await response(scope, receive, send)


async def relay(socket: WebSocket, twin: Twin) -> None:
    """One socket of a session that the twin plays: what either side says, and how it ends.

    Args:
        socket: before its handshake.
        twin: who plays the session.
    """
    headers = socket.headers
    said = [(name.decode(), value.decode("latin-1")) for name, value in _said_for(socket.scope)]
    uri = f"ws://{headers.get('host', _NAME.decode())}{socket.scope['path']}"
    with contextlib.suppress(WebSocketDisconnect):
        try:
            async with twin.using() as path, unix_connect(
                path, uri, origin=headers.get("origin"), additional_headers=said,
                compression=None, max_size=None, ping_interval=None, user_agent_header=None,
            ) as theirs:  # fmt: skip
                await socket.accept()
                await socket.close(*await _talk(socket, theirs))
        except InvalidStatus as refusal:  # of the handshake: the page's origin may not connect
            text = (refusal.response.body or b"").decode(errors="replace")
            answer = PlainTextResponse(text, refusal.response.status_code)
            await socket.send_denial_response(answer)
        except (LimitReachedError, JournalError) as error:
            await socket.accept()
            await socket.close(messages.CLOSE_LIMIT, str(error)[:MAX_REASON_BYTES])
        except (OSError, InvalidHandshake, TimeoutError):
            await socket.accept()
            await socket.close(messages.CLOSE_GOING_AWAY, _ENDED)


async def _talk(socket: WebSocket, theirs: ClientConnection) -> tuple[int, str]:
    """Carry messages both ways until one side ends; code and reason of the twin's close.

    Raises:
        WebSocketDisconnect: the client has gone away; the twin hears of it when its socket closes.
    """

    async def down() -> None:
        async for message in theirs:
            if isinstance(message, str):
                await socket.send_text(message)
            else:
                await socket.send_bytes(message)

    async def up() -> None:
        while (event := await socket.receive())["type"] != "websocket.disconnect":
            text = event.get("text")
            await theirs.send(event.get("bytes", b"") if text is None else text)
        raise WebSocketDisconnect

    tasks = [asyncio.create_task(down()), asyncio.create_task(up())]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            with contextlib.suppress(ConnectionClosed):
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await theirs.wait_closed()
    code = theirs.close_code
    if code is None or code in _NO_CODE:  # it was killed
        return messages.CLOSE_GOING_AWAY, _ENDED
    return code, theirs.close_reason or ""
