"""Codes of six letters by which a room finds a session: said aloud, typed on a phone; pure.

A code stands for a viewer's link. It is made from the viewer's token, so that a restart of the
server, which forgets it, brings the same code back as soon as a presenter asks for it again. Six
letters can be guessed in the end, so wrong ones are counted, whoever sends them.
"""

import hashlib
import itertools
from collections import OrderedDict, deque
from dataclasses import dataclass

from engine.errors import RefusedError
from server.errors import LimitReachedError, NotFoundError

LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ"  # without I, L, O and U, which are read as others
LENGTH = 6
MAX_CODES = 10_000
MAX_WRONG = 30  # in WINDOW_S
WINDOW_S = 60.0


@dataclass(frozen=True)
class Joinable:
    """What a code stands for: a session and the token of its viewers."""

    session: str
    viewer: str


def code_of(viewer: str, attempt: int = 0) -> str:
    """The code of a token; ``attempt``: another one, where that belongs to somebody else."""
    digest = hashlib.sha256(f"join {attempt} {viewer}".encode(errors="replace")).digest()
    number, letters = int.from_bytes(digest, "big"), []
    for _ in range(LENGTH):
        number, place = divmod(number, len(LETTERS))
        letters.append(LETTERS[place])
    return "".join(letters)


def clean(text: str) -> str:
    """A code as it was meant: small letters, spaces and hyphens do not matter.

    Raises:
        RefusedError: it is none.
    """
    code = "".join(text.split()).replace("-", "").upper()
    if len(code) != LENGTH or not set(code) <= set(LETTERS):
        raise RefusedError(f"{text!r:.40} is no code: six letters are needed, none of I, L, O, U")
    return code


class JoinCodes:
    """The codes of one server. Owned by the event loop."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Joinable] = OrderedDict()
        self._wrong: deque[float] = deque()

    def code(self, session: str, viewer: str) -> str:
        """The code of a session, the same each time; the oldest are forgotten beyond MAX_CODES."""
        wanted = Joinable(session, viewer)
        tried = (code_of(viewer, attempt) for attempt in itertools.count())
        code = next(one for one in tried if self._known.get(one, wanted) == wanted)
        self._known[code] = wanted
        self._known.move_to_end(code)
        while len(self._known) > MAX_CODES:
            self._known.popitem(last=False)
        return code

    def find(self, text: str, now: float) -> Joinable:
        """What a code stands for.

        Args:
            text: as it was typed.
            now: seconds of a clock that never goes back.

        Raises:
            RefusedError: it is no code.
            NotFoundError: it is nobody's.
            LimitReachedError: too many wrong ones were tried; right ones have to wait as well.
        """
        code = clean(text)
        while self._wrong and now - self._wrong[0] >= WINDOW_S:
            self._wrong.popleft()
        if len(self._wrong) >= MAX_WRONG:
            raise LimitReachedError(
                f"{MAX_WRONG} wrong codes were tried within a minute: wait a moment, then try again"
            )
        found = self._known.get(code)
        if found is None:
            self._wrong.append(now)
            raise NotFoundError(f"no class has the code {code}: look again at the presenter's page")
        return found

    def forget(self, session: str) -> None:
        """A session is gone."""
        for code in [code for code, one in self._known.items() if one.session == session]:
            del self._known[code]
