"""The recorded commands: our numbers and the real kernel's side by side, and who has left them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.look import (
    choose,
    full_speed,
    inflate,
    open_guest,
    open_more,
    panel,
    press,
    tab,
    wait_idle,
)
from tests.browser.test_layout import LOW_CONTRAST, STICKING_OUT
from tests.browser.test_walk import replayed

ROOT = Path(__file__).resolve().parent.parent.parent
RECORDED = {"pinned": "pinned", "lru_hook": "hook", "dedicated_block": "literal"}
# Statistic on the page -> where it stands in a step of the replay.
COUNTERS = ("compact_isolated", "compact_migrate_scanned", "pgmigrate_success")


def truth(design: str, step: int) -> list[dict[str, Any]]:
    """What the kernel did in each repetition."""
    data = json.loads((ROOT / "examples" / "runs" / "result.json").read_text())
    steps = [repetition[step - 1] for repetition in data["designs"][RECORDED[design]]]
    for one in steps:
        for name, value in one.get("vmstat", {}).items():
            one["vmstat"][name] = value - data["s1"]["vmstat"][name]
    return steps


def free_blocks(buddyinfo: str) -> int:
    """2 MiB pieces over all zones."""
    counts = [line.split()[4:] for line in buddyinfo.splitlines()]
    return sum(int(zone[9]) + 2 * int(zone[10]) for zone in counts)


def cell(page: Page, stat: str, key: str) -> Any:
    """One cell of the comparison."""
    return page.locator(f'#reality-table tr[data-stat="{stat}"] td[data-design="{key}"]')


def numbers(page: Page, stat: str, key: str) -> tuple[float, float, float]:
    """Lowest and highest of the kernel, and ours."""
    one = cell(page, stat, key)
    low, high, ours = (float(one.get_attribute(f"data-{n}")) for n in ("low", "high", "ours"))
    return low, high, ours


def at_step(page: Page, step: int) -> None:
    """Until the page stands at a step, with the guests at rest and the comparison written."""
    wait_idle(page)
    expect(page.locator("#story")).to_have_attribute("data-step", str(step))
    expect(page.locator("#reality-title")).to_contain_text(f"after step {step}")
    expect(page.locator("#reality-table .verdict[data-kind=busy]")).to_have_count(0)


def next_step(page: Page, step: int) -> None:
    page.click("#story-next")
    at_step(page, step)


def reveal(page: Page, url: str) -> None:
    """Open the page, and ask what the real kernel did."""
    open_guest(page, url)
    tab(page, "real")
    page.check("#story-real")
    at_step(page, int(page.locator("#story").get_attribute("data-step") or 0))


def twin(page: Page, key: str) -> Any:
    """The real kernel's memory under a design."""
    return page.locator(f'.twin[data-design="{key}"]')


def test_stepping_moves_both_and_shows_both_numbers(
    page: Page, server: Server, tmp_path: Path
) -> None:
    steps = replayed(tmp_path, *RECORDED)
    reveal(page, server.url)
    full_speed(page)
    expect(page.locator("#story-title")).to_have_text("Recorded on a real Linux 6.12 guest")
    for step in (1, 2):
        next_step(page, step)
        for key in RECORDED:
            recorded = truth(key, step)
            pieces = [free_blocks(one["buddyinfo"]) for one in recorded]
            ours = steps[key][step - 1]
            assert numbers(page, "free_blocks_all", key) == (
                min(pieces), max(pieces), ours["stats"]["free_blocks_all"],
            ), (key, step)  # fmt: skip
            for stat in COUNTERS:
                kernel = [one["vmstat"][stat] for one in recorded]
                assert numbers(page, stat, key) == (
                    min(kernel), max(kernel), ours["vmstat"][stat],
                ), (key, step, stat)  # fmt: skip
            shown = "–".join(str(n) for n in sorted({min(pieces), max(pieces)}))
            expect(twin(page, key).locator(".real-number")).to_have_text(shown)
            expect(twin(page, key).locator(".caption")).to_contain_text(f"Linux 6.12, step {step}")
            expect(twin(page, key).locator(".twin-stack")).to_have_attribute(
                "data-drawn", f"runs {key} {step}"
            )
    next_step(page, 3)
    for key in RECORDED:
        huge = [one["got"][0] for one in truth(key, 3)]
        assert numbers(page, "huge_best", key) == (
            min(huge), max(huge), steps[key][2]["huge_pages"],
        )  # fmt: skip
        expect(twin(page, key).locator(".later")).to_contain_text("of step 2.")
    expect(page.locator("#story-next")).to_be_disabled()
    expect(twin(page, "separate_pass").locator(".never")).to_contain_text("Never recorded")


def test_the_real_kernel_is_a_partner_of_the_difference_only_after_the_run(
    page: Page, server: Server
) -> None:
    open_guest(page, server.url)
    full_speed(page)
    tab(page, "difference")
    recorded = page.locator("#difference-there optgroup[label^=Recorded] option")
    for words in recorded.all_inner_texts():
        assert words.endswith("as captured"), words
    tab(page, "real")
    expect(page.locator(".twin-stack").first).to_be_hidden()
    for step in (1, 2):
        page.click("#story-next")
        expect(page.locator("#story")).to_have_attribute("data-step", str(step))
        wait_idle(page)
    page.locator('.panel[data-design="lru_hook"] .stack').first.focus()
    page.click("#story-difference")
    expect(page.locator("#difference[data-ready=true]")).to_be_visible()
    chosen = page.locator("#difference-there option:checked")
    expect(chosen).to_have_text("Moved by compaction, Linux 6.12, after compact")
    expect(page.locator("#difference-here option:checked")).to_have_text("Moved by compaction, now")
    counts = [int(n.replace(",", "")) for n in page.locator(".difference-count").all_inner_texts()]
    assert sum(counts) == int(page.locator("#panels").get_attribute("data-pageblocks") or 0)
    expect(page.locator(".panel [data-map]")).to_have_count(4)
    assert page.locator(".wipe").count() == 0, "nothing lies over a map that nobody asked for"

    # The same as a wipe over our map: by keys, by hand, in words; gone with the next command.
    tab(page, "real")
    page.click("#story-wipe")
    divider = page.get_by_role("slider", name="Divider between two memories")
    expect(divider).to_be_focused()
    expect(page.locator(".wipe[data-ready=true]")).to_be_visible()
    words = "left 50 %: ours; right 50 %: Linux 6.12, after compact"
    expect(divider).to_have_attribute("aria-valuetext", words)
    expect(page.locator("#story-wipe")).to_have_attribute("aria-pressed", "true")
    for key, at in (("ArrowLeft", "48"), ("PageUp", "58"), ("Home", "0"), ("ArrowUp", "2")):
        divider.press(key)
        expect(divider).to_have_attribute("aria-valuenow", at)
    stack = page.locator('.panel[data-design="lru_hook"] .stack')
    box = stack.bounding_box()
    held = divider.bounding_box()
    assert box and held
    page.mouse.move(held["x"] + held["width"] / 2, held["y"] + held["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + 40, steps=3)
    page.mouse.up()
    expect(divider).to_have_attribute("aria-valuenow", "70")
    clip = page.locator(".wipe-side").evaluate("(side) => side.style.clipPath")
    assert clip.endswith(" 70%)"), clip
    block = page.locator('.panel[data-design="lru_hook"] .wipe-block')
    stack.hover(position={"x": 5, "y": 5})
    expect(block).to_contain_text(re.compile("^(Left|Both sides) "))
    divider.press("Escape")
    expect(page.locator(".wipe")).to_have_count(0)
    expect(stack).to_be_focused()
    page.click("#story-wipe")
    expect(page.locator(".wipe")).to_have_count(1)
    page.click("#story-next")
    expect(page.locator(".wipe")).to_have_count(0)


def test_the_controls_follow_the_recording_or_leave_it(page: Page, server: Server) -> None:
    reveal(page, server.url)
    full_speed(page)
    inflate(page, 200)
    at_step(page, 1)
    open_more(page)
    press(page, "drop")
    expect(page.locator("#story-said")).to_contain_text("You have left the recorded commands")
    expect(page.locator("#story-said")).to_contain_text(
        "where step 2 of the recording is “compact”"
    )
    expect(page.locator(".twin-stack").first).to_be_hidden()
    expect(page.locator("#story-next")).to_be_disabled()
    page.click("#story-again")
    page.click("#confirm-anew")
    at_step(page, 0)
    expect(page.locator(".twin-stack").first).to_be_visible()


def test_a_second_viewer_sees_the_same_step(
    open_page: Callable[..., Page], page: Page, server: Server
) -> None:
    reveal(page, server.url)
    full_speed(page)
    next_step(page, 1)
    other = open_page()
    reveal(other, page.url)
    at_step(other, 1)
    assert other.input_value("#balloon-mib") == page.input_value("#balloon-mib") != "0"
    next_step(page, 2)
    at_step(other, 2)
    expect(other.locator("#said")).to_contain_text(re.compile(r"no\. 2 at .*compact"))
    assert numbers(other, "compact_isolated", "lru_hook") == numbers(
        page, "compact_isolated", "lru_hook"
    )


def test_the_keyboard_steps_and_plays(page: Page, server: Server) -> None:
    reveal(page, server.url)
    full_speed(page)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("n")
    at_step(page, 1)
    page.keyboard.press("p")
    expect(page.locator("#story-play")).to_have_text("Stop")
    expect(page.locator("#story")).to_have_attribute("data-step", "3", timeout=120_000)
    at_step(page, 3)
    expect(page.locator("#story-play")).to_have_text("Play")


def test_pointing_at_a_pageblock_describes_both_memories(page: Page, server: Server) -> None:
    reveal(page, server.url)
    full_speed(page)
    next_step(page, 1)
    box = twin(page, "lru_hook").locator(".twin-stack").bounding_box()
    assert box
    page.mouse.move(box["x"] + 30, box["y"] + 60)
    for key in RECORDED:
        detail = twin(page, key).locator(".real-detail")
        expect(detail).to_contain_text("Linux 6.12:")
        expect(detail).to_contain_text("balloon")
    expect(panel(page, "lru_hook").locator(".where")).to_contain_text("Pageblock")


def test_the_real_kernel_can_be_hidden_and_a_recorded_design_swapped_in(
    page: Page, server: Server
) -> None:
    open_guest(page, server.url)
    tab(page, "real")
    expect(page.locator(".twin-stack").first).to_be_hidden()  # no answer before the question
    expect(page.locator("#reality")).to_be_hidden()
    page.check("#story-real")
    full_speed(page)
    next_step(page, 1)
    page.get_by_role("button", name="Show dedicated_block:prevent").click()
    page.click("#confirm-keep")  # nothing is erased unasked
    at_step(page, 1)
    page.get_by_role("button", name="Show dedicated_block:prevent").click()
    page.click("#confirm-anew")
    expect(twin(page, "dedicated_block:prevent").locator(".twin-stack")).to_be_visible()
    at_step(page, 0)
    assert page.locator(".never").count() == 0


def test_under_the_rules_of_2012_nothing_is_compared(page: Page, server: Server) -> None:
    reveal(page, server.url)
    page.click("#open-setup")
    page.check('#setup input[name=profile][value="2012"]')
    page.get_by_role("button", name="Start over with this").click()
    expect(page.locator("#guest-label")).to_contain_text("rules of Linux 3.8")
    wait_idle(page)
    expect(page.locator("#story-said")).to_contain_text("this guest follows the rules of Linux 3.8")
    expect(page.locator(".twin-stack").first).to_be_hidden()


def test_a_synthetic_guest_shows_no_recording(page: Page, server: Server) -> None:
    reveal(page, server.url)
    choose(page, "preset tight", size_mib=256)
    expect(page.locator("#story")).to_be_hidden()
    expect(page.locator("#reality")).to_be_hidden()
    choose(page, "capture tight")
    expect(page.locator("#story")).to_be_visible()


@pytest.mark.parametrize(("width", "height"), ((1920, 1080), (1280, 800), (820, 1180), (360, 640)))
def test_both_memories_fit_the_window(
    open_page: Callable[..., Page], server: Server, width: int, height: int
) -> None:
    page = open_page(width, height)
    reveal(page, server.url)
    full_speed(page)
    next_step(page, 1)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(STICKING_OUT) == []
    assert page.evaluate(LOW_CONTRAST) == []
    twins = [one.bounding_box() for one in page.locator(".twin-stack").all()]
    assert len({(round(box["width"]), round(box["height"])) for box in twins}) == 1  # type: ignore[index]


def test_how_sure_shows_the_range_over_seeds_on_the_board_and_in_the_comparison(
    page: Page, server: Server
) -> None:
    reveal(page, server.url)
    full_speed(page)
    next_step(page, 1)
    tab(page, "scoreboard")
    page.click("#sure")
    expect(page.locator("#sure-text")).to_contain_text("over 5 draws", timeout=120_000)
    ranged = page.locator('#board td.ranged[data-column="excess_blocks"]')
    expect(ranged).to_have_count(4)
    for one in ranged.all():
        assert re.fullmatch(r"always \S+|\S+ to \S+", one.get_attribute("data-range") or "")
    expect(cell(page, "nr_free_pages", "pinned").locator(".over")).to_contain_text("over 5 seeds")
    tab(page, "real")
    next_step(page, 2)
    expect(page.locator("#board td.ranged")).to_have_count(0)


def test_the_published_score_is_shown_as_the_file_has_it(page: Page, server: Server) -> None:
    score = json.loads((ROOT / "examples" / "fidelity.json").read_text())["summary"]["all"]
    open_guest(page, server.url)
    tab(page, "real")
    page.click("#figures-title")
    expect(page.locator("#fidelity")).to_contain_text(
        f"{score['inside']} of {score['total']} predicted numbers"
    )
    assert page.locator("#fidelity-table tbody tr").count() >= 12
    assert page.evaluate(LOW_CONTRAST) == []
