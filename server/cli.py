"""``fragscope serve | replay | capture | warmup``: the command line.

Bad input ends with status 2 and one sentence on stderr. What a command needs is imported when it
runs, so that ``--help`` and ``--version`` answer at once.
"""

import argparse
import json
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from server.places import project_version

BAD_INPUT = 2
EXIT_OK = 0
MAX_OPS_BYTES = 1 << 20


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one sentence."""

    def error(self, message: str) -> Any:
        self.exit(BAD_INPUT, f"fragscope: {message}\n")


def build_parser() -> argparse.ArgumentParser:
    """The command line as argparse knows it."""
    parser = _Parser(
        prog="fragscope",
        description="See physical-memory fragmentation: four balloon designs on one guest.",
    )
    parser.add_argument("--version", action="version", version=f"fragscope {project_version()}")
    commands = parser.add_subparsers(title="commands", dest="name", required=True)
    _add_serve(commands)
    _add_replay(commands)
    _add_capture(commands)
    warmup = commands.add_parser("warmup", help="compile the simulator's core into its cache")
    warmup.set_defaults(run=_warmup)
    return parser


def _add_serve(commands: Any) -> None:
    serve = commands.add_parser("serve", help="start the server and print its address")
    serve.add_argument("--host", help="address to listen on (default 127.0.0.1)")
    serve.add_argument("--port", help="port to listen on, 0 = any free one (default 8000)")
    serve.set_defaults(run=_serve)


def _add_replay(commands: Any) -> None:
    replay = commands.add_parser(
        "replay",
        help="play operations on a capture without a browser",
        description="The headless twin of the page: same guest, same designs, same numbers.",
    )
    replay.add_argument(
        "capture", metavar="CAPTURE", help="folder or archive, or an example's name"
    )
    replay.add_argument(
        "--ops", required=True, metavar="OPS.json",
        help='[["inflate", MiB], ["deflate", MiB], ["compact"], ["huge", N], ["drop"]]',
    )  # fmt: skip
    replay.add_argument(
        "--designs", metavar="LIST",
        help="NAME[:TOGGLE[=VALUE][+TOGGLE...]], by commas; default: the four",
    )  # fmt: skip
    replay.add_argument("--seed", default="1", help="seed of what a capture does not show")
    form = replay.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object")
    form.add_argument("--table", action="store_true", help="print a table (the default)")
    replay.set_defaults(run=_replay)


def _add_capture(commands: Any) -> None:
    capture = commands.add_parser(
        "capture", help="write this machine's memory map into a file (needs root)"
    )
    capture.add_argument(
        "-o", "--output", required=True, metavar="FILE", help="archive to write: .tar.xz or .tar.gz"
    )
    capture.set_defaults(run=_capture)


def _serve(args: argparse.Namespace) -> int:
    from server.serve import run_server
    from server.settings import settings_from

    return run_server(settings_from(host=args.host, port=args.port))


def _example_or_path(text: str) -> Path:
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


def _read_ops(text: str) -> Any:
    """The JSON of an OPS.json file."""
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


def _replay(args: argparse.Namespace) -> int:
    from engine.capture import guest_from_capture, load_capture
    from engine.designs import DEFAULT_DESIGNS, parse_designs
    from engine.replay import parse_ops, replay, table
    from server.config import MAX_SEED

    keys = args.designs.split(",") if args.designs is not None else list(DEFAULT_DESIGNS)
    keys = [design.key for design in parse_designs([key.strip() for key in keys])]
    if not args.seed.isascii() or not args.seed.isdigit() or int(args.seed) > MAX_SEED:
        raise ValueError(f"seed is {args.seed[:60]!r}: a whole number from 0 to {MAX_SEED}")
    ops = parse_ops(_read_ops(args.ops))
    path = _example_or_path(args.capture)
    seed = int(args.seed)
    base = guest_from_capture(load_capture(path, path.name), seed)
    result = replay(base, keys, ops, seed)
    print(json.dumps(result, allow_nan=False) if args.json else table(result), flush=True)
    return EXIT_OK


def _capture(args: argparse.Namespace) -> int:
    from server.capture_live import record

    record(Path(args.output), progress=_show_progress)
    _end_progress()
    return EXIT_OK


def _show_progress(text: str, done: int, total: int) -> None:
    """One line on stderr, rewritten where that is a terminal, one a text where it is not."""
    global _shown
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text} ({done} of {total})")
        sys.stderr.flush()
    elif text != _shown:
        sys.stderr.write(text + "\n")
    _shown = text


_shown = ""


def _end_progress() -> None:
    if _shown and sys.stderr.isatty():
        sys.stderr.write("\n")


def _warmup(_: argparse.Namespace) -> int:
    from server.warm import Warm

    warm = Warm()
    warm.start()
    warm.wait(_show_progress)
    _end_progress()
    print(f"the simulator's core is compiled and cached ({warm.seconds:.0f} s)", flush=True)
    return EXIT_OK


def _leave(_: int, __: FrameType | None) -> None:
    raise SystemExit(EXIT_OK)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that ``arguments`` (default: of the process) name; the exit status."""
    signal.signal(signal.SIGTERM, _leave)
    args = build_parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = args.run
    try:
        return run(args)
    except KeyboardInterrupt:
        return EXIT_OK
    except BrokenPipeError:  # `fragscope replay … | head`
        sys.stderr.close()
        return EXIT_OK
    except (ValueError, OSError) as error:
        print(f"fragscope: {error}", file=sys.stderr)
        return BAD_INPUT


if __name__ == "__main__":
    sys.exit(main())
