"""While the simulator is being compiled: the recorded machine is shown, and handed over to it."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from server.compiler.warm import TEXT, Warm
from server.settings import Settings
from tests.browser.conftest import START_SECONDS, Server
from tests.browser.look import FOUR, WAIT_MS, made, panel, wait_idle
from tests.server.conftest import running

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, threading.Event]]:
    """A server whose compiler is at work until it is let go, and only then begins in earnest."""
    go = threading.Event()
    compile_now = Warm._compile

    def compile_later(self: Warm) -> None:
        self._text = TEXT
        go.wait()
        compile_now(self)

    monkeypatch.setattr(Warm, "_compile", compile_later)
    with running(Settings(port=0, ticks_per_s=1000)) as address:
        yield f"{address}/", go
        go.set()


def opened(page: Page, url: str) -> None:
    """Open the page and wait for the recorded memory."""
    page.goto(url)
    expect(page.locator("#panels")).to_have_attribute("data-preview", "true", timeout=WAIT_MS)
    expect(page.locator("#story-steps li")).to_have_count(4)


def at_step(page: Page, step: int) -> None:
    expect(page.locator("#story")).to_have_attribute("data-step", str(step), timeout=WAIT_MS)


def colours(page: Page, key: str) -> int:
    """Different colours in a panel's map."""
    count = (
        panel(page, key)
        .locator("canvas.map")
        .evaluate(
            """(canvas) => new Set(new Uint32Array(canvas.getContext('2d')
          .getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size"""
        )
    )
    return int(count)


def test_the_recorded_machine_is_there_at_once_and_nobody_takes_it_for_the_simulator(held, page):
    url, _ = held
    opened(page, url)
    for key in FOUR:
        expect(panel(page, key).locator(".number")).to_have_text("26")
        expect(panel(page, key).locator(".activity")).to_have_text("recorded: Linux 6.12")
        assert colours(page, key) > 3
    expect(page.locator("#preview-words")).to_have_text(
        re.compile(r"^The simulator is being compiled: [\d,]+ of [\d,]+ steps$")
    )
    expect(page.locator("#guest-label")).to_have_text("Real guest: 1 GiB, freed in runs")
    assert page.locator("#deck").evaluate("(deck) => deck.inert")
    expect(page.locator("#preview-why")).to_contain_text("then the controls work")


def test_what_the_kernel_did_can_be_stepped_through_both_ways(held, page):
    url, _ = held
    opened(page, url)
    page.click("#story-next")
    at_step(page, 1)
    expect(panel(page, "pinned").locator(".number")).to_have_text("1–4")
    expect(panel(page, "lru_hook").locator(".number")).to_have_text("26")
    expect(panel(page, "separate_pass").locator(".unit")).to_have_text("never recorded")
    assert colours(page, "separate_pass") == 1
    page.keyboard.press("n")
    at_step(page, 2)
    page.keyboard.press("n")
    at_step(page, 3)
    expect(panel(page, "lru_hook").locator(".number")).to_have_text("78–83")
    expect(page.locator("#story-next")).to_have_attribute("aria-disabled", "true")
    page.click("#story-back")
    at_step(page, 2)
    expect(panel(page, "lru_hook").locator(".number")).not_to_have_text("78–83")


def test_a_pageblock_can_be_pointed_at_in_the_recorded_memory(held, page):
    url, _ = held
    opened(page, url)
    panel(page, "pinned").locator(".stack").hover(position={"x": 20, "y": 20})
    expect(panel(page, "lru_hook").locator(".counts")).to_contain_text("free")


def test_the_simulator_takes_over_at_the_step_that_is_looked_at(held, page):
    url, go = held
    opened(page, url)
    page.click("#story-next")
    at_step(page, 1)
    page.click("#story-next")
    at_step(page, 2)
    go.set()
    expect(page.locator("#preview")).to_be_hidden(timeout=WAIT_MS)
    wait_idle(page)
    at_step(page, 2)
    expect(page.locator("body")).to_have_attribute("data-log", "2")
    expect(page.locator("#story-said")).to_contain_text("After step 2:")
    assert not page.locator("#deck").evaluate("(deck) => deck.inert")
    expect(panel(page, "pinned").locator(".unit").first).to_have_text("2 MiB blocks left")
    expect(page.locator("#story-back")).to_be_hidden()


def test_who_only_looked_at_the_start_begins_there_with_nothing_asked(held, page):
    url, go = held
    opened(page, url)
    go.set()
    expect(page.locator("#preview")).to_be_hidden(timeout=WAIT_MS)
    wait_idle(page)
    expect(page.locator("body")).to_have_attribute("data-log", "0")
    at_step(page, 0)


def test_a_second_viewer_steps_for_itself_and_asks_the_simulator_for_nothing(held, open_page):
    url, go = held
    mine, other = open_page(), open_page()
    opened(mine, url)
    opened(other, mine.url)
    other.click("#story-next")
    at_step(other, 1)
    at_step(mine, 0)
    go.set()
    for page in (mine, other):
        expect(page.locator("#preview")).to_be_hidden(timeout=WAIT_MS)
        wait_idle(page)
        expect(page.locator("body")).to_have_attribute("data-log", "0")


def test_an_uploaded_machine_is_shown_as_it_was_captured(held, page):
    url, go = held
    opened(page, url)
    page.click("#open-setup")
    page.set_input_files("#setup-file", EXAMPLES / "cycles" / "hook-0-inflate.tar.xz")
    expect(page.locator('#setup input[value="upload"]')).to_be_checked()
    page.get_by_role("button", name="Start over with this").click()
    expect(panel(page, "pinned").locator(".activity")).to_have_text("real, as captured")
    expect(page.locator("#story")).to_be_hidden()
    expect(page.locator("#guest-label")).to_contain_text("hook-0-inflate")
    assert colours(page, "pinned") > 3
    go.set()
    expect(page.locator("#preview")).to_be_hidden(timeout=WAIT_MS)
    wait_idle(page)
    expect(page.locator("#guest-label")).to_contain_text("hook-0-inflate")


def test_a_synthetic_guest_is_waited_for_in_words(held, page):
    url, _ = held
    source = {"kind": "synthetic", "preset": "roomy", "size_mib": 256, "seed": 1}
    page.goto(made(page, url, source))
    expect(page.locator("#waiting-text")).to_contain_text("ompiling", timeout=WAIT_MS)
    expect(page.locator("#waiting-why")).to_be_visible()
    expect(page.locator("#preview")).to_be_hidden()


@pytest.mark.first_start
def test_a_first_start_shows_the_recorded_machine_long_before_it_can_simulate(
    new_server, page, tmp_path
):
    # A folder that outlives this test, if one is given: what is compiled here serves other legs.
    cache = Path(os.environ.get("FRAGSCOPE_FIRST_CACHE", tmp_path))
    assert list(cache.iterdir()) == [], "this would be no first start"
    server: Server = new_server(FRAGSCOPE_CACHE_DIR=str(cache))
    server.begin()
    opened(page, server.url)
    assert not server.healthy()
    page.click("#story-next")
    at_step(page, 1)
    assert not server.healthy()
    expect(page.locator("#preview")).to_be_hidden(timeout=1000 * START_SECONDS)
    wait_idle(page)
    expect(page.locator("body")).to_have_attribute("data-log", "1")
    at_step(page, 1)
