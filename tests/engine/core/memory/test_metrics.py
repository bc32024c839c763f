"""Free blocks of a guest per order."""

from __future__ import annotations

from engine import units as u
from engine.core.memory import metrics as m
from tests.engine.small_guest import all_free, put, settle


def test_counts_of_a_zone_cover_all_migratetypes() -> None:
    guest = all_free(5)
    guest.blocks["migratetype"] = (0, 1, 1, 1, u.MIGRATE_CMA)
    put(guest, [0])
    settle_types = settle(guest)
    assert m.free_counts(settle_types, 0).tolist() == [1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 1]
    assert m.main_zone(settle_types) == 0
