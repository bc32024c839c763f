"""``fragscope session``: sessions on disk and in files; a running server is not disturbed.

Exit status of ``verify``: 0 every digest agrees, 1 the file was altered, 2 it cannot be read.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from server.cli.common import show_json
from server.cli.playback import (
    add_playback_arguments,
    is_example,
    no_playback,
    write_playback,
    write_story,
)
from server.cli.progress import ProgressBar
from server.cli.session_because import add_because_arguments, because
from server.cli.session_find import add_find_arguments, find
from server.cli.stored import (
    in_one_sentence,
    maker,
    same_engine,
    session_of_file,
    sessions_folder,
    stored_session,
)
from server.cli.table import Column, Table, show

if TYPE_CHECKING:
    from server.journal.codec import Record

ALTERED = 1
_LIST = (
    Column("session", left=True, key=True),
    Column("guest", left=True),
    Column("commands"),
    Column("tick"),
    Column("created", left=True),
    Column("now", left=True),
)
_LOG = (
    Column("#", key=True),
    Column("tick"),
    Column("idle", left=True),
    Column("command", left=True),
)


def add_session(commands: Any) -> None:
    """Describe the command to argparse."""
    session = commands.add_parser(
        "session",
        help="list, show, search, export, import and verify sessions",
        description="Sessions of FRAGSCOPE_DATA_DIR, also those that a running server has open.",
    )
    verbs = session.add_subparsers(title="verbs", dest="verb", metavar="VERB", required=True)

    def verb(name: str, run: Callable[[argparse.Namespace], int], text: str) -> Any:
        made = verbs.add_parser(name, help=text)
        made.set_defaults(run=run)
        return made

    listed = verb("list", run_list, "every session, the one used last first")
    listed.add_argument("--json", action="store_true", help="print one JSON object")
    shown = verb("show", run_show, "a session's start and its log")
    shown.add_argument("session", metavar="ID")
    shown.add_argument("--json", action="store_true", help="print one JSON object")
    sought = verb("find", run_find, "when something was true in a session, exactly")
    sought.add_argument("session", metavar="ID")
    add_find_arguments(sought)
    asked = verb("because", run_because, "why a pageblock is not free, and who could empty it")
    asked.add_argument("session", metavar="ID")
    add_because_arguments(asked)
    export = verb("export", run_export, "write a session as a file")
    export.add_argument("session", metavar="ID", help="with --html also an example's name")
    export.add_argument("-o", "--output", metavar="FILE", help="default: standard output")
    add_playback_arguments(export)
    brought = verb("import", run_import, "make a session from a file; prints its id and tokens")
    brought.add_argument("file", metavar="FILE")
    verified = verb("verify", run_verify, "play a file and compare every state that it names")
    verified.add_argument("file", metavar="FILE")


def _guest(record: "Record") -> str:
    source = record.head.config.source
    if source.kind == "capture":
        return source.name
    if source.kind == "upload":
        return f"upload {source.capture[:8]}"
    return f"{source.preset}, {source.size_mib} MiB"


def run_list(args: argparse.Namespace) -> int:
    """Every session, also those that cannot be read."""
    from server.errors import JournalError, NotFoundError

    folder = sessions_folder()
    rows: list[tuple[Any, ...]] = []
    told: list[dict[str, Any]] = []
    for name in folder.names():
        try:
            record = folder.read(name)
        except NotFoundError:
            continue
        except JournalError as error:
            rows.append((name, str(error), "", "", "", "damaged"))
            told.append({"session": name, "error": str(error)})
            continue
        state = "open" if folder.is_open(name) else "at rest"
        commands, tick = len(record.log()), record.tick()
        rows.append((name, _guest(record), commands, tick, record.head.created, state))
        told.append(
            {
                "session": name, "created": record.head.created, "engine": record.head.engine,
                "config": record.head.config.to_dict(), "commands": commands, "tick": tick,
                "open": state == "open",
            }
        )  # fmt: skip
    if args.json:
        show_json({"sessions": told})
    else:
        show(Table(_LIST, rows))
    return 0


def run_show(args: argparse.Namespace) -> int:
    """Start, timelines and log of one session."""
    record: Record = in_one_sentence(lambda: sessions_folder().read(args.session))
    if args.json:
        show_json(
            {
                "session": args.session, **record.head.to_dict(), "tick": record.tick(),
                "timelines": [one.to_dict() for one in record.timelines],
                "current": record.current, "log": [entry.to_dict() for entry in record.log()],
            }
        )  # fmt: skip
        return 0
    rows = [
        (entry.index, entry.tick, "idle" if entry.idle else "at work", _words(entry.command))
        for entry in record.log()
    ]
    designs = ", ".join(record.head.config.designs)
    words = f"{_guest(record)}; {designs}; created {record.head.created}; tick {record.tick()}"
    show(words, Table(_LOG, rows))
    return 0


def _words(command: Any) -> str:
    fields = command.to_dict()
    return " ".join([fields.pop("type"), *(f"{name}={value}" for name, value in fields.items())])


def run_export(args: argparse.Namespace) -> int:
    """Write a session as a file, with a digest of where it stands, or (--html) as a playback."""
    from engine.core import engine_digest
    from server.jobs.verify import completed
    from server.journal.session_file import lines_of

    if not args.html:
        no_playback(args)
    elif is_example(args.session):
        return write_story(args)
    found = stored_session(args.session)
    record = found.record
    if args.html:
        same_engine(f"session {args.session}", record)
        return write_playback(maker(found), record.log(), record.tick(), args)
    if record.head.engine == engine_digest():
        record = completed(record, maker(found))
    text = "".join(f"{line}\n" for line in lines_of(record, found.upload))
    if args.output is None:
        sys.stdout.write(text)
    else:
        Path(args.output).write_text(text, encoding="utf-8")
    return 0


def run_import(args: argparse.Namespace) -> int:
    """Make a session from a file; a server that shares the folder has it from then on."""
    from server.journal.folder import new_id
    from server.journal.tokens import hashes_of, new_tokens

    found, folder = session_of_file(args.file), sessions_folder()
    session, tokens = new_id(), new_tokens()

    def keep() -> None:
        if found.upload is not None:
            folder.keep_upload(found.upload.name, found.upload.data)
        folder.create(session, found.record, hashes_of(tokens)).close()

    in_one_sentence(keep)
    told = {"session": session, "presenter": tokens["presenter"], "viewer": tokens["viewer"]}
    show_json(told)
    return 0


def run_find(args: argparse.Namespace) -> int:
    """Play a session's log and say when something was true in it; 1 where it never was."""
    found = stored_session(args.session)
    record, make = found.record, maker(found)
    same_engine(f"session {args.session}", record)
    with ProgressBar(f"playing {args.session}"):
        return find(lambda: make().world, record.log(), record.tick(), args)


def run_because(args: argparse.Namespace) -> int:
    """Play a session's log and say why a pageblock of it is not free."""
    found = stored_session(args.session)
    record, make = found.record, maker(found)
    same_engine(f"session {args.session}", record)
    with ProgressBar(f"playing {args.session}"):
        return because(lambda: make().world, record.log(), record.tick(), args)


def run_verify(args: argparse.Namespace) -> int:
    """Play a file and say whether every state is the one that it names."""
    from server.jobs.verify import verify
    from server.journal.session_file import AlteredError

    try:
        found = session_of_file(args.file)
        same_engine(args.file, found.record)
        with ProgressBar(f"playing {args.file}"):
            verdict = in_one_sentence(lambda: verify(found.record, maker(found)))
        if not found.whole:
            text = "its lines are not those that were written, though every state agrees"
            raise AlteredError(f"the file was altered, seen at tick {verdict.tick}: {text}", 0)
    except AlteredError as error:
        print(f"fragscope: {error}", file=sys.stderr)
        return ALTERED
    print(
        f"{args.file}: {verdict.commands} commands in {verdict.timelines} timelines, up to tick"
        f" {verdict.tick}: all {verdict.digests} digests agree"
    )
    return 0
