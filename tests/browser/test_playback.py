"""A session as one file: without a server and without a network it shows what the page shows."""

from __future__ import annotations

import functools
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from scripts.docs.site import race_data
from server.playback.page_file import race_page, write_page
from tests.browser.conftest import Server
from tests.browser.look import WAIT_MS, made, panel, tab, wait_idle

GOLDEN = Path(__file__).parent.parent / "golden" / "playback"
SOURCE = {"kind": "synthetic", "preset": "tight", "size_mib": 256, "seed": 1}
COMMANDS = (
    {"type": "balloon_inflate", "nr_pages": 12800},
    {"type": "compact"},
    {"type": "huge", "nr": 100},
)
CALM: Any = {"reduced_motion": "reduce"}  # cells that have just changed do not glow
# From the first moment to the last: keys on the bar of time.
WALK = ("Home", "3", "]", "9", "End")
MAPS = """() => [...document.querySelectorAll('.panel')].flatMap((panel) => [
  panel.dataset.design,
  ...[...panel.querySelectorAll('canvas')].map((c) => `${c.width}x${c.height} ${c.toDataURL()}`),
])"""


def played(page: Page, server: Server) -> str:
    """The link of a session in which something has happened."""
    link = made(page, server.url, SOURCE)
    fields = dict(part.split("=") for part in link.partition("#")[2].split("&"))
    url = f"{server.url}api/sessions/{fields['s']}"
    headers = {"authorization": f"Bearer {fields['p']}"}
    for command in COMMANDS:
        page.request.post(
            f"{url}/commands?wait=idle", data={"command": command}, headers=headers, timeout=0
        )
    return link


def saved(page: Page, file: Path) -> None:
    """Save the page's session as a file that plays, charts included."""
    page.click("#links summary")
    page.check("#playback-charts")
    with page.expect_download(timeout=WAIT_MS) as download:
        page.click("#save-playback")
    download.value.save_as(file)
    expect(page.locator("#links [role=status]")).to_contain_text(" MB.")
    page.click("#links summary")


def maps_along(page: Page) -> list[tuple[str, list[str]]]:
    """The moments walked through in words, and every pixel of the maps at each."""
    page.locator("#time-track").focus()
    seen = []
    for key in WALK:
        page.keyboard.press(key)
        wait_idle(page)
        words = page.inner_text("#verdict-line")
        seen.append((words, page.evaluate(MAPS)))
    return seen


@pytest.fixture
def folder_server(tmp_path: Path) -> Iterator[str]:
    """What `python -m http.server` does, over the test's folder."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    handler.log_message = lambda *_: None  # type: ignore[attr-defined]
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as one:
        thread = threading.Thread(target=one.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{one.server_address[1]}/"
        one.shutdown()
        thread.join()


def test_a_file_shows_pixel_by_pixel_what_the_page_shows(
    server: Server, open_page: Callable[..., Page], tmp_path: Path, folder_server: str
) -> None:
    page = open_page(**CALM)
    page.goto(played(page, server))
    wait_idle(page)
    file = tmp_path / "session.html"
    saved(page, file)
    live = maps_along(page)
    assert len({json.dumps(moment) for moment in live}) == len(WALK)

    alone = open_page(offline=True, **CALM)
    alone.goto(file.as_uri())
    wait_idle(alone)
    expect(alone.locator("#time-words")).to_contain_text("tick 0 of")
    assert maps_along(alone) == live
    # Charts over the whole of it, whatever moment is looked at.
    tab(alone, "charts")
    expect(alone.locator("#charts .plot[data-drawn]")).to_have_count(3)
    # A command is refused with a sentence, and the way to the live session is there.
    alone.keyboard.press("c")
    expect(alone.locator(".notice")).to_contain_text("This is a recording")
    alone.click("#playback-open summary")
    expect(alone.locator("#playback-server")).to_have_value(server.url)

    # From any web server too; what comes after the file itself needs no network.
    served = open_page(**CALM)
    served.goto(f"{folder_server}session.html")
    wait_idle(served)
    served.context.set_offline(True)
    assert maps_along(served) == live


def test_the_live_session_of_a_file_is_at_the_moment_looked_at(
    server: Server, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page(**CALM)
    page.goto(played(page, server))
    wait_idle(page)
    file = tmp_path / "session.html"
    saved(page, file)
    page.goto(file.as_uri())
    wait_idle(page)
    page.keyboard.press("]")
    expect(page.locator("#time-words")).to_contain_text("just before no. 2")
    wait_idle(page)
    maps = page.evaluate(MAPS)
    page.click("#playback-open summary")
    with page.context.expect_page() as opened:
        page.click("#playback-open button")
    live = opened.value
    live.set_viewport_size({"width": 1440, "height": 900})
    expect(live.locator("#time-words")).to_contain_text("just before no. 2")
    wait_idle(live)
    assert live.evaluate(MAPS) == maps


def test_the_race_explorer_of_a_site_leads_along_its_schedules(
    open_page: Callable[..., Page], tmp_path: Path
) -> None:
    file = tmp_path / "race.html"
    write_page(file, race_page(race_data([("2", "off", "on", "v4", "off")])))
    page = open_page(offline=True)
    page.goto(file.as_uri())
    expect(page.locator("body[data-busy=false]")).to_have_count(1)
    expect(page.locator("#breaks button").first).to_be_visible()
    page.keyboard.press("End")
    expect(page.locator("body[data-busy=false]")).to_have_count(1)
    expect(page.locator(".notice")).to_have_count(0)
    # What was not explored is said, and nothing else happens.
    page.select_option("#compactors", "1")
    expect(page.locator(".notice")).to_contain_text("a fragscope of your own")


@pytest.mark.parametrize("name", sorted(path.name for path in GOLDEN.glob("*.html")))
def test_files_of_every_release_open_for_ever(name: str, open_page: Callable[..., Page]) -> None:
    page = open_page(offline=True)
    page.goto((GOLDEN / name).as_uri())
    wait_idle(page)
    expect(page.locator("#time-words")).to_contain_text("just before no. 1")
    page.keyboard.press("]")
    expect(page.locator("#time-words")).to_contain_text("just before no. 2")
    wait_idle(page)
    expect(panel(page, "pinned").locator(".number")).to_have_text("0")
    page.click("#time-now")
    expect(page.locator("#time-words")).to_contain_text("the end, tick")
    tab(page, "scoreboard")
    expect(page.locator("#board td")).not_to_have_count(0)


def test_inside_another_page_the_wheel_scrolls_that_page(page: Page, tmp_path: Path) -> None:
    (tmp_path / "outer.html").write_text(
        "<!doctype html><title>outer</title><p>Above</p>"
        f'<iframe src="{next(GOLDEN.glob("*.html")).as_uri()}" width="900" height="600"></iframe>'
        '<p style="height: 2000px">Below</p>'
    )
    page.goto((tmp_path / "outer.html").as_uri())
    frame = page.frame_locator("iframe")
    expect(frame.locator("body[data-idle=true][data-framed=true]")).to_have_count(1)
    frame.locator(".stack").first.hover()
    page.mouse.wheel(0, -100)
    expect(frame.locator("#time-hint")).to_contain_text("Ctrl and the wheel")
    expect(frame.locator("#zoom-bar")).to_be_hidden()
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    expect(frame.locator("#zoom-bar")).to_be_visible()
    # Steps are within reach.
    frame.locator("#time-command-on").click()
    expect(frame.locator("#time-words")).to_contain_text("just before no. 2")
