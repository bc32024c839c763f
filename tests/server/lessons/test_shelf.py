"""Folders of lessons: order, which one wins, files that are none, files that change."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.errors import RefusedError
from server.errors import NotFoundError
from server.lessons.shelf import LessonShelf, link_faults, shelf_for, shelved
from server.paths import lessons_folder
from server.settings import Settings
from tests.server.lessons.files import EXAMPLE, changed, example


def test_lessons_stand_in_order_and_the_first_folder_wins(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
    (one / "02-b.md").write_text(EXAMPLE)
    (two / "01-a.md").write_text(EXAMPLE)
    (two / "02-b.md").write_text("nothing")
    (two / "notes.txt").write_text("nothing")
    shelf = LessonShelf([one, two, tmp_path / "none"])
    assert [found.name for found in shelf.every()] == ["01-a", "02-b"]
    assert shelf.lesson("02-b").title == "A balloon in the way"
    with pytest.raises(NotFoundError, match="known are 01-a, 02-b"):
        shelf.lesson("03")


def test_a_file_that_is_none_is_listed_with_its_fault_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("nothing")
    shelf = LessonShelf([tmp_path])
    (found,) = shelf.every()
    assert found.lesson is None
    assert "front matter" in found.faults[0].text
    with pytest.raises(RefusedError, match=r"a\.md:1: front matter"):
        shelf.lesson("a")
    path.write_text(EXAMPLE)
    os.utime(path, ns=(1, 1))
    assert shelf.lesson("a").minutes == 3


def test_a_name_that_no_address_can_hold_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a b.md"
    path.write_text(EXAMPLE)
    assert "is no name of a lesson" in shelved(path).faults[0].text
    assert "cannot read" in shelved(tmp_path / "gone.md").faults[0].text


def test_links_lead_somewhere() -> None:
    text = "see [a](#tab-charts) [b](#tab-x) [c](#argument-rare) [d](#scenario-y) [e](#lesson-z)"
    lesson = example(("Each guest has", f"{text} Each guest has"))
    found = [fault.text for fault in link_faults(lesson, ["example"])]
    assert found == [
        "#tab-x: there is no tab x",
        "#scenario-y: there is no scenario y",
        "#lesson-z: there is no lesson z",
    ]


def test_tabs_are_those_of_the_page() -> None:
    page = (Path(__file__).parents[3] / "web/src/stage/inspector.js").read_text()
    from server.lessons.shelf import TABS

    assert [name for name in TABS if f'["{name}", "' not in page] == []


def test_a_server_has_its_own_folder_and_ours(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(changed())
    assert "a" in shelf_for(Settings(lessons_dir=str(tmp_path))).paths()
    assert set(shelf_for(Settings()).paths()) == {
        path.stem for path in lessons_folder().glob("*.md")
    }
