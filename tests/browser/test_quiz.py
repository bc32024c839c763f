"""Predict, then run: a presenter and two viewers, two rounds, a reload, and one picture of it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.look import full_speed, made, open_guest, tab, wait_idle

RECORDED = {"kind": "capture", "name": "runs"}


def stage(page: Page, name: str, nr: int) -> None:
    """Until the question is there."""
    expect(page.locator("#quiz")).to_have_attribute("data-stage", name)
    expect(page.locator("#quiz")).to_have_attribute("data-round", str(nr))


def answer(page: Page, low: int, high: int) -> None:
    """The same range for every design."""
    for end, value in (("at least", low), ("at most", high)):
        for field in page.get_by_label(f", {end}").all():
            field.fill(str(value))
    page.click("#quiz-send")
    expect(page.locator("#quiz-stage")).to_contain_text("is kept")


def first_round(page: Page, ann: Page, bob: Page) -> None:
    """Asked, answered, changed, closed; a reload changes nothing."""
    tab(page, "predict")
    expect(page.get_by_text("Run what was recorded on Linux 6.12")).to_be_visible()
    page.click("#quiz-pose")
    for viewer in (ann, bob):
        stage(viewer, "open", 1)
        expect(viewer.locator("#tab-predict")).to_be_visible()
    ann.get_by_label("Stays in place, at least").fill("9")
    ann.get_by_label("Stays in place, at most").fill("1")
    for design in ("Moved by compaction", "Moved by own pass", "Gathered in blocks"):
        ann.get_by_label(f"{design}, at least").fill("1")
        ann.get_by_label(f"{design}, at most").fill("1")
    ann.click("#quiz-send")
    expect(ann.locator("#quiz")).to_contain_text("from 9 to 1 is no range")
    answer(ann, 10, 20)
    answer(bob, 100, 300)
    answer(bob, 200, 400)
    expect(page.locator("#quiz-stage")).to_contain_text("2 people have answered")
    for one in (page, ann, bob):
        expect(one.locator("#quiz-picture")).to_be_empty()
    page.click("#quiz-close")
    stage(bob, "closed", 1)
    expect(bob.locator("#quiz-answer")).to_be_hidden()
    expect(page.locator("#quiz-picture")).to_contain_text("half say 105 or more")
    expect(bob.locator("#quiz-picture")).to_be_empty()
    bob.reload()
    tab(bob, "predict")
    stage(bob, "closed", 1)
    expect(bob.locator("#quiz-stage")).to_have_text("The answers are closed.")
    expect(bob.locator("#quiz-answer")).to_be_hidden()


def second_round(page: Page, ann: Page, bob: Page) -> None:
    """Discussed, asked again: what was said stands in the fields."""
    page.click("#quiz-discuss")
    stage(ann, "discuss", 1)
    page.click("#quiz-open")
    stage(ann, "open", 2)
    expect(ann.get_by_label("Stays in place, at least")).to_have_value("10")
    answer(ann, 0, 500)
    expect(page.locator("#quiz-picture")).to_be_empty()
    page.click("#quiz-close")
    stage(bob, "closed", 2)
    full_speed(page)
    page.click("#quiz-run")
    for one in (page, ann, bob):
        stage(one, "truth", 2)
        wait_idle(one)


def test_a_class_predicts_in_two_rounds_and_sees_what_came(
    page: Page, open_page: Callable[..., Page], server: Server, tmp_path: Path
) -> None:
    open_guest(page, made(page, server.url, RECORDED))
    link = page.url
    ann, bob = open_page(390, 780), open_page()
    for viewer in (ann, bob):
        open_guest(viewer, link)
    first_round(page, ann, bob)
    second_round(page, ann, bob)
    for one in (page, ann, bob):
        picture = one.locator("#quiz-picture")
        expect(picture.locator(".quiz-design")).to_have_count(4)
        for design in ("pinned", "lru_hook"):
            row = picture.locator(f'.quiz-design[data-design="{design}"]')
            expect(row.locator("[data-truth]")).to_be_visible()
            runs = row.locator("[data-real]").get_attribute("data-real") or ""
            assert len(runs.split()) == 3, "the real kernel was run three times"
            expect(row.locator("svg .quiz-kernel")).to_have_count(3)
            expect(row).to_contain_text("1 of 1 had it")
    expect(ann.locator("#quiz-own")).to_contain_text("your second answer had 4 of 4, score 500")
    ann.locator('[data-wish="pinned"]').click()
    with ann.expect_popup() as popup:
        ann.get_by_role("button", name="Open it").click()
    wait_idle(popup.value)
    assert popup.value.locator(".panel").count() == 4
    assert ann.evaluate("document.documentElement.scrollWidth") <= 390
    with page.expect_download() as told:
        page.click("#quiz-table")
    told.value.save_as(tmp_path / "answers.csv")
    with (tmp_path / "answers.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4 * 3
    assert {row["covered"] for row in rows if row["round"] == "2"} == {"1"}
    page.click("#quiz-drop")
    stage(bob, "none", 1)
    expect(page.locator("#quiz-pose")).to_be_visible()
