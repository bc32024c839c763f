"""``fragscope report … -o FILE.html``: what was seen, as one file that opens without a network."""

import argparse
import hashlib
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from server.cli.common import compile_core, designs_of, seed_of, show_json
from server.cli.progress import ProgressBar
from server.cli.stored import (
    maker,
    same_engine,
    session_of_file,
    sessions_folder,
    stored_session,
)

if TYPE_CHECKING:
    from engine.capture.load import Capture
    from server.paper.play import PlayedFacts
    from server.paper.session_page import Origin

_MB = 1_000_000
_FIRST_LINE = b'{"fragscope_session"'
_FOR_TEXT = ("after", "order", "gfp", "what_if", "draws")
_PAGE_FILES = ("kpageflags", "kpagecount")
# What is said of text and archives that are no captures: nobody expects a map of them.
_NO_CAPTURE = (
    "is not a tar archive", "holds none", ", ".join(_PAGE_FILES), "entries", "refused", "is empty",
    "limit is",
)  # fmt: skip


def session_kind(name: str, wanted: bool) -> str:
    """What a name stands for, if it is a session's: "file", "session", "example", else "".

    What lies at that path comes first, then a session of this machine, then an example.

    Args:
        name: as given.
        wanted: whether an example's name means its story: its capture can be read as text, too.
    """
    path = Path(name)
    if path.is_file():
        with path.open("rb") as file:
            return "file" if file.read(len(_FIRST_LINE)) == _FIRST_LINE else ""
    if name == "-" or path.exists():
        return ""
    if name.replace("-", "").isalnum() and name in sessions_folder().names():
        return "session"
    from server.guests.library import EXAMPLES

    return "example" if wanted and name in EXAMPLES else ""


def check_output(name: str) -> Path:
    """Where a report is to be written; told before anything is played.

    Raises:
        ValueError: nothing can be written there; one sentence.
    """
    path = Path(name)
    if path.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"-o is {name!r:.200}: a report is a page, FILE.html")
    if path.is_dir() or not path.parent.is_dir():
        what = "is a folder" if path.is_dir() else f"cannot be written: no folder {path.parent}"
        raise ValueError(f"{name} {what}")
    return path


def _write(path: Path, text: str) -> None:
    from server.playback.page_file import write_page

    write_page(path, text)
    print(f"{path}: {path.stat().st_size / _MB:.2f} MB", file=sys.stderr)


def _play(args: argparse.Namespace, kind: str) -> "tuple[PlayedFacts, Origin]":
    """Play a session, of whatever kind, and say where it comes from."""
    from server.paper.play import play_for_paper
    from server.paper.session_page import Origin

    title = f"playing {args.path}"
    designs = tuple(designs_of(args)) if args.designs is not None else ()
    if kind == "example":
        session, log, tick = _story(args)
        with ProgressBar(title) as progress:
            played = play_for_paper(session, log, tick, lambda now: progress(title, now, tick))
        return played, Origin(args.path, kind)
    if args.seed != "1":
        raise ValueError("--seed is for an example: a session has its own")
    found = session_of_file(args.path) if kind == "file" else stored_session(args.path)
    record = found.record
    same_engine(args.path if kind == "file" else f"session {args.path}", record)
    session, tick = maker(found)(), record.tick()
    from server.paper.stored_page import play_stored

    with ProgressBar(title) as progress:
        return play_stored(
            found,
            Origin(args.path, kind),
            session,
            lambda now: progress(title, now, max(tick, 1)),
            designs,
        )


def _story(args: argparse.Namespace) -> Any:
    """What was recorded on a real kernel from an example, simulated; its session, log and tick."""
    from server.errors import NotFoundError
    from server.guests.library import Library
    from server.playback.export import played_story, recorded_commands
    from server.wire.config import CaptureSource, SessionConfig

    try:
        commands = recorded_commands(args.path)
    except NotFoundError as error:
        raise ValueError(str(error)) from None
    config = SessionConfig(CaptureSource(args.path), tuple(designs_of(args)), seed_of(args))
    compile_core()
    with ProgressBar(f"playing the story of {args.path}"):
        return played_story(config, commands, Library(1, 1 << 50))


def report_session(args: argparse.Namespace, kind: str) -> int:
    """The report of a session.

    Raises:
        ValueError: bad input; one sentence.
    """
    given = [name for name in _FOR_TEXT if getattr(args, name) is not None]
    if given:
        name = "AFTER" if given[0] == "after" else f"--{given[0].replace('_', '-')}"
        raise ValueError(f"{name} is for a report in text: {args.path} is a session")
    if args.output is None and not args.json:
        raise ValueError(f"{args.path} is a session: its report is a page, -o FILE.html, or --json")
    path = None if args.output is None else check_output(args.output)
    played, origin = _play(args, kind)
    if args.json:
        show_json({"session": args.path, **played.facts})
    if path is not None:
        from server.paper.session_page import session_page

        _write(path, session_page(played, origin))
    return 0


def _capture(name: str) -> "tuple[Capture | None, str]":
    """The pages of a capture, or why they cannot be shown; neither where there are none."""
    from engine.capture.load import load_capture
    from engine.errors import OtherGeometryError, RefusedError

    path = Path(name)
    if name == "-" or (path.is_dir() and not (path / _PAGE_FILES[0]).is_file()):
        return None, ""
    try:
        return load_capture(path, name), ""
    except OtherGeometryError:
        raise  # a process of that order begins in place of this one
    except RefusedError as error:
        known = any(words in str(error) for words in _NO_CAPTURE)
        return None, "" if known else f"{error}."


def _typed(args: argparse.Namespace) -> str:
    """The command that makes the same report."""
    words = ["fragscope", "report", args.path, *([args.after] if args.after else [])]
    for name in ("order", "gfp", "what_if", "draws", "designs"):
        value = getattr(args, name)
        words += [f"--{name.replace('_', '-')}", value] if value is not None else []
    words += ["--seed", args.seed] if args.what_if is not None else []
    return f"{shlex.join(words)} -o report.html"


def report_text(args: argparse.Namespace, answer: Mapping[str, Any], path: Path) -> None:
    """Write the report of a machine's text.

    Args:
        args: of the command.
        answer: what it says.
        path: of check_output.
    """
    from server.paper.report_page import ReadFrom, report_page

    source = Path(args.path if args.after is None else args.after)
    digest = ""
    if str(source) != "-" and source.is_file():
        with source.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    with ProgressBar(f"writing the report of {source}"):
        capture, problem = _capture(str(source))
        text = report_page(answer, ReadFrom(answer["name"], _typed(args), digest), capture, problem)
    _write(path, text)
