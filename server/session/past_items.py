"""What passes between the past of a session and the event loop; immutable values."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from engine.history.history import History
from engine.history.stored import Depot
from engine.world import World
from server.session.closer import Closely
from server.session.mailbox import Ask, Now, Stop
from server.session.timelines import Branch
from server.wire.config import SessionConfig
from server.wire.detail import Detail
from server.wire.moments import Beside, Fork, Switch

Question = Callable[[History, int], Any]  # the history, and the timeline that the session is on


class Room(Protocol):
    """What the past of a session may use; called in its thread."""

    def make(self, config: SessionConfig) -> World:
        """A world at tick 0."""

    def claim(self) -> bool:
        """Whether there is memory for that world; once is as good as often."""

    @property
    def ready(self) -> bool:
        """Whether that world is made before anybody looks back."""

    @property
    def refusal(self) -> str:
        """Why there is no memory for it, in one sentence."""

    @property
    def nbytes(self) -> int:
        """Memory for checkpoints at the moment."""

    @property
    def away(self) -> int:
        """Room on the disk for those that do not fit into it."""

    def depot(self) -> Depot | None:
        """That room, for one history; None: there is no disk to be had."""


@dataclass(frozen=True)
class Looked:
    """A frame of an earlier tick, for one client."""

    client: int
    data: bytes


@dataclass(frozen=True)
class Said:
    """A text for one client."""

    client: int
    text: str


@dataclass(frozen=True)
class Resumed:
    """A state that the session is to go on from, if it has not started over meanwhile."""

    client: int
    command_id: str
    branch: Branch
    restarts: int


FromPast = Looked | Closely | Said | Resumed


@dataclass(frozen=True)
class LookAt:
    """What a client wants to see; ``tick`` None: the present, of which this thread has none."""

    client: int
    tick: int | None
    index: int | None
    beside: Beside | None = None
    whole: bool = True  # false: it has the picture, and wants the pages only

    @property
    def what(self) -> tuple[int | None, int | None, Beside | None, bool]:
        """What is wanted, by whomever: a class looks at one moment."""
        return self.tick, self.index, self.beside, self.whole


@dataclass(frozen=True)
class Begin:
    """The session starts over with this config."""

    config: SessionConfig


@dataclass(frozen=True)
class Go:
    """A client wants the session to go on from another moment."""

    client: int
    message: Fork | Switch


@dataclass(frozen=True)
class Again:
    """A client has lost what it was shown."""

    client: int


@dataclass(frozen=True)
class LookCloser:
    """What a client wants to see of the pages of whatever it looks at."""

    client: int
    message: Detail


class Drop:
    """The memory is wanted for something else."""


@dataclass(frozen=True)
class Asked:
    """A question; ``whole``: it is about the whole log, and waits until that has been followed."""

    ask: Ask
    whole: bool


Item = Now | LookAt | LookCloser | Go | Again | Asked | Begin | Drop | Stop
