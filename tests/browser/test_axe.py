"""No violation of axe-core's rules: each view, tab and dialog, in each theme, wide and narrow.

Rules about structure are asked in one theme, since no theme changes the document; those about
colour in all three, in the wide window, which hides nothing. No rule is switched off.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.look import inflate, open_guest, press, tab
from tests.browser.test_stage import TABS

WIDE = 1440
SIZES = ((WIDE, 900), (390, 844))
THEMES = ("light", "dark", "projector")
# The document's rules in one theme, those of colours in the others: rule and element, in words.
BROKEN = """async ([where, themes]) => {
  const root = document.documentElement;
  const found = [];
  const before = root.dataset.theme;
  for (const theme of themes) {
    root.dataset.theme = theme;
    const only = theme === 'light' ? {} : {runOnly: ['color-contrast']};
    const {violations} = await axe.run(where, {resultTypes: ['violations'], ...only});
    for (const {id, help, nodes} of violations) {
      for (const {html, any} of nodes) {
        found.push(`${theme}: ${id} (${help}): ${html.slice(0, 120)} ${any[0]?.message ?? ''}`);
      }
    }
  }
  if (before === undefined) delete root.dataset.theme;
  else root.dataset.theme = before;
  return found;
}"""


def broken(page: Page, where: str = "body") -> list[str]:
    """What axe finds within an element; in the three themes where the page has all its words."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    return list(page.evaluate(BROKEN, [where, THEMES if width == WIDE else THEMES[:1]]))


def with_axe(page: Page) -> Page:
    """The page, with axe in all its documents: the page's own policy forbids to load it later."""
    page.add_init_script(AXE_SCRIPT)
    return page


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_stage_its_tabs_and_its_dialogs_break_no_rule(
    open_page: Callable[..., Page], server: Server, width: int, height: int
) -> None:
    page = with_axe(open_page(width, height))
    open_guest(page, server.url)
    assert broken(page) == [], "a first visit"
    inflate(page, 200)
    press(page, "compact")
    press(page, "huge")
    page.locator(".panel .stack").first.press("Enter")
    expect(page.locator("#zoom-bar")).to_be_visible()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("[")
    expect(page.locator("#verdict-line")).to_contain_text("At tick")
    assert broken(page) == [], "a block, in the past"
    page.keyboard.press("t")
    for name in (*TABS, "why"):
        if width < WIDE and page.locator("#inspector").is_visible():
            page.click("#inspector-close")
        tab(page, name)
        if name == "charts":
            expect(page.locator("#charts .main-svg").first).to_be_visible()
        assert broken(page, "#inspector") == [], name
    assert broken(page, "#panels") == [], "while one panel is traced"
    page.click("#inspector-close")
    page.evaluate("document.activeElement.blur()")
    for key, dialog in (("g", "setup"), ("/", "command"), ("s", "guide"), ("r", "confirm")):
        page.keyboard.press(key)
        expect(page.locator(f"#{dialog}")).to_be_visible()
        assert broken(page, f"#{dialog}") == [], dialog
        page.keyboard.press("Escape")
        expect(page.locator(f"#{dialog}")).to_be_hidden()
    page.keyboard.press("a")
    expect(page.locator("#guide")).to_be_visible()
    assert broken(page, "#guide") == [], "the argument"
    page.keyboard.press("Escape")
    page.locator("#open-class").click()
    expect(page.locator("#class")).to_be_visible()
    assert broken(page, "#class") == []


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_other_pages_break_no_rule(
    open_page: Callable[..., Page], server: Server, width: int, height: int
) -> None:
    page = with_axe(open_page(width, height))
    page.goto(f"{server.url}race.html")
    expect(page.locator("#verdict")).not_to_have_text("Exploring…")
    assert broken(page) == []
    page.goto(f"{server.url}join")
    assert broken(page) == []
    page.goto(f"{server.url}report.html")
    page.locator("textarea").fill("Node 0, zone   Normal  1  2  3  4  5  6  7  8  9  10  11")
    page.get_by_role("button", name="Read").first.click()
    expect(page.locator("#verdicts")).to_be_visible()
    assert broken(page) == []


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_watched_machine_breaks_no_rule(
    open_page: Callable[..., Page], new_server: Callable[..., Server], width: int, height: int
) -> None:
    server = new_server(FRAGSCOPE_WATCHERS="127.0.0.1")
    server.begin()
    page = with_axe(open_page(width, height))
    page.goto(f"{server.url}live.html")
    expect(page.locator("#zones tbody tr").first).to_be_visible()
    expect(page.locator("#timebar")).to_be_visible()
    assert broken(page) == [], "now"
    page.focus("#time-track")
    page.keyboard.press("Home")
    expect(page.locator("#said")).to_contain_text("then")
    assert broken(page) == [], "an earlier look"
    page.goto("about:blank")  # it asks once a second, and its server goes first


def test_axe_sees_what_is_wrong(page: Page, server: Server) -> None:
    with_axe(page).goto(f"{server.url}join")
    page.evaluate("document.querySelector('button').style.color = '#ccc'")
    page.evaluate("document.documentElement.removeAttribute('lang')")
    found = " ".join(broken(page, "html"))
    for rule in ("color-contrast", "html-has-lang"):
        assert rule in found
