"""Every step that can be taken has a function's name and words, in every era."""

from __future__ import annotations

from collections import deque

import pytest

from engine.race.deflate import first_state, moves_of
from engine.race.era import DEFECTS, ERAS, POSITIONS, Protocol, parse_defects
from engine.race.story import (
    FUNCTIONS,
    WORDS,
    describe_step,
    fields_of,
    function_of,
    place_words,
    positions_of,
    step_words,
)

# Plain Python without the compiled core: the bounds-checked and uncompiled legs would find nothing.
pytestmark = pytest.mark.slow


def settings() -> list[Protocol]:
    return [
        Protocol(2, lock, True, era, parse_defects(defects, era))
        for era in ERAS
        for lock in (True, False)
        for defects in ("off", *(defect.name for defect in DEFECTS[era]))
    ]


def test_every_step_has_words_and_all_words_are_used() -> None:
    used: set[tuple[int, str]] = set()
    for protocol in settings():
        seen = {first_state(protocol)}
        queue = deque(seen)
        while queue:
            for move in moves_of(protocol, queue.popleft()):
                if (move.position, move.outcome) not in used:
                    assert step_words(move)
                    assert "{" not in step_words(move)
                    assert function_of(protocol, move)
                    used.add((move.position, move.outcome))
                if move.state not in seen:
                    seen.add(move.state)
                    queue.append(move.state)
    assert {*WORDS} == used
    assert {position for position, _ in used} == set(FUNCTIONS)


@pytest.mark.parametrize("era", ERAS)
def test_the_first_step_has_actor_function_words_and_fields(era: str) -> None:
    protocol = Protocol(2, True, True, era)
    first = moves_of(protocol, first_state(protocol))[0]
    told = describe_step(protocol, first)
    assert told["actor"] == "C1"
    assert told["function"].startswith("isolate_migratepages_")
    assert told["words"] == "looks at P without any lock: a balloon page, worth a try"
    assert told["after"]["pages"]["P"]["place"] == "balloon list"
    assert told["after"]["pages"]["N"]["place"] == "free"
    assert told["breaks"] == []


def test_a_state_names_who_holds_what() -> None:
    protocol = Protocol(2, True, True, "v4")
    values = list(first_state(protocol))
    values[0:5] = [2, 3, 1, 0, 12]
    values[11] = 3
    fields = fields_of(protocol, tuple(values))
    assert fields["mutex"] == "driver"
    assert fields["pages"]["P"] == {
        "refcount": 2, "locked_by": "driver", "balloon": True, "isolated": True, "marked": False,
        "place": "private list of C2",
    }  # fmt: skip
    assert place_words(protocol, 23) == "target of driver"
    assert positions_of(protocol, tuple(values)) == {
        "C1": "look", "C2": "look", "driver": "d_start"
    }  # fmt: skip
    assert set(positions_of(protocol, tuple(values)).values()) <= set(POSITIONS)
