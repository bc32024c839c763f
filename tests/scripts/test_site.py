"""The site without a server: what is in it, and that its links lead somewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from engine.lessons.model import Lesson
from engine.scenarios.catalog import SCENARIOS
from scripts.docs import site
from server.guests.library import Library
from tests.server.lessons.files import example
from tests.server.playback.test_page_file import inside

NAME = next(name for name, one in SCENARIOS.items() if one.source["kind"] == "synthetic")
LESSONS = ["06-balloon", "07-hook"]
SETTINGS = [("1", "on", "on", "v4", "off"), ("1", "off", "off", "v4", "off")]


def test_every_link_of_the_index_leads_to_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "scenario_page", lambda scenario, _: f"<p>{scenario.name}</p>")
    told: dict[str, list[str]] = {}

    def lesson_page(lesson: Lesson, _: Library, pages: list[str], listing: list[Any]) -> str:
        told[lesson.name] = [one["name"] for one in listing]
        return f"<p>{lesson.name} of {', '.join(pages)}</p>"

    monkeypatch.setattr(site, "lesson_page", lesson_page)
    whole = site.build(tmp_path, [NAME], LESSONS, SETTINGS)
    assert told == dict.fromkeys(LESSONS, LESSONS)
    assert whole == sum(path.stat().st_size for path in tmp_path.iterdir())
    links = re.findall(r'<a [^>]*?href="([^"]+)"', (tmp_path / "index.html").read_text())
    assert sorted(links) == sorted({path.name for path in tmp_path.iterdir()} - {"index.html"})
    assert 'href="index.html"' in (tmp_path / "race.html").read_text()
    with pytest.raises(SystemExit, match=r"MB: 0 are the limit"):
        site.build(tmp_path, [], [], SETTINGS[:1], most=1000)


def test_a_lessons_links_lead_to_the_sites_files() -> None:
    written = (
        "[a](#lesson-07-hook) [b](#scenario-absent) [c](race.html?era=v4) [d](report.html)"
        " [e](#tab-log)"
    )
    lesson = example(("Each guest has", f"{written} Each guest has"))
    listing = [{"name": "example", "title": "A"}, {"name": "07-hook", "title": "B"}]
    text = site.lesson_page(
        lesson, Library(1, 1 << 40), ["race.html", "lesson-07-hook.html"], listing
    )
    told = json.loads(inside(text, "playback-lesson"))
    links = re.findall(r'"href": "([^"]+)"', json.dumps(told["steps"]))
    assert links == ["lesson-07-hook.html", "race.html?era=v4", "#tab-log"]
    assert [one.get("href") for one in told["list"]] == [None, "lesson-07-hook.html"]


def test_every_step_of_every_way_to_a_break_is_there() -> None:
    data = site.race_data(SETTINGS)
    assert len(site.every_setting()) == 64
    assert not data["races"]["1 on on v4 off"]["violations"]
    for key, found in data["races"].items():
        plays = data["plays"][key]
        assert plays[""]["moves"]
        for one in found["violations"]:
            choices = [str(turn["choice"]) for turn in one["schedule"]]
            assert all(",".join(choices[:n]) in plays for n in range(len(choices) + 1))
