"""Looks at a machine, kept in a folder within a budget: the oldest go, a crash costs one look.

One process writes (a lock of the operating system says which); any may read. Looks are numbered on
and on, over restarts: time in which nobody watched takes no number. A file that has been written
to its end is never written again, so that what a crash left torn is passed over for good.
"""

import contextlib
import errno
import json
import time
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from engine.capture.pages import COUNTS
from engine.errors import RefusedError
from server.live.counters import Reading, ZoneCounts
from server.live.kept_file import (
    KEPT_PLANES,
    LOOK_RECORD,
    LOOKS_SUFFIX,
    MACHINE_RECORD,
    MAP_RECORD,
    NEVER_READ,
    Kept,
    Segment,
    packed_look,
    packed_map,
    read_segment,
    record_bytes,
)
from server.live.sampler import MachineLook, Pageblocks

MAP_S = 60.0  # between two maps that are kept
GAP_S = 10.0  # nobody watched for so long: told as a gap
SEGMENTS = 8  # files of the budget: an eighth of it goes at a time
FOLDER = "watch"  # below the data folder
_ROWS = [COUNTS.index(name) for name in KEPT_PLANES]


@dataclass(frozen=True)
class KeptLook:
    """A look of the past.

    Attributes:
        number: its number.
        wall: seconds since 1970.
        cost: what looking took, share of one processor.
        seen: share of the pageblocks that had been seen.
        reading: its counters.
        machine: what its pageblocks were: ``spans``, ``nr_pageblocks``, ``blind``.
        planes: uint16[4, nr_blocks] of KEPT_PLANES; of 0 pageblocks where no map was kept.
        ages: float64[nr_blocks], seconds from each pageblock's picture to this look; inf: never.
    """

    number: int
    wall: float
    cost: float
    seen: float
    reading: Reading
    machine: dict[str, Any]
    planes: NDArray[np.uint16]
    ages: NDArray[np.float64]


def machine_record(
    look: MachineLook, blocks: Pageblocks, blind: str, began: bool
) -> dict[str, Any]:
    """What the looks of a machine have in common.

    Args:
        look: one of them.
        blocks: its pageblocks.
        blind: why there are no maps; "": there are.
        began: whether a watcher began with this look.
    """
    return {
        "zones": [[zone.node, zone.zone, len(zone.counts)] for zone in look.reading.zones],
        "events": list(look.reading.events),
        "spans": [
            {
                "node": node, "zone": zone, "first": first, "end": end,
                "start_pfn": int(blocks.pfns[first]) if first < end else 0,
            }
            for node, zone, first, end in blocks.zones
        ],
        "nr_pageblocks": len(look.seen_at),
        "blind": blind,
        "began": began,
    }  # fmt: skip


class LookHistory:
    """The folder. One thread writes, any may read meanwhile.

    Attributes:
        stopped: why looks are not kept just now, one sentence; "": they are, or nobody writes.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        """Find what is there; nothing is made.

        Args:
            folder: its files are named NUMBER.looks.
            clock: seconds since 1970.
        """
        self._folder, self._clock = folder, clock
        self._budget = 0
        self._lock: FileLock | None = None
        self._file: FileIO | None = None
        self._machine: dict[str, Any] = {}
        self._map_at = -np.inf
        self.stopped = ""
        # Replaced, never changed: who reads has a list that nobody touches.
        self._segments = self._found()

    def _paths(self) -> list[Path]:
        found = self._folder.glob(f"*{LOOKS_SUFFIX}")
        return sorted(path for path in found if path.stem.isascii() and path.stem.isdigit())

    def _found(self) -> tuple[Segment, ...]:
        out: list[Segment] = []
        for path in self._paths():
            with contextlib.suppress(OSError, ValueError, zlib.error):
                segment = read_segment(path)
                if len(segment.offsets) and (not out or segment.first > out[-1].last):
                    out.append(segment)
        return tuple(out)

    # -- reading

    @property
    def first(self) -> int:
        """Number of the oldest look; 0 where there is none, and ``last`` is -1 then."""
        segments = self._segments
        return segments[0].first if segments else 0

    @property
    def last(self) -> int:
        """Number of the youngest look."""
        segments = self._segments
        return segments[-1].last if segments else -1

    @property
    def size(self) -> int:
        """Bytes on the disk."""
        return sum(segment.end for segment in self._segments)

    def _segment(self, number: int) -> Segment:
        segments = self._segments
        if not segments or not segments[0].first <= number <= segments[-1].last:
            kept = f"{self.first} to {self.last} are" if segments else "none is"
            raise RefusedError(f"look {number} is not kept: {kept}")
        found = segments[bisect_right([one.first for one in segments], number) - 1]
        if number > found.last:  # lost between two files: a torn end
            raise RefusedError(f"look {number} is not kept: it was not written whole")
        return found

    def wall(self, number: int) -> float:
        """When a look was, seconds since 1970."""
        segment = self._segment(number)
        return segment.walls[number - segment.first]

    def maps(self) -> list[int]:
        """Numbers of the looks with a map."""
        return [head.number for segment in self._segments for head in segment.maps]

    def machines(self) -> list[dict[str, Any]]:
        """What the machine was, each time that it was written down; see ``machine_record``."""
        return [what for segment in self._segments for _, what in segment.machines]

    def marks(self) -> list[dict[str, Any]]:
        """Looks before which nobody watched: number, and what happened there in words."""
        out: list[dict[str, Any]] = []
        before = None
        for segment in self._segments:
            began = {number for number, what in segment.machines if what["began"]}
            if not len(segment.walls):
                continue
            walls = np.array(segment.walls)
            gaps = segment.first + 1 + np.flatnonzero(np.diff(walls) > GAP_S)
            across = before is not None and walls[0] - before > GAP_S
            idle = {*gaps.tolist(), *([segment.first] if across else [])}
            for number in sorted(began | idle):
                words = "watching began" if number in began else "nobody looked before this"
                out.append({"look": int(number), "text": words})
            before = walls[-1]
        return out

    def looks(self, numbers: Iterable[int]) -> Iterator[KeptLook]:
        """Looks in ascending order, without maps; what has gone meanwhile is passed over."""
        with contextlib.ExitStack() as stack:
            file, opened = None, None
            for number in numbers:
                try:
                    segment = self._segment(number)
                    if file is None or opened is not segment:
                        stack.close()
                        file, opened = stack.enter_context(segment.path.open("rb")), segment
                except (RefusedError, OSError):
                    continue
                values = segment.values(file, number)
                if values:
                    yield _kept_look(number, *values, segment.machine_of(number))

    def look(self, number: int) -> KeptLook:
        """One look, with the last map before it that the same watcher has kept.

        Raises:
            RefusedError: it is not kept (any more).
        """
        segment = self._segment(number)
        found = next(self.looks(range(number, number + 1)), None)
        if found is None:
            raise RefusedError(f"look {number} is not kept any more")
        machine = segment.machine_of(number)
        since = max(at for at, _ in segment.machines if at <= number)
        heads = [head for head in segment.maps if since <= head.number <= number]
        if not heads:
            return found
        with segment.path.open("rb") as file:
            planes, ages = segment.map_at(file, heads[-1])
        passed = max(0.0, found.wall - heads[-1].wall)
        old = np.where(ages == NEVER_READ, np.inf, ages + passed)
        return KeptLook(
            found.number, found.wall, found.cost, found.seen, found.reading, machine, planes, old
        )

    # -- writing

    def write(self, budget: int) -> None:
        """Become the one who writes.

        Args:
            budget: bytes on the disk, at most.

        Raises:
            RefusedError: another process writes, or the folder cannot be written; one sentence.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = FileLock(self._folder / "lock", timeout=0)
            lock.acquire()
        except Timeout:
            raise RefusedError(
                "no history is kept: another watcher writes it, and one does at a time"
            ) from None
        except OSError as error:
            raise RefusedError(_unkept(self._folder, error)) from error
        self._lock, self._budget = lock, budget
        self._segments = self._found()  # the last writer may have written since
        kept = {segment.path for segment in self._segments}
        for path in self._paths():
            if path not in kept:
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let another process write."""
        if self._file:
            self._file.close()
        if self._lock:
            self._lock.release()
        self._file = self._lock = None

    def add(self, look: MachineLook, blocks: Pageblocks, blind: str) -> int:
        """Keep a look and, when it is time, the map.

        Args:
            look: just made.
            blocks: the machine's.
            blind: why there are no maps; "": there are.
        Returns:
            Its number; of the last that was kept where ``stopped`` says why this one is not.
        """
        if self._lock is None:
            return self.last
        number, wall = self.last + 1, self._clock()
        machine = machine_record(look, blocks, blind, began=not self._machine)
        try:
            segment = self._place(number)
            if not segment.machines or {**machine, "began": False} != self._machine:
                self._append(segment, MACHINE_RECORD, number, wall, _json(machine))
                self._machine = {**machine, "began": False}
            body = packed_look(_values(look), segment.dictionary)
            self._append(segment, LOOK_RECORD, number, wall, body)
            if len(look.seen_at) and wall - self._map_at >= MAP_S:
                body = packed_map(look.counts[_ROWS], look.ages)
                if len(body) < self._budget // SEGMENTS:  # else no map ever fits
                    self._append(segment, MAP_RECORD, number, wall, body)
                self._map_at = wall
            self.stopped = ""
        except OSError as error:
            self.stopped = _unkept(self._folder, error)
        return self.last

    def _place(self, number: int) -> Segment:
        """The file that is written to; a new one when the last is full or is not ours."""
        full = self._file is None or self._segments[-1].end >= self._budget // SEGMENTS
        if full:
            if self._file:
                self._file.close()
            path = self._folder / f"{number:020d}{LOOKS_SUFFIX}"
            self._file = path.open("wb", buffering=0)
            path.chmod(0o600)
            kept = [segment for segment in self._segments if len(segment.offsets)]
            self._segments = (*kept, Segment(path, number))
            self._map_at = -np.inf  # each file has a map of its own: older ones go one day
        return self._segments[-1]

    def _append(self, segment: Segment, kind: int, number: int, wall: float, body: bytes) -> None:
        assert self._file
        whole = record_bytes(kind, number, wall, body)
        while len(self._segments) > 1 and self.size + len(whole) > self._budget:
            oldest, *rest = self._segments
            self._segments = tuple(rest)
            oldest.path.unlink(missing_ok=True)
        try:
            if self._file.write(whole) != len(whole):
                raise OSError(errno.ENOSPC, "no space left on the disk")
        except OSError:
            # What was written of it is torn, and passed over; the next look begins another file.
            self._file.close()
            self._file = None
            raise
        segment.noted(Kept(kind, number, wall, segment.end, len(whole)), body)


def history_kept(data: Path, budget: int) -> LookHistory | None:
    """The history of this machine, to be written by this process; ``stopped`` says why it is not.

    Args:
        data: the data folder.
        budget: bytes on the disk, at most; 0: there is to be none.
    """
    if not budget:
        return None
    history = LookHistory(data / FOLDER)
    try:
        history.write(budget)
    except RefusedError as error:
        history.stopped = str(error)
    return history


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _unkept(folder: Path, error: OSError) -> str:
    return f"looks are not kept: {folder} cannot be written ({error.strerror or error})"


def _values(look: MachineLook) -> list[int | float]:
    """A look's numbers in the order of its machine's record."""
    counts = [count for zone in look.reading.zones for count in zone.counts]
    return [round(look.cost, 5), round(look.seen, 4), *counts, *look.reading.events.values()]


def _kept_look(number: int, wall: float, values: list[Any], machine: dict[str, Any]) -> KeptLook:
    """The other way."""
    cost, seen, *rest = values
    zones, done = [], 0
    for node, zone, orders in machine["zones"]:
        zones.append(ZoneCounts(node, zone, tuple(rest[done : done + orders])))
        done += orders
    events = dict(zip(machine["events"], rest[done:], strict=True))
    reading = Reading(tuple(zones), events)
    none = np.zeros((len(KEPT_PLANES), 0), np.uint16)
    return KeptLook(number, wall, cost, seen, reading, machine, none, np.zeros(0))
