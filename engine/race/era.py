"""What is explored: four eras of the balloon page's protocol, their defects, and the two toggles.

An era is its protocol as intended; what was wrong in it apart from the two protections is a
*defect* that can be switched on. docs/RACE.md cites the source of each.
"""

from dataclasses import dataclass, field

from engine.errors import RefusedError

# Positions of an actor: the step it takes next. Compactors, in the order of the code.
LOOK, GET, TRYLOCK, TEST, FAIL_UNLOCK, FAIL_PUT, UNLINK, UNLOCK = range(8)
TARGET, LOCK_SRC, LOCK_DST, MUTEX, INSERT, TELL, CLEAR, MUTEX_UNLOCK = range(8, 16)
UNLOCK_DST, UNLOCK_SRC, PUT_SRC, FREE_SRC, PUT_DST, ASK_DST = range(16, 22)
UNDO_DST, UNDO_SRC, DROP_DST, KIND, BACK_LOCK, BACK_LINK, BACK_PUT, BACK_UNLOCK = range(22, 30)
# The driver. It runs a compactor's code as well, when its own allocation compacts.
D_START, D_PICK, D_LOCK, D_TAKE, D_UNLOCK, D_SKIP, D_TELL, D_PUT, D_FREE, D_MUTEX = range(30, 40)
DONE = 40

POSITIONS = (
    "look", "get", "trylock", "test", "fail_unlock", "fail_put", "unlink", "unlock",
    "target", "lock_src", "lock_dst", "mutex", "insert", "tell", "clear", "mutex_unlock",
    "unlock_dst", "unlock_src", "put_src", "free_src", "put_dst", "ask_dst",
    "undo_dst", "undo_src", "drop_dst", "kind", "back_lock", "back_link", "back_put",
    "back_unlock",
    "d_start", "d_pick", "d_lock", "d_take", "d_unlock", "d_skip", "d_tell", "d_put", "d_free",
    "d_mutex", "done",
)  # fmt: skip

ERAS = ("v4", "3.8", "3.18", "movable_ops")
MAX_COMPACTORS = 3

# Era -> the steps of a move that succeeds, from the driver's callback on.
MOVES: dict[str, tuple[int, ...]] = {
    "v4": (INSERT, TELL, MUTEX_UNLOCK, CLEAR, UNLOCK_DST, UNLOCK_SRC, PUT_SRC, FREE_SRC),
    "3.8": (INSERT, TELL, CLEAR, MUTEX_UNLOCK, UNLOCK_DST, UNLOCK_SRC, PUT_SRC, FREE_SRC),
    "3.18": (
        INSERT, TELL, CLEAR, MUTEX_UNLOCK, PUT_SRC, UNLOCK_DST, UNLOCK_SRC, FREE_SRC, PUT_DST,
    ),
    "movable_ops": (
        INSERT, TELL, MUTEX_UNLOCK, CLEAR, PUT_SRC, UNLOCK_DST, PUT_DST, UNLOCK_SRC, FREE_SRC,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Defect:
    """A known fault of an era that neither of the two protections is about."""

    name: str
    text: str
    mended: str


DEFECTS: dict[str, tuple[Defect, ...]] = {
    "v4": (
        Defect(
            "putback_trylock",
            "Put-back only tries the page lock. Another compactor that holds it for a moment, to"
            " find that it may not isolate the page, makes put-back give up.",
            "v7 (August 2012): put-back waits for the lock",
        ),
        Defect(
            "bare_deflate",
            "The driver takes pages off its list under the list lock only, without the page lock"
            " or a reference.",
            "v12 and 3.8: balloon_page_dequeue tries the page lock and takes a reference",
        ),
        Defect(
            "ask_target",
            "After everything is unlocked, the mover tests whether the target is a balloon page.",
            "v12 and 3.8: the driver's return code tells",
        ),
        Defect(
            "mutex_wait",
            "The migration callback waits for the driver's mutex; an inflating driver whose own"
            " allocation compacts holds it.",
            "v12 and 3.8: the callback tries the mutex and gives up",
        ),
        Defect(
            "target_bug",
            "The mover expects that nobody else can hold the lock of its fresh target, and stops"
            " the kernel if somebody does.",
            "4.4 (2016): it gives up and tries again",
        ),
    ),
    "3.8": (
        Defect(
            "move_once",
            "The reworked test (count is 1 and unlocked) is applied to a locked page with two"
            " references. The page takes the ordinary path, which clears the target's flag.",
            "3.18 (2014)",
        ),
        Defect(
            "lru_putback",
            "Put-back uses the same test: an isolated balloon page, with its two references, is"
            " put on the LRU list.",
            "3.12 (2013)",
        ),
        Defect(
            "loose_cursor",
            "The driver reads the head of its list, then locks that page, and does not check again"
            " whether it is still on the list.",
            "3.18 (2014): the flag is tested again under the page lock",
        ),
        Defect(
            "target_bug",
            "The mover expects that nobody else can hold the lock of its fresh target, and stops"
            " the kernel if somebody does.",
            "4.4 (2016): it gives up and tries again",
        ),
    ),
    "3.18": (
        Defect(
            "ask_target",
            "After the target is unlocked, the mover tests whether it is a balloon page.",
            "5.0 (2019): decided from what the source was",
        ),
        Defect(
            "target_bug",
            "The mover expects that nobody else can hold the lock of its fresh target, and stops"
            " the kernel if somebody does.",
            "4.4 (2016): it gives up and tries again",
        ),
    ),
    "movable_ops": (
        Defect(
            "ask_target",
            "After the target is unlocked, the mover tests whether it is movable.",
            "5.0 (2019): decided from what the source was",
        ),
    ),
}

PROPERTIES: dict[str, str] = {
    "double_isolation": "Two compactors both hold the same page as isolated.",
    "newpage_isolated": "A target was isolated while the move that made it a balloon page was"
    " still under way.",
    "stale_isolation": "A compactor took a page off the balloon list that the driver had already"
    " taken or freed.",
    "deflate_isolated": "The driver took a page out of a compactor's hands.",
    "wrong_putback": "A page was put where it does not belong: on the LRU list, or on the balloon"
    " list without being the putter's.",
    "freed_in_use": "A page was freed that somebody still had on a list, held locked or took for"
    " a balloon page, or a reference was dropped that did not exist.",
    "lost_page": "A balloon page is no longer on any list, and nobody will put it back.",
    "forgotten_page": "A page is in the balloon, but will never again be recognised as a balloon"
    " page.",
    "leaked_reference": "A reference remains that nobody will drop.",
    "isolated_count": "The count of isolated pages is off though nobody holds one.",
    "balloon_size": "The balloon holds more pages than it took.",
    "kernel_bug": "The kernel stops itself (BUG): a target that should belong to the mover alone is"
    " locked.",
    "deadlock": "Somebody waits for something that will never happen.",
}


@dataclass(frozen=True, slots=True)
class Protocol:
    """One setting of the explorer.

    Attributes:
        compactors: 1 to 3.
        page_lock: isolation, put-back and deflation take the page lock.
        refcount_test: isolation tests, before it takes the page off the list, whether anybody else
            holds it (``v4``, ``3.8``: the count is 2; later: the era's flag).
        era: of ERAS.
        defects: names of DEFECTS[era] that are switched on.
        after: position -> the next one, in a move that succeeds.
        moving: positions at which the target is not yet released.
    """

    compactors: int
    page_lock: bool
    refcount_test: bool
    era: str
    defects: frozenset[str] = frozenset()
    after: dict[int, int] = field(init=False, compare=False)
    moving: frozenset[int] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Derive the order of steps.

        Raises:
            RefusedError: one sentence, if a setting does not exist.
        """
        if not 1 <= self.compactors <= MAX_COMPACTORS:
            raise RefusedError(f"compactors is {self.compactors}: from 1 to {MAX_COMPACTORS}")
        if self.era not in ERAS:
            raise RefusedError(f"era is {self.era[:40]!r}: one of {', '.join(ERAS)}")
        names = [defect.name for defect in DEFECTS[self.era]]
        for name in sorted(self.defects - set(names)):
            raise RefusedError(f"{self.era} has no defect {name[:40]!r}: one of {', '.join(names)}")
        order = list(MOVES[self.era])
        if self.era == "v4" and "ask_target" in self.defects:
            order.insert(order.index(PUT_SRC), ASK_DST)
        object.__setattr__(self, "after", dict(zip(order, [*order[1:], DONE], strict=True)))
        until = order.index(UNLOCK_DST) + 1
        object.__setattr__(
            self, "moving", frozenset({LOCK_SRC, LOCK_DST, MUTEX, UNDO_DST, *order[:until]})
        )

    @property
    def by_count(self) -> bool:
        """Whether the test for other holders is the reference count rather than a flag."""
        return self.era in ("v4", "3.8")

    @property
    def list_lock_held(self) -> bool:
        """Whether the driver holds the list lock while it takes a page."""
        if self.era == "3.8":
            return "loose_cursor" not in self.defects
        return self.era != "3.18"


def parse_defects(text: str, era: str) -> frozenset[str]:
    """Parse ``off``, ``on`` (all of the era) or comma-separated names.

    Raises:
        RefusedError: one sentence.
    """
    if era not in ERAS:
        raise RefusedError(f"era is {era[:40]!r}: one of {', '.join(ERAS)}")
    every = frozenset(defect.name for defect in DEFECTS[era])
    if text == "off":
        return frozenset()
    if text == "on":
        return every
    names = frozenset(name.strip() for name in text.split(","))
    for name in sorted(names - every):
        raise RefusedError(
            f"{era} has no defect {name[:40]!r}: on, off, or of {', '.join(sorted(every))}"
        )
    return names


def protocol_from(
    compactors: str, page_lock: str, refcount_test: str, era: str, known_defects: str
) -> Protocol:
    """One setting from the strings of a command line or a query.

    Raises:
        RefusedError: one sentence.
    """
    if not (compactors.isascii() and compactors.isdigit() and len(compactors) < 4):
        raise RefusedError(f"compactors is {compactors[:40]!r}: from 1 to {MAX_COMPACTORS}")
    for name, value in (("page lock", page_lock), ("reference count test", refcount_test)):
        if value not in ("on", "off"):
            raise RefusedError(f"{name} is {value[:40]!r}: on or off")
    defects = parse_defects(known_defects, era)
    return Protocol(int(compactors), page_lock == "on", refcount_test == "on", era, defects)
