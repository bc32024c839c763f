"""Lessons on the page: every one to its end, a wrong attempt, resuming, handing in, and paper."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from engine.commands import Command
from engine.lessons.model import Lesson
from server.lessons.shelf import LessonShelf
from server.paths import lesson_example, lessons_folder
from tests.browser.conftest import Server
from tests.browser.look import made, wait_idle
from tests.browser.test_layout import LOW_CONTRAST, STICKING_OUT

SMALL = {"kind": "synthetic", "preset": "roomy", "size_mib": 256, "seed": 1}
EVERY = [one.lesson for one in LessonShelf([lessons_folder()]).every() if one.lesson]


@pytest.fixture(scope="module")
def lessons_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with our lessons, and the example as one more."""
    folder = tmp_path_factory.mktemp("lessons")
    (folder / "example.md").write_bytes(lesson_example().read_bytes())
    server = Server(
        FRAGSCOPE_LESSONS_DIR=str(folder),
        FRAGSCOPE_TICKS_PER_S="1000",
        FRAGSCOPE_DATA_DIR=str(tmp_path_factory.mktemp("data")),
    )
    try:
        server.start()
        yield server
    finally:
        server.close()


def begin(page: Page, server: Server, name: str) -> None:
    """Open the page by a link to the lesson, in a small session of its own."""
    link = made(page, server.url, SMALL)
    page.goto(f"{link}&lesson={name}")
    ready(page, 1)


def ready(page: Page, step: int) -> None:
    """Until that step has begun."""
    page.wait_for_selector(
        f'#lessons[data-step="{step}"][data-ready=true][data-phase=rest]', timeout=60_000
    )


def give(page: Page, server: Server, commands: tuple[Command, ...]) -> None:
    """Commands as a program gives them, each when the guests are idle."""
    session, token = page.evaluate(
        """() => {
          const fields = new URLSearchParams(location.hash.slice(1));
          const id = fields.get('s');
          return [id, localStorage.getItem(`fragscope.presenter.${id}`)];
        }"""
    )
    for command in commands:
        answer = page.request.post(
            f"{server.url}api/sessions/{session}/commands?wait=idle",
            headers={"authorization": f"Bearer {token}"},
            data={"command": command.to_dict()},
        )
        assert answer.ok, answer.text()


def predict(page: Page, lesson: Lesson, number: int) -> None:
    """LessonAnswer with the first choice, or the low end of the scale."""
    prediction = lesson.steps[number].prediction
    assert prediction
    if prediction.scale:
        page.fill("#lesson-low", str(prediction.scale.low))
        page.fill("#lesson-high", str(prediction.scale.low + prediction.scale.width))
    else:
        page.locator("input[name=lesson-choice]").first.check()
    page.click("#lesson-predict")


def play(page: Page, server: Server, lesson: Lesson) -> None:
    """From its first step to its end; the first act is tried the wrong way before."""
    wrong = False
    for number, step in enumerate(lesson.steps):
        ready(page, number + 1)
        outcome = page.locator("#lesson-outcome")
        if step.act and not wrong:
            wrong = True
            give(page, server, step.act.wrong.do)
            wait_idle(page)
            page.click("#lesson-check")
            expect(outcome).to_contain_text("Not yet.")
            page.click("#lesson-solve")
            expect(outcome).to_contain_text("Done.")
        elif step.act:
            give(page, server, step.solution)
            expect(outcome).to_contain_text("Done.")
        elif step.prediction:
            predict(page, lesson, number)
        expect(page.locator("#lessons .problem[role=alert]:not(:empty)")).to_have_count(0)
        page.click("#lesson-next")
    page.wait_for_selector('#lessons[data-lesson=""]')
    done = page.locator(f'.lesson-list [data-lesson="{lesson.name}"]')
    expect(done).to_have_attribute("data-far", "done")


def test_every_lesson_is_played_to_its_end(
    open_page: Callable[..., Page], lessons_server: Server
) -> None:
    # One page for all: opening it takes longer than playing a lesson.
    page = open_page(1120, 640)
    page.goto(made(page, lessons_server.url, SMALL))
    wait_idle(page)
    page.click("#rail-lessons")
    for lesson in EVERY:
        # Nobody is asked: what the lesson before has done is nothing to be kept.
        page.click(f'.lesson-list [data-lesson="{lesson.name}"] .lesson-open')
        play(page, lessons_server, lesson)


def test_the_example_resumes_is_handed_in_and_graded(
    page: Page, lessons_server: Server, tmp_path: Path
) -> None:
    begin(page, lessons_server, "example")
    page.click("#lesson-next")
    ready(page, 2)
    page.reload()
    ready(page, 2)
    page.locator("input[name=lesson-choice][value='1']").check()
    page.click("#lesson-predict")
    expect(page.locator("#lesson-outcome")).to_contain_text("Your prediction came true.")
    page.click("#lesson-next")
    ready(page, 3)
    page.click("#lesson-solve")
    expect(page.locator("#lesson-outcome")).to_contain_text("Done.")
    page.locator(".lesson-hand-in summary").click()
    page.fill("#lesson-student", "Ada")
    with page.expect_download() as download:
        page.click("#lesson-export")
    told = json.loads(Path(download.value.path()).read_bytes())
    assert told["student"] == "Ada"
    assert [step["number"] for step in told["steps"]] == [1, 2, 3]
    assert [step["shown"] for step in told["steps"]] == [False, False, True]
    assert [bool(step["evidence"]) for step in told["steps"]] == [False, True, True]


def test_a_lesson_fits_a_phone_and_a_keyboard_plays_it(
    open_page: Callable[..., Page], lessons_server: Server
) -> None:
    page = open_page(390, 844)
    begin(page, lessons_server, "example")
    assert page.evaluate(STICKING_OUT) == []
    page.locator("#lesson-next").focus()
    page.keyboard.press("Enter")
    ready(page, 2)
    page.locator("input[name=lesson-choice]").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("#lesson-outcome")).to_contain_text("It came out differently")
    expect(page.locator("#lesson-said")).to_contain_text("Done.")
    expect(page.locator("#lesson-next")).to_be_focused()
    assert page.evaluate(STICKING_OUT) == []
    assert page.evaluate(LOW_CONTRAST) == []


def test_a_lesson_is_on_paper_without_its_answers(page: Page, lessons_server: Server) -> None:
    page.goto(f"{lessons_server.url}lesson.html?name=example")
    page.wait_for_selector("body[data-busy=false]")
    expect(page.locator("h1")).to_have_text("A balloon in the way")
    expect(page.locator("#handout")).to_contain_text("____")
    expect(page.locator("#handout")).not_to_contain_text("deflate")
    assert page.evaluate(LOW_CONTRAST) == []
