"""GET …/export?as=report: the bytes that ``fragscope report SESSION`` writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.settings import Settings
from tests.server.api.program import INFLATE, program
from tests.server.command_line import run
from tests.server.conftest import running


def test_the_page_and_the_command_line_write_the_same_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    with running(Settings(port=0, data_dir=str(data))) as address, program(address) as script:
        script.command(INFLATE, "?wait=idle")
        state = script.state()
        answer = script.get("/export?as=report")
        session = script.url.rpartition("/")[2]
        assert script.state() == state
    assert answer.status_code == 200
    named = f'attachment; filename="fragscope-{session}-report.html"'
    assert answer.headers["content-disposition"] == named
    assert state["digest"] in answer.text
    monkeypatch.setenv("FRAGSCOPE_DATA_DIR", str(data))
    code, _, said = run(capsys, "report", session, "-o", str(tmp_path / "report.html"))
    assert code == 0, said
    assert (tmp_path / "report.html").read_bytes() == answer.content
