"""Pageblocks for high-order atomic allocations."""

from engine import units as u
from engine.core.memory.freearea import rmqueue_smallest
from engine.core.memory.highatomic import (
    reserve_highatomic_pageblock,
    unreserve_highatomic_pageblock,
)
from engine.core.memory.page import set_state
from engine.core.observe.check import validate
from engine.guest import Guest
from tests.engine.small_guest import BLOCK, all_free, settle

HIGHATOMIC = u.MIGRATE_HIGHATOMIC


def guest_of(nr_managed_blocks: int) -> Guest:
    """Four pageblocks of a zone that claims to have more."""
    guest = settle(all_free(4))
    guest.zones[0]["managed"] = nr_managed_blocks * BLOCK
    return guest


def reserve(guest: Guest) -> int:
    """Allocate order 3 and reserve its pageblock."""
    pfn = int(rmqueue_smallest(guest, 0, 3, u.MIGRATE_MOVABLE))
    reserve_highatomic_pageblock(guest, 0, pfn, 3)
    set_state(guest, pfn, 3, u.STATE_KERNEL, 0)
    return pfn


def test_small_zones_reserve_nothing() -> None:
    guest = guest_of(99)
    reserve(guest)
    assert guest.zones[0]["nr_reserved_highatomic"] == 0


def test_one_percent_is_reserved_rounded_up() -> None:
    guest = guest_of(101)
    for nr in (1, 2, 2):
        reserve(guest)
        assert guest.zones[0]["nr_reserved_highatomic"] == nr * BLOCK
    assert guest.blocks["migratetype"].tolist().count(HIGHATOMIC) == 2
    assert guest.zones[0]["nr_free_highatomic"] == 2 * (BLOCK - 8)
    assert validate(guest) == (0, u.PFN_NONE)


def test_the_last_reserve_is_given_back_by_force_only() -> None:
    guest = guest_of(101)
    reserve(guest)
    reserve(guest)
    assert unreserve_highatomic_pageblock(guest, u.MIGRATE_UNMOVABLE, 0)
    assert guest.zones[0]["nr_reserved_highatomic"] == BLOCK
    assert not unreserve_highatomic_pageblock(guest, u.MIGRATE_UNMOVABLE, 0)
    assert unreserve_highatomic_pageblock(guest, u.MIGRATE_UNMOVABLE, 1)
    assert not unreserve_highatomic_pageblock(guest, u.MIGRATE_UNMOVABLE, 1)
    assert HIGHATOMIC not in guest.blocks["migratetype"]
    assert guest.blocks["migratetype"].tolist().count(u.MIGRATE_UNMOVABLE) == 2
    assert guest.zones[0]["nr_free_highatomic"] == 0
    assert validate(guest) == (0, u.PFN_NONE)


def test_large_blocks_are_given_back_whole() -> None:
    guest = guest_of(201)
    reserve_highatomic_pageblock(guest, 0, 0, 10)
    assert guest.zones[0]["nr_reserved_highatomic"] == 2 * BLOCK
