"""A presenter and two viewers: followed, left, returned to, handed the wheel, called and let go."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.look import (
    full_speed,
    inflate,
    made,
    notice,
    open_guest,
    panel,
    press,
    wait_idle,
)

SMALL = {"kind": "synthetic", "preset": "roomy", "size_mib": 256, "seed": 1}


def is_in_class(page: Page, how: str) -> None:
    """Until the page is driving, following, alone or over."""
    expect(page.locator("body")).to_have_attribute("data-class", how)


def shows(page: Page, mode: str) -> None:
    """Until the maps have these colours."""
    expect(page.locator("#panels")).to_have_attribute("data-mode", mode)


def class_dialog(page: Page, button: str) -> None:
    """Press a button of the dialog and close it."""
    page.click("#open-class")
    page.click(f"#class-{button}")
    page.keyboard.press("Escape")


def followed(page: Page, ann: Page, bob: Page) -> None:
    """The presenter changes colours and moment, and points: both viewers see it."""
    page.keyboard.press("2")
    page.locator("#time-track").focus()
    page.keyboard.press("[")
    for viewer in (ann, bob):
        shows(viewer, "free")
        expect(viewer.locator("#time-words")).to_contain_text("just before no. 2: compact")
    panel(page, "lru_hook").locator("canvas.map").hover()
    pointed = panel(page, "lru_hook").locator(".where")
    expect(pointed).not_to_have_text("")
    where = pointed.inner_text()
    for viewer in (ann, bob):
        expect(panel(viewer, "lru_hook").locator(".where")).to_have_text(where)
    page.mouse.wheel(0, -600)
    seen = page.locator("#zoom-bar .zoom-words")
    expect(seen).to_contain_text("pageblocks")
    expect(ann.locator("#zoom-bar .zoom-words")).to_have_text(seen.inner_text())
    expect(bob.locator("#zoom-bar")).to_be_visible()
    page.get_by_role("button", name="Whole").click()
    for viewer in (ann, bob):
        expect(viewer.locator("#zoom-bar")).to_be_hidden()


def left_and_returned_to(page: Page, ann: Page, bob: Page) -> None:
    """A gesture detaches; one goes back, not ahead of the class, and returns by a key."""
    ann.keyboard.press("3")
    is_in_class(ann, "alone")
    expect(page.locator("#open-class")).to_contain_text("1 of 2 follow")
    page.keyboard.press("1")
    shows(bob, "content")
    shows(ann, "migratetype")
    ann.keyboard.press("t")
    expect(notice(ann).first).to_contain_text("you can go back from there, not ahead")
    ann.locator("#time-track").focus()
    ann.keyboard.press("Home")
    expect(ann.locator("#time-words")).to_contain_text("tick 0 of")
    ann.keyboard.press("f")
    is_in_class(ann, "following")
    shows(ann, "content")
    expect(ann.locator("#time-words")).to_contain_text("just before no. 2: compact")


def wheel_goes_round(page: Page, ann: Page) -> None:
    """Asked for, handed over, used, taken back; nobody else commands meanwhile."""
    page.keyboard.press("t")
    expect(ann.locator("body")).to_have_attribute("data-past", "")
    ann.click("#room-ask")
    page.get_by_role("button", name="Let viewer 1 drive").click()
    is_in_class(ann, "driving")
    is_in_class(page, "following")
    inflate(ann, 0)
    expect(page.locator("body")).to_have_attribute("data-log", "3")
    ann.locator("#balloon-mib").blur()
    ann.keyboard.press("4")
    shows(page, "holder")
    page.keyboard.press("c")
    expect(notice(page).first).to_contain_text("Viewer 1 drives: take over first")
    page.click("#room-take-over")
    is_in_class(page, "driving")
    is_in_class(ann, "following")
    ann.keyboard.press("c")
    expect(notice(ann).last).to_contain_text("the presenter drives")


def called_and_let_go(page: Page, ann: Page, bob: Page) -> None:
    """Everybody to this moment, and the end of the class."""
    bob.keyboard.press("2")
    is_in_class(bob, "alone")
    class_dialog(page, "everyone")
    is_in_class(bob, "following")
    shows(bob, "holder")
    class_dialog(page, "end")
    for viewer in (ann, bob):
        is_in_class(viewer, "over")
    page.keyboard.press("1")
    bob.locator("#time-track").focus()
    bob.keyboard.press("Home")
    expect(bob.locator("#time-words")).to_contain_text("tick 0 of")
    shows(bob, "holder")


def test_a_class_is_followed_left_returned_to_and_its_wheel_goes_round(
    page: Page, open_page: Callable[..., Page], server: Server
) -> None:
    open_guest(page, made(page, server.url, SMALL))
    link = page.url
    ann, bob = open_page(), open_page(390, 780)
    for viewer in (ann, bob):
        open_guest(viewer, link)
        is_in_class(viewer, "following")
    expect(page.locator("#open-class")).to_contain_text("2 follow")
    full_speed(page)
    inflate(page, 64)
    press(page, "compact")
    followed(page, ann, bob)
    left_and_returned_to(page, ann, bob)
    wheel_goes_round(page, ann)
    called_and_let_go(page, ann, bob)


def test_a_class_is_joined_by_its_code_copied_and_presented_from_another_device(
    page: Page, open_page: Callable[..., Page], server: Server, page_errors: list[str]
) -> None:
    open_guest(page, made(page, server.url, SMALL))
    full_speed(page)
    inflate(page, 64)
    page.click("#open-class")
    expect(page.locator("#class-code")).to_have_text(re.compile("[A-Z]{3} [A-Z]{3}"))
    expect(page.locator("#class-qr")).to_be_visible()
    assert page.locator("#class-qr").evaluate("(image) => image.naturalWidth") > 0
    lost = page.request.get(f"{server.url}api/info").json()["ends_with_container"]
    expect(page.locator(".class-ends")).to_be_visible(visible=lost)
    ann = open_page(390, 780)
    ann.goto(f"{server.url}join")
    ann.fill("#join-code", "AAA AAA")
    expect(ann.locator("#join-said")).to_contain_text("No class has the code AAAAAA")
    page_errors.clear()  # Chromium reports the 404
    ann.fill("#join-code", page.locator("#class-code").inner_text().lower())
    is_in_class(ann, "following")
    wait_idle(ann)
    assert ann.evaluate("document.documentElement.scrollWidth") <= 390

    with ann.expect_popup() as popup:
        ann.click("#room-copy")
    mine = popup.value
    is_in_class(mine, "driving")
    wait_idle(mine)
    assert mine.evaluate("document.body.dataset.log") == "1"
    assert "&p=" not in mine.url
    inflate(mine, 0)
    assert page.evaluate("document.body.dataset.log") == "1", "a copy is nobody else's"

    page.click("#class-other summary")
    expect(page.locator("#class-mine")).to_have_value(re.compile("&p="))
    second = open_page()
    open_guest(second, page.locator("#class-mine").input_value())
    press(second, "compact")
    is_in_class(second, "driving")
    page.keyboard.press("Escape")
    expect(page.locator("body")).to_have_attribute("data-log", "2")
