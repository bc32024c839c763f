"""Ranges of memory: who can give them up, by the rules of which kernel."""

from __future__ import annotations

import pytest

from engine import units as u
from tests.engine.scenes import numbers

pytestmark = pytest.mark.slow


def test_modern_offlining_moves_what_can_be_moved() -> None:
    result = numbers("offline_modern", "range_result")
    assert result["lru_hook"] == result["separate_pass"] == u.RANGE_DONE
    taken, wasted = (numbers("offline_modern", s) for s in ("offline_pages", "range_wasted"))
    assert taken["pinned"] == taken["dedicated_block"] == 0
    assert set(wasted.values()) == {0}


def test_offlining_of_2012_knew_no_balloon_pages() -> None:
    taken, wasted = (numbers("offline_2012", s) for s in ("offline_pages", "range_wasted"))
    assert [key for key, pages in taken.items() if pages] == ["separate_pass"]
    assert wasted["pinned"] > 0


def test_the_cma_area_needs_whoever_may_enter_it_to_leave() -> None:
    result, wasted = (numbers("cma", stat) for stat in ("range_result", "range_wasted"))
    assert [key for key, one in result.items() if one != u.RANGE_DONE] == [
        "separate_pass:ranges=off"
    ]
    assert [key for key, pages in wasted.items() if pages] == ["separate_pass:ranges=off"]


def test_without_room_movable_pages_cannot_leave() -> None:
    full, room = (numbers("cma_no_room", "range_result", step) for step in (1, 2))
    assert full["pinned"] == full["dedicated_block:prevent"] == u.RANGE_DONE
    assert full["lru_hook"] == full["separate_pass"] != u.RANGE_DONE
    assert set(room.values()) == {u.RANGE_DONE}
    held = numbers("cma_no_room", "balloon_actual", 1)
    assert held["pinned"] < held["lru_hook"]
