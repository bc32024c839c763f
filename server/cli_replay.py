"""``fragscope replay``: operations on a capture, without a browser.

Beside the plain replay: several draws of what a capture does not say (``--seeds``), and a score
against what a kernel did (``--against``).
"""

import argparse
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

MAX_OPS_BYTES = 1 << 20
_WORKERS = 2  # seeds side by side; a gigabyte of guest takes some 25 MB each


def add_replay(commands: Any) -> None:
    """Describe the command to argparse."""
    replay = commands.add_parser(
        "replay",
        help="play operations on a capture without a browser",
        description="The headless twin of the page: same guest, same designs, same numbers.",
    )
    replay.add_argument(
        "capture", metavar="CAPTURE", help="folder or archive, or an example's name"
    )
    replay.add_argument(
        "--ops", metavar="OPS.json",
        help='[["inflate", MiB], ["deflate", MiB], ["compact"], ["huge", N], ["drop"], '
        '["wait", SECONDS]]',
    )  # fmt: skip
    replay.add_argument(
        "--designs", metavar="LIST",
        help="NAME[:TOGGLE[=VALUE][+TOGGLE...]], by commas; default: the four",
    )  # fmt: skip
    replay.add_argument("--seed", default="1", help="seed of what a capture does not show")
    replay.add_argument(
        "--seeds", default="1", metavar="N",
        help="play under N seeds, from --seed on: mean, lowest and highest of each number",
    )  # fmt: skip
    replay.add_argument(
        "--profile", default="modern",
        help="whose rules: modern (Linux 6.12, the default), 2012 (Linux 3.8) or 2012+3.14",
    )  # fmt: skip
    replay.add_argument(
        "--against", metavar="FOLDER",
        help="a recording of what a kernel did: its operations, its designs, and our score",
    )  # fmt: skip
    form = replay.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object")
    form.add_argument("--table", action="store_true", help="print a table (the default)")
    replay.set_defaults(run=run_replay)


def example_or_path(text: str) -> Path:
    """The capture that a person means: a path that exists, else an example's name."""
    path = Path(text)
    if path.exists():
        return path
    from server.library import EXAMPLES

    if text in EXAMPLES:
        return EXAMPLES[text].path
    raise ValueError(
        f"no capture at {text!r}: give a folder or an archive, or one of {', '.join(EXAMPLES)}"
    )


def _recording_folder(text: str) -> Path:
    """The folder of a recording that a person means: a folder, else an example's name."""
    path = Path(text)
    return path if path.is_dir() else example_or_path(text).parent


def read_ops(text: str) -> Any:
    """The JSON of an OPS.json file.

    Raises:
        ValueError: it cannot be read, or is no JSON; one sentence.
    """
    path = Path(text)
    try:
        if path.stat().st_size > MAX_OPS_BYTES:
            raise ValueError(f"{text} is over {MAX_OPS_BYTES >> 20} MiB: no list of operations")
        return json.loads(path.read_bytes())
    except OSError as error:
        raise ValueError(f"cannot read {text}: {error.strerror}") from None
    except RecursionError:
        raise ValueError(f"{text} is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"{text}: {error}") from None


def whole_number(text: str, what: str, highest: int, lowest: int = 0) -> int:
    """A number that a person wrote.

    Raises:
        ValueError: it is none, or out of bounds; one sentence.
    """
    if not text.isascii() or not text.isdigit() or not lowest <= int(text[:20]) <= highest:
        raise ValueError(f"{what} is {text[:60]!r}: a whole number from {lowest} to {highest}")
    return int(text)


def _main_zone(zones: Any) -> Any:
    """Key of the zone with the most managed pages, the first of equals."""
    return max(zones, key=lambda zone: zone.number("managed")).key


def run_replay(args: argparse.Namespace) -> int:
    """Run the command.

    Returns:
        The exit status.

    Raises:
        ValueError: bad input; one sentence.
    """
    from engine.capture import guest_from_capture, load_capture
    from engine.designs import DEFAULT_DESIGNS, parse_designs
    from engine.fidelity import judge, load_recording, score
    from engine.fidelity import table as fidelity_table
    from engine.replay import parse_ops, replay, table
    from engine.spread import MAX_SEEDS, replay_seeds, seeds_from
    from engine.world import profile_number
    from server.config import MAX_SEED

    if args.ops is None and args.against is None:
        raise ValueError("the following arguments are required: --ops (or --against)")
    keys = args.designs.split(",") if args.designs is not None else list(DEFAULT_DESIGNS)
    keys = [design.key for design in parse_designs([key.strip() for key in keys])]
    profile_number(args.profile)
    seed = whole_number(args.seed, "seed", MAX_SEED)
    number = whole_number(args.seeds, "number of seeds", MAX_SEEDS, 1)
    ops = parse_ops(read_ops(args.ops)) if args.ops is not None else []
    path = example_or_path(args.capture)
    capture = load_capture(path, path.name)
    recording = None
    if args.against is not None:
        recording = load_recording(_recording_folder(args.against), _main_zone(capture.zones))
        if ops and ops != recording.ops:
            raise ValueError("--ops differ from those of the recording: leave --ops out")
        ops = recording.ops
        keys = list(recording.runs) if args.designs is None else keys

    def under(one: int) -> dict[str, Any]:
        guest = guest_from_capture(capture, one)
        return replay(guest, keys, ops, one, profile=args.profile)

    _ = capture.inferred  # once, before several threads want it
    with ThreadPoolExecutor(_WORKERS) as pool:
        result = replay_seeds(seeds_from(seed, number, MAX_SEED), under, pool.map)
    text = table(result)
    if recording is not None:
        judgements = [j for j in judge(recording, result["designs"]) if j.design in keys]
        counts = score(judgements).counts
        result["against"] = {"recording": recording.name, "counts": counts}
        text = fidelity_table(judgements)
    print(json.dumps(result, allow_nan=False) if args.json else text, flush=True)
    return 0
