"""What a page receives over its socket while it looks at pages closely, beside the whole maps.

    python -m benchmarks.bench_zoomed [--quick]

Bytes are counted by the browser, message by message, and hardly depend on how busy the machine is
where the pace sets the number of pictures.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from dataclasses import dataclass, field

from playwright.sync_api import Browser, Page, WebSocket, sync_playwright

from benchmarks.bench_paint import WAIT_MS, fragscope, free_port, full_speed, launch

PACE = "60"  # of the slider: the pace that people have
KINDS = {1: "pictures", 2: "pictures", 3: "pages", 4: "events", 5: "past"}  # docs/PROTOCOL.md
TYPE_AT = 5  # of a binary message, after magic and version
KIB = 1024


@dataclass
class Received:
    """What came over the sockets of one page since it was last emptied.

    Attributes:
        size: bytes by kind of message.
        number: messages by kind.
    """

    size: Counter[str] = field(default_factory=Counter)
    number: Counter[str] = field(default_factory=Counter)

    def listen(self, socket: WebSocket) -> None:
        """Count what comes over a socket from now on."""
        socket.on("framereceived", self.take)

    def take(self, data: str | bytes) -> None:
        """Count one message."""
        kind = "text" if isinstance(data, str) else KINDS.get(data[TYPE_AT], "other")
        self.size[kind] += len(data.encode() if isinstance(data, str) else data)
        self.number[kind] += 1


def idle(page: Page) -> None:
    """Wait until every guest is at rest."""
    page.wait_for_selector("body[data-idle=true]", timeout=WAIT_MS)


def begin(page: Page, size_mib: int) -> None:
    """A synthetic guest at its first tick, at the pace that people have."""
    page.click("#open-setup")
    page.select_option("#setup-size", str(size_mib))
    page.check("input[value='preset tight']")
    page.get_by_role("button", name="Start over with this").click()
    page.wait_for_selector("#setup", state="hidden", timeout=WAIT_MS)
    page.wait_for_selector(
        f"#panels[data-pageblocks='{size_mib // 2}']", state="attached", timeout=WAIT_MS
    )
    idle(page)
    page.locator("#speed").fill(PACE)


def inflate(page: Page, mib: int) -> None:
    """Ask for a balloon of that size."""
    page.fill("#balloon-mib", str(mib))
    page.press("#balloon-mib", "Enter")


def closer(page: Page, widest: bool) -> str:
    """Look at pages; in words, at what.

    Args:
        page: with the whole maps.
        widest: as many pageblocks as can be open, instead of one that fills the window.
    """
    page.locator(".panel .stack").first.focus()
    page.keyboard.press("Home")
    for _ in range(6):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_timeout(500)
    while widest:
        before = page.inner_text(".zoom-words")
        page.keyboard.press("-")
        page.wait_for_timeout(500)
        if "pages of" not in page.inner_text(".zoom-words"):
            page.keyboard.press("+")
            page.wait_for_timeout(500)
            break
        if before == page.inner_text(".zoom-words"):
            break
    return page.inner_text(".zoom-words")


def measure(page: Page, received: Received, label: str, seconds: float) -> None:
    """Print what comes in so many seconds."""
    page.evaluate("0")
    received.size.clear()
    received.number.clear()
    start = time.perf_counter()
    page.wait_for_timeout(1000 * seconds)
    passed = time.perf_counter() - start
    kinds = ", ".join(
        f"{kind} {size / KIB / passed:.1f} ({received.number[kind] / passed:.1f} a second)"
        for kind, size in received.size.most_common()
    )
    total = sum(received.size.values()) / KIB / passed
    print(f"{label}: {total:.1f} KiB/s{': ' if kinds else ''}{kinds}", flush=True)


def guest(browser: Browser, url: str, size_mib: int, balloon_mib: int, seconds: float) -> None:
    """All measurements of one guest."""
    for way in ("whole", "a pageblock", "as many pageblocks as open"):
        page = browser.new_page(viewport={"width": 1440, "height": 900}, bypass_csp=True)
        received = Received()
        page.on("websocket", received.listen)
        page.add_init_script("localStorage.setItem('fragscope.tour', 'seen')")
        page.goto(url)
        page.wait_for_selector("body[data-shown=true]", timeout=WAIT_MS)
        idle(page)
        begin(page, size_mib)
        words = "whole maps" if way == "whole" else closer(page, way != "a pageblock")
        label = f"{size_mib // KIB} GiB, four designs, {words}"
        page.wait_for_timeout(1000)
        measure(page, received, f"{label}, at rest", 3.0)
        inflate(page, balloon_mib)
        measure(page, received, f"{label}, inflating", 3.0)
        full_speed(page)
        idle(page)
        page.locator("#speed").fill(PACE)
        page.click("#compact")
        page.wait_for_selector("#panels[data-motion=playing]", timeout=WAIT_MS)
        measure(page, received, f"{label}, compacting", seconds)
        page.close()


def main() -> None:
    """Run everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="no 64 GiB guest")
    arguments = parser.parse_args()
    with sync_playwright() as playwright:
        browser = launch(playwright)
        if browser is None:
            return
        with fragscope(free_port()) as url:
            guest(browser, url, 1024, 200, 10.0)
            if not arguments.quick:
                guest(browser, url, 65536, 16384, 10.0)
        browser.close()


if __name__ == "__main__":
    main()
