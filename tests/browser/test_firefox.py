"""The first walk in Firefox: the same numbers, maps, zoom, time and tabs as in Chromium."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from tests.browser.conftest import Server
from tests.browser.firefox import Firefox
from tests.browser.look import FOUR

IDLE = "document.body.dataset.idle === 'true'"
NUMBERS = "[...document.querySelectorAll('.panel .number')].map((n) => n.textContent)"
COLOURS = """[...document.querySelectorAll('.panel canvas.map')].map((c) => {
  const {data} = c.getContext('2d').getImageData(0, 0, c.width, c.height);
  return new Set(new Uint32Array(data.buffer)).size;
})"""
BOXES = """[...document.querySelectorAll('.panel [data-map]')].map((e) => e.getBoundingClientRect())
  .map((r) => [r.x, r.y, r.width, r.height].map(Math.round))"""
PLACES = """[...document.querySelectorAll('body > *, .panel > *')].map((e) => {
  const {y, height} = e.getBoundingClientRect();
  return [e.id || e.className, y, height];
})"""
SHOWN = "[{...document.body.dataset}, scrollY, document.activeElement.id]"
STICKS_OUT = "document.documentElement.scrollWidth > innerWidth"


def text(selector: str) -> str:
    """An expression for what an element says."""
    return f"document.querySelector({json.dumps(selector)}).textContent"


def engine(firefox: Firefox, url: str) -> dict[str, Any]:
    """What the server says of the session that the page shows."""
    fields = dict(
        part.split("=") for part in firefox.read("location.hash").lstrip("#").split("&") if part
    )
    request = urllib.request.Request(
        f"{url}api/sessions/{fields['s']}/state",
        headers={"Authorization": f"Bearer {fields['t']}"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return dict(json.load(answer))


def test_the_first_walk_in_firefox(server: Server) -> None:
    with Firefox(1440, 900) as firefox:
        firefox.open(server.url)
        firefox.until(f"document.querySelector('.panel canvas.map') && {IDLE}")
        boxes = firefox.read(BOXES)
        assert sum(w * h for _, _, w, h in boxes) >= 0.55 * 1440 * 900, boxes

        firefox.press("b", *"200", "Enter")
        firefox.until(f"document.body.dataset.log === '1' && {IDLE}")
        firefox.press("Tab", "c")
        firefox.until(f"document.body.dataset.log === '2' && {IDLE}")
        firefox.press("h")
        firefox.until(f"document.body.dataset.log === '3' && {IDLE}")
        told = engine(firefox, server.url)
        left = [str(told["designs"][key]["stats"]["free_blocks_all"]) for key in FOUR]
        assert firefox.read(NUMBERS) == left
        assert "moved by compaction" in firefox.read(text("#verdict-line"))
        assert min(firefox.read(COLOURS)) > 3, "maps of several colours"

        firefox.press("[")
        firefox.until(f"{text('#verdict-line')}.startsWith('At tick')")
        firefox.press("t")
        firefox.until(f"!{text('#verdict-line')}.startsWith('At tick') && {IDLE}")
        assert firefox.read(NUMBERS) == left

        x, y, width, height = boxes[1]
        firefox.click(x + width // 2, y + height // 2)
        firefox.until(f"{text('.panel .where')}.startsWith('Pageblock')")
        firefox.wheel(x + width // 2, y + height // 2, 24)
        firefox.until(f"{text('.panel .where')}.startsWith('Page ')")
        firefox.press("Escape", "Escape", "Escape")
        firefox.until("document.querySelector('#zoom-bar')?.checkVisibility() !== true")

        firefox.press("x")
        firefox.until("document.querySelector('#difference').checkVisibility()")
        firefox.press("i", "m")
        firefox.until("document.documentElement.dataset.theme === 'light'")
        same = json.dumps(json.dumps(boxes, separators=(",", ":")))
        firefox.until(f"JSON.stringify({BOXES}) === {same}", f"[{BOXES}, {PLACES}, {SHOWN}]")
        assert not firefox.read(STICKS_OUT)
        assert firefox.errors == []
