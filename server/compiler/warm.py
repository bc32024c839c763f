"""Gets the compiled core ready: compiles or loads all that serving and replaying need.

The core is compiled by a pool of processes, once. What is left, to load it and to make what Python
calls, is done by playing a small scene with every design, toggle and command: then nobody's click
waits for it. A core that is not compiled at all (NUMBA_DISABLE_JIT) needs none of this.
"""

import logging
import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from pathlib import Path

from engine import units as u
from engine.commands import (
    AllocContig,
    AllocPages,
    BalloonDeflate,
    BalloonInflate,
    BalloonTarget,
    Command,
    CompactMemory,
    DirectCompact,
    DropCaches,
    Offline,
    PinMemory,
    SetWorkload,
    TakeHugePages,
    Wait,
)
from engine.core import engine_digest
from engine.core.jit.cache import folders
from engine.core.jit.decorate import IS_COMPILED
from engine.core.jit.graph import functions
from engine.designs import DESIGNS
from engine.presets import make_synthetic
from engine.replay import parse_ops, replay
from engine.workload import WorkloadParams
from engine.world import World, WorldConfig
from server.compiler.pool import TEXT, Compilation, compilation
from server.errors import NotFoundError

log = logging.getLogger("fragscope")

Progress = Callable[[str, int, int], None]

_SIZE_MIB = 256
_PRESET = "tight"
_REPORT_S = 0.5
KEEP_S = 30 * 24 * 3600  # compiled code that no start has used for so long is thrown away
_DIGEST = re.compile("[0-9a-f]{20}")  # the name of a cache folder

SCENE: tuple[Command, ...] = (
    BalloonInflate(8192),
    CompactMemory(),
    BalloonDeflate(2048),
    BalloonTarget(4096),
    DirectCompact(9),
    TakeHugePages(8),
    DropCaches(),
    Offline(128, 16),
    AllocContig(8),
    AllocPages(4, 9),
    PinMemory(4),
    Wait(1000),
    SetWorkload(enabled=True, rate=64),
)


def every_design(profile: str = u.PROFILES[u.PROFILE_MODERN]) -> tuple[str, ...]:
    """The designs, plain and with every toggle as far from its default as a profile allows."""
    keys = []
    for name, design in DESIGNS.items():
        keys.append(name)
        if design.toggles:
            away = []
            for toggle in design.toggles:
                elsewhere = {value for value, needed in toggle.bound if needed != profile}
                value = [v for v in toggle.values if v not in elsewhere][-1]
                away.append(f"{toggle.name}={value}")
            keys.append(f"{name}:{'+'.join(away)}")
    return tuple(keys)


def scene() -> Iterator[str]:
    """Play the scene; yields what comes next, in words, before each part."""
    yield "a small guest"
    base = make_synthetic(_PRESET, _SIZE_MIB, 1)
    config = WorldConfig(every_design()[:8], 1, "warm-up", WorkloadParams())
    world = World(base, config)
    for command in SCENE:
        yield f"the command {command.type}"
        world.apply(command)
        world.step(16)
    yield "the views"
    for i in range(len(world.keys)):
        world.view(i)
        world.digest(i)
    yield "the check"
    world.validate()
    # A welcome names the engine: what that takes of the sources is remembered in the cache as well.
    engine_digest()
    yield "the rules of 2012"
    profile = u.PROFILES[u.PROFILE_2012]
    old = World(base, replace(config, designs=every_design(profile)[:8], profile=profile))
    for command in SCENE:
        if not isinstance(command, AllocContig):  # it needs a CMA area there
            old.apply(command)
            old.step(4)
    old.validate()
    yield "the replay"
    ops = parse_ops([["inflate", 4], ["compact"], ["deflate", 2], ["huge", 2], ["drop"]])
    replay(base, list(DESIGNS)[:1], ops, 1)


def compiled() -> tuple[int, int]:
    """Core functions that Python has called so far, and all core functions."""
    known = functions().values()
    return sum(1 for function in known if function.is_loaded), len(known)


def prune_cache(base: Path, used: Collection[Path], now: float) -> int:
    """Throw away compiled code that no start has used for KEEP_S; a version takes some 5 MB.

    Args:
        base: folder of all caches, each named by the digest of what it was compiled from.
        used: those that this version uses; they are marked as used now.
        now: seconds since the epoch.
    Returns:
        Folders thrown away.
    """
    for folder in used:
        if folder.is_dir():
            os.utime(folder, (now, now))
    gone = 0
    for folder in base.iterdir():
        is_cache = folder.is_dir() and _DIGEST.fullmatch(folder.name)
        if is_cache and folder not in used and now - folder.stat().st_mtime > KEEP_S:
            shutil.rmtree(folder, ignore_errors=True)
            gone += 1
    return gone


def _tidy() -> None:
    base, used = folders()
    if not used:  # nothing is compiled at all (NUMBA_DISABLE_JIT)
        return
    try:
        prune_cache(base, used, time.time())
    except OSError as error:  # another process tidies as well, or the folder is not ours to change
        log.info("old compiled code was left where it is: %s", error)


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
        self._text = "preparing the simulator"
        self._compilation: Compilation | None = None
        self.seconds = 0.0
        self._thread = threading.Thread(target=self._run, name="warm-up", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def _run(self) -> None:
        try:
            begin = time.monotonic()
            self._compile()
            for part in scene() if IS_COMPILED else ():
                self._text = f"preparing the simulator, once: {part}"
            if self._after is not None:
                self._after(self._report)
            _tidy()
            self.seconds = time.monotonic() - begin
            log.info("the simulator is ready after %.1f s", self.seconds)
        except Exception as error:
            log.exception("the simulator could not be prepared")
            self._fault = error
        self._done.set()

    def _compile(self) -> None:
        """Compile what the cache lacks; playing the scene would do it with one processor."""
        self._compilation = compilation()
        if self._compilation is not None:
            self._text = TEXT
            self._compilation.run()

    def _report(self, text: str, _done: int, _total: int) -> None:
        self._text = text

    def give_up(self) -> None:
        """The server ends: nobody need wait any longer."""
        if not self._done.is_set():
            self._fault = NotFoundError("the server is shutting down")
            if self._compilation is not None:
                self._compilation.stop()
            self._done.set()

    @property
    def failed(self) -> bool:
        """Whether the core cannot be had: nothing can ever be served then."""
        return self._fault is not None and not isinstance(self._fault, NotFoundError)

    @property
    def ready(self) -> bool:
        """Whether commands can be served."""
        return self._done.is_set() and self._fault is None

    @property
    def compiling(self) -> bool:
        """Whether the long wait of a first start is under way."""
        return self._text == TEXT

    @property
    def state(self) -> tuple[str, int, int]:
        """What is under way: words, steps done so far, steps in all."""
        done = self._compilation.progress if self._compilation is not None else compiled()
        return self._text, *done

    def wait(self, progress: Progress) -> None:
        """Return when the core is ready; for threads that can do nothing before.

        Args:
            progress: told at once, and every half second, what is under way.

        Raises:
            RuntimeError: it could not be prepared.
            NotFoundError: the server ends.
        """
        while not self._done.is_set():
            progress(*self.state)
            self._done.wait(_REPORT_S)
        if isinstance(self._fault, NotFoundError):
            raise self._fault
        if self._fault is not None:
            raise RuntimeError("the simulator could not be prepared") from self._fault
