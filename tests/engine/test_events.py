"""What is written down for those who watch: the engine's own moves, bounded, and no part of it."""

from __future__ import annotations

import numpy as np
import pytest

from engine import commands as c
from engine import events as ev
from engine import units as u
from engine.guest import Guest
from engine.snapshot import copy_guest, restore
from engine.world import World, WorldConfig
from tests.engine.small_guest import BLOCK, all_free, put, same, settle
from tests.engine.traces import FIRST, made, trace
from tests.engine.worlds import SMALLEST, TENTH, world

NR_MOVED = 20  # fewer than a trace tells of one reason and kind


def scattered() -> Guest:
    """Eight pageblocks with a few pages in the lower ones and something in the upper ones."""
    guest = all_free(8, 1)
    put(guest, [FIRST + 7 * i for i in range(NR_MOVED // 2)])
    put(guest, [FIRST + BLOCK + 7 * i for i in range(NR_MOVED // 2)], u.STATE_BALLOON)
    put(guest, range(FIRST + 4 * BLOCK, FIRST + 8 * BLOCK, BLOCK), u.STATE_KERNEL)
    return settle(guest)


def rows_of(happened: ev.Happened, *whats: int) -> list[list[int]]:
    return [row for row in happened.rows.tolist() if row[1] & 255 in whats]


@pytest.mark.parametrize("profile", u.PROFILES)
def test_each_flight_is_a_move_that_the_trace_tells_of(profile: str) -> None:
    w = made(scattered(), profile=profile)
    told = [
        (entry["pfn"], entry["to"])
        for entry in trace(w, 16)["handled"]
        if entry["reason"] == "moved" and entry["outcome"] == "moved"
    ]
    ev.watch(w.guest(0), True)
    w.step(16)
    moves, _, places = ev.take_events(w.guest(0))
    assert 0 < len(told) == moves.total
    assert moves.every == 1
    assert sorted((row[2], row[3]) for row in moves.rows.tolist()) == sorted(told)
    kinds = {row[1] >> 8 & 255 for row in moves.rows.tolist()}
    assert kinds <= {u.STATE_ANON, u.STATE_BALLOON}
    assert rows_of(places, u.EVENT_MET)
    scanned = [row[2] for row in rows_of(places, u.EVENT_SCANNED)]
    assert scanned == sorted(scanned)  # the migrate scanner goes up


def test_free_blocks_that_came_and_went_add_up_to_the_number_on_the_page() -> None:
    w = world("lru_hook", nr_pages=SMALLEST)
    ev.watch(w.guest(0), True)
    for command in (c.BalloonInflate(256), c.CompactMemory()):
        w.apply(command)
        while w.busy():
            before = w.view(0).stat_dict()["free_blocks_all"]
            w.step(1)
            places = ev.take_events(w.guest(0))[2]
            gained = sum(1 << (row[1] >> 16) - 9 for row in rows_of(places, u.EVENT_FREE))
            lost = sum(1 << (row[1] >> 16) - 9 for row in rows_of(places, u.EVENT_USED))
            assert places.every == 1
            assert w.view(0).stat_dict()["free_blocks_all"] == before + gained - lost


def test_pages_of_the_balloon_come_one_by_one() -> None:
    w = world("pinned", nr_pages=SMALLEST)
    ev.watch(w.guest(0), True)
    w.apply(c.BalloonInflate(256))
    w.run_until_idle()
    taken = ev.take_events(w.guest(0))[1]
    assert (taken.total, taken.pages) == (256, 256)
    pfns = [row[2] for row in rows_of(taken, u.EVENT_TAKEN)]
    assert (w.guest(0).pages["state"][pfns] == u.STATE_BALLOON).all()
    w.apply(c.BalloonDeflate(256))
    w.run_until_idle()
    given = ev.take_events(w.guest(0))[1]
    assert {row[2] for row in rows_of(given, u.EVENT_GIVEN)} == set(pfns)


def test_more_than_fits_is_an_even_sample_with_the_true_total() -> None:
    one, two = (world("pinned", nr_pages=SMALLEST) for _ in range(2))
    for w in (one, two):
        ev.watch(w.guest(0), True)
        w.apply(c.BalloonInflate(u.EVENT_ROOM * 2 + 256))
    whole: list[list[int]] = []
    while one.busy():
        one.step(1)
        whole += ev.take_events(one.guest(0))[1].rows.tolist()
    two.run_until_idle()
    sample = ev.take_events(two.guest(0))[1]
    assert sample.total == len(whole) == u.EVENT_ROOM * 2 + 256
    assert (sample.every, len(sample.rows)) == (4, len(whole) // 4)
    assert [row[2] for row in sample.rows.tolist()] == [row[2] for row in whole[::4]]


def test_watching_changes_no_byte_of_the_state_and_copies_begin_without() -> None:
    watched, plain = (world("lru_hook", nr_pages=SMALLEST) for _ in range(2))
    ev.watch(watched.guest(0), True)
    for w in (watched, plain):
        w.apply(c.BalloonInflate(TENTH))
        w.step(4)
    assert watched.state_digest() == plain.state_digest()
    assert not plain.guest(0).vm["events"].any()
    assert same(copy_guest(watched.guest(0)), copy_guest(plain.guest(0)))
    point = plain.checkpoint()
    watched.restore(point)  # still watched, from an empty record on
    assert [one.total for one in ev.take_events(watched.guest(0))] == [0, 0, 0]
    watched.step(1)
    assert ev.take_events(watched.guest(0))[1].total > 0
    ev.watch(watched.guest(0), False)
    plain.step(1)
    assert same(watched.guest(0), plain.guest(0))
    twin = World(plain.guest(0), WorldConfig(("pinned",)))
    restore(twin.guest(0), watched.guest(0))
    assert int(twin.guest(0).vm[0]["watched"]) == 0


def test_compiled_or_not_the_same_is_written_down() -> None:
    # Of a guest made by hand, so that the figures hold in both legs of the tests.
    w = made(scattered())
    ev.watch(w.guest(0), True)
    w.step(16)
    rows = [one.rows for one in ev.take_events(w.guest(0))]
    total = sum(int(np.abs(one.astype(np.int64)).sum()) for one in rows)
    found = [len(one) for one in rows], total
    assert found == ([20, 0, 11], 2026590)
