"""A drawn guest prints the report that it was drawn from, whatever the seed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import units as u
from engine.capture.drawn import check_drawable, draw_guest
from engine.core.memory.metrics import free_counts
from engine.core.observe.check import validate
from engine.core.observe.check_codes import CheckCode
from engine.errors import OtherGeometryError
from engine.report.model import FreeCounts, Moment, ZoneFacts
from engine.report.read import read_report
from engine.snapshot import digest

CASES = Path(__file__).parents[1] / "report" / "cases"
ROOT = str(Path(__file__).parents[3])


def moment(
    *counts: int, start: int = 4096, present: int = 32 << 9, **types: tuple[int, ...]
) -> Moment:
    """One zone of 32 pageblocks."""
    facts = ZoneFacts((0, "DMA32"), FreeCounts(counts))
    facts.pages = {"start_pfn": start, "spanned": present, "present": present, "min": 8, "low": 9,
                   "high": 10, "managed": present - 700, "nr_zone_active_file": 900}  # fmt: skip
    facts.types = {name: FreeCounts(row) for name, row in types.items()}
    return Moment({facts.key: facts})


def printed(one: Moment, seed: int) -> list[list[int]]:
    """buddyinfo of a drawn guest, every invariant of which holds."""
    guest = draw_guest(one, seed)
    code, where = validate(guest)
    assert code == CheckCode.CLEAN, (code, where)
    return [free_counts(guest, zone).tolist() for zone in range(len(guest.zones))]


@settings(max_examples=40, deadline=None)
@given(
    counts=st.tuples(*[st.integers(0, 60 >> order) for order in range(11)]),
    share=st.integers(0, 10),
    seed=st.integers(0, 1 << 31),
    start=st.sampled_from((1, 4096, 4608, 5000)),
)
def test_every_drawn_guest_prints_its_report(
    counts: tuple[int, ...], share: int, seed: int, start: int
) -> None:
    unmovable = tuple(n * share // 10 for n in counts)
    one = moment(*counts, start=start, Unmovable=unmovable)
    assert printed(one, seed) == [list(counts)]


@pytest.mark.parametrize("name", ["head-only", "vm-4.18"])
def test_a_real_report_comes_back_with_its_pageblocks(name: str) -> None:
    one = read_report(CASES / f"{name}.txt").moments[0]
    for seed in (1, 2):
        assert printed(one, seed) == [list(zone.best.values) for zone in one.counted]  # type: ignore[union-attr]
    guest = draw_guest(one, 1)
    for at, zone in enumerate(one.counted):
        mine = guest.blocks[guest.blocks["zone"] == at]
        for kind, number in (("Unmovable", 0), ("Reclaimable", 2)):
            found = int((mine["migratetype"] == number).sum())
            assert found == zone.blocks[kind], (zone.key, kind)


def test_a_guest_of_the_largest_pageblocks_prints_its_report_too() -> None:
    """In a process of its own, uncompiled."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "tests.engine.capture.drawn_laws", "8"],
        env=os.environ | {u.GEOMETRY_SETTING: "10", "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": ROOT},
        capture_output=True, text=True, cwd=ROOT, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"order": 10, "reports": 8}


def test_a_report_of_another_order_names_the_process_that_can_draw_it() -> None:
    one = moment(40, 20, 10, 5, 2, 1, 1, 1, 1, 1, 2)
    one.pageblock_order = 10
    with pytest.raises(OtherGeometryError, match=r"order 10 \(4 MiB") as refused:
        check_drawable(one)
    assert refused.value.pageblock_order == 10


def test_the_seed_draws_and_repeats() -> None:
    one = moment(40, 20, 10, 5, 2, 1, 1, 1, 1, 1, 2)
    same, again, other = (digest(draw_guest(one, seed)) for seed in (1, 1, 2))
    assert same == again != other


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Node 0, zone Normal 1 2 3 4 5 6 7 8 9 1 1 1 1 1\n", "exact counts of 11 orders"),
        ("Node 0, zone HighMem 1 2 3 4 5 6 7 8 9 1 1\n", "HighMem of node 0 cannot be played"),
        ("Node 0, zone Normal 1 2 3 4 5 6 7 8 9 1 1\n", "zoneinfo is needed"),
        (
            "Page block order: 13\nNode 0, zone Normal 1 2 3 4 5 6 7 8 9 1 1\n",
            "only orders 9 and 10",
        ),
        ("Page block order: 5\nNode 0, zone Normal 1 2 3 4 5 6 7 8 9 1 1\n", "of order 5: only"),
        ("MemTotal: 1 kB\n", "nothing to draw"),
    ],
)
def test_what_cannot_be_drawn_says_why(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check_drawable(read_report(text.encode()).moments[0])


def test_counts_that_do_not_fit_say_so() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        draw_guest(moment(9000, *(0,) * 10), 1)
