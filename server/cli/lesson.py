"""``fragscope lesson``: lessons listed, shown, checked, begun, exported, and progress graded.

Exit status of ``check`` and ``grade``: 0 all is well, 1 something is not, 2 bad input.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from server.cli.common import compile_core, show_json
from server.cli.progress import ProgressBar
from server.cli.table import Column, Table, paragraph, show

if TYPE_CHECKING:
    from engine.guest import Guest
    from engine.lessons.model import Lesson, LessonLoad
    from engine.lessons.play import LessonFault
    from server.lessons.shelf import LessonShelf, Shelved
    from server.wire.config import SessionConfig

FAULTY = 1
_LIST = (
    Column("lesson", left=True, key=True),
    Column("minutes"),
    Column("steps"),
    Column("title", left=True),
)
_CHECKED = (
    Column("lesson", left=True, key=True),
    Column("steps"),
    Column("seconds"),
    Column("result", left=True),
)
_GRADED_FIELDS = (
    "file", "lesson", "student", "done", "foretold", "attempts", "shown", "verified",
)  # fmt: skip
_GRADED = (
    Column("file", left=True, key=True),
    *(Column(name, left=True) for name in _GRADED_FIELDS[1:-1]),
    Column("verified", left=True, wrap=60),
)


def add_lesson(commands: Any) -> None:
    """Describe the command to argparse."""
    lesson = commands.add_parser(
        "lesson",
        help="list, show, check, begin and export lessons, and grade what students hand in",
        description="A lesson is one Markdown file (docs/LESSONS.md). NAME is a lesson's; FILE is"
        " a path or a name.",
    )
    verbs = lesson.add_subparsers(title="verbs", dest="verb", metavar="VERB", required=True)

    def verb(name: str, run: Callable[[argparse.Namespace], int], text: str) -> Any:
        made = verbs.add_parser(name, help=text)
        made.set_defaults(run=run)
        made.add_argument("--lessons", metavar="DIR", help="a folder of lessons beside our own")
        return made

    verb("list", run_lesson_list, "every lesson, in order").add_argument(
        "--json", action="store_true", help="print one JSON object"
    )
    shown = verb("show", run_lesson_show, "a lesson with its answers, as text")
    shown.add_argument("lesson", metavar="NAME")
    checked = verb(
        "check", run_lesson_check, "play lessons and find out whether they keep their word"
    )
    checked.add_argument("files", metavar="FILE", nargs="*", help="default: every lesson")
    graded = verb("grade", run_lesson_grade, "play what students handed in, and say what they did")
    graded.add_argument("files", metavar="FILE", nargs="+", help="progress files")
    form = graded.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object")
    form.add_argument("--csv", action="store_true", help="print CSV, a line for each file")
    kept = verb("export", run_lesson_export, "a lesson as one HTML file that needs no server")
    kept.add_argument("lesson", metavar="NAME", help="of a lesson, or its file")
    kept.add_argument("-o", "--output", metavar="FILE", required=True, help="file to write")
    kept.add_argument("--link", metavar="URL", default="", help="fragscope to open it live in")
    begun = verb("new", run_lesson_new, "begin a lesson: a file with an example that passes")
    begun.add_argument("lesson", metavar="NAME", help="of the file, without .md")


def asked_shelf(args: argparse.Namespace) -> "LessonShelf":
    """The lessons that the command line means.

    Raises:
        ValueError: ``--lessons`` is no folder; one sentence.
    """
    from server.lessons.shelf import LessonShelf
    from server.paths import lessons_folder

    if args.lessons is None:
        return LessonShelf([lessons_folder()])
    folder = Path(args.lessons)
    if not folder.is_dir():
        raise ValueError(f"{args.lessons} is no folder")
    return LessonShelf([folder, lessons_folder()])


def _found(shelf: "LessonShelf", text: str) -> "Shelved":
    """The lesson named on the command line: a file, else a name.

    Raises:
        ValueError: there is none; one sentence.
    """
    from server.errors import NotFoundError
    from server.lessons.shelf import shelved

    path = Path(text)
    if path.is_file():
        return shelved(path)
    try:
        return shelf.shelved_as(text)
    except NotFoundError as error:
        raise ValueError(str(error)) from None


def run_lesson_list(args: argparse.Namespace) -> int:
    """Every lesson; a file that is none with its first fault."""
    every = asked_shelf(args).every()
    if args.json:
        show_json({"lessons": [_listed(one) for one in every]})
        return 0
    rows: list[tuple[object, ...]] = []
    for one in every:
        if one.lesson:
            rows.append((one.name, one.lesson.minutes, len(one.lesson.steps), one.lesson.title))
        else:
            rows.append((one.name, "", "", f"line {one.faults[0].line}: {one.faults[0].text}"))
    show(Table(_LIST, rows) if rows else "There is no lesson.")
    return 0


def _listed(one: "Shelved") -> dict[str, Any]:
    if one.lesson is None:
        return {"name": one.name, "problem": f"line {one.faults[0].line}: {one.faults[0].text}"}
    return {
        "name": one.name,
        "title": one.lesson.title,
        "minutes": one.lesson.minutes,
        "know": list(one.lesson.know),
        "steps": [step.title for step in one.lesson.steps],
    }


def guest_maker() -> "Callable[[LessonLoad], Guest]":
    """Makes the guests that lessons load, each once."""
    import json

    from server.guests.library import Library
    from server.wire.config import source_from_dict

    library = Library(1, 1 << 30)
    made: dict[str, Guest] = {}

    def make(load: "LessonLoad") -> "Guest":
        key = json.dumps([dict(load.source), load.seed], sort_keys=True)
        if key not in made:
            source = source_from_dict(dict(load.source))
            made[key] = library.base(source, load.seed, lambda *_: None).guest
        return made[key]

    return make


def run_lesson_check(args: argparse.Namespace) -> int:
    """Play lessons; one line a fault, FAULTY if there is any."""
    shelf = asked_shelf(args)
    found = [_found(shelf, text) for text in args.files] if args.files else shelf.every()
    if not found:
        raise ValueError("there is no lesson to check")
    names = [*shelf.paths(), *(one.name for one in found)]
    compile_core()
    make = guest_maker()
    rows, lines = [], []
    with ProgressBar("checking lessons") as progress:
        for one in found:
            begun = time.perf_counter()
            faults = one.faults or tuple(_faults(one, names, make, progress))
            lines += [f"{one.path}:{fault.line}: {fault.text}" for fault in faults]
            seconds = f"{time.perf_counter() - begun:.1f}"
            steps = len(one.lesson.steps) if one.lesson else ""
            rows.append((one.name, steps, seconds, f"{len(faults)} faults" if faults else "ok"))
    show(*lines, *([""] if lines else []), Table(_CHECKED, rows))
    return FAULTY if lines else 0


def _faults(
    one: "Shelved", names: list[str], make: "Callable[[LessonLoad], Guest]", progress: ProgressBar
) -> "list[LessonFault]":
    from engine.lessons.play import check_lesson
    from server.lessons.shelf import link_faults

    lesson = one.lesson
    assert lesson is not None
    nr = len(lesson.steps)

    def told(number: int) -> None:
        progress(f"{one.name}: {lesson.steps[number].title}", number, nr)

    return [*link_faults(lesson, names), *check_lesson(lesson, make, told)]


def _asked_lesson(args: argparse.Namespace) -> "Lesson":
    """The lesson named on the command line.

    Raises:
        ValueError: there is none, or its file is none; one sentence.
    """
    found = _found(asked_shelf(args), args.lesson)
    if found.lesson is None:
        fault = found.faults[0]
        raise ValueError(f"{found.path}:{fault.line}: {fault.text}")
    return found.lesson


def run_lesson_show(args: argparse.Namespace) -> int:
    """A lesson for its teacher: what each step asks for, and the answer."""
    show(*_shown(_asked_lesson(args)))
    return 0


def run_lesson_export(args: argparse.Namespace) -> int:
    """Play a lesson and write it as a file that needs no server."""
    from server.errors import ConflictError
    from server.guests.library import Library
    from server.playback.export import MB
    from server.playback.lesson_file import lesson_playback
    from server.playback.page_file import write_page

    lesson = _asked_lesson(args)
    compile_core()
    try:
        with ProgressBar(f"playing {lesson.name}"):
            made = lesson_playback(lesson, Library(1, 1 << 50), link=args.link)
        write_page(Path(args.output), made.text)
    except ConflictError as error:
        raise ValueError(str(error)) from None
    except OSError as error:
        raise ValueError(f"cannot write {args.output}: {error.strerror}") from None
    show(f"{args.output}: {made.nbytes / MB:.2f} MB, {len(lesson.steps)} steps")
    return 0


def _shown(lesson: "Lesson") -> list[str]:
    from server.lessons.plain import commands_text, plain_text

    lines = [f"{lesson.title} ({lesson.minutes} minutes)", ""]
    lines += [paragraph(one, first="- ") for one in lesson.know]
    for number, step in enumerate(lesson.steps, 1):
        lines += ["", f"{number}. {step.title}"]
        lines += [paragraph(text) for text in plain_text(step.before)]
        if step.act:
            lines += [paragraph(text) for text in plain_text(step.act.ask)]
            lines.append(paragraph(f"expects: {step.act.expect.text}"))
            lines.append(paragraph(f"wrong: {step.act.wrong.name}"))
        if step.prediction:
            lines += [paragraph(text) for text in plain_text(step.prediction.question)]
            for choice in step.prediction.choices:
                said = " ".join(plain_text(choice.text))
                lines.append(paragraph(f"{said}: {choice.when.text}", first="- "))
            if step.prediction.scale:
                lines.append(paragraph(f"truth: {step.prediction.scale.number.text}"))
        if step.solution:
            lines.append(paragraph(f"solution: {commands_text(step.solution)}"))
        lines += [paragraph(text) for text in plain_text(step.after)]
    return lines


def run_lesson_new(args: argparse.Namespace) -> int:
    """Begin a lesson."""
    from server.lessons.shelf import LESSON_NAME, LESSON_SUFFIX
    from server.paths import lesson_example

    name = args.lesson.removesuffix(LESSON_SUFFIX)
    if not LESSON_NAME.fullmatch(name):
        raise ValueError(f"{name!r:.80} is no name of a lesson: letters, digits, - and _")
    path = Path(args.lessons or ".") / f"{name}{LESSON_SUFFIX}"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(lesson_example().read_text(encoding="utf-8"))
    except FileExistsError:
        raise ValueError(f"{path} is there already") from None
    except OSError as error:
        raise ValueError(f"cannot write {path}: {error.strerror}") from None
    show(f"{path}: change it, then fragscope lesson check {path}")
    return 0


def run_lesson_grade(args: argparse.Namespace) -> int:
    """Grade progress files; FAULTY if something in one of them could not be verified."""
    shelf = asked_shelf(args)
    compile_core()
    rows = []
    with ProgressBar("playing what was handed in") as progress:
        for number, text in enumerate(args.files):
            progress(text, number, len(args.files))
            rows.append({"file": text, **_graded(shelf, text)})
    if args.json:
        show_json({"graded": rows})
    elif args.csv:
        _write_csv(rows)
    else:
        show(Table(_GRADED, [[row[name] for name in _GRADED_FIELDS] for row in rows]))
    return FAULTY if any(row["verified"] != "yes" for row in rows) else 0


def _write_csv(rows: list[dict[str, Any]]) -> None:
    import csv
    import sys

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(_GRADED_FIELDS)
    for row in rows:
        # A cell that begins like a formula is one, to a spreadsheet: a student wrote it.
        cells = [str(row[name]) for name in _GRADED_FIELDS]
        writer.writerow(
            [f"'{cell}" if cell[:1] in ("=", "+", "-", "@") else cell for cell in cells]
        )


def _graded(shelf: "LessonShelf", text: str) -> dict[str, Any]:
    """A row of the table: what one file came to."""
    from engine.core import engine_digest
    from engine.errors import RefusedError
    from engine.world import World, WorldConfig
    from server.errors import NotFoundError
    from server.guests.library import Library
    from server.lessons.grading import MAX_PROGRESS_BYTES, grade, read_progress

    library = Library(1, 1 << 30)

    def make(config: "SessionConfig") -> World:
        base = library.base(config.source, config.seed, lambda *_: None)
        return World(base.guest, WorldConfig(config.designs, config.seed, profile=config.profile))

    row: dict[str, Any] = dict.fromkeys(_GRADED_FIELDS[1:], "")
    try:
        with Path(text).open("rb") as file:
            told = read_progress(file.read(MAX_PROGRESS_BYTES + 1))
        found = grade(shelf.lesson(told["lesson"]), told, engine_digest(), make)
    except OSError as error:
        return {**row, "verified": f"cannot be read: {error.strerror}"}
    except (RefusedError, NotFoundError) as error:
        return {**row, "verified": str(error)}
    return {
        "lesson": found.lesson,
        "student": found.student,
        "done": f"{found.done} of {found.asked}",
        "foretold": f"{found.right} of {found.foretold}",
        "attempts": found.attempts,
        "shown": found.shown,
        "verified": "; ".join(found.problems) or "yes",
    }
