"""The folder of a sweep: results by key, written whole or not at all, and what is made of them.

grid.toml        what was asked
runs/ab/ab….json one result each, named by its key: what is here is never played again
results.csv      every run, sorted by key; results.parquet the same
map.md           the map of winners in words
sweep.json       which engine played it, and how many runs came to a number
timings.csv      seconds of each run: the only file that differs from one sweep to the next
"""

import json
import os
from pathlib import Path
from typing import Any

from engine.errors import RefusedError

GRID, RUNS, RESULTS, PARQUET = "grid.toml", "runs", "results.csv", "results.parquet"
TIMINGS, MAP, FACTS = "timings.csv", "map.md", "sweep.json"


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that whoever looks sees all of it or the one before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


class SweepStore:
    """Results of one folder."""

    def __init__(self, folder: Path) -> None:
        """Nothing is made or read."""
        self.folder = folder

    def path_of(self, key: str) -> Path:
        """Where the result of a key lies."""
        return self.folder / RUNS / key[:2] / f"{key}.json"

    def keep(self, key: str, outcome: dict[str, Any]) -> None:
        """Write a result."""
        text = json.dumps({"key": key, **outcome}, separators=(",", ":"), allow_nan=False)
        write_whole(self.path_of(key), text.encode() + b"\n")

    def has(self, key: str) -> bool:
        """Whether a result lies there."""
        return self.path_of(key).exists()

    def find(self, key: str) -> dict[str, Any] | None:
        """A result; None where there is none, or what is there was cut off."""
        try:
            found = json.loads(self.path_of(key).read_bytes())
        except (OSError, ValueError):
            return None
        if not isinstance(found, dict) or found.pop("key", None) != key:
            return None
        return found

    def begin(self, grid: str, resume: bool) -> None:
        """Make the folder, or go on in it.

        Args:
            grid: its text, kept beside the results.
            resume: whether there may be results.

        Raises:
            RefusedError: there are some, and nobody said that the sweep goes on.
        """
        if (self.folder / RUNS).exists() and not resume:
            raise RefusedError(
                f"{self.folder} holds results already: --resume goes on with them, or name "
                "another folder"
            )
        for part in (self.folder / RUNS).rglob(".*.part"):
            part.unlink(missing_ok=True)  # of a write that was killed
        write_whole(self.folder / GRID, grid.encode())
