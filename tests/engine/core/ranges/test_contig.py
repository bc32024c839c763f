"""Contiguous allocation: the CMA area, or a range anywhere, with balloon pages in the way."""

from __future__ import annotations

import pytest

from engine import units as u
from engine.core.balloon.balloon import balloon_size, fill_chunk
from engine.core.memory.lru import lru_del
from engine.core.memory.page import set_flag
from engine.core.ranges import contig
from engine.core.ranges.range_codes import RangeReason
from engine.guest import Guest
from tests.engine.ranges import END, LRU, PROFILES, START, make, run_contig, stopped, validate
from tests.engine.small_guest import BLOCK, nr_free, pfns_of, put, vm

MODERN, OLD = PROFILES
CMA = u.MIGRATE_CMA
AREA = END - START


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("key", ["pinned", "lru_hook", "separate_pass", "dedicated_block"])
def test_an_area_with_movable_pages_is_emptied(key: str, profile: int) -> None:
    guest = make(key, profile, mt=CMA)
    found = run_contig(guest, AREA)
    assert (found["result"], found["migrated"], found["wasted"]) == (u.RANGE_DONE, len(LRU), 0)
    assert nr_free(guest, u.MAX_PAGE_ORDER, CMA) == 1
    assert all(guest.blocks["migratetype"][4:6] == CMA)


@pytest.mark.parametrize("profile", PROFILES)
def test_clean_page_cache_is_dropped_rather_than_moved(profile: int) -> None:
    guest = make_file(profile)
    found = run_contig(guest, AREA)
    assert (found["result"], found["migrated"], found["reclaimed"]) == (u.RANGE_DONE, 1, 1)


def make_file(profile: int) -> Guest:
    """One clean and one dirty page of page cache in the area."""
    guest = make("pinned", profile, mt=CMA, lru=[START + 3, START + 9])
    for pfn, flags in ((START + 3, 0), (START + 9, u.PG_DIRTY)):
        lru_del(guest, pfn)
        put(guest, [pfn], u.STATE_FILE, flags)
    return guest


@pytest.mark.parametrize("profile", PROFILES)
def test_the_hook_works_for_cma_in_both_kernels(profile: int) -> None:
    guest = make("lru_hook", profile, [START, END - 1], CMA)
    found = run_contig(guest, AREA)
    assert (found["result"], found["wasted"]) == (u.RANGE_DONE, 0)
    assert balloon_size(guest) == 2
    assert min(pfns_of(guest, u.STATE_BALLOON)) not in range(START, END)
    assert vm(guest, "balloon_migrate", "host_exits") == (2, 4)


@pytest.mark.parametrize("profile", PROFILES)
def test_the_pass_works_if_it_is_called_for_the_range(profile: int) -> None:
    guest = make("separate_pass", profile, [START, END - 1], CMA)
    assert run_contig(guest, AREA)["result"] == u.RANGE_DONE
    assert vm(guest, "pass_runs", "pass_migrated", "host_exits") == (1, 2, 2)


@pytest.mark.parametrize("profile", PROFILES)
def test_movable_balloon_pages_that_nobody_moves_break_the_area(profile: int) -> None:
    guest = make("separate_pass:ranges=off", profile, [START + 1], CMA)
    found = run_contig(guest, AREA)
    assert stopped(guest, RangeReason.IN_USE, START + 1)
    assert found["wasted"] == found["migrated"] == len(LRU)
    assert all(guest.blocks["migratetype"][4:6] == CMA)


def test_where_balloon_pages_go_is_decided_by_their_type() -> None:
    """UNMOVABLE pages never enter the area; MOVABLE ones do once most of what is free is there."""
    inside = {}
    for key in ("pinned", "lru_hook", "separate_pass", "dedicated_block"):
        guest = make(key, MODERN, mt=CMA, lru=range(16 * BLOCK))
        for pfn in LRU:
            contig.free_pages(guest, pfn, 0)
        for pfn in range(8 * BLOCK, 8 * BLOCK + 64):
            contig.free_pages(guest, pfn, 0)
        fill_chunk(guest, 64)
        validate(guest)
        inside[key] = sum(START <= pfn < END for pfn in pfns_of(guest, u.STATE_BALLOON))
    assert (inside["pinned"], inside["dedicated_block"]) == (0, 0)
    assert inside["lru_hook"] > 0
    assert inside["separate_pass"] > 0


@pytest.mark.parametrize("profile", PROFILES)
def test_a_pinned_page_makes_it_try_the_next_range(profile: int) -> None:
    guest = make("pinned", profile, mt=CMA)
    set_flag(guest, START + 8, u.PG_PINNED)
    found = run_contig(guest, BLOCK)
    assert (found["result"], found["rounds"]) == (u.RANGE_DONE, 2)
    assert guest.vm[0]["range_start_pfn"] == START + BLOCK
    assert 0 < found["wasted"] < found["migrated"]


def test_no_target_ends_it_at_once_in_the_area() -> None:
    guest = make("pinned", MODERN, mt=CMA, lru=range(16 * BLOCK))
    guest.zones[0]["wmark_min"] = guest.zones[0]["wmark_low"] = BLOCK * 2
    found = run_contig(guest, BLOCK)
    assert (found["reason"], found["rounds"]) == (RangeReason.NO_TARGET, 1)


def test_an_area_that_is_too_small_is_given_up() -> None:
    guest = make("pinned", MODERN, mt=CMA)
    found = run_contig(guest, AREA + BLOCK)
    assert (found["reason"], found["rounds"]) == (RangeReason.NO_AREA, 0)
    assert found["result"] == u.RANGE_STOPPED


# -- anywhere: alloc_contig_pages()


def anywhere(key: str, balloon: list[int], nr: int) -> dict[str, int]:
    guest = make(key, MODERN, balloon, lru=())
    return run_contig(guest, nr, u.MIGRATE_MOVABLE)


def test_anywhere_the_first_range_without_an_unmovable_page_is_taken() -> None:
    spoiled = [2 * BLOCK * i for i in range(3)]
    assert anywhere("pinned", spoiled, 2 * BLOCK)["rounds"] == 4
    assert anywhere("lru_hook", spoiled, 2 * BLOCK)["rounds"] == 1
    assert anywhere("separate_pass", spoiled, 2 * BLOCK)["rounds"] == 1


def test_one_pinned_page_in_every_range_leaves_nowhere_to_go() -> None:
    spoiled = [BLOCK * i for i in range(16)]
    found = anywhere("pinned", spoiled, 2 * BLOCK)
    assert (found["result"], found["reason"]) == (u.RANGE_STOPPED, RangeReason.UNMOVABLE)
    assert (found["rounds"], found["migrated"]) == (8, 0)
    assert anywhere("lru_hook", spoiled, 2 * BLOCK)["result"] == u.RANGE_DONE
