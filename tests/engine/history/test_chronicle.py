"""Find in time: what comes and goes is found exactly, as a straight scan finds it."""

from __future__ import annotations

import pytest

from engine import commands as c
from engine.history.chronicle import (
    Chronicle,
    Predicate,
    Stretch,
    chronicle_of,
    described,
    words_of,
)
from engine.history.history import History, Keeping
from engine.log import MAIN
from engine.view import GuestView
from engine.world import World
from tests.engine.history.test_history import BUSY, recorded, steps
from tests.engine.worlds import TENTH, world

KEYS = ("pinned", "dedicated_block")
UP_AND_DOWN = [
    *BUSY,
    (5, c.BalloonTarget(4 * TENTH)),
    (80, c.BalloonTarget(0)),
    (70, c.CompactMemory()),
]


def holds(view: GuestView, asked: Predicate) -> bool:
    """Whether a predicate is true of a state, by what the page shows of it."""
    if asked.what == "no_free_block":
        return view.stat("free_blocks_all") == 0
    if asked.what == "balloon_in_block":
        return bool(view.planes["balloon"][asked.pageblock] > 0)
    if asked.what == "block_free":
        return bool(view.planes["free"][asked.pageblock] == 512)
    return view.stat("balloon_actual") >= asked.pages


def test_what_is_found_is_what_a_straight_scan_finds() -> None:
    entries, end = recorded(UP_AND_DOWN, 200)
    history = History(world(*KEYS), steps().__next__, Keeping(50))
    history.learn(entries, end)
    history.follow(lambda: True)
    nr = len(history.world.guest(0).blocks)
    asked = [
        Predicate(what, design, pageblock, TENTH)
        for design in (0, 1)
        for what in ("no_free_block", "balloon_pages", "balloon_in_block", "block_free")
        for pageblock in (
            range(2, nr, 3) if "block" in what[-12:] and what != "no_free_block" else (0,)
        )
    ]
    true: dict[Predicate, list[int]] = {one: [] for one in asked}
    w = world(*KEYS)
    left = list(entries)
    for tick in range(end + 1):
        if tick:
            w.step(1)
        while left and left[0].tick == tick:
            w.apply(left.pop(0).command)
        views = [w.view(i) for i in range(len(KEYS))]
        for one in asked:
            if holds(views[one.design], one):
                true[one].append(tick)
    several = 0
    for one in asked:
        found = history.find(one)
        ticks = [tick for each in found for tick in range(each.first, each.last + 1)]
        assert ticks == true[one], one
        several += len(found) > 1
    assert several > 3, "nothing came and went: the test has lost its point"


def test_marks_of_emptied_pageblocks_are_ticks_at_which_one_came_free() -> None:
    entries, end = recorded(UP_AND_DOWN, 200)
    history = History(world(*KEYS), steps().__next__, Keeping(50))
    history.learn(entries, end)
    history.follow(lambda: True)
    chronicle = history.timelines[MAIN].chronicle
    blocks = range(chronicle.nr_pageblocks)
    begun = {
        each.first for block in blocks for each in chronicle.find(Predicate("block_free", 1, block))
    }
    assert chronicle.emptied(1, 10_000) == sorted(begun - {0})
    assert chronicle.emptied(1, 2) == sorted(begun - {0})[-2:]


def test_a_fork_knows_what_was_before_it_and_nothing_else() -> None:
    w = world("pinned")
    notes = Chronicle(w)
    w.apply(c.BalloonInflate(TENTH))
    seen = []
    for _ in range(20):
        w.step()
        notes.note(w)
        seen.append(int(w.view(0).stat("balloon_actual")))
    part = notes.truncated(10)
    asked = Predicate("balloon_pages", 0, 0, seen[4])
    first = seen.index(seen[4]) + 1
    assert notes.find(asked) == [Stretch(first, 20)]
    assert part.find(asked) == [Stretch(first, 10)]
    assert notes.truncated(first - 1).find(asked) == []


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (Predicate("nonsense", 0), "what to find is 'nonsense': known are no_free_block"),
        (Predicate("no_free_block", 7), "design 7: there are 1"),
        (Predicate("block_free", 0, 1 << 30), "pageblock 1073741824: the guest has"),
    ],
)
def test_what_cannot_be_asked_is_refused(asked: Predicate, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Chronicle(World(world("pinned").guest(0), world("pinned").config)).find(asked)


def test_a_log_played_at_once_has_the_same_chronicle() -> None:
    entries, end = recorded(UP_AND_DOWN, 50)
    history = History(world(*KEYS), steps().__next__, Keeping(50))
    history.learn(entries, end)
    history.follow(lambda: True)
    once = chronicle_of(world(*KEYS), entries, end, lambda: None)
    for asked in (Predicate("no_free_block", 1), Predicate("block_free", 0, 9)):
        assert described(once, asked) == described(history.timelines[MAIN].chronicle, asked)
    assert described(once, Predicate("no_free_block", 1))["words"] == (
        "dedicated_block has no free 2 MiB block"
    )
    assert words_of(Predicate("block_free", 0, 9), KEYS) == (
        "pageblock 9 of pinned is free as a whole"
    )
