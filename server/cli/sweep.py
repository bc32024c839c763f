"""``fragscope sweep``: the runs of a grid on many cores and machines, and the map of winners."""

import argparse
import math
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from server.cli.common import compile_core, whole_number
from server.cli.progress import ProgressBar
from server.cli.table import Column, Table, paragraph, show

if TYPE_CHECKING:
    from server.sweep.estimate import SweepCost
    from server.sweep.pools import DaskPool, LocalPool
    from server.sweep.sweep import SweepResult


def add_sweep(commands: Any) -> None:
    """Describe the command to argparse."""
    sweep = commands.add_parser(
        "sweep",
        help="play a grid of guests, balloons, designs and seeds: which design wins where?",
        description="Every run of a grid (docs/SWEEPS.md) on all processors or a Dask cluster. "
        "What is done is kept: a sweep that was killed goes on with --resume.",
    )
    sweep.add_argument("grid", metavar="GRID.toml", help="what to play")
    sweep.add_argument("-o", "--output", metavar="FOLDER", required=True, help="where results go")
    who = sweep.add_mutually_exclusive_group()
    who.add_argument(
        "--workers", metavar="N", help="processes of this machine; default: one a processor"
    )
    who.add_argument("--dask", metavar="ADDRESS", help="a Dask scheduler, as tcp://host:8786")
    sweep.add_argument(
        "--resume", action="store_true", help="go on in a folder that holds results already"
    )
    sweep.add_argument(
        "--estimate", action="store_true", help="say what it will cost, and play nothing"
    )
    sweep.set_defaults(run=run_sweep_command)


def read_grid(path: str) -> str:
    """The text of a grid.

    Raises:
        ValueError: it cannot be read; one sentence.
    """
    from engine.sweep.grid import MAX_GRID_BYTES

    try:
        if Path(path).stat().st_size > MAX_GRID_BYTES:
            raise ValueError(f"{path} is over {MAX_GRID_BYTES >> 20} MiB: no grid")
        return Path(path).read_text("utf-8")
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text: no grid") from None


def _pool(args: argparse.Namespace) -> "LocalPool | DaskPool":
    from server.sweep.pools import MAX_LOCAL_WORKERS, DaskPool, LocalPool

    if args.dask is not None:
        return DaskPool(args.dask)
    if args.workers is None:
        return LocalPool(0)
    return LocalPool(whole_number(args.workers, "number of workers", MAX_LOCAL_WORKERS, 1))


def run_sweep_command(args: argparse.Namespace) -> int:
    """Run the command; the exit status.

    Raises:
        ValueError: bad input; one sentence.
    """
    from engine.sweep.grid import grid_from_text
    from server.sweep.jobs import jobs_of

    text = read_grid(args.grid)
    grid = grid_from_text(text)
    folder = Path(args.output)
    pool = _pool(args)
    try:
        compile_core()
        if args.estimate:
            from server.sweep.estimate import sweep_cost

            cost = sweep_cost(jobs_of(grid, pool.worker_mib), folder, pool)
            show(*cost_lines(cost, pool.words))
        else:
            show(*result_blocks(_played(args, text, pool), folder))
    finally:
        pool.close()
    return 0


def _played(args: argparse.Namespace, text: str, pool: "LocalPool | DaskPool") -> "SweepResult":
    """Play the grid, with progress on stderr."""
    from server.sweep.sweep import run_sweep

    title = f"playing {args.grid} with {pool.words}"
    begin = time.monotonic()
    with ProgressBar(title) as progress:

        def tell(done: int, total: int) -> None:
            progress(f"{title}{time_left(time.monotonic() - begin, done, total)}", done, total)

        return run_sweep(text, Path(args.output), pool, args.resume, tell, _say)


def _say(refused: tuple[str, ...]) -> None:
    """What cannot be played, before anything is."""
    for words in refused:
        print(f"fragscope: left out: {words}", file=sys.stderr, flush=True)


def in_words(seconds: float) -> str:
    """A time for people: 40 s, 3 min, 2.5 h."""
    if seconds < 100:
        return f"{math.ceil(seconds)} s"
    if seconds < 6000:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def time_left(elapsed: float, done: int, total: int) -> str:
    """How long it will take yet, by what was done so far; nothing before that is known.

    Args:
        elapsed: seconds so far.
        done: runs.
        total: runs.
    """
    if not 0 < done < total:
        return ""
    return f", {in_words(elapsed / done * (total - done))} left"


def cost_lines(cost: "SweepCost", words: str) -> list[str]:
    """An estimate for people."""
    left = cost.runs - cost.present
    lines = [
        f"{cost.runs} runs, {cost.present} of them present: about {in_words(cost.seconds)} "
        f"with {words} (by {cost.timed} runs that were timed).",
        f"A worker needs {cost.worker_mib} MiB; the folder will take "
        f"{max(1, cost.disk_bytes >> 20)} MiB.",
    ]
    if not left:
        lines[0] = f"{cost.runs} runs, all of them present."
    return [*map(paragraph, lines), *(paragraph(f"Left out: {one}") for one in cost.refused)]


def result_blocks(result: "SweepResult", folder: Path) -> list[str | Table]:
    """What came of a sweep, for people: the map of winners, and where the tables are."""
    from engine.sweep.table import sorted_rows, sweep_columns
    from engine.sweep.winners import winners_map
    from server.sweep.paper import RULE, cell_mark

    grid = result.grid
    shown = winners_map(grid, sorted_rows(result.rows, sweep_columns(grid.values)))
    across, down = shown["axes"]
    letters = {one["key"]: one["letter"] for one in shown["designs"]}
    columns = [Column(f"{down['name']} ↓ {across['name']} →", left=True, key=True)]
    columns += [Column(str(value), left=True) for value in across["values"]]
    rows = [
        (str(value), *(cell_mark(cell, letters) for cell in line))
        for value, line in zip(down["values"], shown["cells"], strict=True)
    ]
    failed = sum(1 for row in result.rows if row["error"])
    blocks: list[str | Table] = [
        grid.title or "Sweep", "", *(f"{letter} {key}" for key, letter in letters.items()), "",
        Table(columns, rows), "", paragraph(RULE), "",
        f"{result.played} runs played, {result.skipped} present, {failed} failed: {folder}",
    ]  # fmt: skip
    if not result.parquet:
        blocks.append("results.parquet needs pyarrow: pip install 'fragscope[sweep]'")
    return blocks
