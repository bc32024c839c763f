"""Pages on the wire: what was encoded comes back, and a request has bounds."""

import numpy as np
import pytest

from engine.pages import PAGE_FIELDS, pages_of
from server.wire import messages
from server.wire.detail import MAX_PAGEBLOCKS, Detail, decode_detail, encode_detail
from server.wire.frames import decode_frame
from tests.server.golden_wire import Still


@pytest.mark.parametrize("fields", [None, ("state",), ("order", "flags")])
@pytest.mark.parametrize(("blocks", "designs"), [((1, 4, 0), None), ((5,), (1,))])
def test_every_page_asked_for_comes_back(blocks, designs, fields):
    world = Still()
    asked = Detail(blocks, designs, fields)
    closeup = decode_detail(encode_detail(world, 3, 17, asked))
    assert (closeup.epoch, closeup.tick, closeup.log_index) == (3, 4200, 17)
    assert closeup.pageblocks == blocks
    assert tuple(closeup.designs) == (designs or (0, 1))
    names = [name for name, _ in PAGE_FIELDS if fields is None or name in fields]
    for design, found in closeup.designs.items():
        assert list(found) == names
        for name, pages in pages_of(world.guest(design), blocks, names).items():
            assert np.array_equal(found[name], pages)


def test_every_array_starts_at_a_multiple_of_8():
    data = encode_detail(Still(), 1, 1, Detail((1, 2, 3)))
    assert len(data) == 32 + 8 + 16 + 2 * (8 + 3 * 512 * 6)


def test_what_the_guest_does_not_have_is_left_out():
    closeup = decode_detail(encode_detail(Still(), 1, 1, Detail((5, 6, 700), (1, 7))))
    assert closeup.pageblocks == (5,)
    assert list(closeup.designs) == [1]


def test_a_cut_frame_is_refused_and_a_picture_is_no_frame_of_pages():
    data = encode_detail(Still(), 1, 1, Detail((1,)))
    with pytest.raises(ValueError, match=r"has \d+ bytes: \d+ are due"):
        decode_detail(data[:-8])
    with pytest.raises(ValueError, match="frame type 3 is not known"):
        decode_frame(data)


@pytest.mark.parametrize(
    ("rest", "sentence"),
    [
        ('"pageblocks":7', "pageblocks is 7: a list of pageblocks is needed"),
        ('"pageblocks":[-1]', "pageblocks has -1: whole numbers from 0 to 4194303 are needed"),
        ('"pageblocks":[true]', "pageblocks has True: whole"),
        (
            f'"pageblocks":{[*range(MAX_PAGEBLOCKS + 1)]}',
            "pageblocks has 129: at most 128 are allowed",
        ),
        ('"pageblocks":[1],"designs":[8]', "designs has 8: whole numbers from 0 to 7"),
        ('"pageblocks":[1],"fields":["pfn"]', "fields is ['pfn']: a list of state, order, flags"),
        ('"pageblocks":[1],"page":1', "message detail has no field 'page'"),
    ],
)
def test_what_is_wrong_with_a_request_is_said_in_a_sentence(rest, sentence):
    with pytest.raises(messages.MessageError) as caught:
        messages.parse_message('{"type":"detail",' + rest + "}")
    assert sentence in str(caught.value)
