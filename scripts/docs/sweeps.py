"""Maintainers: play the project's sweeps, or check that what is published would come out again.

    python -m scripts.docs.sweeps [--workers N] [--folder FOLDER] [NAME…]
    python -m scripts.docs.sweeps --check 200 [--workers N] [NAME…]

The first writes results.csv, map.md and sweep.json into sweeps/NAME/. With --folder every result
stays there, and a second call plays only what is new. The second plays so many runs of each, drawn
at random, by the engine as it is, compares their rows byte for byte, and writes into sweep.json
what came of it; it ends with 1 if one differs.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from engine.core import engine_digest
from engine.sweep.grid import grid_from_text
from engine.sweep.table import csv_of, sweep_columns
from server.cli.common import compile_core
from server.paths import sweeps_folder
from server.sweep.jobs import chunks_of, jobs_of
from server.sweep.pools import LocalPool
from server.sweep.store import FACTS, GRID, MAP, RESULTS, SweepStore
from server.sweep.sweep import play_all, run_sweep

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


def without_key(row: str) -> str:
    """A row of results.csv but for its first column, which the engine's digest is part of."""
    return row.partition(",")[2]


def differing(home: Path, number: int, workers: int) -> tuple[int, list[str]]:
    """Play some runs of a published sweep again.

    Args:
        home: its folder.
        number: how many, drawn by the engine's digest: another engine, another sample.
        workers: processes.

    Returns:
        How many were played, and the rows among them that are not in results.csv byte for byte.
    """
    grid = grid_from_text((home / GRID).read_text("utf-8"))
    columns = sweep_columns(grid.values)
    head, *published = (home / RESULTS).read_text("utf-8").splitlines()
    if head.split(",") != list(columns):
        raise SystemExit(f"{home.name}: its table has other columns")
    jobs = jobs_of(grid, None)
    drawn = random.Random(engine_digest()).sample(range(len(jobs)), min(number, len(jobs)))
    some = [jobs[at] for at in sorted(drawn)]  # runs on one guest together
    with tempfile.TemporaryDirectory() as folder:
        store = SweepStore(Path(folder))
        chunks = chunks_of(some, store.folder, workers)
        outcomes = {one.key: one.outcome for one in play_all(LocalPool(workers), chunks, store)}
    rows = csv_of([job.row(outcomes[job.key]) for job in some], columns).splitlines()[1:]
    known = set(map(without_key, published))
    return len(some), [row for row in rows if without_key(row) not in known]


def check(name: str, number: int, workers: int) -> tuple[str, bool]:
    """See differing; a line on it, and whether all was well. Writes it into sweep.json."""
    home = sweeps_folder() / name
    begin = time.monotonic()
    played, others = differing(home, number, workers or LocalPool(0).workers)
    facts = json.loads((home / FACTS).read_text("utf-8"))
    facts["checked"] = {"engine": engine_digest(), "runs": played, "differ": len(others)}
    (home / FACTS).write_text(json.dumps(facts) + "\n", "utf-8")
    words = f"{name}: {played} runs again in {time.monotonic() - begin:.0f} s, {len(others)} differ"
    return "\n    ".join([words, *others[:5]]), not others


def main() -> None:
    """Play or check the sweeps named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", metavar="NAME", nargs="*")
    parser.add_argument("--workers", type=int, default=0)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--folder", type=Path)
    what.add_argument("--check", type=int, metavar="RUNS")
    args = parser.parse_args()
    compile_core()
    names = args.names or sorted(path.parent.name for path in sweeps_folder().glob("*/grid.toml"))
    well = True
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            if args.check:
                words, same = check(name, args.check, args.workers)
                well = well and same
            else:
                words = publish(name, args.folder or Path(folder), args.workers)
            sys.stdout.write(words + "\n")
            sys.stdout.flush()
    raise SystemExit(0 if well else 1)


if __name__ == "__main__":
    main()
