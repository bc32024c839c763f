"""Where compiled code is kept: whole, ours, and found by whoever has the same sources."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import pytest

from engine.core.jit import cache
from tests.engine.core.jit.programs_run import ANSWER, COMPILED, NOTHING, RNG, ROOT, run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of this test's."""
    monkeypatch.setattr(cache, "base", lambda: tmp_path)
    monkeypatch.setattr(cache, "_readable", lambda: (tmp_path,))
    return tmp_path


def test_what_is_stored_is_loaded(folder: Path) -> None:
    assert cache.load("abc/one") is None
    cache.store("abc/one", b"code")
    assert cache.load("abc/one") == b"code"
    assert [path.name for path in (folder / "abc").iterdir()] == ["one"]
    assert folder / "abc" in cache.folders()[1]


@pytest.mark.parametrize("damage", [b"", b"short", b"x" * 40])
def test_a_damaged_file_counts_as_absent(folder: Path, damage: bytes) -> None:
    cache.store("one", b"code")
    (folder / "one").write_bytes(damage)
    assert cache.load("one") is None
    cache.store("one", b"code")
    assert cache.load("one") == b"code"


def test_two_writers_at_once_leave_one_whole_file(folder: Path) -> None:
    contents = [bytes([i]) * 100_000 for i in range(8)]
    threads = [threading.Thread(target=cache.store, args=("one", c)) for c in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cache.load("one") in contents
    assert [path.name for path in folder.iterdir()] == ["one"]


def test_who_cannot_write_goes_on_without(folder: Path) -> None:
    (folder / "taken").write_bytes(b"a file where a folder should be")
    cache.store("taken/one", b"code")
    assert cache.load("taken/one") is None


def test_others_may_read_what_was_written(folder: Path) -> None:
    """A container image is built by one user and run by another."""
    mask = os.umask(0o022)
    try:
        cache.store("one", b"code")
    finally:
        os.umask(mask)
    assert (folder / "one").stat().st_mode & 0o777 == 0o644


def test_the_folder_is_chosen_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    monkeypatch.delenv("FRAGSCOPE_CACHE_DIR", raising=False)
    assert cache._root() == Path("/somewhere/fragscope")
    monkeypatch.setenv("FRAGSCOPE_CACHE_DIR", "/elsewhere")
    assert cache._root() == Path("/elsewhere")


def test_a_foreign_folder_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_readable", lambda: (tmp_path,))
    monkeypatch.setattr(cache, "base", lambda: tmp_path)
    cache.store("abc/one", b"code")
    assert cache.load("abc/one") == b"code"
    owner = tmp_path.stat().st_uid
    if owner == 0:
        os.chown(tmp_path / "abc", 12345, -1)
    else:
        monkeypatch.setattr(os, "getuid", lambda: 1)
    assert cache.load("abc/one") is None


def test_the_second_process_compiles_nothing(tmp_path: Path) -> None:
    assert run(RNG, tmp_path) == [ANSWER, COMPILED]
    assert run(RNG, tmp_path) == [ANSWER, NOTHING]
    checked = run(RNG, tmp_path, NUMBA_BOUNDSCHECK="1")
    assert checked == [ANSWER, COMPILED], "bounds checks need code of their own"
    assert run(RNG, tmp_path, NUMBA_CPU_NAME="generic") == [ANSWER, COMPILED]


def test_every_damaged_file_is_made_anew(tmp_path: Path) -> None:
    run(RNG, tmp_path)
    for path in [path for path in tmp_path.rglob("*") if path.is_file()]:
        path.write_bytes(path.read_bytes()[:-5])
    assert run(RNG, tmp_path) == [ANSWER, COMPILED]
    assert run(RNG, tmp_path) == [ANSWER, NOTHING]


def test_a_second_checkout_compiles_nothing(tmp_path: Path) -> None:
    """Same content, another path and other times: nothing else of a file may matter."""
    other = tmp_path / "other"
    shutil.copytree(ROOT / "engine", other / "engine", ignore=shutil.ignore_patterns("__pycache__"))
    rng = other / "engine" / "core" / "memory" / "rng.py"
    rng.write_text(rng.read_text() + "\n# a comment more\n")
    where = f"{RNG}import engine\nprint(engine.__file__)\n"
    cache_folder = tmp_path / "cache"
    run(RNG, cache_folder)
    answer, done, file = run(where, cache_folder, other)
    assert (answer, done) == (ANSWER, NOTHING)
    assert file.startswith(str(other))
    text = rng.read_text()
    rng.write_text(text.replace("np.uint64(30)", "np.uint64(31)"))
    assert rng.read_text() != text
    answer, done, _ = run(where, cache_folder, other)
    assert answer != ANSWER
    assert done == COMPILED


def test_a_warm_cache_that_cannot_be_written_is_read_where_it_is(tmp_path: Path) -> None:
    run(RNG, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    sealed = f"""
from engine.core.jit import cache
cache._is_writable = lambda folder: False
{RNG}
print(cache.base() != cache._root(), len(list(cache.base().iterdir())))
"""
    assert run(sealed, tmp_path) == [ANSWER, NOTHING, "True 0"]
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
