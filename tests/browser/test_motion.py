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
    if (/of [\\d,]+ move|moves?\\b/.test(words)) window.seen.words = words;
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
    page.locator("#speed").fill("72")
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
    expect(page.locator("#panels")).to_have_attribute("data-flights", "0")
    page.wait_for_selector("#panels[data-glow=false]")
    pixels, numbers = page.evaluate(PIXELS), [headline(page, key) for key in KEYS]
    full_speed(page)
    page.reload()
    wait_idle(page)
    page.wait_for_selector("#panels[data-glow=false]")
    assert page.evaluate(PIXELS) == pixels
    assert [headline(page, key) for key in KEYS] == numbers
    assert page.evaluate("document.getElementById('motion-words').textContent") == ""


def test_reduced_motion_has_the_same_facts_as_marks_and_words(
    open_page: Any, server: Server
) -> None:
    page = open_page(1280, 800, reduced_motion="reduce")
    seen = compacted(page, server.url)
    assert seen["flights"] == 0
    assert "move" in seen["words"]
    assert "showing" not in seen["words"]
    assert page.evaluate(MARKED)
