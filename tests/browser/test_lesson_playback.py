"""Lessons without a server: what the live page shows, from the disk and from any web server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from scripts.docs import site
from tests.browser.conftest import Server
from tests.browser.firefox import Firefox
from tests.browser.look import made, wait_idle
from tests.browser.test_layout import LOW_CONTRAST, STICKING_OUT
from tests.browser.test_lessons import EVERY, SMALL, predict, ready
from tests.browser.test_playback import CALM, MAPS, folder_server

__all__ = ["folder_server"]
GOLDEN = Path(__file__).parent.parent / "golden" / "playback" / "lessons"
# Three guests under two designs each, acts, predictions and a scale.
LESSON = next(one for one in EVERY if one.name == "08-separate-pass")
TEXT = """() => ['.lesson-text', '.lesson-ask > p:not(.why)', '.lesson-outcome > :not(.lesson-did)',
  '.choice'].map((part) => [...document.querySelectorAll(part)].map((one) => one.textContent))"""


def walked(page: Page) -> list[tuple[object, object]]:
    """To the last step: words and every pixel of the maps where each begins and where it ends."""
    seen = []

    def look() -> None:
        wait_idle(page)
        seen.append((page.evaluate(TEXT), page.evaluate(MAPS)))

    for number, step in enumerate(LESSON.steps):
        ready(page, number + 1)
        look()
        if step.act:
            page.click("#lesson-solve")
        else:
            predict(page, LESSON, number)
        expect(page.locator("#lesson-outcome[data-done=true]")).to_have_count(1)
        ready(page, number + 1)
        look()
        if number < len(LESSON.steps) - 1:
            page.click("#lesson-next")
    return seen


def test_the_site_has_lessons_as_the_live_page_has_them(
    server: Server, open_page: Callable[..., Page], tmp_path: Path, folder_server: str
) -> None:
    page = open_page(**CALM)
    page.goto(f"{made(page, server.url, SMALL)}&lesson={LESSON.name}")
    live = walked(page)
    assert len({repr(maps) for _, maps in live}) >= 5

    site.build(tmp_path, [], [LESSON.name], [("2", "on", "on", "v4", "off")])
    alone = open_page(offline=True, **CALM)
    alone.goto((tmp_path / "index.html").as_uri())
    alone.click(f"a[href='lesson-{LESSON.name}.html']")
    assert walked(alone) == live

    # From any web server too; what comes after the file itself needs no network.
    served = open_page(**CALM)
    served.goto(f"{folder_server}lesson-{LESSON.name}.html")
    ready(served, 1)
    served.context.set_offline(True)
    assert walked(served) == live

    # Back: a step that is done stands where it led, also under another guest.
    served.click("#lesson-back")
    wait_idle(served)
    assert served.evaluate(MAPS) == live[-3][1]
    # On a phone, and on to the list.
    served.set_viewport_size({"width": 390, "height": 844})
    assert served.evaluate(STICKING_OUT) == []
    assert served.evaluate(LOW_CONTRAST) == []
    served.click("#lesson-next")
    served.get_by_role("button", name="Finish").click()
    done = served.locator(f'.lesson-list [data-lesson="{LESSON.name}"]')
    expect(done).to_have_attribute("data-far", "done")


@pytest.mark.parametrize("name", sorted(path.name for path in GOLDEN.glob("*.html")))
def test_lessons_of_every_release_open_for_ever(name: str, open_page: Callable[..., Page]) -> None:
    page = open_page(offline=True)
    page.goto((GOLDEN / name).as_uri())
    ready(page, 1)
    page.click("#lesson-next")
    ready(page, 2)
    page.locator("input[name=lesson-choice]").nth(1).check()
    page.click("#lesson-predict")
    # Played from the step's start to its end, picture by picture.
    expect(page.locator("#lesson-outcome")).to_contain_text("Your prediction came true.")
    page.click("#lesson-next")
    ready(page, 3)
    page.click("#lesson-solve")
    expect(page.locator("#lesson-outcome")).to_contain_text("With the balloon gone there are")
    wait_idle(page)


def test_a_lesson_is_read_to_its_end_in_firefox() -> None:
    def step(number: int, done: bool) -> str:
        part = f'#lessons[data-step="{number}"][data-phase=rest][data-done={str(done).lower()}]'
        return f"document.querySelector('{part}[data-ready=true]')"

    with Firefox(1280, 800) as firefox:

        def press(selector: str) -> None:
            box = f"document.querySelector('{selector}').getBoundingClientRect()"
            x, y = firefox.read(f"(({{x, y}}) => [x, y].map(Math.ceil))({box})")
            firefox.click(x + 4, y + 4)

        firefox.open(sorted(GOLDEN.glob("*.html"))[-1].as_uri())
        firefox.until(step(1, False))
        press("#lesson-next")
        firefox.until(step(2, False))
        firefox.read("document.querySelector('input[name=lesson-choice]').click() ?? true")
        press("#lesson-predict")
        firefox.until(step(2, True))
        words = firefox.read("document.querySelector('#lesson-outcome').textContent")
        assert words.startswith("It came out differently: answer 2 is true.")
        press("#lesson-next")
        firefox.until(step(3, False))
        press("#lesson-solve")
        firefox.until(step(3, True))
        press("#lesson-next")
        firefox.until("document.querySelector('#lessons[data-lesson=\"\"]')")
        assert firefox.errors == []
