"""What drop_caches frees."""

from __future__ import annotations

from engine import units as u
from engine.core.memory.page import set_flag
from engine.core.slowpath.drop_caches import drop_caches
from tests.engine.small_guest import BLOCK, all_free, list_of, put, settle, vm


def test_dropping_caches_frees_what_is_clean_and_unmapped() -> None:
    guest = all_free(8)
    put(guest, range(100), u.STATE_FILE)
    put(guest, range(BLOCK, BLOCK + 10), u.STATE_FILE, u.PG_ACTIVE)
    settle(guest)
    set_flag(guest, 5, u.PG_DIRTY)
    set_flag(guest, 6, u.PG_MAPPED)
    drop_caches(guest)
    assert list_of(guest, u.LRU_INACTIVE_FILE) == [6, 5]
    assert list_of(guest, u.LRU_ACTIVE_FILE) == []
    assert vm(guest, "drop_pagecache") == (1,)
