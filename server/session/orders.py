"""Commands that come by REST: each is answered when it is kept, or when the guests are idle again.

A session that a program drives without a viewer runs as fast as it can.
"""

from dataclasses import dataclass

from engine.commands import Command, SetWorkload
from engine.errors import RefusedError
from engine.log import Entry
from server.errors import ConflictError, JournalError
from server.session.mailbox import Order
from server.session.session import Session

DRIVEN_S = 30.0  # a program that has asked for something is waited for so long


def endless_after(session: Session, command: Command) -> bool:
    """Whether a workload without end would be on after ``command``."""
    if isinstance(command, SetWorkload):
        return command.enabled and command.ticks == 0
    return session.world.endless


@dataclass(frozen=True)
class _Waiter:
    order: Order
    entry: Entry


class Orders:
    """Those who wait for their answer. Owned by the session's worker."""

    def __init__(self) -> None:
        """Nobody waits."""
        self._waiters: list[_Waiter] = []
        self._until = float("-inf")

    def driven(self, now: float) -> bool:
        """Whether a program drives the session."""
        return bool(self._waiters) or now < self._until

    def drive(self, now: float) -> None:
        """A program has asked for something that needs ticks."""
        self._until = now + DRIVEN_S

    def give(self, order: Order, session: Session, now: float, paused: bool) -> None:
        """Give a command and answer, now or once every guest is idle.

        Args:
            order: what is asked.
            session: which.
            now: reading of a clock, seconds.
            paused: whether viewers hold the session at its tick.
        """
        if not order.begin():
            return
        self.drive(now)
        try:
            if order.wait_idle:
                self._check_end(order.command, session, paused)
            entry = session.accept(order.command)
        except (RefusedError, ConflictError, JournalError) as error:
            order.fail(error)
            return
        if order.wait_idle:
            self._waiters.append(_Waiter(order, entry))
        else:
            order.answer(entry)

    def _check_end(self, command: Command, session: Session, paused: bool) -> None:
        """Refuse to wait for what will not come."""
        if endless_after(session, command):
            raise ConflictError(
                "a workload without end runs: the guests will not be idle; turn it off, or do not"
                " wait for that"
            )
        if paused:
            raise ConflictError("the session is paused by its viewers: it will not be idle")

    def look(self, session: Session) -> None:
        """Answer those for whom it is time."""
        if not self._waiters:
            return
        if session.at_rest and not session.queued:
            waiters, self._waiters = self._waiters, []
            for waiter in waiters:
                waiter.order.answer(waiter.entry)
        elif session.world.endless:
            self.end(ConflictError("somebody has turned on a workload without end meanwhile"))

    def end(self, error: Exception) -> None:
        """Nobody's wait will be answered any more."""
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            waiter.order.fail(error)
