"""A socket has one owner, who knows whether it is open; over a channel of ASGI messages."""

import asyncio
import json

import pytest
from fastapi import WebSocket

from server.api import connection as module
from server.api.connection import ClientGone, Closing, Connection


class Channel:
    """What an ASGI server is to an application: messages both ways, until the client is lost."""

    def __init__(self, *, extension=True, lost=False, full=False):
        self.sent = []
        self.lost = lost
        self.full = full
        self.incoming = [{"type": "websocket.connect"}]
        extensions = {"websocket.http.response": {}} if extension else {}
        scope = {"type": "websocket", "headers": [], "extensions": extensions}
        self.connection = Connection(WebSocket(scope, self.receive, self.send))

    async def receive(self):
        return self.incoming.pop(0)

    async def send(self, message):
        if self.lost:
            raise OSError("nobody is there")
        if self.full and message["type"] != "websocket.accept":
            await asyncio.Event().wait()
        self.sent.append(message)

    @property
    def types(self):
        return [message["type"].removeprefix("websocket.") for message in self.sent]


async def opened(**kinds):
    channel = Channel(**kinds)
    await channel.connection.accept()
    return channel


async def test_a_conversation():
    channel = await opened()
    channel.incoming += [
        {"type": "websocket.receive", "text": "a"},
        {"type": "websocket.receive", "bytes": b"b"},
        {"type": "websocket.receive", "text": None, "bytes": b""},
        {"type": "websocket.disconnect", "code": 1000},
    ]
    assert [await channel.connection.receive() for _ in range(3)] == ["a", b"b", b""]
    await channel.connection.send("c")
    await channel.connection.send(b"d")
    with pytest.raises(ClientGone):
        await channel.connection.receive()
    assert channel.types == ["accept", "send", "send"]


async def test_nothing_is_sent_or_awaited_when_the_client_is_gone():
    channel = await opened()
    channel.incoming.append({"type": "websocket.disconnect", "code": 1001})
    with pytest.raises(ClientGone):
        await channel.connection.receive()
    for _ in range(2):
        with pytest.raises(ClientGone):
            await channel.connection.receive()
        with pytest.raises(ClientGone):
            await channel.connection.send("late")
        await channel.connection.close(Closing(4404, "late"))
    assert channel.types == ["accept"]


async def test_a_client_that_is_lost_while_it_is_written_to_is_gone():
    channel = await opened()
    channel.lost = True
    with pytest.raises(ClientGone):
        await channel.connection.send("a")
    channel.lost = False
    with pytest.raises(ClientGone):
        await channel.connection.send("b")


async def test_a_close_says_why_first_and_is_the_last_word():
    channel = await opened()
    text = "é" * 100  # 200 bytes; a reason has 123 at most
    await channel.connection.close(Closing(4404, text))
    await channel.connection.close(Closing(4400, "again"))
    with pytest.raises(ClientGone):
        await channel.connection.send("after")
    assert channel.types == ["accept", "send", "close"]
    assert json.loads(channel.sent[1]["text"])["text"] == text
    assert (channel.sent[2]["code"], channel.sent[2]["reason"]) == (4404, "é" * 60)


async def test_the_last_words_do_not_wait_for_a_client_that_does_not_read(monkeypatch):
    monkeypatch.setattr(module, "CLOSE_S", 0.01)
    channel = await opened(full=True)
    await channel.connection.close(Closing(4429, "this page reads too slowly"))
    with pytest.raises(ClientGone):
        await channel.connection.send("after")


@pytest.mark.parametrize(
    ("extension", "types"),
    [(True, ["http.response.start", "http.response.body"]), (False, ["close"])],
)
async def test_a_refusal_before_the_handshake_is_http_where_the_server_can(extension, types):
    channel = Channel(extension=extension)
    await channel.connection.deny("not from there")
    assert channel.types == types
    if extension:
        assert channel.sent[0]["status"] == 403
        assert channel.sent[1]["body"] == b"not from there\n"


async def test_a_client_that_leaves_before_the_answer_is_no_error():
    for ask in (lambda c: c.accept(), lambda c: c.deny("no")):
        with pytest.raises(ClientGone):
            await ask(Channel(lost=True).connection)
