"""All sessions of the server: makes them within the limits, finds them, lets go of unused ones."""

import asyncio
import math
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass

from engine.workload import WorkloadParams
from engine.world import World, WorldConfig
from server.compiler.warm import Warm
from server.errors import LimitReachedError
from server.guests.library import Library, Progress
from server.jobs.spread import Spread, Spreads
from server.jobs.trace import Traces
from server.session import runner
from server.session.budget import Budget
from server.session.event_side import LiveSession
from server.session.session import Session
from server.settings import Settings
from server.wire import messages
from server.wire.config import SessionConfig

GRACE_S = 60.0  # a session without a viewer is safe for so long, even when room is needed
SWEEP_S = 5.0
MAX_FAREWELLS = 200  # ended sessions of which it is remembered why


@dataclass
class _Held:
    """Memory of one session: what its guests take, and what a reset under way will take."""

    bytes: int
    coming: int = 0


class Manager:
    """Sessions by id. Owned by the event loop."""

    def __init__(self, settings: Settings, library: Library, warm: Warm) -> None:
        self.settings = settings
        self.library = library
        self.warm = warm
        self.sessions: dict[str, LiveSession] = {}
        self.budget = Budget(settings.guest_bytes)
        self.spreads = Spreads(self._build, self.budget)
        self.traces = Traces()
        self._held: dict[str, _Held] = {}
        self._farewells: OrderedDict[str, str] = OrderedDict()
        self._rates = runner.Rates(settings.ticks_per_s, settings.frames_per_s)

    def create(self, config: SessionConfig) -> LiveSession:
        """A new session; its guests are made in its own worker.

        Raises:
            RefusedError, NotFoundError: the source does not exist.
            LimitReachedError: too many sessions, or not enough memory for guests.
        """
        size = self.library.check(config)
        self._make_room(size)
        if len(self.sessions) >= self.settings.max_sessions:
            raise LimitReachedError(
                f"{len(self.sessions)} sessions are open, the server's limit: try again later"
            )
        session_id = secrets.token_urlsafe(9)
        self.budget.reserve(session_id, size)
        self._held[session_id] = _Held(size)
        live = LiveSession(session_id, config, self._build, self._rates, self._changed)
        self.sessions[session_id] = live
        return live

    def reserve_reset(self, live: LiveSession, config: SessionConfig) -> None:
        """Check a reset and set its memory aside; Built or Ended gives it back.

        Raises:
            RefusedError, NotFoundError, LimitReachedError: as create(); also when one is under way.
        """
        held = self._held[live.id]
        if held.coming:
            raise LimitReachedError("a reset is under way in this session: wait for it")
        size = self.library.check(config)
        self._make_room(size)
        self.budget.reserve(live.id, size)
        held.coming = size

    async def spread(self, live: LiveSession, number: int) -> Spread:
        """Begin to play a session's log under other seeds.

        Raises:
            RefusedError, NotFoundError, LimitReachedError: see server/jobs/spread.py.
        """
        recipe = await live.recipe()
        size = self.library.check(recipe.config)
        return self.spreads.start(live.id, recipe, number, size)

    def _changed(self, live: LiveSession, what: runner.Built | runner.Ended) -> None:
        held = self._held.get(live.id)
        if isinstance(what, runner.Ended) or what.ok:
            self.spreads.forget(live.id)
        if isinstance(what, runner.Ended):
            self.sessions.pop(live.id, None)
            self._held.pop(live.id, None)
            self.budget.release(live.id)
            self._farewells[live.id] = what.text
            while len(self._farewells) > MAX_FAREWELLS:
                self._farewells.popitem(last=False)
        elif held is not None:
            if held.coming and what.ok:
                held.bytes = held.coming
            held.coming = 0
            self.budget.hold(live.id, held.bytes)

    def farewell(self, session_id: str) -> str:
        """Why a session is not there, in words."""
        text = "there is no such session: it has ended, or the server was started anew"
        return self._farewells.get(session_id, text)

    def _make_room(self, size: int) -> None:
        """End sessions that nobody has looked at for a while, oldest first, while room lacks."""
        unused = sorted(
            (s for s in self.sessions.values() if self._unused_s(s) > GRACE_S),
            key=lambda s: s.last_seen,
        )
        for live in unused:
            full = len(self.sessions) >= self.settings.max_sessions
            if not full and self.budget.used + size <= self.budget.limit:
                return
            self._expire(live)

    def _unused_s(self, live: LiveSession) -> float:
        """Seconds without a viewer; never long enough while there is one."""
        return -math.inf if live.nr_viewers else time.monotonic() - live.last_seen

    def _expire(self, live: LiveSession) -> None:
        text = "the session ended because nobody had looked at it for some time"
        live.end(runner.Ended(messages.CLOSE_NO_SESSION, text))

    async def sweep(self) -> None:
        """End sessions that nobody looks at any more, for ever."""
        while True:
            await asyncio.sleep(SWEEP_S)
            for live in list(self.sessions.values()):
                if self._unused_s(live) > self.settings.session_ttl_s:
                    self._expire(live)

    def close(self) -> None:
        """The server goes away: every socket is told so."""
        self.spreads.close()
        self.traces.close()
        for live in list(self.sessions.values()):
            live.end(runner.Ended(messages.CLOSE_GOING_AWAY, "the server is shutting down"))

    def _build(self, config: SessionConfig, progress: Progress) -> Session:
        """Make a session; in its worker."""
        self.warm.wait(progress)
        base = self.library.base(config.source, config.seed, progress)
        world_config = WorldConfig(
            config.designs, config.seed, base.text, WorkloadParams(), config.profile
        )
        return Session(config, World(base.guest, world_config), base.facts)
