"""``fragscope trace``: what the first ticks of an operation do, call by call, and why."""

import argparse
import json
import re
from typing import Any

from server.cli.common import (
    add_shared,
    compile_core,
    example_or_path,
    profile_of,
    read_capture,
    read_ops,
    seed_of,
    show_json,
    whole_number,
)
from server.cli.progress import ProgressBar
from server.cli.table import Column, Table, paragraph, show

_SHOWN = 2  # entries of one reason and kind in the text form
_MAX_SKIP = 1_000_000
_COUNT_COLUMNS = (Column("nr"), Column("outcome", left=True), Column("reason", left=True))


def add_trace(commands: Any) -> None:
    """Describe the command to argparse."""
    trace = commands.add_parser(
        "trace",
        help="follow pages through the kernel's functions",
        description="Play operations on a guest and watch the first ticks of the last one: "
        "which pages are handled, by which functions, with what outcome, and why.",
    )
    trace.add_argument(
        "capture", metavar="CAPTURE",
        help="folder, archive, an example's name, or PRESET:SIZE_MIB for a synthetic guest",
    )  # fmt: skip
    trace.add_argument("--design", default="lru_hook", help="NAME[:TOGGLE[=VALUE][+TOGGLE...]]")
    trace.add_argument("--ops", metavar="OPS.json", help="as for replay; default: one compaction")
    trace.add_argument("--ticks", default="1", metavar="N", help="ticks to watch, 1 to 16")
    trace.add_argument(
        "--skip", default="0", metavar="N", help="ticks of the last operation to run before"
    )
    add_shared(trace, "--profile", "--seed", "--json")
    trace.set_defaults(run=run_trace)


def guest_of(text: str, seed: int) -> Any:
    """The guest named on the command line.

    Raises:
        ValueError: there is none of that name; one sentence.
    """
    from engine.capture.load import guest_from_capture
    from engine.presets import make_synthetic
    from engine.recipes import PRESETS

    found = re.fullmatch(r"(\w+):([0-9]{1,6})", text)
    if found is not None and found[1] in PRESETS:
        return make_synthetic(found[1], int(found[2]), seed)
    path = example_or_path(text)
    return guest_from_capture(read_capture(path), seed)


def _arguments(args: dict[str, int]) -> str:
    return ", ".join(f"{name}={value}" for name, value in args.items())


def _call_line(call: dict[str, Any]) -> str:
    """One call with its outcome and the page after it."""
    text = f"    {'  ' * call['depth']}{call['function']}({_arguments(call['args'])})"
    if call["returned"]:
        text += f" = {call['returned']}"
    page = call.get("page")
    if page is not None:
        marks = "".join(f", {name}" for name in ("locked", "isolated") if page[name])
        text += f"    [refcount {page['refcount']}{marks}, {page['on']}]"
    return text


def trace_blocks(answer: dict[str, Any]) -> list[str | Table]:
    """The answer for people: counts, then some entries of every reason.

    Args:
        answer: as engine.trace.predict gives it.
    """
    nr = answer["ticks"]
    ticks = "1 tick" if nr == 1 else f"{nr} ticks"
    counts = [(c["nr"], c["outcome"], c["reason"]) for c in answer["counts"]]
    blocks: list[str | Table] = [
        paragraph(
            f"{answer['design']}, profile {answer['profile']}: {ticks} from tick "
            f"{answer['tick']}, {answer['total']} pages and pageblocks handled"
            + (f" in the first {answer['cut']} calls: the rest is not told" * bool(answer["cut"]))
        ),
        "",
        Table(_COUNT_COLUMNS, counts),
    ]
    shown: dict[tuple[str, str], int] = {}
    for entry in answer["handled"]:
        sort = entry["reason"], entry["kind"]
        shown[sort] = shown.get(sort, 0) + 1
        if shown[sort] > _SHOWN:
            continue
        blocks += [
            "",
            f"{entry['subject']} {entry['pfn']} ({entry['kind']}), {entry['by']}: "
            f"{entry['outcome']}",
            paragraph(f"{entry['sentence']} [{entry['source']}]", "  ", "  "),
            *(_call_line(call) for call in entry["calls"]),
        ]
    return blocks


def run_trace(args: argparse.Namespace) -> int:
    """Run the command.

    Returns:
        The exit status.

    Raises:
        ValueError: bad input; one sentence.
    """
    from engine.replay import command_of, parse_ops
    from engine.trace.limits import check_size, check_ticks
    from engine.world import World, WorldConfig
    from server.jobs.trace import TraceProcess

    profile = profile_of(args)
    seed = seed_of(args)
    ticks = check_ticks(whole_number(args.ticks, "number of ticks", 16, 1))
    skip = whole_number(args.skip, "number of ticks to skip", _MAX_SKIP)
    ops = parse_ops(read_ops(args.ops) if args.ops is not None else [["compact"]])
    compile_core()
    config = WorldConfig((args.design,), seed, profile=profile)
    world = World(guest_of(args.capture, seed), config)
    check_size(world.nr_pages)
    process = TraceProcess()
    with ProgressBar("tracing") as progress:
        for i, op in enumerate(ops):
            progress("playing the operations before", i, len(ops))
            world.run_until_idle()
            world.apply(command_of(op))
        while skip > 0 and world.busy():
            world.step(1)
            skip -= 1
        progress(f"watching {ticks} ticks", len(ops), len(ops))
        try:
            answer = json.loads(process.ask(world, ticks))
        finally:
            process.close()
    if args.json:
        show_json(answer)
    else:
        show(*trace_blocks(answer))
    return 0
