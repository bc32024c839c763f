"""Pictures and tables out of the page: PNG that decodes, SVG that parses, CSV that is the table."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.look import made, tab, wait_idle
from tests.browser.test_axe import BROKEN, THEMES, with_axe
from tests.browser.test_playback import CALM, SOURCE

SVG = "{http://www.w3.org/2000/svg}"


def saved(page: Page, name: str, nth: int = 0) -> tuple[str, bytes]:
    """Name and content of the file that a button of the dialog gives."""
    with page.expect_download() as download:
        page.locator(f"#save [data-save='{name}']").nth(nth).click()
    path = download.value.path()
    return download.value.suggested_filename, Path(path).read_bytes()


def check_pictures(page: Page, tick: str | None, digest: str) -> None:
    """PNG decodes, SVG parses, and both say what they are."""
    name, png = saved(page, "pinned.png")
    assert name.endswith(f"pinned-content-tick-{tick}.png") and name.startswith("fragscope-")
    picture = Image.open(io.BytesIO(png))
    assert picture.width >= 1400 and len(picture.convert("RGB").getcolors(1 << 20) or []) > 8
    name, svg = saved(page, "all-maps.svg")
    root = ET.fromstring(svg)
    words = " ".join(one.text or "" for one in root.iter(f"{SVG}text"))
    assert digest in words and f"tick {tick}" in words.replace(",", "")
    for said in ("pinned", "dedicated_block", "balloon", "reserved", "seed 1"):
        assert said in words
    assert len(list(root.iter(f"{SVG}path"))) >= 4
    _, svg = saved(page, "difference.svg")
    words = "".join(ET.fromstring(svg).itertext())
    assert "Here: Stays in place, now. There: Moved by compaction, now." in words
    _, png = saved(page, "difference.png")
    assert len(Image.open(io.BytesIO(png)).convert("RGB").getcolors(1 << 20) or []) > 3
    _, png = saved(page, "free-2-mib-blocks-all-zones.png")
    assert Image.open(io.BytesIO(png)).size == (1920, 960)
    _, svg = saved(page, "free-2-mib-blocks-all-zones.svg")
    assert "Free 2 MiB blocks" in "".join(ET.fromstring(svg).itertext())


def check_tables(page: Page, state: dict[str, Any]) -> None:
    """CSV has the numbers that the server says."""
    _, content = saved(page, "all-maps.csv")
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    for key, design in state["designs"].items():
        own = [row for row in rows if row["design"] == key]
        assert len(own) == 128
        assert sum(int(row["balloon"]) for row in own) == design["stats"]["balloon_actual"]
    _, content = saved(page, "scoreboard-one-column-per-design.csv")
    board = {row[0]: row[1:] for row in csv.reader(io.StringIO(content.decode()))}
    free = [str(design["stats"]["free_blocks_all"]) for design in state["designs"].values()]
    assert board["Free now 2 MiB blocks"] == free
    moved = ("pgmigrate_success", "balloon_migrate")
    counts = [[design["stats"][name] for name in moved] for design in state["designs"].values()]
    assert board["Migrated pages (balloon)"] == [f"{a} ({b})" for a, b in counts]
    _, content = saved(page, "difference.csv")
    pairs = list(csv.DictReader(io.StringIO(content.decode())))
    assert pairs[0]["here"] == "Stays in place, now"
    assert pairs[0]["there"] == "Moved by compaction, now"
    for way, key in (("here", "pinned"), ("there", "lru_hook")):
        held = sum(int(row[f"{way}_balloon"]) for row in pairs)
        assert held == state["designs"][key]["stats"]["balloon_actual"]
    _, content = saved(page, "free-lists-of-the-main-zone.csv")
    _, *listed = csv.reader(io.StringIO(content.decode()))
    lists = {row[0]: [int(n) for n in row[1:]] for row in listed}
    assert lists == {key: design["buddyinfo"] for key, design in state["designs"].items()}
    _, content = saved(page, "every-statistic-exactly.csv")
    every = {row[0]: row[1:] for row in csv.reader(io.StringIO(content.decode()))}
    for i, design in enumerate(state["designs"].values()):
        assert {name: int(every[name][i]) for name in design["stats"]} == design["stats"]
    _, content = saved(page, "log-of-commands.csv")
    assert content.decode().splitlines()[1].startswith("1,0,")


def test_maps_charts_and_tables_are_saved_by_key_from_the_page_and_from_a_playback(
    server: Server, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = with_axe(open_page(**CALM))
    link = made(page, server.url, SOURCE)
    page.goto(link)
    wait_idle(page)
    page.fill("#balloon-mib", "50")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("50 MiB")
    wait_idle(page)
    tab(page, "charts")
    expect(page.locator("#charts .plot[data-drawn]")).to_have_count(3)
    tab(page, "scoreboard")
    tick = page.get_attribute("body", "data-tick")

    fragment = dict(part.split("=") for part in link.partition("#")[2].split("&"))
    state = page.request.get(
        f"{server.url}api/sessions/{fragment['s']}/state?tick={tick}",
        headers={"authorization": f"Bearer {fragment['t']}"},
    ).json()
    page.keyboard.press("e")
    assert page.evaluate(BROKEN, ["#save", THEMES[:1]]) == []
    check_pictures(page, tick, state["digest"])
    check_tables(page, state)
    page.keyboard.press("Escape")
    expect(page.locator("#save")).to_be_hidden()
    # From a file without a server, too, and by the command box.
    file = tmp_path / "session.html"
    file.write_bytes(
        page.request.get(
            f"{server.url}api/sessions/{fragment['s']}/export?as=html",
            headers={"authorization": f"Bearer {fragment['t']}"}, timeout=0,
        ).body()
    )  # fmt: skip
    alone = open_page(390, 844, offline=True, **CALM)
    alone.goto(file.as_uri())
    wait_idle(alone)
    alone.keyboard.press("/")
    alone.fill("#command-line", "save")
    alone.keyboard.press("Enter")
    name, svg = saved(alone, "lru_hook.svg")
    assert name.endswith("lru_hook-content-tick-0.svg")
    assert f"digest of tick {tick}" in "".join(ET.fromstring(svg).itertext()).replace(",", "")
