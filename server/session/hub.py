"""What each client gets next: one slot per client, with credits; knows bytes, not what they mean.

A slow client skips pictures and never queues them: it wants a frame only while it has a credit and
nothing unsent, and what it then gets is made from the newest picture. A client that reads nothing
at all is detected by its backlog. What a client does costs the same however many others there are,
and a message goes straight into the socket's hands: no task is woken for it.
Owned by the event loop; no I/O here.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from server.meters import FRAMES

CREDITS_AT_HELLO = 2
MAX_CREDITS = 4  # a client that asks for more gains nothing: frames are made when wanted
MAX_TEXTS = 4096  # unsent texts after which a client counts as lost


class Want(NamedTuple):
    """A client is ready for a frame.

    Attributes:
        client: its id.
        base: seq of the frame it got last, None = a key frame is needed.
    """

    client: int
    base: int | None


@dataclass(slots=True)
class Slot:
    """What one client has coming.

    Attributes:
        write: takes a whole message at once and never waits; false: some of it lies unsent, and
            drained() follows when the peer has read on.
        over: called when the client is lost.
        credits: frames that may still be sent.
        base: seq of the last frame that was handed to the socket, None = none it may rely on.
        asked: a want was handed out and not answered yet.
        frame: seq (None: of the past) and bytes that wait for the socket.
        before: what happened up to that frame: goes right before it, or not at all.
        pages: a frame of pages that waits for the socket, after the picture; costs no credit.
        texts: text messages that wait for the socket, in order.
        sending: something lies unsent; what is sent next is made when it is not.
        lost: too much is unsent: the client is to be dropped.
        past: it looks at an earlier tick: the present is not for it.
        latest: texts of which only the newest of a kind is worth sending, by kind.
        frames: handed to the socket so far.
    """

    write: Callable[[str | bytes], bool]
    over: Callable[[], None]
    credits: int = CREDITS_AT_HELLO
    base: int | None = None
    asked: bool = False
    frame: tuple[int | None, bytes] | None = None
    before: bytes = b""
    pages: bytes | None = None
    texts: deque[str] = field(default_factory=deque)
    sending: bool = False
    lost: bool = False
    past: bool = False
    latest: dict[str, str] = field(default_factory=dict)
    frames: int = 0

    @property
    def ready(self) -> bool:
        """Whether a frame is to be made for this client."""
        return self.credits > 0 and not (self.past or self.asked or self.sending or self.frame)


class Hub:
    """The slots of one session."""

    def __init__(self) -> None:
        self._slots: dict[int, Slot] = {}
        # Clients whose slot has changed since the last wants(), in that order.
        self._changed: dict[int, None] = {}

    def __len__(self) -> int:
        return len(self._slots)

    @property
    def changed(self) -> bool:
        """Whether wants() has something to look at."""
        return bool(self._changed)

    def add(
        self, client: int, write: Callable[[str | bytes], bool], over: Callable[[], None]
    ) -> None:
        """A client has said hello; for ``write`` and ``over`` see Slot."""
        self._slots[client] = Slot(write, over)
        self._changed[client] = None

    def remove(self, client: int) -> None:
        """A client is gone; unknown ids are ignored."""
        self._slots.pop(client, None)
        self._changed.pop(client, None)

    def credit(self, client: int, n: int = 1) -> None:
        """A client has painted ``n`` frames."""
        slot = self._slots[client]
        slot.credits = min(slot.credits + n, MAX_CREDITS)
        self._send(client, slot)

    def key(self, client: int) -> None:
        """A client cannot use a delta; what was made for it is dropped, its credits are renewed."""
        slot = self._slots[client]
        slot.base = None
        slot.frame = slot.pages = None
        slot.asked = False
        slot.credits = max(slot.credits, CREDITS_AT_HELLO)
        self._changed[client] = None

    def look(self, client: int) -> None:
        """A client wants to see an earlier tick: frames of the present stop."""
        self.key(client)
        self._slots[client].past = True

    def look_now(self, client: int) -> None:
        """A client is back in the present."""
        self._slots[client].past = False
        self.key(client)

    def looks(self, client: int) -> bool:
        """Whether a client looks at an earlier tick."""
        slot = self._slots.get(client)
        return slot is not None and slot.past

    @property
    def lookers(self) -> list[int]:
        """Clients that look at an earlier tick."""
        return [client for client, slot in self._slots.items() if slot.past]

    def deliver_past(self, client: int, data: bytes) -> None:
        """A frame of an earlier tick; a newer one takes the place of one that still waits."""
        slot = self._slots.get(client)
        if slot is not None and slot.past:
            slot.frame, slot.before = (None, data), b""
            self._send(client, slot)

    def wants(self) -> list[Want]:
        """Clients that became ready since the last call."""
        ready = []
        for client in self._changed:
            slot = self._slots[client]
            if slot.ready:
                slot.asked = True
                ready.append(Want(client, slot.base))
        self._changed.clear()
        return ready

    def deliver(
        self, client: int, base: int | None, seq: int, data: bytes, before: bytes = b""
    ) -> None:
        """A frame for one client; dropped when the client is gone or its base has changed since.

        ``before``: what happened up to it, to be sent right before it.
        """
        slot = self._slots.get(client)
        if slot is None or slot.past or (base is not None and slot.base != base):
            return
        slot.asked = False
        slot.frame, slot.before = (seq, data), before
        self._send(client, slot)

    def deliver_pages(self, client: int, data: bytes, past: bool = False) -> None:
        """Pages of the present or of an earlier tick; newer ones take the place of what waits."""
        slot = self._slots.get(client)
        if slot is not None and slot.past == past:
            slot.pages = data
            self._send(client, slot)

    def text(self, client: int | None, text: str) -> None:
        """A text message for one client, or for all (None)."""
        targets = self._slots if client is None else {client} & self._slots.keys()
        for target in targets:
            slot = self._slots[target]
            if len(slot.texts) >= MAX_TEXTS:
                slot.lost = True
                slot.over()
            else:
                slot.texts.append(text)
                self._send(target, slot)

    def latest(self, client: int, kind: str, text: str) -> None:
        """A text that takes the place of an unsent one of its kind; it never queues."""
        slot = self._slots.get(client)
        if slot is not None:
            slot.latest[kind] = text
            self._send(client, slot)

    def frames(self, client: int) -> int:
        """Frames that a client was sent so far."""
        slot = self._slots.get(client)
        return slot.frames if slot else 0

    def renew(self, text: str) -> None:
        """Every client starts over with ``text``: frames made before it are dropped."""
        for client in self._slots:
            self.look_now(client)
        self.text(None, text)

    def drained(self, client: int) -> None:
        """Nothing of what was written to a client's socket lies unsent any more."""
        slot = self._slots.get(client)
        if slot is not None:
            slot.sending = False
            self._send(client, slot)

    def _send(self, client: int, slot: Slot) -> None:
        """Hand over what waits, in order, as far as the socket takes it at once."""
        while slot.texts and not slot.sending:
            slot.sending = not slot.write(slot.texts.popleft())
        while slot.latest and not slot.sending:
            slot.sending = not slot.write(slot.latest.pop(next(iter(slot.latest))))
        if slot.frame is not None and slot.credits > 0 and not slot.sending:
            seq, data = slot.frame
            FRAMES.sent += 1
            if seq is not None and slot.base is not None:
                FRAMES.skipped += seq - slot.base - 1
            slot.base, slot.frame = seq, None
            slot.credits -= 1
            slot.frames += 1
            if slot.before:
                slot.write(slot.before)  # taken whole, whatever it says: the frame says it too
            slot.sending = not slot.write(data)
        if slot.pages is not None and not slot.sending:
            data, slot.pages = slot.pages, None
            slot.sending = not slot.write(data)
        if slot.ready:
            self._changed[client] = None

    def lost(self, client: int) -> bool:
        """Whether a client reads nothing and is to be dropped."""
        slot = self._slots.get(client)
        return slot is not None and slot.lost
