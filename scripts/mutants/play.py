"""Maintainers: play the lessons against mutants; every mutant must be noticed.

    python -m scripts.mutants.play [NAME ...]     all mutants, and the unbroken rules first

Guests are made once, by the unbroken core. A mutant is a copy of the sources in a temporary folder,
played there by a process of its own with nothing compiled (scripts/mutants/uncompiled.py).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.errors import RefusedError
from engine.lessons.model import Lesson, LessonLoad
from scripts.mutants.catalog import MUTANTS, Mutant, Patch
from scripts.mutants.uncompiled import load_name
from server.cli.lesson import guest_maker
from server.lessons.shelf import LessonShelf
from server.paths import lessons_folder

ROOT = Path(__file__).resolve().parents[2]
HOUSES = ("engine", "server", "scripts")
LIMIT_S = 600  # one lesson, with nothing compiled


@dataclass(frozen=True)
class Played:
    """What came of a lesson, or of some of its steps.

    Attributes:
        faults: line and sentence of each.
        last: line with which the steps that were played end.
    """

    faults: tuple[tuple[int, str], ...]
    last: int


def patched(text: str, patch: Patch) -> str:
    """A source with one replacement made.

    Raises:
        ValueError: the text to replace is not there, or not once.
    """
    times = text.count(patch.old)
    if times != 1:
        raise ValueError(f"{patch.path} has {times} times, not once: {patch.old.strip()!r}")
    if patch.old == patch.new:
        raise ValueError(f"{patch.path}: nothing changes in {patch.old.strip()!r}")
    return text.replace(patch.old, patch.new)


def sources(mutant: Mutant) -> dict[str, str]:
    """Path -> text of every file that a mutant changes.

    Raises:
        ValueError: a replacement does not fit.
    """
    texts: dict[str, str] = {}
    for patch in mutant.patches:
        text = texts.get(patch.path) or (ROOT / patch.path).read_text(encoding="utf-8")
        texts[patch.path] = patched(text, patch)
    return texts


def lesson_of(name: str) -> Lesson:
    """One of our lessons."""
    return LessonShelf([lessons_folder()]).lesson(name)


def first_step(lesson: Lesson, step: int) -> int:
    """The step from which one must play to get to another: the last one that loads.

    Args:
        lesson: which.
        step: from 1.

    Raises:
        RefusedError: the lesson has no such step.
    """
    if not 1 <= step <= len(lesson.steps):
        raise RefusedError(f"{lesson.name} has {len(lesson.steps)} steps, none of number {step}")
    return max(i for i in range(1, step + 1) if lesson.steps[i - 1].load)


class Theatre:
    """Guests made once, and a folder for copies of the sources."""

    def __init__(self, folder: Path) -> None:
        """Nothing is made yet.

        Args:
            folder: an empty one.
        """
        self._folder = folder
        self._make = guest_maker()

    def _guest(self, load: LessonLoad) -> None:
        path = self._folder / load_name(load)
        if not path.exists():
            np.savez(path, **self._make(load)._asdict())

    @contextmanager
    def _copy(self, texts: dict[str, str]) -> Iterator[Path]:
        """The sources with some files changed."""
        with tempfile.TemporaryDirectory(dir=self._folder) as name:
            copy = Path(name)
            for house in HOUSES:
                shutil.copytree(
                    ROOT / house, copy / house, ignore=shutil.ignore_patterns("__pycache__")
                )
            for path, text in texts.items():
                (copy / path).write_text(text, encoding="utf-8")
            yield copy

    def play(self, lesson: Lesson, first: int, last: int, texts: dict[str, str]) -> Played:
        """Play some steps of a lesson uncompiled.

        Args:
            lesson: which.
            first: the first step, which loads, from 1.
            last: the last step.
            texts: path -> text of the source files that differ.
        """
        steps = lesson.steps[first - 1 : last]
        for step in steps:
            if step.load:
                self._guest(step.load)
        file = lessons_folder() / f"{lesson.name}.md"
        with self._copy(texts) as copy:
            env = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(copy)}
            command = [sys.executable, "-P", "-m", "scripts.mutants.uncompiled"]
            command += [str(copy), str(file), str(first), str(last), str(self._folder)]
            try:
                done = subprocess.run(
                    command, env=env, cwd=copy, capture_output=True, timeout=LIMIT_S, check=False
                )
            except subprocess.TimeoutExpired:
                return Played(((steps[-1].line, f"did not end within {LIMIT_S} s"),), 0)
        if done.returncode != 0:  # a broken rule may break the program, too
            lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no word"]
            return Played(((steps[-1].line, f"ended with {done.returncode}: {lines[-1]}"),), 0)
        faults = tuple((line, text) for line, text in json.loads(done.stdout))
        end = lesson.steps[last].line if last < len(lesson.steps) else sys.maxsize
        return Played(faults, end)

    def mutant(self, mutant: Mutant) -> Played:
        """Play the step that must notice a mutant, from where it loads."""
        lesson = lesson_of(mutant.lesson)
        first = first_step(lesson, mutant.step)
        return self.play(lesson, first, mutant.step, sources(mutant))


def notices(played: Played, lesson: Lesson, step: int) -> bool:
    """Whether it is that step that noticed, and not one before it or a crash."""
    begin = lesson.steps[step - 1].line
    return any(begin <= line < played.last for line, _ in played.faults)


def main(arguments: Sequence[str]) -> int:
    """Play mutants by name, all without one; a line for each."""
    unknown = set(arguments) - {mutant.name for mutant in MUTANTS}
    if unknown:
        print(f"no mutant is called {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    chosen = [mutant for mutant in MUTANTS if not arguments or mutant.name in arguments]
    missed = 0
    with tempfile.TemporaryDirectory(prefix="fragscope-mutants-") as folder:
        theatre = Theatre(Path(folder))
        for mutant in chosen:
            begun = time.monotonic()
            played = theatre.mutant(mutant)
            good = notices(played, lesson_of(mutant.lesson), mutant.step)
            missed += not good
            print(f"{mutant.name:34} {'noticed' if good else 'MISSED':8} {mutant.lesson}")
            print(f"  {time.monotonic() - begun:.1f} s", *played.faults, sep="\n    ")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
