"""The driver's atomic steps, and what can be wrong once nobody can move."""

from __future__ import annotations

import pytest

from engine.race import era as e
from engine.race.deflate import broken_at_rest, first_state, is_over, moves_of
from engine.race.era import ERAS, Protocol
from engine.race.moves import ACTOR, ACTORS, FREE, HOLDER, ISOLATED, OFF, PAGE, PLACE
from tests.engine.race.test_moves import P, isolate, run, step


@pytest.mark.parametrize("page_lock", [True, False])
@pytest.mark.parametrize("era", ERAS)
def test_the_driver_alone_takes_its_page_and_frees_it(era: str, page_lock: bool) -> None:
    protocol = Protocol(1, page_lock, True, era)
    state = run(protocol, (2, e.D_START, "deflate"))
    while True:
        moves = [move for move in moves_of(protocol, state) if move.actor == 2]
        if not moves:
            break
        assert moves[0].broken == ()
        state = moves[0].state
    assert state[P : P + PAGE] == (0, 0, 0, 0, FREE)
    assert state[HOLDER] == 0


def test_an_inflating_driver_may_compact_with_its_mutex_held() -> None:
    waits = Protocol(1, True, True, "v4", frozenset({"mutex_wait"}))
    script = [(2, e.D_START, "inflate"), *isolate(waits, 2)]
    script += [(2, e.TARGET), (2, e.LOCK_SRC), (2, e.LOCK_DST)]
    state = run(waits, *script)
    assert [move for move in moves_of(waits, state) if move.actor == 2] == []
    tries = Protocol(1, True, True, "v4")
    assert step(tries, run(tries, *script), 2, e.MUTEX, "no").state[HOLDER] == 2


def test_the_list_lock_keeps_compactors_out_while_the_driver_takes_a_page() -> None:
    for era, waits in (("v4", True), ("3.8", True), ("3.18", False), ("movable_ops", True)):
        protocol = Protocol(1, True, True, era)
        script = [*isolate(protocol)[:4], (2, e.D_START, "deflate"), (2, e.D_PICK)]
        state = run(protocol, *script)
        mine = [move for move in moves_of(protocol, state) if move.actor == 1]
        assert (not mine) == waits, era


def test_3_18_asks_again_under_the_page_lock_and_3_8_did_not() -> None:
    for era, defects, outcome, broken in (
        ("3.18", frozenset(), "no", ()),
        ("3.8", frozenset({"loose_cursor"}), "ok", ("deflate_isolated",)),
    ):
        protocol = Protocol(1, True, True, era, defects)
        script = [*isolate(protocol)[:4], (2, e.D_START, "deflate"), (2, e.D_PICK)]
        state = run(protocol, *script, (1, e.UNLINK), (1, e.UNLOCK), (2, e.D_LOCK))
        assert step(protocol, state, 2, e.D_TAKE, outcome).broken == broken


def ended(protocol: Protocol, **changes: int) -> tuple[int, ...]:
    values = list(first_state(protocol))
    for actor in range(protocol.compactors + 1):
        values[ACTORS + ACTOR * actor] = e.DONE
    for name, value in changes.items():
        values[{"count": 0, "lock": 1, "flag": 2, "place": 4, "isolated": ISOLATED}[name]] = value
    return tuple(values)


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({}, ()),
        ({"count": 2}, ("leaked_reference",)),
        ({"flag": 0}, ("forgotten_page",)),
        ({"lock": 1}, ("deadlock",)),
        ({"place": OFF}, ("lost_page",)),
        ({"isolated": 1}, ("isolated_count",)),
        ({"count": 1, "place": FREE}, ("leaked_reference",)),
    ],
)
def test_what_is_wrong_when_all_have_done(changes: dict[str, int], broken: tuple[str]) -> None:
    protocol = Protocol(2, True, True, "v4")
    state = ended(protocol, **changes)
    assert is_over(protocol, state)
    assert moves_of(protocol, state) == []
    assert broken_at_rest(protocol, state) == broken


def test_two_pages_in_a_balloon_of_one_are_one_too_many() -> None:
    protocol = Protocol(2, True, True, "v4")
    values = list(ended(protocol))
    values[PAGE : 2 * PAGE] = values[:PAGE]
    assert values[PAGE + PLACE] == 1
    assert broken_at_rest(protocol, tuple(values)) == ("balloon_size",)
