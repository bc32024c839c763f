"""Words of a trace: returned values, names by the kind of page, facts for sentences."""

from __future__ import annotations

import pytest

from engine import units as u
from engine.trace.annotations import KernelName, Watched
from engine.trace.reasons import REASONS
from engine.trace.sentences import article, facts, kernel_name, page_kind, returned, type_name
from tests.engine.small_guest import all_free, put, settle


def some(name: str = "f", returns: str = "") -> Watched:
    new, old = KernelName("new", "mm/a.c"), KernelName("old", "mm/b.c")
    return Watched("room", name, (), None, new, old, returns, {})


@pytest.mark.parametrize(
    ("returns", "value", "text"),
    [
        ("", None, ""),
        ("bool", 1, "true"),
        ("int64, 0 or EAGAIN.", -11, "-EAGAIN (-11)"),
        ("int64 pfn, or PFN_NONE.", u.PFN_NONE, "no page"),
        ("int64 pfn, or PFN_NONE.", 77, "pfn 77"),
        ("int64, COMPACT_CONTINUE or a final result.", 4, "COMPACT_CONTINUE (4)"),
        ("int64, ISOLATE_NONE or ISOLATE_SUCCESS.", 2, "ISOLATE_SUCCESS (2)"),
        ("tuple of int64: pages moved.", (1, -12), "1, -ENOMEM (-12)"),
    ],
)
def test_returned_values_are_named_as_in_the_kernel(returns: str, value: object, text: str) -> None:
    assert returned(some(returns=returns), value) == text


def test_names_go_by_profile_and_by_kind_of_page() -> None:
    assert kernel_name(some(), False, False) == KernelName("new", "mm/a.c")
    assert kernel_name(some(), True, False) == KernelName("old", "mm/b.c")
    names = {
        kernel_name(some("putback_page"), is_2012, is_balloon).function  # type: ignore[union-attr]
        for is_2012 in (False, True)
        for is_balloon in (False, True)
    }
    assert names == {"folio_putback_lru", "putback_lru_page", "balloon_page_putback"}
    assert kernel_name(some("count_isolated"), False, True) is None
    assert kernel_name(some("daemons_step"), False, False) is None
    assert kernel_name(some("is_hooked_balloon_page"), False, True, has_hook=False) is None


def test_every_sentence_can_be_filled() -> None:
    guest = all_free(4, 1)
    put(guest, [600], u.STATE_ANON, u.PG_PINNED)
    settle(guest)
    before = (u.STATE_ANON, 0, u.PG_PINNED | u.PG_ISOLATED)
    known = {**facts(guest, 600, before, u.CC_MEMORY, {"to": 700}), "range_sentence": "x"}
    for name, reason in REASONS.items():
        assert "{" not in reason.sentence.format_map(known), name
    assert known["refcount"] == known["expected"] + 1


def test_kinds_articles_and_types_are_named_correctly() -> None:
    assert page_kind(u.STATE_BALLOON) == "balloon"
    assert (article("anon page"), article("page")) == ("an anon page", "a page")
    assert type_name(settle(all_free(2, 1)), 600) == "MOVABLE"
