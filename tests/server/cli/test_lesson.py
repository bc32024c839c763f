"""`fragscope lesson`: list, new, check, show, export, grade; faults with file and line."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from engine.core import engine_digest
from server.paths import lessons_folder
from tests.server import command_line
from tests.server.lessons.files import EXAMPLE, changed, line_of
from tests.server.lessons.test_evidence import GOOD, LESSON
from tests.server.lessons.test_grading import PROGRESS


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    return command_line.run(capsys, "lesson", *arguments)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "example.md").write_text(EXAMPLE)
    return tmp_path


def test_our_lessons_and_those_of_a_folder_are_listed(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    (folder / "broken.md").write_text("nothing")
    status, out, _ = run(capsys, "list", "--lessons", str(folder))
    assert status == 0
    assert "A balloon in the way" in out
    assert "line 1: front matter is missing" in out
    told = json.loads(run(capsys, "list", "--json", "--lessons", str(folder))[1])["lessons"]
    names = {"broken", "example", *(path.stem for path in lessons_folder().glob("*.md"))}
    assert {one["name"] for one in told} == names


def test_a_new_lesson_passes_the_check(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(capsys, "new", "mine", "--lessons", str(tmp_path))[0] == 0
    status, out, _ = run(capsys, "check", str(tmp_path / "mine.md"))
    assert (status, "ok" in out) == (0, True)
    status, _, err = run(capsys, "new", "mine", "--lessons", str(tmp_path))
    assert (status, "is there already" in err) == (2, True)


def test_faults_are_lines_with_file_and_line_and_status_1(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    change = ("pinned.huge_best > start.pinned.huge_best", "given.all > 0")
    path = folder / "bad.md"
    path.write_text(changed(change))
    status, out, _ = run(capsys, "check", str(path))
    assert status == 1
    line = line_of("expect: given.all", change)
    assert f"{path}:{line}: expect is true after the wrong attempt" in out


def test_a_lesson_is_shown_with_its_answers(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    status, out, _ = run(capsys, "show", "example", "--lessons", str(folder))
    assert status == 0
    assert "solution: deflate 48 MiB, then compact all memory, then take 200 huge pages" in out


def test_progress_is_graded_as_a_table_and_as_csv(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    steps = [{**PROGRESS["steps"][1], "evidence": {**GOOD, "engine": engine_digest()}}]
    good = {**PROGRESS, "lesson_digest": LESSON.digest, "student": "=1+1", "steps": steps}
    forged = [{**steps[0], "evidence": {**GOOD, "engine": engine_digest(), "digest": "0"}}]
    for name, told in (("good", good), ("forged", {**good, "steps": forged}), ("none", {})):
        (folder / f"{name}.json").write_text(json.dumps(told))
    files = [str(folder / f"{name}.json") for name in ("good", "forged", "none", "gone")]
    status, out, _ = run(capsys, "grade", *files, "--csv", "--lessons", str(folder))
    assert status == 1
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["verified"].split(":")[0] for row in rows] == [
        "yes", "step 3", "progress_version is None", "cannot be read",
    ]  # fmt: skip
    assert (rows[0]["student"], rows[0]["done"], rows[0]["shown"]) == ("'=1+1", "1 of 2", "1")
    status, out, _ = run(capsys, "grade", files[0], "--lessons", str(folder))
    assert (status, "1 of 2" in out) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("check", "nowhere"), "there is no lesson 'nowhere'"),
        (("show", "nowhere"), "there is no lesson 'nowhere'"),
        (("list", "--lessons", "/nowhere"), "/nowhere is no folder"),
        (("new", "a/b"), "is no name of a lesson"),
        (("new", "a", "--lessons", "/nowhere"), "cannot write"),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], sentence: str
) -> None:
    status, _, err = run(capsys, *arguments)
    assert status == 2
    assert sentence in err


def test_a_lesson_is_written_as_one_file(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    file = folder / "example.html"
    link = ("--link", "https://host/")
    status, out, _ = run(capsys, "export", str(folder / "example.md"), "-o", str(file), *link)
    assert (status, " MB, 3 steps" in out) == (0, True), out
    assert '<template id="playback-lesson">' in file.read_text()
    status, _, err = run(capsys, "export", "nobody", "-o", str(file))
    assert (status, "there is no lesson 'nobody'" in err) == (2, True)
    lost = folder / "absent" / "a.html"
    status, _, err = run(capsys, "export", str(folder / "example.md"), "-o", str(lost))
    assert (status, "cannot write" in err) == (2, True)
