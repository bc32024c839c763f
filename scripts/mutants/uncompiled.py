"""Maintainers: play steps of one lesson in this process, from guests that are on the disk.

    python -m scripts.mutants.uncompiled SOURCES LESSON.md FIRST LAST GUESTS

Prints the faults as JSON. SOURCES is the folder whose engine must be the one that plays.
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

import engine
from engine.guest import Guest
from engine.lessons.model import LessonLoad
from engine.lessons.play import check_lesson
from server.lessons.shelf import shelved


def load_name(load: LessonLoad) -> str:
    """File name of the guest that a step loads."""
    text = json.dumps([dict(load.source), load.seed], sort_keys=True)
    return f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.npz"


def read_guest(path: Path) -> Guest:
    """A guest as numpy has stored it."""
    with np.load(path) as arrays:
        return Guest(**{name: arrays[name] for name in Guest._fields})


def main(arguments: list[str]) -> int:
    """Play; see above."""
    folder, file, first, last, guests = arguments
    assert engine.__file__ and Path(engine.__file__).is_relative_to(folder), engine.__file__
    lesson = shelved(Path(file)).lesson
    assert lesson is not None
    part = replace(lesson, steps=lesson.steps[int(first) - 1 : int(last)])
    faults = check_lesson(part, lambda load: read_guest(Path(guests) / load_name(load)))
    json.dump([(fault.line, fault.text) for fault in faults], sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
