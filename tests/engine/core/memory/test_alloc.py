"""The allocator's fast path: zones, watermarks, flags, and giving back."""

from __future__ import annotations

from engine import units as u
from engine.core.memory import alloc
from engine.core.memory.lru import lru_add
from engine.core.memory.page import set_state
from engine.core.observe.check import validate
from engine.guest import Guest
from tests.engine.small_guest import BLOCK, all_free, list_of, put, settle, two_zones, vm

MOVABLE, UNMOVABLE = u.MIGRATE_MOVABLE, u.MIGRATE_UNMOVABLE


def take_all(guest: Guest, mt: int = MOVABLE, flags: int = u.WMARK_LOW) -> list[int]:
    """Allocate single pages until there is none; they become slab."""
    found = []
    while (pfn := int(alloc.get_page_from_freelist(guest, 0, mt, flags))) != u.PFN_NONE:
        set_state(guest, pfn, 0, u.STATE_SLAB, 0)
        found.append(pfn)
    return found


def test_the_highest_zone_first_each_down_to_its_watermark() -> None:
    guest = two_zones()
    guest.zones[0]["lowmem_reserve"] = 50
    found = take_all(guest)
    assert all(pfn >= 2048 for pfn in found[:1848])
    assert all(pfn < 2048 for pfn in found[1848:])
    assert guest.zones["nr_free"].tolist() == [250, 200]
    assert len(take_all(guest, flags=u.WMARK_MIN)) == 200
    assert len(take_all(guest, flags=u.ALLOC_NO_WATERMARKS)) == 250
    assert vm(guest, "pgalloc") == (4096,)


def test_only_movable_requests_use_the_movable_zone() -> None:
    guest = two_zones(u.ZONE_MOVABLE)
    assert alloc.get_page_from_freelist(guest, 9, UNMOVABLE, u.WMARK_LOW) < 2048
    assert alloc.get_page_from_freelist(guest, 9, MOVABLE, u.WMARK_LOW) >= 2048


def test_nofragment_is_for_guests_with_a_normal_zone() -> None:
    both = u.ALLOC_NOFRAGMENT | u.ALLOC_KSWAPD
    assert alloc.alloc_flags_nofragment(two_zones(), UNMOVABLE, u.ALLOC_KSWAPD) == both
    movable = two_zones(u.ZONE_MOVABLE)
    assert alloc.alloc_flags_nofragment(movable, MOVABLE, 0) == 0
    dma32 = settle(all_free(4, name=u.ZONE_DMA32))
    assert alloc.alloc_flags_nofragment(dma32, MOVABLE, 0) == 0


def test_nofragment_prefers_the_lower_zone_to_mixing() -> None:
    used = range(2048, 4096, BLOCK)  # one page of each pageblock of the upper zone
    guest = two_zones(used=used)
    pfn = alloc.get_page_from_freelist(guest, 0, UNMOVABLE, u.ALLOC_NOFRAGMENT | u.WMARK_LOW)
    assert pfn < 2048
    guest = two_zones(used=used)
    assert alloc.get_page_from_freelist(guest, 0, UNMOVABLE, u.WMARK_LOW) >= 2048


def test_nofragment_gives_way_when_nothing_else_is_left() -> None:
    guest = all_free(4)
    put(guest, range(0, 2048, 2))
    settle(guest)
    pfn = alloc.get_page_from_freelist(guest, 0, UNMOVABLE, u.ALLOC_NOFRAGMENT | u.WMARK_LOW)
    assert pfn != u.PFN_NONE


def test_a_boosted_zone_wakes_kswapd_once() -> None:
    guest = settle(all_free(8))
    guest.zones[0]["zone_flags"] = u.ZONE_BOOSTED_WATERMARK
    guest.zones[0]["watermark_boost"] = 1
    set_state(guest, alloc.get_page_from_freelist(guest, 0, MOVABLE, 0), 0, u.STATE_SLAB, 0)
    assert vm(guest, "kswapd_awake") == (0,)
    flags = u.ALLOC_KSWAPD
    set_state(guest, alloc.get_page_from_freelist(guest, 0, MOVABLE, flags), 0, u.STATE_SLAB, 0)
    assert vm(guest, "kswapd_awake") == (1,)
    assert guest.zones[0]["zone_flags"] == 0


def test_highatomic_requests_reserve_and_others_find_the_reserve_when_urgent() -> None:
    guest = settle(all_free(4))
    guest.zones[0]["managed"] = 200 * BLOCK
    flags = u.ALLOC_HIGHATOMIC | u.WMARK_MIN
    pfn = alloc.get_page_from_freelist(guest, 3, UNMOVABLE, flags)
    set_state(guest, pfn, 3, u.STATE_KERNEL, 0)
    assert guest.blocks["migratetype"][pfn // BLOCK] == u.MIGRATE_HIGHATOMIC
    assert alloc.get_page_from_freelist(guest, 3, UNMOVABLE, flags) // BLOCK == pfn // BLOCK
    while True:
        taken = alloc.rmqueue_buddy(guest, 0, 0, MOVABLE, 0)
        if taken == u.PFN_NONE:
            break
        set_state(guest, taken, 0, u.STATE_SLAB, 0)
    urgent = alloc.rmqueue_buddy(guest, 0, 0, MOVABLE, u.ALLOC_NON_BLOCK)
    assert urgent // BLOCK == pfn // BLOCK


def test_freeing_takes_a_page_off_the_lru_and_away_from_its_owner() -> None:
    guest = settle(all_free(4))
    pfn = int(alloc.get_page_from_freelist(guest, 0, MOVABLE, 0))
    set_state(guest, pfn, 0, u.STATE_ANON, u.PG_ACTIVE)
    lru_add(guest, pfn)
    guest.pages[pfn]["handle"], guest.pages[77]["where"] = 77, pfn
    assert validate(guest) == (0, u.PFN_NONE)
    alloc.free_pages(guest, pfn, 0)
    assert guest.pages[pfn]["handle"] == guest.pages[77]["where"] == u.PFN_NONE
    assert list_of(guest, u.LRU_ACTIVE_ANON) == []
    assert guest.zones[0]["nr_free"] == 4 * BLOCK
    assert vm(guest, "pgfree") == (1,)
    assert validate(guest) == (0, u.PFN_NONE)
