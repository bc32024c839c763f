"""Any tick of any history, whatever was kept and given up: the bytes of a straight replay."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import commands as c
from engine.history.history import History, Keeping
from engine.log import MAIN, Entry, play
from engine.world import World
from tests.engine.histories import EXAMPLES, HISTORIES, digests
from tests.engine.histories import History as Commands
from tests.engine.worlds import TENTH, UNCOMPILED, world

KEYS = ("pinned", "dedicated_block")
BUSY: Commands = [
    (0, c.BalloonInflate(TENTH)),
    (40, c.SetWorkload(True, 120, 60)),
    (30, c.CompactMemory()),
    (0, c.TakeHugePages(8)),
    (90, c.BalloonTarget(TENTH // 2)),
    (60, c.CompactMemory()),
]


def steps() -> itertools.count[int]:
    """A measure of work that grows by one whenever it is read: no clock decides a test."""
    return itertools.count()


def recorded(commands: Commands, last: int) -> tuple[list[Entry], int]:
    """The log of a session that went through ``commands``, and its last tick."""
    w = world(*KEYS)
    entries: list[Entry] = []
    for ticks, command in commands:
        w.step(ticks)
        idle = not w.busy()
        try:
            w.apply(command)
        except ValueError:
            continue
        entries.append(Entry(len(entries) + 1, w.tick, command, idle))
    w.step(last)
    return entries, w.tick


def straight(entries: list[Entry], tick: int, index: int | None = None) -> list[str]:
    """Digests of a state by replay from the start, without a history."""
    w = world(*KEYS)
    play(w, [e for e in entries if e.tick <= tick][:index], tick)
    return digests(w)


def made(entries: list[Entry], tick: int, limits: Keeping) -> History:
    """A history that has followed a log to its end."""
    history = History(world(*KEYS), steps().__next__, limits)
    history.learn(entries, tick)
    history.follow(lambda: True)
    assert not history.behind()
    return history


@settings(max_examples=EXAMPLES, deadline=None)
@given(HISTORIES, st.integers(0, 30), st.data())
def test_every_state_of_a_history_is_that_of_a_straight_replay(
    commands: Commands, last: int, data: st.DataObject
) -> None:
    entries, end = recorded(commands, last)
    spacing = data.draw(st.sampled_from([3, 11, 40]))
    history = made(
        entries, end, Keeping(spacing, data.draw(st.sampled_from([0, 1 << 22, 1 << 30])))
    )
    for _ in range(4):
        tick = data.draw(st.integers(0, end))
        low = sum(e.tick < tick for e in entries)
        index = data.draw(st.integers(low, sum(e.tick <= tick for e in entries)))
        w = history.go(tick, index)
        assert digests(w) == straight(entries, tick, index), (tick, index)
        if data.draw(st.booleans()):
            history.densify(tick, lambda: True)


def test_a_history_agrees_with_a_straight_replay_in_another_process(tmp_path: Path) -> None:
    entries, end = recorded(BUSY, 80)
    history = made(entries, end, Keeping(20))
    ticks = np.random.default_rng(7).integers(0, end + 1, 12).tolist()
    found = {tick: digests(history.go(tick)) for tick in ticks}
    (tmp_path / "log.json").write_text(json.dumps([e.to_dict() for e in entries]))
    done = subprocess.run(
        [sys.executable, "-P", "-m", "tests.engine.history.replayer", tmp_path / "log.json"]
        + [str(tick) for tick in sorted(found)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert {int(k): v for k, v in json.loads(done.stdout).items()} == found


def test_checkpoints_are_apart_by_work_and_share_what_has_not_changed() -> None:
    entries, end = recorded(BUSY, 80)
    line = made(entries, end, Keeping(20)).timelines[MAIN]
    gaps = [b.work - a.work for a, b in itertools.pairwise(line.nodes)]
    assert len(gaps) > (1 if UNCOMPILED else 4)
    assert min(gaps) >= 20
    assert max(gaps) <= 30
    changes = [node.nbytes for node in line.nodes if node.parent]
    assert len(changes) > 2
    assert max(changes) < line.nodes[0].nbytes * 2 / 3
    assert sorted(changes)[1] < line.nodes[0].nbytes / 10


def test_checkpoints_are_thinned_to_the_bytes_allowed_and_the_ends_stay() -> None:
    entries, end = recorded(BUSY, 80)
    free = made(entries, end, Keeping(6))
    allowed = free.nbytes * 9 // 10
    tight = made(entries, end, Keeping(6, allowed))
    nodes = tight.timelines[MAIN].nodes
    assert tight.nbytes <= allowed
    assert 2 < len(nodes) < len(free.timelines[MAIN].nodes)
    assert nodes[0].place == (0, 0)
    gaps = [b.work - a.work for a, b in itertools.pairwise(nodes)]
    assert max(gaps) < 40 * min(gaps)


class Drawer:
    """A depot in memory."""

    def __init__(self) -> None:
        self.held: dict[int, bytes] = {}

    def put(self, data: bytes) -> int:
        number = max(self.held, default=0) + 1
        self.held[number] = data
        return number

    def get(self, number: int) -> bytes:
        return self.held[number]

    def drop(self, number: int) -> None:
        del self.held[number]


def test_what_does_not_fit_into_memory_goes_to_the_depot_before_anything_is_given_up() -> None:
    entries, end = recorded(BUSY, 80)
    free = made(entries, end, Keeping(6))
    drawer = Drawer()
    keys = sum(node.nbytes for node in free.timelines[MAIN].nodes if node.parent is None)
    allowed = (keys + free.nbytes) // 2
    moved = made(entries, end, Keeping(6, allowed, depot=drawer))
    assert drawer.held
    assert moved.nbytes <= allowed
    places = [node.place for node in free.timelines[MAIN].nodes]
    assert [node.place for node in moved.timelines[MAIN].nodes] == places
    assert sum(n.away for n in moved.timelines[MAIN].nodes) == sum(map(len, drawer.held.values()))
    for tick in range(0, end, 37):
        assert digests(moved.go(tick)) == straight(entries, tick)
    # A little room there: some are given up, and their bytes with them.
    drawer = Drawer()
    most = (free.nbytes - keys) // 5
    tight = made(entries, end, Keeping(6, allowed, most, drawer))
    assert len(tight.timelines[MAIN].nodes) < len(places)
    assert sum(map(len, drawer.held.values())) <= most
    assert digests(tight.go(end // 2)) == straight(entries, end // 2)


def test_stepping_back_makes_the_neighbourhood_denser() -> None:
    entries, end = recorded(BUSY, 80)
    history = made(entries, end, Keeping(60))
    nodes = history.timelines[MAIN].nodes
    before = len(nodes)
    history.densify(end // 2, lambda: True)
    assert len(nodes) > before
    assert digests(history.go(end // 2)) == straight(entries, end // 2)
    # Following goes on behind it as if nothing had been.
    history.learn([Entry(len(entries) + 1, end, c.CompactMemory(), False)], end + 9)
    history.follow(lambda: True)
    more = [*entries, Entry(len(entries) + 1, end, c.CompactMemory(), False)]
    assert digests(history.go(end + 9)) == straight(more, end + 9)


def test_a_fork_shares_the_past_and_leaves_the_other_ending_alone() -> None:
    entries, end = recorded(BUSY, 80)
    history = made(entries, end, Keeping(20))
    at = entries[3].tick
    kept = history.nbytes
    history.fork(2, (at, 3))
    assert history.nbytes == kept
    other = [*entries[:3], Entry(4, at, c.BalloonTarget(0), False)]
    history.learn(other[3:], at + 50, 2)
    history.follow(lambda: True, 2)
    assert digests(history.go(at + 50, None, 2)) == straight(other, at + 50)
    assert digests(history.go(end)) == straight(entries, end)
    assert digests(history.go(at, 3, 2)) == straight(entries, at, 3)
    with pytest.raises(ValueError, match="timeline 2 is there already"):
        history.fork(2, (at, 3))


def test_a_look_that_is_broken_off_does_no_harm() -> None:
    entries, end = recorded(BUSY, 80)
    history = made(entries, end, Keeping(100_000))

    class Over(Exception):
        pass

    def over(_done: float, _total: float) -> None:
        raise Over

    with pytest.raises(Over):
        history.go(end // 2, look=over)
    assert digests(history.go(end // 2)) == straight(entries, end // 2)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ((99_999, None), "tick 99999 has not come yet: the session is at"),
        ((-1, None), "tick -1 has not come yet"),
        ((0, 5), "at tick 0 there were 0 to 1 commands, not 5"),
    ],
)
def test_a_state_that_never_was_is_refused(place: tuple[int, int | None], words: str) -> None:
    entries, end = recorded(BUSY[:1], 5)
    history = made(entries, end, Keeping(20))
    with pytest.raises(ValueError, match=words):
        history.go(*place)
    with pytest.raises(ValueError, match="timeline 3: this session has 1"):
        history.go(0, None, 3)


def test_the_world_is_what_it_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    # A history reads no clock of its own: the same measure keeps the same checkpoints.
    entries, end = recorded(BUSY, 20)
    one, two = made(entries, end, Keeping(9)), made(entries, end, Keeping(9))
    assert [n.place for n in one.timelines[MAIN].nodes] == [
        n.place for n in two.timelines[MAIN].nodes
    ]
    assert isinstance(one.world, World)
