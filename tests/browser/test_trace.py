"""Why this page: the next tick told page by page, and then done exactly so."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.look import exact, inflate, open_small, panel, wait_tick, whole
from tests.browser.test_layout import LOW_CONTRAST, STICKING_OUT

STEPS = 3
# Of the map that is traced, from the beginning of the page.
TOP = "document.querySelector('.panel:nth-child(2)').getBoundingClientRect().top + scrollY"
TRACED_MS = 60_000  # every call is followed, without the compiler


def at_work(page: Page, url: str) -> None:
    """A small guest with a balloon, paused a few ticks into a compaction."""
    open_small(page, url)
    inflate(page, 40)
    page.click("#pause")
    page.wait_for_selector("body[data-paused=true]")
    page.click("#compact")
    expect(page.locator("#said")).to_contain_text("compact")
    page.wait_for_selector("body[data-log='2']")
    tick = int(page.evaluate("document.body.dataset.tick"))
    for _ in range(STEPS):
        page.click("#step")
    wait_tick(page, tick + STEPS)


def traced(page: Page) -> None:
    """Until the trace that was asked for is shown."""
    page.wait_for_selector("#trace[data-state=foretold]", timeout=TRACED_MS)


def test_the_next_tick_does_exactly_what_was_predicted(page: Page, server: Server) -> None:
    at_work(page, server.url)
    page.click("#rail-why")
    traced(page)
    expect(page.locator("#trace-said")).to_contain_text("of lru_hook")
    # The map that is traced stands out; the others stay in sight.
    expect(panel(page, "lru_hook")).to_have_class(re.compile("traced"))
    expect(panel(page, "pinned")).to_be_visible()
    label = page.locator("label[for=trace-outcome-moved]")
    moved = whole(label.inner_text().split()[-1])
    before = exact(page, "lru_hook", "migrated")
    page.click("#trace-step")
    page.wait_for_selector("#trace[data-state=done]")
    expect(page.locator("#trace-said")).to_contain_text("Done, tick")
    assert exact(page, "lru_hook", "migrated") - before == moved > 0
    page.click("#trace-ask")
    traced(page)
    page.keyboard.press("Escape")
    expect(page.locator("#trace")).to_be_hidden()
    expect(page.locator("#rail-why")).to_be_focused()


def test_a_page_is_followed_by_keyboard_and_every_reason_is_in_the_table(
    page: Page, server: Server
) -> None:
    at_work(page, server.url)
    page.locator("body").press("y")
    traced(page)
    page.check("#trace-outcome-moved", force=True)
    balloon = page.locator("#trace-list li", has_text="balloon").first
    page.focus("#trace-list")
    while balloon.get_attribute("aria-selected") != "true":
        page.keyboard.press("ArrowDown")
    detail = page.locator("#trace-detail")
    expect(detail.locator("h3")).to_contain_text(re.compile(r"balloon.*moved, to page \d+"))
    expect(detail.locator(".trace-why")).to_contain_text("nothing was copied")
    expect(detail.locator("th", has_text="balloon_page_isolate").first).to_be_visible()
    listed = detail.locator("td.changed", has_text="was balloon list").first
    expect(listed).to_contain_text("cc->migratepages")
    # Its pageblock is marked on the map and described under it.
    block = re.search(r"pageblock ([\d,]+)", detail.locator("h3").inner_text())
    assert block
    expect(panel(page, "lru_hook").locator(".where")).to_contain_text(f"Pageblock {block[1]},")
    detail.get_by_role("button", name="this reason in the list").click()
    reasons = page.request.get(f"{server.url}api/reasons").json()["reasons"]
    expect(page.locator("#reasons-table tbody tr")).to_have_count(len(reasons))
    expect(page.locator("#reasons-table tr[aria-current]")).to_have_attribute("id", "reason-moved")


def test_with_nothing_at_work_it_says_what_to_do_and_goes_on_by_itself(
    page: Page, server: Server, page_errors: list[str]
) -> None:
    open_small(page, server.url)
    page.click("#rail-why")
    page.wait_for_selector("body[data-paused=true]")
    expect(page.locator("#trace-said")).to_contain_text("Nothing is running under lru_hook")
    page.click("#inspector-close")  # and it is as before: the next command is done
    page.wait_for_selector("body[data-paused=false]")
    page.click("#rail-why")
    page.wait_for_selector("body[data-paused=true]")
    page.click("#compact")
    traced(page)
    page.route("**/trace", lambda route: route.abort())
    page.click("#trace-ask")
    expect(page.locator("#trace-said")).to_have_text("Not traced: The server does not answer.")
    assert page_errors.pop().startswith("Failed to load resource")


def test_the_trace_fits_the_window_and_moves_no_map_down(
    open_page: Callable[..., Page], server: Server
) -> None:
    page = open_page(360, 640)
    at_work(page, server.url)
    for width, height in ((360, 640), (1440, 900)):
        page.set_viewport_size({"width": width, "height": height})
        before = page.evaluate(TOP)
        page.click("#rail-why")
        traced(page)
        assert page.evaluate(TOP) <= before
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(STICKING_OUT) == []
        assert page.evaluate(LOW_CONTRAST) == []
        page.click("#inspector-close")
