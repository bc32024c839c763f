"""Runs the application on a socket: binding, the printed address, and a clean end.

uvicorn would close WebSockets with 1012 and end by the signal that it got; here they are closed
with 1001 first, and the process ends with status 0.
"""

import asyncio
import socket

import uvicorn

from engine.errors import RefusedError
from server.allocator import keep_compact
from server.api.app import create_app
from server.api.logs import begin_logging, say_where
from server.api.ws_protocol import WebSocketProtocol
from server.manager import Manager
from server.settings import Settings

WS_MAX_BYTES = 1 << 20  # above 64 KiB we say so ourselves; above this the library closes with 1009
BEFORE_THE_END_S = 0.5  # of the time that uvicorn gives to requests: who is still there is cut


def bind(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        RefusedError: the address cannot be had; in one sentence.
    """
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, proto)
    except OSError as error:
        raise RefusedError(f"cannot listen on {host}: {error.strerror or error}") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(256)
    except OSError as error:
        listener.close()
        text = f"cannot listen on port {port} of {host}: {error.strerror or error}"
        raise RefusedError(f"{text}; --port or FRAGSCOPE_PORT chooses another") from None
    listener.setblocking(False)
    return listener


def address(listener: socket.socket) -> str:
    """What a person opens in a browser."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):
        host = "127.0.0.1"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


class Server(uvicorn.Server):
    """uvicorn's server that says goodbye to its sockets first."""

    @property
    def _manager(self) -> Manager | None:
        """The application's manager; None before it has started."""
        return getattr(self.config.app.state, "manager", None)  # type: ignore[union-attr]

    @property
    def failed(self) -> bool:
        """Whether the simulator could not be prepared: nothing works then."""
        return self._manager is not None and self._manager.warm.failed

    async def on_tick(self, counter: int) -> bool:
        """Whether to end: when uvicorn wants to, and when the simulator could not be prepared."""
        return await super().on_tick(counter) or self.failed

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close every WebSocket with 1001, then do what uvicorn does.

        It waits for requests to be answered, and cancels with a traceback what is not in time. So
        nobody waits for a body any more, and who reads too slowly is hung up on before that.
        """
        if self._manager is not None:
            self._manager.close()
            await asyncio.sleep(0.05)  # one round for the writers; uvicorn waits for the rest
        self._hang_up(only_senders=True)
        in_s = (self.config.timeout_graceful_shutdown or 0) - BEFORE_THE_END_S
        asyncio.get_running_loop().call_later(in_s, self._hang_up)
        await super().shutdown(sockets)

    def _hang_up(self, only_senders: bool = False) -> None:
        """Cut connections of HTTP, all or those whose request is not whole yet."""
        for connection in list(self.server_state.connections):
            cycle = getattr(connection, "cycle", None)  # a WebSocket has none
            if cycle is None or cycle.response_complete:
                continue
            if cycle.more_body or not only_senders:
                connection.transport.abort()


def make_server(settings: Settings, is_twin: bool = False) -> Server:
    """The server, not yet running; one worker, since sessions live in its memory.

    Args:
        settings: its limits.
        is_twin: another server hands everything on to it, and says for whom it asks.
    """
    return Server(
        uvicorn.Config(
            create_app(settings, is_twin),
            ws=WebSocketProtocol,
            ws_max_size=WS_MAX_BYTES,
            ws_per_message_deflate=False,
            log_config=None,  # see server/api/logs.py
            log_level="warning",
            access_log=False,
            server_header=False,
            forwarded_allow_ips="*" if is_twin else settings.proxies.as_list(),
            timeout_graceful_shutdown=settings.shutdown_s,
        )
    )


def run_server(settings: Settings) -> int:
    """Listen, print the address, serve until SIGINT or SIGTERM; the exit status.

    1 = the simulator could not be prepared; the log says why.
    """
    keep_compact()
    begin_logging(settings.log)
    listener = bind(settings.host, settings.port)
    say_where(address(listener), settings.log)
    server = make_server(settings)
    server.run(sockets=[listener])
    return 1 if server.failed else 0
