"""Spread of a session: its log played again under other seeds, beside the session.

What a capture does not say is drawn from the seed; the spread tells how much the present numbers
hang on that. It runs in a thread of its own over guests of its own, so the session goes on. Threads
hand over by replacing one immutable value; the event loop owns the rest.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from engine.errors import RefusedError
from engine.spread import seeds_from, spread_of
from engine.view import STAT_FIELDS
from server.errors import LimitReachedError, NotFoundError
from server.jsontext import only_fields, whole
from server.session.budget import Budget
from server.session.making import Build
from server.session.session import Session
from server.session.transcript import Transcript
from server.wire.config import MAX_SEED, SessionConfig

log = logging.getLogger("fragscope")

MIN_SEEDS, DEFAULT_SEEDS, MAX_SEEDS = 2, 5, 20
MAX_COMMANDS = 1000
LIMIT_S = 120.0  # wall time of one spread
_SLICE = 64  # ticks between two looks at whether to go on


def parse_seeds(data: dict[str, Any]) -> int:
    """The number of seeds that a request's body asks for.

    Raises:
        RefusedError: another field, or not such a number; one sentence.
    """
    only_fields(data, ("seeds",), "spread")
    return whole(data.get("seeds", DEFAULT_SEEDS), "seeds", MIN_SEEDS, MAX_SEEDS, "(seeds)")


def reseeded(config: SessionConfig, seed: int) -> SessionConfig:
    """The same config under another seed; a synthetic guest is drawn anew as well.

    Args:
        config: of the session.
        seed: in place of the session's own, which stays as it is when this is the same.
    """
    source = config.source
    if source.kind == "synthetic":
        drawn = (source.seed + seed - config.seed) % (MAX_SEED + 1)
        source = replace(source, seed=drawn)
    return replace(config, source=source, seed=seed)


class Stopped(Exception):
    """A spread is to end before it is done; the text says why."""


def _wait(session: Session, idle: bool, ticks: int, look: Callable[[], None]) -> None:
    """Let a session go on to where the next command came, or where the log was taken.

    A person gives the next command when the last has been worked off, and work takes other numbers
    of ticks under another seed. So where the session was idle, that is waited for; where it was
    not, the same number of ticks is run.

    Args:
        session: another draw of the session asked about.
        idle: whether that one was idle then.
        ticks: that it ran since the last command.
        look: called now and then; raises Stopped.
    """
    done = 0
    while not session.at_rest and (idle or done < ticks):
        session.advance()
        done += 1
        if done % _SLICE == 0:
            look()


def follow(session: Session, transcript: Transcript, look: Callable[[], None]) -> None:
    """Bring a new session under another seed to where the one asked about is.

    Args:
        session: at tick 0.
        transcript: of the session asked about.
        look: called now and then; raises Stopped.
    """
    tick = 0
    for entry in transcript.log:
        _wait(session, entry.idle, entry.tick - tick, look)
        session.accept(entry.command)
        tick = entry.tick
        look()
    _wait(session, transcript.idle, transcript.tick - tick, look)


@dataclass(frozen=True)
class Progress:
    """How far a spread is.

    Attributes:
        state: ``running``, ``done`` or ``failed``.
        done: seeds played.
        text: why it failed.
        designs: key → statistic → mean, low, high; once done.
    """

    state: str = "running"
    done: int = 0
    text: str = ""
    designs: dict[str, dict[str, dict[str, float]]] | None = None


class Spread:
    """One spread, under way or done."""

    def __init__(self, transcript: Transcript, number: int, build: Build) -> None:
        """Nothing runs before run().

        Args:
            transcript: where the session is.
            number: seeds, the session's own counted.
            build: makes a session; see server/session/runner.py.
        """
        self.transcript = transcript
        self.seeds = seeds_from(transcript.config.seed, number, MAX_SEED)
        self.progress = Progress()
        self.cancelled = False
        self._build = build
        self._end = 0.0

    def describe(self) -> dict[str, Any]:
        """The JSON form."""
        now = self.progress
        answer: dict[str, Any] = {
            "state": now.state, "done": now.done, "total": len(self.seeds),
            "seeds": list(self.seeds), "tick": self.transcript.tick,
            "log_index": len(self.transcript.log),
        }  # fmt: skip
        if now.state == "failed":
            answer["text"] = now.text
        if now.designs is not None:
            answer["designs"] = now.designs
        return answer

    def run(self) -> None:
        """Play every seed; in a worker thread."""
        self._end = time.monotonic() + LIMIT_S
        try:
            found: list[list[list[int]]] = []  # seed, design, statistic
            for seed in self.seeds:
                self._look()
                found.append(self._stats(seed))
                self.progress = Progress(done=len(found))
            self.progress = Progress("done", len(found), designs=self._merge(found))
        except (Stopped, RefusedError, NotFoundError) as error:
            self.progress = Progress("failed", self.progress.done, str(error))
        except Exception as error:
            log.exception("a spread ended by a fault")
            text = f"it ended by a fault of the simulator ({type(error).__name__})"
            self.progress = Progress("failed", self.progress.done, text)

    def _look(self) -> None:
        if self.cancelled:
            raise Stopped("the session has ended or was started over")
        if time.monotonic() > self._end:
            raise Stopped(
                f"it took over {LIMIT_S:.0f} s: take fewer seeds, fewer designs or a smaller guest"
            )

    def _stats(self, seed: int) -> list[list[int]]:
        """Statistics of every design under one seed."""
        session = self._build(reseeded(self.transcript.config, seed), lambda *_: self._look())
        if seed == self.transcript.config.seed:
            session.replay(self.transcript.log, self.transcript.tick, self._look)
        else:
            follow(session, self.transcript, self._look)
        return [view.stats.tolist() for view in session.views()]

    def _merge(self, found: list[list[list[int]]]) -> dict[str, dict[str, dict[str, float]]]:
        """Key of a design → statistic → its spread over the seeds."""
        return {
            key: {
                name: spread_of([stats[i][j] for stats in found])
                for j, name in enumerate(STAT_FIELDS)
            }
            for i, key in enumerate(self.transcript.config.designs)
        }


class Spreads:
    """The spreads of all sessions, the newest of each; one runs at a time. Owned by the loop."""

    def __init__(self, build: Build, budget: Budget) -> None:
        """No thread is started before it is needed.

        Args:
            build: makes a session.
            budget: of memory for guests.
        """
        self._build = build
        self._budget = budget
        self._newest: dict[str, Spread] = {}
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="spread")

    def start(self, session_id: str, transcript: Transcript, number: int, size: int) -> Spread:
        """Begin one.

        Args:
            session_id: whose.
            transcript: where the session is.
            number: seeds.
            size: bytes that its guests take.

        Raises:
            RefusedError: the log is too long.
            LimitReachedError: one is under way in this session, or memory lacks.
            NotFoundError: the server goes away.
        """
        old = self._newest.get(session_id)
        if old is not None and old.progress.state == "running":
            raise LimitReachedError("a spread is under way in this session: wait for it")
        if len(transcript.log) > MAX_COMMANDS:
            raise RefusedError(
                f"the log has {len(transcript.log)} commands: a spread plays at most {MAX_COMMANDS}"
            )
        spread = Spread(transcript, number, self._build)
        self._budget.reserve(spread, size)
        self._newest[session_id] = spread
        try:
            running = asyncio.get_running_loop().run_in_executor(self._pool, spread.run)
        except RuntimeError:  # the pool is closed
            self.forget(session_id)
            self._budget.release(spread)
            raise NotFoundError("the server is shutting down") from None
        running.add_done_callback(lambda _: self._budget.release(spread))
        return spread

    def get(self, session_id: str) -> Spread:
        """The newest of a session.

        Raises:
            NotFoundError: none was asked for since its start.
        """
        if session_id not in self._newest:
            raise NotFoundError("no spread was asked for in this session: POST asks for one")
        return self._newest[session_id]

    def forget(self, session_id: str) -> None:
        """A session has ended or starts over: its spread means nothing any more."""
        spread = self._newest.pop(session_id, None)
        if spread is not None:
            spread.cancelled = True

    def close(self) -> None:
        """The server goes away."""
        for session_id in list(self._newest):
            self.forget(session_id)
        self._pool.shutdown(wait=False)
