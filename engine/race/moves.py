"""The atomic steps: which moves a state allows, and what each does.

A state is one flat tuple of small integers: for each of the two pages count, lock, flag, mark,
place; then the counter of isolated pages and the holder of the driver's mutex; then for each actor
its position, its source and its target. Actors are numbered from 1, the driver is the last.
"""

from collections.abc import Callable
from typing import NamedTuple

from engine.race import era as e
from engine.race.era import Protocol

State = tuple[int, ...]

# Fields of a page; page x begins at x * PAGE.
PAGE = 5
COUNT, LOCK, FLAG, MARK, PLACE = range(PAGE)
PAGES = (0, 1)
NO_PAGE = 2
ISOLATED, HOLDER = 2 * PAGE, 2 * PAGE + 1
ACTORS = 2 * PAGE + 2
ACTOR = 3
POS, SRC, DST = range(ACTOR)

# Places; a private list is PRIVATE + its compactor, a fresh target TAKEN + its compactor.
FREE, LISTED, OFF, LRU, PRIVATE, TAKEN = 0, 1, 2, 3, 10, 20


class Move(NamedTuple):
    """One atomic step of one actor.

    Attributes:
        actor: from 1; the driver is the last.
        position: of era.POSITIONS, the step taken.
        outcome: which of the step's outcomes, a key of story.WORDS.
        page: the page it is about, or NO_PAGE.
        state: the state after it.
        broken: names of the properties that it breaks.
    """

    actor: int
    position: int
    outcome: str
    page: int
    state: State
    broken: tuple[str, ...]


class Scene:
    """A state unpacked for one step of one actor."""

    __slots__ = ("base", "broken", "driver", "dst", "me", "protocol", "src", "values")

    def __init__(self, protocol: Protocol, state: State, actor: int) -> None:
        """Make a copy that may be changed."""
        self.protocol = protocol
        self.values = list(state)
        self.me = actor
        self.driver = protocol.compactors + 1
        self.base = ACTORS + ACTOR * (actor - 1)
        self.src = PAGE * state[self.base + SRC]
        self.dst = PAGE * state[self.base + DST]
        self.broken: list[str] = []

    def go(self, position: int, outcome: str = "ok", page: int | None = None) -> Move:
        """End the step: the actor's next position is ``position``."""
        v, base = self.values, self.base
        taken = v[base + POS]
        about = v[base + SRC] if page is None else page
        if position == e.DONE and self.me == self.driver and taken < e.D_START:
            position = e.D_MUTEX  # its allocation is over: the mutex is next
            v[base + SRC] = NO_PAGE
        v[base + POS] = position
        if position == e.DONE and self.me != self.driver:
            v[base + SRC] = NO_PAGE
        if position == e.DONE or position >= e.D_START:
            v[base + DST] = NO_PAGE
        broken = tuple(dict.fromkeys(self.broken)) if self.broken else ()
        return Move(self.me, taken, outcome, about, tuple(v), broken)

    def put(self, page: int) -> None:
        """Drop a reference; the last one frees."""
        v = self.values
        if v[page + COUNT] == 0:
            self.broken.append("freed_in_use")
            return
        v[page + COUNT] -= 1
        if v[page + COUNT]:
            return
        if (
            v[page + PLACE] not in (OFF, PRIVATE + self.me, TAKEN + self.me)
            or v[page + LOCK]
            or v[page + FLAG]
        ):
            self.broken.append("freed_in_use")
        v[page + PLACE], v[page + FLAG], v[page + MARK] = FREE, 0, 0

    def list_locked(self) -> bool:
        """Whether the driver holds the list lock across steps."""
        at = self.values[ACTORS + ACTOR * (self.driver - 1) + POS]
        return self.protocol.list_lock_held and at in (e.D_LOCK, e.D_TAKE, e.D_UNLOCK)

    def move_target(self, page: int) -> bool:
        """Whether another actor's unfinished move has ``page`` (its number) as its target."""
        v = self.values
        for actor in range(1, self.driver + 1):
            base = ACTORS + ACTOR * (actor - 1)
            if actor != self.me and v[base + DST] == page and v[base + POS] in self.protocol.moving:
                return True
        return False


def _look(s: Scene) -> list[Move]:
    """Without any lock: is this a balloon page that may be isolated?"""
    p, moves = s.protocol, []
    for x in PAGES:
        scene = Scene(p, tuple(s.values), s.me)
        v, page = scene.values, PAGE * x
        seen = v[page + FLAG] == 1
        if p.era == "3.8":
            seen = seen and v[page + LOCK] == 0 and (not p.refcount_test or v[page + COUNT] == 1)
        elif not p.by_count:
            seen = seen and (not p.refcount_test or v[page + MARK] == 0)
        if seen:
            v[scene.base + SRC] = x
        moves.append(scene.go(e.GET if seen else e.DONE, "ok" if seen else "no", x))
    return moves


def _get(s: Scene) -> Move:
    v = s.values
    if v[s.src + COUNT] == 0:
        return s.go(e.DONE, "no")
    v[s.src + COUNT] += 1
    return s.go(e.TRYLOCK if s.protocol.page_lock else e.TEST)


def _trylock(s: Scene) -> Move:
    if s.values[s.src + LOCK]:
        return s.go(e.FAIL_PUT, "no")
    s.values[s.src + LOCK] = s.me
    return s.go(e.TEST)


def _test(s: Scene) -> Move:
    v, p = s.values, s.protocol
    alone = v[s.src + COUNT] == 2 if p.by_count else v[s.src + MARK] == 0
    if v[s.src + FLAG] and (alone or not p.refcount_test):
        return s.go(e.UNLINK)
    return s.go(e.FAIL_UNLOCK if p.page_lock else e.FAIL_PUT, "no")


def _fail_unlock(s: Scene) -> Move:
    s.values[s.src + LOCK] = 0
    return s.go(e.FAIL_PUT)


def _fail_put(s: Scene) -> Move:
    s.put(s.src)
    return s.go(e.DONE)


def _unlink(s: Scene) -> Move | None:
    """Take the page off whatever list it is on: list_del does not check."""
    if s.list_locked():
        return None
    v, p = s.values, s.protocol
    place = v[s.src + PLACE]
    if place >= TAKEN or s.move_target(v[s.base + SRC]):
        s.broken.append("newpage_isolated")
    elif place >= PRIVATE:
        s.broken.append("double_isolation")
    elif place != LISTED:
        s.broken.append("stale_isolation")
    v[s.src + PLACE] = PRIVATE + s.me
    v[ISOLATED] += 1
    if p.era == "3.18":
        v[s.src + MARK] = 1
    more = p.page_lock or p.era == "movable_ops"
    return s.go(e.UNLOCK if more else e.TARGET)


def _unlock(s: Scene) -> Move:
    if s.protocol.era == "movable_ops":
        s.values[s.src + MARK] = 1
    if s.protocol.page_lock:
        s.values[s.src + LOCK] = 0
    return s.go(e.TARGET)


def _target(s: Scene) -> Move:
    v = s.values
    other = 1 - v[s.base + SRC]
    page = PAGE * other
    if v[page + PLACE] != FREE:
        return s.go(e.KIND, "no", other)
    v[page + COUNT], v[page + PLACE] = 1, TAKEN + s.me
    v[s.base + DST] = other
    return s.go(e.LOCK_SRC, "ok", other)


def _lock_src(s: Scene) -> Move:
    if s.values[s.src + LOCK]:
        return s.go(e.DROP_DST, "no")
    s.values[s.src + LOCK] = s.me
    return s.go(e.LOCK_DST)


def _lock_dst(s: Scene) -> Move:
    """A late lookup from the page's previous life may hold the lock of a fresh target."""
    v = s.values
    if v[s.dst + LOCK]:
        if "target_bug" in s.protocol.defects:
            s.broken.append("kernel_bug")
            return s.go(e.DONE, "bug", v[s.base + DST])
        return s.go(e.UNDO_SRC, "no", v[s.base + DST])
    v[s.dst + LOCK] = s.me
    if s.protocol.era == "v4":  # the generic code copies the mapping before the callback
        v[s.dst + FLAG] = v[s.src + FLAG]
    return s.go(e.MUTEX, "ok", v[s.base + DST])


def _mutex(s: Scene) -> Move | None:
    v = s.values
    if v[s.src + FLAG] == 0:
        return s.go(e.UNDO_DST, "gone")
    if v[HOLDER]:
        return None if "mutex_wait" in s.protocol.defects else s.go(e.UNDO_DST, "no")
    v[HOLDER] = s.me
    return s.go(e.INSERT)


def _insert(s: Scene) -> Move | None:
    if s.list_locked():
        return None
    v = s.values
    v[s.dst + FLAG], v[s.dst + MARK], v[s.dst + PLACE] = 1, 0, LISTED
    v[ISOLATED] -= 1
    if not s.protocol.by_count:
        v[s.dst + COUNT] += 1
    return s.go(s.protocol.after[e.INSERT], "ok", v[s.base + DST])


def _tell(s: Scene) -> Move:
    return s.go(s.protocol.after[e.TELL])


def _clear(s: Scene) -> Move:
    v = s.values
    v[s.src + FLAG] = 0
    if s.protocol.era == "movable_ops":
        v[s.src + MARK] = 0
    if v[s.src + PLACE] == PRIVATE + s.me:
        v[s.src + PLACE] = OFF
    return s.go(s.protocol.after[e.CLEAR])


def _mutex_unlock(s: Scene) -> Move:
    s.values[HOLDER] = 0
    return s.go(s.protocol.after[e.MUTEX_UNLOCK])


def _unlock_dst(s: Scene) -> Move:
    v = s.values
    forgets = "move_once" in s.protocol.defects
    if forgets:
        v[s.dst + FLAG] = 0
    v[s.dst + LOCK] = 0
    return s.go(s.protocol.after[e.UNLOCK_DST], "forgets" if forgets else "ok", v[s.base + DST])


def _unlock_src(s: Scene) -> Move:
    s.values[s.src + LOCK] = 0
    return s.go(s.protocol.after[e.UNLOCK_SRC])


def _ask_dst(s: Scene) -> Move:
    """v4: a test of the target decides; by now the result may have changed."""
    v = s.values
    if v[s.dst + FLAG]:
        return s.go(s.protocol.after[e.ASK_DST], "ok", v[s.base + DST])
    for page in (s.src, s.dst):
        s.put(page)
        v[page + PLACE] = LRU
    s.broken.append("wrong_putback")
    return s.go(e.DONE, "no", v[s.base + DST])


def _put_src(s: Scene) -> Move:
    s.put(s.src)
    return s.go(s.protocol.after[e.PUT_SRC])


def _free_src(s: Scene) -> Move:
    s.put(s.src)
    return s.go(s.protocol.after[e.FREE_SRC])


def _put_dst(s: Scene) -> Move:
    v = s.values
    page = v[s.base + DST]
    wrong = "ask_target" in s.protocol.defects and v[s.dst + FLAG] == 0
    if wrong:
        v[s.dst + PLACE] = LRU
        s.broken.append("wrong_putback")
    s.put(s.dst)
    return s.go(s.protocol.after[e.PUT_DST], "no" if wrong else "ok", page)


def _undo_dst(s: Scene) -> Move:
    v = s.values
    v[s.dst + LOCK] = 0
    if s.protocol.era == "v4":
        v[s.dst + FLAG] = 0
    return s.go(e.UNDO_SRC, "ok", v[s.base + DST])


def _undo_src(s: Scene) -> Move:
    s.values[s.src + LOCK] = 0
    return s.go(e.DROP_DST)


def _drop_dst(s: Scene) -> Move:
    v, page = s.values, s.values[s.base + DST]
    if v[s.dst + PLACE] == TAKEN + s.me:
        v[s.dst + PLACE] = OFF  # whoever drops the last reference frees it
    s.put(s.dst)
    v[s.base + DST] = NO_PAGE
    return s.go(e.KIND, "ok", page)


def _kind(s: Scene) -> Move:
    """Without a lock: does this page go back to the balloon, or to the LRU list?"""
    v, p = s.values, s.protocol
    ours = v[s.src + FLAG] == 1
    if "lru_putback" in p.defects:
        ours = ours and v[s.src + COUNT] == 1 and v[s.src + LOCK] == 0
    if ours:
        return s.go(e.BACK_LOCK if p.page_lock else e.BACK_LINK)
    s.put(s.src)
    v[s.src + PLACE] = LRU
    s.broken.append("wrong_putback")
    return s.go(e.DONE, "no")


def _back_lock(s: Scene) -> Move | None:
    if s.values[s.src + LOCK] == 0:
        s.values[s.src + LOCK] = s.me
        return s.go(e.BACK_LINK)
    return s.go(e.DONE, "no") if "putback_trylock" in s.protocol.defects else None


def _back_link(s: Scene) -> Move | None:
    if s.list_locked():
        return None
    v, p = s.values, s.protocol
    modern = p.era == "movable_ops"
    if v[s.src + FLAG] == 0:  # it warns and gives up
        after = e.BACK_UNLOCK if p.page_lock or modern else e.DONE
        return s.go(after, "no")
    if v[s.src + PLACE] != PRIVATE + s.me:
        s.broken.append("wrong_putback")
    v[s.src + PLACE] = LISTED
    v[ISOLATED] -= 1
    if p.era == "3.18":
        v[s.src + MARK] = 0
    return s.go(e.BACK_UNLOCK if modern else e.BACK_PUT)


def _back_put(s: Scene) -> Move:
    p = s.protocol
    s.put(s.src)
    return s.go(e.BACK_UNLOCK if p.page_lock and p.era != "movable_ops" else e.DONE)


def _back_unlock(s: Scene) -> Move:
    if s.protocol.page_lock:
        s.values[s.src + LOCK] = 0
    if s.protocol.era != "movable_ops":
        return s.go(e.DONE)
    s.values[s.src + MARK] = 0
    return s.go(e.BACK_PUT)


def compactor_steps() -> dict[int, Callable[[Scene], Move | list[Move] | None]]:
    """Position -> what a compactor does there; None means that it waits."""
    return {
        e.LOOK: _look, e.GET: _get, e.TRYLOCK: _trylock, e.TEST: _test,
        e.FAIL_UNLOCK: _fail_unlock, e.FAIL_PUT: _fail_put, e.UNLINK: _unlink, e.UNLOCK: _unlock,
        e.TARGET: _target, e.LOCK_SRC: _lock_src, e.LOCK_DST: _lock_dst, e.MUTEX: _mutex,
        e.INSERT: _insert, e.TELL: _tell, e.CLEAR: _clear, e.MUTEX_UNLOCK: _mutex_unlock,
        e.UNLOCK_DST: _unlock_dst, e.UNLOCK_SRC: _unlock_src, e.PUT_SRC: _put_src,
        e.FREE_SRC: _free_src, e.PUT_DST: _put_dst, e.ASK_DST: _ask_dst, e.UNDO_DST: _undo_dst,
        e.UNDO_SRC: _undo_src, e.DROP_DST: _drop_dst, e.KIND: _kind, e.BACK_LOCK: _back_lock,
        e.BACK_LINK: _back_link, e.BACK_PUT: _back_put, e.BACK_UNLOCK: _back_unlock,
    }  # fmt: skip
