"""Maintainers: play the project's sweeps, keep their tables and maps beside their grids.

    python -m scripts.docs.sweeps [--workers N] [--folder FOLDER] [NAME…]

Writes results.csv, map.md and sweep.json into sweeps/NAME/. With --folder every result stays there,
and a second call plays only what is new.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from server.cli.common import compile_core
from server.paths import sweeps_folder
from server.sweep.pools import LocalPool
from server.sweep.store import FACTS, GRID, MAP, RESULTS
from server.sweep.sweep import run_sweep

KEPT = (RESULTS, MAP, FACTS)


def publish(name: str, folder: Path, workers: int) -> str:
    """Play one sweep and keep what is made of it; a line on what that took."""
    home = sweeps_folder() / name
    begin = time.monotonic()
    text = (home / GRID).read_text("utf-8")
    result = run_sweep(text, folder / name, LocalPool(workers), resume=True)
    for kept in KEPT:
        shutil.copyfile(folder / name / kept, home / kept)
    seconds = time.monotonic() - begin
    return f"{name}: {len(result.rows)} runs, {result.played} played in {seconds:.0f} s"


def main() -> None:
    """Play the sweeps named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", metavar="NAME", nargs="*")
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--folder", type=Path)
    args = parser.parse_args()
    compile_core()
    names = args.names or sorted(path.parent.name for path in sweeps_folder().glob("*/grid.toml"))
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            sys.stdout.write(publish(name, args.folder or Path(folder), args.workers) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
