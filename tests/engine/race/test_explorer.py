"""What holds and what breaks: the verdicts of every setting, and that schedules are real."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.race.deflate import broken_at_rest, first_state, moves_of
from engine.race.era import DEFECTS, ERAS, PROPERTIES, Protocol, parse_defects
from engine.race.explorer import Found, explore, free_play, race

# Plain Python without the compiled core: the bounds-checked and uncompiled legs would find nothing.
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("compactors", [1, 2])
@pytest.mark.parametrize("era", ERAS)
def test_with_both_protections_nothing_breaks(era: str, compactors: int) -> None:
    assert explore(Protocol(compactors, True, True, era)).schedules == {}


@pytest.mark.parametrize("era", ERAS)
def test_with_both_protections_three_compactors_break_nothing_either(era: str) -> None:
    assert explore(Protocol(3, True, True, era)).schedules == {}


# The first and most telling break of each setting, with the steps of its shortest schedule.
VERDICTS = {
    ("v4", False, True): {"stale_isolation": 7, "newpage_isolated": 11, "wrong_putback": 15},
    ("v4", True, False): {"double_isolation": 11, "wrong_putback": 17, "lost_page": 29},
    ("v4", False, False): {"stale_isolation": 7, "double_isolation": 8, "newpage_isolated": 11},
    ("3.8", False, True): {"stale_isolation": 7, "lost_page": 20},
    ("3.8", True, False): {"double_isolation": 11, "balloon_size": 39},
    ("3.8", False, False): {"stale_isolation": 7, "double_isolation": 8},
    ("3.18", False, True): {"stale_isolation": 7, "double_isolation": 8, "newpage_isolated": 13},
    ("3.18", True, False): {"double_isolation": 11},
    ("3.18", False, False): {"stale_isolation": 7, "double_isolation": 8},
    ("movable_ops", False, True): {"stale_isolation": 7, "newpage_isolated": 14},
    ("movable_ops", True, False): {"double_isolation": 11},
    ("movable_ops", False, False): {"stale_isolation": 7, "double_isolation": 8},
}


@pytest.mark.parametrize(("era", "lock", "test"), VERDICTS)
def test_without_either_protection_a_property_breaks(era: str, lock: bool, test: bool) -> None:
    lengths = {
        name: len(moves)
        for name, moves in explore(Protocol(2, lock, test, era)).schedules.items()
    }  # fmt: skip
    assert VERDICTS[era, lock, test].items() <= lengths.items()


def test_counting_alone_keeps_isolation_single_and_a_flag_does_not() -> None:
    for era, breaks in (("v4", False), ("3.8", False), ("3.18", True), ("movable_ops", True)):
        found = explore(Protocol(2, False, True, era))
        assert ("double_isolation" in found.schedules) == breaks, era


def test_the_document_has_these_verdicts() -> None:
    text = (Path(__file__).parents[3] / "docs" / "RACE.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w.]+)` \| (on|off) \| (on|off) \| ([\d,]+) \| (.*) \|$", text, re.M)
    assert len(rows) == 16
    for era, lock, test, states, words in rows:
        found = explore(Protocol(2, lock == "on", test == "on", era))
        assert found.states == int(states.replace(",", ""))
        lengths = {name: len(moves) for name, moves in found.schedules.items()}
        assert {name: int(n) for name, n in re.findall(r"`(\w+)` (\d+)", words)} == lengths


# What each known defect adds when both protections are on.
DEFECT_BREAKS = {
    ("v4", "putback_trylock"): {"lost_page", "isolated_count"},
    ("v4", "bare_deflate"): {
        "stale_isolation", "wrong_putback", "freed_in_use", "isolated_count", "lost_page",
    },
    ("v4", "ask_target"): {"wrong_putback", "freed_in_use", "lost_page"},
    ("v4", "mutex_wait"): {"deadlock"},
    ("v4", "target_bug"): {"kernel_bug", "lost_page", "deadlock", "isolated_count"},
    ("3.8", "move_once"): {"forgotten_page"},
    ("3.8", "lru_putback"): {"wrong_putback", "stale_isolation", "lost_page", "isolated_count"},
    ("3.8", "loose_cursor"): {
        "deflate_isolated", "wrong_putback", "freed_in_use", "isolated_count", "lost_page",
    },
    ("3.8", "target_bug"): {"kernel_bug", "lost_page", "deadlock", "isolated_count"},
    ("3.18", "ask_target"): {"wrong_putback", "freed_in_use"},
    ("3.18", "target_bug"): {"kernel_bug", "lost_page", "deadlock", "isolated_count"},
    ("movable_ops", "ask_target"): {"wrong_putback", "freed_in_use"},
}  # fmt: skip


def test_every_defect_has_its_verdict() -> None:
    assert {(era, d.name) for era, rows in DEFECTS.items() for d in rows} == set(DEFECT_BREAKS)


@pytest.mark.parametrize(("era", "name"), DEFECT_BREAKS)
def test_a_known_defect_breaks_what_history_says(era: str, name: str) -> None:
    found = explore(Protocol(2, True, True, era, frozenset({name})))
    assert set(found.schedules) == DEFECT_BREAKS[era, name]


def check_schedules(found: Found) -> None:
    """Each schedule is a walk through the model, and only its last step breaks the property."""
    for name, moves in found.schedules.items():
        state = first_state(found.protocol)
        for number, move in enumerate(moves):
            assert move in moves_of(found.protocol, state)
            state = move.state
            assert (name in move.broken) <= (number == len(moves) - 1)
        if name not in moves[-1].broken:
            assert moves_of(found.protocol, state) == []
            assert name in broken_at_rest(found.protocol, state)


@pytest.mark.parametrize("era", ERAS)
def test_schedules_are_walks_through_the_model(era: str) -> None:
    check_schedules(explore(Protocol(2, False, False, era, parse_defects("on", era))))


def test_three_compactors_lose_no_property_and_lengthen_no_schedule() -> None:
    """Schedules of two compactors are schedules of three, so none may come out longer by much."""
    two = explore(Protocol(2, False, True, "3.8"))
    three = explore(Protocol(3, False, True, "3.8"))
    check_schedules(three)
    assert set(two.schedules) <= set(three.schedules)
    for name, moves in two.schedules.items():
        # A property of the state of rest waits for the third one to have ended: one step.
        assert len(three.schedules[name]) <= len(moves) + 1


def test_the_answer_is_the_same_each_time_and_names_the_toggles() -> None:
    protocol = Protocol(2, False, True, "v4")
    first, second = race(protocol), race(protocol)
    assert first == second
    assert first["states"] == 12390
    assert first["transitions"] == 32395
    assert first["page_lock"] == "off"
    assert first["refcount_test"] == "on"
    assert [row["name"] for row in first["known_defects_of_era"]] == [
        defect.name for defect in DEFECTS["v4"]
    ]
    for violation in first["violations"]:
        assert violation["text"] == PROPERTIES[violation["property"]]
        assert violation["steps"] == len(violation["schedule"])
        again = free_play(protocol, [step["choice"] for step in violation["schedule"]])
        assert again["schedule"] == violation["schedule"]
        broken = {*violation["schedule"][-1]["breaks"], *again["broken_at_rest"]}
        assert violation["property"] in broken


def test_shared_states_are_fewer_than_states() -> None:
    found = explore(Protocol(2, True, True, "v4"), keep_shared=True)
    assert (found.states, len(found.shared)) == (9517, 8090)


def test_a_person_may_choose_who_moves() -> None:
    protocol = Protocol(2, True, True, "v4")
    start = free_play(protocol, [])
    assert {move["actor"] for move in start["moves"]} == {"C1", "C2", "driver"}
    assert start["schedule"] == []
    path: list[int] = []
    while not (now := free_play(protocol, path))["over"]:
        assert now["moves"]
        path.append(len(now["moves"]) - 1)
    assert len(now["schedule"]) == len(path)
    assert now["broken_at_rest"] == []
    with pytest.raises(ValueError, match="choice 1 is 99: 6 moves are offered there"):
        free_play(protocol, [99])
