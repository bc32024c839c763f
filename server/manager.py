"""All sessions of the server: made within the limits, found, at rest on disk while nobody looks.

A session in memory has a SessionHandle and its journal open; every other one is a file
(server/journal/folder.py) and comes back with the next visit.
"""

import asyncio
import contextlib
import math
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from weakref import WeakValueDictionary

from engine.core import engine_digest
from server.allocator import give_back
from server.compiler.warm import Warm
from server.errors import LimitReachedError, NotFoundError, OlderEngineError
from server.guests.library import Library
from server.jobs.spread import Spread, Spreads
from server.jobs.trace import Traces
from server.journal.codec import Head, Record
from server.journal.folder import NO_SESSION, Folder, new_id
from server.journal.journal import Journal
from server.journal.shelf import Shelf
from server.journal.store import new_record
from server.journal.tokens import hashes_of, new_tokens
from server.quiz.quiz_side import Quizzes
from server.quiz.wish import Wishes
from server.quotas import Quotas
from server.session.budget import Budget
from server.session.event_side import SessionHandle
from server.session.keeper import timestamp
from server.session.mailbox import Built, Ended, Gone
from server.session.making import Rates, Report, new_session
from server.session.past_room import Pasts
from server.session.session import Session
from server.session.transcript import Transcript
from server.settings import Settings
from server.wire import messages
from server.wire.config import SessionConfig
from server.wire.messages import Reset, Role

GRACE_S = 60.0  # a session without a viewer is safe for so long, even when room is needed
SWEEP_S = 5.0
GONE_S = 10.0  # how long is waited for workers whose guests are to make room
MAX_FAREWELLS = 200  # ended sessions of which it is remembered why
CLEAN_S = 3600.0  # between two looks at what is too old to be kept
JOURNALS_S = 3.0  # for the journals to be closed when the server goes away
AT_REST = "nobody has looked at the session for some time: it rests on the disk"


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


class Manager:
    """Sessions by id. Owned by the event loop."""

    def __init__(self, settings: Settings, library: Library, warm: Warm, folder: Folder) -> None:
        self.settings = settings
        self.library = library
        self.warm = warm
        self.folder = folder
        self.shelf = Shelf(folder)
        self.sessions: dict[str, SessionHandle] = {}
        self.budget = Budget(settings.guest_bytes)
        self.quotas = Quotas(settings.address_limits)
        self.spreads = Spreads(self.build, self.budget)
        self.traces = Traces()
        self.quizzes, self.wishes = Quizzes(folder.answers), Wishes(self.build, self.budget)
        self.pasts = Pasts(
            self.budget, settings.max_history_mib << 20, settings.max_history_disk_mib << 20,
            folder.path / "past",
        )  # fmt: skip
        self._held: dict[str, _Held] = {}  # until the worker is gone, which may be after the end
        self._leaving: dict[str, SessionHandle] = {}  # ended, their workers are not gone yet
        self._opening: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._farewells: OrderedDict[str, str] = OrderedDict()
        self._rates = Rates(settings.ticks_per_s, settings.frames_per_s)
        self._coming: set[str] = set()  # sessions whose journals are being made or opened
        self._closed = False

    # -- new sessions and old ones ---------------------------------------------------------------
    async def create(self, config: SessionConfig) -> tuple[SessionHandle, dict[Role, str]]:
        """A new session, and its tokens; its guests are made in its own worker.

        Raises:
            RefusedError, NotFoundError: the source does not exist.
            LimitReachedError: too many sessions, or not enough memory for guests.
            JournalError: it could not be kept.
        """
        size = await self._size(config)
        await self._make_room(size, self.budget.limit, new=True)
        session_id, tokens = new_id(), new_tokens()
        record = new_record(Head(config, engine_digest(), timestamp()))
        with self._reserved(session_id, size):
            journal = await asyncio.to_thread(
                self.folder.create, session_id, record, hashes_of(tokens)
            )
            return self._begin(session_id, journal, size), tokens

    async def admit(self, record: Record) -> tuple[str, dict[Role, str]]:
        """Keep a session that comes from elsewhere, under a new name; it is not opened.

        Raises:
            RefusedError, NotFoundError, JournalError: as of create().
        """
        await self._size(record.head.config)
        session_id, tokens = new_id(), new_tokens()
        journal = await asyncio.to_thread(self.folder.create, session_id, record, hashes_of(tokens))
        await asyncio.to_thread(journal.close)
        return session_id, tokens

    async def open(self, session_id: str, adopt: bool = False) -> SessionHandle:
        """A session, brought into memory if it is at rest.

        Args:
            session_id: its name.
            adopt: play the log even though another simulator played it before.

        Raises:
            NotFoundError: there is none.
            OlderEngineError: another simulator played it, and ``adopt`` is not set.
            LimitReachedError: see create().
            JournalError: it is open elsewhere, damaged, or cannot be written.
        """
        turn = self._opening.setdefault(session_id, asyncio.Lock())
        async with turn:
            live = self.sessions.get(session_id)
            if live is not None:
                return live
            if self._closed:
                raise NotFoundError("the server is shutting down")
            leaving = self._leaving.get(session_id)
            if leaving is not None:
                await leaving.gone.wait()
            return await self._return(session_id, adopt)

    async def _return(self, session_id: str, adopt: bool) -> SessionHandle:
        journal = await asyncio.to_thread(self.folder.open, session_id)
        try:
            head = journal.record.head
            if head.engine != engine_digest() and not adopt:
                raise OlderEngineError(
                    f"this session was played by another version of the simulator ({head.engine}):"
                    " replay it under this one, or look at its log"
                )
            size = await self._size(head.config)
            await self._make_room(size, self.budget.limit, new=True)
            with self._reserved(session_id, size):
                return self._begin(session_id, journal, size)
        except BaseException:
            await asyncio.to_thread(journal.close)
            raise

    async def _size(self, config: SessionConfig) -> int:
        """Bytes that the guests of a config take.

        Raises:
            RefusedError, NotFoundError: its source does not exist.
        """
        await asyncio.to_thread(self.library.recall, config.source)
        return self.library.check(config)

    @contextlib.contextmanager
    def _reserved(self, session_id: str, size: int) -> Iterator[None]:
        """A place and memory for a session, given back if it does not begin."""
        if len(self.sessions) + len(self._coming) >= self.settings.max_sessions:
            raise LimitReachedError(self._full())
        self.budget.reserve(session_id, size)
        self._coming.add(session_id)
        try:
            yield
        except BaseException:
            self.budget.release(session_id)
            raise
        finally:
            self._coming.discard(session_id)

    def _begin(self, session_id: str, journal: Journal, size: int) -> SessionHandle:
        try:
            handle = SessionHandle(
                session_id, journal.record.head.config, self.build, self._rates, self._changed,
                self.pasts.room(session_id, self.build, self._world_bytes), journal,
            )  # fmt: skip
        except BaseException:  # no thread can be started
            journal.close()
            raise
        self._held[session_id] = _Held(size)
        self.sessions[session_id] = handle
        self.pasts.know(session_id, handle.past.drop)
        return handle

    # -- looking, which brings nothing into memory -----------------------------------------------
    async def config(self, session_id: str) -> SessionConfig:
        """A session's config, also while its guests are being made.

        Raises:
            NotFoundError, JournalError: there is no such session, or it is damaged.
        """
        live = self.sessions.get(session_id)
        return live.config if live else (await self.shelf.record(session_id)).head.config

    async def transcript(self, session_id: str) -> Transcript:
        """Config, log and tick of a session.

        Raises:
            NotFoundError, JournalError: there is no such session, or it is damaged.
            LimitReachedError: it has too much to do.
        """
        live = self.sessions.get(session_id)
        if live is not None:
            return await live.transcript()
        found = await self.shelf.record(session_id)
        return Transcript(found.head.config, found.log(), found.tick(), False, found.head.engine)

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
        size = await self._size(message.config)
        if held.reset is not None:  # somebody was faster
            raise LimitReachedError("a reset is under way in this session: wait for it")
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
            self.pasts.drop(handle.id)
        if isinstance(what, Ended):
            self.quizzes.forget(handle.id)
            if self.sessions.pop(handle.id, None) is not None:
                self._leaving[handle.id] = handle
            self._farewells[handle.id] = what.text
            while len(self._farewells) > MAX_FAREWELLS:
                self._farewells.popitem(last=False)
        elif isinstance(what, Gone):
            self._leaving.pop(handle.id, None)
            self.pasts.forget(handle.id)
            self._held.pop(handle.id, None)
            self.budget.release(handle.id)
        elif held is not None and held.reset is what.config:
            if what.ok:
                held.bytes = held.coming
            held.coming, held.reset = 0, None
            self.budget.hold(handle.id, held.bytes)

    def farewell(self, session_id: str) -> str:
        """Why a session is not there, in words."""
        return self._farewells.get(session_id, NO_SESSION)

    def _full(self) -> str:
        return f"{len(self.sessions)} sessions are open, the server's limit: try again later"

    async def _make_room(self, size: int, most: int, new: bool) -> None:
        """Put sessions that nobody has looked at for a while to rest, oldest first, for room.

        None has to rest if that would not do: what can never fit moves nobody.

        Args:
            size: bytes that are needed.
            most: bytes that could be free at best.
            new: whether a place among the sessions is needed as well.

        Raises:
            LimitReachedError: there is no room to be made.
        """
        self.budget.check(size, most)
        while self.budget.free < size and self.pasts.drop_one():
            pass
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

    def _world_bytes(self, session_id: str) -> int:
        """What one world of a session takes; 0: it has ended."""
        return self._held[session_id].bytes if session_id in self.sessions else 0

    def _unused_s(self, handle: SessionHandle) -> float:
        """Seconds without a viewer or a question; never long enough while there is one."""
        used = handle.nr_viewers or handle.asked
        return -math.inf if used else time.monotonic() - handle.last_seen

    def _expire(self, handle: SessionHandle) -> None:
        handle.end(Ended(messages.CLOSE_GOING_AWAY, AT_REST))

    async def sweep(self) -> None:
        """Put sessions to rest that nobody looks at, and let go of the oldest on disk, for ever."""
        cleaned = -math.inf
        while True:
            if time.monotonic() - cleaned > CLEAN_S:
                cleaned = time.monotonic()
                await asyncio.to_thread(self.folder.sweep, self.settings.session_keep_days)
            await asyncio.sleep(SWEEP_S)
            await asyncio.to_thread(give_back)
            for handle in list(self.sessions.values()):
                if self._unused_s(handle) > self.settings.session_ttl_s:
                    self._expire(handle)

    def close(self) -> None:
        """The server goes away: every socket is told so."""
        self._closed = True
        self.spreads.close()
        self.traces.close()
        self.wishes.close()
        for handle in list(self.sessions.values()):
            handle.end(Ended(messages.CLOSE_GOING_AWAY, "the server is shutting down"))

    async def closed(self) -> None:
        """After close(): wait until every journal is closed, but not for ever."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(JOURNALS_S):
                for handle in list(self._leaving.values()):
                    await handle.gone.wait()

    def build(self, config: SessionConfig, progress: Report) -> Session:
        """Make a session; in its worker."""

        def waiting(text: str, done: int, total: int) -> None:
            compiling = self.warm.compiling
            phase = messages.PHASE_COMPILING if compiling else messages.PHASE_PREPARING
            progress(text, done, total, phase)

        self.warm.wait(waiting)
        base = self.library.base(config.source, config.seed, progress)
        return new_session(config, base.guest, base.text, base.facts, base.owned)
