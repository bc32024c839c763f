"""How fast a playback opens in headless Chromium, short and long: from navigation to the first map.

python -m benchmarks.bench_playback [--runs N] [FILE…]

Without files: a story of two commands, and the same guest under a workload for 6,000 ticks.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from benchmarks.bench_paint import FLAGS
from engine.commands import BalloonInflate, Command, CompactMemory, SetWorkload
from server.guests.library import Library
from server.playback.export import MB, Wanted, playback_of, played_story
from server.playback.page_file import write_page
from server.wire.config import config_from_dict

LONG_TICKS = 6_000
GUEST = {"kind": "synthetic", "preset": "tight", "size_mib": 1024, "seed": 1}
SHORT: tuple[Command, ...] = (BalloonInflate(51200), CompactMemory())
LONG: tuple[Command, ...] = (*SHORT, SetWorkload(True, ticks=LONG_TICKS))
# Time since navigation began, when the first picture is painted and everything is at rest.
WATCH = """
new MutationObserver((_, watcher) => {
  if (document.body?.dataset.idle !== 'true') return;
  watcher.disconnect();
  requestAnimationFrame(() => setTimeout(() => { window.opened = performance.now(); }));
}).observe(document, {attributes: true, subtree: true, attributeFilter: ['data-idle']});
"""
OPENED = """() => new Promise((done) => {
  const look = () => window.opened ? done(window.opened) : setTimeout(look, 5);
  look();
})"""


def made(folder: Path, name: str, commands: tuple[Command, ...]) -> Path:
    """A story as a file."""
    config = config_from_dict({"source": GUEST, "seed": 1})
    session, log, tick = played_story(config, commands, Library(1, 1 << 50))
    path = folder / f"{name}.html"
    write_page(path, playback_of(session, log, tick, Wanted(large=True)).text)
    return path


def opened_ms(browser: Browser, path: Path) -> float:
    """Open a file in a context of its own; milliseconds from navigation to the first map."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, offline=True)
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(path.as_uri())
    taken = float(page.evaluate(OPENED))
    context.close()
    return taken


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("files", nargs="*", type=Path)
    args = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        print("no Chromium on this machine: apt-get install chromium")
        return
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        files = [path.resolve() for path in args.files] or [
            made(Path(folder), "short", SHORT),
            made(Path(folder), "long", LONG),
        ]
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        opened_ms(browser, files[0])  # the first of a browser pays for its start
        for path in files:
            text = path.read_text(encoding="utf-8")
            moments = re.search(r"(\d+) moments", text)
            taken = sorted(opened_ms(browser, path) for _ in range(args.runs))
            print(
                f"{path.name}: {len(text) / MB:.2f} MB, {moments[1] if moments else '?'} moments:"
                f" best {taken[0]:.0f} ms, median {statistics.median(taken):.0f} ms"
            )
        browser.close()


if __name__ == "__main__":
    main()
