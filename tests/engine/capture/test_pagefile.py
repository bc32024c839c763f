"""Page files in pieces: what is alike throughout costs nothing, and nothing is lost."""

from __future__ import annotations

import io

import numpy as np
import pytest

from engine.capture.pagefile import read_pages
from engine.capture.pages import PAGES_PER_SECTION as SECTION


def test_the_words_are_those_of_the_file() -> None:
    words = np.zeros(5 * SECTION + 700, np.uint64)
    words[SECTION : 2 * SECTION] = 1 << 20
    words[2 * SECTION + 5 : 3 * SECTION] = np.arange(SECTION - 5)
    words[-3:] = 7
    file = read_pages(io.BytesIO(words.tobytes()), 1 << 40, "kpageflags", 1 << 30)
    assert len(file) == len(words)
    assert sorted(file.pieces) == [2, 5]
    assert [file.all_of(section) for section in range(6)] == [0, 1 << 20, None, 0, 0, None]
    for start, end in ((0, len(words)), (SECTION - 1, 2 * SECTION + 9), (9, 9), (SECTION, 1 << 40)):
        assert (file.words(start, end) == words[start:end]).all()


def test_an_odd_end_is_noticed_and_too_much_memory_refused() -> None:
    assert read_pages(io.BytesIO(bytes(20)), 1 << 20, "kpagecount", 1).nr_bytes == 20
    words = np.arange(4 * SECTION, dtype=np.uint64)
    with pytest.raises(ValueError, match="kpageflags describes more than 256 MiB"):
        read_pages(io.BytesIO(words.tobytes()), 1 << 40, "kpageflags", 2 * SECTION)
