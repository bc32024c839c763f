"""The folder: whole files or none, and a result that was cut off is no result."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import RefusedError
from server.sweep.store import SweepStore, write_whole

KEY = "ab" + "0" * 30


def test_a_result_is_found_again_and_a_damaged_one_is_none(tmp_path: Path) -> None:
    store = SweepStore(tmp_path)
    assert store.find(KEY) is None
    assert not store.has(KEY)
    store.keep(KEY, {"error": "", "tick": 3})
    assert store.find(KEY) == {"error": "", "tick": 3}
    path = store.path_of(KEY)
    whole = path.read_bytes()
    for damaged in (whole[:-5], b"", b"[]", whole.replace(b"ab000", b"ac000")):
        path.write_bytes(damaged)
        assert store.find(KEY) is None


def test_what_cannot_be_written_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    write_whole(path, b"old")

    def full(self: Path, target: Path) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="no space"):
        write_whole(path, b"new")
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"old"]


def test_results_are_not_mixed_unless_somebody_says_so(tmp_path: Path) -> None:
    store = SweepStore(tmp_path / "new")
    store.begin("a = 1\n", resume=True)  # nothing there: it begins
    store.keep(KEY, {})
    with pytest.raises(RefusedError, match="--resume goes on"):
        store.begin("a = 2\n", resume=False)
    assert (tmp_path / "new" / "grid.toml").read_text() == "a = 1\n"
    store.begin("a = 2\n", resume=True)
    assert (tmp_path / "new" / "grid.toml").read_text() == "a = 2\n"
