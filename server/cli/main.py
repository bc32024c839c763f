"""The command line: ``fragscope serve``, ``replay``, ``trace`` and the others.

Bad input ends with status 2 and one sentence on stderr. What a command needs is
imported when it runs, so that ``--help`` and ``--version`` answer at once.
"""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from engine.errors import OtherGeometryError
from server.cli.common import read_ops
from server.cli.fidelity import add_fidelity
from server.cli.lesson import add_lesson
from server.cli.offline import add_offline
from server.cli.progress import ProgressBar
from server.cli.race import add_race
from server.cli.replay import add_replay
from server.cli.report import add_report
from server.cli.scenario import add_scenario
from server.cli.session import add_session
from server.cli.stress import add_stress
from server.cli.sweep import add_sweep
from server.cli.trace import add_trace
from server.cli.view import add_view
from server.cli.watch import add_watch
from server.paths import project_version

BAD_INPUT = 2
EXIT_OK = 0


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
    commands = parser.add_subparsers(
        title="commands", dest="name", metavar="COMMAND", required=True
    )
    _add_serve(commands)
    add_replay(commands)
    add_report(commands)
    add_fidelity(commands)
    add_stress(commands)
    add_offline(commands)
    add_race(commands)
    add_scenario(commands)
    add_lesson(commands)
    add_session(commands)
    add_sweep(commands)
    add_trace(commands)
    add_view(commands)
    add_watch(commands)
    _add_capture(commands)
    warmup = commands.add_parser(
        "warmup", help="compile the simulator now, so that nothing has to wait for it later"
    )
    warmup.set_defaults(run=_warmup)
    return parser


def _add_serve(commands: Any) -> None:
    serve = commands.add_parser("serve", help="start the server and print its address")
    serve.add_argument("--host", help="address to listen on (default 127.0.0.1)")
    serve.add_argument("--port", help="port to listen on, 0 = any free one (default 8000)")
    serve.set_defaults(run=_serve)


def _add_capture(commands: Any) -> None:
    capture = commands.add_parser(
        "capture", help="write this machine's memory map into a file (needs root)"
    )
    what = capture.add_mutually_exclusive_group(required=True)
    what.add_argument("-o", "--output", metavar="FILE", help="archive to write: .tar.xz or .tar.gz")
    what.add_argument(
        "--series", metavar="FOLDER",
        help="record states and operations in turn, for fragscope fidelity",
    )  # fmt: skip
    steps = capture.add_mutually_exclusive_group()
    steps.add_argument(
        "--steps", metavar="LIST",
        help="operations of a series: compact, wait SECONDS, drop, huge N, by commas",
    )  # fmt: skip
    steps.add_argument("--ops", metavar="OPS.json", help="operations of a series, as for replay")
    capture.set_defaults(run=_capture)


def _serve(args: argparse.Namespace) -> int:
    import gc

    from engine import units

    if units.PAGEBLOCK_ORDER != units.USUAL_PAGEBLOCK_ORDER:
        raise ValueError(
            f"{units.GEOMETRY_SETTING} is {units.PAGEBLOCK_ORDER}: leave it out, and the server"
            " starts a process of that order by itself when a guest needs it"
        )
    gc.disable()  # imports leave no garbage: looking for it took a sixth of a start
    from server.api.serve import run_server
    from server.settings import settings_from

    gc.freeze()  # and nothing imported needs to be looked through again
    gc.enable()
    return run_server(settings_from(host=args.host, port=args.port))


def _capture(args: argparse.Namespace) -> int:
    from server.live.capture import record

    if args.series is not None:
        _series(args)
    elif args.steps is not None or args.ops is not None:
        raise ValueError("--steps and --ops are for a series: --series FOLDER")
    else:
        with ProgressBar(f"recording this machine into {args.output}") as progress:
            record(Path(args.output), progress=progress)
    return EXIT_OK


def _series(args: argparse.Namespace) -> None:
    from engine.replay import parse_ops
    from server.cli.series import DEFAULT_STEPS, check_steps, parse_steps, record_series

    if args.ops is not None:
        ops = check_steps(parse_ops(read_ops(args.ops)))
    else:
        ops = parse_steps(DEFAULT_STEPS if args.steps is None else args.steps)
    with ProgressBar(f"recording {len(ops)} steps into {args.series}") as progress:
        record_series(Path(args.series), ops, progress)


def _warmup(_: argparse.Namespace) -> int:
    from server.compiler.warm import Warm

    warm = Warm()
    warm.start()
    with ProgressBar("preparing the simulator, once") as progress:
        warm.wait(progress)
    print(f"the simulator's core is compiled and cached ({warm.seconds:.0f} s)", flush=True)
    return EXIT_OK


def _check_environment() -> None:
    """Refuse a misspelt setting, whatever the command: it would be without effect, unseen."""
    if any(name.upper().startswith("FRAGSCOPE_") for name in os.environ):
        from server.settings import check_names

        check_names(os.environ)


def _start_with(pageblock_order: int) -> None:
    """Begin again as a process that simulates another order, unless somebody has chosen one."""
    from engine.units import GEOMETRY_SETTING

    if not os.environ.get(GEOMETRY_SETTING):
        environment = os.environ | {GEOMETRY_SETTING: str(pageblock_order)}
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)


def _leave(_: int, __: FrameType | None) -> None:
    raise SystemExit(EXIT_OK)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that ``arguments`` (default: of the process) name; the exit status."""
    signal.signal(signal.SIGTERM, _leave)
    args = build_parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = args.run
    try:
        _check_environment()
        return run(args)
    except KeyboardInterrupt:
        return EXIT_OK
    except BrokenPipeError:  # `fragscope replay … | head`
        sys.stderr.close()
        return EXIT_OK
    except OtherGeometryError as error:
        if arguments is None:
            _start_with(error.pageblock_order)
        print(f"fragscope: {error}", file=sys.stderr)
        return BAD_INPUT
    except (ValueError, OSError) as error:
        print(f"fragscope: {error}", file=sys.stderr)
        return BAD_INPUT


if __name__ == "__main__":
    sys.exit(main())
