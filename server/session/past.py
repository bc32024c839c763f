"""The past of a session: a thread with a world of its own, which follows the log and goes back.

The present is not touched: this thread gets what the session's worker has told (server/session/
mailbox.py: Now), keeps checkpoints (engine/history/), and answers looks at earlier ticks. Of what
one client asks, only the newest look counts. It rests as long as it works while nobody looks, so
that the present keeps its processor.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from engine.errors import RefusedError
from engine.history.history import History, Keeping, Progress
from engine.log import MAIN, Entry
from engine.world import World
from server.errors import NotFoundError
from server.journal.state_file import StateFile
from server.session import past_items as items
from server.session.closer import Closer
from server.session.mailbox import Ask, Now, Stop
from server.session.questions import Questions, refuse_left
from server.session.saver import Saver
from server.session.state import views_of
from server.session.timelines import Branch, WholeTimeline, teach
from server.wire import messages
from server.wire.config import SessionConfig
from server.wire.detail import Detail
from server.wire.frames import FRAME_PAST, Picture, encode_key, side_by_side
from server.wire.moments import MAX_TIMELINES, Beside, Fork, Switch

log = logging.getLogger("fragscope")

FOLLOWED_S = 0.05  # of following, after which the thread looks at what came in
TELL_S = 0.3  # a look that takes longer says how far it is
GONE = "the session has ended"


class _BrokenOffError(Exception):
    """Something newer is wanted."""


def _ms() -> float:
    """Processor time of this thread: what else the machine does must not move checkpoints."""
    return 1000 * time.thread_time()


class Past:
    """The past of one session. Its methods are called by the event loop; the rest is its thread's.

    The thread starts when there is something to follow or to look at.
    """

    def __init__(
        self,
        name: str,
        config: SessionConfig,
        room: items.Room,
        post: Callable[[items.FromPast], None],
        state: StateFile | None = None,
    ) -> None:
        """Nothing runs yet.

        Args:
            name: of the thread.
            config: of the session.
            room: what it may use.
            post: takes an answer; called in the thread, must not block.
            state: where a state is kept now and then, None: nowhere.
        """
        self._room, self._post = room, post
        self._saver = Saver(state)
        self._items: queue.SimpleQueue[items.Item] = queue.SimpleQueue()
        self._config = config
        self._epoch = 0  # 0: of a session that has not said where it is
        self._restarts = -1  # each of its starts is told
        self._history: History | None = None
        self._entries: list[Entry] = []
        self._tick = 0
        self._line = MAIN  # the timeline that the session is on
        self._lines: tuple[WholeTimeline, ...] = ()  # of a session that came back with several
        self._looks: dict[int, items.LookAt] = {}
        self._shown: dict[int, items.LookAt] = {}  # what each client wanted to see last
        self._questions = Questions()
        self._closer = Closer()
        self._dense: int | None = None
        self._seq = 0
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=f"past-{name}", daemon=True)
        self._started = False

    # -- from the event loop ---------------------------------------------------------------------
    def learn(self, now: Now) -> None:
        """The session has gone on."""
        self._items.put(now)
        if now.entries:
            self._start()

    def begin(self, config: SessionConfig) -> None:
        """The session starts over."""
        self._items.put(items.Begin(config))

    def look(
        self,
        client: int,
        tick: int | None,
        index: int | None = None,
        beside: Beside | None = None,
    ) -> None:
        """A client wants to see a tick, or (None) nothing of the past any more."""
        self._items.put(items.LookAt(client, tick, index, beside))
        if tick is not None:
            self._start()

    def closer(self, client: int, message: Detail) -> None:
        """A client wants to see pages of whatever it looks at."""
        self._items.put(items.LookCloser(client, message))
        self._start()

    def leave(self, client: int) -> None:
        """A client is gone."""
        self.look(client, None)
        if self._started:
            self.closer(client, Detail(()))

    def go(self, client: int, message: Fork | Switch) -> None:
        """A client wants the session to go on from an earlier moment, or on another timeline."""
        self._items.put(items.Go(client, message))
        self._start()

    def again(self, client: int) -> None:
        """A client has lost what it was shown."""
        self._items.put(items.Again(client))

    def ask(self, question: items.Question, whole: bool = True) -> "Future[Any]":
        """What a question about the history answers; raises what it raises.

        Args:
            question: see there.
            whole: it is asked when the whole log has been followed; else at once, and goes itself
                to the moment that it is about.
        """
        reply: Future[Any] = Future()
        ask = Ask(lambda _: question(self._known(), self._line), reply)
        self._items.put(items.Asked(ask, whole))
        self._start()
        # The thread stops first and empties afterwards: one of the two sees what comes in between.
        if self._stopping:
            refuse_left(self._items, NotFoundError(GONE))
        return reply

    def drop(self) -> None:
        """Give up the world and the checkpoints; they are made again when they are wanted."""
        self._items.put(items.Drop())

    def stop(self) -> None:
        """End the thread; whoever waits is told."""
        self._stopping = True
        self._items.put(Stop())
        self._start()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread's end; whether it has ended."""
        if self._started:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _start(self) -> None:
        if not self._started:
            self._started = True
            self._thread.start()

    # -- the thread ------------------------------------------------------------------------------
    def _run(self) -> None:
        try:
            while not self._stopping:
                self._take()
                if not self._stopping:
                    self._work()
        except _BrokenOffError:
            pass
        except Exception:
            log.exception("the past of a session ended by a fault; its present goes on")
        finally:
            self._stopping = True
            self._history = None
            self._questions.refuse(NotFoundError(GONE))
            refuse_left(self._items, NotFoundError(GONE))

    def _take(self) -> None:
        """Take in what has come; wait for it where there is nothing to do."""
        history = self._history
        busy = self._looks or self._questions or self._dense is not None
        following = history is not None and history.behind(self._line)
        wait = 0.0 if busy else FOLLOWED_S if following else None
        try:
            self._handle(self._items.get(wait != 0.0, wait or None))
            while True:
                self._handle(self._items.get_nowait())
        except queue.Empty:
            return

    def _handle(self, item: items.Item) -> None:
        if isinstance(item, Now):
            self._learn(item)
        elif isinstance(item, items.LookAt):
            self._looks.pop(item.client, None)
            self._shown.pop(item.client, None)
            if item.tick is not None:
                self._looks[item.client] = self._shown[item.client] = item
        elif isinstance(item, items.LookCloser):
            self._closer.ask(item.client, item.message)
            if item.client in self._shown and self._closer.wants(item.client):
                self._looks.setdefault(item.client, replace(self._shown[item.client], whole=False))
        elif isinstance(item, items.Again):
            if item.client in self._shown:
                self._looks[item.client] = self._shown[item.client]
        elif isinstance(item, items.Begin):
            self._config = item.config
            self._restarts += 1
            self._forget(0)
        elif isinstance(item, items.Drop):
            self._drop()
        elif isinstance(item, items.Go):
            self._go(item)
        elif isinstance(item, items.Asked):
            self._questions.add(item.ask, item.whole)

    def _drop(self) -> None:
        """Give up what can be made again from one log: with several timelines nothing can."""
        history = self._history
        if history is not None and len(history.timelines) == 1:
            line = history.timelines[MAIN]
            self._entries, self._tick, self._history = list(line.entries), line.known, None

    def _go(self, item: items.Go) -> None:
        """Find the state that the session is to go on from."""
        message = item.message
        try:
            if not self._epoch:
                raise RefusedError("the session is starting over: its past begins anew")
            history = self._known()
            if isinstance(message, Switch):
                line = history.timeline(message.timeline)
                history.go(line.known, None, message.timeline)
                point, number, parent = history.world.checkpoint(), message.timeline, None
                entries, command = tuple(line.entries), None
            else:
                line = history.timelines[self._line]
                index = line.index_at(message.tick) if message.index is None else message.index
                point = history.go(message.tick, index, self._line).checkpoint()
                number, parent, command = len(history.timelines) + MAIN, self._line, message.command
                if number > MAX_TIMELINES:
                    raise RefusedError(
                        f"the session has {MAX_TIMELINES} timelines, its limit:"
                        " go on with one of them"
                    )
                history.try_out(command)
                history.fork(number, (message.tick, index), parent)
                entries = tuple(line.entries[:index])
        except (RefusedError, NotFoundError) as error:
            self._post(items.Said(item.client, messages.error(str(error), message.command_id)))
            return
        branch = Branch(number, parent, entries, point, command)
        self._post(items.Resumed(item.client, message.command_id, branch, self._restarts))

    def _learn(self, now: Now) -> None:
        if now.epoch != self._epoch:
            history = self._history
            if history is not None and now.timeline in history.timelines and self._epoch:
                self._epoch, self._line = now.epoch, now.timeline  # this thread found it
                self._looks.clear()
                self._shown.clear()
            else:
                self._forget(now.epoch)
                self._lines, self._line = now.lines, now.timeline
        self._saver.learn(now.tick, time.monotonic())
        if self._history is not None:
            self._history.learn(now.entries, now.tick, self._line)
        else:
            self._entries += now.entries
            self._tick = now.tick

    def _forget(self, epoch: int) -> None:
        """Another session takes the place of the one before."""
        self._epoch, self._history, self._dense = epoch, None, None
        self._saver.forget()
        self._entries, self._tick, self._line = [], 0, MAIN
        self._looks.clear()
        self._shown.clear()

    def _known(self) -> History:
        """The history, made when it is first needed.

        Raises:
            RefusedError, NotFoundError: the guest cannot be made again, or there is no room for it.
        """
        if self._history is None:
            if not self._room.claim():
                raise RefusedError(self._room.refusal)
            room = self._room
            limits = Keeping(nbytes=room.nbytes, away=room.away, depot=room.depot())
            self._history = History(room.make(self._config), _ms, limits)
            teach(self._history, self._lines, self._line, self._entries, self._tick)
        return self._history

    def _work(self) -> None:
        """One piece of work: a look and a question, or some following, or denser checkpoints."""
        looks = bool(self._looks)
        if looks:
            first = next(iter(self._looks.values()))
            alike = [client for client, look in self._looks.items() if look.what == first.what]
            self._looks = {c: look for c, look in self._looks.items() if look.what != first.what}
            self._show(first, alike)
        if self._questions.answer_moment(self) or looks:
            return
        wanted = self._history or self._questions or (self._entries and self._room.ready)
        if not (self._epoch and wanted) or (self._history is None and not self._room.claim()):
            self._questions.answer_all(self)  # there is nothing to follow, or no room: they say so
            return
        history = self._known()
        room = self._room
        history.limits = replace(history.limits, nbytes=room.nbytes, away=room.away)
        end = time.monotonic() + FOLLOWED_S

        def go_on() -> bool:
            return self._items.empty() and not self._stopping

        if history.behind(self._line):
            history.follow(lambda: go_on() and time.monotonic() < end, self._line)
            self._saver.look(history, self._line, self._config)
        elif self._questions:
            self._questions.answer_all(self)
        elif self._dense is not None:
            tick, self._dense = self._dense, None
            history.densify(tick, go_on, self._line)

    def _show(self, look: items.LookAt, clients: Sequence[int]) -> None:
        """Answer a look of ``clients``; what one of them wants instead comes afterwards."""
        assert look.tick is not None
        begin = told = time.monotonic()

        def told_so_far(done: float, total: float) -> None:
            nonlocal told
            now = time.monotonic()
            if self._stopping:
                raise _BrokenOffError
            if now - begin > TELL_S and now - told > TELL_S:
                told = now
                share = round(100 * min(done / total, 1.0)) if total else 0
                self._each(clients, items.Said, messages.looking(look.tick or 0, share, 100))

        try:
            history = self._known()
            world = history.go(look.tick, look.index, self._line, told_so_far)
            picture = self._picture(world, look)
            if look.whole and look.beside is None:
                self._each(clients, items.Looked, encode_key(picture, FRAME_PAST))
            for client in clients:
                self._closer.renew(client)
            for pages in self._closer.show(world, self._epoch, picture.log_index, clients):
                self._post(pages)
            if look.whole and look.beside is not None:
                first = encode_key(picture, FRAME_PAST)
                both = side_by_side(first, self._beside(history, look, told_so_far))
                self._each(clients, items.Looked, both)
            self._dense = look.tick
        except (RefusedError, NotFoundError) as error:
            self._each(clients, items.Said, messages.error(str(error)))

    def _each(self, clients: Sequence[int], form: Callable[[int, Any], Any], what: object) -> None:
        for client in clients:
            self._post(form(client, what))

    def _beside(self, history: History, look: items.LookAt, told: Progress) -> bytes:
        """The frame of what is shown beside."""
        assert look.beside is not None
        other = look.beside
        end = history.timeline(other.timeline).known
        tick, index = other.tick, other.index
        if tick > end:
            tick, index = end, None
        world = history.go(tick, index, other.timeline, told)
        return encode_key(self._picture(world, look), FRAME_PAST)

    def _picture(self, world: World, look: items.LookAt) -> Picture:
        assert self._history is not None and look.tick is not None
        index = self._history.timelines[self._line].index_at(look.tick, look.index)
        self._seq += 1
        return Picture(self._seq, self._epoch, world.tick, index, views_of(world))
