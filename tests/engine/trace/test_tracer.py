"""A page followed through success, -EAGAIN, -ENOMEM and put-back, by the rules of both kernels."""

from __future__ import annotations

import pytest

from engine import units as u
from tests.engine.traces import FIRST, calls, entries, few_pages, made, trace

PAGE = FIRST + 64
PUT_BACK = ("folio_putback_lru", "putback_lru_page", "balloon_page_putback")
BOTH = pytest.mark.parametrize("profile", u.PROFILES)


def only(answer, pfn=PAGE):
    found = entries(answer, pfn)
    assert len(found) == 1
    return found[0]


def states(entry):
    """Reference count, lock, isolation and list after each call that is about the page."""
    return [
        (p["refcount"], p["locked"], p["isolated"], p["on"])
        for p in (call["page"] for call in entry["calls"] if "page" in call)
    ]


def put_back(entry):
    """The page after the last put-back; what was called in it came before."""
    found = [c for name in PUT_BACK for c in calls(entry, name)]
    page = found[-1]["page"]
    return page["refcount"], page["locked"], page["isolated"], page["on"]


@BOTH
def test_a_balloon_page_is_moved_by_its_driver(profile):
    entry = only(trace(made(few_pages(u.STATE_BALLOON), profile=profile)))
    assert (entry["outcome"], entry["reason"]) == ("moved", "moved")
    assert entry["to"] > PAGE
    names = [call["function"] for call in entry["calls"]]
    chain = {
        "modern": ["__PageMovable", "balloon_page_isolate", "migrate_folio_unmap",
                   "compaction_alloc", "migrate_folio_move", "virtballoon_migratepage", "put_page"],
        "2012": ["balloon_page_movable", "balloon_page_isolate", "unmap_and_move",
                 "compaction_alloc", "virtballoon_migratepage", "balloon_page_free"],
    }[profile]  # fmt: skip
    assert [name for name in names if name in chain] == chain
    seen = states(entry)
    assert seen[0] == (1, False, False, "balloon list")
    assert (2, False, True, "cc->migratepages") in seen
    assert any(locked and isolated for _, locked, isolated, _ in seen)
    assert seen[-1][:3] == (0, False, False)
    assert [call["counters"]["balloon_isolated"] for call in calls(entry, "balloon_page_isolate")]


@BOTH
def test_an_anonymous_page_is_counted_while_it_is_isolated(profile):
    entry = only(trace(made(few_pages(u.STATE_ANON), profile=profile)))
    assert (entry["outcome"], entry["kind"], entry["by"]) == ("moved", "anon", "compact_memory")
    counts = [call["counters"]["nr_isolated_anon"] for call in entry["calls"] if "counters" in call]
    assert max(counts) == 2  # the page before it is isolated with it
    assert counts[-1] == 1
    # One reference of the page table, one of the compactor, none of the page table once unmapped.
    references = [refs for refs, *_ in states(entry)]
    assert references[0] == references[1] == 2
    assert references.index(1) > references.index(2)
    assert references[-1] == 0


@BOTH
def test_eagain_extra_references_put_a_page_back(profile):
    entry = only(trace(made(few_pages(u.STATE_FILE, u.PG_PINNED), profile=profile)))
    assert (entry["outcome"], entry["reason"]) == ("put_back", "extra_references")
    assert "refcount 3, expected 2" in entry["sentence"]
    mover = {"modern": "migrate_folio_move", "2012": "unmap_and_move"}[profile]
    assert {call["returned"] for call in calls(entry, mover)} == {"-EAGAIN (-11)"}
    assert len(calls(entry, mover)) == {"modern": 2, "2012": 10}[profile]
    assert put_back(entry) == (2, False, False, "inactive file LRU")


@BOTH
def test_a_locked_page_is_tried_again_and_waited_for(profile):
    entry = only(trace(made(few_pages(u.STATE_ANON, u.PG_LOCKED), profile=profile)))
    assert entry["outcome"] == "moved"
    tries = {"modern": "migrate_folio_unmap", "2012": "unmap_and_move"}[profile]
    returned = [call["returned"] for call in calls(entry, tries)]
    assert returned[0] == "-EAGAIN (-11)"
    assert returned[-1] != "-EAGAIN (-11)"


@BOTH
def test_enomem_puts_back_what_was_isolated(profile):
    answer = trace(made(few_pages(u.STATE_BALLOON, full=True), profile=profile))
    balloon, anon = only(answer), only(answer, FIRST + 32)
    assert {balloon["outcome"], anon["outcome"]} == {"put_back"}
    assert {balloon["reason"], anon["reason"]} == {"no_target", "not_tried"}
    assert "(-ENOMEM)" in balloon["sentence"] + anon["sentence"]
    assert put_back(balloon) == (1, False, False, "balloon list")
    assert put_back(anon) == (1, False, False, "inactive anon LRU")
    # 3.8 calls the end for want of a target a partial success; 6.12 sees that its scanners met.
    ended = {"modern": "COMPACT_CONTINUE (4)", "2012": "COMPACT_PARTIAL (2)"}[profile]
    assert calls(balloon, "compact_zone")[0]["returned"] == ended
    last = balloon["calls"][-1]["counters"]
    assert last["balloon_isolated"] == 0


def test_the_hook_as_merged_loses_the_page():
    world = made(few_pages(u.STATE_BALLOON, full=True), "lru_hook:hook=merged", "2012")
    entry = only(trace(world))
    assert (entry["outcome"], entry["reason"]) == ("failed", "leaked_to_lru")
    assert states(entry)[-1][3] == "inactive file LRU"


def test_the_scanner_leaves_what_it_cannot_move():
    left = {
        "balloon_no_hook": ("pinned", few_pages(u.STATE_BALLOON)),
        "balloon_is_locked": ("lru_hook", few_pages(u.STATE_BALLOON, u.PG_LOCKED)),
        "not_on_lru": ("pinned", few_pages(u.STATE_SLAB)),
        "anon_is_pinned": ("pinned", few_pages(u.STATE_ANON, u.PG_PINNED)),
    }
    for reason, (design, guest) in left.items():
        entry = only(trace(made(guest, design)))
        assert (entry["reason"], entry["outcome"]) == (reason, "left")
    assert "refcount 2, expected 1" in entry["sentence"]
