"""One socket: a task that reads and a task that writes. No decisions about the simulation.

The order of checks is: Origin before the handshake is answered, then the session, then ``hello``.
A client that goes away is an everyday event and leaves no trace in the log.
"""

import asyncio
import contextlib

from fastapi import WebSocket, WebSocketDisconnect
from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocketState

from engine.errors import RefusedError
from server.api.origin import origin_allowed
from server.errors import LimitReachedError, NotFoundError
from server.manager import Manager
from server.session.event_side import SessionHandle
from server.wire import messages
from server.wire.frames import WIRE_VERSION
from server.wire.messages import Hello, MessageError, Reset

MAX_REASON_BYTES = 120  # RFC 6455 allows 123
HELLO_S = 10.0  # a socket that says nothing for so long is closed


async def _refuse(socket: WebSocket, code: int, text: str) -> None:
    """Say why, then close; the other task of the socket may have done so already."""
    if socket.application_state is WebSocketState.CONNECTED:
        await socket.send_text(messages.error(text, code=code))
    if socket.application_state is WebSocketState.CONNECTED:
        await socket.close(code, text.encode()[:MAX_REASON_BYTES].decode(errors="ignore"))


async def serve(socket: WebSocket, session_id: str, manager: Manager) -> None:
    """Everything that happens on one socket, from handshake to close."""
    allowed = manager.settings.allowed_origins
    origin, host = socket.headers.get("origin"), socket.headers.get("host")
    if not origin_allowed(origin, socket.scope["scheme"], host, allowed):
        text = "this page's origin may not connect here: FRAGSCOPE_ORIGINS could allow it\n"
        await socket.send_denial_response(PlainTextResponse(text, 403))
        return
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        live = manager.sessions.get(session_id)
        if live is None:
            await _refuse(socket, messages.CLOSE_NO_SESSION, manager.farewell(session_id))
        elif await _hello(socket):
            await _attend(socket, live, manager)


async def _receive(socket: WebSocket) -> str | None:
    """The next text message; None for a binary one."""
    event = await socket.receive()
    if event["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(event.get("code", 1005))
    text = event.get("text")
    return text if isinstance(text, str) else None


async def _hello(socket: WebSocket) -> bool:
    """Whether the client opened with a hello that we can answer; says so and closes if not."""
    reason = "the first message must be hello with the versions the page speaks"
    try:
        text = await asyncio.wait_for(_receive(socket), HELLO_S)
        message = messages.parse_message(text) if text is not None and _fits(text) else None
    except TimeoutError:
        reason = f"no hello within {HELLO_S:.0f} seconds"
        message = None
    except MessageError as error:
        reason = str(error)
        message = None
    if isinstance(message, Hello):
        if messages.common_version(message.versions):
            return True
        theirs = ", ".join(str(v) for v in message.versions[:8]) or "none"
        reason = (
            f"the server speaks version {WIRE_VERSION}, the page speaks {theirs}: reload the page"
        )
    await _refuse(socket, messages.CLOSE_BAD_HELLO, reason)
    return False


async def _attend(socket: WebSocket, live: SessionHandle, manager: Manager) -> None:
    if live.nr_viewers >= manager.settings.max_viewers:
        text = f"{live.nr_viewers} pages watch this session, the server's limit"
        await _refuse(socket, messages.CLOSE_LIMIT, text)
        return
    flag = asyncio.Event()
    client = live.join(flag.set)
    reader = asyncio.create_task(_read(socket, live, client, manager))
    writer = asyncio.create_task(_write(socket, live, client, flag))
    try:
        await asyncio.wait((reader, writer), return_when=asyncio.FIRST_COMPLETED)
    finally:
        live.leave(client)
        for task in (reader, writer):
            task.cancel()
        results = await asyncio.gather(reader, writer, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception) and not isinstance(result, WebSocketDisconnect):
            raise result


def _fits(text: str) -> bool:
    limit = messages.MAX_MESSAGE_BYTES
    return len(text) <= limit and len(text.encode()) <= limit


async def _read(socket: WebSocket, live: SessionHandle, client: int, manager: Manager) -> None:
    """Hand on what the client says until it goes away."""
    while True:
        text = await _receive(socket)
        if text is None:
            live.say(client, messages.error("binary messages are not understood: send text"))
            continue
        if not _fits(text):
            limit = messages.MAX_MESSAGE_BYTES // 1024
            await _refuse(socket, messages.CLOSE_TOO_BIG, f"a message is over {limit} KiB")
            return
        try:
            message = messages.parse_message(text)
        except MessageError as error:
            live.say(client, messages.error(str(error), error.command_id))
            continue
        if isinstance(message, Hello):
            live.say(client, messages.error("hello was said before"))
            continue
        if isinstance(message, Reset):
            try:
                await manager.reset(live, client, message)
            except (RefusedError, NotFoundError, LimitReachedError) as error:
                live.say(client, messages.error(str(error), message.command_id))
            continue
        live.message(client, message)


async def _write(socket: WebSocket, live: SessionHandle, client: int, flag: asyncio.Event) -> None:
    """Send what the slot has until the session ends or the client is lost."""
    while True:
        await flag.wait()
        flag.clear()
        for item in live.hub.take(client):
            if socket.application_state is not WebSocketState.CONNECTED:
                return
            if isinstance(item, str):
                await socket.send_text(item)
            else:
                await socket.send_bytes(item)
        if live.ended is not None:
            await _refuse(socket, live.ended.code, live.ended.text)
            return
        if live.hub.lost(client):
            await _refuse(socket, messages.CLOSE_LIMIT, "this page reads too slowly")
            return
        live.sent(client)
