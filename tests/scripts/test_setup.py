"""scripts/setup.sh says which Debian package is missing; the locks are whole."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout without .venv, and a folder bin/ that is the whole PATH."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "setup.sh", tmp_path / "scripts")
    (tmp_path / "bin").mkdir()
    for tool in ("sh", "dirname", "env"):
        found = shutil.which(tool)
        assert found
        (tmp_path / "bin" / tool).symlink_to(found)
    return tmp_path


def set_up(checkout: Path, kind: str = "run") -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(checkout / "bin"), "HOME": str(checkout)}
    return subprocess.run(
        [str(checkout / "bin" / "sh"), "scripts/setup.sh", kind],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def add_python(checkout: Path, script: str) -> None:
    python = checkout / "bin" / "python3"
    python.write_text(f"#!{checkout}/bin/sh\n{script}\n")
    python.chmod(0o755)


def test_without_python_the_packages_are_named(checkout: Path) -> None:
    done = set_up(checkout)
    assert done.returncode == 1
    assert "Python 3.11 or newer" in done.stderr
    assert "apt-get install python3 python3-venv" in done.stderr


def test_an_old_python_is_not_taken(checkout: Path) -> None:
    add_python(checkout, "exit 1  # as `sys.exit(sys.version_info < (3, 11))` on 3.10")
    done = set_up(checkout)
    assert done.returncode == 1
    assert "Python 3.11 or newer" in done.stderr


def test_without_venv_its_package_is_named(checkout: Path) -> None:
    add_python(checkout, 'case "$2" in *ensurepip*) exit 1 ;; esac')
    done = set_up(checkout)
    assert done.returncode == 1
    assert "cannot make virtual environments" in done.stderr
    assert "apt-get install python3-venv" in done.stderr
    assert not (checkout / ".venv").exists()


def test_an_unknown_kind_is_refused(checkout: Path) -> None:
    done = set_up(checkout, "prod")
    assert done.returncode == 2
    assert "'prod' is neither run nor dev" in done.stderr


def test_the_locks_are_complete_and_name_no_index() -> None:
    for name in (
        "requirements.lock", "requirements-build.lock", "requirements-sweep.lock",
        "requirements-dev.lock",
    ):  # fmt: skip
        text = (ROOT / name).read_text()
        pins = [line for line in text.splitlines() if line and line[0].isalnum()]
        assert pins
        assert [line for line in pins if "==" not in line] == [], name
        assert text.count("--hash=sha256:") >= len(pins), name
        assert "://" not in text, name
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
