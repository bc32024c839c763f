"""A step at which a server kills itself, as kill -9 would.

The command that begins it is the marker of tests/server/victim.py, so that the steps before are
done as always.
"""

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from engine.commands import DropCaches
from engine.history.history import Keeping
from engine.world import World
from server.journal.state_file import StateFile
from server.journal.store import Store
from server.session import keeper, past, saver
from server.session.session import Session


def die(*_: object) -> None:
    """As kill -9."""
    os.kill(os.getpid(), signal.SIGKILL)


def is_marker(*values: object) -> bool:
    """Whether the marker is among these, or inside an entry of them."""
    return any(isinstance(getattr(value, "command", value), DropCaches) for value in values)


def planted(form: type, name: str, after: bool, due: Callable[..., bool] = is_marker) -> None:
    """Let a method kill the process before or after its work, when it is due."""
    real = getattr(form, name)

    def dying(self: Any, *values: Any, **named: Any) -> Any:
        kill = due(*values)
        if kill and not after:
            die()
        answer = real(self, *values, **named)
        if kill:
            die()
        return answer

    setattr(form, name, dying)


armed = False


def arm(*values: object) -> bool:
    """For steps that come later: the marker makes them due."""
    global armed
    armed = armed or is_marker(*values)
    return False


def is_armed(*_: object) -> bool:
    """Whether the marker was given."""
    return armed


def plant(step: str) -> None:
    """Plant the step of that name."""
    if step == "accept":
        planted(Session, "accept", after=False)
    elif step == "append":
        planted(Store, "append", after=False)
    elif step == "appended":
        planted(Store, "append", after=True)
    elif step in ("apply", "applied"):
        # The warm-up applies commands, too: only what a session has accepted counts.
        planted(Session, "accept", after=False, due=arm)
        planted(World, "apply", after=step == "applied", due=is_armed)
    elif step in ("checkpoint", "checkpointed"):
        planted(Session, "accept", after=False, due=arm)
        planted(Store, "stand", after=step == "checkpointed", due=is_armed)
    elif step in STATE_STEPS:
        planted(Session, "accept", after=False, due=arm)
        if step == "state":
            planted_inside_a_state()
        else:
            name = "_write_part" if step == "state-written" else "write"
            planted(StateFile, name, after=True, due=is_armed)
    else:
        raise SystemExit(f"no step {step!r}")


def planted_inside_a_state() -> None:
    """Let the process die when a piece of a state is written, when it is due."""
    real = StateFile._write_part

    def dying(self: StateFile, part: Path, pieces: Iterable[bytes]) -> None:
        def until_due() -> Iterator[bytes]:
            for piece in pieces:
                yield piece
                if is_armed():
                    die()

        real(self, part, until_due())

    StateFile._write_part = dying  # type: ignore[method-assign]


def keep_states_eagerly() -> None:
    """Keep the state of a session after each piece of work, where a server would wait for more."""
    saver.APART_MS, saver.SETTLED_S, keeper.WORTH_S = 0.0, 0.0, 0.0
    past.Keeping = partial(Keeping, 1.0)  # type: ignore[misc, assignment]


STATE_STEPS = ("state", "state-written", "state-kept")
STEPS = ("accept", "append", "appended", "apply", "applied", "checkpoint", "checkpointed")
