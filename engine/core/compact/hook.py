"""The hook's cost on the generic paths: every evaluation of its test is counted.

The scanner's own test is in core/compact/migrate_scanner.py, where it decides; those here only tell
an isolated balloon page from an LRU page. Without the hook (pinned, separate_pass,
dedicated_block) no generic path contains the test, and nothing is counted.
"""

from engine import units as u
from engine.core import core_jit


@core_jit
def note_test_in_putback(guest, pfn):
    """Count the test on a page that is put back.

    Args:
        guest: Guest. Writes vm.hook_putback, vm.hook_putback_balloon.
        pfn: int64, first page of what is put back.
    Source:
        mm/migrate.c putback_movable_pages(): __folio_test_movable(); 3.8: balloon_page_movable().
    """
    vm = guest.vm[0]
    if vm["rule_hook"] != u.HOOK_NONE:
        vm["hook_putback"] += 1
        if guest.pages[pfn]["state"] == u.STATE_BALLOON:
            vm["hook_putback_balloon"] += 1


@core_jit
def note_test_in_unmap(guest, pfn):
    """Count the test on a page about to be unmapped.

    Args:
        guest: Guest. Writes vm.hook_unmap, vm.hook_unmap_balloon.
        pfn: int64, first page of what is to move.
    Source:
        mm/migrate.c migrate_folio_unmap(): __folio_test_movable(); 3.8 mm/migrate.c
        __unmap_and_move(): balloon_page_movable().
    """
    vm = guest.vm[0]
    if vm["rule_hook"] != u.HOOK_NONE:
        vm["hook_unmap"] += 1
        if guest.pages[pfn]["state"] == u.STATE_BALLOON:
            vm["hook_unmap_balloon"] += 1


@core_jit
def note_test_in_move(guest, pfn):
    """Count the test on a page about to be moved to its target; Linux 3.8 has none there.

    Args:
        guest: Guest. Writes vm.hook_move, vm.hook_move_balloon.
        pfn: int64, first page of what moves.
    Source:
        mm/migrate.c move_to_new_folio(): __folio_test_movable().
    """
    vm = guest.vm[0]
    if vm["rule_hook"] != u.HOOK_NONE:
        vm["hook_move"] += 1
        if guest.pages[pfn]["state"] == u.STATE_BALLOON:
            vm["hook_move_balloon"] += 1
