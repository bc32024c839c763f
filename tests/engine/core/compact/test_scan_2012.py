"""Profile 2012: hints, cached positions, reset."""

from __future__ import annotations

import pytest

from engine import units as u
from engine.core.compact.scan_2012 import (
    align_up,
    reset_isolation_suitable_2012,
    update_free_skip,
    update_migrate_skip,
)
from engine.guest import Guest
from tests.engine.small_guest import BLOCK, all_free, settle

CC = u.CC_MEMORY


def skips(guest: Guest) -> list[int]:
    return [i for i, b in enumerate(guest.blocks) if b["flags"] & u.PB_SKIP]


@pytest.fixture
def guest() -> Guest:
    g = settle(all_free(4))
    g.zones[0]["cached_migrate_async"] = g.zones[0]["cached_migrate_sync"] = 1
    g.zones[0]["cached_free"] = 4 * BLOCK
    return g


def test_align_up_goes_to_the_next_pageblock_start() -> None:
    assert [align_up(p) for p in (0, 1, BLOCK, BLOCK + 1)] == [0, BLOCK, BLOCK, 2 * BLOCK]


def test_an_empty_pageblock_gets_the_hint_and_moves_both_positions(guest: Guest) -> None:
    update_migrate_skip(guest, CC, BLOCK, 0)
    update_free_skip(guest, CC, 3 * BLOCK, 0)
    zone = guest.zones[0]
    assert skips(guest) == [1, 3]
    assert zone["cached_migrate_async"] == zone["cached_migrate_sync"] == BLOCK
    assert zone["cached_free"] == 3 * BLOCK


def test_positions_only_move_towards_each_other(guest: Guest) -> None:
    update_migrate_skip(guest, CC, 2 * BLOCK, 0)
    update_migrate_skip(guest, CC, BLOCK, 0)
    update_free_skip(guest, CC, 2 * BLOCK, 0)
    update_free_skip(guest, CC, 3 * BLOCK, 0)
    assert guest.zones[0]["cached_migrate_async"] == 2 * BLOCK
    assert guest.zones[0]["cached_free"] == 2 * BLOCK


def test_a_pageblock_that_gave_pages_gets_no_hint(guest: Guest) -> None:
    update_migrate_skip(guest, CC, BLOCK, 1)
    update_free_skip(guest, CC, 3 * BLOCK, 1)
    assert skips(guest) == []
    assert guest.zones[0]["cached_migrate_async"] == 1


def test_positions_stay_once_the_scanner_has_taken_pages(guest: Guest) -> None:
    guest.cc[CC]["finished_update_migrate"] = guest.cc[CC]["finished_update_free"] = 1
    update_migrate_skip(guest, CC, BLOCK, 0)
    update_free_skip(guest, CC, 3 * BLOCK, 0)
    assert skips(guest) == [1, 3]
    assert guest.zones[0]["cached_migrate_async"] == 1
    assert guest.zones[0]["cached_free"] == 4 * BLOCK


def test_the_balloon_pass_leaves_no_hint(guest: Guest) -> None:
    guest.cc[u.CC_PASS]["no_set_skip_hint"] = 1
    update_free_skip(guest, u.CC_PASS, 3 * BLOCK, 0)
    assert skips(guest) == []


def test_the_reset_clears_every_hint_where_it_was_asked_for(guest: Guest) -> None:
    guest.blocks["flags"] |= u.PB_SKIP
    guest.zones[0]["cached_migrate_async"] = 2 * BLOCK
    reset_isolation_suitable_2012(guest)
    assert skips(guest) == [0, 1, 2, 3]
    guest.zones[0]["compact_blockskip_flush"] = 1
    reset_isolation_suitable_2012(guest)
    zone = guest.zones[0]
    assert skips(guest) == []
    assert (zone["cached_migrate_async"], zone["cached_free"]) == (1, 4 * BLOCK)
    assert zone["compact_blockskip_flush"] == 0
