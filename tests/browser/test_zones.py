"""What each zone of each node has free, below the whole machine."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.look import open_small


def test_each_zone_is_shown_with_its_node_and_they_add_up(page: Page, server: Server) -> None:
    open_small(page, server.url, "two_nodes")
    page.click("#rail-scoreboard")
    page.click("#zones summary")
    rows = page.locator("#zones-table tbody tr")
    expect(rows.locator("th")).to_have_text(
        ["Whole machine", "Node 0 DMA", "Node 0 DMA32", "Node 1 DMA32"]
    )
    cells = rows.locator("td:first-of-type")
    expect(cells.last).to_have_text(re.compile(r"· \d+$"))
    whole, *zones = [text.split(" · ") for text in cells.all_inner_texts()]
    assert int(whole[1]) == sum(int(blocks) for _, blocks in zones) > 0
    assert abs(float(whole[0]) - sum(float(mib) for mib, _ in zones)) < 0.2
    page.click("#rail-guest")
    expect(page.locator("#about-list")).to_contain_text("Node 1 DMA32")


def test_a_guest_of_one_node_has_no_number_before_its_zones(page: Page, server: Server) -> None:
    open_small(page, server.url)
    page.click("#rail-scoreboard")
    page.click("#zones summary")
    expect(page.locator("#zones-table tbody th").nth(1)).to_have_text("Zone DMA")
