"""``fragscope replay``: operations on a capture, without a browser.

Beside the plain replay: several draws of what a capture does not say (``--seeds``), and a score
against what a kernel did (``--against``).
"""

import argparse
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from server.cli.common import (
    add_shared,
    compile_core,
    designs_of,
    example_or_path,
    profile_of,
    read_ops,
    seed_of,
    whole_number,
)

_WORKERS = 2  # seeds side by side; a gigabyte of guest takes some 25 MB each


def add_replay(commands: Any) -> None:
    """Describe the command to argparse."""
    replay = commands.add_parser(
        "replay",
        help="play operations on a capture without a browser",
        description="The headless twin of the page: same guest, same designs, same numbers.",
    )
    add_shared(replay, "capture")
    replay.add_argument(
        "--ops", metavar="OPS.json",
        help='[["inflate", MiB], ["deflate", MiB], ["compact"], ["huge", N], ["drop"], '
        '["wait", SECONDS]]',
    )  # fmt: skip
    add_shared(replay, "--designs", "--seed", "--seeds", "--profile")
    replay.add_argument(
        "--against", metavar="FOLDER",
        help="a recording of what a kernel did: its operations, its designs, and our score",
    )  # fmt: skip
    form = replay.add_mutually_exclusive_group()
    add_shared(form, "--json")
    form.add_argument("--table", action="store_true", help="print a table (the default)")
    replay.set_defaults(run=run_replay)


def _recording_folder(text: str) -> Path:
    """The folder of a recording that a person means: a folder, else an example's name."""
    path = Path(text)
    return path if path.is_dir() else example_or_path(text).parent


def run_replay(args: argparse.Namespace) -> int:
    """Run the command.

    Returns:
        The exit status.

    Raises:
        ValueError: bad input; one sentence.
    """
    from engine.capture.load import guest_from_capture, load_capture
    from engine.recordings.recording import load_recording
    from engine.recordings.score import judge, score
    from engine.recordings.score import table as score_table
    from engine.replay import parse_ops, replay, table
    from engine.spread import MAX_SEEDS, replay_seeds, seeds_from
    from server.wire.config import MAX_SEED

    if args.ops is None and args.against is None:
        raise ValueError("the following arguments are required: --ops (or --against)")
    keys = designs_of(args)
    profile = profile_of(args)
    seed = seed_of(args)
    number = whole_number(args.seeds, "number of seeds", MAX_SEEDS, 1)
    ops = parse_ops(read_ops(args.ops)) if args.ops is not None else []
    path = example_or_path(args.capture)
    compile_core()
    capture = load_capture(path, path.name)
    recording = None
    if args.against is not None:
        recording = load_recording(_recording_folder(args.against), capture.main_zone)
        if ops and ops != recording.ops:
            raise ValueError("--ops differ from those of the recording: leave --ops out")
        ops = recording.ops
        keys = list(recording.runs) if args.designs is None else keys

    def under(one: int) -> dict[str, Any]:
        guest = guest_from_capture(capture, one)
        return replay(guest, keys, ops, one, profile=profile)

    _ = capture.inferred  # once, before several threads want it
    with ThreadPoolExecutor(_WORKERS) as pool:
        result = replay_seeds(seeds_from(seed, number, MAX_SEED), under, pool.map)
    text = table(result)
    if recording is not None:
        judgements = [j for j in judge(recording, result["designs"]) if j.design in keys]
        counts = score(judgements).counts
        result["against"] = {"recording": recording.name, "counts": counts}
        text = score_table(judgements)
    print(json.dumps(result, allow_nan=False) if args.json else text, flush=True)
    return 0
