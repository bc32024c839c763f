"""The page behind the proxy of compose.yaml: TLS, a path prefix, and a server that is killed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, free_port
from tests.browser.look import cell, full_speed, headline, inflate, open_small, tab, wait_idle
from tests.browser.nginx import Nginx, deployed, several_machines


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    one = Server()
    one.start()
    yield one
    one.close()


@pytest.fixture(scope="module")
def proxy(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Nginx, str]]:
    """The process, and the page's address."""
    with deployed(tmp_path_factory.mktemp("nginx"), server.port) as one:
        yield one


def test_the_page_works_below_a_prefix_with_tls_and_survives_a_kill(
    open_page: Callable[..., Page], server: Server, proxy: tuple[Nginx, str], page_errors: list[str]
) -> None:
    nginx, url = proxy
    page = open_page(ignore_https_errors=True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url.replace("wss:", "https:")))
    open_small(page, url)
    tab(page, "charts")
    full_speed(page)
    inflate(page, 40)
    expect(page.locator(".js-plotly-plot").first).to_be_attached(timeout=30_000)
    link, blocks = page.url, headline(page, "lru_hook")
    assert link.startswith(f"{url}#s=")

    server.kill()
    expect(page.locator("#connection-text")).to_contain_text("Retrying automatically")
    server.start()
    expect(page.locator("#connection-text")).to_have_text("Connected", timeout=60_000)
    wait_idle(page)
    assert (page.url, headline(page, "lru_hook")) == (link, blocks)
    inflate(page, 50)
    assert cell(page, "pinned", "balloon") == "50 of 50"
    # What a gateway answers while nobody is behind it is no fault of the page.
    assert [e for e in page_errors if "502" not in e and "ERR_" not in e] == []
    page_errors.clear()

    for name, sign in (
        ("race.html", "#player"),
        ("report.html", "#answer"),
        ("sweep.html", "#winners"),
    ):
        page.goto(url + name)
        expect(page.locator("body")).not_to_have_attribute("data-busy", "true")
        expect(page.locator(sign)).to_be_attached()
        assert page.locator("a.back").evaluate("(link) => link.href") == url
    assert [one for one in asked if not one.startswith(url)] == []
    token = link.partition("&t=")[2].partition("&")[0]
    assert token and token not in nginx.log() + server.output()


def test_the_way_to_the_page_is_found_from_outside_the_prefix(
    open_page: Callable[..., Page], proxy: tuple[Nginx, str]
) -> None:
    _, url = proxy
    page = open_page(ignore_https_errors=True)
    root = url.removesuffix("fragscope/")
    for start in (root, f"{root}fragscope"):
        assert page.request.get(start).url == url
    answer = page.request.get(url)
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert page.request.get(f"{url}metrics").status == 404
    document = f"{url}api/openapi.json"
    (program,) = page.request.get(document).json()["servers"]
    assert urljoin(document, program["url"]) == url
    # The Origin that a page has here is its own: the proxy says that it came by TLS.
    for origin, status in ((root.rstrip("/"), 201), ("https://evil.example", 403)):
        made = page.request.post(f"{url}api/sessions", headers={"Origin": origin})
        assert made.status == status


def test_of_several_machines_a_session_stays_with_the_one_that_made_it(
    page: Page, server: Server, tmp_path: Path
) -> None:
    nobody = free_port()
    with several_machines(tmp_path, (server.port, nobody)) as url:
        entry = page.request.get(url, max_redirects=0)
        assert entry.headers["location"] in ("/a/", "/b/")
        made = page.request.post(f"{url}a/api/sessions", headers={"Origin": url.rstrip("/")})
        asked = f"{url}a/api/sessions/{made.json()['session']}/export"
        bearer = {"Authorization": f"Bearer {made.json()['viewer']}"}
        assert '"fragscope_session"' in page.request.get(asked, headers=bearer).text()[:100]
        assert page.request.get(f"{url}b/api/info").status == 502, "nobody is there"
