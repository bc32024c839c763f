"""``fragscope session export … --html``: a session, or an example's story, as one file."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from server.cli.common import compile_core, whole_number
from server.cli.progress import ProgressBar

if TYPE_CHECKING:
    from engine.log import Entry
    from server.playback.export import Wanted
    from server.session.session import Session

_OPTIONS = ("first", "last", "designs", "every", "charts", "link", "yes")


def add_playback_arguments(export: argparse.ArgumentParser) -> None:
    """Describe the options of a playback to argparse."""
    html = export.add_argument_group("as a file that plays in a browser, without a server")
    html.add_argument("--html", action="store_true", help="write such a file; wants -o")
    html.add_argument("--from", dest="first", metavar="TICK", help="leave out what came before")
    html.add_argument("--to", dest="last", metavar="TICK", help="leave out what came after")
    html.add_argument("--designs", metavar="LIST", help="these only, with commas")
    html.add_argument(
        "--every", metavar="N", help="one tick in N; the states around a command stay"
    )
    html.add_argument("--charts", action="store_true", help="with the charts: 1.9 MB more")
    html.add_argument("--link", metavar="URL", help="a fragscope that the file can lead to")
    html.add_argument("--yes", action="store_true", help="also if it is larger than 10 MB")


def no_playback(args: argparse.Namespace) -> None:
    """Refuse what is for a playback only.

    Raises:
        ValueError: one of its options was given without --html.
    """
    given = [name for name in _OPTIONS if getattr(args, name)]
    if given:
        name = {"first": "from", "last": "to"}.get(given[0], given[0])
        raise ValueError(f"--{name} is for a playback: --html")


def is_example(name: str) -> bool:
    """Whether a name is an example's; the id of a session is longer."""
    from server.guests.library import EXAMPLES

    return name in EXAMPLES


def _number(args: argparse.Namespace, name: str, words: str, least: int = 0) -> int | None:
    from engine.log import MAX_TICK

    text = getattr(args, name)
    return None if text is None else whole_number(text, words, MAX_TICK, least)


def _wanted(args: argparse.Namespace) -> "Wanted":
    """What the options ask for.

    Raises:
        ValueError: one of them makes no sense; one sentence.
    """
    from server.playback.export import Wanted
    from server.playback.recorder import Span

    if args.output is None:
        raise ValueError("a playback goes into a file: -o FILE.html")
    designs = tuple(key.strip() for key in (args.designs or "").split(",") if key.strip())
    part = Span(
        _number(args, "first", "--from") or 0, _number(args, "last", "--to"),
        _number(args, "every", "--every", 1) or 1, designs,
    )  # fmt: skip
    return Wanted(part, args.charts, args.link or "", args.yes)


def write_playback(
    make: Callable[[], "Session"], log: "Sequence[Entry]", tick: int, args: argparse.Namespace
) -> int:
    """Play a session's log and write what it shows.

    Raises:
        ValueError: the file would be too large, or an option makes no sense; one sentence.
    """
    from server.errors import ConflictError
    from server.playback.export import MB, playback_of
    from server.playback.page_file import write_page

    wanted = _wanted(args)
    end = wanted.part.end(tick)
    session = make()
    try:
        with ProgressBar(f"playing {args.session}") as progress:
            made = playback_of(
                session, log, tick, wanted,
                lambda now: progress(f"playing {args.session}", now, max(end, 1)),
            )  # fmt: skip
    except ConflictError as error:
        raise ValueError(str(error)) from None
    write_page(Path(args.output), made.text)
    print(
        f"{args.output}: {made.nbytes / MB:.2f} MB, {made.frames} moments up to tick {made.last}",
        file=sys.stderr,
    )
    return 0


def write_story(args: argparse.Namespace) -> int:
    """Play what was recorded on a real kernel from an example, under seed 1, and write it.

    Raises:
        ValueError: nothing was recorded from it, or as write_playback; one sentence.
    """
    from dataclasses import replace

    from server.errors import NotFoundError
    from server.guests.library import Library
    from server.playback.export import played_story, recorded_commands
    from server.wire.config import CaptureSource, SessionConfig

    wanted = _wanted(args)
    try:
        commands = recorded_commands(args.session)
    except NotFoundError as error:
        raise ValueError(str(error)) from None
    config = SessionConfig(CaptureSource(args.session))
    if wanted.part.designs:  # any design can be played, not only the four
        config = replace(config, designs=wanted.part.designs)
    compile_core()
    with ProgressBar(f"playing the story of {args.session}"):
        session, log, tick = played_story(config, commands, Library(1, 1 << 50))
    return write_playback(lambda: session, log, tick, args)
