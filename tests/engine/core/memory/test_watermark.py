"""Watermarks."""

from __future__ import annotations

import pytest

from engine import units as u
from engine.core.memory import watermark as w
from tests.engine.small_guest import all_free, half_full, settle


@pytest.mark.parametrize(
    ("order", "mark", "reserve", "flags", "is_ok"),
    [
        (0, 511, 0, 0, True),
        (0, 512, 0, 0, False),
        (0, 411, 100, 0, True),
        (0, 412, 100, 0, False),
        (1, 0, 0, 0, False),
        (0, 1000, 0, u.ALLOC_MIN_RESERVE, True),
        (0, 1100, 0, u.ALLOC_MIN_RESERVE, False),
        (0, 1300, 0, u.ALLOC_MIN_RESERVE | u.ALLOC_NON_BLOCK, True),
    ],
)
def test_meeting_a_mark_depends_on_order_reserve_and_flags(
    order: int, mark: int, reserve: int, flags: int, is_ok: bool
) -> None:
    assert w.watermark_ok(half_full(), 0, order, mark, reserve, flags) == is_ok


def test_an_order_needs_a_block_and_its_pages() -> None:
    guest = settle(all_free(1))
    assert w.watermark_ok(guest, 0, 9, 0, 0, 0)
    assert not w.watermark_ok(guest, 0, 10, 0, 0, 0)
    assert not w.watermark_ok(guest, 0, 9, 1, 0, 0), "511 of the 512 pages go away"


@pytest.mark.parametrize(
    ("mt", "flag"),
    [(u.MIGRATE_CMA, u.ALLOC_CMA), (u.MIGRATE_HIGHATOMIC, u.ALLOC_HIGHATOMIC)],
)
def test_reserved_memory_counts_only_for_requests_that_may_use_it(mt: int, flag: int) -> None:
    guest = all_free(1)
    guest.blocks["migratetype"] = mt
    settle(guest)
    for order in (0, 3):
        assert not w.watermark_ok(guest, 0, order, 16, 0, 0)
        assert w.watermark_ok(guest, 0, order, 16, 0, flag)


def test_marks_rise_with_the_boost() -> None:
    guest = half_full()
    guest.zones[0]["wmark_promo"] = 99
    assert [w.wmark_pages(guest, 0, which) for which in range(4)] == [16, 20, 24, 99]
    guest.zones[0]["watermark_boost"] = 512
    assert [w.wmark_pages(guest, 0, which) for which in range(4)] == [528, 532, 536, 611]
    assert w.zone_watermark_ok(guest, 0, 0, 511, 0)
    guest.zones[0]["lowmem_reserve"] = 1
    assert not w.zone_watermark_ok(guest, 0, 0, 511, 0)


def test_urgent_requests_ignore_the_boost_of_the_min_mark() -> None:
    guest = half_full()
    guest.zones[0]["watermark_boost"] = 4096
    mark = 16 + 4096
    assert not w.zone_watermark_fast(guest, 0, 0, mark, u.WMARK_MIN)
    assert w.zone_watermark_fast(guest, 0, 0, mark, u.WMARK_MIN | u.ALLOC_MIN_RESERVE)
    assert not w.zone_watermark_fast(guest, 0, 0, mark, u.WMARK_LOW | u.ALLOC_MIN_RESERVE)
