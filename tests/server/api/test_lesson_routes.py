"""REST of lessons: a step begun, tried the wrong way, done, and its evidence verified."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx2 as httpx
import pytest

from engine.core import engine_digest
from server.lessons.evidence import replay_evidence
from server.settings import Settings
from tests.server.api.program import Program, program
from tests.server.client import post_session
from tests.server.conftest import running
from tests.server.lessons.files import EXAMPLE, example, worlds

LESSON = example()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("lessons")
    (folder / "example.md").write_text(EXAMPLE)
    (folder / "broken.md").write_text("nothing")
    with running(Settings(port=0, lessons_dir=str(folder))) as address:
        yield address


def at(served: str, number: int, what: str) -> str:
    return f"{served}/api/lessons/example/steps/{number}/{what}"


@pytest.fixture
def script(served: str) -> Iterator[Program]:
    """A session at the start of the last step."""
    way = httpx.get(at(served, 3, "way"), timeout=60).json()
    with program(served, post_session(served, way["config"])) as one:
        for command in way["commands"]:
            one.command(command, "?wait=idle")
        yield one


def post(served: str, script: Program, what: str, number: int = 3, **body: Any) -> httpx.Response:
    session = script.url.rpartition("/")[2]
    return script.client.post(at(served, number, what), json={"session": session, **body})


def test_the_list_has_every_file_and_what_is_wrong_with_it(served: str) -> None:
    told = {one["name"]: one for one in httpx.get(f"{served}/api/lessons").json()["lessons"]}
    assert told["example"]["steps"] == 3
    assert told["broken"]["problem"].startswith("line 1: front matter is missing")


def test_no_answer_is_in_what_the_page_reads(served: str) -> None:
    answer = httpx.get(f"{served}/api/lessons/example")
    assert answer.json()["title"] == LESSON.title
    assert "deflate" not in json.dumps(answer.json())


def test_a_step_is_tried_done_and_verified(served: str, script: Program) -> None:
    begun = post(served, script, "begin").json()
    start = begun["start"]
    assert start["numbers"] == {"pinned.huge_best": 6}
    first = post(served, script, "check", start=start, attempt=1).json()
    assert (first["done"], "hint" in first, "evidence" in first) == (False, True, False)
    for command in LESSON.steps[2].act.wrong.do:  # type: ignore[union-attr]
        script.command(command.to_dict(), "?wait=idle")
    wrong = post(served, script, "check", start=start, attempt=2).json()
    assert (wrong["done"], "say" in wrong) == (False, True)
    for command in httpx.get(at(served, 3, "solution")).json()["solution"]:
        script.command(command, "?wait=idle")
    done = post(served, script, "check", start=start).json()
    assert (done["done"], "after" in done) == (True, True)
    found = replay_evidence(LESSON, 2, done["evidence"], None, engine_digest(), worlds())
    assert (found.done, found.text) == (True, "")


def test_a_session_of_another_guest_is_409(served: str) -> None:
    with program(served) as other:
        answer = post(served, other, "begin")
    assert answer.status_code == 409
    assert "runs another guest" in answer.json()["error"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("nowhere", 404),
        ("broken", 400),
        ("example/steps/9/way", 404),
        ("example/steps/x/way", 400),
        ("nowhere/steps/1/solution", 404),
        ("..%2f..%2fetc%2fpasswd", 404),
    ],
)
def test_what_is_not_there_is_one_sentence(served: str, path: str, status: int) -> None:
    answer = httpx.get(f"{served}/api/lessons/{path}")
    assert answer.status_code == status
    assert answer.json()["error"]


def test_nobody_looks_at_a_session_without_its_token(served: str, script: Program) -> None:
    session = script.url.rpartition("/")[2]
    answer = httpx.post(at(served, 3, "begin"), json={"session": session})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {"start": 3},
        {"start": {}, "x": 1},
        {},
        {"start": {"tick": 0, "log_index": 0, "numbers": {}}},
    ],
)
def test_a_check_of_another_form_is_400(served: str, script: Program, body: dict[str, Any]) -> None:
    answer = post(served, script, "check", **body)
    assert answer.status_code == 400
    assert "\n" not in answer.json()["error"]
