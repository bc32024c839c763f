"""The folders in which lessons lie: found, read, named; a file that is no lesson stays in the list.

Read anew when a file changes, so that whoever writes one sees it at once.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.errors import RefusedError
from engine.lessons.model import Lesson
from engine.lessons.play import LessonFault
from engine.scenarios.catalog import SCENARIOS
from engine.scenarios.claims import CLAIMS
from server.errors import NotFoundError
from server.lessons.prose import LessonError
from server.lessons.reading import MAX_LESSON_BYTES, LessonFaults, read_lesson
from server.paths import lessons_folder
from server.settings import Settings

LESSON_SUFFIX = ".md"
LESSON_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
MAX_LESSONS = 200
# Tabs of the page that a link may open (web/src/stage/inspector.js).
TABS = (
    "because", "scoreboard", "real", "difference", "cost", "charts", "log", "guest", "why",
    "lessons", "help",
)  # fmt: skip


@dataclass(frozen=True)
class Shelved:
    """One file: a lesson, or what is wrong with it.

    Attributes:
        name: without the suffix.
        path: where it lies.
        lesson: None where the file is none.
        faults: why.
    """

    name: str
    path: Path
    lesson: Lesson | None
    faults: tuple[LessonFault, ...] = ()


def lesson_bytes(path: Path) -> bytes:
    """A file's bytes; one more than a lesson may have at most.

    Raises:
        RefusedError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(MAX_LESSON_BYTES + 1)
    except OSError as error:
        raise RefusedError(f"cannot read {path}: {error.strerror}") from None


def shelved(path: Path) -> Shelved:
    """Read one file."""
    name = path.name.removesuffix(LESSON_SUFFIX)
    try:
        if not LESSON_NAME.fullmatch(name):
            raise LessonError(
                1, f"{name!r:.80} is no name of a lesson: letters, digits, - and _, 64 at most"
            )
        return Shelved(name, path, read_lesson(name, lesson_bytes(path)))
    except LessonFaults as error:
        return Shelved(name, path, None, error.faults)
    except RefusedError as error:
        return Shelved(name, path, None, (LessonFault(1, str(error)),))


def link_faults(lesson: Lesson, names: Sequence[str]) -> list[LessonFault]:
    """Links of a lesson that lead to nothing on the page.

    Args:
        lesson: which.
        names: of all lessons there are.
    """
    known: dict[str, tuple[str, Sequence[str]]] = {
        "tab": ("tab", TABS),
        "argument": ("claim", [claim.id for claim in CLAIMS]),
        "scenario": ("scenario", list(SCENARIOS)),
        "lesson": ("lesson", names),
    }
    faults = []
    for step in lesson.steps:
        for prose in step.prose():
            for line, href in prose.links:
                kind, _, name = href.removeprefix("#").partition("-")
                if href.startswith("#") and name not in known[kind][1]:
                    faults.append(LessonFault(line, f"{href}: there is no {known[kind][0]} {name}"))
    return faults


class LessonShelf:
    """Folders of lessons, in the order of their names; the first folder that has a name wins."""

    def __init__(self, folders: Sequence[Path]) -> None:
        """Nothing is read yet.

        Args:
            folders: where lessons lie; one that is not there is empty.
        """
        self._folders = tuple(folders)
        self._read: dict[Path, tuple[tuple[int, int], Shelved]] = {}

    def paths(self) -> Mapping[str, Path]:
        """Name -> file, in order."""
        found: dict[str, Path] = {}
        for folder in self._folders:
            if folder.is_dir():
                for path in sorted(folder.glob(f"*{LESSON_SUFFIX}"))[:MAX_LESSONS]:
                    found.setdefault(path.name.removesuffix(LESSON_SUFFIX), path)
        return dict(sorted(found.items()))

    def every(self) -> list[Shelved]:
        """All files, in the order of their names."""
        return [self._fresh(path) for path in self.paths().values()]

    def shelved_as(self, name: str) -> Shelved:
        """The file of that name.

        Raises:
            NotFoundError: there is none.
        """
        paths = self.paths()
        if name not in paths:
            raise NotFoundError(
                f"there is no lesson {name!r:.80}: known are {', '.join(paths) or 'none'}"
            )
        return self._fresh(paths[name])

    def lesson(self, name: str) -> Lesson:
        """The lesson of that name.

        Raises:
            NotFoundError: there is none.
            RefusedError: its file is none; file, line and sentence.
        """
        found = self.shelved_as(name)
        if found.lesson is None:
            fault = found.faults[0]
            raise RefusedError(f"{found.path.name}:{fault.line}: {fault.text}")
        return found.lesson

    def _fresh(self, path: Path) -> Shelved:
        """A file as it is now."""
        try:
            stat = path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size)
        except OSError:
            stamp = (0, 0)
        kept = self._read.get(path)
        if kept is None or kept[0] != stamp:
            kept = self._read[path] = (stamp, shelved(path))
        return kept[1]


def shelf_for(settings: Settings) -> LessonShelf:
    """The lessons of a server: those of its setting, and ours."""
    own = [Path(settings.lessons_dir)] if settings.lessons_dir else []
    return LessonShelf([*own, lessons_folder()])
