"""A recording: what a real kernel did from one captured state, design by design, run by run.

A folder with a capture (``s1.tar.xz``), ``result.json``, and captures of the states after the steps
(``DESIGN-STEP-OPERATION.tar.xz``); docs/CAPTURES.md has the layout. Read here and judged elsewhere.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.capture.text import ZoneKey, parse_buddyinfo
from engine.errors import RefusedError
from engine.replay import READ_MS, Op, parse_ops

# Name of a design in a recording -> key of the design that predicts it.
RECORDED_AS: Mapping[str, str] = {
    "pinned": "pinned",
    "hook": "lru_hook",
    "dedicated": "dedicated_block:prevent",
    "literal": "dedicated_block",
    "separate": "separate_pass",
}
CAPTURE_NAME = "s1.tar.xz"
RESULT_NAME = "result.json"
MAX_RESULT_BYTES = 64 << 20
MAX_READ_MS = 10_000
MAX_UNIT_NS = 10_000  # 4 ms, a clock tick, are some hundred units then


@dataclass(frozen=True)
class RecordedMoment:
    """What was read from a kernel: at the start, or after one step of one run.

    Attributes:
        op: name of the preceding operation; empty at the start.
        got: the operation's result: MiB for ``inflate``, the best and the first attempt for
            ``huge``, nothing for others.
        zones: free blocks by zone and order; empty after ``huge``, when nothing else was read.
        vmstat: counters since boot; empty likewise.
        blocks: migratetype of every pageblock, one letter each; empty if unknown.
        scattered: single pages that the recording module's balloon held.
        dedicated: pages that it held in whole pageblocks.
    """

    op: str = ""
    got: tuple[float, ...] = ()
    zones: Mapping[ZoneKey, Sequence[int]] = field(default_factory=dict)
    vmstat: Mapping[str, int] = field(default_factory=dict)
    blocks: str = ""
    scattered: int = 0
    dedicated: int = 0


@dataclass(frozen=True)
class Recording:
    """What a kernel did with one guest.

    Attributes:
        folder: where it is.
        name: of the scenario.
        kernel: release, empty if unknown.
        zone: the capture's zone with the most managed pages.
        ops: the operations, in order.
        start: before the first operation.
        unit_ns: what the guest's CPU took for a unit of work (engine/core/memory/cpu.py); 0 if
            nobody measured it.
        first_read_ms: how long after the first operation's end the state was read. In an emulator
            that has just brought back a snapshot no program has been translated yet.
        runs: key of a design → runs → moments after each operation.
    """

    folder: Path
    name: str
    kernel: str
    zone: ZoneKey
    ops: list[Op]
    start: RecordedMoment
    runs: Mapping[str, list[list[RecordedMoment]]]
    unit_ns: int = 0
    first_read_ms: int = READ_MS

    @property
    def blocks(self) -> str:
        """Migratetype of every pageblock of the capture, one letter each; empty if unknown."""
        return self.start.blocks

    @property
    def capture(self) -> Path:
        """The capture that all runs started from."""
        return self.folder / CAPTURE_NAME

    def moment(self, key: str, index: int) -> RecordedMoment:
        """After ``index`` operations under a design, in the first run."""
        return self.runs[key][0][index - 1] if index else self.start

    def capture_after(self, key: str, index: int) -> Path:
        """The capture after ``index`` operations in the first run, whether it was kept or not."""
        if index == 0:
            return self.capture
        name = next(name for name, design in RECORDED_AS.items() if design == key)
        return self.folder / f"{name}-{index - 1}-{self.ops[index - 1][0]}.tar.xz"


def _balloon(lab: str) -> tuple[int, int]:
    """Pages of the module's balloon: single ones, and those in whole pageblocks."""
    words = lab.split()
    held = dict(zip(words[::2], map(int, words[1::2]), strict=True))
    return held.get("scattered", 0), held.get("dedicated", 0)


def _moment(data: Mapping[str, Any], zone: ZoneKey) -> RecordedMoment:
    """One entry of result.json; KeyError and the like if it is malformed."""
    op = str(data["op"][0]) if "op" in data else ""
    if op == "huge":
        best, first = data["got"]
        return RecordedMoment(op, (best + 0, first + 0))
    zones = parse_buddyinfo(data["buddyinfo"].encode())
    _ = zones[zone]
    vmstat = {str(name): int(value) for name, value in data["vmstat"].items()}
    got = (data["got"] + 0,) if op == "inflate" else ()
    blocks = str(data.get("blocks", ""))
    return RecordedMoment(op, got, zones, vmstat, blocks, *_balloon(data.get("lab", "")))


def load_recording(folder: Path, zone: ZoneKey) -> Recording:
    """Read ``result.json`` of a folder.

    Args:
        folder: holds the capture as well.
        zone: the capture's zone with the most managed pages.

    Raises:
        RefusedError: missing, or not a recording of ours; one sentence.
    """
    path = folder / RESULT_NAME
    try:
        if path.stat().st_size > MAX_RESULT_BYTES:
            raise RefusedError(f"over {MAX_RESULT_BYTES >> 20} MiB")
        data = json.loads(path.read_bytes())
        scenario = data["scenario"]
        ops = parse_ops(scenario["ops"])
        start = _moment(data["s1"], zone)
        runs = {
            key: [[_moment(step, zone) for step in run] for run in data["designs"][name]]
            for name, key in RECORDED_AS.items()
            if name in data["designs"]
        }
        name = str(scenario.get("name") or folder.name)
        kernel = str(scenario.get("kernel", ""))
        unit_ns = int(scenario.get("unit_ns", 0))
        if not 0 <= unit_ns <= MAX_UNIT_NS:
            raise RefusedError(f"unit_ns is {unit_ns}: from 0 to {MAX_UNIT_NS} ns is needed")
        read_ms = int(scenario.get("first_read_ms", READ_MS))
        if not 0 <= read_ms <= MAX_READ_MS:
            raise RefusedError(f"first_read_ms is {read_ms}: from 0 to {MAX_READ_MS} ms is needed")
    except OSError as error:
        raise RefusedError(f"{path}: {error.strerror}: no recording here") from error
    except RecursionError:
        raise RefusedError(f"{path} is nested too deeply") from None
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise RefusedError(f"{path} is not a recording: {error!r:.80}") from error
    except ValueError as error:
        raise RefusedError(f"{path}: {error}") from error
    if not runs:
        raise RefusedError(f"{path} has no design of {', '.join(RECORDED_AS)}")
    if any(len(run) != len(ops) for design in runs.values() for run in design):
        raise RefusedError(f"{path}: a run does not have {len(ops)} steps, one per operation")
    return Recording(folder, name, kernel, zone, ops, start, runs, unit_ns, read_ms)
