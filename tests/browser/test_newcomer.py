"""What a first visit must not stumble over: what is said, where it stands, that it stays there."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import Server
from tests.browser.look import (
    eye_speed,
    full_speed,
    inflate,
    made,
    notice,
    open_guest,
    open_more,
    press,
    tab,
    wait_idle,
)

# Where the maps stood in each animation frame since then.
WATCH_TOPS = """() => {
  window.tops = new Set();
  const look = () => {
    for (const map of document.querySelectorAll('.panel canvas.map')) {
      window.tops.add(Math.round(map.getBoundingClientRect().top));
    }
    requestAnimationFrame(look);
  };
  look();
}"""

# Large numbers that run into the words beside them.
RUN_INTO = """() => [...document.querySelectorAll('.panel-head')].filter((e) => {
  const range = document.createRange();
  range.selectNodeContents(e.querySelector('.number'));
  const a = range.getBoundingClientRect();
  const b = e.querySelector('.headline-words').getBoundingClientRect();
  return a.width > 0 && a.right > b.left && a.bottom > b.top && a.top < b.bottom;
}).map((e) => e.textContent)"""

DROP = """() => {
  const carried = new DataTransfer();
  carried.items.add(new File(['no capture'], 'holiday.jpg'));
  for (const type of ['dragenter', 'drop']) {
    const init = {dataTransfer: carried, bubbles: true, cancelable: true};
    document.body.dispatchEvent(new DragEvent(type, init));
  }
}"""

BACKGROUND = "(e) => getComputedStyle(e).backgroundColor"


@pytest.mark.parametrize(("width", "height"), ((1440, 900), (1920, 1080)))
def test_the_maps_stay_in_the_first_screen_and_never_jump(
    open_page: Callable[..., Page], server: Server, width: int, height: int
) -> None:
    page = open_page(width, height)
    open_guest(page, server.url)
    full_speed(page)
    page.evaluate(WATCH_TOPS)
    inflate(page, 200)
    press(page, "compact")
    press(page, "huge")
    assert len(page.evaluate("[...window.tops]")) == 1
    assert page.evaluate(RUN_INTO) == []
    for canvas in page.locator(".panel canvas.map").all():
        box = canvas.bounding_box()
        assert box
        assert box["y"] + box["height"] <= height, "whole maps, without scrolling"


def test_a_number_of_four_digits_leaves_its_words_readable(page: Page, server: Server) -> None:
    source = {"kind": "synthetic", "preset": "all_but_one", "size_mib": 4096, "seed": 1}
    open_guest(page, made(page, server.url, source))
    full_speed(page)
    press(page, "compact")
    assert len(page.locator(".panel .number").first.inner_text()) > len("999")
    assert page.evaluate(RUN_INTO) == []


def test_stepping_by_keyboard_keeps_the_focus_on_the_button(page: Page, server: Server) -> None:
    open_guest(page, server.url)
    eye_speed(page)
    tab(page, "real")
    blue = page.locator("#story-next").evaluate(BACKGROUND)
    page.focus("#story-next")
    for step in ("1", "2", "3"):
        page.keyboard.press("Enter")
        expect(page.locator("#story-next")).to_be_disabled()
        # What is off looks off.
        expect(page.locator("#story-next")).not_to_have_css("background-color", blue)
        page.keyboard.press("Enter")  # which does nothing now
        page.keyboard.press("+")
        expect(page.locator("#story")).to_have_attribute("data-step", step)
        wait_idle(page)
        expect(page.locator("#story-next")).to_be_focused()
    expect(page.locator("#said")).to_contain_text("no. 3 at")


def test_after_the_last_step_of_a_scenario_the_next_button_has_the_focus(
    page: Page, server: Server
) -> None:
    page.goto(f"{server.url}#scenario=no_balloon")
    page.wait_for_selector("#guide-bar[data-place=on]")
    wait_idle(page)
    full_speed(page)
    page.focus("#guide-next")
    for step in ("1", "2"):
        page.keyboard.press("Enter")
        page.wait_for_selector(f'#guide-bar[data-place=on][data-step="{step}"]')
        wait_idle(page)
    expect(page.locator("#guide-bar")).to_have_attribute("data-done", "true")
    expect(page.locator("#guide-again")).to_be_focused()
    page.keyboard.press("Enter")
    page.click("#confirm-anew")
    page.wait_for_selector('#guide-bar[data-place=on][data-step="0"]')
    wait_idle(page)


def test_a_refusal_is_visible_and_moves_nothing(
    page: Page, server: Server, page_errors: list[str]
) -> None:
    open_guest(page, server.url)
    page.evaluate(DROP)
    said = notice(page).filter(has_text="holiday.jpg").filter(has_not_text="Reading")
    expect(said).to_be_in_viewport()
    assert said.inner_text().count("holiday.jpg") == 1
    page_errors.clear()  # Chromium logs the answer with status 400


def test_what_drops_down_is_gone_with_a_press_elsewhere(page: Page, server: Server) -> None:
    open_guest(page, server.url)
    expect(page.locator("#drop")).to_be_hidden()
    open_more(page)
    expect(page.locator("#drop")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#drop")).to_be_hidden()
    open_more(page)
    page.mouse.click(700, 500)
    expect(page.locator("#drop")).to_be_hidden()


def test_the_wait_of_the_first_start_explains_itself(page: Page, server: Server) -> None:
    def compiling(socket: WebSocketRoute) -> None:
        words = "compiling the simulator, once"
        socket.send(json.dumps({"type": "progress", "text": words, "done": 39, "total": 390}))

    page.route_web_socket("**/ws/**", compiling)
    page.goto(server.url)
    expect(page.locator("#waiting-text")).to_have_text("Compiling the simulator, once (10 %)")
    expect(page.locator("#waiting-why")).to_contain_text("Only the first start takes so long")
    expect(page.locator("#waiting-bar")).to_have_attribute("value", "39")
    assert page.locator("#deck").evaluate("(e) => e.inert"), "there is no guest to command yet"
    page.unroute_all()


def test_on_a_phone_one_whole_map_its_number_and_the_acts_are_the_first_screen(
    open_page: Callable[..., Page], server: Server
) -> None:
    page = open_page(390, 844, has_touch=True, is_mobile=True, reduced_motion="reduce")
    open_guest(page, server.url)
    for what in (".panel .number", "[data-map]"):
        expect(page.locator(what).first).to_be_in_viewport(ratio=1)
        expect(page.locator(what).nth(1)).not_to_be_in_viewport()
    for act in ("#balloon-mib", "#compact", "#huge"):
        expect(page.locator(act)).to_be_in_viewport(ratio=1)
    press(page, "compact")
    page.tap("#rail-help")
    words = page.locator("#help dd").first.bounding_box()
    assert words
    assert words["x"] < 180, "the words have the room, not the keys"
