"""What several commands read of sessions: each way to fail is one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.cli.stored import in_one_sentence, session_of_file, sessions_folder, stored_session
from server.errors import NotFoundError


def test_what_cannot_be_read_is_bad_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRAGSCOPE_DATA_DIR", str(tmp_path / "data"))
    assert sessions_folder().names() == []
    with pytest.raises(ValueError, match="session"):
        stored_session("nobody")
    with pytest.raises(ValueError, match="cannot read"):
        session_of_file(str(tmp_path / "none"))
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="no UTF-8"):
        session_of_file(str(tmp_path / "bytes"))


def test_a_journals_errors_become_bad_input() -> None:
    def fail() -> None:
        raise NotFoundError("gone")

    with pytest.raises(ValueError, match=r"^gone$"):
        in_one_sentence(fail)
    assert in_one_sentence(lambda: 3) == 3
