"""Compaction watched inside its ticks: pages fly and land, then the plain picture."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.look import full_speed, headline, inflate, open_small, wait_idle

# Every number of flights, and every sentence about them, from now on.
WATCH = """() => {
  window.seen = {flights: 0, words: '', alone: 0};
  const panels = document.getElementById('panels');
  const look = () => {
    const flights = Number(panels.dataset.flights);
    window.seen.flights = Math.max(window.seen.flights, flights);
    const words = document.getElementById('motion-words').textContent;
    if (!/of [\\d,]+ move|moves?\\b/.test(words)) return;
    window.seen.words = words;
    const place = document.getElementById('motion-words').getBoundingClientRect();
    const deck = document.getElementById('deck').getBoundingClientRect();
    const marks = [...document.querySelectorAll('.marks li:not([hidden])')];
    window.seen.legend = marks.map((e) => e.innerText);
    window.seen.shown ||= place.height > 10 && place.top > 0 && place.left >= 0 &&
      place.bottom <= (innerWidth > 640 ? innerHeight : deck.top + 1);
  };
  new MutationObserver(look).observe(panels, {attributes: true});
  const words = document.getElementById('motion-words');
  new MutationObserver(look).observe(words, {childList: true, characterData: true, subtree: true});
}"""
PIXELS = "() => [...document.querySelectorAll('canvas.map')].map((map) => map.toDataURL())"
MARKED = """() => [...document.querySelectorAll('canvas.motion')].some((canvas) =>
  canvas.width > 0 && canvas.getContext('2d')
    .getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0))"""
KEYS = ("pinned", "lru_hook", "separate_pass", "dedicated_block")


def compacted(page: Page, url: str) -> Any:
    """Inflate at full speed, compact at a pace that can be watched; what was seen of it."""
    open_small(page, url, "tight")
    inflate(page, 60)
    page.locator("#speed").evaluate(
        "(s) => { s.value = 72; s.dispatchEvent(new Event('input', {bubbles: true})); }"
    )  # on a phone it lies in the box of the rarer acts
    expect(page.locator("#speed-text")).to_have_text("145 ticks/s")
    page.evaluate(WATCH)
    page.click("#compact")
    wait_idle(page)
    page.wait_for_selector("#panels[data-motion=still]")
    return page.evaluate("window.seen")


def test_pages_fly_land_and_leave_the_picture_that_there_is_without_motion(
    page: Page, server: Server
) -> None:
    seen = compacted(page, server.url)
    assert seen["flights"] > 0
    assert "showing " in seen["words"]
    assert seen["shown"]
    assert "page on its way" in seen["legend"]
    assert "just changed" not in seen["legend"], "nothing glows that was seen happening"
    expect(page.locator("#panels")).to_have_attribute("data-flights", "0")
    page.wait_for_selector("#panels[data-glow=false]")
    pixels, numbers = page.evaluate(PIXELS), [headline(page, key) for key in KEYS]
    full_speed(page)
    legend = page.locator(".legend .marks li:not([hidden])")
    expect(legend.filter(has_text="just changed")).to_have_count(1)
    expect(legend.filter(has_text="page on its way")).to_have_count(0)
    page.reload()
    wait_idle(page)
    page.wait_for_selector("#panels[data-glow=false]")
    assert page.evaluate(PIXELS) == pixels
    assert [headline(page, key) for key in KEYS] == numbers
    assert page.evaluate("document.getElementById('motion-words').textContent") == ""


def test_reduced_motion_has_the_same_facts_as_marks_and_words(
    open_page: Any, server: Server
) -> None:
    page = open_page(390, 844, reduced_motion="reduce")
    seen = compacted(page, server.url)
    assert seen["flights"] == 0
    assert "move" in seen["words"]
    assert "showing" not in seen["words"]
    assert seen["shown"], "on the first screen of a phone"
    assert {"pages left", "pages came"} < set(seen["legend"])
    assert "just changed" not in seen["legend"]
    assert page.evaluate(MARKED)
