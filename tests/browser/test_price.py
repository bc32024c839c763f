"""What does it cost: what each design paid beside what it bought, published figures, estimates."""

from __future__ import annotations

import json
import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.look import exact, inflate, open_small, press, tab
from tests.project_files import ROOT

DESIGNS = ("pinned", "lru_hook", "separate_pass", "dedicated_block")


def value(page: Page, row: str, key: str) -> float:
    """The exact number of one cell of the table."""
    cell = page.locator(f'#price-table td[data-row="{row}"]').nth(DESIGNS.index(key))
    return float(cell.get_attribute("data-value") or "nan")


def test_each_design_shows_what_it_paid_beside_what_it_bought(page: Page, server: Server) -> None:
    open_small(page, server.url)
    inflate(page, 48)
    press(page, "compact")
    for key in DESIGNS:
        for row in ("free_blocks_all", "thp_potential", "host_exits"):
            assert value(page, row, key) == exact(page, key, row), (row, key)
        assert value(page, "tests", key) == exact(page, key, "tests"), "one figure for one idea"
        if key != "lru_hook":
            assert value(page, "tests", key) == 0
    asked = value(page, "tests", "lru_hook")
    paths = ("hook_checks", "hook_unmap", "hook_move", "hook_putback")
    assert asked == sum(value(page, path, "lru_hook") for path in paths) > 0
    moved = value(page, "pgmigrate_success", "lru_hook")
    assert value(page, "tests_per_moved", "lru_hook") == asked / moved
    hook = page.locator('#price-said li[data-design="lru_hook"]')
    expect(hook).to_contain_text(f"{asked:,.0f} tests on the generic paths")
    without = page.locator('#price-table td[data-row="tests"]').first
    expect(without).to_contain_text("the test is not in these paths")


def test_the_estimate_can_be_changed_and_published_figures_cannot(
    page: Page, server: Server
) -> None:
    open_small(page, server.url)
    tab(page, "cost")
    published = json.loads((ROOT / "examples" / "price.json").read_text())
    speeds = page.locator("#price-speeds")
    for row in published["reclaim"]["rows"]:
        line = speeds.locator("tr", has=page.get_by_role("rowheader", name=row["name"])).first
        expect(line).to_contain_text(row["name"])
    expect(page.locator("#price-overhead")).to_contain_text(re.compile("7.46.*7.13.*4.4 %"))
    exits = value(page, "host_exits", "lru_hook")
    page.fill("#price-exit", "0")
    page.fill("#price-page", "2")
    expect(speeds).to_contain_text("4 µs per page")
    expect(speeds).to_contain_text(str(published["reclaim"]["rows"][0]["touched"]))
    assert exits == value(page, "host_exits", "lru_hook")
    page.fill("#price-exit", "-3")
    expect(page.locator("#price-problem")).to_contain_text("a number of microseconds from 0 to")
