"""Questions about a session's past that wait for their turn.

Of some a single earlier moment is enough; the others are about the whole log, and wait until it has
been followed. So that whoever looks at an early moment does not wait for them.
"""

import queue
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from server.errors import LimitReachedError
from server.session import past_items
from server.session.mailbox import Ask

MAX_LOOKS_BACK = 30  # by REST, of a session: each may take seconds of its past's thread


def refuse_left(left: "queue.SimpleQueue[past_items.Item]", error: Exception) -> None:
    """Nobody reads a queue any more: whoever asks something there gets an error."""
    with suppress(queue.Empty):
        while True:
            item = left.get_nowait()
            if isinstance(item, past_items.Asked):
                item.ask.refuse(error)


class LooksBack:
    """How many requests for earlier moments are under way. Owned by the event loop."""

    def __init__(self) -> None:
        """None are."""
        self._now = 0

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """One that is; refused (LimitReachedError) where that would be one too many."""
        if self._now >= MAX_LOOKS_BACK:
            raise LimitReachedError(
                f"{MAX_LOOKS_BACK} requests for earlier moments of the session are under way, its"
                " limit: try again in a moment"
            )
        self._now += 1
        try:
            yield
        finally:
            self._now -= 1


class Questions:
    """Those that wait. Owned by the thread of a past."""

    def __init__(self) -> None:
        """Nobody waits."""
        self._of_moments: deque[Ask] = deque()
        self._of_all: deque[Ask] = deque()

    def __bool__(self) -> bool:
        return bool(self._of_moments or self._of_all)

    def add(self, ask: Ask, whole: bool) -> None:
        """One more; ``whole``: it is about the whole log."""
        (self._of_all if whole else self._of_moments).append(ask)

    def answer_moment(self, subject: Any) -> bool:
        """Answer the first that needs one moment; whether there was one."""
        if not self._of_moments:
            return False
        self._of_moments.popleft().answer(subject)
        return True

    def answer_all(self, subject: Any) -> None:
        """The whole log has been followed: answer those that waited for it."""
        while self._of_all:
            self._of_all.popleft().answer(subject)

    def refuse(self, error: Exception) -> None:
        """There will be no answer."""
        for waiting in (self._of_moments, self._of_all):
            while waiting:
                waiting.popleft().refuse(error)
