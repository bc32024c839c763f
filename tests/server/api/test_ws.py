"""Sockets of a real server: doors, bad input, several viewers, slow ones, goodbyes."""

import asyncio
import json

import httpx2 as httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from server.settings import Settings
from server.wire import frames, messages
from tests.server.client import SMALL, joined, post_session, raw
from tests.server.conftest import running
from tests.server.raw_socket import (
    BINARY,
    CONTINUATION,
    PING,
    TEXT,
    WAIT_S,
    RawSocket,
    frame,
    text,
)
from tests.server.server_log import faults


async def test_from_opening_to_a_filled_balloon(server):
    async with joined(server, post_session(server)) as client:
        assert client.welcome["type"] == "welcome"
        first = await client.until(lambda p: True)
        assert first.epoch == client.welcome["epoch"] == 1
        assert [d["key"] for d in client.welcome["designs"]] == SMALL["designs"]
        answer = await client.command("c1", type="balloon_inflate", nr_pages=4096)
        assert (answer["type"], answer["index"]) == ("accepted", 1)
        await client.until(lambda p: p.log_index == 1 and client.stat("balloon_actual") == 4096)
        assert client.frame_types[0] == frames.FRAME_KEY
        assert frames.FRAME_DELTA in client.frame_types


async def test_a_foreign_page_is_refused_before_the_handshake(server):
    session = post_session(server)
    url = f"{server.replace('http', 'ws')}/ws/{session}"
    for origin in ("http://evil.example", "null", server.replace("http", "https")):
        with pytest.raises(InvalidStatus) as caught:
            async with connect(url, origin=origin):
                pass
        assert caught.value.response.status_code == 403
        assert b"origin may not connect" in caught.value.response.body
    async with connect(url):  # no Origin: no browser
        pass


async def test_no_such_session(server):
    async with raw(server, "nothing") as client:
        text = (await client.text("error"))["text"]
        assert text == "there is no such session: it has ended, or was never here"
        assert await client.close_code() == messages.CLOSE_NO_SESSION


@pytest.mark.parametrize(
    ("first", "sentence"),
    [
        (
            '{"type":"hello","versions":[2,3],"token":"x"}',
            "the server speaks version 1, the page speaks 2, 3",
        ),
        ('{"type":"hello","versions":[],"token":"x"}', "the page speaks none: reload the page"),
        ('{"type":"hello","versions":[1]}', "message hello lacks token"),
        ('{"type":"credit"}', "the first message must be hello"),
        ("what?", "the message is not JSON"),
        (b"\x00", "the first message must be hello"),
    ],
)
async def test_without_a_proper_hello_nothing_is_said(server, first, sentence):
    async with raw(server, post_session(server)) as client:
        await client.socket.send(first)
        assert sentence in (await client.text("error"))["text"]
        assert await client.close_code() == messages.CLOSE_BAD_HELLO


async def test_bad_input_is_answered_and_the_session_goes_on(server):
    session = post_session(server)
    async with joined(server, session) as client, joined(server, session) as other:
        for bad, command_id in (
            ("{", None),
            ('{"type":"fly"}', None),
            (b"\x00\x01", None),
            ('{"type":"hello","versions":[1],"token":"x"}', None),
            ('{"type":"command","command_id":"x","command":{"type":"fly"}}', "x"),
            ('{"type":"command","command_id":"y","command":{"type":"huge","nr":-1}}', "y"),
            ('{"type":"reset","command_id":"z","config":{"seed":-1}}', "z"),
            (
                '{"type":"reset","command_id":"w","config":{"source":{"kind":"capture",'
                '"name":"nothing"}}}',
                "w",
            ),
        ):
            await client.socket.send(bad)
            answer = await client.text("error")
            assert answer["command_id"] == command_id, answer
            assert answer["text"]
        answer = await other.command("c1", type="balloon_inflate", nr_pages=256)
        assert answer["type"] == "accepted"
        assert not [t for t in other.texts if t["type"] == "error"], "it is none of their business"


async def test_a_message_over_64_kib_ends_its_sender_only(server):
    session = post_session(server)
    async with joined(server, session) as client, joined(server, session) as other:
        await client.socket.send(json.dumps({"type": "x" * (64 * 1024)}))
        assert "over 64 KiB" in (await client.text("error"))["text"]
        assert await client.close_code() == messages.CLOSE_TOO_BIG
        assert (await other.command("c", type="compact"))["type"] == "accepted"


async def test_two_viewers_see_the_same(server):
    session = post_session(server)
    async with joined(server, session) as one, joined(server, session) as two:
        await one.command("c1", type="balloon_inflate", nr_pages=2048)
        await one.until(lambda p: one.stat("balloon_actual") == 2048 and not one.stat("busy"))
        await two.until(lambda p: two.stat("balloon_actual") == 2048 and not two.stat("busy"))
        await one.send("pace", ticks_per_s=7.5)
        assert (await two.text("pace"))["ticks_per_s"] == 7.5
        for name in frames.STAT_FIELDS:
            assert one.stat(name) == two.stat(name)


async def test_a_viewer_who_does_not_paint_holds_nobody_up(server):
    session = post_session(server)
    async with raw(server, session) as slow, joined(server, session) as quick:
        await slow.send("hello", versions=[1], token=session.presenter)
        await quick.command("c1", type="workload", enabled=True, rate=50)
        await quick.until(lambda p: p.seq > 40)
        got = []
        while len(got) < 2:  # two credits, and it never pays
            data = await asyncio.wait_for(slow.socket.recv(), 60)
            if isinstance(data, bytes):
                got.append(data)
        await slow.socket.send('{"type":"credit"}')
        while isinstance(data := await asyncio.wait_for(slow.socket.recv(), 60), str):
            pass
        base = frames.decode_frame(got[1], frames.decode_frame(got[0]))
        assert frames.decode_frame(data, base).seq >= 40, "the newest, not the next"


def test_a_credit_counts_however_its_bytes_arrive(server):
    """Whole and alone it takes a short way (server/api/line.py); in pieces it is a message."""
    credit = b'{"type":"credit","n":2}'
    whole, command = text(credit), '{"type":"workload","enabled":true}'
    pieces = [
        [whole],
        [whole[:1], whole[1:]],
        [whole[:6], whole[6:]],
        [frame(TEXT, credit[:9], fin=False), frame(CONTINUATION, credit[9:])],
        [frame(TEXT, credit[:9], fin=False) + frame(PING, b"x"), frame(CONTINUATION, credit[9:])],
        [text('{"type":"credit"}') + text('{"type":"credit"}')],
        [text('{"type":"credit"}') + text('{"type":"nonsense"}') + text('{"type":"credit"}')],
    ]
    with RawSocket(server) as client:
        client.join(post_session(server))
        client.send(text(f'{{"type":"command","command_id":"w","command":{command}}}'))
        for _ in range(2):  # those of hello
            client.until(lambda opcode, payload: opcode == BINARY)
        for parts in pieces:
            for part in parts:
                client.send(part)
                client.send(b"")
            for _ in range(2):
                client.until(lambda opcode, payload: opcode == BINARY)
            client.socket.settimeout(0.1)
            with pytest.raises(TimeoutError):
                client.until(lambda opcode, payload: opcode == BINARY)
            client.socket.settimeout(WAIT_S)
        client.send(frame(TEXT, credit[:9], fin=False))
        client.send(whole)  # a new message inside another one
        assert client.ending().code == 1002


async def test_a_key_frame_on_request(server):
    async with joined(server, post_session(server)) as client:
        first = await client.until(lambda p: True)
        await client.send("key")
        again = await client.receive()
        assert isinstance(again, frames.Picture)
        assert client.frame_types[-1] == frames.FRAME_KEY
        assert again.seq == first.seq


async def test_reconnecting_shows_the_state_that_is_still_there(server):
    session = post_session(server)
    async with joined(server, session) as client:
        await client.command("c1", type="balloon_inflate", nr_pages=1024)
        await client.until(lambda p: client.stat("balloon_actual") == 1024)
    async with joined(server, session) as client:
        assert client.welcome["log_index"] == 1
        picture = await client.until(lambda p: True)
        assert picture.log_index == 1
        assert client.stat("balloon_actual") == 1024
    log = httpx.get(f"{server}/api/sessions/{session}", headers=session.headers).json()["log"]
    assert [entry["command"]["type"] for entry in log] == ["balloon_inflate"]


async def test_a_reset_reaches_every_viewer(server):
    session = post_session(server)
    async with joined(server, session) as one, joined(server, session) as two:
        await one.command("c1", type="balloon_inflate", nr_pages=1024)
        config = {**SMALL, "designs": ["lru_hook", "dedicated_block:prevent", "pinned"], "seed": 2}
        await one.send("reset", command_id="r", config=config)
        for client in (one, two):
            welcome = await client.text("welcome")
            assert (welcome["epoch"], welcome["log_index"]) == (2, 0)
            assert welcome["config"]["seed"] == 2
            picture = await client.until(lambda p: p.epoch == 2)
            assert len(picture.panels) == 3
            assert client.stat("balloon_actual") == 0
        assert (await one.text("accepted"))["command_id"] == "r"


async def test_too_many_viewers():
    with running(Settings(port=0, max_viewers=1)) as address:
        session = post_session(address)
        async with joined(address, session) as first, raw(address, session) as second:
            await second.send("hello", versions=[1], token=session.viewer)
            assert "the server's limit" in (await second.text("error"))["text"]
            assert await second.close_code() == messages.CLOSE_LIMIT
            assert (await first.command("c", type="compact"))["type"] == "accepted"


async def test_the_server_says_goodbye():
    with running(Settings(port=0)) as address:
        context = joined(address, post_session(address))
        client = await context.__aenter__()
    assert await client.close_code() == messages.CLOSE_GOING_AWAY
    with pytest.raises(ConnectionClosed):
        await client.send("credit")
    await context.__aexit__(None, None, None)


async def test_every_viewer_learns_the_log_and_who_comes_later_the_whole_of_it(server):
    session = post_session(server)
    async with joined(server, session) as one, joined(server, session) as two:
        await one.command("c1", type="balloon_inflate", nr_pages=1024)
        await one.command("c2", type="compact")
        told = []
        while len(told) < 2:
            told += (await two.text("entries"))["entries"]
        async with joined(server, session) as three:
            assert three.welcome["log_index"] == 2
            assert (await three.text("entries"))["entries"] == told
    export = httpx.get(f"{server}/api/sessions/{session}", headers=session.headers).json()
    assert export["log"] == told
    assert (export["log_version"], export["engine"]) == (1, three.welcome["engine"])


async def test_a_sequence_outlives_the_socket_that_asked_for_it(server):
    session = post_session(server)
    commands = [
        {"type": "balloon_inflate", "nr_pages": 2048},
        {"type": "compact"},
        {"type": "balloon_deflate", "nr_pages": 1024},
    ]
    async with joined(server, session) as other:
        async with joined(server, session) as one:
            await one.send("pace", ticks_per_s=0)
            await one.send("sequence", command_id="s", commands=commands)
            assert (await one.text("accepted"))["index"] == 1
        state = await other.text("sequence_state")
        assert (state["total"], state["left"]) == (3, 2)
        await other.send("sequence", command_id="again", commands=commands)
        assert "a sequence is under way" in (await other.text("error"))["text"]
        await other.send("pace", ticks_per_s=1000)
        while (await other.text("sequence_state"))["left"]:
            pass
        await other.until(lambda p: p.log_index == 3 and not other.stat("busy"))
        assert other.stat("balloon_actual") == 1024
    log = httpx.get(f"{server}/api/sessions/{session}", headers=session.headers).json()["log"]
    assert [entry["command"] for entry in log] == commands
    assert all(entry["idle"] for entry in log)


async def test_a_farewell_reaches_whoever_comes_too_late_by_its_code_and_not_by_its_words(server):
    async with raw(server, "nothing") as client:
        assert (await client.text("error"))["code"] == messages.CLOSE_NO_SESSION
    async with joined(server, post_session(server)) as client:
        await client.send("fly")
        assert (await client.text("error"))["code"] is None


async def test_a_fault_after_the_handshake_closes_the_socket_with_its_code_on_the_socket(
    server, monkeypatch
):
    """Starlette would answer with an HTTP response, long after the handshake."""

    def broken(*_):
        raise ValueError("of our own making")

    monkeypatch.setattr(messages, "parse_message", broken)
    with faults() as found:
        async with raw(server, post_session(server)) as client:
            await client.socket.send("{}")
            assert (await client.text("error"))["text"].startswith("the server failed by a fault")
            assert await client.close_code() == messages.CLOSE_INTERNAL
    assert [line.splitlines()[0] for line in found] == ["a socket failed by a fault"]


async def test_half_a_surrogate_pair_is_answered_by_an_error(server):
    with faults() as found:
        async with joined(server, post_session(server)) as client:
            await client.socket.send(r'{"type":"command","command_id":"\ud800","command":{}}')
            assert (await client.text("error"))["text"].startswith("the message is not JSON")
            assert (await client.command("c", type="compact"))["type"] == "accepted"
    assert found == []
