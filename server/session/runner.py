"""The worker of a session: one thread that owns session, world and pictures.

It takes what clients want from its inbox between two ticks, runs the ticks that are due, and posts
texts and encoded frames back. The clock is read here and only decides when, never what. At rest no
tick is run, and without a viewer only for a program that drives the session.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable

from engine.errors import RefusedError
from server.errors import JournalError, NotFoundError
from server.journal.journal import Journal
from server.meters import TICK
from server.session.keeper import Keeper
from server.session.mailbox import (
    Ask,
    Branched,
    Built,
    Drive,
    Ended,
    FromClient,
    Gone,
    Inbox,
    Incoming,
    Joined,
    Left,
    Now,
    Order,
    Outgoing,
    Progress,
    Renewed,
    Stop,
    Text,
    Wants,
)
from server.session.making import Build, Rates, StopAskedError, replaying
from server.session.orders import Orders
from server.session.pace import Effort, Pacer
from server.session.pictures import Pictures
from server.session.session import SequenceState, Session
from server.session.timelines import told_timelines
from server.session.told import LogTold
from server.wire import messages
from server.wire.config import SessionConfig
from server.wire.detail import Detail
from server.wire.events import Watch
from server.wire.messages import CommandMessage, Message, Pace, Reset, SequenceMessage, Step
from server.wire.moments import Name

log = logging.getLogger("fragscope")

NOW_S = 0.25  # between two words to the past about how far the session is
SLICE_S = 0.015  # ticks are run for so long before the inbox is looked at again


class Runner:
    """One session's thread and its inbox."""

    def __init__(
        self,
        session_id: str,
        config: SessionConfig,
        build: Build,
        post: Callable[[list[Outgoing]], None],
        rates: Rates,
        journal: Journal | None = None,
    ) -> None:
        """Nothing runs before start().

        Args:
            session_id: for ``welcome`` and the thread's name.
            config: of the first session.
            build: makes a session; called in the worker, with a function that reports progress.
            post: called in the worker with what goes out; must not block.
            rates: pace at the start, and most frames a second.
            journal: open; where the session goes on, and is kept. None: it is not kept.
        """
        self._id = session_id
        self._config = config
        self._build = build
        self._post = post
        self._inbox = Inbox()
        self._out: list[Outgoing] = []
        self._pictures = Pictures(rates.frames_per_s)
        self._keeper = Keeper(journal)
        self._orders = Orders()
        self._pacer = Pacer(self._keeper.pace_from(rates.ticks_per_s), time.monotonic())
        self._clients: set[int] = set()
        self._effort, self._weight = Effort(), 1.0
        self._steps = 0
        self._now_at = 0.0
        self._stopping = False
        self._now = (0, 0, 0)  # epoch, tick and length of the log that the past knows
        self._stopping = False
        self._session: Session
        self._told = LogTold()
        self._sequence: SequenceState | None = None
        self._thread = threading.Thread(target=self._run, name=f"session-{session_id}", daemon=True)

    # -- from other threads ----------------------------------------------------------------------
    def start(self) -> None:
        """Begin: build the session, then serve it."""
        self._thread.start()

    def put(self, item: Incoming) -> None:
        """Hand something to the thread."""
        if isinstance(item, Stop):
            self._stopping = True  # seen even while guests are being made
        self._inbox.put(item)

    @property
    def backlog(self) -> int:
        """Items that wait in the inbox."""
        return len(self._inbox)

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread's end; whether it has ended."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    # -- the thread ------------------------------------------------------------------------------
    def _run(self) -> None:
        try:
            self._serve()
        except StopAskedError:
            pass
        except Exception as error:
            # A fault of ours (a broken invariant): the session ends, the server goes on.
            self._keeper.distrust()
            log.exception("session %s ended by a fault", self._id)
            text = f"the session ended by a fault of the simulator ({type(error).__name__})"
            self._post([Ended(messages.CLOSE_INTERNAL, text)])
        finally:
            for waiting in (self._inbox.close, self._orders.end):
                waiting(NotFoundError("the session has ended"))
            self._keeper.close(self.__dict__.get("_session"))
            self.__dict__.pop("_session", None)
            self._pictures.restart()
            self._post([Gone()])

    def _serve(self) -> None:
        try:
            session = self._build(self._config, self._progress)
            self._keeper.take_up(session, replaying(self._progress, lambda: self._stopping))
        except (RefusedError, NotFoundError, JournalError) as error:
            self._post([Built(self._config, False), Ended(messages.CLOSE_NO_SESSION, str(error))])
            return
        self._session = session
        self._post([Built(self._config, True)])
        self._pacer.rest(time.monotonic())
        while not self._stopping:
            self._turn()

    def _turn(self) -> None:
        for item in self._inbox.take(self._wait_s()):
            self._handle(item)
        self._advance()
        self._note()
        self._orders.look(self._session)
        self._tell()
        if not self._stopping:
            now = time.monotonic()
            lasts_s = self._pacer.wait_s()
            self._out += self._pictures.publish(self._session, self._keeper.epoch, now, lasts_s)
        self._remember()
        self._flush()

    def _remember(self, at_once: bool = False) -> None:
        """Tell the past what is new: at once what is in the log, now and then how far it is."""
        session, now = self._session, time.monotonic()
        known = self._now[2] if self._now[0] == self._keeper.epoch else 0
        here = (self._keeper.epoch, session.tick, session.log_index)
        soon = now - self._now_at < NOW_S and self._running and not at_once
        if here == self._now or (soon and known == here[2]):
            return
        news = tuple(session.log[known:])
        lines = session.lines() if self._now[0] != here[0] and len(session.timelines) > 1 else ()
        self._now, self._now_at = here, now
        self._out.append(Now(here[0], session.tick, news, session.timeline, lines))

    def _flush(self) -> None:
        if self._out:
            out, self._out = self._out, []
            self._post(out)

    def _progress(
        self, text: str, done: int, total: int, phase: messages.Phase = messages.PHASE_GUEST
    ) -> None:
        if self._stopping:
            raise StopAskedError
        self._post([Progress(messages.progress(text, done, total, phase))])

    def _say(self, clients: Iterable[int], *texts: str) -> None:
        if to := tuple(clients):
            self._out += [Text(to, text) for text in texts]

    @property
    def _running(self) -> bool:
        return bool(self._clients) and self._pacer.ticks_per_s > 0 and not self._session.at_rest

    @property
    def _driven(self) -> bool:
        """Whether ticks are run as fast as they go: a program waits, and nobody watches."""
        still = self._clients or self._session.at_rest
        return not still and self._orders.driven(time.monotonic())

    def _note(self) -> None:
        """Let the journal know how far the session is; that it cannot be told is told to all."""
        moving = self._running or self._driven or self._steps > 0
        if failure := self._keeper.note(self._session, time.monotonic(), moving):
            log.warning("session %s: %s", self._id, failure)
            self._say(self._clients, messages.error(failure))

    def _wait_s(self) -> float | None:
        if self._steps or self._driven:
            return 0.0
        waits = []
        if self._running:
            waits.append(self._pacer.wait_s() or 0.0)
        if self._pictures.due:
            waits.append(self._pictures.wait_s(time.monotonic()))
        return min(waits, default=None)

    # -- inbox -----------------------------------------------------------------------------------
    def _handle(self, item: Incoming) -> None:
        if isinstance(item, Wants):
            self._pictures.hear(item, self._clients)
        elif isinstance(item, FromClient):
            self._handle_message(item.client, item.message)
        elif isinstance(item, Joined):
            self._tell()  # what the others do not know yet would come to this client twice
            self._clients.add(item.client)
            self._say((item.client,), self._welcome(), *self._told.catch_up(self._session.log))
        elif isinstance(item, Left):
            self._clients.discard(item.client)
            self._pictures.publisher.forget(item.client)
        elif isinstance(item, Ask):
            item.answer(self._session)
        elif isinstance(item, Branched):
            self._branch(item)
        elif isinstance(item, Order):
            held = bool(self._clients and not self._pacer.ticks_per_s)
            self._orders.give(item, self._session, time.monotonic(), held)
            self._pictures.stale()
        elif isinstance(item, Drive):
            self._orders.drive(time.monotonic())

    def _handle_message(self, client: int, message: Message) -> None:
        if isinstance(message, CommandMessage):
            self._do(client, message.command_id, lambda: self._session.accept(message.command))
        elif isinstance(message, SequenceMessage):
            self._do(client, message.command_id, lambda: self._session.begin(message.commands))
        elif isinstance(message, Pace):
            self._pacer.set(message.ticks_per_s, time.monotonic())
            self._keeper.pace(message.ticks_per_s)
            self._say(self._clients, messages.pace(message.ticks_per_s))
        elif isinstance(message, Step):
            if self._pacer.ticks_per_s:
                text = "step works only while paused: set the pace to 0 first"
                self._say((client,), messages.error(text))
            else:
                self._steps = min(self._steps + message.ticks, messages.MAX_STEP_TICKS)
        elif isinstance(message, Detail):
            self._pictures.publisher.closer.ask(client, message)
        elif isinstance(message, Watch):
            self._pictures.publisher.watchers.ask(client, message.on, self._session.world)
        elif isinstance(message, Name):
            self._do(client, message.command_id, lambda: self._name(message))
        elif isinstance(message, Reset):
            self._reset(client, message)

    def _do(self, client: int, command_id: str, act: Callable[[], object]) -> None:
        """Do what a client asks of the session, and answer."""
        try:
            act()
        except (RefusedError, JournalError) as error:
            self._say((client,), messages.error(str(error), command_id))
            return
        session = self._session
        self._pictures.stale()
        self._say((client,), messages.accepted(command_id, session.log_index, session.tick))

    def _name(self, message: Name) -> None:
        self._session.name(message.timeline, message.name)
        told = told_timelines(self._session.timelines.values())
        self._say(self._clients, messages.wire_text(told))

    def _reset(self, client: int, message: Reset) -> None:
        self._tell()
        self._flush()
        try:
            session = self._build(message.config, self._progress)
            self._keeper.restart(session, message.config)
        except (RefusedError, NotFoundError, JournalError) as error:
            self._say((client,), messages.error(str(error), message.command_id))
            self._out.append(Built(message.config, False))
            return
        self._session = session
        self._out.append(Built(message.config, True))
        self._renew()
        self._say((client,), messages.accepted(message.command_id, 0, 0))

    def _renew(self) -> None:
        """Whatever was shown and told before is void."""
        self._told, self._sequence = LogTold(), self._session.sequence
        self._steps = 0
        self._pictures.restart()
        self._pacer.rest(time.monotonic())
        self._out.append(Renewed(self._welcome()))

    def _branch(self, item: Branched) -> None:
        """Go on from another moment; everybody who watches comes along."""
        self._tell()
        self._remember(at_once=True)  # where this timeline ends
        self._keeper.note(self._session, time.monotonic(), moving=False)
        try:
            self._keeper.check_restarts(item.restarts)
            self._session.branch(item.branch)
            self._keeper.branched()
        except (RefusedError, JournalError) as error:
            self._say((item.client,), messages.error(str(error), item.command_id))
            return
        self._renew()
        session = self._session
        self._now = (self._keeper.epoch, -1, len(item.branch.entries))
        text = messages.accepted(item.command_id, session.log_index, session.tick)
        self._say((item.client,), text)

    # -- what clients are told -------------------------------------------------------------------
    def _welcome(self) -> str:
        return messages.welcome(
            {
                "epoch": self._keeper.epoch,
                "session": self._id,
                "ticks_per_s": self._pacer.ticks_per_s,
                **self._session.describe(),
            }
        )

    def _tell(self) -> None:
        """Tell every client what is new in the log, and how far a sequence of commands is."""
        texts = self._told.news(self._session.log)
        if self._sequence is not self._session.sequence:
            self._sequence = now = self._session.sequence
            if now is not None:
                texts.append(messages.sequence(now.total, now.left, now.text))
        if texts:
            self._say(self._clients, *texts)

    # -- ticks and pictures ----------------------------------------------------------------------
    def _advance(self) -> None:
        now = time.monotonic()
        if self._stopping:
            return
        if self._steps:
            self._steps -= self._run_ticks(self._steps, now)
        elif self._driven:
            self._run_ticks(messages.MAX_STEP_TICKS, now)
            self._pacer.rest(now)
        elif self._running:
            self._pacer.took(self._run_ticks(self._pacer.due(now), now), self._weight)
        else:
            self._pacer.rest(now)

    def _run_ticks(self, ticks: int, now: float) -> int:
        """Run at most ``ticks`` ticks for at most SLICE_S; how many were run.

        One that moves many pages is the last one, and its weight is noted.
        """
        self._effort.look(self._session.world)
        for done in range(ticks):
            if done and time.monotonic() - now > SLICE_S:
                return done
            TICK.of(self._session.advance)
            self._pictures.stale()
            self._weight = self._effort.weigh(self._session.world)
            if self._weight > 1:
                return done + 1
            if self._session.at_rest and not self._steps:
                return done + 1
        return ticks
