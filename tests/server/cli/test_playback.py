"""``fragscope session export --html``: a session or an example's story as one file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.server import command_line
from tests.server.playback.test_page_file import inside

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.setenv("FRAGSCOPE_DATA_DIR", str(tmp_path / "data"))
    return lambda *arguments: command_line.run(capsys, "session", "export", *arguments)


def test_an_examples_story_becomes_a_file_of_a_stated_size(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "runs.html"
    status, _, err = run(
        "runs", "--html", "-o", str(file), "--designs", "pinned", "--every", "50", "--to", "200"
    )
    assert status == 0
    assert f"{file}: 0." in err and "up to tick 200" in err
    assert '"key":"pinned"' in inside(file.read_text(), "playback-story").decode()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("runs", "--html"), "-o FILE.html"),
        (("runs", "--html", "-o", "x", "--every", "0"), "--every is '0'"),
        (("runs", "--html", "-o", "x", "--link", "ftp://h"), "http"),
        (("nobody", "--html", "-o", "x"), "session"),
        (("nobody", "--from", "3"), "--from is for a playback"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(
    run: Run, arguments: tuple[str, ...], sentence: str
) -> None:
    status, _, err = run(*arguments)
    assert (status, sentence in err, err.count("\n")) == (2, True, 1)
