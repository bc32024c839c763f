"""Profile 2012: moving pages, and two defects of the hook as merged."""

from __future__ import annotations

from engine import units as u
from engine.core.compact.free_scanner import freepages_list
from engine.core.compact.migrate import ENOMEM
from engine.core.compact.migrate_2012 import migrate_pages_2012, putback_movable_pages_2012
from engine.core.compact.migrate_scanner_2012 import isolate_migratepages_2012
from engine.core.observe.check import CheckCode, validate
from engine.guest import Guest, set_kernel
from engine.kernels import LINUX_2012
from tests.engine.small_guest import BLOCK, all_free, list_of, pfns_of, put, settle, vm

CC = u.CC_MEMORY


def isolated(
    *pages: tuple[int, int, int], cc: int = CC, hook: int = u.HOOK_INTENDED, free: bool = True
) -> Guest:
    """A guest with these pages (pfn, state, flags) isolated; no targets unless ``free``."""
    guest = all_free(6)
    for pfn, state, flags in pages:
        put(guest, [pfn], state, flags)
    if not free:
        put(guest, range(2 * BLOCK, 6 * BLOCK), u.STATE_KERNEL)
    guest = settle(guest)
    set_kernel(guest, LINUX_2012)
    guest.vm[0]["rule_hook"] = hook
    c = guest.cc[cc]
    c["order"], c["mode"] = -1, u.MIGRATE_SYNC_LIGHT
    c["migrate_pfn"], c["free_pfn"] = BLOCK, 6 * BLOCK
    isolate_migratepages_2012(guest, cc)
    assert c["nr_migratepages"] == len(pages)
    return guest


def balloon(*pfns: int) -> list[tuple[int, int, int]]:
    return [(pfn, u.STATE_BALLOON, u.PG_MOVABLE_OPS) for pfn in pfns]


def test_pages_go_to_the_top_the_highest_first() -> None:
    guest = isolated((BLOCK, u.STATE_ANON, 0), (BLOCK + 1, u.STATE_FILE, 0))
    assert migrate_pages_2012(guest, CC) == 0
    # The migrate list runs downwards, and so do the targets.
    assert pfns_of(guest, u.STATE_FILE)[-1] > pfns_of(guest, u.STATE_ANON)[-1] >= 5 * BLOCK
    assert guest.cc[CC]["nr_migratepages"] == 0
    assert vm(guest, "pgmigrate_success", "pgmigrate_fail", "pages_copied") == (2, 0, 2)
    assert validate(guest)[0] == CheckCode.CLEAN


def test_a_busy_page_is_tried_ten_times_and_forgotten_by_the_counter() -> None:
    guest = isolated((BLOCK, u.STATE_ANON, u.PG_PINNED), (BLOCK + 1, u.STATE_ANON, 0))
    freed = int(guest.vm[0]["pgfree"])
    assert migrate_pages_2012(guest, CC) == 1
    assert list_of(guest, u.LIST_MIGRATEPAGES + CC) == [BLOCK]
    assert vm(guest, "pgmigrate_success", "pgmigrate_fail") == (1, 0)
    # Every pass used up a target, and gave it back to the allocator; one page was really moved.
    assert guest.vm[0]["pgfree"] - freed == 10 + 1
    assert guest.cc[CC]["round_failed"] == 1
    putback_movable_pages_2012(guest, CC)
    assert validate(guest)[0] == CheckCode.CLEAN
    assert guest.pages["state"][BLOCK] == u.STATE_ANON


def test_writeback_fails_for_good_and_goes_home_at_once() -> None:
    guest = isolated((BLOCK, u.STATE_FILE, u.PG_WRITEBACK))
    assert migrate_pages_2012(guest, CC) == 1
    assert list_of(guest, u.LIST_MIGRATEPAGES + CC) == []
    assert vm(guest, "pgmigrate_fail", "nr_isolated_file") == (1, 0)
    assert guest.pages["flags"][BLOCK] & u.PG_LRU


def test_only_compact_memory_waits_for_a_lock() -> None:
    for cc, left in ((CC, 0), (u.CC_DIRECT, 1), (u.CC_KCOMPACTD, 1)):
        guest = isolated((BLOCK, u.STATE_ANON, u.PG_LOCKED), cc=cc)
        assert migrate_pages_2012(guest, cc) == left


def test_without_a_target_migration_stops() -> None:
    guest = isolated((BLOCK, u.STATE_ANON, 0), (BLOCK + 1, u.STATE_ANON, 0), free=False)
    assert migrate_pages_2012(guest, CC) == ENOMEM
    assert guest.cc[CC]["nr_migratepages"] == 2


def test_a_balloon_page_costs_two_exits_and_no_copy() -> None:
    guest = isolated(*balloon(BLOCK))
    assert migrate_pages_2012(guest, CC) == 0
    assert vm(guest, "balloon_migrate", "host_exits", "pages_copied") == (1, 2, 0)
    assert list_of(guest, u.LIST_BALLOON) == pfns_of(guest, u.STATE_BALLOON)


def test_as_merged_a_balloon_page_can_move_once() -> None:
    for hook, known in ((u.HOOK_INTENDED, True), (u.HOOK_MERGED, False)):
        # Behind an LRU page: as merged the scanner takes no other.
        guest = isolated((BLOCK, u.STATE_ANON, 0), *balloon(BLOCK + 1), hook=hook)
        assert migrate_pages_2012(guest, CC) == 0
        (pfn,) = pfns_of(guest, u.STATE_BALLOON)
        assert bool(guest.pages["flags"][pfn] & u.PG_MOVABLE_OPS) == known
        assert guest.lists[u.LIST_BALLOON]["nr"] == 1


def test_an_unmoved_balloon_page_goes_home_as_intended() -> None:
    guest = isolated(*balloon(BLOCK, BLOCK + 1), free=False)
    assert migrate_pages_2012(guest, CC) == ENOMEM
    putback_movable_pages_2012(guest, CC)
    assert (guest.cc[CC]["balloon_isolated"], guest.cc[CC]["balloon_returned"]) == (2, 2)
    assert guest.vm[0]["balloon_isolated"] == 0
    assert list_of(guest, u.LIST_BALLOON) == [BLOCK, BLOCK + 1]
    assert validate(guest)[0] == CheckCode.CLEAN


def test_as_merged_it_leaks_to_the_lru_and_the_driver_waits_for_it_for_ever() -> None:
    guest = isolated((BLOCK, u.STATE_ANON, 0), *balloon(BLOCK + 1), hook=u.HOOK_MERGED, free=False)
    assert migrate_pages_2012(guest, CC) == ENOMEM
    putback_movable_pages_2012(guest, CC)
    assert (guest.vm[0]["balloon_isolated"], guest.cc[CC]["balloon_returned"]) == (1, 0)
    assert list_of(guest, u.LIST_BALLOON) == []
    assert list_of(guest, u.LRU_INACTIVE_FILE) == [BLOCK + 1]
    assert guest.blocks["nr_balloon"][1] == 0
    assert validate(guest)[0] == CheckCode.CLEAN


def test_unused_targets_stay_with_the_compactor() -> None:
    guest = isolated((BLOCK, u.STATE_ANON, 0))
    migrate_pages_2012(guest, CC)
    assert guest.cc[CC]["nr_freepages"] == guest.lists[freepages_list(CC, 0)]["nr"] > 0
