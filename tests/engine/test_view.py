"""GuestView: what designs, server and command line see."""

from __future__ import annotations

import pytest

from engine import units as u
from engine.snapshot import digest
from engine.view import PLANES, STAT_FIELDS, GuestView
from tests.engine.small_guest import all_free, put, settle


def test_a_view_has_every_plane_and_statistic() -> None:
    view = GuestView(settle(all_free(4)), busy=True)
    assert list(view.planes) == [name for name, _ in PLANES]
    assert len(view.stats) == len(STAT_FIELDS) == len(set(STAT_FIELDS))
    assert view.stat("busy") == 1
    assert view.stat_dict()["free_blocks"] == view.stat("free_blocks") == 4


def test_a_view_cannot_be_written_and_does_not_follow_the_guest() -> None:
    guest = settle(all_free(4))
    view = GuestView(guest)
    for array in (*view.planes.values(), view.stats):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    guest.blocks["nr_free"][0] = 7
    assert view.planes["free"][0] == 512


def test_looking_changes_nothing() -> None:
    guest = all_free(4)
    put(guest, [5], u.STATE_BALLOON)
    settle(guest)
    before = digest(guest)
    assert GuestView(guest).stat("balloon_actual") == 1
    assert digest(guest) == before
