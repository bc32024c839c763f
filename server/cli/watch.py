"""``fragscope watch``: this machine's memory while it works, on a screen, as CSV, and kept."""

import argparse
import csv
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Literal, TextIO

from engine.errors import RefusedError
from server.cli.common import whole_number

if TYPE_CHECKING:
    from server.live.history import LookHistory
    from server.live.remote import RemoteSampler
    from server.live.sampler import MachineLook, Sampler
    from server.settings import Settings

MAX_INTERVAL_S = 3600
MAX_PERCENT = 50  # percent of one processor
MAX_HISTORY_MIB = 256
_PLAIN_WIDTH = 100


def add_watch(commands: Any) -> None:
    """Describe the command to argparse."""
    watch = commands.add_parser(
        "watch",
        help="watch this machine's memory while it works (maps need root)",
        description="Show this machine's free lists and both indices, what compaction, reclaim and "
        "the balloon do and, as root, a map of its pageblocks, for a stated price. Ctrl+C ends it.",
    )
    watch.add_argument(
        "--interval", default="1", metavar="SECONDS", help="between two looks; default 1"
    )
    watch.add_argument(
        "--budget", default="2", metavar="PERCENT",
        help="of one processor, for looking at pages; default 2",
    )  # fmt: skip
    watch.add_argument("--looks", metavar="N", help="end after so many")
    watch.add_argument("--csv", metavar="FILE", help="append a line a look; -: stdout, no screen")
    watch.add_argument(
        "--page", action="store_true", help="show it in the browser instead, on this machine only"
    )
    watch.add_argument("--port", help="of the page, 0 = any free one (default 8000)")
    watch.add_argument(
        "--remote", metavar="COMMAND",
        help="watch another machine: what runs a shell command there, as 'ssh root@host'; "
        "the budget is of a processor there",
    )  # fmt: skip
    watch.add_argument(
        "--history", metavar="MIB",
        help="disk for earlier looks, in the data folder; 0: none; default 64, or "
        "FRAGSCOPE_WATCH_HISTORY_MIB",
    )  # fmt: skip
    watch.add_argument(
        "--export", metavar="FILE", help="write all earlier looks as CSV, and end; -: stdout"
    )
    watch.set_defaults(run=run_watch)


def run_watch(args: argparse.Namespace) -> int:
    """Run the command.

    Returns:
        The exit status.

    Raises:
        ValueError: bad input, or a machine that cannot be watched; one sentence.
    """
    from server.settings import settings_from

    kept = args.history and whole_number(args.history, "history in MiB", MAX_HISTORY_MIB, 0)
    given = settings_from(port=args.port, watch_history_mib=kept)
    if args.export is not None:
        return _export(args.export, given)
    if args.page:
        if args.remote is not None:
            raise ValueError("--remote shows its machine in the terminal: leave out --page")
        return _serve_page(given)
    interval = whole_number(args.interval, "interval in seconds", MAX_INTERVAL_S, 1)
    budget = whole_number(args.budget, "budget in percent", MAX_PERCENT, 1)
    looks = None if args.looks is None else whole_number(args.looks, "number of looks", 1 << 31, 1)
    with ExitStack() as stack:
        sampler = stack.enter_context(_sampler(args.remote, budget / 100))
        file = stack.enter_context(_csv_file(args.csv, "a"))
        ended = stack.enter_context(_ended_by_signal())
        # The data folder is about the machine that it is on.
        history = None if args.remote else stack.enter_context(_history(given))
        draw = None if args.csv == "-" else stack.enter_context(_screen(sampler))
        rows = LookRows(file) if file else None
        done = 0
        while not ended.is_set():
            try:
                now = sampler.look()
            except RefusedError:
                if ended.is_set():  # Ctrl+C ends the pipe to another machine as well
                    break
                raise
            with sampler.charged():
                if history:
                    history.add(now, sampler.blocks, sampler.blind)
                if rows:
                    rows.add(now)
                if draw:
                    draw(now)
            done += 1
            if done == looks:
                break
            ended.wait(max(0.0, now.at + interval - time.monotonic()))
    return 0


@contextmanager
def _sampler(remote: str | None, share: float) -> Iterator["Sampler | RemoteSampler"]:
    """What looks: at this machine, or through a pipe at another."""
    from server.live.remote import RemoteSampler
    from server.live.sampler import Sampler

    if remote is None:
        yield Sampler(share=share)
        return
    there = RemoteSampler(remote, share)
    try:
        yield there
    finally:
        there.close()


def _serve_page(given: "Settings") -> int:
    """The server, whose page live.html shows this machine to itself and to nobody else."""
    from server.api.serve import run_server

    if not given.watchers:
        given = given.model_copy(update={"watchers": "127.0.0.0/8, ::1"})
    print("This machine's memory is at live.html, below the address that follows.", flush=True)
    return run_server(given)


def _data_folder(given: "Settings") -> Path:
    from server.paths import data_folder

    return Path(given.data_dir) if given.data_dir else data_folder()


@contextmanager
def _history(given: "Settings") -> Iterator["LookHistory | None"]:
    """Where looks are kept; a watcher that may not keep any says so and goes on."""
    from server.live.history import history_kept

    history = history_kept(_data_folder(given), given.watch_history_mib << 20)
    if history and history.stopped:
        print(history.stopped, file=sys.stderr)
    try:
        yield history
    finally:
        if history:
            history.close()


def _export(name: str, given: "Settings") -> int:
    """All looks that are kept, as CSV; a watcher may go on meanwhile."""
    from server.live.history import FOLDER, LookHistory
    from server.live.rows import history_csv

    history = LookHistory(_data_folder(given) / FOLDER)
    if history.last < history.first:
        raise ValueError(f"{_data_folder(given) / FOLDER} has no looks: fragscope watch keeps them")
    with _csv_file(name, "w") as file:
        assert file
        file.writelines(history_csv(history))
    return 0


class LookRows:
    """Looks as lines of CSV.

    Columns: ``seconds`` of a clock that only goes on, ``cost`` in processor time over time passed,
    ``seen`` share of the pageblocks, then those of ``reading_cells``.
    """

    def __init__(self, file: TextIO) -> None:
        """Nothing is written yet."""
        self._file = file
        self._writer = csv.writer(file, lineterminator="\n")
        self._heads: list[str] = []

    def add(self, now: "MachineLook") -> None:
        """Write one look; the first writes the heads, unless the file has lines already."""
        from server.live.rows import reading_cells

        cells: dict[str, Any] = {
            "seconds": f"{now.at:.1f}", "cost": f"{now.cost:.4f}", "seen": f"{now.seen:.3f}",
        }  # fmt: skip
        cells |= reading_cells(now.reading)
        if not self._heads:
            self._heads = list(cells)
            if not self._file.seekable() or self._file.tell() == 0:
                self._writer.writerow(self._heads)
        self._writer.writerow([cells.get(head, "") for head in self._heads])
        self._file.flush()


@contextmanager
def _csv_file(name: str | None, mode: Literal["a", "w"]) -> Iterator[TextIO | None]:
    """Where rows go, behind what is there ("a") or instead of it ("w"); None: nowhere."""
    if name is None or name == "-":
        yield sys.stdout if name else None
        return
    try:
        file = Path(name).open(mode, newline="")  # noqa: SIM115  (closed below)
    except OSError as error:
        raise ValueError(f"{name} cannot be written: {error.strerror or error}") from error
    with file:
        yield file


@contextmanager
def _ended_by_signal() -> Iterator[threading.Event]:
    """Set by Ctrl+C or a polite kill: the screen is left in order, the CSV in whole lines."""
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield ended
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _screen(sampler: "Sampler | RemoteSampler") -> Iterator[Callable[["MachineLook"], None]]:
    """A function that draws a look: in place on a terminal, else one below the other."""
    from rich.console import Console
    from rich.live import Live

    from server.cli.watch_screen import screen

    console = Console(width=None if sys.stdout.isatty() else _PLAIN_WIDTH, highlight=False)
    before: list[MachineLook] = []

    def drawn(now: "MachineLook") -> Any:
        # The arrays are the sampler's: of the look before, only counters and time are used.
        picture = screen(sampler, before[-1] if before else now, now, console.width)
        before[:] = [now]
        return picture

    if not console.is_terminal:
        yield lambda now: console.print(drawn(now))
        return
    with Live(console=console, screen=True, auto_refresh=False) as live:
        yield lambda now: live.update(drawn(now), refresh=True)
