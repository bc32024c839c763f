"""uvicorn's WebSocket protocol, mended where bytes that no browser sends left a traceback.

Each method says what uvicorn 0.54 does there. What is mended is the peer's doing: a message that is
no UTF-8, a handshake that is too long, a connection that ends while something is being sent, a peer
that never reads. The log is for our own faults, and no socket stays open for ever.

It also lays the short way for frames and credits (server/api/line.py), which the application finds
in its scope.
"""

from asyncio.transports import BaseTransport, Transport
from typing import Any, cast

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode
from websockets.http11 import Request
from websockets.protocol import State

from server.api.line import LINE, Line

LATE_S = 1.0  # a timer that comes so much too late was held up by us, not by the peer
LINGER_S = 10.0  # for the rest of what was written to reach the peer
_BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """One connection; see the module."""

    _line: Line
    _heard_at = 0.0

    def connection_made(self, transport: BaseTransport) -> None:
        """The short way begins here."""
        super().connection_made(transport)
        self._line = Line(cast(Transport, transport))

    def handle_connect(self, event: Request) -> None:
        """The application, which runs as soon as this one returns, is told of the short way."""
        super().handle_connect(event)
        if self.response.status_code == 101:
            cast(dict[str, Any], self.scope["extensions"])[LINE] = self._line

    def pause_writing(self) -> None:
        """Something lies unsent."""
        super().pause_writing()
        self._line.pause()

    def resume_writing(self) -> None:
        """Nothing does any more."""
        super().resume_writing()
        self._line.resume()

    @property
    def _between_messages(self) -> bool:
        """Whether the next byte begins a message: websockets waits for the one or the end."""
        if self.conn.current_size is not None or self.conn.state is not State.OPEN:
            return False
        inner: Any = self.conn.parser
        while (deeper := inner.gi_yieldfrom) is not None:
            inner = deeper
        return bool(inner.gi_code.co_name == "at_eof")

    def data_received(self, data: bytes) -> None:
        """A handshake that websockets refuses is answered; uvicorn leaves the socket waiting."""
        self._heard_at = self.loop.time()
        if self._between_messages and (used := self._line.take_credits(data)):
            if used == len(data):
                return
            data = data[used:]
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.handshake_initiated = self.close_sent = True
            self.transport.write(b"".join(self.conn.data_to_send()) or _BAD_REQUEST)
            self.transport.close()

    def handle_parser_exception(self) -> None:
        """Before the handshake there is no close frame; uvicorn asserts that there is one."""
        if self.conn.close_sent is not None:
            super().handle_parser_exception()
            self._linger()
        else:
            self.close_sent = True
            self.transport.close()

    def send_receive_event_to_app(self) -> None:
        """A text that is no UTF-8 closes with 1007; uvicorn logs a traceback beside."""
        if self.curr_msg_data_type == "text" and not self.close_sent:
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError as error:
                self.frames = []
                reason = f"{error.reason} at byte {error.start}: a text is UTF-8"
                self.conn.fail(CloseCode.INVALID_DATA, reason)
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    def keepalive_timeout(self) -> None:
        """Who answers no ping may not read either; uvicorn waits until all is read.

        Whoever has said something since the ping is there, and an answer that we had no time to
        read is not missing: uvicorn closes both. The loop's clock counts
        milliseconds, so what came in that of the ping counts, too.
        """
        late = self.loop.time() - self.ping_sent_at - (self.ping_timeout or 0.0)
        if late > LATE_S or self._heard_at >= self.ping_sent_at or self.read_paused:
            self.pong_timer = self.pending_ping_payload = None
            self.schedule_ping()
            return
        super().keepalive_timeout()
        self._linger()

    async def send(self, message: ASGISendEvent) -> None:
        """What is sent after the connection has ended is dropped; uvicorn raises RuntimeError."""
        await self.writable.wait()
        ended = self.close_sent and self.initial_response is None
        never_began = not self.handshake_complete and self.transport.is_closing()
        if ended or never_began:
            raise ClientDisconnected
        await super().send(message)

    async def run_asgi(self) -> None:
        """When the application is done the connection ends, even if the peer reads no more."""
        await super().run_asgi()
        self._linger()

    def _linger(self) -> None:
        self.loop.call_later(LINGER_S, self.transport.abort)
