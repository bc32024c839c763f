"""This machine's own memory in the browser: a picture at once, kept fresh, words for a block."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.test_layout import LOW_CONTRAST, STICKING_OUT


def test_a_machine_is_watched_and_a_pageblock_read_by_keyboard(
    page: Page, new_server: Callable[..., Server]
) -> None:
    server = new_server(FRAGSCOPE_WATCHERS="127.0.0.1")
    server.begin()
    page.goto(f"{server.url}live.html")
    expect(page.locator("#said")).to_contain_text("of 2 MiB could be handed out now")
    expect(page.locator("#zones tbody tr").first).to_be_visible()
    expect(page.locator("body:not([data-look='0']):not([data-look='1'])")).to_be_attached()
    assert page.evaluate(LOW_CONTRAST) == []
    assert page.evaluate(STICKING_OUT) == []
    blind = "no maps" in page.locator("#price").inner_text()
    if blind:  # a machine that hides its page flags says so, and shows the rest
        expect(page.locator("#map-card")).to_be_hidden()
    else:
        page.focus("#map")
        page.keyboard.press("End")
        page.keyboard.press("Home")
        expect(page.locator("#pointed")).to_contain_text("pageblock at pfn")
    page.set_viewport_size({"width": 390, "height": 844})
    # The map and the charts take the new width when they have been told of it.
    page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
    page.goto("about:blank")  # it asks once a second, and its server goes first


def test_one_goes_back_over_what_is_kept_and_live_again_by_a_key(
    page: Page, new_server: Callable[..., Server], tmp_path: Path
) -> None:
    server = new_server(FRAGSCOPE_WATCHERS="127.0.0.1", FRAGSCOPE_DATA_DIR=str(tmp_path))
    server.begin()
    page.goto(f"{server.url}live.html")
    track = page.locator("#time-track")
    expect(track).to_be_visible()
    # A few looks, so that there is somewhere to go back to.
    expect(track).to_have_attribute("aria-valuemax", re.compile(r"^([3-9]|\d\d+)$"))
    page.focus("#time-track")
    page.keyboard.press("Home")
    expect(page.locator("#said")).to_contain_text("could have been handed out then")
    expect(page.locator("#time-words")).to_contain_text("Here watching began.")
    expect(page.locator("#freeze")).to_have_attribute("aria-disabled", "true")
    first = page.locator("#zones").inner_text()
    page.keyboard.press(".")
    expect(track).to_have_attribute("aria-valuenow", "1")
    expect(page.locator("#time-words")).not_to_contain_text("began")
    page.keyboard.press(",")
    expect(track).to_have_attribute("aria-valuenow", "0")
    expect(page.locator("#zones")).to_have_text(first, use_inner_text=True)
    assert page.evaluate(LOW_CONTRAST) == []
    page.keyboard.press("t")
    expect(page.locator("#said")).to_contain_text("could be handed out now")
    expect(page.locator("#time-words")).to_have_text("You look at now.")
    with page.expect_download() as saved:
        page.click("#csv")
    assert saved.value.path().read_text().startswith("time,look,cost,seen,")
    page.goto("about:blank")


def test_a_server_that_shows_its_machine_to_nobody_says_so(
    page: Page, server: Server, page_errors: list[str]
) -> None:
    page.goto(f"{server.url}live.html")
    expect(page.locator("#notices")).to_contain_text("FRAGSCOPE_WATCHERS")
    assert all("404" in error for error in page_errors)
    page_errors.clear()
