"""scripts/test/run.py names what it could not prove, and fails where that was required."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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
