"""The stage: how much of the window the maps cover, that nothing moves them, and who is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Server
from tests.browser.look import (
    FOUR,
    full_speed,
    headline,
    inflate,
    made,
    open_guest,
    panel,
    presenter_link,
    press,
    tab,
    wait_idle,
)
from tests.browser.test_layout import LOW_CONTRAST, STICKING_OUT

TABS = (
    *("because", "scoreboard", "real", "difference", "cost", "charts", "log", "guest"),
    *("lessons", "predict", "help"),
)
STAGE_DOC = Path(__file__).parents[2] / "docs/STAGE.md"
# Share of the window that the maps' drawn areas cover, in percent, and their boxes.
MAPS = """() => {
  const maps = [...document.querySelectorAll('.panel [data-map]')];
  const boxes = maps.map((map) => map.getBoundingClientRect());
  const inside = (r) => Math.max(0, Math.min(r.right, innerWidth) - Math.max(0, r.left)) *
    Math.max(0, Math.min(r.bottom, innerHeight) - Math.max(0, r.top));
  return {
    share: 100 * boxes.reduce((sum, r) => sum + inside(r), 0) / innerWidth / innerHeight,
    boxes: boxes.map((r) => [r.left, r.top, r.width, r.height].map(Math.round)),
    cut: boxes.filter((r) => inside(r) < r.width * r.height - 1).length,
    scrolls: document.documentElement.scrollHeight > innerHeight ||
      document.documentElement.scrollWidth > innerWidth,
    columns: [...document.querySelectorAll('[data-map] canvas.map')].map((c) => c.width),
  };
}"""
WATCH_SHIFTS = """window.shifted = 0; new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({type: 'layout-shift', buffered: true});"""
SMALL_TYPE = """() => [...document.querySelectorAll('.app *')].filter((e) => e.checkVisibility() &&
  [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && !e.closest('.hidden') &&
  parseFloat(getComputedStyle(e).fontSize) < 18).map((e) => e.className || e.id || e.tagName)"""
OVER_MAPS = """() => [...document.querySelectorAll('.panel [data-map]')].filter((map) => {
  const r = map.getBoundingClientRect();
  return [[0.02, 0.02], [0.5, 0.5], [0.98, 0.98]].some(([x, y]) =>
    !map.contains(document.elementFromPoint(r.left + x * r.width, r.top + y * r.height)));
}).length"""


# On a phone: what of the sentence, the bar of a closer look and the moment is cut or not in sight.
FIRST_SCREEN = """() => {
  const box = (what) => document.querySelector(what).getBoundingClientRect();
  const [bar, row, deck] = [box('#zoom-bar'), box('.headline-row'), box('#deck')];
  const faults = ['.first', '.then', '#time-words', '#zoom-bar'].filter((what) => {
    const r = box(what);
    return r.height < 10 || r.top < 0 || r.bottom > deck.top + 1 ||
      (what !== '#zoom-bar' && r.bottom > bar.top + 1 && r.top < bar.bottom);
  });
  return box('.then').bottom > row.bottom + 1 ? [...faults, 'the sentence is cut'] : faults;
}"""
# What a tab cuts off at its right edge; tables scroll, but all four designs have room in them.
CUT_IN_TAB = """(name) => [...document.querySelectorAll(`#tab-${name} *`)].filter((e) => {
  if (!e.checkVisibility() || e.closest('.hidden, #charts, svg')) return false;
  if (e.closest('.scroll') && !e.closest('#board')) return false;
  const r = e.getBoundingClientRect();
  return r.width > 1 && r.right > e.closest('.inspector').getBoundingClientRect().right + 1;
}).map((e) => `${e.tagName}.${e.className} ${e.textContent.slice(0, 40)}`).slice(0, 5)"""
OVER_PANELS = """(what) => {
  const a = document.querySelector(what).getBoundingClientRect();
  return [...document.querySelectorAll('.panel')].map((e) => e.getBoundingClientRect())
    .filter((r) => a.bottom > r.top + 1 && a.top < r.bottom && a.right > r.left && a.left < r.right)
    .length;
}"""

# What stands in bar, rail and foot and lies over something else there.
OVERLAPS = """() => {
  const all = [...document.querySelectorAll(`.rail button,
    .bar :is(button, input, summary, output, .unit, .act-name),
    .timebar :is(button, summary, .time-track, p)`)]
    .filter((e) => !e.closest('.hidden, .drop-box'))
    .filter((e) => e.checkVisibility({visibilityProperty: true}))
    .map((e) => [e, e.getBoundingClientRect()])
    .filter(([, r]) => r.width > 1 && r.height > 1);
  const over = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1.5 &&
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1.5;
  return all.flatMap(([a, r], i) => all.slice(i + 1)
    .filter(([b, q]) => !a.contains(b) && !b.contains(a) && over(r, q))
    .map(([b]) => `${a.id || a.className || a.tagName} over ${b.id || b.className || b.tagName}`));
}"""


@pytest.fixture(scope="module")
def walked(browser: Browser, server: Server) -> Iterator[Page]:
    """One page that has gone through the three acts, shared: each test leaves it as it was."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.add_init_script(WATCH_SHIFTS)
    open_guest(page, server.url)
    inflate(page, 200)
    press(page, "compact")
    press(page, "huge")
    yield page
    context.close()


@pytest.fixture
def stage(walked: Page) -> Iterator[Page]:
    """The shared page at its first size, with the inspector closed."""
    yield walked
    walked.set_viewport_size({"width": 1440, "height": 900})
    if walked.locator("#inspector").is_visible():
        walked.click("#inspector-close")


def laid_out(page: Page, width: int, height: int) -> dict[str, Any]:
    """The maps at a size of the window, when they have been laid out for it."""
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate("() => new Promise((d) => requestAnimationFrame(() => requestAnimationFrame(d)))")
    return dict(page.evaluate(MAPS))


def test_a_walk_shifts_nothing_and_leaves_the_maps_alone(stage: Page) -> None:
    assert stage.evaluate("window.shifted") < 0.02
    assert stage.evaluate(OVER_MAPS) == 0, "something lies over a map"


@pytest.mark.parametrize(
    ("width", "height", "closed", "opened"),
    [(1280, 720, 45, 30), (1440, 900, 55, 40), (1920, 1080, 60, 40), (2560, 1440, 60, 45)],
)
def test_the_maps_cover_the_window_whole_and_without_scrolling(
    stage: Page, width: int, height: int, closed: int, opened: int
) -> None:
    cross = "\N{MULTIPLICATION SIGN}"
    row = re.search(rf"\| {width} {cross} {height} \| (\d+) \| (\d+) \|", STAGE_DOC.read_text())
    assert row
    for least, published in zip((closed, opened), row.groups(), strict=True):
        maps = laid_out(stage, width, height)
        assert maps["share"] >= least, maps
        assert abs(maps["share"] - int(published)) <= 1, (maps, "docs/STAGE.md is stale")
        assert maps["cut"] == 0
        assert not maps["scrolls"]
        tab(stage, "because")
    stage.click("#inspector-close")


def test_neither_the_inspector_nor_the_colours_change_a_column_or_a_place(stage: Page) -> None:
    before = laid_out(stage, 1440, 900)
    tops = [box[1] for box in before["boxes"]]
    for mode in ("free", "migratetype", "holder", "content"):
        stage.check(f"#mode-{mode}", force=True)
        stage.wait_for_selector(f"#panels[data-mode={mode}]")
        assert stage.evaluate(MAPS)["boxes"] == before["boxes"], mode
    for name in TABS:
        tab(stage, name)
        now = laid_out(stage, 1440, 900)
        assert now["columns"] == before["columns"], name
        assert [box[1] for box in now["boxes"]] == tops, name
        assert now["cut"] == 0, f"{name} pushes a map out of sight"
    stage.click("#inspector-close")
    assert laid_out(stage, 1440, 900)["boxes"] == before["boxes"]


@pytest.mark.parametrize("theme", ("dark", "projector"))
def test_each_theme_is_readable_in_every_tab(stage: Page, theme: str) -> None:
    try:
        stage.keyboard.press("/")
        stage.fill("#command-line", f"theme {theme}")
        stage.press("#command-line", "Enter")
        expect(stage.locator("html")).to_have_attribute("data-theme", theme)
        for name in TABS:
            tab(stage, name)
            assert stage.evaluate(LOW_CONTRAST) == [], name
            assert stage.evaluate(STICKING_OUT) == [], name
            assert stage.evaluate(CUT_IN_TAB, name) == [], name
        if theme == "projector":
            assert set(stage.evaluate(SMALL_TYPE)) == set(), "type from 18 px"
            assert laid_out(stage, 1920, 1080)["share"] >= 34
            stage.click("#inspector-close")
            for width, height in ((1920, 1080), (1440, 900)):
                assert laid_out(stage, width, height)["cut"] == 0
                assert stage.evaluate(OVERLAPS) == [], width
    finally:
        stage.evaluate("localStorage.removeItem('fragscope.theme')")
        stage.reload()
        wait_idle(stage)


def test_looking_closer_covers_neither_a_map_nor_a_number(stage: Page) -> None:
    for width, height in ((1440, 900), (390, 844)):
        laid_out(stage, width, height)
        stage.locator(".panel .stack").first.press("Enter")
        expect(stage.locator("#zoom-bar")).to_be_visible()
        assert stage.evaluate(OVER_PANELS, "#zoom-bar") == 0, width
        if width == 390:
            assert stage.evaluate(FIRST_SCREEN) == []
        stage.keyboard.press("Escape")
        expect(stage.locator("#zoom-bar")).to_be_hidden()
        stage.evaluate("document.activeElement.blur()")


def test_the_sentence_compares_with_the_engines_numbers_and_follows_the_moment(
    stage: Page,
) -> None:
    line = stage.locator("#verdict-line")
    expect(line).to_contain_text(
        re.compile(r"Huge pages: moved by compaction \d+, moved by own pass \d+, stays in place")
    )
    because = panel(stage, "pinned").locator(".because")
    expect(because).to_contain_text(re.compile(r"\d+ blocks hold"))
    held = re.search(r"(\d+) blocks hold", because.inner_text())
    assert held
    row = stage.locator("#text-table tbody tr").first  # its counts are those of the sentence
    expect(row.locator("td", has_text=re.compile(f"^{held[1]}$")).first).to_be_attached()
    stage.keyboard.press("[")
    expect(line).to_contain_text("At tick")
    expect(line).not_to_contain_text("Huge pages")
    stage.keyboard.press("t")
    expect(line).to_contain_text("Huge pages")
    wait_idle(stage)


def test_a_number_is_explained_one_press_away(stage: Page) -> None:
    panel(stage, "pinned").locator(".number").click()
    row = stage.locator('#board tr[data-row="free_blocks_all"]')
    expect(row.locator(".tip")).to_be_visible()
    for words in ("n9 + 2 · n10", "/proc/buddyinfo", "Beware"):
        expect(row).to_contain_text(words)


def test_no_key_means_two_things(stage: Page) -> None:
    tab(stage, "help")
    keys = stage.locator("#help kbd").all_inner_texts()
    assert len(keys) > 30
    assert len(set(keys)) == len(keys), sorted(keys)


def test_starting_over_asks_and_can_keep_everything(stage: Page) -> None:
    numbers = [headline(stage, key) for key in FOUR]
    stage.keyboard.press("r")
    expect(stage.locator("#confirm")).to_contain_text("3 commands")
    stage.click("#confirm-back")
    expect(stage.locator("#time-words")).to_contain_text("tick 0 of")
    wait_idle(stage)
    stage.keyboard.press("t")
    wait_idle(stage)
    assert [headline(stage, key) for key in FOUR] == numbers


def test_a_command_is_typed_completed_refused_and_remembered(stage: Page) -> None:
    stage.keyboard.press("Control+k")
    stage.keyboard.type("infl")
    stage.keyboard.press("Tab")
    expect(stage.locator("#command-line")).to_have_value("inflate ")
    stage.keyboard.type("99999")
    stage.keyboard.press("Enter")
    expect(stage.locator("#command-said")).to_contain_text("99999: a whole number of MiB from 1")
    stage.fill("#command-line", "log")
    stage.keyboard.press("Enter")
    expect(stage.locator("#log li")).to_have_count(3)
    stage.keyboard.press("/")
    stage.keyboard.press("ArrowUp")
    expect(stage.locator("#command-line")).to_have_value("log")
    stage.keyboard.press("Escape")
    stage.locator("#log button", has_text="compact").click()
    expect(stage.locator("#time-words")).to_contain_text("just before no. 2: compact")
    stage.evaluate("document.activeElement.blur()")
    stage.keyboard.press("t")
    wait_idle(stage)


def test_maps_of_any_number_and_size_stand_in_the_window(
    open_page: Callable[..., Page], server: Server
) -> None:
    page = open_page()
    source = {"kind": "synthetic", "preset": "roomy", "size_mib": 4096, "seed": 1}
    open_guest(page, made(page, server.url, source))
    heads = page.locator(".panel-head").all()
    assert len({head.bounding_box()["height"] for head in heads}) == 1  # type: ignore[index]
    marks = [
        int(m.replace(",", ""))
        for m in page.locator(".panel").first.locator(".mark").all_inner_texts()
        if m
    ]
    steps = {b - a for a, b in pairwise(marks)}
    assert len(steps) == 1
    assert steps.pop() in (64, 128, 256, 512), "round steps, whatever the width"
    designs = [
        *FOUR,
        "dedicated_block:prevent",
        "lru_hook:stop",
        "pinned:retry",
        "separate_pass:batch=1",
    ]
    for most, share in ((1, 50), (2, 50), (3, 50), (5, 40), (8, 45)):
        told = page.request.post(
            f"{server.url}api/sessions",
            data={"source": {**source, "size_mib": 256}, "designs": designs[:most]},
        ).json()
        page.goto("about:blank")
        page.goto(f"{server.url}#s={told['session']}&t={told['viewer']}&p={told['presenter']}")
        expect(page.locator(".panel [data-map]")).to_have_count(most)
        wait_idle(page)
        maps = page.evaluate(MAPS)
        assert maps["cut"] == 0, most
        assert maps["share"] >= share, (most, maps)


def test_the_first_minute_leads_through_the_program_once(
    open_page: Callable[..., Page], server: Server
) -> None:
    page = open_page()
    open_guest(page, server.url)
    page.locator("#speed").fill("40")
    # Who comes first to this session is led through it, at twice the pace of a server as it is.
    led = open_page()
    open_guest(led, presenter_link(page))
    expect(led.locator("#tour-words")).to_contain_text("can become a huge page")
    expect(led.locator("#speed-text")).to_have_text("120 ticks/s")
    page = led
    full_speed(page)
    for button in ("Give 200 MiB to the host", "Compact", "Take huge pages"):
        page.locator("#tour").get_by_role("button", name=button).click()
        expect(page.locator("#tour-next")).to_be_enabled(timeout=60_000)
    expect(page.locator("#tour-words")).to_contain_text("moved by compaction")
    expect(page.locator(".tour-why")).to_contain_text("Gathered in blocks: ")
    page.click("#tour-next")
    expect(page.locator("#tour-words")).to_contain_text("Now you")
    page.click("#tour-next")
    expect(page.locator("#tour")).to_be_hidden()
    assert page.evaluate("document.body.dataset.log") == "3"
    page.goto("about:blank")
    open_guest(page, server.url)
    expect(page.locator("#tour")).to_be_hidden()
    tab(page, "lessons")
    page.click("#tour-again")
    expect(page.locator("#tour")).to_be_visible()
    press(page, "compact")  # one's own command: this person knows what to do
    expect(page.locator("#tour")).to_be_hidden()
