"""Events on the wire: what was encoded comes back, and a cut frame is refused."""

import numpy as np
import pytest

from server.wire import messages
from server.wire.events import Watch, decode_events, encode_events
from server.wire.frames import decode_frame
from tests.server.golden_wire import EVENTS


def test_every_event_comes_back():
    found = decode_events(encode_events(EVENTS))
    for name in ("seq", "epoch", "tick", "since", "log_index", "nr_pageblocks", "lasts_ms"):
        assert getattr(found, name) == getattr(EVENTS, name)
    for design, sent in zip(found.designs, EVENTS.designs, strict=True):
        for one, other in zip(design, sent, strict=True):
            assert (one.total, one.pages, one.every) == (other.total, other.pages, other.every)
            assert np.array_equal(one.rows, other.rows)


def test_a_cut_frame_is_refused_wherever_it_is_cut():
    data = encode_events(EVENTS)
    for end in range(len(data)):
        with pytest.raises(ValueError, match="bytes"):
            decode_events(data[:end])
    with pytest.raises(ValueError, match="are due"):
        decode_events(data + bytes(8))
    with pytest.raises(ValueError, match="frame type 4"):
        decode_frame(data)


def test_a_client_asks_with_one_word():
    assert messages.parse_message('{"type":"watch","on":true}') == Watch(True)
    with pytest.raises(messages.MessageError, match="on"):
        messages.parse_message('{"type":"watch","on":1}')
