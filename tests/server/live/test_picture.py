"""Cells of a watched machine's map."""

from pathlib import Path

import numpy as np

from server.live.picture import (
    BEYOND,
    CLASS_LETTERS,
    CLASSES,
    UNREAD,
    block_classes,
    spoiled,
    zone_rows,
)
from server.live.sampler import Pageblocks, Sampler
from tests.server.live.made_proc import made_proc


def test_a_pageblock_is_what_most_of_its_pages_are(tmp_path: Path) -> None:
    looked = Sampler(made_proc(tmp_path / "proc")).look()
    classes = block_classes(looked)
    for i, code in enumerate(classes.tolist()):
        column = dict(
            zip(("free", "movable", "balloon", "unmovable"), looked.counts[:4, i], strict=True)
        )
        column["reserved"] = looked.counts[5, i]
        assert column[CLASSES[code]] == max(column.values())
    assert spoiled(looked).tolist() == [bool(c) for c in looked.counts[3] + looked.counts[5]]


def test_what_was_not_read_is_not_drawn_as_something(tmp_path: Path) -> None:
    sampler = Sampler(made_proc(tmp_path / "proc"))
    looked = sampler.look()
    looked.seen_at[3] = -np.inf
    assert block_classes(looked)[3] == UNREAD


def test_cells_stand_for_as_many_pageblocks_as_fit_and_hide_no_zone() -> None:
    classes = np.array([1] * 10 + [2] * 90, np.uint8)
    blocks = Pageblocks(np.arange(100) * 512, ((0, "DMA", 0, 10), (0, "Normal", 10, 100)))
    (dma, each, rows), (normal, _, more) = zone_rows(classes, blocks, columns=10, most_rows=3)
    assert (dma, normal) == ("node 0, DMA", "node 0, Normal")
    assert each == 3
    assert rows.tolist() == [[1] * 4 + [BEYOND] * 6], "a cell of one pageblock is not empty"
    assert more.shape == (3, 10)
    assert (more == 2).all()
    assert len(CLASS_LETTERS) == len(CLASSES) == len(set(CLASS_LETTERS))
