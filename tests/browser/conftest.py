"""Fixtures: a real server process, a real Chromium, a page that fails the test on any error."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser import chromium
from tests.browser.look import WAIT_MS

FRAGSCOPE = Path(sys.executable).with_name("fragscope")
START_SECONDS = 500  # the first start of a checkout compiles the core
STOP_SECONDS = 10
# A loaded or a cold machine: a condition is waited for, not a time.
expect.set_options(timeout=60_000)


def free_port() -> int:
    """A TCP port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """One `fragscope serve` process on loopback.

    Attributes:
        port: where it listens; the same after a restart.
        url: address of the page.
    """

    def __init__(self, port: int | None = None, **settings: str) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self.settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  (closed by close)

    def begin(self) -> None:
        """Start the process; return when it answers at all."""
        self._process = subprocess.Popen(
            [str(FRAGSCOPE), "serve", "--port", str(self.port)],
            # People watch 60 ticks a second; who wants to see the middle of something sets a pace.
            env={**os.environ, "FRAGSCOPE_TICKS_PER_S": "1000", **self.settings},
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )
        self._wait(lambda: self._status() != 0)

    def start(self) -> None:
        """Start the process and wait until it serves commands."""
        self.begin()
        self._wait(self.healthy)

    def _wait(self, there: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not there():
            assert self._process and self._process.poll() is None, (
                f"the server ended at start:\n{self.output()}"
            )
            assert time.monotonic() < deadline, f"no answer in time:\n{self.output()}"
            time.sleep(0.05)

    def healthy(self) -> bool:
        """Whether it serves commands."""
        return self._status() == 200

    def _status(self) -> int:
        try:
            with urllib.request.urlopen(self.url + "healthz", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except (urllib.error.URLError, OSError):
            return 0

    def output(self) -> str:
        """Everything it has written so far."""
        self._output.seek(0)
        return self._output.read().decode(errors="replace")

    def stop(self) -> int:
        """End it as an operator does (SIGTERM); returns its exit status."""
        assert self._process
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still there after SIGTERM:\n{self.output()}") from None

    def kill(self) -> None:
        """End it as a crash does."""
        assert self._process
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """Make sure that nothing is left of it."""
        if self._process and self._process.poll() is None:
            self.kill()
        self._output.close()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The server that most tests share; it must still be there in the end and leave with 0."""
    # Every test leaves sessions behind; half an hour each, as for people, would fill the server.
    one = Server(FRAGSCOPE_SESSION_TTL_S="30", FRAGSCOPE_MAX_SESSIONS="64")
    try:
        one.start()
        yield one
        status = one.stop()
        assert status == 0, f"exit status {status} on SIGTERM:\n{one.output()}"
    finally:
        one.close()


@pytest.fixture
def new_server() -> Iterator[Callable[..., Server]]:
    """A function that makes servers of the test's own (not started), to kill or to configure."""
    made: list[Server] = []

    def make(port: int | None = None, **settings: str) -> Server:
        made.append(Server(port, **settings))
        return made[-1]

    yield make
    for one in made:
        print(one.output())  # shown where the test failed
        one.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for the whole run."""
    with sync_playwright() as playwright:
        one = chromium.launch(playwright)
        yield one
        one.close()


@pytest.fixture
def page_errors() -> list[str]:
    """What went wrong in the test's pages; a test that provokes an error clears it."""
    return []


@pytest.fixture
def open_page(browser: Browser, page_errors: list[str]) -> Iterator[Callable[..., Page]]:
    """A function that opens a blank page in its own context: open_page(width, height, ...)."""
    contexts = []

    def make(width: int = 1440, height: int = 900, **options: object) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        context.set_default_timeout(WAIT_MS)
        page = context.new_page()
        page.on("pageerror", lambda error: page_errors.append(f"exception: {error}"))
        page.on(
            "response",
            lambda answer: (
                answer.status >= 500 and page_errors.append(f"{answer.status}: {answer.url}")
            ),
        )
        page.on(
            "console",
            lambda message: message.type == "error" and page_errors.append(message.text),
        )
        return page

    yield make
    for context in contexts:
        context.close()
    assert page_errors == []


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """A blank page of 1440 x 900; fails the test on an exception or a console error."""
    return open_page()
