"""The server goes away, or the line does: the page says so, comes back, and shows what is there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, WebSocket, expect

from tests.browser.conftest import Server
from tests.browser.look import (
    board_cell,
    cell,
    full_speed,
    headline,
    inflate,
    notice,
    open_guest,
    presenter_link,
    wait_idle,
)
from tests.browser.proxy import Proxy


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    one = Proxy(server.port)
    yield one
    one.close()


def network_noise(page_errors: list[str]) -> None:
    """Chromium logs every refused connection as an error: expected here, and nothing else is."""
    assert [e for e in page_errors if "ERR_" not in e and "WebSocket" not in e] == []
    page_errors.clear()


def test_a_dropped_socket_comes_back_to_the_same_session_and_state(
    page: Page, proxy: Proxy, page_errors: list[str]
) -> None:
    open_guest(page, proxy.url)
    full_speed(page)
    inflate(page, 120)
    session = page.evaluate("location.hash")
    blocks = headline(page, "lru_hook")

    proxy.cut(refuse=True)
    expect(page.locator("#connection-text")).to_contain_text("not reachable")
    expect(page.locator("body")).to_have_attribute("data-connection", "lost")
    assert headline(page, "lru_hook") == blocks, "the last picture stays"
    page.click("#compact")
    expect(notice(page).last.locator("p")).to_have_text(
        "Not sent: compact. The server is not reachable."
    )

    proxy.mend()
    expect(page.locator("#connection-text")).to_have_text("Connected", timeout=15_000)
    wait_idle(page)
    assert page.evaluate("location.hash") == session
    assert headline(page, "lru_hook") == blocks
    assert cell(page, "lru_hook", "balloon") == "120 of 120"
    network_noise(page_errors)


def test_a_killed_server_is_noticed_and_a_restarted_one_has_the_session_as_it_was(
    page: Page, new_server: Callable[..., Server], page_errors: list[str]
) -> None:
    server = new_server()
    server.start()
    open_guest(page, server.url)
    full_speed(page)
    inflate(page, 80)
    session = page.evaluate("location.hash")
    tick, blocks = page.evaluate("document.body.dataset.tick"), headline(page, "lru_hook")
    server.kill()
    expect(page.locator("#connection-text")).to_contain_text("not reachable")
    server.start()
    expect(page.locator("#connection-text")).to_have_text("Connected", timeout=60_000)
    wait_idle(page)
    assert page.evaluate("location.hash") == session
    assert page.evaluate("document.body.dataset.tick") == tick
    assert headline(page, "lru_hook") == blocks
    assert cell(page, "pinned", "balloon") == "80 of 80"
    inflate(page, 90)
    assert cell(page, "pinned", "balloon") == "90 of 90"
    network_noise(page_errors)


def test_who_has_the_viewers_link_looks_on_and_commands_nothing(
    page: Page, open_page: Callable[..., Page], server: Server
) -> None:
    open_guest(page, server.url)
    full_speed(page)
    other = open_page()
    open_guest(other, page.url)
    expect(other.locator("#room")).to_contain_text("You follow the presenter")
    assert other.locator("#deck").evaluate("(deck) => deck.inert")
    inflate(page, 40)
    expect(board_cell(other, "pinned", "balloon")).to_have_text("40 of 40")
    other.keyboard.press("c")
    expect(notice(other).first).to_contain_text("You look on: the presenter drives")
    assert page.evaluate("document.body.dataset.log") == "1"


def test_a_server_that_shuts_down_is_announced_and_the_page_retries(
    page: Page, new_server: Callable[..., Server], page_errors: list[str]
) -> None:
    server = new_server()
    server.start()
    open_guest(page, server.url)
    assert server.stop() == 0
    expect(page.locator("#connection-text")).to_contain_text("Retrying automatically")
    expect(page.locator("#notices .notice.info")).to_contain_text("shutting down")
    expect(page.locator("#notices .notice.error")).to_have_count(0)  # nothing was refused
    page.goto("about:blank")  # or the page retries once more after its noise was cleared
    network_noise(page_errors)


def test_a_reload_and_a_shared_link_show_the_same_guests(
    page: Page, open_page: Callable[..., Page], server: Server
) -> None:
    open_guest(page, server.url)
    full_speed(page)
    inflate(page, 64)
    page.reload()
    wait_idle(page)
    assert cell(page, "pinned", "balloon") == "64 of 64"
    other = open_page()
    open_guest(other, presenter_link(page))
    assert "p=" not in other.url, "the presenter's token is for the browser alone"
    assert cell(other, "dedicated_block", "balloon") == "64 of 64"
    expect(other.locator("#balloon-mib")).to_have_value("64")
    inflate(other, 96)
    expect(page.locator("#balloon-mib")).to_have_value("96")
    expect(page.locator("#said")).to_contain_text("no. 2 at")  # the other page's command
    expect(page.locator("#log li")).to_have_count(2)
    wait_idle(page)
    assert headline(page, "lru_hook") == headline(other, "lru_hook")


def test_a_link_to_a_session_that_is_gone_starts_a_new_one(page: Page, server: Server) -> None:
    open_guest(page, server.url + "#s=nosuchsession")
    expect(notice(page).first).to_contain_text("A new one is starting")
    assert "nosuchsession" not in page.url


def test_a_hidden_page_gets_no_frames_and_catches_up_when_shown(
    page: Page, open_page: Callable[..., Page], server: Server
) -> None:
    said: list[str] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda data: said.append(json.loads(data)["type"]))

    page.on("websocket", listen)
    open_guest(page, server.url)
    full_speed(page)
    other = open_page()
    open_guest(other, presenter_link(page))
    hide = """(hidden) => {
      Object.defineProperty(document, 'hidden', {configurable: true, get: () => hidden});
      document.dispatchEvent(new Event('visibilitychange'));
    }"""
    page.evaluate(hide, True)
    said.clear()
    seq = int(page.evaluate("document.body.dataset.seq"))
    inflate(other, 150)
    # At most the pictures for which credits were out already.
    assert int(page.evaluate("document.body.dataset.seq")) - seq <= 4
    assert cell(other, "pinned", "balloon") == "150 of 150"
    assert said == [], "a page that is not seen pays for nothing"
    page.evaluate(hide, False)
    expect(board_cell(page, "pinned", "balloon")).to_have_text("150 of 150")
    assert said[0] == "key"
    assert said.count("key") == 1, "one whole picture, and differences from there"
