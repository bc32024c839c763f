"""A machine's pageblocks as the cells of a small map: what most of each is, and the worst in it."""

import numpy as np
from numpy.typing import NDArray

from engine.capture.pages import COUNTS
from server.live.sampler import MachineLook, Pageblocks

# What a cell can be, with a letter for where there are no colours.
CLASSES = ("unread", "free", "movable", "balloon", "unmovable", "reserved")
CLASS_LETTERS = "?.mBU-"
UNREAD = 0
BEYOND = 255  # a cell after the last of its zone
_CODE = {name: code for code, name in enumerate(CLASSES)}
# Pages parked on per-CPU lists were not told from the kernel's: partial.py counts none.
_ROWS = [COUNTS.index(name) for name in CLASSES[1:]]


def block_classes(looked: MachineLook) -> NDArray[np.uint8]:
    """What most pages of each pageblock are.

    Args:
        looked: after a look.
    Returns:
        uint8[nr_blocks], index into CLASSES; UNREAD where nothing was read yet.
    """
    most = looked.counts[_ROWS].argmax(axis=0).astype(np.uint8) + 1
    return np.where(np.isfinite(looked.seen_at), most, UNREAD).astype(np.uint8)


def spoiled(looked: MachineLook) -> NDArray[np.bool_]:
    """bool[nr_blocks]: pageblocks that compaction cannot empty, for a page that will not move."""
    stays = looked.counts[COUNTS.index("unmovable")] + looked.counts[COUNTS.index("reserved")]
    held: NDArray[np.bool_] = stays > 0
    return held


def zone_rows(
    classes: NDArray[np.uint8], blocks: Pageblocks, columns: int, most_rows: int
) -> list[tuple[str, int, NDArray[np.uint8]]]:
    """Cells by zone, low addresses first.

    Args:
        classes: uint8[nr_blocks] of block_classes.
        blocks: the machine's.
        columns: cells of a row.
        most_rows: rows of the largest zone; a cell stands for as many pageblocks as that takes.
    Returns:
        (name, pageblocks a cell, uint8[rows, columns]) of each zone; a cell is what most of its
        pageblocks are, and BEYOND after the zone's end.
    """
    longest = max((end - first for _, _, first, end in blocks.zones), default=0)
    each = max(1, -(-longest // (columns * most_rows)))
    out = []
    for node, name, first, end in blocks.zones:
        here = classes[first:end]
        cells = -(-len(here) // each)
        padded = np.zeros(-(-cells // columns) * columns * each, np.uint8)
        padded[: len(here)] = here
        votes = np.stack(
            [(padded.reshape(-1, each) == code).sum(axis=1) for code in range(len(CLASSES))]
        )
        votes[UNREAD] = np.where(votes[1:].sum(axis=0) > 0, 0, votes[UNREAD])
        codes = votes.argmax(axis=0).astype(np.uint8)
        codes[cells:] = BEYOND
        out.append((f"node {node}, {name}", each, codes.reshape(-1, columns)))
    return out
