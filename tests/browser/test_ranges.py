"""A range of memory: typed or dragged, offlined, and each design's verdict in words."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.look import FOUR, inflate, notice, open_guest, open_more, panel, press

# Pixels of the cross's colour inside the outline of the range: the outline itself is 1.5 px wide.
CROSSED = """(key) => {
  const over = document.querySelector(`.panel[data-design="${key}"] canvas.over`);
  const d = over.getContext('2d').getImageData(0, 0, over.width, over.height).data;
  const [cols, rows] = [document.querySelector('canvas.map').width,
    Number(document.querySelector('#panels').dataset.rows)];
  const stack = over.parentElement;
  const [w, h] = [stack.clientWidth / cols, stack.clientHeight / rows];  // one device pixel each
  let found = 0;
  for (let i = 256; i < 264; i++) {
    const x = Math.round((i % cols + 0.5) * w) - over.offsetLeft;
    const y = Math.round((rows - 1 - Math.floor(i / cols) + 0.5) * h) - over.offsetTop;
    const at = 4 * (y * over.width + x);
    if (d[at] === 176 && d[at + 1] === 0 && d[at + 2] === 90) found += 1;
  }
  return found;
}"""


def test_a_typed_range_is_offlined_or_refused_by_each_design(page: Page, server: Server) -> None:
    open_guest(page, server.url)
    inflate(page, 100)
    open_more(page)
    page.fill("#range-start", "512")
    page.fill("#range-size", "16")
    page.press("#range-size", "Tab")
    expect(page.locator("#range-chosen")).to_have_text("Chosen: 512 to 528 MiB.")
    press(page, "offline")
    expect(page.locator("#said")).to_contain_text("offline 512 to 528 MiB")
    for key in FOUR:
        verdict = page.locator(f'#range-verdicts li[data-design="{key}"]')
        expect(verdict).to_contain_text(re.compile(r"512 to 528 MiB (is offline|stays: page \d+)"))
        page.mouse.move(1, 1)
        said = panel(page, key).locator(".because")
        expect(said).to_contain_text("512 to 528 MiB")
        # The page that forbids it is crossed out on the map.
        assert (page.evaluate(CROSSED, key) > 0) == ("stays" in said.inner_text()), key


def test_a_range_is_chosen_by_dragging_over_a_map(page: Page, server: Server) -> None:
    open_guest(page, server.url)
    expect(page.locator("#offline")).to_be_hidden()
    box = panel(page, "pinned").locator("canvas.map").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.5, steps=4)
    page.mouse.up()
    expect(page.locator("#offline")).to_be_visible()  # what can be done with it
    expect(page.locator("#range-chosen")).to_have_text(re.compile(r"Chosen: [\d,]+ to [\d,]+ MiB"))
    size = int(page.input_value("#range-size"))
    assert size >= 4
    page.mouse.move(1, 1)
    assert int(page.input_value("#range-size")) == size


def test_contiguous_memory_is_allocated_and_a_range_that_does_not_fit_is_refused(
    page: Page, server: Server
) -> None:
    open_guest(page, server.url)
    open_more(page)
    page.fill("#contig-mib", "4")
    press(page, "contig")
    verdict = page.locator('#range-verdicts li[data-design="pinned"]')
    expect(verdict).to_contain_text("could be allocated")
    page.fill("#range-start", "14")
    page.fill("#range-size", "4")
    page.click("#offline")
    expect(notice(page).last).to_contain_text("a range lies in one zone")
    page.fill("#range-size", "3")
    page.click("#offline")
    expect(notice(page).last).to_contain_text("whole pageblocks of 2 MiB are needed")
