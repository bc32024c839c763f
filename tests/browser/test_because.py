"""Because of a block: asked by a click, by Enter and by the keys for the next obstacle."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.look import FOUR, inflate, open_small, panel, tab

# Whether a pageblock is among those that the bar of a closer look names.
IN_WINDOW = """(block) => {
  const [first, last] = document.querySelector('.zoom-words').textContent.replaceAll(',', '')
    .match(/pageblocks? (\\d+)(?: to (\\d+))?/).slice(1).map(Number);
  return block >= first && block <= (last || first);
}"""


@pytest.fixture
def inflated(page: Page, server: Server) -> Iterator[Page]:
    """A small guest with a balloon, nothing focused."""
    open_small(page, server.url, "tight")
    inflate(page, 30)
    page.evaluate("document.activeElement.blur()")
    yield page


def test_a_click_on_a_block_tells_what_holds_it_and_who_could_empty_it(inflated: Page) -> None:
    page = inflated
    stack = panel(page, "lru_hook").locator(".stack")
    stack.click(position={"x": 40, "y": 300})
    title = page.locator("#because-block-title")
    expect(title).to_have_text(re.compile(r"Pageblock \d+, moved by compaction"))
    expect(page.locator("#because-ways dt")).to_have_count(4)
    for way in ("compaction", "reclaim", "offlining", "contiguous"):
        words = page.locator(f'#because-ways dd[data-way="{way}"]')
        expect(words.locator(".reason-id")).to_have_text(re.compile(r"^[a-z_0-9]+$"))
    expect(page.locator("#because-designs dd")).to_have_count(4)
    own = page.locator("#because-designs dt", has_text="(this one)")
    expect(own).to_contain_text("lru_hook")
    expect(page.locator("#because-brought")).to_contain_text("was there at the start")
    # A reason's id leads to its sentence.
    page.locator("#because-ways .reason-id").first.click()
    expect(page.locator("#reasons tr[aria-current]")).to_be_visible()
    page.keyboard.press("Escape")
    # At an earlier moment the answer is of that moment.
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("[")
    expect(page.locator("#because-block")).to_contain_text("at tick 0:")
    expect(page.locator("#because-brought")).not_to_contain_text("command 1")
    page.keyboard.press("t")
    expect(page.locator("#because-block")).not_to_contain_text("at tick 0:")


def test_the_next_obstacle_is_found_said_and_left_behind(inflated: Page) -> None:
    page = inflated
    said, line = page.locator("#announce"), page.locator("#because-obstacle")
    page.keyboard.press("j")
    words = r"Stays in place: Obstacle 1 of \d+: \d+ pages? of pageblock \d+"
    expect(said).to_have_text(re.compile(words))
    block = re.search(r"of pageblock (\d+)", said.inner_text())
    assert block
    first = f"Pageblock {block[1]}, stays in place"
    expect(page.locator("#because-block-title")).to_have_text(first)
    expect(line).to_contain_text("Order: fewest pages in the way")
    page.keyboard.press("j")
    expect(line).to_contain_text("Obstacle 2 of")
    expect(page.locator("#because-block-title")).not_to_have_text(first)
    page.keyboard.press("k")
    expect(line).to_contain_text("Obstacle 1 of")
    expect(page.locator("#because-block-title")).to_have_text(first)
    expect(page.locator('#because-ways dd[data-way="compaction"]')).to_have_attribute(
        "data-could", "false"
    )
    expect(page.locator("#because-holders li").first).to_contain_text("page")
    # Looking at another part of memory: the obstacle comes into the window.
    stack = panel(page, "pinned").locator(".stack")
    stack.press("Home" if int(block[1]) > 63 else "End")
    stack.press("+")
    stack.press("+")
    stack.press("+")
    expect(page.locator("#zoom-bar")).to_be_visible()
    assert not page.evaluate(IN_WINDOW, int(block[1]))
    page.keyboard.press("j")
    expect(line).to_contain_text("Obstacle 2 of")
    page.keyboard.press("k")
    expect(line).to_contain_text("Obstacle 1 of")
    expect(panel(page, "pinned").locator(".where")).to_contain_text(f"Pageblock {block[1]},")
    assert page.evaluate(IN_WINDOW, int(block[1]))
    for _ in range(3):
        page.keyboard.press("Escape")
    expect(page.locator("#zoom-bar")).to_be_hidden()


def test_enter_asks_too_and_speaks_one_sentence(inflated: Page) -> None:
    page = inflated
    panel(page, "pinned").locator(".stack").focus()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.locator("#announce")).to_contain_text("Pageblock 127, stays in place:")
    expect(page.locator("#inspector")).to_be_hidden()
    tab(page, "because")
    expect(page.locator("#because-block-title")).to_have_text("Pageblock 127, stays in place")


def test_every_act_says_what_it_will_do_and_what_it_cost(inflated: Page) -> None:
    page = inflated
    for act in ("compact", "huge", "wait", "direct", "offline", "contig", "drop", "reset"):
        assert len(page.locator(f"#{act}").get_attribute("title") or "") > 20, act
    expect(page.locator("#announce")).to_contain_text("It cost: ")
    tab(page, "log")
    expect(page.locator("#act-cost")).to_contain_text("Command 1 so far: ")
    expect(page.locator("#act-cost")).to_contain_text("messages to the host")


def test_a_bar_of_the_free_lists_marks_its_blocks(inflated: Page) -> None:
    page = inflated
    tab(page, "because")
    page.locator("#free-lists summary").click()
    bar = page.locator('.free-bars [data-order="1"]')
    expect(bar).to_contain_text("MiB")
    before = [panel(page, key).locator("canvas.over").screenshot() for key in FOUR]
    bar.click()
    expect(page.locator("#free-said")).to_contain_text("Order 1")
    expect(page.locator("#free-table tbody tr")).to_have_count(4)
    expect(page.locator("#free-table tbody tr").first).to_contain_text("pageblocks:")
    after = [panel(page, key).locator("canvas.over").screenshot() for key in FOUR]
    assert all(a != b for a, b in zip(before, after, strict=True))
    bar.click()
    expect(page.locator("#free-said")).to_be_empty()


def test_on_a_phone_a_tap_lays_nothing_over_the_map(
    open_page: Callable[..., Page], server: Server
) -> None:
    page = open_page(390, 844, has_touch=True)
    open_small(page, server.url)
    panel(page, "pinned").locator(".stack").tap(position={"x": 100, "y": 200})
    expect(page.locator("#announce")).to_contain_text("stays in place")
    expect(page.locator("#inspector")).to_be_hidden()
    tab(page, "because")
    expect(page.locator("#because-ways dt")).to_have_count(4)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
