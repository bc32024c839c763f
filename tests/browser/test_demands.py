"""Kernel memory and pins: asked for by button and by command box, and told for each design."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.look import FOUR, open_more, open_small, press, tab, wait_idle


def test_kernel_memory_and_pins_are_asked_for_and_told(page: Page, server: Server) -> None:
    open_small(page, server.url)
    open_more(page)
    page.fill("#alloc-nr", "3")
    page.select_option("#alloc-kind", "atomic")
    page.check("#alloc-keep")
    press(page, "alloc")
    for key in FOUR:
        verdict = page.locator(f'#demand-verdicts li[data-design="{key}"]')
        expect(verdict).to_contain_text(
            re.compile(r"\d of 3 atomic requests of order 9.*they stay")
        )
    tab(page, "scoreboard")
    row = page.locator('tr[data-row="kmem"]')
    expect(row.locator("td").first).to_have_text(re.compile(r"\d of 3"))
    expect(page.locator('tr[data-row="pins"]')).to_be_hidden()
    expect(page.locator('tr[data-row="blocks_with_balloon"]')).to_contain_text("Host huge pages")
    page.click("#open-command")
    page.fill("#command-line", "pin 4")
    page.press("#command-line", "Enter")
    expect(page.locator('tr[data-row="pins"] td').first).to_have_text("4 of 4")
    wait_idle(page)
    expect(page.locator('#demand-verdicts li[data-design="pinned"]')).to_contain_text(
        "4 of 4 MiB pinned."
    )
