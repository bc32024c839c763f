"""The driver's steps: it deflates a page, or inflates and ends up compacting itself."""

from collections.abc import Callable

from engine.race import era as e
from engine.race.era import Protocol
from engine.race.moves import (
    ACTOR,
    ACTORS,
    COUNT,
    FLAG,
    FREE,
    HOLDER,
    ISOLATED,
    LISTED,
    LOCK,
    MARK,
    NO_PAGE,
    OFF,
    PAGE,
    PAGES,
    PLACE,
    POS,
    SRC,
    Move,
    Scene,
    State,
    compactor_steps,
)


def _start(s: Scene) -> list[Move] | None:
    """Inflation and deflation both start by taking the driver's mutex."""
    if s.values[HOLDER]:
        return None
    s.values[HOLDER] = s.me
    other = Scene(s.protocol, tuple(s.values), s.me)
    # Its own allocation runs a compactor's code with the mutex held.
    other.values[other.base + POS] = e.D_START
    return [s.go(e.D_PICK, "deflate"), other.go(e.LOOK, "inflate")]


def _pick(s: Scene) -> list[Move]:
    moves = []
    for x in PAGES:
        if s.values[PAGE * x + PLACE] != LISTED:
            continue
        scene = Scene(s.protocol, tuple(s.values), s.me)
        v, page = scene.values, PAGE * x
        v[scene.base + SRC] = x
        if "bare_deflate" in s.protocol.defects:
            v[page + FLAG], v[page + PLACE] = 0, OFF
            moves.append(scene.go(e.D_TELL, "bare"))
        else:
            moves.append(scene.go(e.D_LOCK if s.protocol.page_lock else e.D_TAKE))
    if moves:
        return moves
    if s.values[ISOLATED] == 0:
        s.broken.append("lost_page")
    return [s.go(e.D_MUTEX, "no")]


def _lock(s: Scene) -> Move:
    if s.values[s.src + LOCK]:
        s.values[s.base + SRC] = NO_PAGE
        return s.go(e.D_MUTEX, "no", s.src // PAGE)
    s.values[s.src + LOCK] = s.me
    return s.go(e.D_TAKE)


def _take(s: Scene) -> Move:
    v, p = s.values, s.protocol
    if p.era == "3.18" and v[s.src + MARK]:
        return s.go(e.D_SKIP, "no")
    if v[s.src + PLACE] != LISTED:
        s.broken.append("deflate_isolated")
    if p.by_count:
        v[s.src + COUNT] += 1
    v[s.src + FLAG], v[s.src + PLACE] = 0, OFF
    return s.go(e.D_UNLOCK if p.page_lock else e.D_TELL)


def _unlock(s: Scene) -> Move:
    s.values[s.src + LOCK] = 0
    return s.go(e.D_TELL)


def _skip(s: Scene) -> Move:
    if s.protocol.page_lock:
        s.values[s.src + LOCK] = 0
    page = s.src // PAGE
    s.values[s.base + SRC] = NO_PAGE
    return s.go(e.D_MUTEX, "ok", page)


def _frees_last(p: Protocol) -> bool:
    """Whether the mutex is released before the pages are freed."""
    return p.era in ("3.8", "3.18")


def _tell(s: Scene) -> Move:
    return s.go(e.D_MUTEX if _frees_last(s.protocol) else e.D_PUT)


def _put(s: Scene) -> Move:
    p = s.protocol
    s.put(s.src)
    if p.by_count and "bare_deflate" not in p.defects:
        return s.go(e.D_FREE)
    return s.go(e.DONE if _frees_last(p) else e.D_MUTEX)


def _free(s: Scene) -> Move:
    s.put(s.src)
    return s.go(e.DONE if _frees_last(s.protocol) else e.D_MUTEX)


def _mutex(s: Scene) -> Move:
    s.values[HOLDER] = 0
    took = s.values[s.base + SRC] != NO_PAGE
    return s.go(e.D_PUT if took and _frees_last(s.protocol) else e.DONE, "ok", NO_PAGE)


STEPS: dict[int, Callable[[Scene], Move | list[Move] | None]] = {
    **compactor_steps(),
    e.D_START: _start, e.D_PICK: _pick, e.D_LOCK: _lock, e.D_TAKE: _take, e.D_UNLOCK: _unlock,
    e.D_SKIP: _skip, e.D_TELL: _tell, e.D_PUT: _put, e.D_FREE: _free, e.D_MUTEX: _mutex,
}  # fmt: skip


def first_state(protocol: Protocol) -> State:
    """Page P is in the balloon, page N is free, and nobody has started."""
    resting = (1, 0, 1, 0, LISTED)
    free = (0, 0, 0, 0, FREE)
    compactor = (e.LOOK, NO_PAGE, NO_PAGE)
    driver = (e.D_START, NO_PAGE, NO_PAGE)
    return (*resting, *free, 0, 0, *(compactor * protocol.compactors), *driver)


def moves_of(protocol: Protocol, state: State) -> list[Move]:
    """Every step that can be taken from ``state``, by actor."""
    found: list[Move] = []
    for actor in range(1, protocol.compactors + 2):
        position = state[ACTORS + ACTOR * (actor - 1) + POS]
        if position == e.DONE:
            continue
        moves = STEPS[position](Scene(protocol, state, actor))
        if isinstance(moves, list):
            found += moves
        elif moves is not None:
            found.append(moves)
    return found


def is_over(protocol: Protocol, state: State) -> bool:
    """Whether every actor is done."""
    ends = state[ACTORS + POS :: ACTOR]
    return all(position == e.DONE for position in ends)


def broken_at_rest(protocol: Protocol, state: State) -> tuple[str, ...]:
    """What is wrong in a state from which nobody can move."""
    if not is_over(protocol, state):
        return ("deadlock",)
    broken: list[str] = []
    listed = 0
    for x in PAGES:
        count, lock, flag, mark, place = state[PAGE * x : PAGE * (x + 1)]
        if lock:
            broken.append("deadlock")
        if place == LISTED:
            listed += 1
            if count > 1:
                broken.append("leaked_reference")
            if not flag or mark:
                broken.append("forgotten_page")
        elif place == FREE:
            if count:
                broken.append("leaked_reference")
        else:
            broken.append("lost_page")
    if state[ISOLATED]:
        broken.append("isolated_count")
    deflated = state[ACTORS + ACTOR * protocol.compactors + SRC] != NO_PAGE
    if listed + deflated > 1:
        broken.append("balloon_size")
    return tuple(dict.fromkeys(broken))
