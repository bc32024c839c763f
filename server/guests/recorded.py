"""What real kernels did from the examples' states: numbers of every run, pictures of one.

Turns recordings (engine/recordings/) into the JSON and the frames of docs/PROTOCOL.md section 6.
Nothing is simulated here and nothing is compiled: all of it is there while the core compiles.
"""

import threading
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import commands as c
from engine import units as u
from engine.capture.load import Capture, load_capture
from engine.capture.planes import MachineView, machine_view
from engine.capture.text import MIGRATETYPE_NAMES
from engine.designs import parse_design
from engine.recordings.quantities import STATISTICS, recorded_statistics
from engine.recordings.recording import (
    CAPTURE_NAME,
    RECORDED_AS,
    RESULT_NAME,
    RecordedMoment,
    load_recording,
)
from engine.replay import Op, command_of
from server.errors import NotFoundError
from server.jsontext import dump
from server.wire.frames import Picture, encode_key

# How the kernel was made to do it.
RECIPES: Mapping[str, str] = {
    RECORDED_AS[
        "pinned"
    ]: "A kernel module that takes single unmovable pages, as virtio_balloon did before Linux 3.8.",
    RECORDED_AS["hook"]: "The virtio_balloon driver of Linux 6.12 as it is.",
    RECORDED_AS["literal"]: "A kernel module that takes single unmovable pages and, after each"
    " compaction, moves them into pageblocks that are free.",
    RECORDED_AS["dedicated"]: "A kernel module that takes whole pageblocks first and single"
    " unmovable pages for the rest.",
    RECORDED_AS["separate"]: "A kernel module that takes single movable pages which only the module"
    " moves: after each inflation and deflation to the zone's end, batch by batch; then"
    " compact_memory.",
}
_LETTERS = {name[0]: t for name, t in MIGRATETYPE_NAMES.items()}


def over_runs(stat: str, each: list[float]) -> dict[str, Any]:
    """Lowest, mean and highest of a statistic over the kernel's runs, and the band round the mean.

    Args:
        stat: key of STATISTICS.
        each: one value a run.
    """
    mean = fmean(each)
    near = STATISTICS[stat].least.band(each)
    return {
        "low": min(each), "mean": round(mean, 3), "high": max(each),
        "band": [round(mean - near, 3), round(mean + near, 3)], "each": each,
    }  # fmt: skip


def _words(op: Op) -> str:
    """An operation for people."""
    name, number = op[0], op[1]
    if name == "huge":
        return f"take up to {number:,} huge pages"
    return {
        "inflate": f"inflate by {number} MiB", "deflate": f"deflate by {number} MiB",
        "compact": "compact", "drop": "drop caches",
    }[name]  # fmt: skip


def known_types(capture: Capture, letters: str) -> NDArray[np.uint8]:
    """The true types of all pageblocks, which only a module could read off.

    Args:
        capture: of the same moment.
        letters: a letter a pageblock; movable where they end.
    """
    nr = capture.nr_pages // u.PAGEBLOCK_NR_PAGES
    types = np.full(nr, u.MIGRATE_MOVABLE, np.uint8)
    known = [_LETTERS.get(letter, u.MIGRATE_MOVABLE) for letter in letters[:nr]]
    types[: len(known)] = known
    return types


def moment_view(capture: Capture, moment: RecordedMoment, key: str) -> MachineView:
    """A recorded moment as the panel of a design shows it.

    Args:
        capture: of the moment.
        moment: the same; migratetypes are inferred where it does not tell them.
        key: of the design: its rules decide which pageblocks compaction could empty.
    """
    types = known_types(capture, moment.blocks) if moment.blocks else None
    found = capture.inferred if types is None else capture.with_types(types)
    balloon = found.pages.state.reshape(-1, u.PAGEBLOCK_NR_PAGES) == u.STATE_BALLOON
    full = balloon.all(axis=1)
    # Which pageblocks were dedicated was not recorded; the count shows whether all full ones are.
    shown = moment.dedicated and int(full.sum()) * u.PAGEBLOCK_NR_PAGES == moment.dedicated
    hook = bool(parse_design(key).rules().hook)
    return machine_view(capture, found, hook, full if shown else None)


class RecordedExample:
    """The recorded outcomes of one example."""

    def __init__(self, folder: Path) -> None:
        """Read the recording; the captures after steps are read when a picture is asked for.

        Raises:
            ValueError: it is not what it should be; one sentence.
        """
        self._start = load_capture(folder / CAPTURE_NAME, folder.name)
        self.name = folder.name
        self.recording = load_recording(folder, self._start.main_zone)

    def _operation(self, index: int) -> dict[str, Any]:
        op = self.recording.ops[index]
        command = command_of(op)
        same: list[c.Command] = [command]
        if isinstance(command, c.BalloonInflate) and index == 0:
            same.append(c.BalloonTarget(command.nr_pages))  # from an empty balloon
        return {
            "command": command.to_dict(),
            "same": [each.to_dict() for each in same],
            "text": _words(op),
        }

    def _steps(self, key: str) -> list[dict[str, Any]]:
        steps = []
        picture = None
        for index in range(len(self.recording.ops) + 1):
            if self.recording.capture_after(key, index).is_file():
                picture = index
            found = recorded_statistics(self.recording, key, index)
            values = {stat: over_runs(stat, each) for stat, each in found.items()}
            steps.append({"picture": picture, "values": values})
        return steps

    def describe(self) -> dict[str, Any]:
        """The answer of GET /api/recorded/{example}."""
        return {
            "example": self.name,
            "kernel": self.recording.kernel,
            "profile": "modern",
            "operations": [self._operation(i) for i in range(len(self.recording.ops))],
            "designs": [
                {
                    "key": key,
                    "name": key.partition(":")[0],
                    "toggles": dict(parse_design(key).params),
                    "text": RECIPES[key],
                    "repetitions": len(self.recording.runs[key]),
                    "steps": self._steps(key),
                }
                for key in self.recording.runs
            ],
        }

    @cached_property
    def description(self) -> bytes:
        """The same as JSON; made once."""
        return dump(self.describe()).encode()

    def picture(self, key: str, index: int) -> bytes:
        """The memory after ``index`` operations, first run, as a key frame of one design.

        Raises:
            NotFoundError: nothing was recorded there.
        """
        recording = self.recording
        if key not in recording.runs:
            raise NotFoundError(f"{self.name} was not recorded under {key!r:.60}")
        if not 0 <= index <= len(recording.ops):
            raise NotFoundError(f"{self.name} has steps 0 to {len(recording.ops)}, not {index}")
        path = recording.capture_after(key, index)
        if not path.is_file():
            raise NotFoundError(f"memory was not recorded after step {index} of {self.name}")
        capture = load_capture(path, f"{self.name} {path.name}") if index else self._start
        panel = moment_view(capture, recording.moment(key, index), key)
        return encode_key(Picture(index, 0, 0, index, (panel,)))


class Recordings:
    """All recordings by example; what was read or made once is kept. For any thread."""

    def __init__(self, folder: Path) -> None:
        """Look which examples come with recorded outcomes.

        Args:
            folder: one folder an example.
        """
        self._folders = {path.parent.name: path.parent for path in folder.glob(f"*/{RESULT_NAME}")}
        self._lock = threading.Lock()
        self._examples: dict[str, RecordedExample] = {}
        self._pictures: dict[tuple[str, str, int], bytes] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._folders

    def example(self, name: str) -> RecordedExample:
        """The recording of one example.

        Raises:
            NotFoundError: nothing was recorded.
        """
        if name not in self._folders:
            raise NotFoundError(f"nothing was recorded for {name!r:.60}")
        with self._lock:
            if name not in self._examples:
                self._examples[name] = RecordedExample(self._folders[name])
            return self._examples[name]

    def describe(self, name: str) -> bytes:
        """Operations and numbers of one example, as JSON.

        Raises:
            NotFoundError: nothing was recorded.
        """
        return self.example(name).description

    def picture(self, name: str, key: str, index: int) -> bytes:
        """One picture; see RecordedExample.picture.

        Raises:
            NotFoundError: nothing was recorded.
        """
        place = (name, key, index)
        example = self.example(name)
        with self._lock:  # one at a time: a capture takes memory while it is read
            if place not in self._pictures:
                self._pictures[place] = example.picture(key, index)
            return self._pictures[place]
