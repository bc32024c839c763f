"""Why a range could not be had, in words."""

from __future__ import annotations

import pytest

from engine import units as u
from engine.core.ranges.range_codes import SOURCES, RangeReason, explain_stop, page_words


@pytest.mark.parametrize("reason", list(RangeReason))
def test_every_reason_has_a_sentence_and_a_source(reason: RangeReason) -> None:
    words = explain_stop(reason, 4711, u.STATE_BALLOON, u.MIGRATE_UNMOVABLE)
    assert "{" not in words
    has_page = reason not in (RangeReason.NONE, RangeReason.NO_AREA)
    assert ("4711" in words) == has_page
    assert bool(words) == bool(SOURCES[reason]) == (reason != RangeReason.NONE)


def test_the_sentence_names_the_page_and_its_pageblock() -> None:
    words = explain_stop(RangeReason.UNMOVABLE, 7, u.STATE_SLAB, u.MIGRATE_UNMOVABLE)
    assert "page 7 (slab page, in an UNMOVABLE pageblock)" in words
    assert "a MOVABLE pageblock" in explain_stop(RangeReason.UNMOVABLE, 7, u.STATE_SLAB, 1)


@pytest.mark.parametrize("state", list(u.PageState))
def test_every_kind_of_page_has_words(state: u.PageState) -> None:
    assert page_words(state)
