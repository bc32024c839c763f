"""Answers on the disk: whole lines are kept, a torn one was not acknowledged, damage is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.errors import JournalError
from server.journal import answers_file
from server.journal.answers_file import AnswersFile

ONE, TWO = {"do": "pose", "text": "ä"}, {"do": "guess", "ranges": [[1, 2]]}


def test_what_was_appended_is_there_for_the_next_process(tmp_path: Path) -> None:
    path = tmp_path / "x.answers"
    assert AnswersFile(path).read() == []
    assert not path.exists()
    first = AnswersFile(path)
    first.append([ONE])
    first.append([TWO, TWO])
    assert AnswersFile(path).read() == [ONE, TWO, TWO]
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("cut", [1, 2, 9, 30])
def test_a_torn_last_line_is_cut_off(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "x.answers"
    AnswersFile(path).append([ONE, TWO])
    path.write_bytes(path.read_bytes()[:-cut])
    again = AnswersFile(path)
    assert again.read() == [ONE]
    again.append([TWO])
    assert AnswersFile(path).read() == [ONE, TWO]


def test_damage_before_the_end_is_said(tmp_path: Path) -> None:
    path = tmp_path / "x.answers"
    AnswersFile(path).append([ONE, TWO])
    path.write_bytes(path.read_bytes().replace(b"pose", b"posE"))
    with pytest.raises(JournalError, match="are damaged"):
        AnswersFile(path).read()


def test_what_cannot_be_kept_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(JournalError, match="cannot be kept: No such file or directory"):
        AnswersFile(tmp_path / "nowhere" / "x.answers").append([ONE])
    with pytest.raises(JournalError, match="cannot be read"):
        AnswersFile(tmp_path).read()
    monkeypatch.setattr(answers_file, "MAX_ANSWERS_BYTES", 50)
    with pytest.raises(JournalError, match="the limit"):
        AnswersFile(tmp_path / "x.answers").append([ONE, TWO])
