"""Sequences of messages on two sockets of one session, drawn by hypothesis: none may hang.

A presenter and a viewer say what fits, what nearly fits and what no browser says, in any order; one
that has been closed for it comes again. After each sequence the worker must answer a command.
Forty sequences in `make test`, four thousand under `make soak` (FRAGSCOPE_HYPOTHESIS=soak).
"""

import json
import os
import socket
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.settings import Settings
from server.wire.classroom import ACTS
from tests.server import golden_wire
from tests.server.api.drawn import COMMANDS
from tests.server.client import SMALL, Made, post_session
from tests.server.conftest import running
from tests.server.raw_socket import BINARY, CLOSE, PING, TEXT, RawSocket, frame, healthy, text
from tests.server.server_log import faults

SOAK = os.environ.get("FRAGSCOPE_HYPOTHESIS") == "soak"
SEQUENCES = 4000 if SOAK else 40
STEPS = 12

MOMENTS = st.fixed_dictionaries(
    {"tick": st.integers(0, 200)}, optional={"index": st.integers(0, 8)}
)
SAID = st.one_of(
    st.builds(lambda n: {"type": "credit", "n": n}, st.integers(1, 4)),
    st.just({"type": "key"}),
    st.builds(
        lambda rate: {"type": "pace", "ticks_per_s": rate}, st.sampled_from([0, 0.5, 60, 1000])
    ),
    st.builds(lambda nr: {"type": "step", "ticks": nr}, st.integers(1, 50)),
    st.builds(lambda c: {"type": "command", "command_id": "c", "command": c}, COMMANDS),
    st.builds(
        lambda c: {"type": "sequence", "command_id": "q", "commands": c},
        st.lists(COMMANDS, min_size=1, max_size=4),
    ),
    st.builds(lambda moment: {"type": "look", **moment}, MOMENTS),
    st.just({"type": "look", "tick": None}),
    st.builds(
        lambda moment, c: {"type": "fork", "command_id": "f", "command": c, **moment},
        MOMENTS,
        COMMANDS,
    ),
    st.builds(lambda nr: {"type": "switch", "command_id": "t", "timeline": nr}, st.integers(0, 3)),
    st.just({"type": "reset", "command_id": "r", "config": SMALL}),
    st.builds(lambda on: {"type": "follow", "on": on}, st.booleans()),
    st.builds(
        lambda act, nr: {"type": "drive", "act": act, "to": f"viewer {nr}" if nr else None},
        st.sampled_from(ACTS),
        st.integers(0, 9),
    ),
    st.builds(lambda view: {"type": "show", "view": {"v": 1, **view}}, MOMENTS),
    st.sampled_from([json.loads(json.dumps(told)) for told in golden_wire.UP.values()]).filter(
        lambda told: told["type"] != "reset"  # to a large guest
    ),
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.just([]),
    st.just({}),
)


@st.composite
def nearly(draw):
    """A message with one field too many, too few, or of another kind."""
    told = dict(draw(SAID))
    name = draw(st.sampled_from([*told, "surplus"]))
    if name in told and draw(st.booleans()):
        del told[name]
    else:
        told[name] = draw(VALUES)
    return told


HOSTILE = st.one_of(
    st.binary(max_size=40).map(lambda data: frame(BINARY, data)),
    st.binary(max_size=40).map(text),
    st.sampled_from(
        [
            text("x" * 65_537),
            text('{"type":"command","command_id":"' + "x" * 65 + '","command":{"type":"compact"}}'),
            text("[" * 3000),
            frame(TEXT, b'{"type":"credit"}', masked=False),
            frame(TEXT, b'{"type":"cre', fin=False),
            frame(TEXT, length=1 << 40),
            frame(PING, b"x" * 125) * 30,
            frame(CLOSE, b"\x03\xe8"),
            text('{"type":"credit","n":4}') * 200,
            text('{"type":"key"}') * 50,
        ]
    ),
)
STEP = st.tuples(
    st.integers(0, 1),
    st.one_of(
        SAID.map(lambda told: text(json.dumps(told))),
        nearly().map(lambda told: text(json.dumps(told))),
        HOSTILE,
        st.binary(max_size=40).map(lambda data: ("garbage", data)),
        st.sampled_from(["probe", "reset", "again"]),
    ),
)


class Person:
    """One of the two, who comes again when it was closed."""

    def __init__(self, address: str, session: Made, token: str) -> None:
        self.address, self.session = address, session
        self.hello = text(json.dumps({"type": "hello", "versions": [1], "token": token}))
        self.nr = 0
        self.come()

    def come(self) -> None:
        if self.nr:
            self.raw.socket.close()
        self.nr += 1
        self.raw = RawSocket(self.address)
        assert self.raw.handshake(f"/ws/{self.session}".encode()) == 101
        self.raw.send(self.hello)

    def leave(self) -> None:
        self.raw.send(frame(CLOSE))
        self.raw.half_close()
        self.raw.ending()  # TimeoutError: it hangs
        self.raw.socket.close()

    def probe(self) -> None:
        """A message that must be answered; where it is not, the socket must have ended."""
        self.nr += 1
        name = f"probe {self.nr}"
        self.raw.send(text(json.dumps({"type": "command", "command_id": name, "command": {}})))
        while (found := self.raw.read()) is not None:
            if found[0] == TEXT and name in found[1].decode():
                return
            if found[0] == CLOSE:
                break
        self.come()

    def do(self, action: bytes | str | tuple[str, bytes]) -> None:
        if isinstance(action, bytes):
            self.raw.send(action)
        elif action == "probe":
            self.probe()
        elif isinstance(action, tuple):  # it may be half of a frame: nothing follows
            self.raw.send(action[1])
            self.raw.half_close()
            self.raw.ending()
            self.come()
        elif action == "reset":
            linger = struct.pack("ii", 1, 0)
            self.raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.raw.socket.close()
            self.come()
        else:
            self.leave()
            self.come()


@pytest.fixture(scope="module")
def place():
    settings_ = Settings(port=0, max_guest_mib=200, max_viewers=1000, shutdown_s=2)
    with running(settings_) as address:
        session = post_session(address)
        with RawSocket(address) as client:
            client.join(session)
        yield address, session


@settings(max_examples=SEQUENCES, suppress_health_check=[*HealthCheck], deadline=None)
@given(steps=st.lists(STEP, max_size=STEPS))
def test_no_sequence_leaves_a_traceback_or_a_hung_socket(place, steps):
    address, session = place
    with faults() as found:
        people = [Person(address, session, token) for token in (session.presenter, session.viewer)]
        for who, action in steps:
            people[who].do(action)
        for person in people:
            person.leave()
        with RawSocket(address) as client:  # the worker, too
            client.join(session)
            command = '{"type":"command","command_id":"last","command":{"type":"compact"}}'
            client.send(text(command))
            client.until(lambda opcode, payload: opcode == TEXT and b'"last"' in payload)
        assert healthy(address)
    assert found == []
