"""What the digests know: constants and code, and neither comments nor line numbers."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

from engine.core import engine_digest
from engine.core.jit import sources
from engine.core.jit.sources import parse
from tests.engine.core.jit.programs_run import ROOT, run

PLAIN = b'''"""A file."""
from engine import units as u
MOST = 3

@core_jit
def one(guest, n):
    """What it does."""
    return n + MOST
'''
SAME = b'''"""A file, described better."""

# Why three: because.
from engine import units as u
MOST = 3


@core_jit
def one(guest, n):
    """What it does, and more.

    Args:
        n: int64.
    """
    "a sentence in the middle"
    return (n +
            MOST)  # and so on
'''


def test_comments_docstrings_and_lines_make_no_difference() -> None:
    assert parse(SAME) == parse(PLAIN)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"MOST = 3", b"MOST = 4"),
        (b"MOST = 3", b"MOST = 3.0"),
        (b"MOST = 3", b"MOST = None"),
        (b"MOST = 3", b"MOST = False"),
        (b"n + MOST", b"n - MOST"),
        (b"n + MOST", b"MOST + n"),
        (b"guest, n", b"guest, m"),
        (b"@core_jit\n", b"@core_inline\n"),
    ],
)
def test_everything_else_does(old: bytes, new: bytes) -> None:
    assert old in PLAIN
    assert parse(PLAIN.replace(old, new)).digest != parse(PLAIN).digest


def test_an_empty_list_is_not_a_missing_value() -> None:
    found = {
        parse(text).digest for text in (b"x = None", b"x = []", b"x = 0", b"x = ''", b"x: int")
    }
    assert len(found) == 5


def test_the_digest_of_a_text_is_the_same_under_every_python() -> None:
    """Versions differ in the fields of their trees; written down under 3.11."""
    assert parse(PLAIN).digest == "feeb96ed4ed068853d8c"


def test_a_module_depends_on_what_it_imports_and_on_nothing_else() -> None:
    alloc = sources.closure("engine.core.memory.alloc")
    names = {f"engine.core.memory.{one}" for one in ("alloc", "pcp", "buddy", "freelist", "page")}
    assert names | {"engine.units", "engine.core", "engine.core.memory"} <= alloc
    assert "engine.core.run" not in alloc
    assert "engine.core.jit.frontend" in alloc, "another compiler makes other code"


@pytest.mark.parametrize("module", sorted(sources.core_modules()))
def test_every_import_of_the_engine_is_followed(module: str) -> None:
    path = sources.path_of(module)
    assert path is not None
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports by dots, which closure() does not follow"
            if (node.module or "").startswith("engine."):
                assert node.module in sources.closure(module)


def test_rules_are_all_of_the_core_and_the_designs_without_the_compiler(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: set[str] = set()
    monkeypatch.setattr(sources, "digest_of_modules", lambda names: asked.update(names) or "x")
    sources.engine_digest.__wrapped__()
    assert {"engine.core.run", "engine.units", "engine.guest", "engine.world"} <= asked
    assert {"engine.designs.pinned", "engine.workload", "engine.capture.load"} <= asked
    assert not any(name.startswith("engine.core.jit.") for name in asked)


def test_the_engine_digest_is_the_same_compiled_or_not_and_with_every_flag(tmp_path: Path) -> None:
    code = "from engine.core import engine_digest\nprint(engine_digest())"
    for environment in (
        {"NUMBA_DISABLE_JIT": "1"},
        {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CPU_NAME": "generic"},
        {"FRAGSCOPE_JIT": "ordinary"},
    ):
        assert run(code, tmp_path, **environment) == [engine_digest()]
    assert len(engine_digest()) == 20


def test_what_was_parsed_is_remembered_and_a_lost_memory_does_no_harm(tmp_path: Path) -> None:
    code = """
import ast
parsed = []
parse = ast.parse
ast.parse = lambda *a, **k: parsed.append(1) or parse(*a, **k)
from engine.core import engine_digest
print(engine_digest(), len(parsed) > 50)
"""
    assert run(code, tmp_path) == [f"{engine_digest()} True"]
    assert run(code, tmp_path) == [f"{engine_digest()} False"]
    (tmp_path / "sources").write_bytes(b"{")
    assert run(code, tmp_path) == [f"{engine_digest()} True"]


def test_a_checkout_of_its_own_has_the_same_digest(tmp_path: Path) -> None:
    subprocess.run(["cp", "-r", str(ROOT / "engine"), str(tmp_path / "engine")], check=True)
    code = "from engine.core import engine_digest\nprint(engine_digest())"
    assert run(code, tmp_path / "cache", tmp_path) == [engine_digest()]
    units = tmp_path / "engine" / "units.py"
    units.write_text(units.read_text() + "\n# a sentence\n")
    assert run(code, tmp_path / "cache", tmp_path) == [engine_digest()]
    units.write_text(units.read_text() + "\nONE_MORE = 1\n")
    assert run(code, tmp_path / "cache", tmp_path) != [engine_digest()]
