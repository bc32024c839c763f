"""Steps and states in words: kernel functions by era, outcomes, fields of the pages."""

from typing import Any

from engine.race import era as e
from engine.race.era import POSITIONS, Protocol
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
    LRU,
    MARK,
    OFF,
    PAGE,
    PAGES,
    PLACE,
    POS,
    PRIVATE,
    TAKEN,
    Move,
    State,
)

PAGE_NAMES = ("P", "N", "")

_ISOLATE = (
    "isolate_balloon_page", "balloon_page_isolate", "balloon_page_isolate", "isolate_movable_page",
)  # fmt: skip
_UNLINK = (
    "virtballoon_isolatepage", "__isolate_balloon_page", "__isolate_balloon_page",
    "balloon_page_isolate",
)  # fmt: skip
_SCAN = ("isolate_migratepages_range",) * 2 + ("isolate_migratepages_block",) * 2
_OUTER = ("unmap_and_move",) * 3 + ("migrate_folio_move",)
_INNER = ("__unmap_and_move",) * 3 + ("migrate_folio_move",)
_MOVE = ("move_to_new_page", "balloon_page_migrate", "balloon_page_migrate", "migrate_folio_move")
_CALLBACK = ("virtballoon_migratepage",) * 4
_BACK = (
    "putback_balloon_page", "balloon_page_putback", "balloon_page_putback",
    "putback_movable_pages",
)  # fmt: skip
_DEQUEUE = (
    "leak_balloon", "balloon_page_dequeue", "balloon_page_dequeue", "balloon_page_list_dequeue",
)  # fmt: skip
_RELEASE = ("release_pages_by_pfn",) * 3 + ("release_pages_balloon",)
_LEAK = ("leak_balloon",) * 4

# Position -> the function that takes the step, by era in the order of ERAS.
FUNCTIONS: dict[int, tuple[str, ...]] = {
    e.LOOK: _SCAN,
    e.GET: _ISOLATE, e.TRYLOCK: _ISOLATE, e.TEST: _ISOLATE, e.FAIL_UNLOCK: _ISOLATE,
    e.FAIL_PUT: _ISOLATE, e.UNLINK: _UNLINK, e.UNLOCK: _ISOLATE,
    e.TARGET: ("compaction_alloc",) * 4,
    e.LOCK_SRC: ("__unmap_and_move",) * 3 + ("migrate_folio_unmap",),
    e.LOCK_DST: (*_MOVE[:3], "migrate_folio_unmap"),
    e.MUTEX: _CALLBACK, e.INSERT: _CALLBACK, e.TELL: _CALLBACK, e.MUTEX_UNLOCK: _CALLBACK,
    e.CLEAR: ("move_to_new_page", *_CALLBACK[1:]),
    e.UNLOCK_DST: _MOVE,
    e.UNLOCK_SRC: _INNER,
    e.PUT_SRC: ("unmap_and_move", "balloon_page_free", *_CALLBACK[2:]),
    e.FREE_SRC: ("unmap_and_move", "balloon_page_free", "unmap_and_move", "migrate_folio_done"),
    e.PUT_DST: _OUTER, e.ASK_DST: _OUTER,
    e.UNDO_DST: (*_MOVE[:3], "migrate_folio_undo_dst"),
    e.UNDO_SRC: ("__unmap_and_move",) * 3 + ("migrate_folio_undo_src",),
    e.DROP_DST: ("unmap_and_move",) * 3 + ("migrate_folio_undo_dst",),
    e.KIND: ("putback_lru_pages",) + ("putback_movable_pages",) * 3,
    e.BACK_LOCK: _BACK, e.BACK_PUT: _BACK, e.BACK_UNLOCK: _BACK,
    e.BACK_LINK: ("virtballoon_putbackpage", *_BACK[1:3], "balloon_page_putback"),
    e.D_START: _LEAK, e.D_TELL: _LEAK, e.D_MUTEX: _LEAK,
    e.D_PICK: _DEQUEUE, e.D_LOCK: _DEQUEUE, e.D_TAKE: _DEQUEUE, e.D_UNLOCK: _DEQUEUE,
    e.D_SKIP: _DEQUEUE, e.D_PUT: _RELEASE, e.D_FREE: _RELEASE,
}  # fmt: skip

# (position, outcome) -> words; {p} is the page's name.
WORDS: dict[tuple[int, str], str] = {
    (e.LOOK, "ok"): "looks at {p} without any lock: a balloon page, worth a try",
    (e.LOOK, "no"): "looks at {p} without any lock: nothing to isolate; moves on",
    (e.GET, "ok"): "takes a reference on {p} (its count was not zero)",
    (e.GET, "no"): "takes no reference: {p} has just been freed; moves on",
    (e.TRYLOCK, "ok"): "tries the page lock of {p}: got it",
    (e.TRYLOCK, "no"): "tries the page lock of {p}: somebody holds it; gives up",
    (e.TEST, "ok"): "tests again: {p} may be isolated",
    (e.TEST, "no"): "tests again: {p} may no longer be isolated; gives up",
    (e.FAIL_UNLOCK, "ok"): "unlocks {p}",
    (e.FAIL_PUT, "ok"): "drops its reference on {p}",
    (e.UNLINK, "ok"): "takes {p} off whatever list it is on: {p} is isolated",
    (e.UNLOCK, "ok"): "unlocks {p}; it now waits on a private list to be moved",
    (e.TARGET, "ok"): "takes the free page {p} as target",
    (e.TARGET, "no"): "finds no free page as target (-ENOMEM)",
    (e.LOCK_SRC, "ok"): "locks the source {p}",
    (e.LOCK_SRC, "no"): "tries to lock the source {p}: somebody holds it (-EAGAIN)",
    (e.LOCK_DST, "ok"): "locks the target {p}",
    (e.LOCK_DST, "no"): "tries to lock the target {p}: somebody holds it (-EAGAIN)",
    (e.LOCK_DST, "bug"): "finds the target {p} locked by somebody else: BUG()",
    (e.MUTEX, "ok"): "takes the driver's mutex",
    (e.MUTEX, "no"): "tries the driver's mutex: busy (-EAGAIN)",
    (e.MUTEX, "gone"): "finds that {p} is no longer a balloon page (-EAGAIN)",
    (e.INSERT, "ok"): "puts the target {p} on the balloon list: it is a balloon page now",
    (e.TELL, "ok"): "tells the host and waits for its answer",
    (e.CLEAR, "ok"): "clears the balloon flag of the source {p}",
    (e.MUTEX_UNLOCK, "ok"): "releases the driver's mutex",
    (e.UNLOCK_DST, "ok"): "unlocks the target {p}",
    (e.UNLOCK_DST, "forgets"): "mistakes the success code for a failure: clears the flag of the"
    " target {p}, then unlocks it",
    (e.UNLOCK_SRC, "ok"): "unlocks the source {p}",
    (e.PUT_SRC, "ok"): "drops a reference on the source {p}",
    (e.FREE_SRC, "ok"): "drops its own last reference on the source {p}",
    (e.PUT_DST, "ok"): "drops its own reference on the target {p}; the balloon keeps one",
    (e.PUT_DST, "no"): "tests the target {p}: no longer a balloon page; puts it on the LRU list",
    (e.ASK_DST, "ok"): "tests the target {p}: it is a balloon page, so the move is done",
    (e.ASK_DST, "no"): "tests the target {p}: no longer a balloon page; puts both on the LRU list",
    (e.UNDO_DST, "ok"): "unlocks the target {p} again",
    (e.UNDO_SRC, "ok"): "unlocks the source {p}",
    (e.DROP_DST, "ok"): "gives the target {p} back",
    (e.KIND, "ok"): "puts back: {p} is a balloon page",
    (e.KIND, "no"): "puts back: does not recognise {p} as a balloon page; it goes to the LRU list",
    (e.BACK_LOCK, "ok"): "locks {p} to put it back",
    (e.BACK_LOCK, "no"): "tries to lock {p} to put it back: somebody holds it; warns and gives up",
    (e.BACK_LINK, "ok"): "puts {p} back on the balloon list",
    (e.BACK_LINK, "no"): "finds that {p} is no longer a balloon page; warns and gives up",
    (e.BACK_PUT, "ok"): "drops the reference that isolation took on {p}",
    (e.BACK_UNLOCK, "ok"): "unlocks {p}",
    (e.D_START, "deflate"): "is to deflate: takes its mutex",
    (e.D_START, "inflate"): "is to inflate: takes its mutex; its allocation enters compaction",
    (e.D_PICK, "ok"): "reads the head of the balloon list: {p}",
    (e.D_PICK, "bare"): "takes {p} off the balloon list and clears its flag, without the page lock",
    (e.D_PICK, "no"): "finds the balloon list empty",
    (e.D_LOCK, "ok"): "tries the page lock of {p}: got it",
    (e.D_LOCK, "no"): "tries the page lock of {p}: somebody holds it; skips it",
    (e.D_TAKE, "ok"): "takes {p} off whatever list it is on and clears its flag",
    (e.D_TAKE, "no"): "tests again: {p} has been isolated; skips it",
    (e.D_UNLOCK, "ok"): "unlocks {p}",
    (e.D_SKIP, "ok"): "leaves {p} alone",
    (e.D_TELL, "ok"): "tells the host that {p} is the guest's again",
    (e.D_PUT, "ok"): "drops a reference on {p}",
    (e.D_FREE, "ok"): "frees {p}",
    (e.D_MUTEX, "ok"): "releases its mutex",
}


def actor_name(protocol: Protocol, actor: int) -> str:
    """``C1``, ``C2``, ``C3`` or ``driver``."""
    return f"C{actor}" if actor <= protocol.compactors else "driver"


def function_of(protocol: Protocol, move: Move) -> str:
    """The kernel function that takes a step."""
    if move.outcome == "inflate":
        return "fill_balloon"
    return FUNCTIONS[move.position][e.ERAS.index(protocol.era)]


def step_words(move: Move) -> str:
    """A step in plain words."""
    return WORDS[move.position, move.outcome].format(p=PAGE_NAMES[move.page])


def place_words(protocol: Protocol, place: int) -> str:
    """Where a page is."""
    if place >= TAKEN:
        return f"target of {actor_name(protocol, place - TAKEN)}"
    if place >= PRIVATE:
        return f"private list of {actor_name(protocol, place - PRIVATE)}"
    return {FREE: "free", LISTED: "balloon list", OFF: "off every list", LRU: "LRU list"}[place]


def fields_of(protocol: Protocol, state: State) -> dict[str, Any]:
    """The shared part of a state, for people: both pages, the counter, the mutex."""
    pages = {}
    for x in PAGES:
        page = state[PAGE * x : PAGE * (x + 1)]
        pages[PAGE_NAMES[x]] = {
            "refcount": page[COUNT],
            "locked_by": actor_name(protocol, page[LOCK]) if page[LOCK] else None,
            "balloon": bool(page[FLAG]),
            "isolated": page[PLACE] >= PRIVATE and page[PLACE] < TAKEN,
            "marked": bool(page[MARK]),
            "place": place_words(protocol, page[PLACE]),
        }
    holder = state[HOLDER]
    return {
        "pages": pages,
        "nr_isolated": state[ISOLATED],
        "mutex": actor_name(protocol, holder) if holder else None,
    }


def positions_of(protocol: Protocol, state: State) -> dict[str, str]:
    """Actor -> the step that it takes next."""
    return {
        actor_name(protocol, actor): POSITIONS[state[ACTORS + ACTOR * (actor - 1) + POS]]
        for actor in range(1, protocol.compactors + 2)
    }


def describe_step(protocol: Protocol, move: Move) -> dict[str, Any]:
    """One step of a schedule."""
    return {
        "actor": actor_name(protocol, move.actor),
        "function": function_of(protocol, move),
        "step": POSITIONS[move.position],
        "words": step_words(move),
        "after": fields_of(protocol, move.state),
        "breaks": list(move.broken),
    }
