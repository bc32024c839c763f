"""Gets the compiled core ready: compiles or loads all that serving and replaying need.

The compiler works function by function when one is first called, so the way to have everything is
to play a small scene with every design, toggle and command. Then nobody's click waits for it.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator

from engine.commands import (
    BalloonDeflate,
    BalloonInflate,
    BalloonTarget,
    Command,
    CompactMemory,
    DirectCompact,
    DropCaches,
    SetWorkload,
    TakeHugePages,
)
from engine.designs import DESIGNS
from engine.presets import make_synthetic
from engine.replay import parse_ops, replay
from engine.workload import WorkloadParams
from engine.world import World, WorldConfig

log = logging.getLogger("fragscope")

Progress = Callable[[str, int, int], None]

_SIZE_MIB = 256
_PRESET = "tight"
_REPORT_S = 0.5

_SCENE: tuple[Command, ...] = (
    BalloonInflate(8192),
    CompactMemory(),
    BalloonDeflate(2048),
    BalloonTarget(4096),
    DirectCompact(9),
    TakeHugePages(8),
    DropCaches(),
    SetWorkload(enabled=True, rate=64),
)


def every_design() -> tuple[str, ...]:
    """The designs, plain and with every toggle away from its default."""
    keys = []
    for name, design in DESIGNS.items():
        keys.append(name)
        if design.toggles:
            away = "+".join(f"{t.name}={t.values[-1]}" for t in design.toggles)
            keys.append(f"{name}:{away}")
    return tuple(keys)


def scene() -> Iterator[str]:
    """Play the scene; yields what comes next, in words, before each part."""
    yield "a small guest"
    base = make_synthetic(_PRESET, _SIZE_MIB, 1)
    config = WorldConfig(every_design()[:8], 1, "warm-up", WorkloadParams())
    world = World(base, config)
    for command in _SCENE:
        yield f"the command {command.type}"
        world.apply(command)
        world.step(16)
    yield "the views"
    for i in range(len(world.keys)):
        world.view(i)
        world.digest(i)
    yield "the check"
    world.validate()
    yield "the replay"
    ops = parse_ops([["inflate", 4], ["compact"], ["deflate", 2], ["huge", 2], ["drop"]])
    replay(base, list(DESIGNS)[:1], ops, 1)


NR_PARTS = len(_SCENE) + 4


def warm_up(progress: Progress) -> float:
    """Compile or load everything.

    Args:
        progress: told what is under way, how many parts are done, and of how many.

    Returns:
        Seconds taken.
    """
    begin = time.monotonic()
    for done, part in enumerate(scene()):
        progress(f"preparing the simulator: {part}", done, NR_PARTS)
    return time.monotonic() - begin


class Warm:
    """The warm-up of a server: runs once, in a thread, and lets others wait for it."""

    def __init__(self, after: Callable[[Progress], object] | None = None) -> None:
        """Nothing runs before start().

        Args:
            after: done in the same thread when the core is ready, before anybody is let in.
        """
        self._after = after
        self._done = threading.Event()
        self._fault: Exception | None = None
        self._state = ("preparing the simulator", 0, NR_PARTS)
        self._thread = threading.Thread(target=self._run, name="warm-up", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def _run(self) -> None:
        try:
            seconds = warm_up(self._report)
            if self._after is not None:
                self._after(self._report)
            log.info("the simulator is ready after %.1f s", seconds)
        except Exception as error:
            log.exception("the simulator could not be prepared")
            self._fault = error
        self._done.set()

    def _report(self, text: str, done: int, total: int) -> None:
        self._state = (text, done, total)

    @property
    def ready(self) -> bool:
        """Whether commands can be served."""
        return self._done.is_set() and self._fault is None

    @property
    def state(self) -> tuple[str, int, int]:
        """What is under way: words, parts done, parts in all."""
        return self._state

    def wait(self, progress: Progress) -> None:
        """Return when the core is ready; from a session's worker.

        Raises:
            RuntimeError: it could not be prepared.
        """
        while not self._done.wait(0 if self._done.is_set() else _REPORT_S):
            progress(*self._state)
        if self._fault is not None:
            raise RuntimeError("the simulator could not be prepared") from self._fault
