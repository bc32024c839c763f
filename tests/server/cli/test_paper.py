"""``fragscope report … -o FILE.html``, of a text, a capture, a session's file and an example."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from server.guests.library import EXAMPLES
from tests.server import command_line
from tests.server.paper.test_session_page import table_of
from tests.server.playback.test_page_file import inside

Run = Callable[..., tuple[int, str, str]]
CASE = str(Path(__file__).parents[2] / "engine/report/cases/two-nodes-128-gib.txt")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.setenv("FRAGSCOPE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: command_line.run(capsys, *arguments)


def test_a_session_is_reported_from_its_id_and_its_file_alike(run: Run, tmp_path: Path) -> None:
    story = ("report", "tight", "--designs", "pinned", "-o", "story.html")
    assert run(*story)[0] == 0
    carried = tmp_path / "carried.jsonl"
    # An example's story has no file of its own; one is made here by hand, without a seal.
    status, out, _ = run("report", "tight", "--designs", "pinned", "--json")
    facts = json.loads(out)
    lines: list[object] = [
        {"fragscope_session": 1, "current": 1,
         "head": {"log_version": 1, "engine": facts["engine"], "config": facts["config"],
                  "created": "2026-01-01T00:00:00Z"}},
        {"timeline": {"id": 1, "name": "main", "parent": None, "at_index": 0, "at_tick": 0,
                      "tick": facts["tick"]}},
        *({"entry": entry, "of": 1} for entry in facts["log"]),
    ]  # fmt: skip
    lines.append({"end": len(lines)})
    carried.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    told = json.loads(run("session", "import", "carried.jsonl")[1])
    status, _, err = run("report", told["session"], "-o", "id.html")
    assert status == 0 and "id.html: 2." in err
    text = (tmp_path / "id.html").read_text()
    shown = json.loads(run("session", "show", told["session"], "--json")[1])
    rows = table_of(text, "commands")[1:]
    assert [[int(r[0]), int(r[1])] for r in rows] == [[e["index"], e["tick"]] for e in shown["log"]]
    assert f"tick {shown['tick']:,}, after {len(shown['log'])} commands" in text
    # What the report carries verifies, and makes the same report again.
    (tmp_path / "again.jsonl").write_bytes(inside(text, "paper-session"))
    assert run("session", "verify", "again.jsonl")[0] == 0
    status, out, _ = run("report", "again.jsonl", "--json")
    again = json.loads(out)
    assert {k: v for k, v in again.items() if k != "session"} == {
        k: v for k, v in facts.items() if k != "session"
    }
    assert table_of((tmp_path / "story.html").read_text(), "scoreboard") == table_of(
        text, "scoreboard"
    )


def test_a_text_and_a_capture_become_a_page(run: Run, tmp_path: Path) -> None:
    status, out, err = run("report", CASE, "--order", "9", "-o", "text.html")
    assert (status, out) == (0, "") and "text.html: " in err
    text = (tmp_path / "text.html").read_text()
    assert f"fragscope report {CASE} --order 9 -o report.html" in text
    assert "fragmentation: 16348 pages are free" in text
    assert 'id="map-0"' not in text and "Not shown" not in text
    assert run("report", str(EXAMPLES["tight"].path), "-o", "capture.html")[0] == 0
    assert 'id="map-0"' in (tmp_path / "capture.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("tight", "--order", "3", "-o", "x.html"), "--order is for a report in text"),
        (("tight", "x.txt", "-o", "x.html"), "AFTER is for a report in text"),
        (("nobody", "-o", "x.html"), "nobody"),
        (("tight", "-o", "x.txt"), "a report is a page, FILE.html"),
        (("tight", "-o", "none/x.html"), "no folder none"),
        ((CASE, "-o", "none/x.html"), "no folder none"),
        (("tight", "--designs", "nobody", "-o", "x.html"), "nobody"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(
    run: Run, arguments: tuple[str, ...], sentence: str
) -> None:
    status, _, err = run("report", *arguments)
    assert (status, sentence in err, err.count("\n")) == (2, True, 1), err


def test_a_sessions_report_wants_a_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_text('{"fragscope_session": 1}\n')
    assert "its report is a page" in run("report", "s.jsonl")[2]
    assert "--seed is for an example" in run("report", "s.jsonl", "--seed", "2", "--json")[2]
