"""How the core is compiled: cache folders that never answer with stale code."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from numba import config

from engine import core

ROOT = Path(core.__file__).resolve().parents[2]

COMPILE = """
from engine import units as u
from engine.core.memory.rng import rng_next
from engine.guest import ZoneSpan, make_guest
print(hex(int(rng_next(make_guest((ZoneSpan(u.ZONE_NORMAL, 0, 512),), 1)))))
print(sum(rng_next.stats.cache_hits.values()))
"""


def run(code: str, **environment: str) -> list[str]:
    """Lines that a fresh process prints."""
    env = {**os.environ, "NUMBA_DISABLE_JIT": "0", "NUMBA_BOUNDSCHECK": "0", **environment}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def test_the_second_process_compiles_nothing(tmp_path: Path) -> None:
    cache = str(tmp_path / "cache")
    assert run(COMPILE, FRAGSCOPE_CACHE_DIR=cache) == ["0x910a2dec89025cc1", "0"]
    assert run(COMPILE, FRAGSCOPE_CACHE_DIR=cache) == ["0x910a2dec89025cc1", "1"]
    checked = run(COMPILE, FRAGSCOPE_CACHE_DIR=cache, NUMBA_BOUNDSCHECK="1")
    assert checked == ["0x910a2dec89025cc1", "0"], "bounds checks need code of their own"


def test_a_warm_cache_that_cannot_be_written_is_still_used(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    run(COMPILE, FRAGSCOPE_CACHE_DIR=str(cache))
    sealed = (
        f"import engine.core as c; w = c._is_writable\nc._is_writable = lambda f: False\n{COMPILE}"
    )
    before = sorted(path.name for path in cache.rglob("*"))
    assert run(sealed, FRAGSCOPE_CACHE_DIR=str(cache))[-1] == "1"
    assert sorted(path.name for path in cache.rglob("*")) == before


def test_a_file_depends_on_what_it_imports_and_on_nothing_else() -> None:
    assert core._imports("memory/freelist") == {"memory/freelist"}
    called = {f"memory/{name}" for name in ("alloc", "pcp", "buddy", "freelist", "page")}
    assert called <= core._imports("memory/alloc")
    assert "run" not in core._imports("memory/alloc")


@pytest.mark.parametrize("path", sorted(Path(core.__file__).parent.rglob("*.py")))
def test_every_import_is_found_that_the_parser_finds(path: Path) -> None:
    wanted = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("engine.core"):
            parts = (node.module or "").split(".")[2:]
            wanted |= {"/".join(parts)} | {"/".join([*parts, one.name]) for one in node.names}
        assert not isinstance(node, ast.Import) or not node.names[0].name.startswith("engine")
    folder = Path(core.__file__).parent
    own = path.relative_to(folder).with_suffix("").as_posix()
    files = {name for name in wanted if (folder / f"{name}.py").is_file()}
    assert files <= core._imports(own)
    assert core._imports(own) == {own}.union(*(core._imports(name) for name in files))


@pytest.mark.parametrize("flag", ["NUMBA_BOUNDSCHECK", "NUMBA_CPU_NAME"])
def test_the_digest_knows_the_flags(flag: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = core.cache_digest.__wrapped__("memory/rng")
    monkeypatch.setenv(flag, "other")
    assert core.cache_digest.__wrapped__("memory/rng") != before


def test_the_folder_is_chosen_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    monkeypatch.delenv("FRAGSCOPE_CACHE_DIR", raising=False)
    assert core._cache_root() == Path("/somewhere/fragscope")
    monkeypatch.setenv("FRAGSCOPE_CACHE_DIR", "/elsewhere")
    assert core._cache_root() == Path("/elsewhere")


def test_a_foreign_folder_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert core._is_ours(tmp_path)
    owner = tmp_path.stat().st_uid
    os.chown(tmp_path, 12345, -1) if owner == 0 else monkeypatch.setattr(os, "getuid", lambda: 1)
    assert core._is_ours(tmp_path) is False


def test_uncompiled_functions_stay_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "DISABLE_JIT", 1)

    def plain(guest: object) -> object:
        return guest

    assert core.core_jit(plain) is plain
    assert core.core_inline(plain) is plain
