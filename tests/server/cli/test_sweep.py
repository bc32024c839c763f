"""``fragscope sweep``: what it prints, what it refuses, and how it goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.cli.sweep import in_words, time_left
from tests.server.command_line import run
from tests.server.sweep.grids import GRID, RUNS


@pytest.fixture
def grid(tmp_path: Path) -> str:
    (tmp_path / "grid.toml").write_text(GRID)
    return str(tmp_path / "grid.toml")


def test_estimate_then_play_then_resume(
    grid: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(tmp_path / "out")
    arguments = ("sweep", grid, "-o", folder, "--workers", "1")
    status, out, _ = run(capsys, *arguments, "--estimate")
    assert status == 0
    assert out.startswith(f"{RUNS} runs, 0 of them present: about ")
    assert not Path(folder).exists()
    status, out, _ = run(capsys, *arguments, "--resume")  # nothing there: it begins
    assert status == 0
    assert f"{RUNS} runs played, 0 present, 0 failed" in out
    assert "guest ↓ balloon →" in out
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert "holds results already: --resume goes on" in err
    status, out, _ = run(capsys, *arguments, "--resume")
    assert f"0 runs played, {RUNS} present" in out
    status, out, _ = run(capsys, *arguments, "--estimate")
    assert f"{RUNS} runs, all of them present." in out


def test_bad_input_is_one_sentence(
    grid: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.toml").write_text("titel = 1")
    (tmp_path / "bytes.toml").write_bytes(b"\xff")
    for arguments, words in (
        (("none.toml", "-o", "x"), "cannot read none.toml"),
        ((str(tmp_path / "bad.toml"), "-o", "x"), "the grid has no field 'titel'"),
        ((str(tmp_path / "bytes.toml"), "-o", "x"), "is not UTF-8 text"),
        ((grid, "-o", "x", "--workers", "0"), "number of workers is '0'"),
        ((grid,), "required: -o"),
        ((grid, "-o", "x", "--workers", "1", "--dask", "a"), "not allowed with"),
    ):
        status, out, err = run(capsys, "sweep", *arguments)
        assert (status, out) == (2, "")
        assert words in err
        assert len(err.splitlines()) == 1


def test_time_is_said_as_people_do() -> None:
    assert [in_words(s) for s in (0.2, 99, 100, 3000, 7200)] == [
        "1 s", "99 s", "2 min", "50 min", "2.0 h",
    ]  # fmt: skip
    assert time_left(10, 5, 20) == ", 30 s left"
    assert time_left(0, 0, 20) == time_left(9, 20, 20) == ""
