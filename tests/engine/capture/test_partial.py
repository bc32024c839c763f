"""Pageblocks counted from flags alone are those of the whole capture."""

import numpy as np

from engine import units as u
from engine.capture.load import load_capture
from engine.capture.pages import COUNTS, PAGES_PER_SECTION, count_blocks
from engine.capture.partial import count_part
from server.guests.library import EXAMPLES

BLOCK = u.PAGEBLOCK_NR_PAGES


def test_a_part_has_the_counts_that_the_whole_machine_has() -> None:
    capture = load_capture(EXAMPLES["runs"].path)
    whole = count_blocks(capture.inferred.pages.state)
    first, end = 64, 128  # a section of nothing but memory
    part = count_part(capture.flags[first * BLOCK : end * BLOCK])
    found = dict(zip(COUNTS, part.astype(np.int64), strict=True))
    for name in ("free", "movable", "balloon", "reserved"):
        assert (found[name] == whole[name][first:end]).all(), name
    # Parked pages cannot be told from the kernel's by flags: they are counted there.
    assert (found["unmovable"] == (whole["unmovable"] + whole["pcp"])[first:end]).all()
    assert (part.sum(axis=0) == BLOCK).all()


def test_a_section_without_a_flag_is_not_online() -> None:
    counts = count_part(np.zeros(PAGES_PER_SECTION, np.uint64))
    assert (counts[COUNTS.index("reserved")] == BLOCK).all()
    some = np.zeros(PAGES_PER_SECTION, np.uint64)
    some[0] = 1 << 10  # one free page: the others are in use without a flag
    assert count_part(some)[COUNTS.index("unmovable")].sum() == PAGES_PER_SECTION - 1
