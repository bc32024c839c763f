"""``fragscope offline``: can a range of a captured guest's memory go offline, and if not, why?"""

import argparse
import json
import re
from typing import Any

from server.cli.common import (
    add_shared,
    compile_core,
    designs_of,
    example_or_path,
    profile_of,
    read_ops,
    seed_of,
)

_COLUMNS = (("design", 30), ("result", 10), ("moved", 8), ("in vain", 8), ("put back", 9))


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
    """Start and size in MiB of a range that a person wrote.

    Raises:
        ValueError: it is none; one sentence.
    """
    found = re.fullmatch(r"([0-9]{1,9}):([0-9]{1,9})", text)
    if found is None:
        raise ValueError(f"range is {text[:60]!r}: START_MIB:SIZE_MIB is needed, as in 512:128")
    return int(found[1]), int(found[2])


def table(answer: dict[str, Any]) -> str:
    """The answer for people: one row per design, the sentence below it where there is one.

    Args:
        answer: what run_offline prints as JSON.
    """
    head = "".join(
        name.ljust(width) if i < 2 else name.rjust(width)
        for i, (name, width) in enumerate(_COLUMNS)
    )
    lines = [head, "-" * len(head)]
    for key, found in answer["designs"].items():
        cells = (found["migrated"], found["wasted"], found["returned"])
        numbers = "".join(
            str(cell).rjust(width) for cell, (_, width) in zip(cells, _COLUMNS[2:], strict=True)
        )
        lines.append(key.ljust(30) + found["result"].ljust(10) + numbers)
        if found["sentence"]:
            lines.append(f"  {found['sentence']} [{found['source']}]")
    return "\n".join(lines) + "\n"


def run_offline(args: argparse.Namespace) -> int:
    """Run the command.

    Returns:
        The exit status.

    Raises:
        ValueError: bad input; one sentence.
    """
    from engine.capture.load import guest_from_capture, load_capture
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
    guest = guest_from_capture(load_capture(path, path.name), seed)
    done = replay(guest, keys, [*ops, ("offline", start, size)], seed, profile=profile)
    answer = {
        "range": {"start_mib": start, "size_mib": size},
        "profile": profile,
        "designs": {key: steps[-1]["range"] for key, steps in done["designs"].items()},
    }
    print(json.dumps(answer, allow_nan=False) if args.json else table(answer), flush=True)
    return 0
