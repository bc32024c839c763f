"""Records how a machine reacts: ``fragscope capture --series FOLDER``.

A state, an operation, a state, an operation… The folder has the layout of the examples
(``s1.tar.xz``, ``hook-STEP-OP.tar.xz``, ``result.json``), so that a replay can be scored against it
(engine/recordings/score.py). States stay in memory until the last one is read, and are packed
then: packing takes far longer than reading, and the machine should not change in between. There is
one run, since a real machine cannot be set back.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.capture.text import parse_vmstat, parse_zoneinfo
from engine.recordings.recording import CAPTURE_NAME, RESULT_NAME
from engine.recordings.score import shown_op
from engine.replay import Op, parse_ops
from engine.units import MIB_PAGES
from server.live.capture import OnProgress, read_moment, write_archive

DEFAULT_STEPS = "compact, wait 10, compact"
MAX_SERIES_STEPS = 20  # states are kept in memory: each takes 0.4 % of it
DESIGN = "hook"  # name in result.json: what a stock kernel's balloon does, if there is one
_HUGE_ATTEMPTS, _HUGE_IN_VAIN = 12, 3  # as in the examples' recordings
_FILES = {"compact": "compact_memory", "drop": "drop_caches", "huge": "nr_hugepages"}

Files = dict[str, bytes | memoryview]


@dataclass(frozen=True)
class RecordedMachine:
    """The machine that is recorded.

    Attributes:
        proc: where procfs is.
        sleep: waits for so many seconds.
    """

    proc: Path = Path("/proc")
    sleep: Callable[[float], None] = time.sleep


def parse_steps(text: str) -> list[Op]:
    """Operations as a person writes them on the command line: ``compact, wait 10, huge 50``.

    Raises:
        ValueError: in one sentence.
    """
    steps: list[list[object]] = []
    for part in filter(None, (one.split() for one in text.split(","))):
        steps.append([part[0], *(int(w) if w.isdecimal() else w for w in part[1:])])
    return check_steps(parse_ops(steps))


def check_steps(ops: list[Op]) -> list[Op]:
    """Operations that a machine can do to itself; others are refused.

    Raises:
        ValueError: in one sentence.
    """
    if not 1 <= len(ops) <= MAX_SERIES_STEPS:
        raise ValueError(f"{len(ops)} operations: a series has 1 to {MAX_SERIES_STEPS}")
    for name in (op[0] for op in ops):
        if name != "wait" and name not in _FILES:
            raise ValueError(
                f"{name} cannot be recorded: the host does that to a guest; possible are "
                f"{', '.join((*_FILES, 'wait'))}"
            )
    return ops


@contextmanager
def _sentences(path: Path) -> Iterator[None]:
    """Turn a failure to use a file of /proc/sys/vm into one sentence."""
    try:
        yield
    except PermissionError as error:
        raise ValueError(
            f"{path} cannot be written: root is needed (sudo fragscope capture …)"
        ) from error
    except FileNotFoundError as error:
        raise ValueError(f"{path} does not exist: this kernel cannot do that") from error
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror or error}") from error


def _control(machine: RecordedMachine, name: str) -> Path:
    return machine.proc / "sys" / "vm" / _FILES[name]


def _write(path: Path, value: int) -> None:
    with _sentences(path), path.open("w") as file:
        file.write(f"{value}\n")


def _take_huge(machine: RecordedMachine, most: int) -> list[int]:
    """Ask for 2 MiB pages until three attempts in a row bring no more, then give them back.

    Args:
        machine: the one that is recorded.
        most: pages to ask for beyond those that it has already.

    Returns:
        The most that it had, and how many it had after the first attempt.
    """
    path = _control(machine, "huge")
    with _sentences(path):
        before = int(path.read_text())
    best = first = in_vain = 0
    try:
        for attempt in range(_HUGE_ATTEMPTS):
            _write(path, before + most)
            with _sentences(path):
                got = int(path.read_text()) - before
            first = got if attempt == 0 else first
            in_vain = in_vain + 1 if got <= best else 0
            best = max(best, got)
            if in_vain == _HUGE_IN_VAIN:
                break
    finally:
        _write(path, before)
    return [best, first]


def _do(machine: RecordedMachine, op: Op) -> list[int] | None:
    """Do one operation; the huge pages that it brought, if it asked for any."""
    name, number = op[0], op[1]
    if name == "wait":
        machine.sleep(number)
    elif name == "huge":
        return _take_huge(machine, number)
    else:
        _write(_control(machine, name), 3 if name == "drop" else 1)
    return None


def _numbers(moment: Files) -> dict[str, Any]:
    """What result.json says about a state."""
    return {
        "buddyinfo": bytes(moment["buddyinfo"]).decode(),
        "vmstat": parse_vmstat(bytes(moment["vmstat"])),
    }


def _check_machine(machine: RecordedMachine, ops: list[Op]) -> None:
    """Check before the first operation that all are allowed.

    Raises:
        ValueError: in one sentence.
    """
    for name in dict.fromkeys(op[0] for op in ops if op[0] in _FILES):
        path = _control(machine, name)
        with _sentences(path), path.open("r+" if name == "huge" else "a"):
            pass


def _result(name: str, machine: RecordedMachine, first: Files, steps: list[dict[str, Any]]) -> str:
    """The text of result.json."""
    zones, _ = parse_zoneinfo(bytes(first["zoneinfo"]))
    release = machine.proc / "sys" / "kernel" / "osrelease"
    scenario = {
        "name": name,
        "mem": sum(zone.number("present") for zone in zones) // MIB_PAGES,
        "ops": [step["op"] for step in steps],
        "kernel": release.read_text().strip() if release.exists() else "",
    }
    result = {"scenario": scenario, "s1": _numbers(first), "designs": {DESIGN: [steps]}}
    return json.dumps(result, indent=1) + "\n"


def _pack(folder: Path, states: Mapping[str, Files], text: str, progress: OnProgress) -> None:
    """Write the folder, result.json last: a folder that has one is complete."""
    try:
        for name, moment in states.items():
            write_archive(folder / name, moment, progress)
        (folder / RESULT_NAME).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ValueError(f"{folder} cannot be written: {error.strerror or error}") from error


def record_series(
    folder: Path, ops: list[Op], progress: OnProgress, machine: RecordedMachine | None = None
) -> None:
    """Record states and operations in turn.

    Args:
        folder: made if it does not exist; must be empty.
        ops: from parse_steps or check_steps.
        progress: called with what is under way.
        machine: default: this one.

    Raises:
        ValueError: not root, no such files, or the folder is not empty; one sentence.
    """
    machine = machine or RecordedMachine()
    check_steps(ops)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise ValueError(f"{folder} is not empty: a series is written into a new folder")
    except OSError as error:
        raise ValueError(f"{folder}: {error.strerror or error}") from error
    _check_machine(machine, ops)
    first = read_moment(machine.proc, progress)
    states: dict[str, Files] = {CAPTURE_NAME: first}
    steps: list[dict[str, Any]] = []
    for i, op in enumerate(ops):
        progress(f"step {i + 1} of {len(ops)}: {shown_op(op)}", i, len(ops))
        step: dict[str, Any] = {"op": [op[0], *([op[1]] if op[1] else [])]}
        step["got"] = _do(machine, op)
        if op[0] != "huge":
            moment = read_moment(machine.proc, progress)
            states[f"{DESIGN}-{i}-{op[0]}.tar.xz"] = moment
            step |= _numbers(moment)
        steps.append(step)
    _pack(folder, states, _result(folder.resolve().name, machine, first, steps), progress)
