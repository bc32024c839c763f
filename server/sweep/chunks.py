"""What a worker does: some runs on one guest, one after the other, each result written at once.

The same function for a process of this machine and for a worker of Dask anywhere.
"""

import os
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from engine.commands import Command
from engine.core import engine_digest
from engine.errors import RefusedError
from engine.sweep.grid import GuestSpec
from engine.sweep.play import failed_run, play_run
from server.sweep.starts import Bases, guest_identity
from server.sweep.store import SweepStore


@dataclass(frozen=True)
class SweepItem:
    """A run as a worker needs it.

    Attributes:
        key: of its result.
        design: key.
        profile: whose rules.
        commands: what is done.
    """

    key: str
    design: str
    profile: str
    commands: tuple[Command, ...]


@dataclass(frozen=True)
class Chunk:
    """Runs on one guest under one seed.

    Attributes:
        engine: digest of the engine that must play them.
        folder: of the sweep, absolute; a worker that does not see it only returns its results. ""
            where nothing is to be kept.
        guest: where they start.
        identity: of that guest, as whoever asked has it.
        seed: of guest and programs.
        items: each run.
    """

    engine: str
    folder: str
    guest: GuestSpec
    identity: str
    seed: int
    items: tuple[SweepItem, ...]


@dataclass(frozen=True)
class Finished:
    """A run that was played.

    Attributes:
        key: of its result.
        outcome: as engine/sweep/play.py gives it.
        seconds: that it took.
        worker: machine and process.
        kept: whether it will come out the same again, so that it need not be played again.
    """

    key: str
    outcome: dict[str, Any]
    seconds: float
    worker: str
    kept: bool


_bases = Bases()
_turn = Lock()  # a worker of Dask may have several threads; a guest is made once


def play_chunk(chunk: Chunk) -> list[Finished]:
    """Play every run; what is wrong with one is its result, in words."""
    name = f"{socket.gethostname()}-{os.getpid()}"
    if engine_digest() != chunk.engine:
        words = f"worker {name} has another version of the simulator"
        return [Finished(i.key, failed_run(words), 0.0, name, False) for i in chunk.items]
    store = SweepStore(Path(chunk.folder))
    shared = chunk.folder != "" and store.folder.is_dir()
    done = []
    for item in chunk.items:
        begin = time.perf_counter()
        outcome, kept = _outcome(chunk, item)
        if kept and shared:
            store.keep(item.key, outcome)
        done.append(Finished(item.key, outcome, time.perf_counter() - begin, name, kept))
    return done


def _outcome(chunk: Chunk, item: SweepItem) -> tuple[dict[str, Any], bool]:
    """What a run gives, and whether it always will."""
    try:
        with _turn:
            if chunk.guest.kind != "synthetic" and guest_identity(chunk.guest) != chunk.identity:
                return failed_run(f"guest {chunk.guest.label}: the worker has another file"), False
            base = _bases.get(chunk.guest, chunk.seed)
    except RefusedError as error:
        return failed_run(str(error)), chunk.guest.kind == "synthetic"
    try:
        return play_run(base, item.design, chunk.seed, item.profile, item.commands), True
    except Exception as error:  # a defect of ours, or memory that ran out: a row, not the end
        return failed_run(f"the simulator failed: {error!r:.200}"), False
