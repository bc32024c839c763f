"""Memory offlining: what each design and each kernel makes of a range with balloon pages in it."""

from __future__ import annotations

import pytest

from engine import units as u
from engine.core.balloon.balloon import balloon_size
from engine.core.memory.page import clear_flag, set_flag
from engine.core.ranges.range_codes import RangeReason
from engine.guest import Guest
from tests.engine.ranges import (
    END,
    LRU,
    PROFILES,
    START,
    is_offline,
    make,
    run_offline,
    stopped,
)
from tests.engine.small_guest import BLOCK, pfns_of, put, settle, vm

MODERN, OLD = PROFILES
NR_LRU = len(LRU)
LATE = START + BLOCK + 400  # behind 356 LRU pages: more than 3.8 takes at once
EVERYWHERE = ("pinned", "lru_hook", "separate_pass", "separate_pass:ranges=off", "dedicated_block")


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("key", EVERYWHERE)
def test_without_balloon_pages_every_design_offlines_the_range(key: str, profile: int) -> None:
    guest = make(key, profile)
    found = run_offline(guest)
    assert (found["result"], found["migrated"], found["wasted"]) == (u.RANGE_DONE, NR_LRU, 0)
    assert is_offline(guest)
    assert len(pfns_of(guest, u.STATE_ANON)) == NR_LRU
    assert vm(guest, "offline_pages", "pages_copied") == (END - START, NR_LRU)
    assert guest.zones[0]["managed"] == guest.zones[0]["present"] == 14 * BLOCK


# -- a pinned page


@pytest.mark.parametrize("profile", PROFILES)
def test_pinned_page_in_an_unmovable_block_is_refused_at_once(profile: int) -> None:
    guest = make("pinned", profile, [LATE], u.MIGRATE_UNMOVABLE)
    found = run_offline(guest)
    assert stopped(guest, RangeReason.UNMOVABLE, LATE)
    assert (found["rounds"], found["migrated"], found["returned"]) == (0, 0, 0)


def test_pinned_page_in_a_movable_block_wastes_work_in_3_8() -> None:
    guest = make("pinned", OLD, [LATE])
    found = run_offline(guest)
    assert stopped(guest, RangeReason.NOT_ON_LRU, LATE)
    nr_before = NR_LRU - len([p for p in LRU if p >= LATE])
    # 256 at once; the pages left in front of it were taken and put back five times.
    assert found["migrated"] == found["wasted"] == nr_before // 256 * 256
    assert found["returned"] == 5 * (nr_before % 256)


def test_pinned_page_in_front_lets_3_8_move_everything_in_vain() -> None:
    guest = make("pinned", OLD, [START])
    found = run_offline(guest)
    assert stopped(guest, RangeReason.IN_USE, START)
    assert found["migrated"] == found["wasted"] == NR_LRU - 1


def test_pinned_page_in_a_movable_block_is_seen_at_once_by_6_12() -> None:
    guest = make("pinned", MODERN, [LATE])
    found = run_offline(guest)
    assert stopped(guest, RangeReason.UNMOVABLE, LATE)
    assert (found["migrated"], found["returned"]) == (0, 0)


# -- the hook


@pytest.mark.parametrize(
    ("pfn", "reason"), [(LATE, RangeReason.NOT_ON_LRU), (START, RangeReason.IN_USE)]
)
def test_the_hook_of_3_8_does_not_help_offlining(pfn: int, reason: RangeReason) -> None:
    guest = make("lru_hook", OLD, [pfn])
    found = run_offline(guest)
    assert stopped(guest, reason, pfn)
    assert found["wasted"] > 0
    assert vm(guest, "balloon_migrate") == (0,)


def test_the_hook_of_6_12_helps_offlining() -> None:
    guest = make("lru_hook", MODERN, [START, LATE])
    found = run_offline(guest)
    assert (found["result"], found["wasted"]) == (u.RANGE_DONE, 0)
    assert is_offline(guest)
    assert balloon_size(guest) == 2
    # Two exits a page, one page a message, nothing copied.
    assert vm(guest, "balloon_migrate", "host_exits", "host_pfns") == (2, 4, 4)


# -- the pass


@pytest.mark.parametrize("profile", PROFILES)
def test_the_pass_helps_if_it_is_called_for_the_range(profile: int) -> None:
    balloon = list(range(START, START + 300))
    guest = make("separate_pass", profile, balloon)
    found = run_offline(guest)
    assert (found["result"], found["wasted"]) == (u.RANGE_DONE, 0)
    assert is_offline(guest)
    assert balloon_size(guest) == 300
    # 256 pages a message, twice; nothing beyond the range was looked at.
    assert vm(guest, "pass_runs", "pass_migrated", "host_exits") == (1, 300, 4)
    assert vm(guest, "pass_scanned")[0] <= END - START


@pytest.mark.parametrize("key", ["separate_pass:ranges=off", "separate_pass:type=unmovable"])
def test_a_pass_not_called_for_the_range_does_not_help(key: str) -> None:
    guest = make(key, OLD, [LATE])
    assert run_offline(guest)["wasted"] > 0
    assert stopped(guest, RangeReason.NOT_ON_LRU, LATE)
    guest = make(key, MODERN, [LATE])
    assert run_offline(guest)["wasted"] == 0
    assert stopped(guest, RangeReason.UNMOVABLE, LATE)
    assert vm(guest, "pass_runs") == (0,)


# -- dedicated blocks


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("key", ["dedicated_block", "dedicated_block:own_type"])
def test_a_dedicated_block_is_refused_at_once(key: str, profile: int) -> None:
    mt = u.MIGRATE_BALLOON if "own_type" in key else u.MIGRATE_UNMOVABLE
    guest = make(key, profile, range(START + BLOCK, END), lru=LRU[: BLOCK // 2])
    guest.blocks["migratetype"][(START + BLOCK) >> u.PAGEBLOCK_ORDER] = mt
    found = run_offline(guest)
    assert stopped(guest, RangeReason.UNMOVABLE, START + BLOCK)
    assert (found["migrated"], found["returned"]) == (0, 0)
    assert guest.blocks["migratetype"][(START + BLOCK) >> u.PAGEBLOCK_ORDER] == mt


# -- the rest of the machine


@pytest.mark.parametrize("profile", PROFILES)
def test_five_rounds_without_gain_end_offlining(profile: int) -> None:
    guest = make("pinned", profile)
    set_flag(guest, START + 8, u.PG_PINNED)
    found = run_offline(guest)
    assert stopped(guest, RangeReason.NOT_MIGRATED, START + 8)
    assert found["migrated"] == found["wasted"] == NR_LRU - 1
    clear_flag(guest, START + 8, u.PG_PINNED)
    again = make("pinned", profile)
    assert run_offline(again)["result"] == u.RANGE_DONE


@pytest.mark.parametrize("profile", PROFILES)
def test_without_a_target_offlining_stops(profile: int) -> None:
    guest = make("pinned", profile, lru=range(2 * BLOCK, 16 * BLOCK))
    guest.zones[0]["wmark_min"] = guest.zones[0]["wmark_low"] = BLOCK * 2
    found = run_offline(guest)
    assert (found["result"], found["reason"]) == (u.RANGE_STOPPED, RangeReason.NO_TARGET)
    assert found["wasted"] == found["migrated"]


def test_locked_and_written_pages_are_waited_for() -> None:
    guest = make("pinned", MODERN)
    set_flag(guest, START, u.PG_LOCKED)
    set_flag(guest, START + 4, u.PG_WRITEBACK)
    assert run_offline(guest)["result"] == u.RANGE_DONE


@pytest.mark.parametrize("profile", PROFILES)
def test_a_range_goes_offline_only_once(profile: int) -> None:
    guest = make("pinned", profile)
    run_offline(guest)
    guest.vm[0]["range_result"] = guest.vm[0]["range_rounds"] = 0
    found = run_offline(guest, END - BLOCK, END)
    assert (found["result"], found["reason"]) == (u.RANGE_STOPPED, RangeReason.HOLE)
    assert found["pfn"] == END - BLOCK
    assert is_offline(guest)


@pytest.mark.parametrize("profile", PROFILES)
def test_per_cpu_lists_do_not_keep_pages_back(profile: int) -> None:
    guest = make("pinned", profile)
    guest.zones[0]["pcp_high"], guest.zones[0]["pcp_batch"] = 100, 10
    assert run_offline(guest)["result"] == u.RANGE_DONE
    assert guest.zones[0]["pcp_high"] == 100
    failing = make("pinned", profile, [LATE])
    failing.zones[0]["pcp_high"], failing.zones[0]["pcp_batch"] = 100, 10
    assert run_offline(failing)["result"] == u.RANGE_STOPPED
    assert failing.zones[0]["pcp_high"] == 100


def large_guest(profile: int, state: int) -> Guest:
    """A guest with one 2 MiB page in the range, the rest of the machine free."""
    guest = make("pinned", profile, lru=())
    fresh = Guest(*(array.copy() for array in guest))
    fresh.lists["first"] = fresh.lists["last"] = u.PFN_NONE
    fresh.lists["nr"] = 0
    fresh.pages["next"] = fresh.pages["prev"] = u.PFN_NONE
    put(fresh, [START], state, order=u.PAGEBLOCK_ORDER)
    fresh.pages["order"][fresh.pages["state"] == u.STATE_FREE] = u.ORDER_TAIL
    return settle(fresh)


@pytest.mark.parametrize(("profile", "orders"), [(MODERN, 1), (OLD, BLOCK)])
def test_a_large_page_moves_whole_or_in_parts(profile: int, orders: int) -> None:
    guest = large_guest(profile, u.STATE_THP)
    found = run_offline(guest)
    assert (found["result"], found["migrated"]) == (u.RANGE_DONE, BLOCK)
    assert int((guest.pages["order"][pfns_of(guest, u.STATE_THP)] <= 10).sum()) == orders


def test_a_hugetlb_page_moves_in_6_12_and_not_in_3_8() -> None:
    guest = large_guest(MODERN, u.STATE_HUGE)
    assert run_offline(guest)["result"] == u.RANGE_DONE
    assert len(pfns_of(guest, u.STATE_HUGE)) == BLOCK
    guest = large_guest(OLD, u.STATE_HUGE)
    run_offline(guest)
    assert stopped(guest, RangeReason.IN_USE, START)
