"""What a person does and reads on the page, in one place for all browser tests."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect

FOUR = ("pinned", "lru_hook", "separate_pass", "dedicated_block")
# A loaded machine simulates slowly; what is waited for is a condition, never a time.
WAIT_MS = 120_000


def wait_idle(page: Page) -> None:
    """Until every command is contained in the picture and no guest is at work."""
    page.wait_for_selector("body[data-idle=true]", timeout=WAIT_MS)


def wait_tick(page: Page, least: int) -> None:
    """Until a picture of this tick or a later one is shown."""
    # No wait_for_function: it polls by eval, which the page's Content-Security-Policy forbids.
    page.evaluate(
        """(least) => new Promise((done) => {
          const there = () => Number(document.body.dataset.tick) >= least;
          if (there()) { done(); return; }
          new MutationObserver((_, watcher) => {
            if (!there()) return;
            watcher.disconnect();
            done();
          }).observe(document.body, {attributes: true, attributeFilter: ['data-tick']});
        })""",
        least,
    )


def open_guest(page: Page, url: str) -> None:
    """Open the page and wait for the first picture."""
    page.goto(url)
    expect(page.locator(".panel canvas.map").first).to_be_visible()
    wait_idle(page)


def open_small(page: Page, url: str, preset: str = "roomy") -> None:
    """Open the page with a synthetic guest of 256 MiB, seed 1."""
    source = {"kind": "synthetic", "preset": preset, "size_mib": 256, "seed": 1}
    open_guest(page, made(page, url, source))


def made(page: Page, url: str, source: dict[str, Any]) -> str:
    """The presenter's link of a new session with that guest."""
    told = page.request.post(f"{url}api/sessions", data={"source": source}).json()
    return f"{url}#s={told['session']}&t={told['viewer']}&p={told['presenter']}"


def presenter_link(page: Page) -> str:
    """A link with which another device may command this page's session."""
    token = page.evaluate(
        """() => {
          const session = new URLSearchParams(location.hash.slice(1)).get('s');
          return localStorage.getItem(`fragscope.presenter.${session}`);
        }"""
    )
    return f"{page.url}&p={token}"


def tab(page: Page, name: str) -> None:
    """Open a tab of the inspector."""
    if page.locator(f"#tab-{name}").is_hidden():
        page.click(f"#rail-{name}")
    expect(page.locator(f"#tab-{name}")).to_be_visible()


def start_over(page: Page) -> None:
    """Begin anew with the same guest, having been asked."""
    open_more(page)
    page.click("#reset")
    page.click("#confirm-anew")
    wait_idle(page)


def open_more(page: Page) -> None:
    """Open the rarer commands."""
    if page.locator("#more:not([open])").count():
        page.click("#more summary")


def full_speed(page: Page) -> None:
    """As many ticks a second as the slider has."""
    # On a phone the slider makes room for the acts; keys, and this, still reach it.
    page.locator("#speed").evaluate(
        "(s) => { s.value = s.max; s.dispatchEvent(new Event('input', {bubbles: true})); }"
    )
    expect(page.locator("#speed-text")).to_have_text("full speed")


def eye_speed(page: Page) -> None:
    """Slow enough that pages are seen moving: a compaction takes seconds, and has a middle."""
    page.locator("#speed").fill("80")
    expect(page.locator("#speed-text")).to_have_text("251 ticks/s")


def inflate(page: Page, mib: int) -> None:
    """Set the balloon's target and wait until all balloons have done what they can."""
    page.fill("#balloon-mib", str(mib))
    page.press("#balloon-mib", "Enter")
    wait_idle(page)


def press(page: Page, what: str) -> None:
    """Press a button by its id and wait for the result."""
    page.click(f"#{what}")
    wait_idle(page)


def panel(page: Page, key: str) -> Any:
    """The panel of a design."""
    return page.locator(f'.panel[data-design="{key}"]')


def headline(page: Page, key: str) -> int:
    """The large number of a design's panel."""
    return whole(panel(page, key).locator(".number").inner_text())


def board_cell(page: Page, key: str, column: str) -> Any:
    """One cell of the scoreboard, whether or not its tab is open."""
    return page.locator(f'#board td[data-design="{key}"][data-column="{column}"]')


def cell(page: Page, key: str, column: str) -> str:
    """The text of one cell of the scoreboard."""
    return str(board_cell(page, key, column).text_content())


def exact(page: Page, key: str, column: str) -> int:
    """The exact number behind one cell of the scoreboard."""
    return int(board_cell(page, key, column).get_attribute("data-value") or -1)


def whole(text: str) -> int:
    """``"1,234"`` as a number."""
    match = re.fullmatch(r"-?[\d,]+", text.strip())
    assert match, f"not a number: {text!r}"
    return int(text.replace(",", ""))


def notice(page: Page) -> Any:
    """The notices that are shown."""
    return page.locator("#notices .notice")


def choose(page: Page, value: str, size_mib: int | None = None, seed: int | None = None) -> None:
    """Choose another guest in the dialog and start over.

    Args:
        page: the page, idle.
        value: ``"capture runs"`` or ``"preset tight"``.
        size_mib: of a synthetic guest.
        seed: None leaves it.
    """
    page.click("#open-setup")
    page.check(f'#setup input[name=guest][value="{value}"]')
    if size_mib is not None:
        page.select_option("#setup-size", str(size_mib))
    if seed is not None:
        page.fill("#setup-seed", str(seed))
    page.get_by_role("button", name="Start over with this").click()
    wait_idle(page)
