"""A small grid for the tests of sweeps, and a folder's bytes."""

from __future__ import annotations

import os
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from engine.sweep.play import play_run
from server.sweep import chunks
from server.sweep.pools import LocalPool

GRID = """
title = "For tests"
designs = ["pinned", "lru_hook"]
seeds = 3
axes = ["balloon", "guest"]
[values]
balloon = ["5%", "20%"]
[[guests]]
kind = "synthetic"
preset = ["tight", "cycles"]
size_mib = 256
[[courses]]
name = "taken"
ops = [["inflate", "$balloon"], ["huge", 100]]
"""
RUNS = 24


def results_of(folder: Path) -> dict[str, bytes]:
    """Every file of a sweep but the timings, by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*") if path.is_file() and path.name != "timings.csv"
    }  # fmt: skip


def fall_dead(*arguments: object) -> dict[str, object]:
    """In the place of a run: takes its process down where the seed is 2 and the balloon large."""
    base, design, seed, profile, commands = arguments
    if seed == 2 and design == "lru_hook" and commands[0].nr_pages > 10_000:  # type: ignore[index]
        os._exit(9)
    return play_run(base, design, seed, profile, commands)  # type: ignore[arg-type]


def begin_poisoned() -> None:
    """Called once in each process of a pool in which some runs are deadly."""
    chunks.play_run = fall_dead  # type: ignore[assignment]


class HerePool(LocalPool):
    """A thread of this process: any executor will do, and this one starts at once."""

    def __init__(self) -> None:
        super().__init__(1)

    def open(self) -> Executor:
        return ThreadPoolExecutor(1)


class PoisonedPool(LocalPool):
    """Processes that die of some runs."""

    def open(self) -> Executor:
        return ProcessPoolExecutor(self.workers, get_context("spawn"), begin_poisoned)
