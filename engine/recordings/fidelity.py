"""Fidelity: what a real kernel did, step by step, compared with what a replay predicts.

A recording is a folder with a capture (``s1.tar.xz``) and ``result.json``: operations and, for each
design, what several runs of a kernel made of them, all from that capture (docs/CAPTURES.md). Each
quantity and its band are defined in docs/FIDELITY.md. Nothing is run here.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any

from engine import units as u
from engine.capture.text import ZoneKey, parse_buddyinfo
from engine.replay import Op, parse_ops

# Name of a design in a recording -> key of the design that predicts it.
RECORDED_AS: Mapping[str, str] = {
    "pinned": "pinned",
    "hook": "lru_hook",
    "dedicated": "dedicated_block:prevent",
    "literal": "dedicated_block",
}
CAPTURE_NAME = "s1.tar.xz"
RESULT_NAME = "result.json"
MAX_RESULT_BYTES = 64 << 20

# Quantity -> (least band in its own unit, least band as a share of the mean).
LEAST_BAND: Mapping[str, tuple[float, float]] = {
    "gained": (1, 0.03),
    "blocks": (2, 0.03),
    "free": (0, 0.01),
    "unusable": (0.02, 0),
    "isolated": (64, 0.1),
    "scanned": (512, 0.1),
    "moved": (64, 0.1),
    "huge": (3, 0.05),
}
_COUNTERS = {
    "isolated": "compact_isolated",
    "scanned": "compact_migrate_scanned",
    "moved": "balloon_migrate",
}
BLOCKS_AFTER_COMPACT = "blocks after compact"

Numbers = dict[str, float]


@dataclass(frozen=True)
class Recording:
    """What a kernel did with one guest.

    Attributes:
        folder: where it is.
        name: of the scenario.
        ops: the operations, in order.
        runs: key of a design → runs → steps → quantities.
        blocks: migratetype of every pageblock of the capture, one letter each; empty if unknown.
    """

    folder: Path
    name: str
    ops: list[Op]
    runs: Mapping[str, list[list[Numbers]]]
    blocks: str

    @property
    def capture(self) -> Path:
        """The capture that all runs started from."""
        return self.folder / CAPTURE_NAME


@dataclass(frozen=True)
class Judgement:
    """One quantity after one step of one design.

    Attributes:
        scenario: name of the recording.
        design: key.
        step: number of the operation, from 0.
        op: name of the operation, and its number where it has one.
        quantity: key of LEAST_BAND.
        kernel: one value per run.
        ours: None if there is no prediction.
    """

    scenario: str
    design: str
    step: int
    op: str
    quantity: str
    kernel: tuple[float, ...]
    ours: float | None

    @property
    def mean(self) -> float:
        """The mean of the kernel's runs."""
        return fmean(self.kernel)

    @property
    def band(self) -> float:
        """How far from the mean a prediction may lie."""
        least, share = LEAST_BAND[self.quantity]
        return max(least, share * abs(self.mean), max(self.kernel) - min(self.kernel))

    @property
    def inside(self) -> bool:
        """Whether the prediction lies in the band."""
        return self.ours is not None and abs(self.ours - self.mean) <= self.band

    @property
    def error(self) -> float:
        """Distance from the mean as a share of it; ``unusable`` is already a share."""
        if self.ours is None:
            return 1.0
        scale = max(abs(self.mean), LEAST_BAND[self.quantity][0], 1)
        return abs(self.ours - self.mean) / (1.0 if self.quantity == "unusable" else scale)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that this one counts towards."""
        after = self.quantity == "blocks" and self.op == "compact"
        return ("all", self.quantity, *((BLOCKS_AFTER_COMPACT,) if after else ()))


@dataclass(frozen=True)
class Score:
    """Judgements summed up.

    Attributes:
        counts: class → (in the band, all).
        median_error: as a share.
    """

    counts: Mapping[str, tuple[int, int]]
    median_error: float

    def share(self, name: str) -> float:
        """The share in the band; 0 where nothing was judged."""
        inside, total = self.counts.get(name, (0, 0))
        return inside / total if total else 0.0


def score(judgements: Sequence[Judgement]) -> Score:
    """Sum up judgements."""
    counts: dict[str, tuple[int, int]] = {}
    for one in judgements:
        for name in one.classes:
            inside, total = counts.get(name, (0, 0))
            counts[name] = (inside + one.inside, total + 1)
    return Score(counts, median([one.error for one in judgements] or [1.0]))


def shown_op(op: Op) -> str:
    """An operation in words."""
    return " ".join(str(part) for part in op if part)


def _quantities(
    op: str, counts: Sequence[int], now: Mapping[str, int], before: Mapping[str, int], moved: bool
) -> Numbers:
    """Quantities after any operation but ``huge``.

    Args:
        op: name of the operation.
        counts: free blocks of the main zone by order.
        now: counters of vmstat after the step.
        before: the same before it.
        moved: whether the design's balloon pages can be moved by compaction.
    """
    free = sum(n << order for order, n in enumerate(counts))
    blocks = counts[9] + 2 * counts[10]
    usable = blocks << u.PAGEBLOCK_ORDER
    out: Numbers = {
        "blocks": blocks,
        "free": free,
        "unusable": 1 - usable / free if free else 1.0,
    }
    if op == "compact":
        for name, counter in _COUNTERS.items():
            if name != "moved" or moved:
                out[name] = now.get(counter, 0) - before.get(counter, 0)
    return out


def _recorded_run(
    run: Iterable[Mapping[str, Any]], first: Mapping[str, int], zone: ZoneKey, moved: bool
) -> list[Numbers]:
    """Quantities of one run of the kernel, by step."""
    out = []
    before = first
    for step in run:
        op = step["op"][0]
        if op == "huge":
            out.append({"huge": float(step["got"][0])})
            continue  # the counters were not read after it
        counts = parse_buddyinfo(step["buddyinfo"].encode())[zone]
        numbers = _quantities(op, counts, step["vmstat"], before, moved)
        if op == "inflate":
            numbers["gained"] = float(step["got"])
        out.append(numbers)
        before = step["vmstat"]
    return out


def predicted(steps: Iterable[Mapping[str, Any]]) -> list[Numbers]:
    """Quantities of one design's steps, from an answer of engine/replay.py."""
    out = []
    before: Mapping[str, int] = {}
    for step in steps:
        op = step["op"][0]
        if op == "huge":
            out.append({"huge": step["huge_pages"]})
            continue
        numbers = _quantities(op, step["buddyinfo"], step["vmstat"], before, True)
        if op == "inflate":
            numbers["gained"] = step["got_mib"]
        out.append(numbers)
        before = step["vmstat"]
    return out


def load_recording(folder: Path, zone: ZoneKey) -> Recording:
    """Read ``result.json`` of a folder.

    Args:
        folder: holds the capture as well.
        zone: the capture's zone with the most managed pages.

    Raises:
        ValueError: missing, or not a recording of ours; one sentence.
    """
    path = folder / RESULT_NAME
    try:
        if path.stat().st_size > MAX_RESULT_BYTES:
            raise ValueError(f"over {MAX_RESULT_BYTES >> 20} MiB")
        data = json.loads(path.read_bytes())
        ops = parse_ops(data["scenario"]["ops"])
        first = data["s1"]["vmstat"]
        runs = {
            key: [_recorded_run(run, first, zone, name == "hook") for run in data["designs"][name]]
            for name, key in RECORDED_AS.items()
            if name in data["designs"]
        }
        name = str(data["scenario"].get("name") or folder.name)
        found = Recording(folder, name, ops, runs, str(data["s1"].get("blocks", "")))
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}: no recording there") from error
    except RecursionError:
        raise ValueError(f"{path} is nested too deeply") from None
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is no recording: {error!r:.80}") from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    if not runs:
        raise ValueError(f"{path} has no design of {', '.join(RECORDED_AS)}")
    if any(len(run) != len(ops) for design in runs.values() for run in design):
        raise ValueError(f"{path}: a run has not as many steps as there are operations, {len(ops)}")
    return found


def _kernel_values(runs: Sequence[Sequence[Numbers]], step: int) -> dict[str, tuple[float, ...]]:
    """Quantity → one value per run, after a step."""
    names = dict.fromkeys(name for run in runs for name in run[step])
    return {name: tuple(run[step][name] for run in runs if name in run[step]) for name in names}


def judge(
    recording: Recording, answer: Mapping[str, Sequence[Mapping[str, Any]]]
) -> list[Judgement]:
    """Judge a replay against a recording.

    Args:
        recording: what the kernel did.
        answer: key of a design → steps, as in a replay's ``designs``; what is missing is a miss.
    """
    out = []
    for key, runs in recording.runs.items():
        ours = predicted(answer.get(key, ()))
        for step, op in enumerate(recording.ops):
            mine = ours[step] if step < len(ours) else {}
            for name, values in _kernel_values(runs, step).items():
                where = (recording.name, key, step, shown_op(op), name)
                out.append(Judgement(*where, values, mine.get(name)))
    return out


def ceiling(recording: Recording) -> list[Judgement]:
    """Judge each run of the kernel by the others: the kernel's score against itself."""
    out = []
    for key, runs in recording.runs.items():
        for step, op in enumerate(recording.ops):
            for name, values in _kernel_values(runs, step).items():
                for i, value in enumerate(values if len(values) > 1 else ()):
                    others = values[:i] + values[i + 1 :]
                    where = (recording.name, key, step, shown_op(op), name)
                    out.append(Judgement(*where, others, value))
    return out
