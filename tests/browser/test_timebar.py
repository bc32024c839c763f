"""Time that runs both ways: to both ends and back, found exactly, forked, and linked to."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.look import (
    FOUR,
    WAIT_MS,
    full_speed,
    headline,
    inflate,
    open_guest,
    panel,
    press,
    tab,
    wait_idle,
    whole,
)  # fmt: skip


def numbers(page: Page) -> list[int]:
    """The large numbers of all panels."""
    return [headline(page, key) for key in FOUR]


def wait_past(page: Page, words: str) -> None:
    """Until a moment is looked at, and is there."""
    expect(page.locator("#time-words")).to_contain_text(words, timeout=WAIT_MS)
    wait_idle(page)


def two_commands(page: Page, server: Server) -> tuple[list[int], list[int], list[int]]:
    """The numbers at the start, before the second command, and now."""
    open_guest(page, server.url)
    start = numbers(page)
    full_speed(page)
    inflate(page, 200)
    between = numbers(page)
    press(page, "compact")
    return start, between, numbers(page)


def test_both_ends_of_time_are_reached_and_every_number_is_what_it_was(
    page: Page, server: Server
) -> None:
    start, between, now = two_commands(page, server)
    page.locator("#time-track").focus()
    page.keyboard.press("Home")
    wait_past(page, "tick 0 of")
    assert numbers(page) == start
    expect(page.locator("#time-words")).to_contain_text("just before no. 1")
    expect(page.locator("#time-start")).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("]")
    wait_past(page, "just before no. 2: compact")
    assert numbers(page) == between
    assert page.locator("body").get_attribute("data-past") != ""
    page.keyboard.press("ArrowRight")
    wait_past(page, "1 tick after no. 2")
    page.keyboard.press("End")
    expect(page.locator("body")).to_have_attribute("data-past", "")
    wait_idle(page)
    assert numbers(page) == now
    expect(page.locator("#time-now")).to_have_attribute("aria-disabled", "true")


def test_dragging_scrubs_and_the_session_goes_on_meanwhile(page: Page, server: Server) -> None:
    two_commands(page, server)
    page.locator("#time-track").scroll_into_view_if_needed()
    box: Any = page.locator("#time-track").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    for share in (0.8, 0.6, 0.4, 0.2, -0.1):
        page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] / 2)
    wait_past(page, "tick 0 of")
    page.mouse.move(box["x"] + box["width"] * 1.2, box["y"] + box["height"] / 2)
    page.mouse.up()
    expect(page.locator("body")).to_have_attribute("data-past", "")
    wait_idle(page)


def test_what_is_found_in_time_is_what_the_panel_shows_there(page: Page, server: Server) -> None:
    two_commands(page, server)
    page.click("#find summary")
    page.select_option("#find-what", "no_free_block")
    page.select_option("#find-design", "dedicated_block")
    page.click("#find-form button")
    expect(page.locator("#find-said")).to_contain_text("dedicated_block has no free 2 MiB block")
    expect(page.locator("#find-said")).to_contain_text("first at tick")
    page.get_by_role("button", name="Go to the first").click()
    wait_past(page, "You look at tick")
    assert headline(page, "dedicated_block") == 0
    there = page.locator("#time-words").inner_text()
    page.keyboard.press(",")
    expect(page.locator("#time-words")).not_to_have_text(there)
    wait_idle(page)
    assert headline(page, "dedicated_block") > 0


def test_a_command_in_the_past_begins_another_ending_and_both_stay(
    page: Page, server: Server
) -> None:
    _, between, now = two_commands(page, server)
    page.locator("#time-track").focus()
    page.keyboard.press("[")
    wait_past(page, "just before no. 2: compact")
    inflate(page, 0)
    expect(page.locator("body")).to_have_attribute("data-past", "")
    lines = page.locator("#time-lines option")
    expect(lines).to_have_text(
        ["as it went first", re.compile("balloon target 0 MiB at tick [0-9]+")], timeout=WAIT_MS
    )
    expect(page.locator("#said")).to_contain_text("no. 2")
    forked = numbers(page)
    assert forked != now
    assert forked[0] > between[0]
    page.select_option("#time-lines", "1")
    expect(page.locator("#said")).to_contain_text("compact", timeout=WAIT_MS)
    wait_idle(page)
    assert numbers(page) == now
    page.select_option("#time-lines", "2")
    expect(page.locator("#said")).to_contain_text("balloon target 0 MiB", timeout=WAIT_MS)
    wait_idle(page)
    assert numbers(page) == forked


def test_a_link_shows_the_same_moment_in_a_fresh_browser(
    page: Page, server: Server, open_page: Any
) -> None:
    _, between, _ = two_commands(page, server)
    page.keyboard.press("2")
    page.locator("#time-track").focus()
    page.keyboard.press("[")
    wait_past(page, "just before no. 2: compact")
    page.wait_for_url("**%22tick%22**")
    page.wait_for_url("**%22mode%22**")
    other = open_page(360, 740)
    other.goto(page.url)
    wait_past(other, "just before no. 2: compact")
    assert numbers(other) == between
    expect(other.locator("#panels")).to_have_attribute("data-mode", "free")
    tab(other, "charts")
    last = other.locator("#charts .main-svg").last
    expect(last).to_be_visible(timeout=30_000)  # they take their width then
    assert other.evaluate("document.documentElement.scrollWidth") <= 360
    other.click("#inspector-close")
    expect(panel(other, "pinned")).to_be_visible()


def test_two_endings_stand_side_by_side_and_are_scrubbed_together(
    page: Page, server: Server
) -> None:
    _, between, now = two_commands(page, server)
    page.keyboard.press("z")
    wait_past(page, "just before no. 2: compact")
    assert numbers(page) == between
    inflate(page, 0)
    forked = numbers(page)
    page.click("#time-name")
    page.fill("#time-new-name", "given back")
    page.keyboard.press("Enter")
    expect(page.locator("#time-lines option")).to_have_text(["as it went first", "given back"])
    page.select_option("#time-beside", "1")
    wait_past(page, "You look at tick")
    beside = page.locator(".panel[data-side=beside]")
    expect(beside).to_have_count(4)
    expect(beside.first.locator(".side")).to_have_text("beside: as it went first")

    def both() -> tuple[list[int], list[int]]:
        """The large numbers of each side."""
        sides = [
            [
                whole(
                    panel(page, key)
                    .and_(page.locator(f"[data-side={side}]"))
                    .locator(".number")
                    .inner_text()
                )
                for key in FOUR
            ]
            for side in ("here", "beside")
        ]
        return sides[0], sides[1]

    expect(beside.first.locator(".number")).to_have_text(f"{now[0]:,}")
    assert both() == (forked, now)
    # Each design stands beside itself, and the board has both.
    assert (
        page.locator(".panel").evaluate_all("all => all.map((one) => one.dataset.side)")
        == ["here", "beside"] * 4
    )
    expect(page.locator("#board td[data-side=beside][data-column=huge]")).to_have_count(4)
    page.locator("#time-track").focus()
    page.keyboard.press("[")
    wait_past(page, "just before no. 2")
    expect(beside.first.locator(".number")).to_have_text(f"{between[0]:,}")
    assert both() == (between, between)
    page.keyboard.press("5")
    wait_past(page, "You look at tick")
    page.keyboard.press("End")
    expect(page.locator(".panel")).to_have_count(4)
    expect(panel(page, "pinned").locator(".number")).to_have_text(f"{forked[0]:,}")
    assert numbers(page) == forked


def test_a_link_with_everything_makes_the_session_anew_in_a_fresh_browser(
    page: Page, server: Server, open_page: Any
) -> None:
    _, between, now = two_commands(page, server)
    page.keyboard.press("[")
    wait_past(page, "just before no. 2: compact")
    page.click("#links summary")
    page.click("#copy-digest")
    expect(page.locator("#copied")).to_have_value(re.compile("^[0-9a-f]{32}$"))
    digest = page.locator("#copied").input_value()
    page.click("#link-all")
    expect(page.locator("#copied")).to_have_value(re.compile("#all="))
    link = page.locator("#copied").input_value()
    session = page.evaluate("new URLSearchParams(location.hash.slice(1)).get('s')")
    other = open_page(1280, 800)
    other.goto(link)
    wait_past(other, "just before no. 2: compact")
    assert numbers(other) == between
    assert other.evaluate("new URLSearchParams(location.hash.slice(1)).get('s')") != session
    other.click("#links summary")
    other.click("#copy-digest")
    expect(other.locator("#copied")).to_have_value(digest)
    other.click("#time-now")
    expect(panel(other, "pinned").locator(".number")).to_have_text(f"{now[0]:,}")
    assert numbers(other) == now
    press(other, "compact")  # whoever opens it may command
    third = open_page(1280, 800)
    third.goto(link[:-40])
    expect(third.locator("#notices")).to_contain_text("This link cannot be read")
    expect(third.locator(".panel canvas.map").first).to_be_visible()
