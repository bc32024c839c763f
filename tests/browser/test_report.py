"""The page that reads a report: a paste, a file, what became of each line; also at 360 px."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.look import open_guest
from tests.browser.test_layout import LOW_CONTRAST, STICKING_OUT
from tests.engine.report import samples as s

READY = "body[data-busy=false]"


def open_report(page: Page, url: str) -> None:
    page.goto(f"{url}report.html")
    page.wait_for_selector(READY)


def test_the_start_dialog_leads_to_it_and_it_leads_back(page: Page, server: Server) -> None:
    open_guest(page, server.url)  # before that nobody listens to the button
    page.get_by_title("Another guest, other designs").click()
    page.locator("#setup").get_by_role("link", name="Read a report").click()
    page.wait_for_selector(READY)
    expect(page.locator("#paste-title")).to_have_text("What does your machine say?")
    page.get_by_role("link", name="Memory maps").click()
    expect(page.locator("#open-setup")).to_be_visible()


def test_a_pasted_oom_report_is_answered_by_keyboard_alone(page: Page, server: Server) -> None:
    open_report(page, server.url)
    page.focus("#text")
    zones = {key: counts for key, counts in s.SMALL.items() if key[1] != "DMA"}
    text = "help!\n" + s.quoted(s.mem_info(zones, s.KILLED.replace("order=3", "order=9")))
    page.locator("#text").fill(text)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(READY)
    expect(page.locator("#headline")).to_contain_text("worker asked for order 9, 512 pages (2 MiB)")
    expect(page.locator("#headline")).to_contain_text("fragmentation")
    expect(page.locator("#counts tbody tr")).to_have_count(2)
    row = page.locator("#fragmentation_index tr", has_text="node 0, Normal")
    expect(row.locator("td").first).to_have_text("\N{MINUS SIGN}1")
    page.get_by_text("Line by line").click()
    expect(page.locator("#lines li").first).to_have_class("unread")
    expect(page.locator("#lines li", has_text="invoked oom-killer").locator(".as")).to_have_text(
        "request"
    )


def test_another_order_is_judged_at_once(page: Page, server: Server) -> None:
    open_report(page, server.url)
    page.locator("#text").fill(s.buddyinfo(s.TWO_NODES))
    page.get_by_role("button", name="Read it").click()
    page.wait_for_selector(READY)
    page.select_option("#order", "11")
    expect(page.locator("#headline")).to_contain_text("order 11, GFP_KERNEL: fails now")
    page.select_option("#gfp", "GFP_ATOMIC")
    expect(page.locator("#headline")).to_contain_text("order 11, GFP_ATOMIC: fails now")


def test_a_file_is_read_and_one_that_says_nothing_is_refused(
    page: Page, server: Server, tmp_path: Path, page_errors: list[str]
) -> None:
    open_report(page, server.url)
    path = tmp_path / "buddyinfo"
    path.write_text(s.buddyinfo(s.TWO_NODES))
    page.set_input_files("#file", path)
    expect(page.locator("#counts tbody tr")).to_have_count(2)
    page.locator("#text").fill("hello")
    page.get_by_role("button", name="Read it").click()
    expect(page.locator(".notice.error")).to_contain_text("holds nothing that is known")
    expect(page.locator("#answer")).to_be_hidden()
    assert page_errors.pop().startswith("Failed to load resource")


def test_at_360_px_nothing_sticks_out_and_all_can_be_read(page: Page, server: Server) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    open_report(page, server.url)
    page.locator("#text").fill(s.mem_info(s.SMALL, s.FAILED))
    page.get_by_role("button", name="Read it").click()
    page.wait_for_selector(READY)
    expect(page.locator("#answer")).to_be_visible()
    page.get_by_text("Line by line").click()
    assert page.evaluate(STICKING_OUT) == []
    assert page.evaluate(LOW_CONTRAST) == []
