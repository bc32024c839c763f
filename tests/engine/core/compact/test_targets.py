"""Targets: handed out split as far as needed, and taken back."""

from engine import units as u
from engine.core.compact import targets
from engine.core.compact.free_scanner import freepages_list
from engine.core.compact.migrate_scanner import isolate_page
from tests.engine.small_guest import BLOCK, all_free, list_of, put, settle

CC = u.CC_MEMORY
TOP = 7 * BLOCK  # where the free scanner stands


def test_targets_are_split_only_as_far_as_needed() -> None:
    guest = all_free(8)
    put(guest, range(TOP, TOP + 16))
    put(guest, (3,))
    settle(guest)
    c = guest.cc[CC]
    c["order"], c["mode"], c["gfp"], c["active"] = -1, u.MIGRATE_SYNC, u.GFP_KERNEL, 1
    c["migrate_pfn"], c["free_pfn"] = BLOCK, TOP
    isolate_page(guest, CC, 3)
    assert targets.compaction_alloc(guest, CC, 0) == TOP + 16
    held = {o: list_of(guest, freepages_list(CC, o)) for o in range(u.NR_PAGE_ORDERS)}
    assert {o: p for o, p in held.items() if p} == {
        0: [TOP + 17],
        1: [TOP + 18],
        2: [TOP + 20],
        3: [TOP + 24],
    }
    assert c["nr_freepages"] == 15
    assert targets.compaction_alloc(guest, CC, 2) == TOP + 20
    targets.compaction_free(guest, CC, TOP + 20)
    assert list_of(guest, freepages_list(CC, 2)) == [TOP + 20]
    assert c["nr_freepages"] == 15


def test_nothing_is_handed_out_where_nothing_is_free() -> None:
    guest = all_free(2)
    put(guest, range(2 * BLOCK))
    settle(guest)
    guest.cc[CC]["migrate_pfn"], guest.cc[CC]["free_pfn"] = 0, BLOCK
    assert targets.smallest_freepage_order(guest, CC, 0) == u.NR_PAGE_ORDERS
    assert targets.compaction_alloc(guest, CC, 0) == u.PFN_NONE
