"""A guest with pageblocks of 4 MiB on the page; `make soak`, since a core is compiled for it."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.look import open_guest, wait_idle
from tests.engine import small_capture as small
from tests.server.cli.test_geometry import of_order_10


def test_a_guest_of_other_pageblocks_gets_a_session_of_its_own(
    page: Page, server: Server, tmp_path: Path
) -> None:
    file = tmp_path / "ten.tar.gz"
    file.write_bytes(small.archive(of_order_10()))
    open_guest(page, server.url)
    page.click("#open-setup")
    page.set_input_files("#setup-file", file)
    expect(page.locator("#setup")).to_contain_text("so it gets a session of its own")
    page.get_by_role("button", name="Start over with this").click()
    page.wait_for_url(re.compile("o10-"))
    expect(page.locator("#guest-label")).to_have_text("Your guest: ten", timeout=300_000)
    wait_idle(page)
    expect(page.locator(".reach").first).to_contain_text(
        re.compile(r"could free \d+ more \(4 MiB\)")
    )
    page.locator(".panel canvas.map").first.click(position={"x": 40, "y": 40})
    expect(page.locator("#panels")).to_contain_text(re.compile(r"Pageblock \d, \d+ to \d+ MiB"))
    # And back to an example, which is of the usual size.
    page.click("#open-setup")
    page.locator('#setup input[value="capture runs"]').check()
    page.get_by_role("button", name="Start over with this").click()
    expect(page.locator("#guest-label")).to_contain_text("freed in runs")
    assert "o10-" not in page.url
