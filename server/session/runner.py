"""The worker of a session: one thread that owns session, world and pictures.

It takes what clients want from its inbox between two ticks, runs the ticks that are due, and posts
texts and encoded frames back. Inbox and post carry immutable values; nothing else is shared, so
there is no lock. The clock is read here and only decides when, never what. Without a viewer, and at
rest, no tick is run: nobody is kept waiting and no result depends on it.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from engine.errors import RefusedError
from server.errors import NotFoundError
from server.session.pace import Pacer
from server.session.publisher import Delivery, Publisher
from server.session.session import Session
from server.wire import messages
from server.wire.config import SessionConfig
from server.wire.frames import Picture
from server.wire.messages import CommandMessage, Message, Pace, Reset, Step

log = logging.getLogger("fragscope")

SLICE_S = 0.015  # ticks are run for so long before the inbox is looked at again

Build = Callable[[SessionConfig, Callable[[str, int, int], None]], Session]


# -- what comes in -------------------------------------------------------------------------------
@dataclass(frozen=True)
class Joined:
    """A client has said hello: it is due a welcome."""

    client: int


@dataclass(frozen=True)
class Left:
    """A client is gone."""

    client: int


@dataclass(frozen=True)
class Wanted:
    """A client is ready for a frame; ``base`` as in hub.Want."""

    client: int
    base: int | None


@dataclass(frozen=True)
class FromClient:
    """A message that concerns the session."""

    client: int
    message: Message


@dataclass(frozen=True)
class Ask:
    """Somebody wants to know something of the session; ``question`` changes nothing in it."""

    question: Callable[[Session], Any]
    reply: "Future[Any]"


@dataclass(frozen=True)
class Stop:
    """End the thread."""


Incoming = Joined | Left | Wanted | FromClient | Ask | Stop


# -- what goes out -------------------------------------------------------------------------------
@dataclass(frozen=True)
class Text:
    """A text message for one client, or for all."""

    client: int | None
    text: str


@dataclass(frozen=True)
class Renewed:
    """The session starts over: every client gets ``welcome``, older frames are void."""

    welcome: str


@dataclass(frozen=True)
class Frames:
    """One encoded frame for some clients."""

    delivery: Delivery


@dataclass(frozen=True)
class Built:
    """The guests of ``config`` are made (or, ``ok`` false, could not be made)."""

    config: SessionConfig
    ok: bool


@dataclass(frozen=True)
class Ended:
    """The session is over; ``text`` says why, ``code`` is the close code for its sockets."""

    code: int
    text: str


Outgoing = Text | Renewed | Frames | Built | Ended
Post = Callable[[list[Outgoing]], None]


@dataclass(frozen=True)
class Rates:
    """How fast: see server/settings.py."""

    ticks_per_s: float
    frames_per_s: float


class Runner:
    """Runs one session in a thread of its own."""

    def __init__(
        self, session_id: str, config: SessionConfig, build: Build, post: Post, rates: Rates
    ) -> None:
        """Nothing runs before start().

        Args:
            session_id: for ``welcome``.
            config: of the first session; ``build`` is called for it in the thread.
            build: makes a session, reporting progress; a RefusedError or NotFoundError says that it
                cannot be made.
            post: takes what goes out, from the thread; must return at once.
            rates: pace at the beginning, and most frames a second.
        """
        self._id = session_id
        self._config = config
        self._build = build
        self._post = post
        self._interval_s = 1.0 / rates.frames_per_s
        self._inbox: queue.SimpleQueue[Incoming] = queue.SimpleQueue()
        self._out: list[Outgoing] = []
        self._publisher = Publisher()
        self._pacer = Pacer(rates.ticks_per_s, time.monotonic())
        self._clients: set[int] = set()
        self._epoch = 0
        self._seq = 0
        self._picture: Picture | None = None
        self._dirty = True
        self._picture_at = 0.0
        self._steps = 0
        self._stopping = False
        self._session: Session
        self._thread = threading.Thread(target=self._run, name=f"session-{session_id}", daemon=True)

    # -- from other threads ----------------------------------------------------------------------
    def start(self) -> None:
        """Begin: build the session, then serve it."""
        self._thread.start()

    def put(self, item: Incoming) -> None:
        """Hand something to the thread."""
        self._inbox.put(item)

    @property
    def backlog(self) -> int:
        """Items that wait in the inbox."""
        return self._inbox.qsize()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread's end; whether it has ended."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    # -- the thread ------------------------------------------------------------------------------
    def _run(self) -> None:
        try:
            self._serve()
        finally:
            for item in self._take(0):
                if isinstance(item, Ask):
                    item.reply.set_exception(NotFoundError("the session has ended"))

    def _serve(self) -> None:
        try:
            self._session = self._build(self._config, self._progress)
        except (RefusedError, NotFoundError) as error:
            self._post([Built(self._config, False), Ended(messages.CLOSE_NO_SESSION, str(error))])
            return
        except Exception as error:
            self._fail(error)
            return
        try:
            self._epoch = 1
            self._out.append(Built(self._config, True))
            self._flush()
            self._pacer.rest(time.monotonic())
            while not self._stopping:
                self._turn()
        except Exception as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        """A fault of ours (a broken invariant): the session ends, the server goes on."""
        log.exception("session %s ended by a fault", self._id)
        text = f"the session ended by a fault of the simulator ({type(error).__name__})"
        self._post([Ended(messages.CLOSE_INTERNAL, text)])

    def _turn(self) -> None:
        for item in self._take(self._wait_s()):
            self._handle(item)
        self._advance()
        self._publish()
        self._flush()

    def _flush(self) -> None:
        if self._out:
            self._post(self._out)
            self._out = []

    def _progress(self, text: str, done: int, total: int) -> None:
        self._post([Text(None, messages.progress(text, done, total))])

    def _take(self, wait_s: float | None) -> list[Incoming]:
        """Everything in the inbox, after at most ``wait_s`` (None = until something comes)."""
        items: list[Incoming] = []
        try:
            if wait_s is None or wait_s > 0:
                items.append(self._inbox.get(timeout=wait_s))
            while True:
                items.append(self._inbox.get_nowait())
        except queue.Empty:
            return items

    @property
    def _running(self) -> bool:
        return bool(self._clients) and self._pacer.ticks_per_s > 0 and not self._session.at_rest

    def _wait_s(self) -> float | None:
        if self._steps:
            return 0.0
        waits = []
        if self._running:
            waits.append(self._pacer.wait_s() or 0.0)
        if self._picture_is_due():
            waits.append(max(self._picture_at - time.monotonic(), 0.0))
        return min(waits, default=None)

    # -- inbox -----------------------------------------------------------------------------------
    def _handle(self, item: Incoming) -> None:
        if isinstance(item, Wanted):
            if item.client in self._clients:
                self._publisher.want(item.client, item.base)
        elif isinstance(item, FromClient):
            self._handle_message(item.client, item.message)
        elif isinstance(item, Joined):
            self._clients.add(item.client)
            self._out.append(Text(item.client, self._welcome()))
        elif isinstance(item, Left):
            self._clients.discard(item.client)
            self._publisher.forget(item.client)
        elif isinstance(item, Ask):
            self._answer(item)
        else:
            self._stopping = True

    def _answer(self, item: Ask) -> None:
        if item.reply.set_running_or_notify_cancel():
            try:
                item.reply.set_result(item.question(self._session))
            except RefusedError as error:
                item.reply.set_exception(error)

    def _handle_message(self, client: int, message: Message) -> None:
        if isinstance(message, CommandMessage):
            self._command(client, message)
        elif isinstance(message, Pace):
            self._pacer.set(message.ticks_per_s, time.monotonic())
            self._out.append(Text(None, messages.pace(message.ticks_per_s)))
        elif isinstance(message, Step):
            if self._pacer.ticks_per_s:
                text = "step works only while paused: set the pace to 0 first"
                self._out.append(Text(client, messages.error(text)))
            else:
                self._steps = min(self._steps + message.ticks, messages.MAX_STEP_TICKS)
        elif isinstance(message, Reset):
            self._reset(client, message)

    def _command(self, client: int, message: CommandMessage) -> None:
        try:
            entry = self._session.accept(message.command)
        except RefusedError as error:
            self._out.append(Text(client, messages.error(str(error), message.command_id)))
            return
        self._dirty = True
        text = messages.accepted(message.command_id, entry.index, entry.tick)
        self._out.append(Text(client, text))

    def _reset(self, client: int, message: Reset) -> None:
        self._flush()
        try:
            session = self._build(message.config, self._progress)
        except (RefusedError, NotFoundError) as error:
            self._out.append(Text(client, messages.error(str(error), message.command_id)))
            self._out.append(Built(message.config, False))
            return
        self._session = session
        self._epoch += 1
        self._steps = 0
        self._picture = None
        self._dirty = True
        self._publisher.restart()
        self._pacer.rest(time.monotonic())
        self._out.append(Built(message.config, True))
        self._out.append(Renewed(self._welcome()))
        self._out.append(Text(client, messages.accepted(message.command_id, 0, 0)))

    def _welcome(self) -> str:
        return messages.welcome(
            {
                "epoch": self._epoch,
                "session": self._id,
                "ticks_per_s": self._pacer.ticks_per_s,
                **self._session.describe(),
            }
        )

    # -- ticks and pictures ----------------------------------------------------------------------
    def _advance(self) -> None:
        now = time.monotonic()
        if self._stopping:
            return
        if self._steps:
            self._steps -= self._run_ticks(self._steps, now)
        elif self._running:
            self._pacer.took(self._run_ticks(self._pacer.due(now), now))
        else:
            self._pacer.rest(now)

    def _run_ticks(self, ticks: int, now: float) -> int:
        """Run at most ``ticks`` ticks for at most SLICE_S; how many were run."""
        for done in range(ticks):
            if done and time.monotonic() - now > SLICE_S:
                return done
            self._session.advance()
            self._dirty = True
            if self._session.at_rest and not self._steps:
                return done + 1
        return ticks

    def _picture_is_due(self) -> bool:
        """Whether somebody waits for a picture that can be made or is there already."""
        if self._dirty or self._picture is None:
            return self._publisher.wanted
        return self._publisher.waits_for(self._picture.seq)

    def _publish(self) -> None:
        now = time.monotonic()
        if self._stopping or not self._picture_is_due():
            return
        if self._dirty or self._picture is None:
            if now < self._picture_at:
                return
            self._seq += 1
            self._picture = Picture(
                self._seq,
                self._epoch,
                self._session.tick,
                self._session.log_index,
                self._session.views(),
            )
            self._dirty = False
            self._picture_at = max(self._picture_at + self._interval_s, now)
        for delivery in self._publisher.publish(self._picture):
            self._out.append(Frames(delivery))
