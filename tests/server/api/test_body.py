"""Bodies: too large, too slow, broken off; and answers that are too long for the event loop."""

import asyncio
import json
import time
from urllib.parse import urlsplit

import httpx2 as httpx
import pytest
from fastapi import FastAPI, Request, Response

from engine.commands import CompactMemory
from engine.log import Entry
from server.api import body
from server.api.app import create_app
from server.api.body import MANY, Refusal, dump_pieces, read_body
from server.api.routes import MAX_BODIES
from server.session.session import MAX_LOG
from server.settings import Settings
from server.wire.config import config_from_dict
from tests.server.client import SMALL, post_session
from tests.server.conftest import running


@pytest.fixture
def hurried(monkeypatch):
    """A server that waits for a fraction of a second where others wait for many."""
    monkeypatch.setattr(body, "READ_S", 0.4)
    monkeypatch.setattr(body, "LEAST_RATE", 4 << 20)
    with running(Settings(port=0, max_upload_mib=1)) as address:
        yield address


async def begun(
    address: str, path: str, size: int, headers: str = ""
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A POST whose body has been announced and not been sent."""
    where = urlsplit(address)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n{headers}\r\n"
    writer.write(head.encode())
    await writer.drain()
    return reader, writer


async def answered(reader: asyncio.StreamReader) -> tuple[int, dict]:
    """Status and JSON of an answer."""
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
    return int(head.split()[1]), json.loads(await asyncio.wait_for(reader.read(2000), 30))


async def test_bodies_that_do_not_come_free_their_places(hurried):
    opened = [await begun(hurried, "/api/captures", 1000) for _ in range(MAX_BODIES)]
    async with httpx.AsyncClient() as client:
        for _ in range(100):
            full = await client.post(f"{hurried}/api/captures", content=b"x")
            if full.status_code == 429:
                break
        assert full.json()["error"] == "4 uploads are under way: try again in a moment"
        for reader, writer in opened:
            status, answer = await answered(reader)
            assert status == 408
            assert answer["error"].startswith("the body came too slowly: 0 B so far; 0.4 s without")
            writer.close()
        later = await client.post(f"{hurried}/api/captures", content=b"no capture")
        assert later.status_code == 400


async def test_a_body_that_drips_for_ever_is_given_up(hurried):
    reader, writer = await begun(hurried, "/api/captures", 1000)

    loop = asyncio.get_running_loop()

    def drip():
        if not writer.is_closing():
            writer.write(b"x")
            loop.call_later(0.1, drip)

    drip()
    status, answer = await answered(reader)
    writer.close()
    assert status == 408
    assert "or 1 s in all" in answer["error"]


async def test_every_route_with_a_body_has_the_limits(hurried):
    session = post_session(hurried)
    token = f"Authorization: Bearer {session.presenter}\r\n"
    for path in ("", "/import", *(f"/{session}/{end}" for end in ("spread", "trace", "commands"))):
        reader, writer = await begun(hurried, f"/api/sessions{path}", 1000, token)
        assert (await answered(reader))[0] == 408, path
        writer.close()


async def test_a_client_that_leaves_in_the_middle_is_no_fault(hurried, caplog):
    _, writer = await begun(hurried, "/api/captures", 1000)
    writer.write(b"half")
    await writer.drain()
    writer.close()
    async with httpx.AsyncClient() as client:
        # Its place is free again once the server has noticed.
        others = [await begun(hurried, "/api/captures", 10) for _ in range(MAX_BODIES - 1)]
        while (await client.post(f"{hurried}/api/captures", content=b"x")).status_code == 429:
            pass
        for _, other in others:
            other.close()
    assert "Traceback" not in caplog.text
    assert "Exception" not in caplog.text


@pytest.mark.parametrize("declared", ["9", "9" * 5000, "²", "-1", "x"])
async def test_the_limit_holds_whatever_is_declared(declared):
    async def receive():
        return {"type": "http.request", "body": b"123456789", "more_body": False}

    headers = [(b"content-length", declared.encode("latin-1"))]
    request = Request({"type": "http", "method": "POST", "headers": headers}, receive)
    with pytest.raises(Refusal, match="the body is over 8 B"):
        await read_body(request, 8)


@pytest.mark.parametrize("length", [0, 1, MANY, MANY + 1, 3 * MANY])
def test_pieces_are_the_whole(length):
    data = {"a": '\u00e9"', "log": [{"i": i, "x": [i]} for i in range(length)], "b": {"c": None}}
    assert json.loads(dump_pieces(data)) == data


def test_a_list_is_encoded_in_pieces_so_that_others_get_their_turn(monkeypatch):
    longest = 0
    dump = body._dump

    def watched(value):
        nonlocal longest
        longest = max(longest, len(value) if isinstance(value, list) else 0)
        return dump(value)

    monkeypatch.setattr(body, "_dump", watched)
    dump_pieces({"log": list(range(10 * MANY))})
    assert longest == MANY


async def test_a_full_log_costs_the_event_loop_nothing():
    app: FastAPI = create_app(Settings())
    async with app.router.lifespan_context(app):
        live, tokens = await app.state.manager.create(config_from_dict(SMALL))
        await live.transcript()

        def fill(session):
            command = CompactMemory()
            session.log.extend(Entry(i + 1, i, command, True) for i in range(MAX_LOG))

        await live._ask(fill)
        sent: list[bytes] = []

        async def receive():
            await asyncio.Event().wait()

        async def send(message):
            sent.append(message.get("body", b""))

        scope = {
            "type": "http", "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": f"/api/sessions/{live.id}", "raw_path": b"", "query_string": b"",
            "headers": [
                (b"host", b"localhost"),
                (b"authorization", f"Bearer {tokens['viewer']}".encode()),
            ],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 2), "root_path": "",
        }  # fmt: skip
        before = time.thread_time()
        await app(scope, receive, send)
        spent = time.thread_time() - before
    assert len(json.loads(b"".join(sent))["log"]) == MAX_LOG
    assert spent < 0.2


def test_answers_made_in_a_thread_are_json():
    answer: Response = asyncio.run(body.json_answer(lambda: b'{"a":1}'))
    assert (answer.media_type, answer.body) == ("application/json", b'{"a":1}')
