"""A compactor's atomic steps, one at a time."""

from __future__ import annotations

import pytest

from engine.race import era as e
from engine.race.deflate import first_state, moves_of
from engine.race.era import ERAS, Protocol
from engine.race.moves import (
    ACTOR,
    ACTORS,
    COUNT,
    FLAG,
    FREE,
    ISOLATED,
    LISTED,
    LOCK,
    MARK,
    PAGE,
    PLACE,
    POS,
    PRIVATE,
    TAKEN,
    Move,
    State,
)

P, N = 0, PAGE


def run(protocol: Protocol, *script: tuple[int, int] | tuple[int, int, str]) -> State:
    """The state after moves named by actor, position and (where it matters) outcome."""
    state = first_state(protocol)
    for one in script:
        state = step(protocol, state, *one).state
    return state


def step(protocol: Protocol, state: State, actor: int, position: int, outcome: str = "ok") -> Move:
    found = [
        move for move in moves_of(protocol, state)
        if (move.actor, move.position, move.outcome) == (actor, position, outcome)
    ]  # fmt: skip
    assert len(found) == 1, [(m.actor, e.POSITIONS[m.position], m.outcome) for m in found]
    return found[0]


def isolate(protocol: Protocol, actor: int = 1) -> list[tuple[int, int]]:
    """The steps of an undisturbed isolation."""
    order = [e.LOOK, e.GET, e.TRYLOCK, e.TEST, e.UNLINK, e.UNLOCK]
    if not protocol.page_lock:
        order.remove(e.TRYLOCK)
        if protocol.era != "movable_ops":
            order.remove(e.UNLOCK)
    return [(actor, position) for position in order]


@pytest.mark.parametrize("page_lock", [True, False])
@pytest.mark.parametrize("era", ERAS)
def test_an_isolated_page_is_on_the_compactors_list_with_two_references(
    era: str, page_lock: bool
) -> None:
    protocol = Protocol(1, page_lock, True, era)
    state = run(protocol, *isolate(protocol))
    assert state[P + COUNT] == 2
    assert state[P + LOCK] == 0
    assert state[P + PLACE] == PRIVATE + 1
    assert state[ISOLATED] == 1
    assert state[P + MARK] == (era in ("3.18", "movable_ops"))


@pytest.mark.parametrize("era", ERAS)
def test_a_lone_compactor_moves_the_page_to_its_target(era: str) -> None:
    protocol = Protocol(1, True, True, era)
    state = run(protocol, *isolate(protocol), (1, e.TARGET), (1, e.LOCK_SRC), (1, e.LOCK_DST))
    assert (state[N + COUNT], state[N + LOCK], state[N + PLACE]) == (1, 1, TAKEN + 1)
    assert state[N + FLAG] == (era == "v4"), "only v4 copies the mapping before the callback"
    while state[ACTORS + POS] != e.DONE:
        (move,) = [move for move in moves_of(protocol, state) if move.actor == 1]
        assert move.broken == ()
        state = move.state
    assert state[P : P + PAGE] == (0, 0, 0, 0, FREE)
    assert state[N : N + PAGE] == (1, 0, 1, 0, LISTED)
    assert state[ISOLATED] == 0


@pytest.mark.parametrize("era", ERAS)
def test_a_busy_mutex_puts_the_page_back_as_it_was(era: str) -> None:
    protocol = Protocol(1, True, True, era)
    start = first_state(protocol)
    script = [*isolate(protocol), (1, e.TARGET), (1, e.LOCK_SRC), (1, e.LOCK_DST)]
    state = run(protocol, (2, e.D_START, "deflate"), *script)
    state = step(protocol, state, 1, e.MUTEX, "no").state
    while state[ACTORS + POS] != e.DONE:
        (move,) = [move for move in moves_of(protocol, state) if move.actor == 1]
        state = move.state
    assert state[: 2 * PAGE + 1] == start[: 2 * PAGE + 1]


def test_a_second_compactor_is_turned_away_by_lock_then_by_count() -> None:
    protocol = Protocol(2, True, True, "v4")
    script = [(2, e.LOOK), *isolate(protocol)[:3]]
    state = run(protocol, *script, (2, e.GET))
    assert step(protocol, state, 2, e.TRYLOCK, "no").broken == ()
    state = run(protocol, (2, e.LOOK), *isolate(protocol), (2, e.GET), (2, e.TRYLOCK))
    assert step(protocol, state, 2, e.TEST, "no").broken == ()


def look_at(protocol: Protocol, state: State, actor: int, page: int) -> State:
    (move,) = [
        move for move in moves_of(protocol, state)
        if (move.actor, move.position, move.outcome) == (actor, e.LOOK, "ok")
        and move.state[ACTORS + ACTOR * (actor - 1) + 1] == page
    ]  # fmt: skip
    return move.state


def test_without_the_lock_a_new_page_is_isolated_under_its_mover() -> None:
    protocol = Protocol(2, False, True, "v4")
    state = run(protocol, *isolate(protocol), (1, e.TARGET), (1, e.LOCK_SRC), (1, e.LOCK_DST))
    state = look_at(protocol, state, 2, 1)
    for position in (e.GET, e.TEST):
        state = step(protocol, state, 2, position).state
    assert step(protocol, state, 2, e.UNLINK).broken == ("newpage_isolated",)


def test_the_merged_test_sees_no_locked_page() -> None:
    """3.8's lock-free look asks for cleared flags, PG_locked among them, and a count of 1."""
    protocol = Protocol(2, True, True, "3.8")
    state = run(protocol, *isolate(protocol)[:3])
    looks = [m for m in moves_of(protocol, state) if (m.actor, m.position) == (2, e.LOOK)]
    assert {move.outcome for move in looks} == {"no"}


def test_putback_waits_for_the_lock_but_v4_as_posted_gave_up() -> None:
    for defects, offered in ((frozenset(), []), (frozenset({"putback_trylock"}), ["no"])):
        protocol = Protocol(2, True, True, "v4", defects)
        script = [(3, e.D_START, "deflate"), (2, e.LOOK), *isolate(protocol)]
        script += [(1, e.TARGET), (1, e.LOCK_SRC), (1, e.LOCK_DST), (1, e.MUTEX, "no")]
        script += [(1, e.UNDO_DST), (1, e.UNDO_SRC), (1, e.DROP_DST), (1, e.KIND)]
        state = run(protocol, *script, (2, e.GET), (2, e.TRYLOCK))
        mine = [move.outcome for move in moves_of(protocol, state) if move.actor == 1]
        assert mine == offered
