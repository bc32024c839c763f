"""A lesson held for a class: a step asks everybody, in two rounds, and the lesson goes on."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.look import full_speed, made, open_guest
from tests.browser.test_lessons import ready
from tests.browser.test_quiz import answer, stage

SMALL = {"kind": "synthetic", "preset": "roomy", "size_mib": 256, "seed": 1}


def test_a_step_asks_the_class_and_goes_on_with_what_came(
    page: Page, open_page: Callable[..., Page], server: Server
) -> None:
    open_guest(page, made(page, server.url, SMALL))
    full_speed(page)
    link = page.url
    page.goto(f"{link}&lesson=07-hook")
    ready(page, 1)
    page.click("#lesson-next")
    ready(page, 2)
    alone = page.locator(".lesson-predict")
    together = page.locator("#lesson-class")
    expect(alone).to_be_visible()
    expect(together).to_be_hidden()
    ann = open_page(390, 780)
    open_guest(ann, link)
    expect(together).to_contain_text("1 person is here to be asked: All of memory is compacted")
    expect(alone).to_be_hidden()
    page.click("#lesson-pose")
    stage(ann, "open", 1)
    answer(ann, 0, 60)
    expect(together).to_contain_text("1 person has answered.")
    page.click("#lesson-class-close")
    expect(together).to_contain_text("half 60 or less")
    page.click("#lesson-class-discuss")
    page.click("#lesson-class-open")
    stage(ann, "open", 2)
    page.click("#lesson-class-close")
    page.click("#lesson-class-run")
    stage(ann, "truth", 2)
    expect(page.locator("#lesson-outcome")).to_contain_text("huge pages.")
    expect(together).to_contain_text("1 of 1 had it")
    expect(page.locator("#lessons")).to_have_attribute("data-done", "true")
    page.click("#lesson-next")
    ready(page, 3)
    expect(together).to_be_hidden()
