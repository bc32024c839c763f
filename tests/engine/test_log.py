"""The log: entries to JSON and back, and played at exactly their ticks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import commands as c
from engine.log import MAX_TICK, Entry, advance, check_log, play
from engine.world import World
from tests.engine.histories import COMMANDS, EXAMPLES, HISTORIES, History, digests
from tests.engine.worlds import TENTH, world

KEYS = ("pinned", "separate_pass")
GOOD: dict[str, Any] = {"index": 3, "tick": 812, "command": {"type": "compact"}, "idle": True}


def recorded(history: History, last: int) -> tuple[World, list[Entry]]:
    """A world that went through ``history`` tick by tick, as a session does, and its log."""
    w, entries = world(*KEYS), []
    for ticks, command in history:
        for _ in range(ticks):
            w.step()
        idle = not w.busy()
        try:
            w.apply(command)
        except ValueError:
            continue
        entries.append(Entry(len(entries) + 1, w.tick, command, idle))
    for _ in range(last):
        w.step()
    return w, entries


@settings(max_examples=EXAMPLES, deadline=None)
@given(HISTORIES, st.integers(0, 5))
def test_a_played_log_ends_at_the_same_bytes_at_the_same_tick(history: History, last: int) -> None:
    first, entries = recorded(history, last)
    again = world(*KEYS)
    play(again, entries, first.tick)
    assert (again.tick, digests(again)) == (first.tick, digests(first))
    assert again.workload == first.workload


@settings(max_examples=EXAMPLES, deadline=None)
@given(HISTORIES, st.integers(0, 5), st.data())
def test_a_log_can_be_played_on_from_a_checkpoint(
    history: History, last: int, data: st.DataObject
) -> None:
    first, entries = recorded(history, last)
    seen = data.draw(st.integers(0, len(entries)))
    again = world(*KEYS)
    play(again, entries[:seen], entries[seen - 1].tick if seen else 0)
    fresh = world(*KEYS)
    fresh.restore(again.checkpoint())
    play(fresh, entries[seen:], first.tick)
    assert digests(fresh) == digests(first)


@given(st.integers(1, 1 << 32), COMMANDS, st.integers(0, MAX_TICK), st.booleans())
def test_an_entry_comes_back_from_json_as_it_was(
    index: int, command: c.Command, tick: int, idle: bool
) -> None:
    entry = Entry(min(index, (1 << 32) - 1), tick, command, idle)
    assert Entry.from_dict(json.loads(json.dumps(entry.to_dict()))) == entry


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([], "a log entry is a JSON object, not list"),
        ({**GOOD, "who": 1}, "a log entry has no field 'who': its fields are index, tick"),
        ({"index": 1, "tick": 0}, "a log entry lacks command, idle"),
        ({**GOOD, "index": 0}, "index of a log entry is 0: a whole number from 1 to 4294967295"),
        ({**GOOD, "tick": -1}, "tick of a log entry is -1: a whole number from 0"),
        ({**GOOD, "tick": 1.0}, "tick of a log entry is 1.0"),
        ({**GOOD, "tick": True}, "tick of a log entry is True"),
        ({**GOOD, "idle": 1}, "idle of a log entry is 1: true or false"),
        ({**GOOD, "command": {"type": "fly"}}, "unknown command 'fly'"),
        ({**GOOD, "command": None}, "a command is a JSON object with a type"),
    ],
)
def test_a_malformed_entry_is_refused_in_one_sentence(data: object, words: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$") as caught:
        Entry.from_dict(data)
    assert str(caught.value).startswith(words)


def test_a_log_with_a_gap_or_out_of_time_is_refused() -> None:
    compact = c.CompactMemory()
    one, two, late = (Entry(i, t, compact, True) for i, t in ((1, 5), (2, 4), (3, 9)))
    check_log([one], 5)
    with pytest.raises(ValueError, match="log entry 2 has the index 3: 2 is expected"):
        check_log([one, late], 10)
    with pytest.raises(ValueError, match="log entry 2 is of tick 4: the one before is of tick 5"):
        check_log([one, two], 10)
    with pytest.raises(ValueError, match="the last log entry is of tick 5: the log ends at 4"):
        check_log([one], 4)


def test_playing_to_an_earlier_tick_is_refused() -> None:
    w = world()
    w.step(10)
    with pytest.raises(ValueError, match="tick 3 lies in the past: the world is at tick 10"):
        play(w, [Entry(1, 3, c.CompactMemory(), True)], 20)
    with pytest.raises(ValueError, match="tick 9 lies in the past"):
        advance(w, 9)


def test_a_long_play_can_be_broken_off() -> None:
    class EnoughError(Exception):
        pass

    w = world()

    def look() -> None:
        if w.tick:
            raise EnoughError

    entries = [Entry(1, 0, c.SetWorkload(True, 1), True)]
    with pytest.raises(EnoughError):
        play(w, entries, MAX_TICK, look)
    assert 0 < w.tick < 1000


def test_idle_ticks_are_counted_and_not_run() -> None:
    """A log may be years of simulated time long; nothing happens in most of them."""
    w = world()
    w.run_until_idle()
    looks: list[int] = []
    advance(w, MAX_TICK, lambda: looks.append(w.tick))
    assert looks == [MAX_TICK]
    w.apply(c.BalloonInflate(TENTH))
    w.run_until_idle()
    w.validate()
