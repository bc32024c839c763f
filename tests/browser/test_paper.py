"""A report as one file, opened from the disk without a network: pictures, words, CSV."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from engine.commands import BalloonInflate, CompactMemory
from engine.report.answer import answer_of
from engine.report.read import read_report
from server.guests.library import Library
from server.paper.play import play_for_paper
from server.paper.quantities import SCOREBOARD
from server.paper.report_page import ReadFrom, report_page
from server.paper.session_page import Origin, session_page
from server.playback.export import played_story
from server.playback.page_file import write_page
from server.wire.config import SessionConfig, SyntheticSource
from tests.browser.test_axe import broken, with_axe

CASE = Path(__file__).parents[1] / "engine/report/cases/two-nodes-128-gib.txt"
GUEST = SessionConfig(SyntheticSource("tight", 256, 1), ("pinned", "lru_hook"))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The report of a session, and of a text."""
    folder = tmp_path_factory.mktemp("paper")
    commands = [BalloonInflate(12800), CompactMemory()]
    played = play_for_paper(*played_story(GUEST, commands, Library(1, 1 << 40)))
    write_page(folder / "session.html", session_page(played, Origin("tight", "file", "a file\n")))
    answer = answer_of(read_report(CASE), order=9)
    write_page(folder / "text.html", report_page(answer, ReadFrom(CASE.name, "fragscope report x")))
    return folder / "session.html", folder / "text.html"


@pytest.mark.parametrize("width", [390, 1440])
def test_a_report_opens_without_a_network_and_breaks_no_rule(
    files: tuple[Path, Path], open_page: Callable[..., Page], width: int
) -> None:
    # The text's pictures and tables are of the same kinds: narrow is where they could be too wide.
    kinds = list(zip(files, (6, 1), strict=True))
    for file, pictures in kinds if width == 390 else kinds[:1]:
        page = with_axe(open_page(width, 900, offline=True))
        page.goto(file.as_uri())
        expect(page.locator("body")).to_have_attribute("data-drawn", "true")
        expect(page.locator("[data-drawn=true] .main-svg").nth(0)).to_be_visible()
        assert page.locator("div[data-drawn=true]").count() == pictures
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert broken(page) == []


def test_moments_colours_and_tables_are_at_hand(
    files: tuple[Path, Path], open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page(offline=True)
    page.goto(files[0].as_uri())
    expect(page.locator("body")).to_have_attribute("data-drawn", "true")
    before = page.evaluate("document.getElementById('map-0').data[0].z.flat().join()")
    page.select_option("#map-moment", "0")
    expect(page.locator("#map-said")).to_contain_text("at the start, tick 0")
    assert page.evaluate("document.getElementById('map-0').data[0].z.flat().join()") != before
    page.check("#mode-balloon", force=True)
    expect(page.locator("#map-legend")).to_contain_text("no balloon page")
    with page.expect_download() as download:
        page.click("button[data-csv=scoreboard]")
    assert (
        download.value.suggested_filename
        == "fragscope-tight-tick"
        + page.evaluate("document.title.match(/tick ([\\d,]+)/)[1].replaceAll(',', '')")
        + "-scoreboard.csv"
    )
    download.value.save_as(tmp_path / "s.csv")
    with (tmp_path / "s.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["Quantity", "Unit", "pinned", "lru_hook"]
    assert len(rows) == 1 + len(SCOREBOARD)
    shown = page.locator("#scoreboard tbody tr").first.inner_text().replace(",", "").split("\t")
    assert rows[1] == [cell.strip() for cell in shown]
    with page.expect_download() as download:
        page.click("#save-session")
    assert Path(download.value.path()).read_text() == "a file\n"
    # On paper all of it is there, in light colours.
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.locator("#map-tools")).to_be_hidden()
    expect(page.locator("#scoreboard")).to_be_visible()
