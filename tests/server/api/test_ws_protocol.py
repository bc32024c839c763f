"""Bytes that no browser sends end their own connection, with a code, and leave the log clean."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn

from server.api import ws_protocol
from server.api.serve import bind
from server.api.ws_protocol import WebSocketProtocol
from tests.server.api import uvicorn_parts
from tests.server.raw_socket import CLOSE, CONTINUATION, PING, TEXT, RawSocket, frame, text
from tests.server.server_log import faults


def test_this_uvicorn_has_what_the_protocol_overrides():
    assert uvicorn_parts.moved() == [], (
        f"uvicorn {uvicorn.__version__} is not the one that server/api/ws_protocol.py was written "
        f"for: {'; '.join(uvicorn_parts.moved())}. Read its protocol again, then move the pin in "
        "pyproject.toml."
    )


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("keepalive_timeout", "pong_missing", "its method keepalive_timeout is gone"),
        (
            "def send_receive_event_to_app(self)",
            "def send_receive_event_to_app(self, event)",
            "its method send_receive_event_to_app takes self, event",
        ),
        ("self.handle_parser_exception", "self.fail", "it does not call handle_parser_exception"),
        ("curr_msg_data_type", "kind", "its attribute curr_msg_data_type is gone"),
    ],
)
def test_what_a_new_uvicorn_has_moved_is_named(old, new, words):
    assert old in uvicorn_parts.UVICORN
    (found,) = uvicorn_parts.moved(uvicorn_parts.UVICORN.replace(old, new))
    assert found.startswith(words)


def test_what_a_new_websockets_has_moved_is_named():
    websockets = uvicorn_parts.WEBSOCKETS.replace("handshake_exc", "failure")
    (found,) = uvicorn_parts.moved(websockets=websockets)
    assert found == "the attribute handshake_exc of a connection of websockets is gone"


@contextmanager
def serving(app, **config) -> Iterator[str]:
    """An ASGI application behind the protocol; its address."""

    async def whole(scope, receive, send):
        if scope["type"] == "websocket":
            await app(receive, send)
        else:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})

    listener = bind("127.0.0.1", 0)
    server = uvicorn.Server(
        uvicorn.Config(
            whole, ws=WebSocketProtocol, lifespan="off", log_level="error",
            ws_max_size=1 << 20, ws_per_message_deflate=False, timeout_graceful_shutdown=1,
            **config,
        )
    )  # fmt: skip
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive()


async def echo(receive, send):
    """Send back what comes, and go on sending when the peer is gone: that must be noticed."""
    await receive()
    await send({"type": "websocket.accept"})
    while True:
        event = await receive()
        if event["type"] == "websocket.disconnect":
            await send({"type": "websocket.send", "text": "farewell"})
            raise AssertionError("what was sent to nobody was no error")
        await send({**event, "type": "websocket.send"})


@pytest.fixture(scope="module")
def address():
    with serving(echo) as where:
        yield where


@pytest.fixture
def client(address):
    with faults() as found, RawSocket(address) as raw:
        yield raw
    assert found == []


def test_utf8_that_is_split_between_frames_is_one_text(client):
    assert client.handshake(b"/") == 101
    data = "äöü".encode()
    client.send(frame(TEXT, data[:3], fin=False) + frame(CONTINUATION, data[3:]))
    assert client.read() == (TEXT, data)


def test_a_text_that_is_no_utf8_closes_with_its_reason(client):
    assert client.handshake(b"/") == 101
    client.send(text(b"abc\xff"))
    ending = client.ending()
    assert (ending.code, ending.reason) == (1007, "invalid start byte at byte 3: a text is UTF-8")


def test_a_close_that_races_with_a_text_that_is_no_utf8(client):
    assert client.handshake(b"/") == 101
    client.send(text(b"\xff") + frame(CLOSE, b"\x03\xe8") + text(b"\xff") + frame(PING))
    assert client.ending().code in (1000, 1007)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (frame(TEXT, b"x", masked=False), 1002),
        (frame(3), 1002),
        (frame(TEXT, b"x", reserved=4), 1002),
        (frame(PING, b"x" * 126), 1002),
        (frame(PING, b"x", fin=False), 1002),
        (frame(CONTINUATION, b"x"), 1002),
        (frame(TEXT, b"x", fin=False) + text("y"), 1002),
        (frame(CLOSE, b"\x03"), 1002),
        (frame(CLOSE, b"\x00\x01"), 1002),
        (frame(CLOSE, b"\x03\xe8\xff"), 1007),
        (frame(TEXT, length=1 << 63), 1009),
        (frame(TEXT, length=(1 << 20) + 1), 1009),
        (frame(CLOSE), 1005),
        (frame(CLOSE, b"\x0f\xa0"), 4000),
    ],
)
def test_what_is_sent_after_the_end_is_dropped_in_silence(client, data, code):
    """The application is told of the end, and sends before the socket is known to be lost."""
    assert client.handshake(b"/") == 101
    client.send(data)
    assert client.ending().code == code


@pytest.mark.parametrize(
    ("path", "headers", "statuses"),
    [
        (b"/\xff\xfe", b"", (400,)),
        (b"/" + b"x" * 9000, b"", (414,)),
        (b"/", b"X: " + b"x" * 9000 + b"\r\n", (431,)),
        (b"/", b"".join(b"X-%d: 1\r\n" % i for i in range(200)), (431,)),
        (b"/", b"Content-Length: 5\r\n", (400,)),
        (b"/", b"Transfer-Encoding: chunked\r\n", (400,)),
        (b"/", b"X(Y: 1\r\n", (400,)),
        (b"/", b"X: \xff\r\n", (101,)),
        (b"/", b"Sec-WebSocket-Extensions: ;;\r\n", (101,)),
        (b"/", b"Sec-WebSocket-Protocol: \xff,,\r\n", (400,)),
        (b"/", b"Sec-WebSocket-Key: x\r\n", (400,)),
    ],
)
def test_every_handshake_is_answered(client, path, headers, statuses):
    assert client.handshake(path, headers) in statuses
    client.send(frame(CLOSE))
    client.ending()


@pytest.mark.parametrize("data", [frame(PING), frame(CLOSE), frame(3), b"\xff" * 9, text(b"\xff")])
def test_frames_before_the_handshake_is_answered(data):
    """They come while the application makes up its mind; it then accepts what is over."""
    came = threading.Event()

    async def slow(receive, send):
        await receive()
        await asyncio.to_thread(came.wait, 10)
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close"})

    with serving(slow) as where, faults() as found:
        with RawSocket(where) as client:
            client.send(client.request(b"/"))
            threading.Timer(0.2, came.set).start()
            client.send(data)
            client.status()
            client.ending()
        assert found == []


def test_a_peer_that_speaks_is_there_even_if_it_answers_no_ping():
    """Under load an answer may lie unread for long; uvicorn ends all sockets at once then."""
    with (
        serving(echo, ws_ping_interval=0.05, ws_ping_timeout=1.0) as where,
        faults() as found,
        RawSocket(where) as client,
    ):
        assert client.handshake(b"/") == 101
        for _ in range(2):  # uvicorn would end it after the first
            client.until(lambda opcode, payload: opcode == PING)
            client.send(text("I am here"))
        client.until(lambda opcode, payload: opcode == PING)
        assert client.ending().code == 1011, "who says nothing any more is gone"
    assert found == []


def test_a_peer_that_reads_nothing_is_not_waited_for(monkeypatch):
    """What is written to it lies in the buffers: only the connection's end frees them."""
    monkeypatch.setattr(ws_protocol, "LINGER_S", 0.2)
    lost = threading.Event()

    class Watched(WebSocketProtocol):
        def connection_lost(self, exc):
            super().connection_lost(exc)
            lost.set()

    async def flood(receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                while True:
                    await send({"type": "websocket.send", "bytes": bytes(1 << 20)})

    monkeypatch.setattr("tests.server.api.test_ws_protocol.WebSocketProtocol", Watched)
    with serving(flood) as where, faults() as found, RawSocket(where) as client:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        assert client.handshake(b"/") == 101
        assert lost.wait(10)
        assert found == []
