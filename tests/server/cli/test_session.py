"""``fragscope session``: beside a running server, and without one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2 as httpx
import pytest

from server.settings import Settings
from tests.server import command_line
from tests.server.client import Made, post_session
from tests.server.conftest import running

COMMANDS = ({"type": "balloon_inflate", "nr_pages": 4096}, {"type": "compact"})
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs a verb over a folder of its own."""
    monkeypatch.setenv("FRAGSCOPE_DATA_DIR", str(tmp_path / "data"))
    return lambda *arguments: command_line.run(capsys, "session", *arguments)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[tuple[str, Made]]:
    """A server over that folder, and a session of two commands that it has open."""
    with running(Settings(port=0, data_dir=str(tmp_path / "data"))) as address:
        made = post_session(address)
        for command in COMMANDS:
            answer = httpx.post(
                f"{address}/api/sessions/{made}/commands?wait=idle",
                json={"command": command}, headers=made.headers, timeout=60,
            )  # fmt: skip
            assert answer.status_code == 200
        yield address, made


def test_a_session_is_listed_shown_and_exported_while_a_server_has_it_open(
    run: Run, session: tuple[str, Made], tmp_path: Path
) -> None:
    _, made = session
    (row,) = json.loads(run("list", "--json")[1])["sessions"]
    assert (row["session"], row["commands"], row["open"]) == (made, 2, True)
    assert made in run("list")[1]
    told = json.loads(run("show", made, "--json")[1])
    assert [entry["command"] for entry in told["log"]] == list(COMMANDS)
    assert "balloon_inflate nr_pages=4096" in run("show", made)[1]
    file = tmp_path / "session.jsonl"
    assert run("export", made, "-o", str(file))[0] == 0
    assert run("export", made)[1] == file.read_text()
    status, out, _ = run("verify", str(file))
    assert (status, "2 commands in 1 timelines" in out, "digests agree" in out) == (0, True, True)


def test_a_file_becomes_a_session_that_a_running_server_has_at_once(
    run: Run, session: tuple[str, Made], tmp_path: Path
) -> None:
    address, made = session
    file = tmp_path / "session.jsonl"
    run("export", made, "-o", str(file))
    told = json.loads(run("import", str(file))[1])
    states = [
        httpx.get(
            f"{address}/api/sessions/{name}/state",
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        ).json()
        for name, token in ((made, made.viewer), (told["session"], told["viewer"]))
    ]
    assert states[0] == states[1]


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        ('"nr_pages":4096', '"nr_pages":4097', 1),
        ('"seed":1,"profile"', '"seed":2,"profile"', 1),
        ('"index":2', '"index":3', 1),
        ('"fragscope_session":1', '"fragscope_session":2', 2),
        ('"engine":"', '"engine":"f', 2),
        ('{"end"', "{", 2),
    ],
)
def test_an_altered_file_is_1_with_its_tick_and_one_that_cannot_be_read_is_2(
    run: Run, session: tuple[str, Made], tmp_path: Path, old: str, new: str, status: int
) -> None:
    file = tmp_path / "session.jsonl"
    run("export", session[1], "-o", str(file))
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    found, out, err = run("verify", str(file))
    assert (found, out, err.count("\n")) == (status, "", 1)
    assert ("at tick" in err) is (status == 1)


def test_what_is_not_there_is_one_sentence(run: Run, tmp_path: Path) -> None:
    for arguments in (("show", "none"), ("export", "none"), ("verify", str(tmp_path / "none"))):
        status, _, err = run(*arguments)
        assert (status, err.count("\n")) == (2, 1)
    assert run("list", "--json")[1] == '{"sessions": []}\n'
