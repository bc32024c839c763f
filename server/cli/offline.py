"""``fragscope offline``: can a range of a captured guest's memory go offline, and if not, why?"""

import argparse
import re
from typing import Any

from server.cli.common import (
    add_shared,
    compile_core,
    designs_of,
    example_or_path,
    profile_of,
    read_capture,
    read_ops,
    seed_of,
    show_json,
)
from server.cli.table import Column, Table, show

_COLUMNS = (
    Column("design", left=True, key=True),
    Column("result", left=True),
    Column("moved"),
    Column("in vain"),
    Column("put back"),
    Column("stopped by", left=True),
)


def add_offline(commands: Any) -> None:
    """Describe the command to argparse."""
    offline = commands.add_parser(
        "offline",
        help="try to offline a range of memory, under each design",
        description="Play operations on a capture, then try to offline a range: whether it "
        "succeeds, or at which page and for which reason it stops.",
    )
    add_shared(offline, "capture")
    offline.add_argument(
        "--range", required=True, metavar="START_MIB:SIZE_MIB",
        help="the range, whole pageblocks of 2 MiB in one zone",
    )  # fmt: skip
    offline.add_argument(
        "--ops", metavar="OPS.json", help="operations before it, as for replay; default: none"
    )
    add_shared(offline, "--designs", "--profile", "--seed", "--json")
    offline.set_defaults(run=run_offline)


def parse_range(text: str) -> tuple[int, int]:
    """Start and size in MiB of a range given on the command line.

    Raises:
        ValueError: it has another form; one sentence.
    """
    found = re.fullmatch(r"([0-9]{1,9}):([0-9]{1,9})", text)
    if found is None:
        raise ValueError(f"range is {text[:60]!r}: START_MIB:SIZE_MIB is needed, as in 512:128")
    return int(found[1]), int(found[2])


def offline_table(answer: dict[str, Any]) -> Table:
    """The answer for people: a row for each design, with the reason at its end if it failed.

    Args:
        answer: what run_offline prints as JSON.
    """
    rows = []
    for key, found in answer["designs"].items():
        why = f"{found['sentence']} [{found['source']}]" if found["sentence"] else ""
        numbers = (found["migrated"], found["wasted"], found["returned"])
        rows.append((key, found["result"], *numbers, why))
    return Table(_COLUMNS, rows)


def run_offline(args: argparse.Namespace) -> int:
    """Run the command.

    Returns:
        The exit status.

    Raises:
        ValueError: bad input; one sentence.
    """
    from engine.capture.load import guest_from_capture
    from engine.commands import Offline
    from engine.replay import parse_ops, replay

    start, size = parse_range(args.range)
    Offline(start, size)
    keys = designs_of(args)
    profile = profile_of(args)
    seed = seed_of(args)
    ops = parse_ops(read_ops(args.ops)) if args.ops is not None else []
    path = example_or_path(args.capture)
    compile_core()
    guest = guest_from_capture(read_capture(path), seed)
    done = replay(guest, keys, [*ops, ("offline", start, size)], seed, profile=profile)
    answer = {
        "range": {"start_mib": start, "size_mib": size},
        "profile": profile,
        "designs": {key: steps[-1]["range"] for key, steps in done["designs"].items()},
    }
    if args.json:
        show_json(answer)
    else:
        show(offline_table(answer))
    return 0
