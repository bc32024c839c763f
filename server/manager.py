"""All sessions of the server: makes them within the limits, finds them, lets go of unused ones."""

import asyncio
import contextlib
import math
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass

from engine.workload import WorkloadParams
from engine.world import World, WorldConfig
from server.compiler.warm import Warm
from server.errors import LimitReachedError, NotFoundError
from server.guests.library import Library
from server.jobs.spread import Spread, Spreads
from server.jobs.trace import Traces
from server.session import runner
from server.session.budget import Budget
from server.session.event_side import SessionHandle
from server.session.mailbox import Built, Ended, Gone
from server.session.session import Session
from server.settings import Settings
from server.wire import messages
from server.wire.config import SessionConfig
from server.wire.messages import Reset

GRACE_S = 60.0  # a session without a viewer is safe for so long, even when room is needed
SWEEP_S = 5.0
GONE_S = 10.0  # how long is waited for workers whose guests are to make room
CLAIM_S = 5.0  # for the event loop to say whether there is memory
PAST_COST = 2  # worlds: one that goes back, and the checkpoint that it came from
MAX_FAREWELLS = 200  # ended sessions of which it is remembered why


@dataclass
class _Held:
    """Memory of one session.

    Attributes:
        bytes: what its guests take.
        coming: what the guests of a reset under way will take.
        reset: that reset's config; None: there is none.
    """

    bytes: int
    coming: int = 0
    reset: SessionConfig | None = None


class _PastRoom:
    """What the past of one session may use. Its methods are called in a thread of that past."""

    def __init__(self, manager: "Manager", session_id: str) -> None:
        self._manager, self._id = manager, session_id
        self._loop = asyncio.get_running_loop()

    def make(self, config: SessionConfig) -> World:
        """A world at tick 0."""
        return self._manager.build(config, lambda *_: None).world

    def claim(self) -> bool:
        """Whether there is memory for that world; the event loop knows."""

        async def ask() -> bool:
            return self._manager.claim_past(self._id)

        try:
            return asyncio.run_coroutine_threadsafe(ask(), self._loop).result(CLAIM_S)
        except (RuntimeError, TimeoutError):  # the server is going away
            return False

    @property
    def nbytes(self) -> int:
        """Memory for checkpoints: all sessions share what there is."""
        manager = self._manager
        return (manager.settings.max_history_mib << 20) // max(len(manager.pasts), 1)


class Manager:
    """Sessions by id. Owned by the event loop."""

    def __init__(self, settings: Settings, library: Library, warm: Warm) -> None:
        self.settings = settings
        self.library = library
        self.warm = warm
        self.sessions: dict[str, SessionHandle] = {}
        self.budget = Budget(settings.guest_bytes)
        self.spreads = Spreads(self.build, self.budget)
        self.traces = Traces()
        self.pasts: set[str] = set()  # sessions whose past holds memory
        self._held: dict[str, _Held] = {}  # until the worker is gone, which may be after the end
        self._farewells: OrderedDict[str, str] = OrderedDict()
        self._rates = runner.Rates(settings.ticks_per_s, settings.frames_per_s)

    async def create(self, config: SessionConfig) -> SessionHandle:
        """A new session; its guests are made in its own worker.

        Raises:
            RefusedError, NotFoundError: the source does not exist.
            LimitReachedError: too many sessions, or not enough memory for guests.
        """
        size = self.library.check(config)
        await self._make_room(size, self.budget.limit, new=True)
        if len(self.sessions) >= self.settings.max_sessions:
            raise LimitReachedError(self._full())
        session_id = secrets.token_urlsafe(9)
        self.budget.reserve(session_id, size)
        try:
            handle = SessionHandle(
                session_id,
                config,
                self.build,
                self._rates,
                self._changed,
                _PastRoom(self, session_id),
            )
        except BaseException:  # no thread can be started
            self.budget.release(session_id)
            raise
        self._held[session_id] = _Held(size)
        self.sessions[session_id] = handle
        return handle

    async def reset(self, handle: SessionHandle, client: int, message: Reset) -> None:
        """Set memory aside for a reset and hand it to the worker; Built or Gone gives it back.

        Raises:
            RefusedError, NotFoundError: the source does not exist, or the session has ended.
            LimitReachedError: see create(); also when a reset is under way, or the worker has too
                much to do.
        """
        held = self._held.get(handle.id)
        if held is None or handle.ended is not None:
            raise NotFoundError(self.farewell(handle.id))
        if held.reset is not None:
            raise LimitReachedError("a reset is under way in this session: wait for it")
        size = self.library.check(message.config)
        held.coming, held.reset = size, message.config  # nobody else begins one meanwhile
        try:
            await self._make_room(size, self.budget.limit - held.bytes, new=False)
            if handle.ended is not None:
                raise NotFoundError(self.farewell(handle.id))
            handle.check_backlog()
            self.budget.reserve(handle.id, size)
        except BaseException:
            held.coming, held.reset = 0, None
            raise
        handle.message(client, message)

    async def spread(self, handle: SessionHandle, number: int) -> Spread:
        """Begin to play a session's log under other seeds.

        Raises:
            RefusedError, NotFoundError, LimitReachedError: see server/jobs/spread.py.
        """
        while True:
            made = handle.times_made
            transcript = await handle.transcript()
            if made == handle.times_made:
                break  # else it was started over meanwhile: that log is of guests that are gone
        if handle.ended is not None:
            raise NotFoundError(self.farewell(handle.id))
        size = self.library.check(transcript.config)
        return self.spreads.start(handle.id, transcript, number, size)

    def _changed(self, handle: SessionHandle, what: Built | Ended | Gone) -> None:
        held = self._held.get(handle.id)
        if isinstance(what, Ended) or (isinstance(what, Built) and what.ok):
            self.spreads.forget(handle.id)
        if isinstance(what, (Ended, Gone)) or what.ok:
            self._drop_past(handle.id)
        if isinstance(what, Ended):
            self.sessions.pop(handle.id, None)
            self._farewells[handle.id] = what.text
            while len(self._farewells) > MAX_FAREWELLS:
                self._farewells.popitem(last=False)
        elif isinstance(what, Gone):
            self._held.pop(handle.id, None)
            self.budget.release(handle.id)
        elif held is not None and held.reset is what.config:
            if what.ok:
                held.bytes = held.coming
            held.coming, held.reset = 0, None
            self.budget.hold(handle.id, held.bytes)

    def farewell(self, session_id: str) -> str:
        """Why a session is not there, in words."""
        text = "there is no such session: it has ended, or the server was started anew"
        return self._farewells.get(session_id, text)

    def _full(self) -> str:
        return f"{len(self.sessions)} sessions are open, the server's limit: try again later"

    async def _make_room(self, size: int, most: int, new: bool) -> None:
        """End sessions that nobody has looked at for a while, oldest first, while room lacks.

        None is ended if that would not do: what can never fit costs nobody a session.

        Args:
            size: bytes that are needed.
            most: bytes that could be free at best.
            new: whether a place among the sessions is needed as well.

        Raises:
            LimitReachedError: there is no room to be made.
        """
        self.budget.check(size, most)
        for session_id in list(self.pasts):
            if self.budget.free >= size:
                break
            self._drop_past(session_id)
        unused = sorted(
            (s for s in self.sessions.values() if self._unused_s(s) > GRACE_S),
            key=lambda s: s.last_seen,
        )
        places = self.settings.max_sessions - len(self.sessions) if new else 1
        free = self.budget.free
        ending: list[SessionHandle] = []
        while unused and (places < 1 or free < size):
            ending.append(unused.pop(0))
            places += 1
            free += self.budget.held_by(ending[-1].id)
        if places < 1:
            raise LimitReachedError(self._full())
        self.budget.check(size, free)
        for handle in ending:
            self._expire(handle)
        if self.budget.free < size:
            # Their workers hold the memory until they have ended.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GONE_S):
                    for handle in ending:
                        await handle.gone.wait()

    def claim_past(self, session_id: str) -> bool:
        """Set memory aside for the past of a session, unless others need it more."""
        if session_id in self.pasts:
            return True
        held = self._held.get(session_id)
        if held is None or session_id not in self.sessions:
            return False
        size = PAST_COST * held.bytes
        if size > self.budget.free:
            return False
        self.budget.reserve(("past", session_id), size)
        self.pasts.add(session_id)
        return True

    def _drop_past(self, session_id: str) -> None:
        """The memory of a past is needed for something else, or its session has another guest."""
        if session_id in self.pasts:
            self.pasts.discard(session_id)
            self.budget.release(("past", session_id))
            if session_id in self.sessions:
                self.sessions[session_id].past.drop()

    def _unused_s(self, handle: SessionHandle) -> float:
        """Seconds without a viewer; never long enough while there is one."""
        return -math.inf if handle.nr_viewers else time.monotonic() - handle.last_seen

    def _expire(self, handle: SessionHandle) -> None:
        text = "the session ended because nobody had looked at it for some time"
        handle.end(Ended(messages.CLOSE_NO_SESSION, text))

    async def sweep(self) -> None:
        """End sessions that nobody looks at any more, for ever."""
        while True:
            await asyncio.sleep(SWEEP_S)
            for handle in list(self.sessions.values()):
                if self._unused_s(handle) > self.settings.session_ttl_s:
                    self._expire(handle)

    def close(self) -> None:
        """The server goes away: every socket is told so."""
        self.spreads.close()
        self.traces.close()
        for handle in list(self.sessions.values()):
            handle.end(Ended(messages.CLOSE_GOING_AWAY, "the server is shutting down"))

    def build(self, config: SessionConfig, progress: runner.Report) -> Session:
        """Make a session; in its worker."""

        def waiting(text: str, done: int, total: int) -> None:
            compiling = self.warm.compiling
            phase = messages.PHASE_COMPILING if compiling else messages.PHASE_PREPARING
            progress(text, done, total, phase)

        self.warm.wait(waiting)
        base = self.library.base(config.source, config.seed, progress)
        world_config = WorldConfig(
            config.designs, config.seed, base.text, WorkloadParams(), config.profile
        )
        return Session(config, World(base.guest, world_config), base.facts)
