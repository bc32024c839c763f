"""What several commands share: captures, operations, designs, a profile, seeds, compiling."""

import argparse
import json
import os
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from server.cli.progress import ProgressBar

if TYPE_CHECKING:
    from engine.capture.load import Capture

MAX_OPS_BYTES = 1 << 20
MOST_CAPTURE_MIB = 1 << 20
MOST_ADDRESS_MIB = 4 << 20

_SHARED: dict[str, dict[str, Any]] = {
    "capture": {"metavar": "CAPTURE", "help": "folder or archive, or an example's name"},
    "--designs": {
        "metavar": "LIST",
        "help": "NAME[:TOGGLE[=VALUE][+TOGGLE...]], by commas; default: the four",
    },
    "--profile": {
        "default": "modern",
        "help": "whose rules: modern (Linux 6.12), 2012 (Linux 3.8) or 2012+3.14; "
        "default %(default)s",
    },
    "--seed": {"default": "1", "help": "seed for what the capture does not say; default 1"},
    "--seeds": {
        "default": "1",
        "metavar": "N",
        "help": "play under N seeds, from --seed on: mean, lowest and highest of each number",
    },
    "--json": {"action": "store_true", "help": "print one JSON object"},
}


def add_shared(parser: Any, *names: str) -> None:
    """Add arguments that several commands share to a parser, or to a group of one."""
    for name in names:
        parser.add_argument(name, **_SHARED[name])


def example_or_path(text: str) -> Path:
    """The capture named on the command line: a path that exists, else an example's name."""
    path = Path(text)
    if path.exists():
        return path
    from server.guests.library import EXAMPLES

    if text in EXAMPLES:
        return EXAMPLES[text].path
    raise ValueError(
        f"no capture at {text!r}: give a folder or an archive, or one of {', '.join(EXAMPLES)}"
    )


def keep_stdin(body: bytes) -> None:
    """Let standard input be read once more, by a process that this one is replaced by.

    Args:
        body: what was read of it.
    """
    with tempfile.TemporaryFile() as again:
        again.write(body)
        again.flush()
        os.dup2(again.fileno(), 0)
    os.lseek(0, 0, os.SEEK_SET)


def read_capture(path: Path, despite: bool = False) -> "Capture":
    """Read the capture of a machine as large as the setting allows, at whatever addresses.

    Args:
        path: of a folder or an archive.
        despite: take files that disagree entirely, too.

    Raises:
        ValueError: it cannot be read, or is too large; one sentence.
    """
    from dataclasses import replace

    from engine.capture.archive import Limits
    from engine.capture.load import load_capture
    from server.settings import CAPTURE_SETTING

    text = os.environ.get(CAPTURE_SETTING) or str(MOST_CAPTURE_MIB)
    most = whole_number(text, f"{CAPTURE_SETTING}", MOST_CAPTURE_MIB, 1)
    limits = Limits(guest_mib=most, setting=CAPTURE_SETTING, address_mib=MOST_ADDRESS_MIB)
    return load_capture(path, path.name, replace(limits, agreement=0.0) if despite else limits)


def recording_folder(text: str) -> Path:
    """The recording named on the command line: a folder, else an example's name."""
    path = Path(text)
    return path if path.is_dir() else example_or_path(text).parent


def read_ops(text: str) -> Any:
    """The JSON of an OPS.json file.

    Raises:
        ValueError: it cannot be read, or is not JSON; one sentence.
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
    """A number given on the command line.

    Args:
        text: as it was given.
        what: its name, for the sentence.
        highest: largest value allowed.
        lowest: smallest value allowed.

    Raises:
        ValueError: it is not a whole number, or out of bounds; one sentence.
    """
    if not text.isascii() or not text.isdigit() or not lowest <= int(text[:20]) <= highest:
        raise ValueError(f"{what} is {text[:60]!r}: a whole number from {lowest} to {highest}")
    return int(text)


def show_json(answer: object) -> None:
    """Print what ``--json`` asks for: one value on one line."""
    print(json.dumps(answer, allow_nan=False), flush=True)


def seed_of(args: argparse.Namespace) -> int:
    """The seed given on the command line.

    Raises:
        ValueError: it is not a seed; one sentence.
    """
    from server.wire.config import MAX_SEED

    return whole_number(args.seed, "seed", MAX_SEED)


def profile_of(args: argparse.Namespace) -> str:
    """The profile given on the command line.

    Raises:
        ValueError: there is no such profile; one sentence.
    """
    from engine.world import profile_number

    profile_number(args.profile)
    return str(args.profile)


def designs_of(args: argparse.Namespace) -> list[str]:
    """Keys of the designs given on the command line; by default the four.

    Raises:
        ValueError: one of them does not exist; one sentence.
    """
    from engine.designs import DEFAULT_DESIGNS, parse_designs

    keys = args.designs.split(",") if args.designs is not None else list(DEFAULT_DESIGNS)
    return [design.key for design in parse_designs([key.strip() for key in keys])]


def compile_core() -> None:
    """Compile what is not cached yet, with progress; later it would happen unseen, call by call."""
    from server.compiler.pool import TEXT, compilation

    work = compilation()
    if work is None:
        return
    thread = threading.Thread(target=work.run, name="compilation", daemon=True)
    thread.start()
    try:
        with ProgressBar(TEXT) as progress:
            while thread.is_alive():
                progress(TEXT, *work.progress)
                thread.join(0.5)
    finally:
        work.stop()
