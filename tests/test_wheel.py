"""The wheel carries what the program reads at run time, and nothing that only development needs."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DEVELOPMENT_ONLY = {"package.json", "package-lock.json", "tsconfig.json", "src/net/protocol.d.ts"}


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Members of the wheel, built as the Dockerfile builds it."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory"]
    subprocess.run([*command, str(folder)], cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def below(room: str) -> set[str]:
    """Files of a folder of the checkout, without those that tools make."""
    files = {p.relative_to(ROOT / room) for p in (ROOT / room).rglob("*") if p.is_file()}
    made = {"node_modules", "__pycache__"}
    return {p.as_posix() for p in files if not made & set(p.parts)}


def test_page_and_examples_are_inside(names: set[str]) -> None:
    page = {f"server/_web/{name}" for name in below("web") - DEVELOPMENT_ONLY}
    assert page - names == set()
    for room in ("examples", "lessons", "sweeps"):
        assert {f"server/_{room}/{name}" for name in below(room)} - names == set()
    assert "server/lessons/example.md" in names


def test_every_module_is_inside(names: set[str]) -> None:
    for room in ("engine", "server"):
        modules = {f"{room}/{name}" for name in below(room) if name.endswith(".py")}
        assert modules - names == set()


def test_nothing_else_is_inside(names: set[str]) -> None:
    strangers = [
        name
        for name in names
        if not name.startswith(("engine/", "server/", "fragscope-"))
        or "node_modules" in name
        or any(name.endswith(f"/{other}") for other in DEVELOPMENT_ONLY)
        or name.endswith(".pyc")
    ]
    assert strangers == []
