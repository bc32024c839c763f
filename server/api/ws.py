"""One socket: a task that reads, and how it ends. No decisions about the simulation.

The order of checks is: Origin before the handshake is answered, then the session, then ``hello``
with its token, which brings a session at rest back into memory.
A client that goes away is an everyday event and leaves no trace in the log. What is sent goes from
the hub straight to the socket (server/api/line.py); no task waits to write.
"""

import asyncio
import contextlib
import logging
import time

from fastapi import WebSocket

from engine.errors import RefusedError
from server.api.connection import ClientGone, Closing, Connection
from server.api.origin import origin_allowed
from server.errors import (
    ConflictError,
    JournalError,
    LimitReachedError,
    NotFoundError,
    OlderEngineError,
)
from server.jsontext import shown
from server.manager import Manager
from server.quiz.quiz_side import QuizSide
from server.session.event_side import SessionHandle
from server.wire import messages
from server.wire.classroom import ClassMessage
from server.wire.frames import WIRE_VERSION
from server.wire.messages import Hello, MessageError, Pace, Reset, Role, Step
from server.wire.quiz import QuizMessage

log = logging.getLogger("fragscope")

HELLO_S = 10.0  # a socket that says nothing for so long is closed
FLUSH_S = 2.0  # for what is still to be sent when a session ends
MAX_VERSIONS_SHOWN = 8


# What a client did wrong, or cannot have: it is told, and the conversation goes on.
_SAID = (RefusedError, NotFoundError, LimitReachedError, ConflictError, JournalError)


async def serve(socket: WebSocket, session_id: str, manager: Manager) -> None:
    """Everything that happens on one socket, from handshake to close."""
    connection = Connection(socket)
    try:
        if not _origin_allowed(socket, manager):
            await connection.deny(
                "this page's origin may not connect here: FRAGSCOPE_ORIGINS could allow it"
            )
            return
        await connection.accept()
        await connection.close(await _one_more(connection, session_id, manager))
    except ClientGone:
        return
    except Exception:
        log.exception("a socket failed by a fault")
        text = "the server failed by a fault of its own: its log says which"
        await connection.close(Closing(messages.CLOSE_INTERNAL, text))


def _origin_allowed(socket: WebSocket, manager: Manager) -> bool:
    origin, host = socket.headers.get("origin"), socket.headers.get("host")
    allowed = manager.settings.allowed_origins
    return origin_allowed(origin, socket.scope["scheme"], host, allowed)


async def _one_more(connection: Connection, session_id: str, manager: Manager) -> Closing:
    """What is said, unless the peer has too many sockets open; see _converse()."""
    try:
        with manager.quotas.socket(connection.peer):
            return await _converse(connection, session_id, manager)
    except LimitReachedError as error:
        return Closing(messages.CLOSE_LIMIT, str(error))


async def _converse(connection: Connection, session_id: str, manager: Manager) -> Closing:
    """What is said on an open socket; how it ends.

    Raises:
        ClientGone: the client has ended it.
    """
    try:
        await manager.shelf.hashes(session_id)
        hello = await _hello(connection)
        if isinstance(hello, str):
            return Closing(messages.CLOSE_BAD_HELLO, hello)
        role = await manager.shelf.role(session_id, hello.token)
        if role is None:
            text = "this token does not open the session: ask for the whole link"
            return Closing(messages.CLOSE_FORBIDDEN, text)
        live = await manager.open(session_id)
        quiz = await manager.quizzes.of(live)
    except OlderEngineError as error:
        return Closing(messages.CLOSE_OLDER_ENGINE, str(error))
    except (RefusedError, NotFoundError) as error:
        return Closing(messages.CLOSE_NO_SESSION, str(error))
    except (LimitReachedError, JournalError) as error:
        return Closing(messages.CLOSE_LIMIT, str(error))
    if live.nr_viewers >= manager.settings.max_viewers:
        text = f"{live.nr_viewers} pages watch this session, the server's limit"
        return Closing(messages.CLOSE_LIMIT, text)
    return await _attend(connection, live, quiz, manager, role)


async def _hello(connection: Connection) -> Hello | str:
    """The client's first message, or why it is no hello that we can answer."""
    reason = "the first message must be hello with the versions the page speaks"
    try:
        data = await asyncio.wait_for(connection.receive(), HELLO_S)
        if isinstance(data, bytes) or not _fits(data):
            return reason
        message = messages.parse_message(data)
    except TimeoutError:
        return f"no hello within {HELLO_S:.0f} seconds"
    except MessageError as error:
        return str(error)
    if not isinstance(message, Hello):
        return reason
    if messages.common_version(message.versions):
        return message
    theirs = ", ".join(shown(v) for v in message.versions[:MAX_VERSIONS_SHOWN]) or "none"
    return f"the server speaks version {WIRE_VERSION}, the page speaks {theirs}: reload the page"


async def _attend(
    connection: Connection, live: SessionHandle, quiz: QuizSide, manager: Manager, role: Role
) -> Closing:
    """Read until the client or the session comes to an end."""
    over = asyncio.Event()
    line = connection.line
    client = live.join(line.write, over.set)
    line.listen(lambda n: live.credit(client, n), lambda: live.drained(client))
    live.say(client, messages.role(role))
    live.room.enter(client, role)
    quiz.enter(client, role)
    tasks = [
        asyncio.create_task(_read(connection, live, quiz, client, manager)),
        asyncio.create_task(_end(connection, live, over)),
    ]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return next(task for task in tasks if task in done).result()
    finally:
        line.hang_up()
        quiz.leave(client)
        live.leave(client)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _ending(live: SessionHandle) -> Closing:
    if live.ended is not None:
        return Closing(live.ended.code, live.ended.text)
    return Closing(messages.CLOSE_LIMIT, "this page reads too slowly")


async def _end(connection: Connection, live: SessionHandle, over: asyncio.Event) -> Closing:
    """How the session ends, or a client that reads nothing; what was written may still be read."""
    await over.wait()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(connection.line.drained(), FLUSH_S)
    return _ending(live)


def _fits(text: str) -> bool:
    limit = messages.MAX_MESSAGE_BYTES
    return len(text) <= limit and len(text.encode()) <= limit


async def _read(
    connection: Connection, live: SessionHandle, quiz: QuizSide, client: int, manager: Manager
) -> Closing:
    """Hand on what the client says until it says too much.

    Raises:
        ClientGone: it has gone away.
    """
    while True:
        data = await connection.receive()
        if isinstance(data, bytes):
            live.say(client, messages.error("binary messages are not understood: send text"))
            continue
        if not _fits(data):
            limit = messages.MAX_MESSAGE_BYTES // 1024
            return Closing(messages.CLOSE_TOO_BIG, f"a message is over {limit} KiB")
        try:
            message = messages.parse_message(data)
        except MessageError as error:
            live.say(client, messages.error(str(error), error.command_id))
            continue
        if isinstance(message, Hello):
            live.say(client, messages.error("hello was said before"))
            continue
        try:
            if isinstance(message, Pace | Step) or hasattr(message, "command_id"):
                manager.quotas.command(connection.peer, time.monotonic())
            if isinstance(message, QuizMessage):
                await quiz.message(client, message)
                continue
            live.room.allow(client, message)
            if isinstance(message, ClassMessage):
                live.room.message(client, message)
            elif isinstance(message, Reset):
                await manager.reset(live, client, message)
            else:
                live.message(client, message)
        except _SAID as error:
            command_id = getattr(message, "command_id", None)
            live.say(client, messages.error(str(error), command_id))
