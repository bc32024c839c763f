"""The test of the hook on the generic paths: counted where it is made, never without the hook."""

import pytest

from engine import units as u
from engine.core.compact import hook, migrate, migrate_2012
from engine.core.compact.migrate_scanner import isolate_page
from engine.guest import Guest, set_kernel
from engine.kernels import LINUX_2012, MODERN
from tests.engine.small_guest import BLOCK, all_free, every, put, settle, vm

CC = u.CC_MEMORY
TOP = 7 * BLOCK
PLACES = ("hook_unmap", "hook_move", "hook_putback")
COUNTED = [name for place in PLACES for name in (place, f"{place}_balloon")]


def guest_with_both(rule: int, profile: int) -> Guest:
    """Isolated: a balloon page, a page that can move, and one with a reference too many."""
    guest = all_free(8)
    put(guest, every(2, TOP + 1, 8 * BLOCK))
    put(guest, (3,), u.STATE_BALLOON, u.PG_MOVABLE_OPS)
    put(guest, (4,), u.STATE_FILE)
    put(guest, (5,), u.STATE_FILE, u.PG_PINNED)
    settle(guest)
    set_kernel(guest, (MODERN, LINUX_2012)[profile])
    c = guest.cc[CC]
    c["order"], c["mode"], c["gfp"], c["active"] = -1, u.MIGRATE_ASYNC, u.GFP_KERNEL, 1
    c["migrate_pfn"], c["free_pfn"] = BLOCK, TOP
    for pfn in (3, 4, 5):
        isolate_page(guest, CC, pfn)
    guest.vm[0]["rule_hook"] = rule
    return guest


def test_every_isolated_page_is_tested_at_each_of_three_places() -> None:
    guest = guest_with_both(u.HOOK_INTENDED, u.PROFILE_MODERN)
    assert migrate.migrate_pages(guest, CC) == 1
    migrate.putback_movable_pages(guest, CC)
    assert vm(guest, *COUNTED) == (3, 1, 3, 1, 1, 0)


def test_linux_3_8_does_not_test_before_moving_and_tests_again_in_each_pass() -> None:
    guest = guest_with_both(u.HOOK_INTENDED, u.PROFILE_2012)
    migrate_2012.migrate_pages_2012(guest, CC)
    migrate_2012.putback_movable_pages_2012(guest, CC)
    assert vm(guest, *COUNTED) == (2 + migrate_2012.NR_PASSES, 1, 0, 0, 1, 0)


@pytest.mark.parametrize("profile", [u.PROFILE_MODERN, u.PROFILE_2012])
def test_without_the_hook_there_is_no_test(profile: int) -> None:
    guest = guest_with_both(u.HOOK_NONE, profile)
    if profile == u.PROFILE_MODERN:
        migrate.migrate_pages(guest, CC)
        migrate.putback_movable_pages(guest, CC)
    else:
        migrate_2012.migrate_pages_2012(guest, CC)
        migrate_2012.putback_movable_pages_2012(guest, CC)
    assert vm(guest, *COUNTED) == (0,) * len(COUNTED)


def test_each_counter_has_a_function() -> None:
    guest = guest_with_both(u.HOOK_INTENDED, u.PROFILE_MODERN)
    hook.note_test_in_unmap(guest, 3)
    hook.note_test_in_move(guest, 4)
    hook.note_test_in_putback(guest, 5)
    assert vm(guest, *COUNTED) == (1, 1, 1, 0, 1, 0)
