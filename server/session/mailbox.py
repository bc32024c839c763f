"""What passes between a session's worker and the event loop, and the inbox that takes it in.

Immutable values only; nothing else is shared. Nobody is left waiting in an inbox: when it closes,
whoever waits for an answer gets an error instead, and so does whoever comes later.
"""

import queue
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from engine.commands import Command
from engine.log import Entry
from server.session.closer import Closely
from server.session.hub import Want
from server.session.publisher import Delivery
from server.session.timelines import Branch, WholeTimeline
from server.wire.config import SessionConfig
from server.wire.messages import Message


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
class Wants:
    """Clients that are ready for a frame, and the last round (see Round) that is through."""

    wants: tuple[Want, ...]
    through: int


@dataclass(frozen=True)
class FromClient:
    """A message that concerns the session."""

    client: int
    message: Message


@dataclass(frozen=True)
class Ask:
    """Somebody wants to know something of a session or its past; ``question`` changes neither."""

    question: Callable[[Any], Any]
    reply: "Future[Any]"

    def answer(self, subject: Any) -> None:
        """Give the reply, or the exception that the question raised; never raises itself."""
        if self.reply.set_running_or_notify_cancel():
            try:
                answer = self.question(subject)
            except Exception as error:
                self.reply.set_exception(error)
            else:
                self.reply.set_result(answer)

    def refuse(self, error: Exception) -> None:
        """Reply with an error, unless nobody waits any more."""
        if self.reply.set_running_or_notify_cancel():
            self.reply.set_exception(error)


@dataclass(frozen=True)
class Branched:
    """A state to go on from is there; ``client`` has asked for it by ``command_id``.

    It is of the session as it was after so many ``restarts``.
    """

    client: int
    command_id: str
    branch: Branch
    restarts: int


@dataclass(frozen=True)
class Order:
    """A program gives a command; the reply is its entry in the log.

    Attributes:
        command: what is asked.
        wait_idle: reply when every guest is idle, not when the command is kept.
        reply: the entry, or why there is none.
    """

    command: Command
    wait_idle: bool
    reply: "Future[Entry]"

    def begin(self) -> bool:
        """Take it on; false: nobody waits for it any more."""
        return self.reply.set_running_or_notify_cancel()

    def answer(self, entry: Entry) -> None:
        """It stands in the log."""
        self.reply.set_result(entry)

    def fail(self, error: Exception) -> None:
        """It does not, or will never be done."""
        self.reply.set_exception(error)

    def refuse(self, error: Exception) -> None:
        """Reply with an error without having taken it on."""
        if self.begin():
            self.fail(error)


@dataclass(frozen=True)
class Drive:
    """A program wants ticks to be run though nobody watches."""


@dataclass(frozen=True)
class Stop:
    """End the thread."""


Incoming = Joined | Left | Wants | FromClient | Ask | Order | Drive | Branched | Stop


# -- what goes out: these, publisher.Delivery and closer.Closely ---------------------------------
@dataclass(frozen=True)
class Text:
    """A text message for some clients."""

    clients: tuple[int, ...]
    text: str


@dataclass(frozen=True)
class Progress:
    """A text for everybody, also for those who come while it holds: guests are being made."""

    text: str


@dataclass(frozen=True)
class Round:
    """The frames of one picture have been posted; Wants answers when they have been written.

    No picture is made before: a server that cannot keep up makes fewer pictures for everybody.
    """

    nr: int


@dataclass(frozen=True)
class Renewed:
    """The session starts over: every client gets ``welcome``, older frames are void."""

    welcome: str


@dataclass(frozen=True)
class Built:
    """The guests of ``config`` are made (or, ``ok`` false, could not be made)."""

    config: SessionConfig
    ok: bool


@dataclass(frozen=True)
class Now:
    """Where the session is, and what is new in its log; for whoever shows its past."""

    epoch: int
    tick: int
    entries: tuple[Entry, ...]
    timeline: int = 1
    lines: tuple[WholeTimeline, ...] = ()  # every one, of a session that comes back with several


@dataclass(frozen=True)
class Ended:
    """The session is over: close code and words for its sockets."""

    code: int
    text: str


@dataclass(frozen=True)
class Gone:
    """The worker has ended and holds no guest any more; always the last."""


Outgoing = Text | Progress | Renewed | Delivery | Closely | Round | Built | Now | Ended | Gone


class Inbox:
    """Items for one worker, in order. Filled by the event loop, emptied by the worker."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Incoming] = queue.SimpleQueue()
        self._closed: Exception | None = None

    def __len__(self) -> int:
        return self._queue.qsize()

    def put(self, item: Incoming) -> None:
        """Hand something over; a question to a closed inbox is refused at once."""
        self._queue.put(item)
        # The worker closes first and empties afterwards: whatever comes in between is seen by one
        # of the two.
        if self._closed is not None:
            self._refuse_all(self._closed)

    def take(self, wait_s: float | None) -> Iterator[Incoming]:
        """What is there now, after at most ``wait_s`` seconds (None = until something comes).

        What is not taken, since its reader failed, stays in the inbox.
        """
        try:
            if wait_s is None or wait_s > 0:
                yield self._queue.get(timeout=wait_s)
            for _ in range(self._queue.qsize()):
                yield self._queue.get_nowait()
        except queue.Empty:
            return

    def close(self, reason: Exception) -> None:
        """Refuse every question that waits or will come."""
        self._closed = reason
        self._refuse_all(reason)

    def _refuse_all(self, reason: Exception) -> None:
        for item in self.take(0):
            if isinstance(item, Ask | Order):
                item.refuse(reason)
