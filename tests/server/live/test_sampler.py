"""Looking at a running machine keeps to its budget, sees every pageblock, and says how long ago."""

from pathlib import Path

import numpy as np
import pytest

from engine import units as u
from engine.capture.load import load_capture
from engine.capture.pages import COUNTS, KPF_BUDDY, count_blocks
from server.live.sampler import Sampler
from tests.server.live.made_proc import Clock, made_proc

ZONE = """Node 0, zone   Normal
  pages free     {pages}
        min      1
        low      2
        high     3
        spanned  {pages}
        present  {pages}
        managed  {pages}
        protection: (0, 0)
  start_pfn:           0
"""


def test_the_first_look_sees_all_that_a_capture_has(tmp_path: Path) -> None:
    proc = made_proc(tmp_path / "proc")
    looked = Sampler(proc).look()
    states = load_capture(proc).inferred.pages.state
    whole = count_blocks(states)
    pfns = Sampler(proc).blocks.pfns // u.PAGEBLOCK_NR_PAGES
    for name in ("free", "movable", "balloon"):
        assert (looked.counts[COUNTS.index(name)] == whole[name][pfns]).all(), name
    assert looked.seen == 1
    assert looked.cost == 0


def test_a_spent_budget_reads_one_part_a_look_and_comes_round(tmp_path: Path) -> None:
    pages = 200 * u.PAGEBLOCK_NR_PAGES  # three sections and a piece of one
    free = (np.full(pages, 1 << KPF_BUDDY, "<u8")).tobytes()
    zone = ZONE.format(pages=pages).encode()
    proc = made_proc(tmp_path / "proc", kpageflags=free, zoneinfo=zone)
    clock, cost = Clock(1.0), Clock(10.0)  # every reading of the cost is far beyond the budget
    sampler = Sampler(proc, 0.02, clock, cost)
    nr = len(sampler.blocks.pfns)
    seen, looks = 0.0, 0
    while seen < 1:
        now = sampler.look()
        assert now.seen > seen, "every look sees at least one part more"
        seen, looks = now.seen, looks + 1
    assert looks == 4
    old = now.seen_at.copy()
    again = sampler.look()
    changed = np.flatnonzero(again.seen_at != old)
    assert 0 < len(changed) < nr
    assert changed[0] == 0, "round it goes"
    assert again.ages.max() > again.ages.min() >= 0


def test_zones_have_their_pageblocks_in_order_and_none_twice(tmp_path: Path) -> None:
    blocks = Sampler(made_proc(tmp_path / "proc")).blocks
    assert (np.diff(blocks.pfns) >= u.PAGEBLOCK_NR_PAGES).all()
    ends = [end for _, _, _, end in blocks.zones]
    firsts = [first for _, _, first, _ in blocks.zones]
    assert firsts == [0, *ends[:-1]]
    assert ends[-1] == len(blocks.pfns)


@pytest.mark.parametrize(("body", "word"), [(None, "does not exist"), (b"", "is empty")])
def test_without_page_flags_the_counters_are_shown_and_a_sentence_says_why(
    tmp_path: Path, body: bytes | None, word: str
) -> None:
    sampler = Sampler(made_proc(tmp_path / "proc", kpageflags=body))
    assert word in sampler.blind
    assert sampler.blind.endswith("no maps.")
    looked = sampler.look()
    assert looked.reading.zones
    assert looked.seen == 0


def test_a_file_that_ends_early_leaves_the_rest_unread(tmp_path: Path) -> None:
    proc = made_proc(tmp_path / "proc")
    sampler = Sampler(proc)
    with (proc / "kpageflags").open("r+b") as file:
        file.truncate(8 * u.PAGEBLOCK_NR_PAGES * 3 + 40)
    looked = sampler.look()
    assert np.isfinite(looked.seen_at).sum() == 3
