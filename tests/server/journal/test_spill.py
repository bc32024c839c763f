"""What is put on the disk comes back, and the room of what was given up is used again."""

import os
import random

import pytest

from server.journal.spill import Spill


def test_whatever_is_kept_and_given_up_each_number_has_its_bytes(tmp_path):
    spill, draw, kept = Spill(tmp_path / "new"), random.Random(3), {}
    for _ in range(400):
        if kept and draw.random() < 0.45:
            number = draw.choice(list(kept))
            assert spill.get(number) == kept.pop(number)
            spill.drop(number)
        else:
            data = draw.randbytes(draw.randrange(1, 5000))
            kept[spill.put(data)] = data
    assert all(spill.get(number) == data for number, data in kept.items())
    held = sum(map(len, kept.values()))
    for number in list(kept):
        spill.drop(number)
    spill.put(b"x")
    assert spill._end < 3 * held, "room that was given up was not used again"
    assert len(spill._free) == 1


def test_nothing_is_left_in_the_folder(tmp_path):
    spill = Spill(tmp_path)
    spill.put(b"abc")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_takes_no_more_is_no_fault(tmp_path, monkeypatch):
    spill = Spill(tmp_path)
    first = spill.put(b"abc")

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "pwrite", full)
        assert spill.put(b"defg") is None
    assert spill.get(first) == b"abc"
    assert spill.get(spill.put(b"hijk")) == b"hijk"


def test_bytes_that_do_not_come_back_whole_are_a_fault(tmp_path, monkeypatch):
    spill = Spill(tmp_path)
    number = spill.put(b"abc")
    monkeypatch.setattr(os, "pread", lambda *_: b"a")
    with pytest.raises(OSError, match="1 of 3 bytes"):
        spill.get(number)
