"""Random bytes on sockets of a real server: no traceback, no hung socket, the server goes on.

Everything is drawn from a seed that a failure names. A few hundred conversations in `make test`,
20,000 under `make soak` (FRAGSCOPE_HYPOTHESIS=soak).
"""

import json
import os
import random
import socket
import struct

import pytest

from server.settings import Settings
from server.wire import messages
from tests.server import golden_wire
from tests.server.client import Made, post_session
from tests.server.conftest import running
from tests.server.raw_socket import CLOSE, CONTINUATION, PING, TEXT, RawSocket, frame, healthy, text
from tests.server.server_log import faults

SOAK = os.environ.get("FRAGSCOPE_HYPOTHESIS") == "soak"
CONVERSATIONS = 20_000 if SOAK else 400
PER_TEST = 100
# Ours; those of the library (docs/PROTOCOL.md); none at all.
CODES = {
    messages.CLOSE_BAD_HELLO, messages.CLOSE_NO_SESSION, messages.CLOSE_TOO_BIG,
    messages.CLOSE_LIMIT, messages.CLOSE_FORBIDDEN, 1002, 1007, 1009, 1000, 1005, None,
}  # fmt: skip
ECHOED = range(3000, 5000)  # what a client may close with comes back to it
ENDS = (
    "0", "-0", "-0.0", "1e308", "1e309", "-1e400", "NaN", "Infinity", "-Infinity", "1.5",
    str(1 << 31), str(1 << 53), str((1 << 53) + 1), str(1 << 63), str(1 << 64), "9" * 5000,
    "1" * 4300, "true", "null",
    '""', '"60"', "[]", "{}", r'"\ud800"', r'"\udfff\ud800"', '"\\u0000"',
)  # fmt: skip
NESTED = ("[" * 5000, '{"a":' * 5000, "[" * 199 + "]" * 199, '{"type":' * 300 + "1" + "}" * 300)
SMALL = {**golden_wire.WELCOME["config"], "source": {"kind": "synthetic", "preset": "tight",
         "size_mib": 256}}  # fmt: skip
UP = {**golden_wire.UP, "reset": {**golden_wire.UP["reset"], "config": SMALL}}


@pytest.fixture(scope="module")
def session_of_its_own():
    """A server with room for small guests only: a reset may draw any size."""
    settings = Settings(port=0, max_guest_mib=100, max_viewers=1000, shutdown_s=2)
    with running(settings) as address:
        session = post_session(address)
        with RawSocket(address) as client:
            client.join(session)  # the guest is there
        yield address, session


def a_message(draw: random.Random) -> bytes:
    """A message that nearly is one."""
    what = draw.randrange(5)
    told = json.dumps(draw.choice(list(UP.values())))
    if what == 0:
        return told.encode()
    if what == 1:  # one value replaced by an end of some type
        fields = json.loads(told)
        name = draw.choice(list(fields))
        inside = fields[name]
        place = inside if isinstance(inside, dict) and inside and draw.random() < 0.6 else fields
        place[name if place is fields else draw.choice(list(place))] = "@"
        return json.dumps(fields).replace('"@"', draw.choice(ENDS)).encode()
    if what == 2:  # some bytes changed, dropped or doubled
        data = bytearray(told.encode())
        for _ in range(draw.randrange(1, 4)):
            at = draw.randrange(len(data))
            data[at : at + draw.randrange(3)] = draw.randbytes(draw.randrange(3))
            data = data or bytearray(b"x")
        return bytes(data)
    if what == 3:
        return draw.choice(NESTED).encode()
    return draw.randbytes(draw.choice((0, 1, 7, 125, 126, 1000)))


def some_frames(draw: random.Random) -> bytes:
    """Frames as no library sends them."""
    data = a_message(draw)
    cut = draw.randrange(len(data) + 1)
    return draw.choice(
        (
            text(data),
            frame(TEXT, data[:cut], fin=False) + frame(CONTINUATION, data[cut:]),
            frame(TEXT, data[:cut], fin=False)
            + frame(PING, b"x")
            + frame(CONTINUATION, data[cut:]),
            frame(TEXT, data[:cut], fin=False) + text(data),
            frame(CONTINUATION, data),
            frame(TEXT, data, masked=False),
            frame(TEXT, data, length=len(data) + draw.randrange(1, 9)),
            frame(TEXT, length=draw.choice((1 << 20, (1 << 20) + 1, 1 << 31, 1 << 63))),
            frame(draw.randrange(16), data[:200], reserved=draw.randrange(8)),
            frame(draw.choice((CLOSE, PING, 10)), data[:130], fin=draw.random() < 0.8),
            frame(CLOSE, struct.pack("!H", draw.randrange(1 << 16)) + data[:50]),
            text(b"x" * draw.choice((65_536, 65_537, 70_000))),
            frame(2, data),
            draw.randbytes(draw.randrange(1, 40)),
        )
    )


def converse(address: str, session: Made, seed: int) -> int | None:
    """One conversation; the close code."""
    draw = random.Random(seed)
    with RawSocket(address) as client:
        name = draw.choice((session, session, session, session, "none", "%ff", ""))
        if client.handshake(f"/ws/{name}".encode()) != 101:
            return None
        if draw.random() < 0.8:
            token = session.presenter if draw.random() < 0.9 else "no token of this session"
            client.send(text(json.dumps({"type": "hello", "versions": [1], "token": token})))
        for _ in range(draw.randrange(1, 6)):
            data = some_frames(draw)
            if draw.random() < 0.2:  # in two packets
                cut = draw.randrange(len(data) + 1)
                client.send(data[:cut])
                data = data[cut:]
            client.send(data)
        how = draw.randrange(4)
        if how == 0:  # reset, in the middle of whatever is under way
            linger = struct.pack("ii", 1, 0)
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            return None
        if how == 1:
            client.half_close()
        else:
            client.send(frame(CLOSE, b"\x03\xe8"))
            client.half_close()
        return client.ending().code


@pytest.mark.parametrize("first", range(0, CONVERSATIONS, PER_TEST))
def test_no_bytes_leave_a_traceback_or_a_hung_socket(session_of_its_own, first):
    address, session = session_of_its_own
    for seed in range(first, first + PER_TEST):
        with faults() as found:
            code = converse(address, session, seed)
            assert code in CODES or code in ECHOED, f"seed {seed}"
        assert found == [], f"seed {seed}"
    assert healthy(address)


def test_the_session_is_as_good_as_before(session_of_its_own):
    """After all that: a client that knows the protocol is welcomed and answered."""
    address, session = session_of_its_own
    with faults() as found, RawSocket(address) as client:
        client.join(session)
        client.send(text('{"type":"command","command_id":"z","command":{"type":"compact"}}'))
        client.until(lambda opcode, payload: b'"accepted"' in payload[:24])
    assert found == []
