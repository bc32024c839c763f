"""The race explorer's page: it says what breaks, plays it step by step, and lets one choose."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from engine.race.era import PROPERTIES, Protocol
from engine.race.explorer import race
from tests.browser.conftest import Server
from tests.browser.test_layout import LOW_CONTRAST, SIZES, STICKING_OUT

READY = "body[data-busy=false]"


def open_race(page: Page, url: str, query: str = "") -> None:
    page.goto(f"{url}race.html{query}")
    page.wait_for_selector(READY)


def test_the_race_explorer_is_linked_from_the_main_page_and_back(
    page: Page, server: Server
) -> None:
    page.goto(server.url)
    page.click("#rail-lessons")
    page.get_by_role("link", name="Race explorer").click()
    page.wait_for_selector(READY)
    expect(page.locator("#question-title")).to_have_text("What does the page lock protect?")
    page.get_by_role("link", name="Memory maps").click()
    expect(page.locator(".panel canvas.map").first).to_be_visible()


def test_the_shortest_schedule_is_played_by_keyboard(page: Page, server: Server) -> None:
    open_race(page, server.url)
    result = race(Protocol(2, False, True, "v4"))
    expect(page.locator("#verdict")).to_have_text("8 things break without the page lock")
    expect(page.locator("#verdict-note")).to_contain_text(f"{result['states']:,} states")
    page.click("[data-property=newpage_isolated]")
    schedule = next(
        v["schedule"] for v in result["violations"] if v["property"] == "newpage_isolated"
    )
    for number, step in enumerate(schedule, 1):
        page.keyboard.press("ArrowRight")
        expect(page.locator("#place")).to_have_text(f"step {number} of {len(schedule)}")
        expect(page.locator("#said")).to_contain_text(step["words"])
        now = page.locator(".turn[aria-current=step]")
        expect(now).to_contain_text(step["function"])
        places = [step["after"]["pages"][name]["place"] for name in ("P", "N")]
        row = page.locator("#fields tr", has=page.get_by_role("rowheader", name="where"))
        for column, place in enumerate(places):
            expect(row.locator("td").nth(column)).to_contain_text(place)
    expect(page.locator("#broken")).to_contain_text(PROPERTIES["newpage_isolated"])
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#broken")).to_be_hidden()
    page.keyboard.press("Home")
    expect(page.locator("#back")).to_be_disabled()


def test_with_both_protections_nothing_breaks_and_the_user_chooses_who_moves(
    page: Page, server: Server
) -> None:
    open_race(page, server.url)
    page.get_by_role("button", name="With both").click()
    expect(page.locator("#verdict")).to_have_text("Nothing breaks with both protections")
    page.wait_for_selector(READY)
    for words in (
        "C1 looks at P", "C1 takes a reference", "C1 tries the page lock", "C2 looks at P",
        "C2 takes a reference", "C2 tries the page lock of P: somebody holds it",
    ):  # fmt: skip
        page.get_by_role("button", name=words).last.click()
        page.wait_for_selector(READY)
    expect(page.locator("#place")).to_have_text("step 6 of 6")
    expect(page.locator("#score-title")).to_have_text("Your own schedule")
    expect(page.locator("#fields")).to_contain_text("held by C1")


def test_what_stays_broken_at_the_end_is_named(page: Page, server: Server) -> None:
    open_race(page, server.url, "?page_lock=on&era=v4&known_defects=putback_trylock")
    expect(page.locator("#defect-text")).to_contain_text("Put-back only tries the page lock.")
    page.click("[data-property=lost_page]")
    page.keyboard.press("End")
    page.wait_for_selector(READY)
    expect(page.locator("#broken")).to_contain_text(PROPERTIES["lost_page"])


def test_a_setting_that_does_not_exist_is_refused_in_a_sentence(
    page: Page, server: Server, page_errors: list[str]
) -> None:
    page.goto(f"{server.url}race.html?compactors=7")
    expect(page.locator(".notice.error")).to_contain_text("compactors is 7: from 1 to 3")
    assert page_errors.pop().startswith("Failed to load resource")


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_it_fits_the_window_in_readable_colours(
    open_page: Callable[..., Page], server: Server, width: int, height: int
) -> None:
    page = open_page(width, height)
    open_race(page, server.url)
    page.keyboard.press("End")
    page.wait_for_selector(READY)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(STICKING_OUT) == []
    assert page.evaluate(LOW_CONTRAST) == []
