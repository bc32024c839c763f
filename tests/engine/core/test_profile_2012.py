"""What changes when a guest takes the laws of another kernel."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine import units as u
from engine.core.observe import check
from engine.core.profile_2012 import adopt_kernel, zone_batchsize_2012
from engine.kernels import LINUX_2012, MODERN, Kernel
from engine.snapshot import copy_guest
from tests.engine.small_guest import BLOCK, all_free, list_of, put, same, settle, two_zones


@pytest.mark.parametrize(
    ("managed", "batch"), [(1 << 20, 31), (1 << 18, 31), (1 << 16, 15), (4096, 0), (1000, 0)]
)
def test_the_batch_follows_from_the_size_of_the_zone(managed: int, batch: int) -> None:
    assert zone_batchsize_2012(managed) == batch


def test_marks_are_a_quarter_and_a_half_above_min() -> None:
    guest = settle(all_free(8))
    guest.zones[0]["wmark_min"] = 1024
    guest.zones[0]["watermark_boost"] = 512
    adopt_kernel(guest, LINUX_2012)
    zone = guest.zones[0]
    assert (zone["wmark_low"], zone["wmark_high"], zone["watermark_boost"]) == (1280, 1536, 0)


def test_at_most_two_pageblocks_are_reserved_none_with_reserved_pages() -> None:
    guest = all_free(8)
    put(guest, range(4), u.STATE_RESERVED)
    settle(guest)
    guest.zones[0]["wmark_min"] = 5000
    adopt_kernel(guest, LINUX_2012)
    assert list(guest.blocks["migratetype"]) == [1, 3, 3, 1, 1, 1, 1, 1]
    assert check.validate(guest) == (0, u.PFN_NONE)


def test_highatomic_pageblocks_are_given_up() -> None:
    guest = all_free(4)
    guest.blocks["migratetype"][3] = u.MIGRATE_HIGHATOMIC
    guest.zones[0]["nr_reserved_highatomic"] = BLOCK
    settle(guest)
    guest.zones[0]["wmark_min"] = 0
    adopt_kernel(guest, LINUX_2012)
    assert list(guest.blocks["migratetype"]) == [1, 1, 1, u.MIGRATE_UNMOVABLE]
    assert guest.zones[0]["nr_free_highatomic"] == 0
    assert check.validate(guest) == (0, u.PFN_NONE)


def test_page_cache_of_all_zones_is_listed_together_the_lower_zone_the_older() -> None:
    guest = two_zones(used=[2060, 5, 2050, 6], state=u.STATE_FILE)
    adopt_kernel(guest, LINUX_2012)
    assert list_of(guest, u.LRU_INACTIVE_FILE) == [2050, 2060, 6, 5]
    assert check.validate(guest) == (0, u.PFN_NONE)


def test_only_the_laws_decide_what_is_set_up() -> None:
    guest = all_free(4)
    put(guest, [2 * BLOCK])
    guest.blocks["migratetype"][3] = u.MIGRATE_HIGHATOMIC
    guest.zones[0]["nr_reserved_highatomic"] = BLOCK
    settle(guest)
    guest.zones[0]["pcp_high"] = guest.zones[0]["pcp_batch"] = 1000
    rules = replace(MODERN.rules, pcp_batch_by_zone=1)
    adopt_kernel(guest, Kernel("third", "Linux 4.19", 2, 1, rules))
    zone = guest.zones[0]
    assert (zone["pcp_batch"], zone["pcp_high"]) == (1, 6)
    assert list(guest.blocks["migratetype"]) == [1, 1, 1, u.MIGRATE_HIGHATOMIC]
    assert (zone["wmark_low"], zone["nr_free_highatomic"]) == (20, BLOCK)
    assert (guest.vm[0]["profile"], guest.vm[0]["variant"]) == (2, 1)
    assert check.validate(guest) == (0, u.PFN_NONE)


def test_a_modern_guest_stays_as_it_is() -> None:
    guest = settle(all_free(4))
    guest.zones[0]["watermark_boost"] = 7
    before = copy_guest(guest)
    adopt_kernel(guest, MODERN)
    assert same(guest, before)
