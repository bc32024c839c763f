"""scripts/test/run.py names what it could not prove, and fails where that was required."""

from __future__ import annotations

import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import pytest

from scripts.test import run

ROOT = Path(__file__).resolve().parents[2]


def run_tests(*legs: str, require: str = "") -> subprocess.CompletedProcess[str]:
    """Run legs on a machine that has no tool at all: an empty PATH, so no apt either."""
    return subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "test" / "run.py"), *legs],
        env={"PATH": "", "FRAGSCOPE_REQUIRE": require},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_leg_that_cannot_run_is_named_in_the_last_lines() -> None:
    done = run_tests("container", "browser")
    *_, container, browser, total = done.stdout.splitlines()
    assert container.startswith("not proved on this machine: container (no podman, no runc")
    assert "apt-get install podman runc debootstrap" in container
    assert browser.startswith("not proved on this machine: browser (no chromium")
    assert total == "0 passed, 0 failed"
    assert done.returncode == 0


def test_a_required_leg_that_cannot_run_is_a_failure() -> None:
    done = run_tests("container", "browser", require="container")
    *_, container, browser, total = done.stdout.splitlines()
    assert container.startswith("required: container (no podman")
    assert browser.startswith("not proved on this machine: browser")
    assert total == "0 passed, 1 failed"
    assert done.returncode == 1


def test_an_unknown_leg_is_refused() -> None:
    done = run_tests("contaner")
    assert done.returncode == 2
    assert "unknown leg contaner; there are lint" in done.stdout
    assert run_tests("web", require="contaner").returncode == 2


def test_what_failed_is_named_in_the_last_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "test_three.py").write_text(
        "import pytest\n"
        "@pytest.fixture\n"
        "def late(): yield; assert 2 == 3, 'only two were freed'\n"
        "def test_good(): pass\n"
        "def test_bad(): assert False, 'one block is left'\n"
        "def test_late(late): pass\n"
    )
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.setattr(run, "RESULTS", tmp_path)
    monkeypatch.setitem(run.PATHS, "race", ("test_three.py",))
    counts = {"race": run.pytest("race", "-p", "no:cacheprovider")}
    capfd.readouterr()
    assert run.summarise(counts, {}, set()) == 1
    *_, bad, late, total = capfd.readouterr().out.splitlines()
    assert bad.startswith("failed: test_three::test_bad: AssertionError: one block is left")
    assert late.startswith("failed: test_three::test_late: failed on teardown")
    assert "only two were freed" in late
    assert total == "1 passed, 2 failed"


def test_no_test_file_is_in_no_leg() -> None:
    run_in_legs = {
        file
        for patterns in run.PATHS.values()
        for pattern in patterns
        for path in ROOT.glob(pattern)
        for file in (path.rglob("test_*.py") if path.is_dir() else [path])
    }
    assert sorted(set((ROOT / "tests").rglob("test_*.py")) - run_in_legs) == []
    assert [
        pattern for one in run.PATHS.values() for pattern in one if not list(ROOT.glob(pattern))
    ] == []


def test_every_leg_has_its_place_in_the_lanes() -> None:
    assert set(run.QUEUE) - {"image"} == set(run.LEGS)
    assert len(run.QUEUE) == len(set(run.QUEUE))
    assert set(run.LAST) < set(run.QUEUE)


def test_a_free_lane_takes_the_longest_leg_that_is_left() -> None:
    lanes = run.Lanes(["lint", "web", "python", "uncompiled"])
    assert [lanes.next() for _ in range(5)] == ["uncompiled", "python", "web", "lint", None]


def test_two_lanes_run_each_leg_once_and_side_by_side(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    began: list[str] = []
    another = threading.Event()

    def leg(name: str) -> run.Count:
        began.append(name)
        print(f"{name} ran", file=run.sink())
        if name != "python":
            another.set()
        return run.Count(passed=another.wait(60))

    names = ("lint", "python", "uncompiled", "web", "browser")
    monkeypatch.setattr(run, "RESULTS", tmp_path)
    monkeypatch.setattr(run, "LEGS", {name: (partial(leg, name), ()) for name in names})
    counts = run.run_legs(list(names))
    assert list(counts) == list(names)
    assert [count.passed for count in counts.values()] == [1] * len(names)
    assert sorted(began) == sorted(names)
    assert began[-1] == "browser"
    out = capsys.readouterr().out
    assert [out.count(f"{name} ran") for name in names] == [1] * len(names)
