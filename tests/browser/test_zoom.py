"""From the whole memory to a page and back, in all panels at once; two memories as one map."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect

from engine import units as u
from engine.commands import BalloonTarget
from engine.pages import PAGE_FIELDS, pages_of
from engine.presets import make_synthetic
from engine.world import World, WorldConfig
from tests.browser.conftest import Server
from tests.browser.look import (
    FOUR,
    WAIT_MS,
    inflate,
    open_small,
    panel,
    press,
    wait_idle,
)

MARKED = """(design) => {
  const panel = document.querySelector(`.panel[data-design="${design}"]`);
  const over = panel.querySelector('canvas.over');
  const map = panel.querySelector('canvas.map');
  const width = Math.round(map.getBoundingClientRect().width * devicePixelRatio);
  const data = over.getContext('2d').getImageData(-over.offsetLeft, 0, width, over.height).data;
  let dark = 0;
  for (let i = 0; i < data.length; i += 4) {
    dark += data[i] === 0x35 && data[i + 1] === 0x2f && data[i + 2] === 0x44 && data[i + 3] === 255;
  }
  return dark;
}"""


def words(page: Page, key: str) -> str:
    """What is said below a map."""
    lines = (".where", ".counts", ".holder")
    return "\n".join(panel(page, key).locator(line).first.inner_text() for line in lines)


def stack_of(page: Page, key: str) -> Locator:
    """The map of a design."""
    return panel(page, key).locator(".stack").first


def turn(page: Page, key: str, times: int) -> None:
    """Turn the wheel over the middle of a map."""
    stack = stack_of(page, key)
    stack.scroll_into_view_if_needed()
    box = stack.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.41, box["y"] + box["height"] * 0.52)
    for _ in range(abs(times)):
        page.mouse.wheel(0, -100 if times > 0 else 100)


def same_guest(pages: int) -> World:
    """The guest of open_small after an inflation, made here."""
    base = make_synthetic("roomy", 256, 1)
    world = World(base, WorldConfig(FOUR, 1, "roomy"))
    world.apply(BalloonTarget(pages))
    world.run_until_idle()
    return world


def test_the_wheel_leads_to_a_page_whose_fields_are_the_engines(page: Page, server: Server) -> None:
    open_small(page, server.url)
    inflate(page, 50)
    turn(page, "lru_hook", 30)
    where = panel(page, "lru_hook").locator(".where")
    expect(where).to_contain_text(re.compile(r"^Page [\d,]+, \d+ of pageblock"))
    found = re.match(r"Page ([\d,]+),", where.inner_text())
    assert found
    pfn = int(found[1].replace(",", ""))
    world = same_guest(50 * u.MIB_PAGES)
    for i, key in enumerate(FOUR):
        expect(panel(page, key).locator(".where")).to_contain_text(f"Page {found[1]},")
        told = words(page, key)
        fields = pages_of(world.guest(i), (pfn >> 9,), [name for name, _ in PAGE_FIELDS])
        at = pfn & 511
        kinds = {u.STATE_FREE: "free", u.STATE_BALLOON: "balloon page", u.STATE_ANON: "anonymous"}
        kinds |= {u.STATE_FILE: "page cache", u.STATE_SHMEM: "shared memory"}
        assert kinds.get(int(fields["state"][at]), "") in told
        assert f"refcount {int(fields['refcount'][at])}," in told
        assert ("pinned" in told.split("flags:")[1]) == bool(fields["flags"][at] & u.PG_PINNED)
    turn(page, "lru_hook", -40)
    expect(page.locator("#zoom-bar")).to_be_hidden()


def test_keys_go_down_and_up_and_all_panels_move_together(page: Page, server: Server) -> None:
    open_small(page, server.url)
    stack_of(page, "pinned").focus()
    for key in ("ArrowUp", "ArrowRight"):
        page.keyboard.press(key)
    # Two moves, one paint each: what was pointed at before them may still stand there.
    where = panel(page, "pinned").locator(".where")
    expect(where).to_have_text(re.compile(r"^Pageblock \d*[13579],"))
    start = where.inner_text()
    page.keyboard.press("Enter")
    for key in FOUR:
        expect(panel(page, key).locator(".where")).to_have_text(start)
        expect(panel(page, key).locator(".close").first).to_be_visible()
    page.keyboard.press("Enter")
    block = re.match(r"Pageblock ([\d,]+),", start)
    assert block
    first = int(block[1]) * 512
    for key in FOUR:
        expect(panel(page, key).locator(".where")).to_contain_text(f"Page {first:,}, 0 of")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    expect(panel(page, "dedicated_block").locator(".where")).to_contain_text(f"Page {first + 17:,}")
    expect(page.locator("#announce-block")).to_contain_text(f"Page {first + 17:,}")
    page.keyboard.press("Enter")
    expect(page.locator(".page-story li").first).to_contain_text("At the start: it was there")
    page.keyboard.press("Escape")
    expect(panel(page, "pinned").locator(".where")).to_contain_text("Pageblock")
    page.keyboard.press("Escape")
    expect(page.locator("#zoom-bar")).to_be_hidden()
    page.keyboard.press("+")
    expect(page.locator("#zoom-bar")).to_be_visible()
    page.locator("#zoom-bar button", has_text="Whole").click()
    expect(page.locator("#zoom-bar")).to_be_hidden()


def test_an_unmovable_page_stays_visible_at_64_gib(
    open_page: Callable[..., Page], server: Server
) -> None:
    page = open_page(700, 900)
    source = {"kind": "synthetic", "preset": "roomy", "size_mib": 65536, "seed": 1}
    data = {"source": source, "designs": ["pinned"]}
    told = page.request.post(f"{server.url}api/sessions", data=data).json()
    page.goto(f"{server.url}#s={told['session']}&t={told['viewer']}&p={told['presenter']}")
    expect(page.locator(".panel canvas.map").first).to_be_visible(timeout=WAIT_MS)
    wait_idle(page)
    stack = stack_of(page, "pinned")
    stack.focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowDown")
    where = panel(page, "pinned").locator(".where").first
    expect(where).to_have_text(re.compile(r"^Pageblocks [\d,]+ to "))  # painted, all three lines
    said = words(page, "pinned")
    assert re.match(r"Pageblocks [\d,]+ to [\d,]+, [\d,]+ to [\d,]+ MiB", said), said
    counts = [
        int(n.replace(",", ""))
        for n in re.findall(r"([\d,]+) (?:free|movable|balloon|unmov)", said)
    ]
    assert sum(counts) <= 1024 * 512
    assert page.evaluate(MARKED, "pinned") > 0, "no corner says that an unmovable page is inside"


def test_the_difference_counts_every_pageblock_of_two_panels_and_of_two_moments(
    page: Page, server: Server
) -> None:
    open_small(page, server.url)
    inflate(page, 50)
    press(page, "compact")
    page.locator("body").press("x")
    root = page.locator("#difference")
    expect(root).to_be_visible()
    nr = page.evaluate("Number(document.querySelector('#panels').dataset.pageblocks)")

    def counts() -> list[int]:
        expect(page.locator("#difference[data-ready=true]")).to_be_visible()
        shown = root.locator(".difference-count").all_inner_texts()
        return [int(text.replace(",", "")) for text in shown]

    def state(tick: int | None = None) -> dict[str, Any]:
        session = dict(re.findall(r"([stp])=([^&]+)", page.url))
        query = "" if tick is None else f"?tick={tick}"
        answer = page.request.get(
            f"{server.url}api/sessions/{session['s']}/state{query}",
            headers={"authorization": f"Bearer {session['t']}"},
        )
        found: dict[str, Any] = json.loads(answer.body())["designs"]
        return found

    page.select_option("#difference-question", "balloon")
    page.select_option("#difference-here", "now 0")
    page.select_option("#difference-there", "now 1")
    neither, both, here, there = counts()
    assert neither + both + here + there == nr
    now = state()
    assert both + here == now["pinned"]["stats"]["blocks_with_balloon"]
    assert both + there == now["lru_hook"]["stats"]["blocks_with_balloon"]
    # A wipe: right of the divider is the other panel's map, to the pixel; closer as well.
    page.click("#difference-wipe")
    for canvas in ("map", "close"):
        expect(page.locator(".wipe[data-ready=true]")).to_be_visible()
        same = page.evaluate(
            """(name) => {
              const [mine, other] = ['.wipe-side', '[data-design="lru_hook"]'].map((where) =>
                document.querySelector(`#panels ${where} canvas.${name}`).toDataURL());
              return mine === other && mine.length > 1000;
            }""",
            canvas,
        )
        assert same, canvas
        page.locator('.panel[data-design="pinned"] .stack').press("+")
        expect(page.locator("#zoom-bar")).to_be_visible()
    page.locator("#zoom-bar").get_by_role("button", name="Whole").click()
    page.click("#difference-wipe")
    expect(page.locator(".wipe")).to_have_count(0)
    page.select_option("#difference-there", "0 0 0")
    expect(root.locator(".difference-count").nth(3)).to_have_text("0")
    assert counts()[2] == now["pinned"]["stats"]["blocks_with_balloon"], "nothing was held at first"
    page.keyboard.press("Escape")
    expect(root).to_be_hidden()
