"""One WebSocket: the only place that knows whether it is open.

A client may go away at any moment, in the middle of a message or of a close. Whoever talks to it
learns so by ClientGone, and nothing that it does, or leaves undone, is an error of the server.
"""

import asyncio
from dataclasses import dataclass

from fastapi import WebSocket, WebSocketDisconnect
from starlette.responses import PlainTextResponse

from server.addresses import peer_of
from server.api.line import LINE, Line
from server.wire import messages

MAX_REASON_BYTES = 120  # RFC 6455 allows 123
CLOSE_S = 2.0  # for the last words; a client that does not read them is left without


class ClientGone(Exception):
    """The client is not there any more."""


@dataclass(frozen=True)
class Closing:
    """How a conversation ends: a close code of docs/PROTOCOL.md and one sentence."""

    code: int
    text: str


class Connection:
    """A socket from its handshake to its close. One task at a time may send."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self.peer = peer_of(socket.client.host if socket.client else None)
        self._open = False

    @property
    def line(self) -> Line:
        """The short way for frames and credits; there is one where server/api/serve.py serves."""
        line: Line = self._socket.scope["extensions"][LINE]
        return line

    async def deny(self, text: str) -> None:
        """Refuse before the handshake is answered: HTTP status 403, and why where that can be said.

        Raises:
            ClientGone: nobody waits for the answer.
        """
        try:
            if "websocket.http.response" in self._socket.scope.get("extensions", {}):
                await self._socket.send_denial_response(PlainTextResponse(text + "\n", 403))
            else:  # an ASGI server without that extension answers 403 by itself
                await self._socket.close()
        except (WebSocketDisconnect, OSError):
            raise ClientGone from None

    async def accept(self) -> None:
        """Answer the handshake.

        Raises:
            ClientGone: nobody waits for the answer.
        """
        try:
            await self._socket.accept()
        except (WebSocketDisconnect, OSError):
            raise ClientGone from None
        self._open = True

    async def receive(self) -> str | bytes:
        """The next message.

        Raises:
            ClientGone: there will be none.
        """
        if not self._open:
            raise ClientGone
        event = await self._socket.receive()
        if event["type"] == "websocket.disconnect":
            self._open = False
            raise ClientGone
        text = event.get("text")
        data: str | bytes = event.get("bytes", b"") if text is None else text
        return data

    async def send(self, item: str | bytes) -> None:
        """Send a message; waits while the client reads more slowly than the server writes.

        Raises:
            ClientGone: it cannot be sent any more.
        """
        if not self._open:
            raise ClientGone
        try:
            if isinstance(item, str):
                await self._socket.send_text(item)
            else:
                await self._socket.send_bytes(item)
        except (WebSocketDisconnect, OSError):
            self._open = False
            raise ClientGone from None

    async def close(self, closing: Closing) -> None:
        """Say why, then close. A client that is gone, or does not read, is no error."""
        reason = closing.text.encode()[:MAX_REASON_BYTES].decode(errors="ignore")
        try:
            async with asyncio.timeout(CLOSE_S):
                await self.send(messages.error(closing.text, code=closing.code))
                self._open = False
                await self._socket.close(closing.code, reason)
        except (ClientGone, TimeoutError, WebSocketDisconnect, OSError):
            self._open = False
