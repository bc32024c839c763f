"""Memory for the pasts of all sessions: each has a world of its own, and gives it up when asked."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from engine.history.stored import Depot
from engine.world import World
from server.journal.spill import Spill
from server.session.budget import Budget
from server.session.making import Build
from server.settings import GUEST_SETTING
from server.wire.config import SessionConfig

log = logging.getLogger("fragscope")

_Answer = TypeVar("_Answer")

CLAIM_S = 5.0  # for the event loop to say whether there is memory
PAST_COST = 2  # worlds: one that goes back, and the checkpoint that it came from
READY_BYTES = 3 << 30  # a past that takes as much is made when somebody asks for it, not before


class PastRoom:
    """What the past of one session may use. Its methods are called in a thread of that past."""

    def __init__(
        self, pasts: "Pasts", session_id: str, build: Build, size: Callable[[str], int]
    ) -> None:
        self._pasts, self._id = pasts, session_id
        self._build, self._size = build, size
        self._loop = asyncio.get_running_loop()

    def make(self, config: SessionConfig) -> World:
        """A world at tick 0."""
        return self._build(config, lambda *_: None).world

    def claim(self) -> bool:
        """Whether there is memory for that world; the event loop knows."""

        return self._ask(lambda size: self._pasts.claim(self._id, size), False)

    def _ask(self, question: Callable[[int], _Answer], otherwise: _Answer) -> _Answer:
        """What the event loop says of what one world takes; ``otherwise`` where it has ended."""

        async def ask() -> _Answer:
            return question(self._size(self._id))

        try:
            return asyncio.run_coroutine_threadsafe(ask(), self._loop).result(CLAIM_S)
        except (RuntimeError, TimeoutError):  # the server is going away
            return otherwise

    @property
    def ready(self) -> bool:
        """Whether it is made before anybody looks back."""
        return self._ask(lambda size: PAST_COST * size < READY_BYTES, False)

    @property
    def refusal(self) -> str:
        """Why there is no memory, in one sentence."""
        return self._ask(self._pasts.refusal, "the server is going away")

    @property
    def nbytes(self) -> int:
        """Memory for checkpoints: all sessions share what there is."""
        return self._pasts.share

    @property
    def away(self) -> int:
        """Room on the disk for those that do not fit: shared in the same way."""
        return self._pasts.share_away

    def depot(self) -> Depot | None:
        """That room, for one history; None: there is no disk to be had."""
        try:
            return Spill(self._pasts.folder)
        except OSError as error:
            log.warning("earlier states cannot be kept on the disk: %s", error)
            return None


class Pasts:
    """Sessions whose past holds memory. Owned by the event loop."""

    def __init__(self, budget: Budget, nbytes: int, away: int, folder: Path) -> None:
        """Nothing is held.

        Args:
            budget: of memory for guests.
            nbytes: for the checkpoints of all.
            away: on the disk, for those of all that do not fit into memory.
            folder: where.
        """
        self._budget = budget
        self._nbytes, self._away = nbytes, away
        self.folder = folder
        self._holding: set[str] = set()
        self._give_up: dict[str, Callable[[], None]] = {}

    def room(self, session_id: str, build: Build, size: Callable[[str], int]) -> PastRoom:
        """What the past of a session may use.

        Args:
            session_id: whose.
            build: makes a session.
            size: bytes that one world of a session takes; 0: the session has ended.
        """
        return PastRoom(self, session_id, build, size)

    def know(self, session_id: str, give_up: Callable[[], None]) -> None:
        """How a session's past is asked to give up what it holds."""
        self._give_up[session_id] = give_up

    @property
    def share(self) -> int:
        """Bytes for the checkpoints of each."""
        return self._nbytes // max(len(self._holding), 1)

    @property
    def share_away(self) -> int:
        """Bytes on the disk for the checkpoints of each."""
        return self._away // max(len(self._holding), 1)

    def claim(self, session_id: str, size: int) -> bool:
        """Set memory aside for the past of a session, unless others need it more."""
        if session_id in self._holding:
            return True
        if not size or PAST_COST * size > self._budget.free:
            return False
        self._budget.reserve(("past", session_id), PAST_COST * size)
        self._holding.add(session_id)
        return True

    def refusal(self, size: int) -> str:
        """The sentence for a past that is refused; ``size`` as for claim()."""
        free, limit = self._budget.free >> 20, self._budget.limit >> 20
        return (
            f"earlier states need a second copy of the guests, {PAST_COST * size >> 20} MiB:"
            f" {free} MiB of the server's {limit} MiB for guests ({GUEST_SETTING}) are free"
        )

    def drop(self, session_id: str) -> None:
        """The memory is needed for something else, or the session has another guest."""
        if session_id in self._holding:
            self._holding.discard(session_id)
            self._budget.release(("past", session_id))
            self._give_up[session_id]()

    def drop_one(self) -> bool:
        """Let one session's past give up its memory; false: none holds any."""
        for session_id in self._holding:
            self.drop(session_id)
            return True
        return False

    def forget(self, session_id: str) -> None:
        """The session has ended."""
        self.drop(session_id)
        self._give_up.pop(session_id, None)
