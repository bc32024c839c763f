"""The guide: scenarios step by step, the argument, and the clicks of docs/TEACHING.md."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from engine.scenarios.catalog import SCENARIOS
from engine.scenarios.claims import CLAIMS
from tests.browser.conftest import Server
from tests.browser.look import full_speed, open_guest, presenter_link, press, tab, wait_idle, whole
from tests.browser.test_layout import LOW_CONTRAST, STICKING_OUT
from tests.test_teaching import TABLES, cells

# Questions 1, 3 and 4; tests/test_teaching.py holds the other tables against the engine.
LESSON = [
    table
    for table in TABLES
    if table[0] in ("fully_fragmented", "no_balloon", "large_inflation", "chicken_and_egg")
]
SMALL = "cannot_reclaim"  # of a small synthetic guest


def ready(page: Page, step: int) -> None:
    """Until the scenario stands at this step and nobody is at work."""
    page.wait_for_selector(f'#guide-bar[data-place=on][data-step="{step}"]', timeout=60_000)
    wait_idle(page)


def load(page: Page, url: str, name: str) -> None:
    """Open the page by a link to the scenario."""
    page.goto(f"{url}#scenario={name}")
    ready(page, 0)
    expect(page.locator("#guide-title")).to_have_text(SCENARIOS[name].question)


def walk(page: Page, steps: int) -> None:
    """Press Next step so often."""
    full_speed(page)
    for step in range(1, steps + 1):
        page.get_by_role("button", name="Next step").click()
        ready(page, step)


def shown(page: Page, stat: str, design: str) -> int:
    """One number beside the steps."""
    cell = page.locator(f'#guide-bar td[data-stat="{stat}"][data-design="{design}"]')
    return whole(cell.inner_text())


@pytest.mark.parametrize("table", LESSON, ids=lambda table: table[0])
def test_the_clicks_of_the_lesson_show_its_numbers(
    page: Page, server: Server, table: tuple[str, str, str]
) -> None:
    name, step, text = table
    load(page, server.url, name)
    walk(page, int(step))
    stats = {label: stat for stat, label in SCENARIOS[name].show}
    head, _, *rows = [cells(line) for line in text.strip().split("\n")]
    for design, *numbers in rows:
        found = [shown(page, stats[label], design) for label in head[1:]]
        assert found == [whole(number) for number in numbers], design
    if int(step) == len(SCENARIOS[name].steps):
        expect(page.locator("#guide-bar")).to_have_attribute("data-done", "true")
        expect(page.locator("#guide-words")).to_contain_text("That was the last step.")


def test_the_clicks_of_the_race_show_its_numbers(page: Page, server: Server) -> None:
    open_guest(page, server.url)
    tab(page, "lessons")
    page.get_by_role("link", name="Race explorer").click()
    page.wait_for_selector("body[data-busy=false]")
    expect(page.locator("#verdict")).to_have_text("8 things break without the page lock")
    expect(page.locator("#verdict-note")).to_contain_text("12,390 states")
    page.get_by_role("button", name="Target taken in mid-move").click()
    page.keyboard.press("End")
    expect(page.locator("#place")).to_have_text("step 11 of 11")
    page.get_by_role("button", name="With both").click()
    expect(page.locator("#verdict")).to_have_text("Nothing breaks with both protections")


def test_a_newcomer_finds_a_scenario_and_plays_it_by_keyboard(page: Page, server: Server) -> None:
    open_guest(page, server.url)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("s")
    expect(page.locator("#guide").get_by_role("tab", name="Scenarios")).to_be_focused()
    assert page.locator("#guide .card").count() == len(SCENARIOS)
    page.get_by_role("button", name=f"Load the scenario: {SCENARIOS[SMALL].label}").focus()
    page.keyboard.press("Enter")
    ready(page, 0)
    assert f"scenario={SMALL}" in page.url
    full_speed(page)
    page.keyboard.press("n")
    ready(page, 1)
    expect(page.locator("#guide-words")).to_have_text(SCENARIOS[SMALL].steps[0].words)
    expect(page.locator("#guide-said")).to_contain_text("Huge pages taken: equal")
    expect(page.locator("#story")).to_be_hidden()
    page.reload()  # the address and the log remember it
    ready(page, 1)
    page.click("#guide-again")
    page.click("#confirm-anew")
    ready(page, 0)
    press(page, "compact")
    expect(page.locator("#guide-bar")).to_have_attribute("data-place", "left")
    expect(page.locator("#guide-next")).to_be_disabled()
    page.get_by_role("button", name="Leave").click()
    expect(page.locator("#guide-bar")).to_be_hidden()
    assert "scenario" not in page.url


def test_a_step_goes_on_when_the_tab_that_began_it_is_closed(
    open_page: Callable[..., Page], server: Server
) -> None:
    """The server gives the commands of a step; a tab is only one who looks on."""
    first, second = open_page(), open_page()
    load(first, server.url, SMALL)
    second.goto(presenter_link(first))
    ready(second, 0)
    steps = SCENARIOS[SMALL].steps
    step = next(i for i, one in enumerate(steps) if len(one.commands) > 1)
    for done in range(1, step + 1):
        first.get_by_role("button", name="Next step").click()
        ready(first, done)
    first.get_by_role("button", name="Pause").click()
    expect(second.get_by_role("button", name="Run")).to_be_visible()
    first.get_by_role("button", name="Next step").click()
    expect(second.locator("#guide-bar")).to_have_attribute("data-step", str(step + 1))
    expect(second.locator("#guide-next")).to_be_disabled()
    expect(second.locator("#guide-words")).to_contain_text("The simulation is paused: press Run.")
    first.close()
    second.get_by_role("button", name="Run").click()
    ready(second, step + 1)
    given = sum(len(one.commands) for one in steps[: step + 1])
    expect(second.locator("body")).to_have_attribute("data-log", str(given))


def test_the_argument_shows_each_claim_and_what_the_numbers_say_now(
    page: Page, server: Server
) -> None:
    page.goto(f"{server.url}#argument=cannot_reclaim")
    expect(page.locator("#guide .argument")).to_have_count(len(CLAIMS))
    wait_idle(page)
    expect(page.locator("#argument-cannot_reclaim")).to_be_focused()
    claim = page.locator("#argument-cannot_reclaim")
    expect(claim).to_contain_text("Minchan Kim, 22 July 2012")
    expect(claim.locator(".argument-said")).to_contain_text("Load it to see the numbers.")
    expect(page.locator("#argument-i table td.barred")).to_have_count(9)
    claim.get_by_role("button").click()
    ready(page, 0)
    page.get_by_role("button", name="The claim").click()
    expect(claim).to_be_focused()
    expect(claim.locator(".argument-said")).to_have_text("Huge pages taken: not tried yet.")
    expect(claim.locator("td")).to_have_count(16)
    page.locator("#guide").get_by_role("tab", name="The argument").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#guide").get_by_role("tab", name="Scenarios")).to_be_focused()
    expect(page.locator(f'.card[data-scenario="{SMALL}"]')).to_have_attribute(
        "data-running", "true"
    )
    page.keyboard.press("Escape")
    expect(page.locator("#guide")).to_be_hidden()


def test_a_link_to_a_scenario_that_does_not_exist_is_refused_in_words(
    page: Page, server: Server
) -> None:
    page.goto(f"{server.url}#scenario=nothing")
    expect(page.locator("#notices")).to_contain_text("There is no scenario called nothing.")


@pytest.mark.parametrize(("width", "height"), ((360, 640), (1440, 900)))
def test_guide_and_scenario_fit_the_window_in_readable_colours(
    open_page: Callable[..., Page], server: Server, width: int, height: int
) -> None:
    page = open_page(width, height, reduced_motion="reduce")
    load(page, server.url, SMALL)
    for words in ("", "Scenarios", "The argument"):
        if words:
            page.locator(".ways").get_by_role("button", name=words).click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(STICKING_OUT) == []
        assert page.evaluate(LOW_CONTRAST) == []
        assert page.evaluate("document.querySelector('#guide').scrollWidth <= innerWidth")
        page.keyboard.press("Escape")
    for name in page.locator("#board th .key, #board th[scope=col]").all():
        assert name.evaluate("(e) => e.scrollWidth <= e.clientWidth"), name.text_content()
    for canvas in page.locator(".panel canvas.map").all() if width >= 1440 else []:
        box = canvas.bounding_box()
        assert box
        assert box["y"] + box["height"] <= height, "whole maps beside the steps"


def test_a_scenario_that_departs_from_the_recording_is_not_compared_with_it(
    page: Page, server: Server
) -> None:
    load(page, server.url, "fully_fragmented")
    expect(page.locator(".guide-numbers")).to_contain_text("–")
    wide = page.locator(".panel canvas.map").first.bounding_box()
    walk(page, 1)
    expect(page.locator("#reality")).to_be_hidden()
    expect(page.locator("#twins")).to_be_hidden()
    assert page.locator(".panel canvas.map").first.bounding_box() == wide, "no map jumps or grows"
    page.get_by_role("button", name="Leave").click()
    tab(page, "real")
    page.check("#story-real")
    expect(page.locator("#reality")).to_be_visible()
