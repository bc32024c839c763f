"""Speed of the page in headless Chromium: repaint against Plotly, paint, click to frame, 64 GiB.

python -m benchmarks.bench_paint [--quick]
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import plotly
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
FLAGS = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"]
NR_PAGEBLOCKS = 32_768
WAIT_MS = 600_000

# Time of every animation frame's script, and of what is between a click and the frame that has it.
PROBE = """
window.paints = [];
window.plainFrame = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (callback) => window.plainFrame((now) => {
  const start = performance.now();
  callback(now);
  window.paints.push([start, performance.now() - start, document.body?.dataset.seq]);
});
"""
CLICK = """(mib) => new Promise((done) => {
  const field = document.getElementById('balloon-mib');
  const before = Number(document.body.dataset.log);
  field.value = String(mib);
  const start = performance.now();
  field.dispatchEvent(new Event('change', {bubbles: true}));
  new MutationObserver((_, watcher) => {
    if (Number(document.body.dataset.log) === before) return;
    watcher.disconnect();
    done(performance.now() - start);
  }).observe(document.body, {attributes: true, attributeFilter: ['data-log']});
})"""
# Animation frames a second beside the page's own work, and distinct pictures a second from the
# first to the last one: a guest that came to rest before the end sends no more.
RATE = """(ms) => new Promise((done) => {
  window.paints.length = 0;
  let turns = 0;
  const start = performance.now();
  const turn = () => {
    const passed = performance.now() - start;
    if (passed < ms) {
      turns += 1;
      window.plainFrame(turn);
      return;
    }
    const shown = new Map();
    for (const [at, , seq] of window.paints) if (!shown.has(seq)) shown.set(seq, at);
    const times = [...shown.values()];
    const span = times.length > 1 ? times[times.length - 1] - times[0] : Infinity;
    const pictures = 1000 * (times.length - 1) / span;
    done([1000 * turns / passed, pictures, window.paints.map((p) => p[1])]);
  };
  window.plainFrame(turn);
})"""


# Zooms in and out again over the middle of a map, a sixth of a notch at every paint.
ZOOM = """(ms) => new Promise((done) => {
  window.paints.length = 0;
  const stack = document.querySelector('.panel .stack');
  const box = stack.getBoundingClientRect();
  const at = {clientX: box.left + box.width * 0.4, clientY: box.top + box.height * 0.5};
  let turns = 0;
  const start = performance.now();
  const turn = () => {
    const passed = performance.now() - start;
    if (passed >= ms) {
      done([1000 * turns / passed, window.paints.map((p) => p[1])]);
      return;
    }
    turns += 1;
    const deltaY = Math.floor(passed / 2500) % 2 ? 60 : -60;
    stack.dispatchEvent(new WheelEvent('wheel', {...at, deltaY, bubbles: true, cancelable: true}));
    window.plainFrame(turn);
  };
  window.plainFrame(turn);
})"""


class Files(SimpleHTTPRequestHandler):
    """The page's folder, this folder, and plotly.js from the installed package."""

    def translate_path(self, path: str) -> str:
        """Where a request's file lies."""
        name = path.split("?")[0].lstrip("/")
        if name == "vendor/plotly.min.js":
            return str(PLOTLY)
        folder = ROOT / "web" if name.startswith("src/") else ROOT / "benchmarks"
        return str(folder / name)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def files() -> Iterator[str]:
    """Serve the benchmark page; its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, directory=str(ROOT)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/heatmap.html"
    finally:
        server.shutdown()


@contextmanager
def fragscope(port: int) -> Iterator[str]:
    """The real server; its address."""
    command = [str(Path(sys.executable).with_name("fragscope")), "serve", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}/"
    try:
        deadline = time.monotonic() + 600
        while True:
            try:
                with urllib.request.urlopen(url + "healthz", timeout=5):
                    break
            except (urllib.error.URLError, OSError):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("the server did not start") from None
                time.sleep(0.2)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def repaint(browser: Browser, rounds: int) -> None:
    """A map of 32,768 pageblocks against a Plotly heatmap of that size, in one page."""
    with files() as url:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(url)
        page.wait_for_function("window.measure && window.Plotly")
        page.evaluate("([n, r]) => window.measure(n, r)", [NR_PAGEBLOCKS, 3])  # warm
        times = page.evaluate("([n, r]) => window.measure(n, r)", [NR_PAGEBLOCKS, rounds])
        page.close()
    theirs = times.pop("plotly")
    print(f"repaint of {NR_PAGEBLOCKS:,} pageblocks, script, median of {rounds}:")
    print(f"  Plotly heatmap (restyle)   {theirs:7.2f} ms")
    for mode, ms in times.items():
        ratio = theirs / max(ms, 0.001)
        print(f"  our map, mode {mode:<12} {ms:7.3f} ms   {ratio:6.0f} x as fast   (goal: 50 x)")


def open_guest(browser: Browser, url: str) -> Page:
    """The page with its default guest, idle, timed."""
    page = browser.new_page(viewport={"width": 1440, "height": 900}, bypass_csp=True)
    page.add_init_script(PROBE)
    start = time.perf_counter()
    page.goto(url)
    page.wait_for_selector("body[data-shown=true]", timeout=WAIT_MS)
    print(f"from opening the page to four panels: {time.perf_counter() - start:.2f} s (goal: 2 s)")
    page.wait_for_selector("body[data-idle=true]", timeout=WAIT_MS)
    return page


def latency(page: Page, rounds: int) -> None:
    """From changing the balloon's target to the first picture that contains it."""
    times = []
    for i in range(rounds):
        times.append(page.evaluate(CLICK, 4 + 4 * (i % 5)))
        page.wait_for_selector("body[data-idle=true]", timeout=WAIT_MS)
    print(
        f"click to first changed frame: median {statistics.median(times):.0f} ms,"
        f" worst of {rounds} {max(times):.0f} ms (goal: median 150 ms)"
    )


def full_speed(page: Page) -> None:
    """As many ticks a second as the slider has."""
    page.focus("#speed")
    page.keyboard.press("End")


def paints(page: Page, label: str, mib: int, seconds: float) -> None:
    """Paints a second and script a paint while the balloons move and a compaction runs."""
    for act in ("inflate", "compact"):
        if act == "inflate":
            page.fill("#balloon-mib", str(mib))
            page.press("#balloon-mib", "Enter")
        else:
            page.click("#compact")
        turns, pictures, script = page.evaluate(RATE, seconds * 1000)
        busy = page.evaluate("document.body.dataset.idle") == "false"
        ordered = sorted(script) or [0.0]
        print(
            f"{label}, {act}: {turns:.0f} paints/s possible (goal: 30), {pictures:.0f} pictures/s"
            f" painted, script a paint median {statistics.median(ordered):.2f} ms,"
            f" p95 {ordered[int(0.95 * (len(ordered) - 1))]:.2f} ms (goal: 4 ms)"
            f"{'' if busy else '; was done before the end'}"
        )
        page.wait_for_selector("body[data-idle=true]", timeout=WAIT_MS)


def compacting(page: Page, label: str, mib: int, seconds: float) -> None:
    """Paints a second while pages fly, at the pace that people have."""
    page.fill("#balloon-mib", str(mib))
    page.press("#balloon-mib", "Enter")
    page.wait_for_selector("body[data-idle=true]", timeout=WAIT_MS)
    page.locator("#speed").fill("60")
    page.click("#compact")
    page.wait_for_selector("#panels[data-motion=playing]")
    turns, _, script = page.evaluate(RATE, seconds * 1000)
    ordered = sorted(script) or [0.0]
    print(
        f"{label}, while compacting: {turns:.0f} paints/s possible, {len(script) / seconds:.0f}"
        f" pictures/s painted (goal: 30), script a paint median"
        f" {statistics.median(ordered):.2f} ms,"
        f" p95 {ordered[int(0.95 * (len(ordered) - 1))]:.2f} ms;"
        f" {page.inner_text('#motion-words')}"
    )
    full_speed(page)
    page.wait_for_selector("body[data-idle=true]", timeout=WAIT_MS)


def zooming(page: Page, label: str, seconds: float) -> None:
    """Paints a second and script a paint while all maps are zoomed in and out."""
    turns, script = page.evaluate(ZOOM, seconds * 1000)
    ordered = sorted(script) or [0.0]
    late = ordered[int(0.95 * (len(ordered) - 1))]
    print(
        f"{label}, zooming: {turns:.0f} paints/s (goal: 50), script a paint median"
        f" {statistics.median(ordered):.2f} ms, p95 {late:.2f} ms"
    )


def large(page: Page) -> None:
    """Another guest by the dialog: synthetic, 64 GiB."""
    page.click("#open-setup")
    page.select_option("#setup-size", "65536")
    page.check("input[value='preset tight']")
    start = time.perf_counter()
    page.get_by_role("button", name="Start over with this").click()
    page.wait_for_function(
        f"Number(document.querySelector('#panels').dataset.pageblocks) >= {NR_PAGEBLOCKS}",
        timeout=WAIT_MS,
    )
    page.wait_for_selector("body[data-idle=true]", timeout=WAIT_MS)
    print(f"a 64 GiB guest, four designs, loads in {time.perf_counter() - start:.1f} s")


def launch(playwright: Playwright) -> Browser | None:
    """Chromium; None where there is none, which is said."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if not path:
        print("no Chromium on this machine: apt-get install chromium")
        return None
    return playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)


def main() -> None:
    """Run everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, no 64 GiB guest")
    arguments = parser.parse_args()
    with sync_playwright() as playwright:
        browser = launch(playwright)
        if browser is None:
            return
        print(json.dumps({"chromium": browser.version}))
        repaint(browser, 10 if arguments.quick else 60)
        with fragscope(free_port()) as url:
            page = open_guest(browser, url)
            latency(page, 8 if arguments.quick else 30)
            compacting(page, "1 GiB, four designs", 100, 5.0)
            page.locator("#speed").fill("60")
            paints(page, "1 GiB, four designs", 200, 2.0)
            zooming(page, "1 GiB, four designs", 5.0)
            if not arguments.quick:
                full_speed(page)
                large(page)
                paints(page, "64 GiB, four designs", 16384, 5.0)
                compacting(page, "64 GiB, four designs", 20000, 5.0)
                zooming(page, "64 GiB, four designs", 5.0)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
