"""Single pages out of a range: what can be isolated, where it goes, what is put back."""

from __future__ import annotations

import pytest

from engine import units as u
from engine.core.compact.migrate import EAGAIN
from engine.core.memory.page import set_flag
from engine.core.ranges import isolation, range_migrate
from tests.engine.ranges import END, PROFILES, START, make, validate
from tests.engine.small_guest import list_of, pfns_of, vm

MODERN, OLD = PROFILES


def test_each_kind_of_page_can_be_moved_or_not() -> None:
    guest = make("lru_hook", MODERN, [START + 1])
    kinds = [int(range_migrate.movable_kind(guest, pfn)) for pfn in (START, START + 1, START + 3)]
    assert kinds == [range_migrate.KIND_LRU, range_migrate.KIND_BALLOON, range_migrate.KIND_KEEP]
    assert vm(guest, "hook_checks", "hook_checks_balloon") == (1, 1)
    guest = make("pinned", MODERN, [START + 1])
    assert range_migrate.movable_kind(guest, START + 1) == range_migrate.KIND_KEEP
    assert vm(guest, "hook_checks") == (0,)


@pytest.mark.parametrize("profile", PROFILES)
def test_what_fails_is_put_back_and_counted(profile: int) -> None:
    guest = make("lru_hook", profile, [START + 1])
    set_flag(guest, START, u.PG_PINNED)
    for pfn in (START, START + 1, START + 4):
        range_migrate.isolate_range_page(guest, pfn)
    assert list_of(guest, u.LIST_RANGE) == [START, START + 1, START + 4]
    failed, error = range_migrate.migrate_range(guest)
    assert (failed, error) == (START, EAGAIN)
    assert vm(guest, "range_migrated", "range_returned", "pgmigrate_fail") == (2, 1, 1)
    assert vm(guest, "nr_isolated_anon", "balloon_isolated") == (0, 0)
    assert list_of(guest, u.LIST_RANGE) == []
    validate(guest)


def test_the_pass_takes_scattered_pages_in_batches() -> None:
    guest = make("separate_pass:batch=16", MODERN, range(START, START + 40), lru=())
    vm_record = guest.vm[0]
    vm_record["range_pos"] = START
    vm_record["range_start_pfn"], vm_record["range_end_pfn"] = START, END
    isolation.start_isolate_page_range(guest, START, END, u.MIGRATE_MOVABLE, 1)
    assert not range_migrate.pass_over_range(guest, 16)
    assert vm(guest, "pass_migrated", "host_exits", "host_pfns") == (16, 2, 32)
    assert range_migrate.pass_over_range(guest, 1000)
    assert vm(guest, "pass_migrated", "host_exits", "host_pfns") == (40, 6, 80)
    assert len(pfns_of(guest, u.STATE_BALLOON)) == 40
    validate(guest)
