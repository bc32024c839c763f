"""Frames: golden bytes, round trips, alignment, and one sentence for whatever is wrong."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.view import PLANES, STAT_FIELDS
from server.wire import frames
from tests.server import fake, golden_wire


@pytest.mark.parametrize("name", sorted(golden_wire.files()))
def test_golden(golden, name):
    golden(f"wire/{name}", golden_wire.files()[name])


def test_key_frame_comes_back():
    picture = fake.picture(seq=9, nr_designs=4, nr_pageblocks=33)
    assert fake.same(frames.decode_frame(frames.encode_key(picture)), picture)


def test_header_is_laid_out_as_documented():
    data = frames.encode_key(fake.picture(seq=5, nr_designs=3, epoch=2))
    assert struct.unpack_from("<4sBBHIIQII", data) == (
        b"FRSC", 1, 1, 3, fake.NR_PAGEBLOCKS, 17, (1 << 33) + 4200, 5, 2,
    )  # fmt: skip


@pytest.mark.parametrize("nr", [1, 2, 3, 4, 5, 7, 8, 9, 504])
def test_every_array_starts_at_a_multiple_of_8(nr):
    """Each plane is looked for where the arithmetic of the document puts it."""
    picture = fake.picture(nr_pageblocks=nr)
    data = frames.encode_key(picture)
    offset = 32
    for panel in picture.panels:
        arrays = [(panel.planes[name], np.dtype(dtype)) for name, dtype in PLANES]
        for array, dtype in [*arrays, (panel.stats, np.dtype("<i8"))]:
            assert offset % 8 == 0
            assert np.frombuffer(data, dtype, len(array), offset).tolist() == array.tolist()
            size = len(array) * dtype.itemsize
            padded = (size + 7) // 8 * 8
            assert not any(data[offset + size : offset + padded])
            offset += padded
    assert offset == len(data)


@given(
    nr=st.integers(1, 40),
    blocks=st.dictionaries(st.integers(0, 2), st.lists(st.integers(0, 39), max_size=12)),
)
def test_key_or_delta_gives_the_same_picture(nr, blocks):
    base = fake.picture(seq=1, nr_designs=3, nr_pageblocks=nr)
    blocks = {d: sorted({b for b in found if b < nr}) for d, found in blocks.items()}
    after = fake.changed(base, 2, blocks)
    frame = frames.encode_frame(after, base)
    assert len(frame) <= len(frames.encode_key(after))
    assert fake.same(frames.decode_frame(frame, base), after)


def test_a_delta_holds_only_what_changed():
    base = fake.picture(seq=1, nr_designs=2, nr_pageblocks=504)
    after = fake.changed(base, 7, {1: [3, 500]})
    frame = frames.encode_delta(after, base)
    assert frame is not None
    assert frame[5] == frames.FRAME_DELTA
    assert struct.unpack_from("<II", frame, 32) == (1, 0)
    second = 32 + 8 + 8 * len(STAT_FIELDS)
    assert struct.unpack_from("<IIII", frame, second) == (1, 2, 3, 500)


def test_no_delta_where_it_would_not_be_smaller():
    base = fake.picture(nr_pageblocks=8)
    after = fake.changed(base, 2, {0: list(range(8)), 1: list(range(8))})
    assert frames.encode_delta(after, base) is None
    assert frames.encode_frame(after, base)[5] == frames.FRAME_KEY


@pytest.mark.parametrize(
    "base",
    [fake.picture(epoch=2), fake.picture(nr_designs=3), fake.picture(nr_pageblocks=7)],
    ids=["epoch", "designs", "pageblocks"],
)
def test_no_delta_across_a_reset(base):
    assert frames.encode_delta(fake.picture(seq=2), base) is None


def _broken(**fields):
    """A key frame with header fields replaced."""
    values = {"magic": b"FRSC", "version": 1, "type": 1, "designs": 2, "nr": 6} | fields
    data = frames.encode_key(fake.picture())
    head = struct.pack("<4sBBHI", *values.values())
    return head + data[len(head) :]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "the frame has 0 bytes: a header has 32"),
        (_broken(magic=b"FRSX"), "the frame starts with b'FRSX': b'FRSC' is due"),
        (_broken(version=2), "the frame speaks version 2: this side speaks 1"),
        (_broken(type=3), "frame type 3 is not known: 1 is key, 2 is delta"),
        (_broken(type=2), "the delta needs frame"),
        (_broken(designs=3), "the frame ends at byte"),
        (_broken(nr=4), "the frame has"),
        (frames.encode_key(fake.picture())[:-8], "the frame ends at byte"),
        (frames.encode_key(fake.picture()) + bytes(8), "bytes:"),
    ],
)
def test_what_is_no_frame_is_refused(data, sentence):
    with pytest.raises(ValueError, match=sentence.replace("[", r"\[")):
        frames.decode_frame(data)


def test_a_delta_needs_its_very_base():
    base = fake.picture(seq=1)
    frame = frames.encode_delta(fake.changed(base, 3, {0: [1]}), base)
    assert frame is not None
    for other in (None, fake.picture(seq=2), fake.picture(seq=1, epoch=2)):
        with pytest.raises(ValueError, match="the delta needs frame 1 of epoch 1"):
            frames.decode_frame(frame, other)


def test_a_delta_outside_the_map_is_refused():
    base = fake.picture(seq=1)
    frame = bytearray(frames.encode_delta(fake.changed(base, 3, {0: [1]}), base) or b"")
    struct.pack_into("<I", frame, 40, 600)
    with pytest.raises(ValueError, match="pageblock 600: there are 6"):
        frames.decode_frame(bytes(frame), base)


def test_a_view_of_the_wrong_shape_is_our_own_fault():
    picture = fake.picture()
    picture.panels[1].planes["largest"] = np.zeros(6, np.uint16)
    with pytest.raises(ValueError, match="plane largest is uint16"):
        frames.encode_key(picture)


def test_two_frames_side_by_side_are_one_with_the_panels_of_both():
    one, other = fake.picture(seq=1), fake.changed(fake.picture(seq=1), 2, {0: [1], 1: [3]})
    both = frames.side_by_side(
        frames.encode_key(one, frames.FRAME_PAST), frames.encode_key(other, frames.FRAME_PAST)
    )
    found = frames.decode_frame(both)
    assert (found.seq, found.tick, len(found.panels)) == (one.seq, one.tick, 4)
    for panel, want in zip(found.panels, (*one.panels, *other.panels), strict=True):
        assert panel.stats.tolist() == want.stats.tolist()
        for name, plane in want.planes.items():
            assert panel.planes[name].tolist() == plane.tolist()
