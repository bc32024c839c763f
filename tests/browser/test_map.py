"""Pixels and words: what is drawn is what is said, in every mode, by pointer and by keyboard."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.look import FOUR, inflate, open_guest, panel, press, tab

# Colour of one pageblock at the bottom of its cell: bottom left is pageblock 0.
PIXEL = """([design, index]) => {
  const canvas = document.querySelector(`.panel[data-design="${design}"] canvas.map`);
  const cols = canvas.width;
  const tall = Math.round(canvas.height / document.querySelector('#panels').dataset.rows);
  const x = index % cols;
  const y = canvas.height - 1 - Math.floor(index / cols) * tall;
  const d = canvas.getContext('2d').getImageData(x, y, 1, 1).data;
  return '#' + [d[0], d[1], d[2]].map((v) => v.toString(16).padStart(2, '0')).join('');
}"""
ENTRIES = "async (i) => (await import('/src/map/palette.js')).MODES[i].entries.map((e) => e.hex)"

HOLDER_WORDS = (
    "wholly free",
    "movable pages only",
    "held by balloon",
    "held by the kernel",
    "reserved",
    "balloon pages that the hook",
)
TYPES = ("UNMOVABLE", "MOVABLE", "RECLAIMABLE", "HIGHATOMIC", "CMA", "ISOLATE", "BALLOON")


def point(page: Page, design: str, index: int) -> dict[str, str]:
    """Move the pointer to the middle of a pageblock's cell; the words of all panels."""
    canvas = panel(page, design).locator("canvas.map")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    cols, rows = page.evaluate(
        "(d) => [document.querySelector(`.panel[data-design='${d}'] canvas.map`).width,"
        " Number(document.querySelector('#panels').dataset.rows)]",
        design,
    )
    side = box["width"] / cols
    page.mouse.move(
        box["x"] + (index % cols + 0.5) * side,
        box["y"] + (rows - 1 - index // cols + 0.5) * (box["height"] / rows),
    )
    expect(panel(page, design).locator(".where")).to_contain_text(f"Pageblock {index},")
    lines = (".where", ".counts", ".holder")
    return {
        key: "\n".join(panel(page, key).locator(line).inner_text() for line in lines)
        for key in FOUR
    }


def settle(page: Page, mode: str = "content") -> None:
    """Until this mode is painted and nothing glows any more."""
    page.wait_for_selector(f"#panels[data-glow=false][data-mode={mode}]")


def numbers(words: str) -> dict[str, int]:
    """``"12 free, 500 movable, …"`` as a dict."""
    line = words.split("\n")[1]
    return {name: int(n) for n, name in re.findall(r"(\d+) ([a-z -]+?)(?:,|$)", line)}


def check_modes(page: Page, index: int) -> None:
    """One pageblock, all designs, three colour modes: pixel and words agree."""
    for mode, key in ((3, "holder"), (2, "migratetype"), (1, "free")):
        page.check(f"#mode-{key}", force=True)
        settle(page, key)
        colours: list[str] = page.evaluate(ENTRIES, mode)
        for design, words in point(page, FOUR[0], index).items():
            pixel = page.evaluate(PIXEL, [design, index])
            if key == "holder":
                value = next(i for i, w in enumerate(HOLDER_WORDS) if w in words.split("\n")[2])
                assert pixel == colours[value], (design, index, words)
            elif key == "migratetype":
                found = re.search(r"\b(" + "|".join(TYPES) + r")\b", words.split("\n")[2])
                assert found
                assert pixel == colours[TYPES.index(found[1])], (design, index, words)
            else:
                free = numbers(words)["free"]
                if free in (0, 512) and "per-CPU" not in words:
                    assert pixel == colours[-1 if free else 0], (design, index, words)


def test_pixels_and_words_agree_for_every_kind_of_pageblock(page: Page, server: Server) -> None:
    open_guest(page, server.url)
    inflate(page, 150)
    press(page, "compact")
    for index in (0, 1, 60, 131, 255, 300, 402, 511):
        check_modes(page, index)


def test_a_cell_is_filled_from_the_bottom_in_the_legends_order(page: Page, server: Server) -> None:
    open_guest(page, server.url)
    inflate(page, 150)
    settle(page)
    colours: list[str] = page.evaluate(ENTRIES, 0)
    free, movable, balloon, unmovable, reserved = colours
    for index in (40, 133, 260, 410):
        for design, words in point(page, FOUR[1], index).items():
            has = numbers(words)
            bottom = page.evaluate(PIXEL, [design, index])
            order = [
                (has.get("reserved", 0), reserved),
                (has["unmovable"], unmovable),
                (has["balloon"], balloon),
                (has["movable"], movable),
                (512, free),
            ]
            assert bottom == next(colour for pages, colour in order if pages), (design, words)


def test_the_same_pageblock_is_described_in_all_panels(page: Page, server: Server) -> None:
    open_guest(page, server.url)
    for words in point(page, FOUR[2], 77).values():
        assert words.startswith("Pageblock 77, 154 to 156 MiB")
        assert sum(numbers(words).values()) == 512
    page.mouse.move(2, 2)
    for key in FOUR:
        expect(panel(page, key).locator(".where")).to_have_text("")


def test_arrow_keys_move_from_pageblock_to_pageblock_and_are_read_out(
    page: Page, server: Server
) -> None:
    open_guest(page, server.url)
    stack = panel(page, "lru_hook").locator(".stack")
    panel(page, "lru_hook").locator(".number-button").focus()  # the map comes next
    page.keyboard.press("Tab")
    expect(stack).to_be_focused()
    expect(panel(page, "pinned").locator(".where")).to_contain_text("Pageblock 0,")
    for key, index in (("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("Home", 0)):
        page.keyboard.press(key)
        where = panel(page, "dedicated_block").locator(".where")
        expect(where).to_contain_text(f"Pageblock {index},")
    page.keyboard.press("ArrowUp")
    cols: Any = page.evaluate("document.querySelector('canvas.map').width")
    expect(page.locator("#announce-block")).to_contain_text(f"Pageblock {cols}, {2 * cols} to")


def test_the_table_of_the_maps_counts_every_pageblock(page: Page, server: Server) -> None:
    open_guest(page, server.url)
    tab(page, "because")
    page.locator("#text-map summary").click()
    table = page.locator("#text-table")
    expect(table).to_be_visible()
    blocks = page.evaluate("Number(document.querySelector('#panels').dataset.pageblocks)")
    for row in table.locator("tbody tr").all():
        shown = [int(text.replace(",", "")) for text in row.locator("td").all_inner_texts()]
        assert sum(shown[:6]) == blocks, row.inner_text()
