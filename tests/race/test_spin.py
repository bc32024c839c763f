"""The explorer against SPIN: the same verdicts and the same shared states, for every setting.

race.pml is a second reading of the same steps, in Promela; SPIN explores it without reduction.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from engine.race.era import DEFECTS, ERAS, PROPERTIES, Protocol
from engine.race.explorer import explore

MODEL = Path(__file__).with_name("race.pml")
# Bit of race.pml -> defect.
BITS = (
    "putback_trylock", "bare_deflate", "ask_target", "mutex_wait", "target_bug", "move_once",
    "lru_putback", "loose_cursor",
)  # fmt: skip


def settings() -> list[Protocol]:
    """Every toggle; each known defect, alone and all of its era, with both protections on."""
    made = [
        Protocol(2, lock, test, era)
        for era in ERAS for lock in (False, True) for test in (False, True)
    ]  # fmt: skip
    for era in ERAS:
        names = [defect.name for defect in DEFECTS[era]]
        for chosen in [*([name] for name in names), *([names] if len(names) > 1 else [])]:
            made.append(Protocol(2, True, True, era, frozenset(chosen)))
    return made


def key_of(protocol: Protocol) -> tuple[int, ...]:
    """The four numbers by which race.pml names a setting."""
    bits = sum(1 << bit for bit, name in enumerate(BITS) if name in protocol.defects)
    return ERAS.index(protocol.era), protocol.page_lock, protocol.refcount_test, bits


class Spin(NamedTuple):
    """What SPIN found: setting -> shared states, setting -> broken properties."""

    shared: dict[tuple[int, ...], set[tuple[int, ...]]]
    broken: dict[tuple[int, ...], set[str]]
    report: str


@pytest.fixture(scope="session")
def spin(tmp_path_factory: pytest.TempPathFactory) -> Spin:
    folder = tmp_path_factory.mktemp("spin")
    for tool, package in (("spin", "spin"), ("gcc", "build-essential")):
        assert shutil.which(tool), f"no {tool}: apt-get install {package}"
    for command in (
        ["spin", "-a", str(MODEL)],
        ["gcc", "-w", "-DNOREDUCE", "-DSAFETY", "-o", "pan", "pan.c"],
        ["./pan", "-n", "-m100000", "-E", "-A", "-w22"],
    ):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command[0]}: {done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    shared: dict[tuple[int, ...], set[tuple[int, ...]]] = {}
    broken: dict[tuple[int, ...], set[str]] = {}
    report = []
    for line in done.stdout.split("\n"):
        if line[:2] not in ("S ", "V "):
            report.append(line)
            continue
        numbers = tuple(map(int, line[2:].split()))
        if line[0] == "S":
            shared.setdefault(numbers[:4], set()).add(numbers[4:])
        else:
            broken.setdefault(numbers[:4], set()).add(list(PROPERTIES)[numbers[4]])
    return Spin(shared, broken, "\n".join(report))


def test_spin_searched_everything_without_reduction(spin: Spin) -> None:
    assert "Full statespace search" in spin.report
    assert "Partial Order Reduction" not in spin.report
    assert "max search depth too small" not in spin.report
    assert "errors: 0" in spin.report


def test_spin_had_the_same_settings(spin: Spin) -> None:
    assert set(spin.shared) == {key_of(protocol) for protocol in settings()}


@pytest.mark.parametrize("protocol", settings(), ids=lambda p: "-".join(map(str, key_of(p))))
def test_spin_agrees(spin: Spin, protocol: Protocol) -> None:
    found = explore(protocol, keep_shared=True)
    key = key_of(protocol)
    assert set(found.schedules) == spin.broken.get(key, set())
    theirs = spin.shared[key]
    assert len(theirs) > 1000
    assert len(found.shared) == len(theirs)
    assert found.shared == theirs
