"""Isolating pageblocks: all or none, nothing lost at the edges, the rules of each kernel."""

from __future__ import annotations

import pytest

from engine import units as u
from engine.core.ranges import isolation
from engine.guest import Guest
from tests.engine.ranges import END, PROFILES, START, make, validate
from tests.engine.small_guest import BLOCK, nr_free

NONE = u.PFN_NONE


def types(guest: Guest) -> list[int]:
    return [int(mt) for mt in guest.blocks["migratetype"][3:7]]


def start(guest: Guest, mt: int = u.MIGRATE_MOVABLE) -> int:
    found = int(isolation.start_isolate_page_range(guest, START, END, mt, 1))
    validate(guest)
    return found


@pytest.mark.parametrize("profile", PROFILES)
def test_free_pages_of_the_range_belong_to_nobody(profile: int) -> None:
    guest = make("pinned", profile)
    before = int(guest.zones[0]["nr_free"])
    assert start(guest) == NONE
    assert types(guest) == [1, u.MIGRATE_ISOLATE, u.MIGRATE_ISOLATE, 1]
    assert guest.zones[0]["nr_free"] == before - BLOCK
    isolation.undo_isolate_page_range(guest, START, END, u.MIGRATE_MOVABLE)
    validate(guest)
    assert types(guest) == [1, 1, 1, 1]
    assert guest.zones[0]["nr_free"] == before


def test_a_free_block_across_the_edge_is_split_and_merges_again() -> None:
    guest = make("pinned", u.PROFILE_MODERN, lru=())
    assert nr_free(guest, 10) == 8
    start_pfn, end_pfn = 5 * BLOCK, 8 * BLOCK  # the tail of one 4 MiB block and all of the next
    found = isolation.start_isolate_page_range(guest, start_pfn, end_pfn, u.MIGRATE_MOVABLE, 1)
    assert found == NONE
    validate(guest)
    assert (nr_free(guest, 10), nr_free(guest, 9)) == (6, 1)
    assert nr_free(guest, 10, u.MIGRATE_ISOLATE) == 1
    isolation.undo_isolate_page_range(guest, start_pfn, end_pfn, u.MIGRATE_MOVABLE)
    validate(guest)
    assert (nr_free(guest, 10), nr_free(guest, 9)) == (8, 0)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_range_is_isolated_entirely_or_not_at_all(profile: int) -> None:
    guest = make("pinned", profile, [END - 7], u.MIGRATE_UNMOVABLE)
    assert start(guest) == END - 7
    # The kernel gives what it had isolated already the caller's type, not the one before.
    assert types(guest) == [1, u.MIGRATE_MOVABLE, u.MIGRATE_UNMOVABLE, 1]


def test_3_8_does_not_look_into_movable_pageblocks_and_6_12_does() -> None:
    for profile, found in ((u.PROFILE_2012, NONE), (u.PROFILE_MODERN, START + 2)):
        guest = make("pinned", profile, [START + 2])
        assert start(guest) == found


@pytest.mark.parametrize("profile", PROFILES)
def test_movable_pages_alone_do_not_forbid_it(profile: int) -> None:
    assert start(make("pinned", profile, mt=u.MIGRATE_UNMOVABLE)) == NONE


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("pinned", START + 2),
        ("lru_hook", NONE),
        ("separate_pass", NONE),
        ("separate_pass:ranges=off", START + 2),
        ("separate_pass:type=unmovable", START + 2),
        ("dedicated_block", START + 2),
    ],
)
def test_only_movable_balloon_pages_can_be_isolated_in_6_12(key: str, found: int) -> None:
    assert start(make(key, u.PROFILE_MODERN, [START + 2])) == found


def test_cma_pageblocks_are_for_cma_only() -> None:
    balloon = [START + 2]
    guest = make("pinned", u.PROFILE_MODERN, balloon, u.MIGRATE_CMA)
    assert start(guest, u.MIGRATE_MOVABLE) == START
    assert start(guest, u.MIGRATE_CMA) == NONE


def test_poisoned_pages_may_be_forgiven() -> None:
    guest = make("pinned", u.PROFILE_MODERN, lru=())
    put_poison(guest)
    assert isolation.has_unmovable_pages(guest, START, u.MIGRATE_MOVABLE, 1) == NONE
    assert isolation.has_unmovable_pages(guest, START, u.MIGRATE_MOVABLE, 0) == START


def put_poison(guest: Guest) -> None:
    """Let the first page of the range be poisoned, by hand: these tests look only."""
    guest.pages[START]["state"] = u.STATE_HWPOISON
    guest.pages[START]["order"] = 0
    for pfn in range(START + 1, END):
        guest.pages[pfn]["order"] = 0


def test_the_first_page_that_is_not_free_is_reported() -> None:
    guest = make("pinned", u.PROFILE_MODERN, lru=[START + 8])
    assert isolation.test_pages_isolated(guest, START, END, 1) == START + 8
    assert isolation.test_pages_isolated(guest, START, START + 8, 1) == NONE


def test_reserved_pages_and_holes_forbid_it() -> None:
    for state in (u.STATE_RESERVED, u.STATE_HOLE):
        guest = make("pinned", u.PROFILE_MODERN, lru=[START])
        guest.pages[START + 1]["state"] = state
        assert isolation.has_unmovable_pages(guest, START, u.MIGRATE_MOVABLE, 1) == START + 1
