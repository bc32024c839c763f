"""Whether compacting a zone for an allocation is needed, and has a prospect."""

from engine import units as u
from engine.core.memory import suitable
from tests.engine.small_guest import BLOCK, all_free, put, settle


def test_free_area_nr_counts_all_types() -> None:
    guest = settle(all_free(16))
    assert suitable.free_area_nr(guest, 0, 10) == 8
    guest.blocks["migratetype"][0:2] = u.MIGRATE_UNMOVABLE
    assert suitable.free_area_nr(guest, 0, 9) == 0


def test_compaction_needs_targets_and_a_failure_for_fragmentation() -> None:
    guest = all_free(16)
    put(guest, range(0, 16 * BLOCK, 2))
    settle(guest)
    assert suitable.compaction_suit_allocation_order(guest, 0, 9, 0, 0) == u.COMPACT_CONTINUE
    assert suitable.compaction_suit_allocation_order(guest, 0, 0, 0, 0) == u.COMPACT_SUCCESS
    free = int(guest.zones[0]["nr_free"])
    # Costly orders: the low mark and room for twice the page.
    guest.zones[0]["wmark_low"] = free - 1024 - 1
    assert suitable.compaction_suitable(guest, 0, 9, 0)
    guest.zones[0]["wmark_low"] = free - 1024
    assert suitable.compaction_suit_allocation_order(guest, 0, 9, 0, 0) == u.COMPACT_SKIPPED
    assert suitable.suitable_watermark_ok(guest, 0, 9, 1)
    # Others: the min mark.
    assert suitable.compaction_suitable(guest, 0, 3, 0)
    guest.zones[0]["watermark_boost"] = free
    assert not suitable.compaction_suitable(guest, 0, 3, 0)


def test_lack_of_memory_is_no_reason_to_compact_for_a_costly_order() -> None:
    guest = all_free(32)
    put(guest, (p for p in range(32 * BLOCK) if p % BLOCK >= 256))
    settle(guest)  # 32 free blocks of order 8: the index for order 9 is below 500
    assert 0 <= suitable.zone_fragmentation_index(guest, 0, 9) <= 500
    assert not suitable.compaction_suitable(guest, 0, 9, 0)


def test_the_reserve_for_lower_zones_can_be_left_out() -> None:
    guest = all_free(16)
    put(guest, range(0, 16 * BLOCK, 2))
    settle(guest)
    reserve = int(guest.zones[0]["nr_free"])
    guest.zones[0]["lowmem_reserve"] = reserve
    assert suitable.compaction_suit_allocation_order(guest, 0, 9, 0, 0) == u.COMPACT_SKIPPED
    assert suitable.compaction_suit_allocation_order(guest, 0, 9, reserve, 0) == u.COMPACT_CONTINUE


def test_a_node_is_suitable_if_one_of_its_zones_is() -> None:
    guest = all_free(16)
    put(guest, range(0, 16 * BLOCK, 2))
    settle(guest)
    guest.vm[0]["kcompactd_order"] = 9
    assert suitable.kcompactd_node_suitable(guest)
    guest.zones[0]["lowmem_reserve"] = guest.zones[0]["nr_free"]
    assert not suitable.kcompactd_node_suitable(guest)
    guest.zones[0]["lowmem_reserve"] = 0
    guest.vm[0]["kcompactd_order"] = 0
    assert not suitable.kcompactd_node_suitable(guest), "order 0 is free: no need"
