""" "Show me a guest in which this were true": guests are tried until one gives a value in a range.

First the session's own guest under other seeds, then synthetic ones of its size, in an order that
is always the same. In a thread of its own, over guests of its own, for a bounded time.
"""

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from engine.commands import Command
from engine.errors import RefusedError
from engine.recipes import PRESETS
from server.errors import LimitReachedError, NotFoundError
from server.jsontext import dump
from server.session.budget import Budget
from server.session.making import Build
from server.wire.config import MAX_SEED, MIN_SIZE_MIB, SessionConfig, SyntheticSource

WISH_S = 20.0  # wall time of one search
MAX_TRIED = 60
OWN_SEEDS = 6  # of the session's own guest; of each preset further ones, as long as there is time
MAX_SIZE_TRIED = 1024  # MiB of a synthetic guest: larger ones take long to make
MAX_WISHES = 4  # that wait or run in the whole server


class _Stopped(Exception):
    """There is no more time."""


@dataclass(frozen=True)
class Wished:
    """What is wanted.

    Attributes:
        config: of the session, its guest first.
        commands: from its start on, each given when the last is worked off.
        design: whose value.
        quantity: statistic.
        low, high: the range; both are in it.
    """

    config: SessionConfig
    commands: tuple[Command, ...]
    design: str
    quantity: str
    low: int
    high: int


def candidates(config: SessionConfig, size_mib: int) -> Iterator[SessionConfig]:
    """Guests to be tried, the likeliest to be of interest first.

    Args:
        config: of the session.
        size_mib: of its guest.
    """
    for seed in range(1, OWN_SEEDS + 1):
        source = config.source
        if source.kind == "synthetic":
            source = replace(source, seed=(source.seed + seed) % (MAX_SEED + 1))
        yield replace(config, source=source, seed=(config.seed + seed) % (MAX_SEED + 1))
    size = max(min(size_mib, MAX_SIZE_TRIED), MIN_SIZE_MIB)
    for seed in range(1, MAX_TRIED):
        for preset in PRESETS:
            yield replace(config, source=SyntheticSource(preset, size, seed), seed=seed)


def search(wished: Wished, size_mib: int, build: Build, until: float) -> dict[str, Any]:
    """Try guests until one fits.

    Args:
        wished: what is wanted.
        size_mib: of the session's guest.
        build: makes a session.
        until: of time.monotonic(): when it gives up.

    Returns:
        ``tried``; ``config`` and ``value`` of the one that fits, or (``config`` null) the value
        that came nearest, null if none could be played.
    """

    def look(*_: object) -> None:
        if time.monotonic() > until:
            raise _Stopped

    tried, nearest = 0, None
    alone = replace(wished.config, designs=(wished.design,))
    known = set()
    for config in candidates(alone, size_mib):
        if tried >= MAX_TRIED:
            break
        if (name := dump(config.to_dict())) in known:
            continue
        known.add(name)
        try:
            value = _played(config, wished, build, look)
        except _Stopped:
            break
        except RefusedError:  # the commands do not fit this guest
            continue
        finally:
            tried += 1
        if wished.low <= value <= wished.high:
            whole = replace(config, designs=wished.config.designs)
            return {"tried": tried, "value": value, "config": whole.to_dict()}
        if nearest is None or _off(value, wished) < _off(nearest, wished):
            nearest = value
    return {"tried": tried, "value": nearest, "config": None}


def _off(value: int, wished: Wished) -> int:
    return max(wished.low - value, value - wished.high, 0)


def _played(config: SessionConfig, wished: Wished, build: Build, look: Any) -> int:
    look()
    session = build(config, look)
    for command in wished.commands:
        session.accept(command)
        while not session.at_rest:
            session.advance()
            look()
    return int(session.world.view(0).stat_dict()[wished.quantity])


class Wishes:
    """Searches of all sessions: one runs at a time, few wait. Owned by the event loop."""

    def __init__(self, build: Build, budget: Budget) -> None:
        """No thread is started before it is needed.

        Args:
            build: makes a session.
            budget: of memory for guests.
        """
        self._build, self._budget = build, budget
        self._under_way: set[str] = set()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="wish")

    async def find(
        self, session_id: str, wished: Wished, size_mib: int, size: int
    ) -> dict[str, Any]:
        """The answer of POST /api/sessions/{id}/wish; see search().

        Args:
            session_id: whose.
            wished: what is wanted.
            size_mib: of its guest.
            size: bytes that a guest takes.

        Raises:
            LimitReachedError: one is under way in this session, or too many are, or memory lacks.
            NotFoundError: the server goes away.
        """
        if session_id in self._under_way:
            raise LimitReachedError("a guest is being looked for in this session: wait for it")
        if len(self._under_way) >= MAX_WISHES:
            raise LimitReachedError(
                f"guests are being looked for in {MAX_WISHES} sessions, the server's limit: try"
                " again in a moment"
            )
        key = ("wish", session_id)
        self._budget.reserve(key, size)
        self._under_way.add(session_id)
        try:
            running = asyncio.get_running_loop().run_in_executor(
                self._pool, lambda: search(wished, size_mib, self._build, time.monotonic() + WISH_S)
            )
        except RuntimeError:  # the pool is closed
            self._done(session_id)
            raise NotFoundError("the server is shutting down") from None
        running.add_done_callback(lambda _: self._done(session_id))
        return await asyncio.shield(running)  # whoever asked may be gone: the guests are there yet

    def _done(self, session_id: str) -> None:
        self._under_way.discard(session_id)
        self._budget.release(("wish", session_id))

    def close(self) -> None:
        """The server goes away."""
        self._pool.shutdown(wait=False, cancel_futures=True)
