"""What the pageblocks of a part of a machine hold, from its page flags alone.

For looking at a machine that goes on meanwhile: a few pageblocks at a time, without kpagecount and
without migratetypes. A page without any flag may be the kernel's or parked on a per-CPU list; it
counts as unmovable, which is what compaction would find. A section without a single flag is memory
that is not online (engine/capture/load.py says where that was seen): reserved.
"""

import numpy as np
from numpy.typing import NDArray

from engine import units as u
from engine.capture.pages import (
    COUNTS,
    KPF_NOPAGE,
    PAGES_PER_SECTION,
    count_blocks,
    decode,
)


def count_part(words: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """Pages of each pageblock by what they are.

    Args:
        words: uint64[n · 512], kpageflags of whole pageblocks, in order of pfn; a section at most.
    Returns:
        uint16[len(COUNTS), n]; each column adds up to 512.
    """
    if len(words) == PAGES_PER_SECTION and not words.any():
        words = np.full(PAGES_PER_SECTION, 1 << KPF_NOPAGE, np.uint64)
    pages = decode(words, np.zeros(len(words), np.uint64))
    state = pages.state.copy()
    state[state == u.STATE_UNKNOWN] = u.STATE_KERNEL
    counts = count_blocks(state)
    return np.stack([counts[name] for name in COUNTS]).astype(np.uint16)
