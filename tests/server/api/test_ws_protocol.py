"""Bytes that no browser sends end their own connection, with a code, and leave the log clean."""

import json

import pytest

from server.wire import messages
from tests.server.client import post_session
from tests.server.raw_socket import CLOSE, PING, TEXT, RawSocket, frame, healthy, text
from tests.server.server_log import faults


@pytest.fixture(scope="module")
def session(server):
    return post_session(server)


def test_a_text_that_is_no_utf8_closes_with_its_reason(server, session):
    with faults() as found, RawSocket(server) as client:
        client.join(session)
        client.send(text(b'{"type":"\xff\xfe"}'))
        ending = client.ending()
    assert (ending.code, ending.reason) == (1007, "invalid start byte at byte 9: a text is UTF-8")
    assert found == []


def test_utf8_that_is_split_between_frames_is_one_text(server, session):
    with RawSocket(server) as client:
        client.join(session)
        data = '{"type":"ä"}'.encode()
        client.send(frame(TEXT, data[:10], fin=False) + frame(0, data[10:]))
        answer = client.until(lambda opcode, payload: b'"error"' in payload[:20])
    assert "unknown message type 'ä'" in json.loads(answer)["text"]


def test_half_a_surrogate_pair_is_answered_by_an_error(server, session):
    with faults() as found, RawSocket(server) as client:
        client.join(session)
        client.send(text(r'{"type":"command","command_id":"\ud800","command":{}}'))
        answer = json.loads(client.until(lambda opcode, payload: b'"error"' in payload[:20]))
        assert answer["text"].startswith("the message is not JSON")
        client.send(text(r'{"type":"\udfff"}'))
        client.until(lambda opcode, payload: b'"error"' in payload[:20])
    assert found == []


def test_what_is_sent_after_the_close_is_dropped_in_silence(server, session):
    """Every message is answered, and the answers race with the close that the last one causes."""
    with faults() as found:
        for _ in range(20):
            with RawSocket(server) as client:
                client.join(session)
                client.send(text('{"type":"fly"}') * 50 + frame(TEXT, b"x", masked=False))
                assert client.ending().code == 1002
    assert found == []


def test_a_close_that_races_with_a_text_that_is_no_utf8(server, session):
    with faults() as found, RawSocket(server) as client:
        client.join(session)
        client.send(text(b"\xff") + frame(CLOSE, b"\x03\xe8") + text(b"\xff") + frame(PING))
        assert client.ending().code in (1000, 1007)
    assert found == []


def test_a_fault_after_the_handshake_is_told_on_the_socket(server, session, monkeypatch):
    """Starlette would answer with an HTTP response, long after the handshake."""

    def broken(*_):
        raise RecursionError("of our own making")

    monkeypatch.setattr(messages, "parse_message", broken)
    with faults() as found, RawSocket(server) as client:
        assert client.handshake(f"/ws/{session}".encode()) == 101
        client.send(text('{"type":"hello","versions":[1]}'))
        ending = client.ending()
    assert ending.code == messages.CLOSE_INTERNAL
    assert "a fault of its own" in ending.reason
    assert [line.splitlines()[0] for line in found] == ["a socket failed by a fault"]


@pytest.mark.parametrize("path", [b"/ws/\xff\xfe", b"/ws/%ff%fe", b"/ws/" + b"x" * 5000, b"/ws"])
def test_any_address_is_answered(server, path):
    with faults() as found, RawSocket(server) as client:
        status = client.handshake(path)
        if status == 101:
            assert client.ending().code == messages.CLOSE_NO_SESSION
        else:
            assert status in (400, 403, 404)
    assert found == []
    assert healthy(server)


@pytest.mark.parametrize("data", [frame(PING, b"x"), frame(CLOSE), b"\xff" * 9, text("{}")])
def test_frames_before_the_handshake_is_answered(server, session, data):
    with faults() as found, RawSocket(server) as client:
        client.send(client.request(f"/ws/{session}".encode()))
        client.send(data)
        client.socket.shutdown(1)
        client.status()
        client.ending()
    assert found == []
    assert healthy(server)
