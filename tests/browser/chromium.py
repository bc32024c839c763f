"""The Chromium of this machine, started so that it talks to nobody but the page's server."""

from __future__ import annotations

import shutil

from playwright.sync_api import Browser, Playwright

# The sandbox needs user namespaces that root in a container has not; the others are the
# background services that would look up hosts of their own.
FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

START_MS = 180_000  # the first start on a machine reads half a gigabyte from its disk


def executable() -> str:
    """Path of the browser that the system has installed."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        path = shutil.which(name)
        if path:
            return path
    raise FileNotFoundError("no Chromium on this machine: apt-get install chromium")


def launch(playwright: Playwright, path: str | None = None) -> Browser:
    """Start it headless with a profile of its own.

    Args:
        playwright: the running driver.
        path: another executable, such as a wrapper that enters a network namespace first.
    """
    return playwright.chromium.launch(
        executable_path=path or executable(), headless=True, args=FLAGS, timeout=START_MS
    )
