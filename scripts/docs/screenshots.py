"""Maintainers: take the pictures of docs/img from a running server, in Chromium.

python scripts/docs/screenshots.py [--port PORT]     (starts its own server without --port)
sudo python scripts/docs/screenshots.py --watched --port PORT     (of fragscope watch --page)
"""

from __future__ import annotations

import argparse
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import BrowserContext, Page, sync_playwright

OUT = Path(__file__).resolve().parents[2] / "docs" / "img"
FLAGS = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"]
WAIT_MS = 600_000
PHONE = 390
LOOKED_AT = 140  # pageblock
SIZES = {
    (PHONE, 844): ("light", "dark"),
    (1440, 900): ("light", "dark"),
    (1920, 1080): ("light", "dark", "projector"),
}


def wait_idle(page: Page) -> None:
    """Until the picture contains everything asked for and no guest is at work."""
    page.wait_for_selector("body[data-idle=true]", timeout=WAIT_MS)


def speed(page: Page, position: int) -> None:
    """Set the speed slider, 0 to 100."""
    page.locator("#speed").evaluate(
        "(s, at) => { s.value = at; s.dispatchEvent(new Event('input', {bubbles: true})); }",
        position,
    )


def still(page: Page) -> None:
    """Until nothing glows; the pointer out of the way."""
    page.wait_for_selector("#panels[data-glow=false]")
    page.mouse.move(2, 2)


def take(page: Page, name: str) -> None:
    """One picture, in 256 colours: these are maps, not photographs."""
    shot = Image.open(BytesIO(page.screenshot()))
    (OUT / name).parent.mkdir(exist_ok=True)
    shot.convert("RGB").quantize(
        256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
    ).save(OUT / name, optimize=True)


def compacting(page: Page) -> None:
    """Inflate by 200 MiB and compact; the picture is taken while pages fly."""
    speed(page, 100)
    page.fill("#balloon-mib", "200")
    page.press("#balloon-mib", "Enter")
    wait_idle(page)
    speed(page, 60)
    page.click("#compact")
    # kcompactd may be first; then the scanners of the run that was asked for are on their way.
    page.wait_for_function(
        "[...document.querySelectorAll('.panel .activity')]"
        ".some((p) => /compacting, [4-9]\\d/.test(p.textContent))"
        " && Number(document.querySelector('#panels').dataset.flights) > 24",
        timeout=WAIT_MS,
    )
    take(page, "compacting.png")
    speed(page, 100)
    wait_idle(page)


def walk(page: Page) -> None:
    """Inflate by 200 MiB, compact, take huge pages; the pictures on the way."""
    compacting(page)
    page.click("#huge")
    wait_idle(page)
    still(page)
    take(page, "screenshot.png")
    page.check("#mode-holder", force=True)
    page.wait_for_selector("#panels[data-mode=holder]")
    take(page, "holders.png")
    page.check("#mode-content", force=True)
    page.wait_for_selector("#panels[data-mode=content]")
    page.click("#rail-real")
    page.check("#story-real")
    page.wait_for_selector('.twin-stack[data-drawn$=" 2"]')
    still(page)
    take(page, "reality.png")
    page.click("#inspector-close")


def block(page: Page) -> None:
    """One pageblock of pinned that a balloon page holds, opened into its pages, in all maps."""
    stack = page.locator('.panel[data-design="pinned"] .stack').first
    stack.press("Home")
    for _ in range(LOOKED_AT):
        stack.press("ArrowRight")
    stack.press("Enter")
    page.wait_for_selector("#zoom-bar:not([hidden])")
    wait_idle(page)
    still(page)


def stage(context: BrowserContext, url: str) -> None:
    """The stage at three sizes in its themes: whole, with the inspector, and closer."""
    for (width, height), themes in SIZES.items():
        page = context.new_page()  # the presenter, in the same browser
        page.set_viewport_size({"width": width, "height": height})
        page.goto(url)
        for theme in themes:
            page.evaluate("(theme) => localStorage.setItem('fragscope.theme', theme)", theme)
            page.reload()
            wait_idle(page)
            still(page)
            take(page, f"stage/{width}-{theme}.png")
            page.click("#rail-because")
            page.wait_for_selector("#panels[data-glow=false]")
            take(page, f"stage/{width}-{theme}-open.png")
            page.click("#inspector-close")
            if (width, theme) == (1440, "light"):
                page.keyboard.press("j")  # the next obstacle
                page.wait_for_selector("#because-ways dt")
                take(page, "stage/because.png")
                page.click("#inspector-close")
            block(page)
            take(page, f"stage/{width}-{theme}-block.png")
            page.locator("#zoom-bar button", has_text="Whole").click()
            page.evaluate("document.activeElement.blur()")
            # The next theme begins with the whole: what is looked at is in the address.
            page.wait_for_function("!location.hash.includes('view')")
        page.evaluate("localStorage.removeItem('fragscope.theme')")
        page.close()


def watched(page: Page, url: str) -> None:
    """This machine, now and as it was; the server has been watching it for a while."""
    page.goto(f"{url}live.html")
    page.wait_for_selector("body:not([data-look='0'])")
    page.wait_for_selector("#timebar:not([hidden])")
    page.wait_for_timeout(3000)  # a few looks, for rates
    take(page, "watch.png")
    page.focus("#time-track")
    page.keyboard.press("4")
    page.wait_for_function("document.querySelector('#said').textContent.includes('then')")
    page.evaluate("document.activeElement.blur()")
    page.wait_for_timeout(500)
    take(page, "watch-past.png")


def serve(port: int) -> subprocess.Popen[bytes]:
    """Start the server and wait until it answers."""
    command = [str(Path(sys.executable).with_name("fragscope")), "serve", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return process
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise SystemExit("the server ended at start")


def main() -> None:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, help="of a server that runs already")
    parser.add_argument(
        "--watched", action="store_true", help="only of live.html, which the server at PORT shows"
    )
    asked = parser.parse_args()
    port, process = asked.port, None
    if port is None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        process = serve(port)
    OUT.mkdir(parents=True, exist_ok=True)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), headless=True, args=FLAGS
            )
            # Waiting for a condition polls by eval, which the page's own policy forbids.
            view = {"width": 1440, "height": 900}
            page = browser.new_context(viewport=view, bypass_csp=True).new_page()
            if asked.watched:
                watched(page, f"http://127.0.0.1:{port}/")
                return
            page.goto(f"http://127.0.0.1:{port}/")
            wait_idle(page)
            walk(page)
            stage(page.context, page.url)
            phone = browser.new_page(
                viewport={"width": PHONE, "height": 844},
                device_scale_factor=2,
                has_touch=True,
                reduced_motion="reduce",  # a picture taken while it scrolls is torn
            )
            phone.goto(page.url)
            wait_idle(phone)
            phone.wait_for_selector("#panels[data-glow=false]")
            take(phone, "phone.png")
            browser.close()
    finally:
        if process:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


if __name__ == "__main__":
    main()
