"""The sentences of engine/because where a reason's own would not fit."""

from __future__ import annotations

import pytest

from engine import units as u
from engine.because.block import BlockPages, way_answer
from engine.because.laws import laws_of
from engine.because.words import could_sentence, design_sentence, pages_text
from engine.world import World, WorldConfig
from tests.engine.small_guest import BLOCK, all_free, put, settle


def test_numbers_of_pages_read_as_english() -> None:
    assert pages_text(1, "balloon") == "1 balloon page"
    assert pages_text(2048) == "2,048 pages"
    assert could_sentence("reclaim", empty=True) == "it is free already"


def test_a_design_that_does_three_things_says_all_of_them() -> None:
    guest = World(settle(all_free(4)), WorldConfig(("separate_pass",))).guest(0)
    said = design_sentence(laws_of(guest, "separate_pass"), 3, 2, 1, empty=False)
    assert said == (
        "Compaction could move 3 pages, the balloon's own pass could move 2 balloon pages,"
        " and 1 page stays."
    )


@pytest.mark.parametrize(
    ("state", "flags", "words"),
    [
        (u.STATE_ANON, 0, "there is no swap"),
        (u.STATE_FILE, u.PG_UNEVICTABLE, "unevictable"),
        (u.STATE_FILE, u.PG_PINNED, "held by somebody else"),
        (u.STATE_SLAB, 0, "a slab page is on no LRU list"),
        (u.STATE_HOLE, 0, f"there is no memory at page {BLOCK}"),
    ],
)
def test_reclaim_says_why_it_keeps_a_page(state: int, flags: int, words: str) -> None:
    guest = all_free(4)
    put(guest, [BLOCK], state, flags)
    guest = World(settle(guest), WorldConfig(("pinned",))).guest(0)
    told = way_answer(BlockPages(guest, 1), "reclaim", laws_of(guest, "pinned"))
    assert not told["could"]
    assert words in told["sentence"]


def test_contiguous_memory_says_where_it_is_looked_for() -> None:
    guest = all_free(4)
    put(guest, [BLOCK])
    guest.blocks["migratetype"][2] = u.MIGRATE_CMA
    guest = World(settle(guest), WorldConfig(("pinned",))).guest(0)
    laws = laws_of(guest, "pinned")
    told = way_answer(BlockPages(guest, 1), "contiguous", laws)
    assert told["sentence"].endswith("cma_alloc() tries CMA pageblocks only, this one is MOVABLE")
    assert way_answer(BlockPages(guest, 2), "contiguous", laws)["could"]
    assert way_answer(BlockPages(guest, 2), "offlining", laws)["reason"] == "range_stop_unmovable"
