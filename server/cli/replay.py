"""``fragscope replay``: operations on a capture, without a browser.

Beside the plain replay: several draws of what a capture does not say (``--seeds``), and a score
against what a kernel did (``--against``).
"""

import argparse
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import TYPE_CHECKING, Any

from server.cli.common import (
    add_shared,
    compile_core,
    designs_of,
    example_or_path,
    profile_of,
    read_capture,
    read_ops,
    recording_folder,
    seed_of,
    show_json,
    whole_number,
)
from server.cli.fidelity import fidelity_table, score_line
from server.cli.progress import ProgressBar
from server.cli.table import Column, Table, paragraph, show

if TYPE_CHECKING:
    from engine.capture.load import Capture
    from engine.guest import Guest
    from engine.replay import Op
    from engine.world import World

_WORKERS = 2  # seeds side by side; a gigabyte of guest takes some 25 MB each
_COLUMNS = (
    Column("step", left=True, key=True, group=True),
    Column("design", left=True, key=True),
    Column("gained MiB"),
    Column("balloon MiB"),
    Column("free MiB"),
    Column("2 MiB blocks"),
    Column("huge pages"),
    Column("isolated"),
    Column("balloon moved"),
    Column("host exits"),
    Column("host huge pages broken"),
    Column("result", left=True),
)


def add_replay(commands: Any) -> None:
    """Describe the command to argparse."""
    replay = commands.add_parser(
        "replay",
        help="play operations on a capture without a browser",
        description="The headless twin of the page: same guest, same designs, same numbers. A huge "
        "page of the host is broken where a pageblock has a balloon page in it; one that is all "
        "balloon counts too.",
    )
    add_shared(replay, "capture")
    replay.add_argument(
        "--ops", metavar="OPS.json",
        help='[["inflate", MiB], ["deflate", MiB], ["compact"], ["huge", N], ["drop"], '
        '["wait", SECONDS], ["offline", START_MIB, SIZE_MIB], ["contig", MiB], ["pin", MiB], '
        '["alloc", N, ORDER, "unmovable|reclaimable|atomic", "free|keep"]]',
    )  # fmt: skip
    add_shared(replay, "--designs", "--seed", "--seeds", "--profile")
    replay.add_argument(
        "--look", metavar="WHEN", default="done",
        help="when the numbers are read: done = when the command is, while daemons may still be at "
        "work, as a script on a machine does (the default); idle = when nothing is left to do, as "
        "on the page",
    )  # fmt: skip
    replay.add_argument(
        "--against", metavar="FOLDER",
        help="a recording of what a kernel did: plays its operations and designs, prints our score",
    )  # fmt: skip
    replay.add_argument(
        "--by-kpageflags", action="store_true",
        help="play a capture whose files disagree entirely, by its page flags",
    )  # fmt: skip
    form = replay.add_mutually_exclusive_group()
    add_shared(form, "--json")
    form.add_argument("--table", action="store_true", help="print a table (the default)")
    replay.set_defaults(run=run_replay)


def _numbers(step: dict[str, Any]) -> tuple[Any, ...]:
    """What the table shows of a step, behind operation and design; "" where there is nothing."""
    stats, vmstat = step["stats"], step["vmstat"]
    return (
        step.get("got_mib", ""),
        _mib_of(stats["balloon_actual"]),
        _mib_of(stats["nr_free_pages"], whole=True),  # as on the page: of all zones
        stats["free_blocks_all"],
        "" if step["huge_pages"] is None else step["huge_pages"],
        vmstat["compact_isolated"],
        vmstat["balloon_migrate"],
        stats["host_exits"],
        stats["blocks_with_balloon"],
        _result(step),
    )


def _result(step: dict[str, Any]) -> str:
    """How an operation with an outcome ended: a sentence, or under several seeds how often what."""
    if "alloc" in step:
        told = step["alloc"]
        causes = [
            f"{_cell(number)} {name}"
            for name, number in told["why"].items()
            if (number["high"] if isinstance(number, dict) else number)
        ]
        words = f"{_cell(told['got'])} of {_cell(told['asked'])}"
        return f"{words}; failed: {', '.join(causes)}" if causes else words
    result = step.get("result", "")
    if isinstance(result, dict):
        return ", ".join(f"{words} ({number} seeds)" for words, number in result.items())
    if str(result).startswith("stopped") and isinstance(step["range"]["sentence"], str):
        return f"stopped: {step['range']['sentence']}"
    return str(result)


def _mib_of(pages: Any, whole: bool = False) -> Any:
    """Pages as MiB, also mean, lowest and highest of several."""
    from engine.replay import exact_mib
    from engine.units import MIB_PAGES

    if isinstance(pages, dict):
        return {name: _mib_of(value, whole) for name, value in pages.items()}
    return int(pages) // MIB_PAGES if whole else exact_mib(round(pages))


def _cell(value: Any) -> str:
    """A cell's text; a number under several seeds is its mean, and its range where it has one."""
    if not isinstance(value, dict):
        return str(value)
    mean = f"{value['mean']:.1f}".removesuffix(".0")
    return mean if value["low"] == value["high"] else f"{mean} ({value['low']}–{value['high']})"


def replay_table(result: dict[str, Any]) -> Table:
    """A replay's answer for people: one row per operation and design.

    Args:
        result: what engine/replay.py returned, or engine/spread.py made of several.
    """
    from engine.replay import steps_in_turn

    designs = result.get("spread", result["designs"])
    rows = []
    for key, step in steps_in_turn(designs):
        rows.append((" ".join(map(str, step["op"])), key, *map(_cell, _numbers(step))))
    return Table(_COLUMNS, rows)


def zones_table(result: dict[str, Any]) -> list[str | Table]:
    """Every zone with its node and name, where there are several; nothing where there is one.

    Args:
        result: as for replay_table; the first seed's steps are shown.
    """
    from engine.indices import contig_pages
    from engine.replay import steps_in_turn
    from engine.units import HPAGE_ORDER, MIB_PAGES

    rows = []
    for key, step in steps_in_turn(result["designs"]):
        for zone in step["zones"]:
            pages, _, pieces = contig_pages(zone["counts"], HPAGE_ORDER)
            op = " ".join(map(str, step["op"]))
            rows.append((op, key, zone["node"], zone["zone"], pages // MIB_PAGES, pieces))
    if len({(row[2], row[3]) for row in rows}) < 2:
        return []
    columns = (
        Column("step", left=True, key=True, group=True),
        Column("design", left=True, key=True, group=True),
        Column("node"), Column("zone", left=True), Column("free MiB"), Column("2 MiB blocks"),
    )  # fmt: skip
    return ["", "Zone by zone (above: the whole machine):", Table(columns, rows)]


def run_replay(args: argparse.Namespace) -> int:
    """Run the command.

    Returns:
        The exit status.

    Raises:
        ValueError: bad input; one sentence.
    """
    from engine.capture.load import NODES_ASSUMED, guest_from_capture
    from engine.recordings.measure import recorded_guest
    from engine.recordings.recording import load_recording
    from engine.recordings.score import judge, score
    from engine.replay import LOOK_DONE, LOOKS, WhenDone, parse_ops
    from engine.spread import MAX_SEEDS, seeds_from
    from server.wire.config import MAX_SEED

    if args.ops is None and args.against is None:
        raise ValueError("the following arguments are required: --ops (or --against)")
    if args.look not in LOOKS:
        raise ValueError(f"--look is {args.look!r:.60}: {' or '.join(LOOKS)} is needed")
    keys = designs_of(args)
    profile = profile_of(args)
    seed = seed_of(args)
    number = whole_number(args.seeds, "number of seeds", MAX_SEEDS, 1)
    path = example_or_path(args.capture)
    # Before a pipe is read: another process may have to.
    capture = read_capture(path, args.by_kpageflags)
    ops = parse_ops(read_ops(args.ops)) if args.ops is not None else []
    compile_core()
    recording = None
    if args.against is not None:
        recording = load_recording(recording_folder(args.against), capture.main_zone)
        if ops and ops != recording.ops:
            raise ValueError("--ops differ from those of the recording: leave --ops out")
        ops = recording.ops
        keys = list(recording.runs) if args.designs is None else keys
    how: dict[str, Any] = {"profile": profile, "look": args.look}
    if recording is not None and args.look == LOOK_DONE:
        how["look"] = WhenDone(recording.first_read_ms)
    warnings = capture.disagreements()

    def base(seed: int) -> "Guest":
        if recording is None:
            return guest_from_capture(capture, seed)
        return recorded_guest(recording, capture, seed)

    result = _play(capture, base, keys, ops, seeds_from(seed, number, MAX_SEED), how)
    if warnings:
        result["warnings"] = warnings
    blocks: list[str | Table]
    if recording is None:
        blocks = [replay_table(result), *zones_table(result)]
        if len({zone.key[0] for zone in capture.zones}) > 1:
            blocks.append(f"assumed: {NODES_ASSUMED}")
        if number > 1:
            blocks.append(f"mean (lowest–highest) over {number} seeds")
    else:
        judgements = [j for j in judge(recording, result["designs"]) if j.design in keys]
        counts = score(judgements).counts
        result["against"] = {"recording": recording.name, "counts": counts}
        blocks = [fidelity_table(judgements), score_line(score(judgements))]
    if args.json:
        show_json(result)
    else:
        show(*[paragraph(f"Warning: {words}.") for words in warnings], *blocks)
    return 0


def _play(
    capture: "Capture",
    base: "Callable[[int], Guest]",
    keys: list[str],
    ops: "list[Op]",
    seeds: tuple[int, ...],
    how: dict[str, Any],
) -> dict[str, Any]:
    """Replay the base under each seed, two side by side, with progress; how: see replay()."""
    from engine.replay import LOOK_IDLE, Given, replay
    from engine.spread import replay_seeds

    words = f"replaying {len(ops)} operations"
    if len(seeds) > 1:
        words += f" under {len(seeds)} seeds"
    steps = count(1)
    total = len(seeds) * len(ops)
    if how["look"] != LOOK_IDLE:
        total *= len(keys)  # one design after the other
    with ProgressBar(words) as progress, ThreadPoolExecutor(_WORKERS) as pool:

        def under(seed: int) -> dict[str, Any]:
            def step_done(_: "World", __: int) -> None:
                progress(words, next(steps), total)

            guest = base(seed)
            if len(seeds) == 1:
                capture.let_go(pages=True)
            nodes = [zone.key[0] for zone in capture.zones]
            return replay(Given(guest), keys, ops, seed, step_done, nodes=nodes, **how)

        _ = capture.inferred  # once, before several threads want it
        capture.let_go()
        return replay_seeds(seeds, under, pool.map)
