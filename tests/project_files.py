"""The project's own files, for the tests of the house's rules."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAX_FILE_BYTES = 1 << 20
MADE_BY_TOOLS = {
    ".git", ".venv", ".cache", "node_modules", "__pycache__", ".pytest_cache", ".mypy_cache",
    ".ruff_cache", ".hypothesis", ".import_linter_cache", "test-results", "dist", "build",
}  # fmt: skip
TEXT = {
    ".py", ".js", ".ts", ".css", ".html", ".md", ".toml", ".yaml", ".yml", ".json", ".sh", ".lock",
    ".txt", ".c", ".pml", ".svg", "",
}  # fmt: skip


def project_files() -> Iterator[Path]:
    """Every file of the project, none of those that tools make."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(name for name in folders if name not in MADE_BY_TOOLS)
        for name in sorted(set(names) - MADE_BY_TOOLS):  # .git is a file in a worktree
            yield Path(folder) / name


def none(offences: list[str]) -> None:
    """Fail with every offence on a line of its own."""
    assert not offences, "\n" + "\n".join(offences)


def name_of(path: Path) -> str:
    """A file's path in the project."""
    return path.relative_to(ROOT).as_posix()


def text_files() -> Iterator[tuple[str, str]]:
    """(name, text) of every text file of the project."""
    for path in project_files():
        if path.suffix in TEXT and path.stat().st_size < MAX_FILE_BYTES:
            yield name_of(path), path.read_text(encoding="utf-8")


def python_files(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    """(name, syntax tree) of every Python file below some folders."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not MADE_BY_TOOLS & set(path.relative_to(ROOT).parts):
                yield name_of(path), ast.parse(path.read_text(encoding="utf-8"))
