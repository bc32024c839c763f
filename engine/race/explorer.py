"""Breadth-first search over all interleavings: the shortest schedule that breaks each property."""

from collections import deque
from dataclasses import replace
from typing import Any

from engine.errors import RefusedError
from engine.race.deflate import broken_at_rest, first_state, is_over, moves_of
from engine.race.era import DEFECTS, PROPERTIES, Protocol
from engine.race.moves import ACTOR, ACTORS, HOLDER, LOCK, PAGE, PLACE, PRIVATE, TAKEN, Move, State
from engine.race.story import describe_step, fields_of, positions_of

# With three compactors, states that differ only in which compactor is which count as one.
FULL_UNTIL = 2
_OWNED = tuple(PAGE * x + field for x in (0, 1) for field in (LOCK, PLACE))


class Found:
    """The result of an exploration.

    Attributes:
        protocol: the setting.
        states: how many states can be reached.
        transitions: how many steps lead out of those states.
        shared: the set of shared states: both pages, the mutex, every actor's position.
        schedules: property -> the shortest list of moves that breaks it.
    """

    def __init__(self, protocol: Protocol) -> None:
        """Nothing found yet."""
        self.protocol = protocol
        self.states = 0
        self.transitions = 0
        self.shared: set[State] = set()
        self.schedules: dict[str, list[Move]] = {}


def shared_part(state: State) -> State:
    """A state without the actors' sources and targets."""
    return (*state[:ACTORS], *state[ACTORS::ACTOR])


def _canonical(protocol: Protocol, state: State) -> State:
    """The same state with the compactors sorted by position."""
    count = protocol.compactors
    first, second, third = state[ACTORS : ACTORS + ACTOR * 3 : ACTOR]
    if first < second < third:
        return state
    signed = []
    for actor in range(1, count + 1):
        base = ACTORS + ACTOR * (actor - 1)
        owns = tuple(state[at] in (actor, PRIVATE + actor, TAKEN + actor) for at in _OWNED)
        kinds = tuple(state[at] >= TAKEN for at in _OWNED)
        own = (owns, kinds if any(owns) else (), state[HOLDER] == actor)
        signed.append((state[base : base + ACTOR], own, actor))
    signed.sort()
    rank = {0: 0, count + 1: count + 1}
    for new, (_, _, old) in enumerate(signed, 1):
        rank[old] = new
    values = list(state)
    for at in _OWNED:
        value = values[at]
        if at % PAGE == LOCK:
            values[at] = rank[value]
        elif value >= PRIVATE:
            base = TAKEN if value >= TAKEN else PRIVATE
            values[at] = base + rank[value - base]
    values[HOLDER] = rank[values[HOLDER]]
    for new, (local, _, _) in enumerate(signed):
        values[ACTORS + ACTOR * new : ACTORS + ACTOR * (new + 1)] = local
    return tuple(values)


def _path(
    protocol: Protocol, before: dict[State, State | None], end: State, last: str
) -> list[Move]:
    """The moves from the first state to ``end``, and the one from there that breaks ``last``."""
    chain: list[State] = [end]
    while (previous := before[chain[-1]]) is not None:
        chain.append(previous)
    chain.reverse()
    state, path = first_state(protocol), []
    symmetric = protocol.compactors > FULL_UNTIL
    for goal in chain[1:]:
        for move in moves_of(protocol, state):
            reached = _canonical(protocol, move.state) if symmetric else move.state
            if reached == goal:
                path.append(move)
                state = move.state
                break
    for move in moves_of(protocol, state):
        if last in move.broken:
            return [*path, move]
    return path


def explore(protocol: Protocol, *, keep_shared: bool = False) -> Found:
    """Visit every state that can be reached.

    Args:
        protocol: the setting.
        keep_shared: also collect the set of shared states.

    Returns:
        What was found; always the same for the same setting.
    """
    found = Found(protocol)
    symmetric = protocol.compactors > FULL_UNTIL
    start = first_state(protocol)
    before: dict[State, State | None] = {start: None}
    broken: dict[str, State] = {}
    queue = deque([start])
    while queue:
        state = queue.popleft()
        moves = moves_of(protocol, state)
        found.transitions += len(moves)
        if keep_shared:
            found.shared.add(shared_part(state))
        if not moves:
            for name in broken_at_rest(protocol, state):
                broken.setdefault(name, state)
        for move in moves:
            for name in move.broken:
                broken.setdefault(name, state)
            reached = _canonical(protocol, move.state) if symmetric else move.state
            if reached not in before:
                before[reached] = state
                queue.append(reached)
    found.states = len(before)
    for name in PROPERTIES:
        if name in broken:
            found.schedules[name] = _path(protocol, before, broken[name], name)
    return found


def _toggles(protocol: Protocol) -> dict[str, Any]:
    return {
        "compactors": protocol.compactors,
        "page_lock": "on" if protocol.page_lock else "off",
        "refcount_test": "on" if protocol.refcount_test else "off",
        "era": protocol.era,
        "known_defects": sorted(protocol.defects),
    }


def _defects(protocol: Protocol) -> list[dict[str, Any]]:
    """Each defect of the era switched on alone, with at most two compactors: what else breaks."""
    base = replace(protocol, compactors=min(protocol.compactors, FULL_UNTIL), defects=frozenset())
    without = set(explore(base).schedules)
    rows = []
    for defect in DEFECTS[protocol.era]:
        with_it = explore(replace(base, defects=frozenset({defect.name})))
        breaks = [name for name in with_it.schedules if name not in without]
        rows.append(
            {"name": defect.name, "text": defect.text, "mended": defect.mended, "breaks": breaks}
        )
    return rows


def _told(protocol: Protocol, moves: list[Move]) -> list[dict[str, Any]]:
    """A schedule; ``choice`` is what ``free_play`` needs to take the same path."""
    state, told = first_state(protocol), []
    for move in moves:
        choice = moves_of(protocol, state).index(move)
        told.append({**describe_step(protocol, move), "choice": choice})
        state = move.state
    return told


def race(protocol: Protocol) -> dict[str, Any]:
    """Everything about one setting, ready for JSON."""
    found = explore(protocol)
    violations = [
        {
            "property": name,
            "text": PROPERTIES[name],
            "steps": len(moves),
            "schedule": _told(protocol, moves),
        }
        for name, moves in sorted(found.schedules.items(), key=lambda item: len(item[1]))
    ]
    return {
        **_toggles(protocol),
        "states": found.states,
        "transitions": found.transitions,
        "compactors_alike": protocol.compactors > FULL_UNTIL,
        "violations": violations,
        "known_defects_of_era": _defects(protocol),
        "start": fields_of(protocol, first_state(protocol)),
    }


def free_play(protocol: Protocol, path: list[int]) -> dict[str, Any]:
    """Free play: the state after choosing ``path[0]``, ``path[1]`` … from the moves offered.

    Raises:
        RefusedError: one sentence, if a choice was not offered.
    """
    state, told = first_state(protocol), []
    for number, choice in enumerate(path, 1):
        moves = moves_of(protocol, state)
        if not 0 <= choice < len(moves):
            raise RefusedError(f"choice {number} is {choice}: {len(moves)} moves are offered there")
        told.append({**describe_step(protocol, moves[choice]), "choice": choice})
        state = moves[choice].state
    moves = moves_of(protocol, state)
    broken = [] if moves else list(broken_at_rest(protocol, state))
    return {
        **_toggles(protocol),
        "path": path,
        "schedule": told,
        "start": fields_of(protocol, first_state(protocol)),
        "positions": positions_of(protocol, state),
        "over": is_over(protocol, state),
        "broken_at_rest": broken,
        "moves": [describe_step(protocol, move) for move in moves],
    }
