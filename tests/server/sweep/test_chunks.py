"""What a worker does: each result at once, and whatever is wrong is a row."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.commands import BalloonInflate, Offline
from engine.core import engine_digest
from engine.sweep.grid import GuestSpec
from server.sweep.chunks import Chunk, SweepItem, play_chunk
from server.sweep.starts import guest_identity
from server.sweep.store import SweepStore

GUEST = GuestSpec("synthetic", "tight", "tight", 256)
GOOD = SweepItem("a" * 32, "pinned", "modern", (BalloonInflate(512),))
BAD = SweepItem("b" * 32, "pinned", "modern", (Offline(4096, 128),))


def chunk(folder: Path, *items: SweepItem) -> Chunk:
    return Chunk(engine_digest(), str(folder), GUEST, guest_identity(GUEST), 1, items)


def test_results_are_written_by_the_worker_and_returned(tmp_path: Path) -> None:
    good, bad = play_chunk(chunk(tmp_path, GOOD, BAD))
    store = SweepStore(tmp_path)
    assert store.find(GOOD.key) == good.outcome
    assert good.outcome["balloon_actual"] == 512
    assert good.seconds > 0
    assert store.find(BAD.key) == bad.outcome  # it will never come out otherwise
    assert bad.outcome["error"]


def test_a_worker_that_does_not_see_the_folder_returns_its_results(tmp_path: Path) -> None:
    (good,) = play_chunk(chunk(tmp_path / "elsewhere", GOOD))
    assert good.kept
    assert not (tmp_path / "elsewhere").exists()


def test_what_may_fare_better_elsewhere_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (other,) = play_chunk(replace(chunk(tmp_path, GOOD), engine="0" * 20))
    assert "another version of the simulator" in other.outcome["error"]
    example = replace(chunk(tmp_path, GOOD), guest=GuestSpec("capture", "runs", "runs"))
    (other_file,) = play_chunk(replace(example, identity="capture of old"))
    assert "the worker has another file" in other_file.outcome["error"]

    def short(*_: object) -> None:
        raise MemoryError("out of it")

    monkeypatch.setattr("server.sweep.chunks.play_run", short)
    (failed,) = play_chunk(chunk(tmp_path, GOOD))
    assert "the simulator failed: MemoryError" in failed.outcome["error"]
    assert [one.kept for one in (other, other_file, failed)] == [False] * 3
    assert list(tmp_path.iterdir()) == []
