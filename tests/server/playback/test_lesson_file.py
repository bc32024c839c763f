"""A lesson as a file: the engine's numbers in its text, its answers, links that lead somewhere."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.errors import RefusedError
from engine.lessons.play import LessonStage
from server.cli.lesson import guest_maker
from server.guests.library import Library
from server.lessons.showing import begun, filled
from server.playback.lesson_file import lesson_playback, nowhere
from tests.server.lessons.files import example, with_scale
from tests.server.playback.test_page_file import inside

LESSON = example(
    ("Each guest has", "Each [guest](#lesson-other), [tab](#tab-log), [claim](#argument-rare) has")
)


@pytest.fixture(scope="module")
def text() -> str:
    """The example as a file of a site that has one more lesson."""
    others = [{"name": "example"}, {"name": "other", "href": "lesson-other.html"}]

    def leads(href: str) -> str:
        return "lesson-other.html" if href == "#lesson-other" else nowhere(href)

    return lesson_playback(LESSON, Library(1, 1 << 40), leads, others).text


@pytest.fixture(scope="module")
def told(text: str) -> dict[str, Any]:
    return dict(json.loads(inside(text, "playback-lesson")))


def test_its_numbers_are_those_with_which_the_lesson_is_checked(told: dict[str, Any]) -> None:
    stage = LessonStage()
    make = guest_maker()
    for step, here in zip(LESSON.steps, told["steps"], strict=True):
        if step.load:
            stage.load(step.load, make)
        stage.begin(step)
        first = begun(step, stage.scene(step))
        assert (here["ask"], here["choices"]) == (first["ask"], first["choices"])
        stage.give(step.solution)
        assert here["after"] == filled(step.after, stage.scene(step))
        assert '"tag": "number", "text": ""' not in json.dumps(here)
    assert [one["truth"] for one in told["steps"] if "truth" in one] == [1]
    says = told["steps"][1]["says"]
    assert says[0] and not says[1], "the right answer needs no word"


def test_each_step_begins_where_the_one_before_it_ends(text: str, told: dict[str, Any]) -> None:
    story = json.loads(inside(text, "playback-story"))
    given = [entry["command"] for entry in story["log"]]
    at = len(given) - sum(len(step["commands"]) for step in told["steps"])
    for step in told["steps"]:
        assert (step["part"], step["from"]) == (0, at)
        assert given[at : at + len(step["commands"])] == step["commands"]
        at += len(step["commands"])
    assert story["title"] == LESSON.title


def test_a_link_leads_to_what_there_is_or_is_text(told: dict[str, Any]) -> None:
    written = json.dumps(told)
    assert '"href": "lesson-other.html"' in written and '"href": "#tab-log"' in written
    assert "#argument-rare" not in written and '{"parts": ["claim"], "tag": "span"}' in written
    assert [one["name"] for one in told["list"]] == ["example", "other"]


def test_what_the_solution_does_not_do_is_no_lesson_to_show() -> None:
    undone = example(("solution: [[deflate, 48], [compact], [huge, 200]]", "solution: [[wait, 1]]"))
    with pytest.raises(RefusedError, match="is not done by its solution"):
        lesson_playback(undone, Library(1, 1 << 40))


def test_a_scale_has_its_truth_and_what_to_say() -> None:
    data = lesson_playback(with_scale(), Library(1, 1 << 40)).text
    step = json.loads(inside(data, "playback-lesson"))["steps"][1]
    assert step["text"] == str(step["truth"]) and len(step["says"]) == 1
