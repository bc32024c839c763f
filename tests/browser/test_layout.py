"""Sizes from a phone to a projector: no overflow, readable words, a keyboard that finds its way."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.look import inflate, open_guest, press, tab

SIZES = ((1920, 1080), (1440, 900), (820, 1180), (390, 844), (360, 640))

# Elements that stick out at the right, except inside regions that scroll by themselves.
STICKING_OUT = """() => [...document.querySelectorAll('body *')].filter((e) => {
  if (e.closest('.scroll, .hidden, dialog:not([open]), .skip, #js-plotly-tester')) return false;
  if (e.closest('.panels, .legend-line, .rail, .tab') || !e.checkVisibility()) return false;
  const r = e.getBoundingClientRect();
  return r.width > 0 && r.height > 0 && (r.right > innerWidth + 1 || r.left < -1);
}).map((e) => `${e.tagName}.${e.className} ${e.getBoundingClientRect().right}`).slice(0, 5)"""

# Text whose colour stands out too little from what is behind it (WCAG AA).
LOW_CONTRAST = """() => {
  const parse = (c) => {
    const m = c.match(/[\\d.]+/g).map(Number);
    return m.length < 4 ? [...m, 1] : m;
  };
  const lin = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const lum = ([r, g, b]) => 0.2126 * lin(r) + 0.7152 * lin(g) + 0.0722 * lin(b);
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c[3] > 0.99) return c;
    }
    return [255, 255, 255, 1];
  };
  const bad = new Set();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n = walk.nextNode(); n; n = walk.nextNode()) {
    const e = n.parentElement;
    if (!n.data.trim() || !e.checkVisibility({visibilityProperty: true})) continue;
    if (e.closest('.hidden, script, noscript, :disabled, svg')) continue;
    const s = getComputedStyle(e);
    const [low, high] = [lum(parse(s.color)), lum(behind(e))].sort((a, b) => a - b);
    const size = parseFloat(s.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(s.fontWeight) >= 700);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < (large ? 3 : 4.5)) {
      bad.add(`${ratio.toFixed(2)} ${e.tagName}.${e.className}: ${n.data.trim().slice(0, 30)}`);
    }
  }
  return [...bad];
}"""

# Name, visible focus, visible at all: of what has the focus (of a radio button: its label).
FOCUSED = """() => {
  const e = document.activeElement;
  const s = getComputedStyle(e.matches('.mode input') ? e.nextElementSibling : e);
  const outlined = s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0;
  return [e.id || e.className || e.tagName, outlined, e.getBoundingClientRect().width > 0];
}"""


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_nothing_overflows_and_the_words_of_the_map_are_there(
    open_page: Callable[..., Page], server: Server, width: int, height: int
) -> None:
    page = open_page(width, height)
    open_guest(page, server.url)
    inflate(page, 60)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(STICKING_OUT) == []
    for words in ("high addresses", "low addresses"):
        expect(page.locator(".axis").first.get_by_text(words)).to_be_visible()
    for words in ("free", "movable", "balloon", "unmovable", "reserved"):
        expect(page.locator("#legend .name", has_text=words).first).to_be_visible()
    for unit in page.locator(".panel .headline-words .unit").all():
        expect(unit).to_be_visible()
    assert page.evaluate(LOW_CONTRAST) == []


@pytest.mark.parametrize(("width", "height"), ((1440, 900), (360, 640)))
def test_dialogs_fit_the_window_in_readable_colours(
    open_page: Callable[..., Page], server: Server, width: int, height: int
) -> None:
    page = open_page(width, height)
    open_guest(page, server.url)
    for button, dialog in (("#open-setup", "#setup"), ("#open-command", "#command")):
        page.click(button)
        expect(page.locator(dialog)).to_be_visible()
        assert page.evaluate(STICKING_OUT) == []
        assert page.evaluate(LOW_CONTRAST) == []
        assert page.evaluate(f"document.querySelector('{dialog}').scrollWidth <= innerWidth")
        page.keyboard.press("Escape")
        expect(page.locator(dialog)).to_be_hidden()


def test_tab_goes_through_the_page_in_reading_order(page: Page, server: Server) -> None:
    open_guest(page, server.url)
    page.evaluate("document.activeElement.blur()")
    names = []
    for _ in range(40):
        page.keyboard.press("Tab")
        names.append(page.evaluate(FOCUSED))
        if names[-1][0] == "rail-because":
            break
    order = [name.split()[0] for name, _, _ in names]
    wanted = ["skip", "open-setup", "balloon-range", "balloon-mib", "compact", "huge", "huge-nr"]
    wanted += ["SUMMARY", "pause", "speed", "open-command", "theme", "stack", "mode-content"]
    wanted += ["time-start", "time-track", "time-now", "rail-because"]
    places = [order.index(name) for name in wanted]
    assert places == sorted(places), order
    assert all(outlined for _, outlined, _ in names), [n for n in names if not n[1]]


def test_shortcuts_do_what_the_help_says_and_can_be_switched_off(
    page: Page, server: Server
) -> None:
    open_guest(page, server.url)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("4")
    expect(page.locator("#mode-holder")).to_be_checked()
    page.keyboard.press("1")
    expect(page.locator("#mode-content")).to_be_checked()
    page.keyboard.press("c")
    expect(page.locator("#said")).to_contain_text("compact")
    page.wait_for_selector("body[data-idle=true]")
    page.keyboard.press(" ")
    expect(page.locator("#pause-text")).to_have_text("Run")
    page.keyboard.press(" ")
    expect(page.locator("#pause-text")).to_have_text("Pause")
    page.keyboard.press("b")
    expect(page.locator("#balloon-mib")).to_be_focused()
    page.keyboard.press("4")
    expect(page.locator("#mode-content")).to_be_checked()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    page.get_by_label("Single-key shortcuts are on").uncheck()
    page.click("#inspector-close")
    page.keyboard.press("4")
    expect(page.locator("#mode-content")).to_be_checked()


def test_nothing_glows_for_those_who_asked_for_reduced_motion(
    open_page: Callable[..., Page], server: Server
) -> None:
    page = open_page(reduced_motion="reduce")
    open_guest(page, server.url)
    page.evaluate(
        """() => { window.glowed = false; new MutationObserver(() => {
          if (document.querySelector('#panels').dataset.glow === 'true') window.glowed = true;
        }).observe(document.querySelector('#panels'), {attributes: true}); }"""
    )
    inflate(page, 50)
    assert page.evaluate("window.glowed") is False


def test_touching_a_pageblock_describes_it(open_page: Callable[..., Page], server: Server) -> None:
    page = open_page(390, 844, has_touch=True, is_mobile=True)
    open_guest(page, server.url)
    page.locator(".panel canvas.map").first.scroll_into_view_if_needed()
    page.locator(".panel .stack").first.tap(position={"x": 20, "y": 20})
    for where in page.locator(".panel .where").all():
        expect(where).to_contain_text("Pageblock")
    page.locator("#panels").evaluate("(p) => { p.scrollLeft = p.clientWidth; }")
    expect(page.locator(".panel .where").nth(1)).to_be_in_viewport()  # of the same block


def test_the_charts_load_when_they_come_near_and_contact_nobody(page: Page, server: Server) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_guest(page, server.url)
    press(page, "compact")
    assert not [url for url in asked if "vendor/plotly" in url], (
        "who does not look at charts loads none"
    )
    tab(page, "charts")
    expect(page.locator("#charts .main-svg").first).to_be_visible(timeout=30_000)
    for box in page.locator("#charts .plot").all():
        expect(box).to_have_attribute("data-drawn", page.evaluate("document.body.dataset.tick"))
    assert page.locator("#charts .modebar-btn").count() == 0
    assert all(url.startswith(server.url) for url in asked if not url.startswith("ws")), asked
