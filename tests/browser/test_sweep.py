"""The map of winners: axes, cells by keyboard, and a run that opens live and ends as its row."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from engine.sweep.contest import UNDECIDED
from server.paths import sweeps_folder
from server.settings import Settings
from server.sweep.shelf import live_run, shelf_of, shown_map
from tests.browser.conftest import Server
from tests.browser.look import WAIT_MS, wait_idle
from tests.browser.test_layout import LOW_CONTRAST, STICKING_OUT
from tests.server.sweep_player import played

READY = "body[data-busy=false]"


def open_map(page: Page, url: str, query: str = "") -> None:
    page.goto(f"{url}sweep.html{query}")
    page.wait_for_selector(READY)


def test_it_is_linked_from_the_main_page_and_back(page: Page, server: Server) -> None:
    page.goto(server.url)
    page.click("#rail-lessons")
    page.get_by_role("link", name="Which design wins where").click()
    page.wait_for_selector(READY)
    expect(page.locator("#sweep option")).to_have_count(
        len([one for one in sweeps_folder().iterdir() if one.is_dir()])
    )
    expect(page.get_by_role("link", name="Memory maps")).to_have_attribute("href", "./")


def test_cells_are_walked_and_opened_by_keyboard_and_the_run_becomes_live(
    page: Page, server: Server, tmp_path: Path
) -> None:
    shown = shelf_of(Settings()).get("balloon_when")
    cells = shown_map(shown)["cells"]
    open_map(page, server.url, "?sweep=balloon_when")
    expect(page.locator(".spot")).to_have_count(sum(map(len, cells)))
    page.locator(".spot").first.focus()
    row = next(i for i, line in enumerate(cells) if i and line[0]["state"] != UNDECIDED)
    page.keyboard.press("ArrowRight")
    for _ in range(row):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    cell = cells[row][0]
    assert cell["words"].startswith(cell["leaders"][0]), "a name keeps its letters"
    expect(page.locator("#cell-words")).to_have_text(cell["words"] + ".")
    rows = page.locator("#cell-body tbody tr")
    expect(rows).to_have_count(len(cell["designs"]))
    expect(page.locator(".spot[aria-pressed=true] .mark")).to_contain_text(cell["mark"][0])
    at = {name: str(value) for name, value in cell["at"].items()}
    page.locator(".choose select").select_option("2")
    page.click("#open-run")
    page.wait_for_selector(".panel canvas.map", timeout=WAIT_MS)
    wait_idle(page)
    run = live_run(shown, {**at, "seed": "2"})
    expect(page.locator(".panel")).to_have_count(len(run["rows"]))
    told = page.evaluate(
        """async () => {
          const q = new URLSearchParams(location.hash.slice(1));
          const answer = await fetch(`api/sessions/${q.get("s")}/state`, {
            headers: {authorization: `Bearer ${q.get("t")}`}});
          return answer.json();
        }"""
    )
    for published in run["rows"]:
        row = played("balloon_when", published, tmp_path)
        stats = told["designs"][row["design"]]["stats"]
        assert (stats["huge_best"], stats["host_exits"]) == (row["huge_best"], row["host_exits"])


def test_other_axes_and_numbers_stand_in_the_address(page: Page, server: Server) -> None:
    open_map(page, server.url, "?sweep=churn_toggles")
    page.select_option("#down", "family")
    page.wait_for_selector(READY)
    page.select_option("[data-axis=guest]", "tight")
    page.select_option("#stat", "host_exits")
    expect(page.locator("#decides")).to_contain_text("Fewest messages to the host")
    page.wait_for_selector(READY)
    expect(page.locator("#winners tbody th")).to_have_text(
        ["pinned", "lru_hook", "separate_pass", "dedicated_block"]
    )
    marks = page.locator(".spot .mark").all_text_contents()
    page.reload()
    page.wait_for_selector(READY)
    assert page.locator(".spot .mark").all_text_contents() == marks
    assert page.input_value("[data-axis=guest]") == "tight"
    expect(page.locator("#table tbody tr")).to_have_count(len(marks))


def test_it_fits_a_phone_and_paper_in_readable_colours(page: Page, server: Server) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    for name in ("size_fragmentation", "churn_toggles"):
        open_map(page, server.url, f"?sweep={name}")
        page.locator(".spot").last.click()
        assert page.evaluate(STICKING_OUT) == []
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate(LOW_CONTRAST) == []
    page.emulate_media(media="print")
    expect(page.locator("#sweep")).to_be_hidden()
    expect(page.locator(".spot .mark").first).to_be_visible()
