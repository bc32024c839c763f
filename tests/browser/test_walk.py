"""Inflate, compact, take huge pages on a real guest: the page shows what the replay says."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from engine.view import STAT_FIELDS
from server.wire.frames import FRAME_DELTA, FRAME_KEY, Picture, decode_frame
from tests.browser.conftest import FRAGSCOPE, Server
from tests.browser.look import (
    FOUR,
    cell,
    exact,
    eye_speed,
    full_speed,
    headline,
    inflate,
    open_guest,
    panel,
    press,
    wait_idle,
    whole,
)

OPS = [["inflate", 200], ["compact"], ["huge", 2000]]


def replayed(tmp_path: Path, *designs: str) -> dict[str, list[dict[str, Any]]]:
    """What `fragscope replay` says of the same guest, looking when all is idle as the page does."""
    ops = tmp_path / "ops.json"
    ops.write_text(json.dumps(OPS))
    done = subprocess.run(
        [
            *(str(FRAGSCOPE), "replay", "runs", "--ops", str(ops)),
            *("--designs", ",".join(designs), "--look", "idle", "--json"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, dict[str, list[dict[str, Any]]]] = json.loads(done.stdout)
    return answer["designs"]


def compare(page: Page, steps: dict[str, list[dict[str, Any]]], step: int) -> None:
    """The page's numbers against one step of the replay, design by design."""
    for key in FOUR:
        want = steps[key][step]["stats"]
        assert headline(page, key) == want["free_blocks_all"], (key, step)
        assert exact(page, key, "free_blocks_all") == want["free_blocks_all"], (key, step)
        assert exact(page, key, "thp_potential") == want["thp_potential"], (key, step)
        assert exact(page, key, "excess_blocks") == want["excess_blocks"], (key, step)
        assert exact(page, key, "host_exits") == want["host_exits"], (key, step)
        isolating = page.locator('#price-table td[data-row="hook_checks"]').nth(FOUR.index(key))
        assert int(isolating.get_attribute("data-value") or -1) == want["hook_checks"], (key, step)
        isolated = steps[key][step]["vmstat"]["compact_isolated"]
        assert exact(page, key, "compact_isolated") == isolated, (key, step)
        actual, target = cell(page, key, "balloon").split(" of ")
        assert float(actual) * 256 == want["balloon_actual"], (key, step)
        assert float(target) * 256 == want["balloon_target"], (key, step)


def test_the_walk_on_a_real_guest_shows_what_the_replay_says(
    page: Page, server: Server, tmp_path: Path
) -> None:
    steps = replayed(tmp_path, *FOUR)
    open_guest(page, server.url)
    assert [p.get_attribute("data-design") for p in page.locator(".panel").all()] == list(FOUR)
    full_speed(page)
    expect(panel(page, "pinned").locator(".taken")).to_have_text("huge pages: not tried")

    inflate(page, 200)
    compare(page, steps, 0)
    press(page, "compact")
    compare(page, steps, 1)
    press(page, "huge")
    compare(page, steps, 2)
    for key in FOUR:
        best, first = (whole(part) for part in cell(page, key, "huge").split(" / "))
        assert best == steps[key][2]["huge_pages"]
        assert first == steps[key][2]["huge_first"]
        words = "huge page" if best == 1 else "huge pages"
        expect(panel(page, key).locator(".taken")).to_have_text(f"{best:,} {words} taken")
    expect(page.locator("#board-note")).to_contain_text("All balloons hold 200 MiB")
    expect(page.locator("#said")).to_contain_text("take up to 2,000 huge pages")


# What is said of the scanners whenever a picture has been painted: its number, and the words.
SCANNERS = """() => { window.painted = [];
  new MutationObserver(() => window.painted.push([Number(document.body.dataset.seq),
    document.querySelector('.reasons-of[data-design=lru_hook] .note:nth-of-type(3)').textContent,
    document.body.dataset.paused])).observe(document.body, {attributeFilter: ['data-seq']});
}"""


def test_words_and_marks_of_the_scanners_are_of_one_picture(
    open_page: Callable[..., Page], server: Server
) -> None:
    page = open_page(reduced_motion="reduce")  # each picture as it was sent, none in between
    sent: dict[int, Picture] = {}
    last: list[Picture | None] = [None]

    def received(data: str | bytes) -> None:
        if isinstance(data, bytes) and data[5] in (FRAME_KEY, FRAME_DELTA):
            last[0] = decode_frame(data, last[0])
            sent[last[0].seq] = last[0]

    page.on("websocket", lambda socket: socket.on("framereceived", received))
    open_guest(page, server.url)
    inflate(page, 100)
    page.locator("#speed").fill("50")
    page.evaluate(SCANNERS)
    page.click("#compact")
    page.wait_for_selector(
        '.panel[data-design="lru_hook"] .activity:text-matches("compacting, [2-9]")'
    )
    page.click("#pause")
    page.wait_for_selector("body[data-paused=true]")
    panels = page.locator(".reasons-of")
    for i, key in enumerate(FOUR):
        stats = dict(zip(STAT_FIELDS, page_stats(sent, page, i), strict=True))
        expect(panels.nth(i)).to_contain_text(re.compile(scanners(stats)))
        if stats["busy"]:
            expect(panels.nth(i)).not_to_contain_text("Scanners at rest")
            expect(panel(page, key).locator(".activity")).not_to_have_text("idle")
    seen = page.evaluate("window.painted")
    assert len(seen) > 3
    moved = 0
    for seq, words, _ in seen:
        stats = dict(zip(STAT_FIELDS, sent[seq].panels[1].stats.tolist(), strict=True))
        assert re.search(scanners(stats), words), (seq, words, stats["migrate_pfn"])
        moved += stats["migrate_pfn"] >= 0
    assert moved > 1, "the scanners were seen on their way"
    page.click("#pause")
    full_speed(page)
    wait_idle(page)


def page_stats(sent: dict[int, Picture], page: Page, design: int) -> list[int]:
    """Statistics of the picture that is shown."""
    seq = int(page.locator("body").get_attribute("data-seq") or 0)
    return list(sent[seq].panels[design].stats.tolist())


def scanners(stats: dict[str, int]) -> str:
    """A pattern for what must be said of the scanners."""
    pages = (stats["migrate_pfn"], stats["free_pfn"])
    if min(pages) < 0:
        return "Between two runs|has not run yet" if stats["busy"] else "at rest|has not run yet"
    # With a decimal or rounded, as there is room for.
    low, high = (f"({pfn // 256:,}|{int(pfn / 256 + 0.5):,})" for pfn in pages)
    return f"migrate scanner (stopped )?at {low}.*free scanner (stopped )?at {high}"


def test_the_progress_of_compaction_is_shown_while_it_runs(page: Page, server: Server) -> None:
    open_guest(page, server.url)
    page.evaluate(
        """() => { window.seen = new Set();
          const panels = document.querySelector('#panels');
          new MutationObserver(() => {
            for (const p of panels.querySelectorAll('.activity')) {
              window.seen.add(p.textContent.replace(/[0-9.]+/g, 'N'));
            }
          }).observe(panels, {subtree: true, childList: true, characterData: true}); }"""
    )
    eye_speed(page)
    inflate(page, 100)
    press(page, "compact")
    seen = set(page.evaluate("[...window.seen]"))
    assert "inflating, N of N MiB" in seen
    assert "compacting, N %" in seen
    for key in FOUR:
        expect(panel(page, key).locator(".activity")).to_have_text("idle")
        reasons = page.locator(f'.reasons-of[data-design="{key}"]')
        expect(reasons).to_contain_text("Scanners at rest")
