"""A session as the event loop sees it: its hub, its worker, what ends its sockets.

Translates between the two: what sockets bring goes into the worker's inbox, what the worker posts
goes into the slots. Decides nothing about the simulation.
"""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any, TypeVar

from engine.commands import Command
from engine.history.history import History
from engine.log import Entry
from engine.world import World
from server.errors import LimitReachedError, NotFoundError
from server.journal.codec import Digest
from server.journal.journal import Journal
from server.session import runner
from server.session.asking import Asking
from server.session.class_side import ClassSide
from server.session.closer import Closely
from server.session.hub import Hub
from server.session.keeper import mark_of
from server.session.mailbox import (
    Ask,
    Branched,
    Built,
    Drive,
    Ended,
    FromClient,
    Gone,
    Joined,
    Left,
    Now,
    Order,
    Outgoing,
    Progress,
    Renewed,
    Round,
    Stop,
    Text,
)
from server.session.making import Build, Rates
from server.session.past import Past
from server.session.past_items import FromPast, Looked, Resumed, Room
from server.session.publisher import Delivery
from server.session.questions import LooksBack
from server.session.session import Session
from server.session.state import state_of
from server.session.transcript import Transcript
from server.wire import messages
from server.wire.config import SessionConfig
from server.wire.detail import Detail
from server.wire.messages import Credit, Key, Message, Reset
from server.wire.moments import Fork, Look, Switch

MAX_BACKLOG = 1000  # items in a worker's inbox after which a message is refused
MAX_QUESTIONS = 100  # of REST, that wait for one worker; every viewer may ask at the same moment

_Answer = TypeVar("_Answer")
_ids = itertools.count(1)


class SessionHandle:
    """One session, from POST until its worker is gone. Owned by the event loop."""

    def __init__(
        self,
        session_id: str,
        config: SessionConfig,
        build: Build,
        rates: Rates,
        on_change: Callable[["SessionHandle", Built | Ended | Gone], None],
        past: Room,
        journal: Journal | None = None,
    ) -> None:
        """Start the worker.

        Args:
            session_id: its name in addresses.
            config: guest, designs, seed.
            build: see Runner.
            rates: see Runner.
            on_change: told when guests were made or could not be, when the session has ended, and
                when its worker is gone.
            past: what the past of a session may use.
            journal: see Runner; closed by the worker.
        """
        self.id = session_id
        self.config = self._made = config  # of its guests, or of those that are being made
        self.times_made = 0  # its guests, by the start and by resets
        self.hub = Hub()
        self.room = ClassSide(self.hub)
        self.ended: Ended | None = None
        self.gone = asyncio.Event()
        self.last_seen = time.monotonic()
        self._on_change = on_change
        self._loop = asyncio.get_running_loop()
        self._overs: dict[int, Callable[[], None]] = {}
        self._progress: str | None = None
        self._questions, self._looks_back = 0, LooksBack()
        self._here = (0, 0)  # tick and commands of the present
        state = journal.state if journal else None
        self.past = Past(session_id, config, past, self._post_past, state)
        self._runner = runner.Runner(session_id, config, build, self._post, rates, journal)
        self._asking = Asking(self._loop, self.hub, self._runner.put)
        self._runner.start()

    # -- from the worker -------------------------------------------------------------------------
    def _post(self, batch: list[Outgoing]) -> None:
        try:
            self._loop.call_soon_threadsafe(self._receive, batch)
        except RuntimeError:  # the loop is closed: the server is going away
            self._runner.put(Stop())

    def _receive(self, batch: list[Outgoing]) -> None:
        for item in batch:
            if isinstance(item, Delivery):
                for client in item.clients:
                    self.hub.deliver(client, item.base, item.seq, item.data, item.events)
            elif isinstance(item, Round):
                self._asking.round_is_written(item.nr)
            elif isinstance(item, Closely):
                for client in item.clients:
                    self.hub.deliver_pages(client, item.data)
            elif isinstance(item, Text):
                for client in item.clients:
                    self.hub.text(client, item.text)
            elif isinstance(item, Progress):
                self._progress = item.text
                self.hub.text(None, item.text)
            elif isinstance(item, Now):
                self._remember(item)
            elif isinstance(item, Renewed):
                self.hub.renew(item.welcome)
            elif isinstance(item, Built):
                if item.ok:
                    self.past.begin(item.config)
                self._progress = None
                self._made = item.config if item.ok else self._made
                self.times_made += item.ok
                self.config = self._made
                self._on_change(self, item)
            elif isinstance(item, Ended):
                self.end(item)
            else:
                self.gone.set()
                self._on_change(self, item)
        self._asking.soon()

    def _remember(self, now: Now) -> None:
        self.past.learn(now)
        index = now.entries[-1].index if now.entries else self._here[1] if now.tick else 0
        self._here = (now.tick, index)
        for client in self.hub.lookers:
            self.hub.text(client, messages.present(*self._here))

    def _post_past(self, answer: FromPast) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._receive_past, answer)

    def _receive_past(self, answer: FromPast) -> None:
        if isinstance(answer, Looked):
            self.hub.deliver_past(answer.client, answer.data)
        elif isinstance(answer, Closely):
            for client in answer.clients:
                self.hub.deliver_pages(client, answer.data, past=True)
        elif isinstance(answer, Resumed):
            it = answer
            self._runner.put(Branched(it.client, it.command_id, it.branch, it.restarts))
        else:
            self.hub.text(answer.client, answer.text)

    # -- from sockets ----------------------------------------------------------------------------
    @property
    def nr_viewers(self) -> int:
        """Sockets that have said hello."""
        return len(self.hub)

    def join(self, write: Callable[[str | bytes], bool], over: Callable[[], None]) -> int:
        """A socket has said hello; its client id.

        Args:
            write: see hub.Slot.
            over: called when the session has ended, or the client is lost.
        """
        client = next(_ids)
        self.hub.add(client, write, over)
        self._overs[client] = over
        self._runner.put(Joined(client))
        if self._progress is not None:
            self.hub.text(client, self._progress)
        self._asking.soon()
        return client

    def leave(self, client: int) -> None:
        """A socket is gone."""
        self.room.leave(client)
        self.hub.remove(client)
        self._overs.pop(client, None)
        self.past.leave(client)
        self.last_seen = time.monotonic()
        self._runner.put(Left(client))

    def check_backlog(self) -> None:
        """Refuse what the worker cannot come to soon.

        Raises:
            LimitReachedError: its inbox is full.
        """
        if self.backlog > MAX_BACKLOG:
            raise LimitReachedError(
                f"the session has {MAX_BACKLOG} messages to work off: wait a moment"
            )

    def message(self, client: int, message: Message) -> None:
        """A message after hello; what the inbox has no room for is answered by an error."""
        if isinstance(message, Credit):
            self.credit(client, message.n)
        elif isinstance(message, Key) and not self.hub.looks(client):
            self.hub.key(client)
        elif isinstance(message, Look):
            self._look(client, message)
        elif isinstance(message, (Fork, Switch)):
            self.past.go(client, message)
        elif isinstance(message, Key):
            self.hub.credit(client, 2)
            self.past.again(client)
        else:
            try:
                self.check_backlog()
            except LimitReachedError as error:
                asked = getattr(message, "command_id", None)
                self.hub.text(client, messages.error(str(error), asked))
            else:
                if isinstance(message, Reset):
                    self.config = message.config
                elif isinstance(message, Detail):
                    self.past.closer(client, message)
                self._runner.put(FromClient(client, message))
        self._asking.soon()

    def _look(self, client: int, message: Look) -> None:
        if message.tick is None:
            self.hub.look_now(client)
        elif not self.hub.looks(client):
            self.hub.look(client)
        if message.tick is not None:
            self.hub.text(client, messages.present(*self._here))
        self.past.look(client, message.tick, message.index, message.beside)

    def say(self, client: int, text: str) -> None:
        """A text message for one client, not from the worker."""
        self.hub.text(client, text)

    def credit(self, client: int, n: int) -> None:
        """A client has painted ``n`` frames."""
        self.hub.credit(client, n)
        self._asking.soon()

    def drained(self, client: int) -> None:
        """A socket has sent what lay unsent."""
        self.hub.drained(client)
        self._asking.soon()

    # -- questions -------------------------------------------------------------------------------
    async def transcript(self) -> Transcript:
        """Config, log and tick, from the worker.

        Raises:
            NotFoundError: the session has ended.
            LimitReachedError: see check_backlog().
        """
        return await self._ask(Session.transcript)

    async def present(self, question: Callable[[Session], _Answer]) -> _Answer:
        """What a question about the present answers, from the worker.

        Raises:
            NotFoundError, LimitReachedError: see transcript().
        """
        self._runner.put(Drive())
        return await self._ask(question)

    async def alone(self, key: str) -> World:
        """A copy of the world with one design, from the worker.

        Raises:
            RefusedError: see Session.alone.
            NotFoundError, LimitReachedError: see transcript().
        """
        return await self._ask(lambda session: session.alone(key))

    async def state(self) -> dict[str, Any]:
        """The numbers of now, from the worker; a session that nobody watches goes on for a while.

        Raises:
            NotFoundError, LimitReachedError: see transcript().
        """
        self._runner.put(Drive())
        return await self._ask(lambda session: state_of(session.world))

    async def mark(self) -> Digest:
        """What the state of now is, from the worker.

        Raises:
            NotFoundError, LimitReachedError: see transcript().
        """
        return await self._ask(mark_of)

    async def order(self, command: Command, wait_idle: bool) -> Entry:
        """Give a command as a program does.

        Args:
            command: what is asked.
            wait_idle: answer when every guest is idle.

        Returns:
            Its entry in the log.

        Raises:
            RefusedError, ConflictError, JournalError: it is not done, or not to its end.
            NotFoundError, LimitReachedError: see transcript().
        """
        reply: Future[Entry] = Future()
        return await self._answer(Order(command, wait_idle, reply), reply)

    @property
    def asked(self) -> int:
        """Questions and orders that wait for an answer."""
        return self._questions

    async def _ask(self, question: Callable[[Session], _Answer]) -> _Answer:
        reply: Future[_Answer] = Future()
        return await self._answer(Ask(question, reply), reply)

    @property
    def backlog(self) -> int:
        """Items that wait for the worker."""
        return self._runner.backlog

    @contextlib.contextmanager
    def _one_more(self) -> Iterator[None]:
        """A question that waits; refused (LimitReachedError) when too much waits already."""
        if self.ended is not None:
            raise NotFoundError(self.ended.text)
        if self._questions >= MAX_QUESTIONS or self.backlog > MAX_BACKLOG:
            raise LimitReachedError("the session has too much to work off: try again in a moment")
        self._questions += 1
        try:
            yield
        finally:
            self._questions -= 1
            self.last_seen = time.monotonic()

    async def _answer(self, item: Ask | Order, reply: "Future[_Answer]") -> _Answer:
        with self._one_more():
            self._runner.put(item)
            return await asyncio.wrap_future(reply)

    async def remembered(self, question: Callable[[History, int], _Answer]) -> _Answer:
        """What a question about the session's past answers, when that has been followed to its end.

        Raises:
            NotFoundError: the session has ended.
            RefusedError: what the question raises.
            LimitReachedError: see transcript().
        """
        with self._one_more():
            return await asyncio.wrap_future(self.past.ask(question))

    async def look_back(self, question: Callable[[History, int], _Answer]) -> _Answer:
        """As remembered(), but of one moment, to which the question goes: that may be early.

        Raises:
            NotFoundError, RefusedError: see remembered().
            LimitReachedError: so many look back by REST already; each may take its time.
        """
        with self._looks_back.one_more(), self._one_more():
            return await asyncio.wrap_future(self.past.ask(question, whole=False))

    # -- the end ---------------------------------------------------------------------------------
    def end(self, reason: Ended) -> None:
        """End the session: stop the worker, wake every socket so that it closes."""
        if self.ended is not None:
            return
        self.ended = reason
        self.past.stop()
        self._runner.put(Stop())
        for over in self._overs.values():
            over()
        self._on_change(self, reason)

    def join_worker(self, timeout_s: float) -> bool:
        """Wait for the end of worker and past; whether they have ended."""
        return self._runner.join(timeout_s) and self.past.join(timeout_s)
