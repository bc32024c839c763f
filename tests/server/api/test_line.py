"""The short way: frames as RFC 6455 has them, credits known by their bytes, nothing else taken."""

import asyncio
import json

import pytest
from websockets.frames import Frame, Opcode

from server.api.line import Line, credit_in, framed, unmask
from server.wire.messages import MAX_CREDIT
from tests.server.raw_socket import BINARY, PING, TEXT, frame, text


class Transport:
    """Takes bytes; what is over ``room`` lies unsent, which the protocol is told of at once."""

    def __init__(self, room=1 << 30):
        self.room = room
        self.written = []
        self.closing = False
        self.line = Line(self)

    def set_write_buffer_limits(self, high):
        assert high == 0, "what lies in a buffer would not be noticed"

    def is_closing(self):
        return self.closing

    def write(self, data):
        self.written.append(data)
        if sum(map(len, self.written)) > self.room:
            self.line.pause()


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 70_000])
@pytest.mark.parametrize("kind", [str, bytes])
def test_a_message_is_framed_as_by_the_library(size, kind):
    message = "x" * size if kind is str else bytes(size)
    data = message.encode() if kind is str else message
    opcode = Opcode.TEXT if kind is str else Opcode.BINARY
    assert framed(message) == Frame(opcode, data).serialize(mask=False)


def test_a_frame_for_many_is_framed_once_and_an_equal_one_is_not_mistaken_for_it():
    message = bytes(1000)
    assert framed(message) is framed(message)
    assert framed("\0" * 1000)[0] != framed(message)[0]


def test_a_mask_is_undone():
    for size in range(1, 12):
        data = bytes(range(size))
        key = b"\x37\xfa\x21\x3d"
        assert unmask(bytes(byte ^ key[i % 4] for i, byte in enumerate(data)), key) == data


@pytest.mark.parametrize("n", range(1, MAX_CREDIT + 1))
@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_credits_are_known_as_browsers_and_python_spell_them(n, separators):
    data = text(json.dumps({"type": "credit", "n": n}, separators=separators))
    assert credit_in(b"ab" + data, 2) == (n, 2 + len(data))
    data = text(json.dumps({"type": "credit"}, separators=separators))
    assert credit_in(data, 0) == (1, len(data))


@pytest.mark.parametrize(
    "data",
    [
        text('{"type":"credit","n":5}'),  # refused with a sentence, by the long way
        text('{"type":"credit","n":0}'),
        text('{"type":"credit","n":1.0}'),
        text('{"type":"key"}'),
        text(""),
        text('{"type":"credit"}')[:-1],
        frame(TEXT, b'{"type":"credit"}', masked=False),
        frame(TEXT, b'{"type":"credit"}', fin=False),
        frame(TEXT, b'{"type":"credit"}', reserved=4),
        frame(BINARY, b'{"type":"credit"}'),
        frame(PING, b'{"type":"credit"}'),
        text("x" * 200),
        b"",
        b"\x81",
    ],
)
def test_nothing_else_is_taken(data):
    assert credit_in(data, 0) == (0, 0)


def test_the_credits_before_something_else_are_used_up():
    line, got = Transport().line, []
    data = text('{"type":"credit"}') + text('{"type":"credit","n":3}')
    assert line.take_credits(data) == 0, "nobody listens: it is a message like any other"
    line.listen(got.append, lambda: None)
    assert line.take_credits(data + text('{"type":"key"}')) == len(data)
    assert got == [1, 3]
    line.hang_up()
    assert line.take_credits(data) == 0


async def test_unsent_bytes_are_reported_and_their_end_too():
    transport, drained = Transport(room=10), []
    line = transport.line
    line.listen(lambda n: None, lambda: drained.append(1))
    assert line.write("12345678")
    await line.drained()
    assert not line.write("9")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(line.drained(), 0.01)
    line.resume()
    await line.drained()
    assert drained == [1]
    transport.closing = True
    assert not line.write("late")
    assert len(transport.written) == 2
