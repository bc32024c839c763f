"""A session's class as the event loop holds it: who is told what, and how often.

The rules are those of server/session/classroom.py. What is said here never queues: of a view, a
pointer or a state of the class only the newest is worth sending, 15 times a second at most.
"""

import asyncio

from engine.errors import RefusedError
from server.errors import ConflictError
from server.session.classroom import Classroom
from server.session.hub import Hub
from server.wire import messages
from server.wire.classroom import ClassMessage, DriveAct, Follow, Point, Pointed, Show, Shown
from server.wire.detail import Detail
from server.wire.events import Watch
from server.wire.messages import Credit, Key, Message, Reset, Role
from server.wire.moments import Look

WORD_S = 1 / 15  # between two words to the same client
COUNT_S = 2.0  # over which frames are compared
FEW_FRAMES = 5  # in COUNT_S: nobody lags where so little happens
LAG_SHARE = 0.5  # of the frames of whoever got most: who gets less lags


class ClassSide:
    """The class of one session. Owned by the event loop."""

    def __init__(self, hub: Hub) -> None:
        """Nobody is there.

        Args:
            hub: the session's, with the slots of everybody who enters.
        """
        self.classroom = Classroom()
        self._hub = hub
        self._pointed: Pointed | None = None
        self._told_at = 0.0
        self._telling: asyncio.TimerHandle | None = None
        self._counting: asyncio.TimerHandle | None = None
        self._frames: dict[int, int] = {}

    def enter(self, client: int, role: Role) -> None:
        """A client has said hello with a token of that role."""
        self.classroom.enter(client, role)
        if self._counting is None:
            self._count()
        self._later()

    def leave(self, client: int) -> None:
        """A client is gone."""
        self.classroom.leave(client)
        self._frames.pop(client, None)
        self._later()

    def allow(self, client: int, message: Message) -> None:
        """Whether a client may send that; a presenter who commands drives from then on.

        Raises:
            RefusedError: why not.
        """
        if isinstance(message, Look):
            self.classroom.look(client, message.tick)
        elif not isinstance(message, (Credit, Key, Detail, Watch, ClassMessage)):
            if isinstance(message, Reset):
                self.classroom.start_over(client)
            self.classroom.command(client)
            self._later()

    def allow_program(self) -> None:
        """Whether a program may command with the presenter's token.

        Raises:
            ConflictError: a viewer drives.
        """
        try:
            self.classroom.check_free()
        except RefusedError as error:
            raise ConflictError(str(error)) from None

    def message(self, client: int, message: ClassMessage) -> None:
        """A message about the class.

        Raises:
            RefusedError: this client may not do that.
        """
        room = self.classroom
        if isinstance(message, Follow):
            room.follow(client, message.on)
        elif isinstance(message, Show):
            room.show(client, message.view)
        elif isinstance(message, DriveAct):
            room.act(client, message)
        elif isinstance(message, Point) and client == room.driver:
            self._pointed = Pointed(message.pageblock, message.panel)
        self._later()

    # -- telling ---------------------------------------------------------------------------------
    def _later(self) -> None:
        if self._telling is None:
            loop = asyncio.get_running_loop()
            self._telling = loop.call_at(max(loop.time(), self._told_at + WORD_S), self._tell)

    def _tell(self) -> None:
        self._telling, self._told_at = None, asyncio.get_running_loop().time()
        room, hub = self.classroom, self._hub
        for client in room.take_changed():
            hub.latest(client, "class", messages.wire_text(room.state(client)))
        due = room.take_due()
        if due and room.view is not None:
            text = messages.wire_text(Shown(room.view))
            for client in due:
                hub.latest(client, "shown", text)
        if self._pointed is not None:
            text, self._pointed = messages.wire_text(self._pointed), None
            for client in room.followers:
                hub.latest(client, "pointed", text)

    def count(self) -> None:
        """Count who skipped pictures since the last call."""
        before, followers = self._frames, self.classroom.followers
        self._frames = {client: self._hub.frames(client) for client in followers}
        got = [n - before[client] for client, n in self._frames.items() if client in before]
        most = max(got, default=0)
        lagging = sum(n < LAG_SHARE * most for n in got) if most >= FEW_FRAMES else 0
        if lagging != self.classroom.lagging:
            self.classroom.lag(lagging)
            self._later()

    def _count(self) -> None:
        """Count again and again while somebody is there."""
        self.count()
        self._counting = None
        if len(self._hub):
            self._counting = asyncio.get_running_loop().call_later(COUNT_S, self._count)
