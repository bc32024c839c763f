"""What a pageblock's answer says of a guest made by hand, and of designs that it is not under."""

from __future__ import annotations

import json

import pytest

from engine import commands as c
from engine import units as u
from engine.because.block import BlockPages, block_answer, check_block, design_answer
from engine.designs import DESIGNS
from engine.errors import RefusedError
from engine.snapshot import digest
from engine.trace.reasons import REASONS
from engine.world import World, WorldConfig
from tests.engine.small_guest import BLOCK, all_free, put, settle
from tests.engine.worlds import SMALLEST, UNCOMPILED, done, world


def small(key: str) -> World:
    """Pageblock 1: two balloon pages, a page of programs, page cache. 2: a slab page. 3: free."""
    guest = all_free(8)
    put(guest, [BLOCK + 7, BLOCK + 9], u.STATE_BALLOON)
    put(guest, [BLOCK + 20])
    put(guest, [BLOCK + 30], u.STATE_FILE)
    put(guest, [2 * BLOCK + 1], u.STATE_SLAB)
    return World(settle(guest), WorldConfig((key,)))


def test_it_tells_what_is_in_it_and_which_pages_hold_it() -> None:
    guest = small("pinned").guest(0)
    before = digest(guest)
    told = json.loads(json.dumps(block_answer(guest, "pinned", 1)))
    assert digest(guest) == before
    kinds = {one["kind"]: one["pages"] for one in told["kinds"]}
    assert kinds == {"free": 508, "balloon": 2, "anon": 1, "file": 1}
    free = sum(one["nr"] << one["order"] for one in told["free_blocks"])
    assert free == 508
    assert [one["pfn"] for one in told["holders"]] == [BLOCK + 7, BLOCK + 9]
    assert {one["reason"] for one in told["holders"]} == {"balloon_no_hook"}
    assert told["holders_total"] == 2
    ways = {one["way"]: (one["could"], one["reason"], one["pfn"]) for one in told["ways"]}
    assert ways == {
        "compaction": (False, "balloon_no_hook", BLOCK + 7),
        "reclaim": (False, "not_on_lru", BLOCK + 7),
        "offlining": (False, "range_stop_unmovable", BLOCK + 7),
        "contiguous": (False, "range_stop_unmovable", BLOCK + 7),
    }
    for one in [*told["ways"], *told["holders"]]:
        assert one["reason"] in REASONS
        assert "{" not in one["sentence"]


def test_each_design_says_what_it_would_do_with_it() -> None:
    told = block_answer(small("pinned").guest(0), "pinned", 1)
    words = {one["design"]: one["sentence"] for one in told["designs"]}
    assert list(words) == list(DESIGNS)
    assert words["pinned"].startswith("Compaction could move 2 pages and 2 pages stay: this is a")
    assert words["lru_hook"] == "Compaction could move 4 pages."
    own = "Compaction could move 2 pages and the balloon's own pass could move 2 balloon pages."
    assert words["separate_pass"] == own
    assert words["dedicated_block"].endswith("less than a pageblock, so nothing is gathered.")
    assert [one["could"] for one in told["designs"]] == [False, True, True, False]
    assert [one["own"] for one in told["designs"]] == [True, False, False, False]
    free = block_answer(small("pinned").guest(0), "pinned", 3)
    assert free["empty"]
    assert {one["sentence"] for one in free["designs"]} == {"It is free already."}


def test_what_another_design_is_said_to_leave_it_leaves() -> None:
    w = done(world("pinned", nr_pages=SMALLEST), c.BalloonInflate(SMALLEST // 10))
    guest = w.guest(0)
    emptied = kept = 0
    for key in list(DESIGNS)[: 1 if UNCOMPILED else None]:
        other = World(guest, WorldConfig((key,)))  # the same pages, under that design
        done(other, c.CompactMemory())
        for block in range(len(guest.blocks)):
            pages = BlockPages(guest, block)
            if not design_answer(pages, key, key == "pinned")["could"]:
                assert not BlockPages(other.guest(0), block).empty, (key, block)
                kept += 1
            elif not pages.empty and BlockPages(other.guest(0), block).empty:
                emptied += 1
    assert emptied or UNCOMPILED
    assert kept


def test_a_page_that_only_a_toggle_moves_is_asked_of_the_toggle() -> None:
    guest = small("separate_pass:ranges").guest(0)
    told = block_answer(guest, "separate_pass:ranges", 1)
    assert [one["design"] for one in told["designs"]][2] == "separate_pass:ranges"
    assert {one["way"] for one in told["ways"] if one["could"]} == {"offlining", "contiguous"}


def test_a_pageblock_that_is_not_there_is_refused() -> None:
    guest = small("pinned").guest(0)
    for block in (-1, 8):
        with pytest.raises(RefusedError, match=f"pageblock {block}: the guest has pageblocks 0 to"):
            check_block(guest, block)
