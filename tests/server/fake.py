"""Hand-made pictures: small, deterministic, without an engine behind them."""

from dataclasses import dataclass

import numpy as np

from engine.view import PLANES, STAT_FIELDS
from server.wire.frames import Picture

NR_PAGEBLOCKS = 6


@dataclass
class FakePanel:
    """Planes and statistics, as engine.view.GuestView has them."""

    planes: dict
    stats: np.ndarray


def panel(design: int, nr_pageblocks: int = NR_PAGEBLOCKS, shift: int = 0) -> FakePanel:
    """A panel whose every number tells where it belongs."""
    planes = {}
    for number, (name, dtype) in enumerate(PLANES):
        values = np.arange(nr_pageblocks) * 7 + design * 31 + number * 3 + shift
        top = 513 if np.dtype(dtype).itemsize == 2 else 256
        planes[name] = (values % top).astype(dtype)
    stats = np.arange(len(STAT_FIELDS), dtype=np.int64) * 1000 + design - 5 + shift
    stats[-1] = (1 << 40) + design
    return FakePanel(planes, stats)


def picture(
    seq: int = 1, nr_designs: int = 2, nr_pageblocks: int = NR_PAGEBLOCKS, **fields: int
) -> Picture:
    """A picture of ``nr_designs`` panels."""
    panels = tuple(panel(d, nr_pageblocks) for d in range(nr_designs))
    header = {"epoch": 1, "tick": (1 << 33) + 4200, "log_index": 17, **fields}
    return Picture(seq, header["epoch"], header["tick"], header["log_index"], panels)


def changed(base: Picture, seq: int, blocks: dict[int, list[int]]) -> Picture:
    """``base`` one tick later: in design d the pageblocks blocks[d] have changed.

    A design that is not named keeps its planes; statistics change in all.
    """
    panels = []
    for design, old in enumerate(base.panels):
        planes = {name: plane.copy() for name, plane in old.planes.items()}
        for block in blocks.get(design, []):
            planes["free"][block] = 512
            planes["movable"][block] = 0
            planes["flags"][block] ^= 8
        panels.append(FakePanel(planes, old.stats + 1))
    return Picture(seq, base.epoch, base.tick + 1, base.log_index, tuple(panels))


def same(one: Picture, other: Picture) -> bool:
    """Whether two pictures hold the same numbers."""
    if (one.seq, one.epoch, one.tick, one.log_index) != (
        other.seq,
        other.epoch,
        other.tick,
        other.log_index,
    ):
        return False
    return len(one.panels) == len(other.panels) and all(
        np.array_equal(a.stats, b.stats)
        and all(np.array_equal(a.planes[name], b.planes[name]) for name, _ in PLANES)
        for a, b in zip(one.panels, other.panels, strict=True)
    )
