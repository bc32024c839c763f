"""How a session comes to be: what makes it, how fast it goes at first, who is told meanwhile."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from engine.guest import Guest
from engine.world import World, WorldConfig
from server.session.session import Session
from server.wire import messages
from server.wire.config import SessionConfig

REPORT_S = 0.25  # between two reports while a log is played
REPLAYING = "bringing the session back, tick by tick"


class Report(Protocol):
    """Told what is under way while guests are made."""

    def __call__(self, text: str, done: int, total: int, phase: messages.Phase = ...) -> None:
        """Words, how much is done, of how much, and what kind of wait it is."""


Build = Callable[[SessionConfig, Report], Session]


def new_session(
    config: SessionConfig,
    guest: Guest,
    text: str,
    facts: Mapping[str, Any],
    owned: bool = False,
) -> Session:
    """A session at tick 0.

    Args:
        config: of the session.
        guest: to copy from, or (``owned``) to take.
        text: words for WorldConfig.source.
        facts: what ``welcome`` says of the guest beside its config (server/guests/library.py).
        owned: the guest is nobody else's: it becomes that of the first design.
    """
    about = WorldConfig(config.designs, config.seed, text, profile=config.profile)
    return Session(config, World(guest, about, owned), facts)


@dataclass(frozen=True)
class Rates:
    """How fast a session goes at the start.

    Attributes:
        ticks_per_s: pace.
        frames_per_s: most pictures a second.
    """

    ticks_per_s: float
    frames_per_s: float


class StopAskedError(Exception):
    """The session is to end while it is being made."""


def replaying(report: Report, stopping: Callable[[], bool]) -> Callable[[], None]:
    """What is called while a log is played.

    Args:
        report: told now and then that it is still at work.
        stopping: whether to break off, by StopAskedError.
    """
    last = time.monotonic()

    def look() -> None:
        nonlocal last
        if stopping():
            raise StopAskedError
        now = time.monotonic()
        if now - last > REPORT_S:
            last = now
            report(REPLAYING, 0, 1)

    return look
