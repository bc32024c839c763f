"""Workload, pause, reset, other guests and designs, files from a person; and what is refused."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.look import (
    FOUR,
    cell,
    choose,
    exact,
    full_speed,
    headline,
    inflate,
    notice,
    open_guest,
    open_more,
    open_small,
    panel,
    press,
    start_over,
    tab,
    wait_idle,
    wait_tick,
)
from tests.engine.small_capture import archive, half_agreeing, masked

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


NONSENSE = (
    "{",
    "[]",
    '{"type": "nonsense"}',
    '{"type": "command", "command_id": "x", "command": {"type": "huge", "nr": -1}}',
    '{"type": "pace", "ticks_per_s": 1e99}',
)
# Each text over a socket of its own into the page's session; the first answer that is an error.
SEND_RAW = """async (texts) => {
  const answers = [];
  for (const text of texts) {
    const session = new URLSearchParams(location.hash.slice(1)).get('s');
    const token = localStorage.getItem(`fragscope.presenter.${session}`);
    const ws = new WebSocket(`ws://${location.host}/ws/${session}`);
    await new Promise((done) => { ws.onopen = done; });
    ws.send(JSON.stringify({type: 'hello', versions: [1], token}));
    ws.send(text);
    answers.push(await new Promise((done) => {
      ws.onclose = () => done('closed');
      ws.onmessage = ({data}) => {
        if (typeof data === 'string' && data.includes('"error"')) done(data);
      };
    }));
    ws.close();
  }
  return answers;
}"""

DROP = """([name, content]) => {
  const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], name));
  for (const type of ['dragenter', 'drop']) {
    const init = {dataTransfer: carried, bubbles: true, cancelable: true};
    document.body.dispatchEvent(new DragEvent(type, init));
  }
}"""


def tick(page: Page) -> int:
    """The tick of the picture that is shown."""
    return int(page.evaluate("document.body.dataset.tick"))


def test_the_workload_churns_until_it_is_switched_off(page: Page, server: Server) -> None:
    open_guest(page, server.url)
    open_more(page)
    page.fill("#workload-rate", "400")
    page.check("#workload")
    expect(page.locator("#said")).to_contain_text("workload on, 400 operations per tick")
    start = tick(page)
    wait_tick(page, start + 20)
    page.uncheck("#workload")
    expect(page.locator("#said")).to_contain_text("workload off")
    wait_idle(page)


def test_paused_means_paused_and_a_step_is_one_tick(page: Page, server: Server) -> None:
    open_guest(page, server.url)
    page.click("#pause")
    expect(page.locator("#pause-text")).to_have_text("Run")
    page.fill("#balloon-mib", "50")
    page.press("#balloon-mib", "Enter")
    expect(page.locator("#said")).to_contain_text("Last command")
    before = tick(page)
    expect(panel(page, "pinned").locator(".activity")).to_have_text("inflating, 0 of 50 MiB")
    page.click("#step")
    wait_tick(page, before + 1)
    assert tick(page) == before + 1
    page.click("#pause")
    wait_idle(page)
    assert cell(page, "pinned", "balloon") == "50 of 50"


def test_time_that_is_let_pass_shows_on_the_clock_and_in_the_log(
    page: Page, server: Server
) -> None:
    open_guest(page, server.url)
    full_speed(page)
    inflate(page, 100)
    scanned = exact(page, "pinned", "scanned")
    open_more(page)
    page.fill("#wait-s", "0")
    page.click("#wait")
    expect(notice(page)).to_contain_text("Time to let pass")
    page.fill("#wait-s", "40")
    press(page, "wait")
    expect(page.locator("#said")).to_contain_text("let 40 s pass")
    expect(page.locator("#tick")).to_contain_text(re.compile(r"· 4\d( to 4\d)? s"))
    assert exact(page, "pinned", "scanned") > scanned  # kcompactd has looked at the score


def test_start_over_brings_back_the_same_guest_and_the_same_result(
    page: Page, server: Server
) -> None:
    open_guest(page, server.url)
    full_speed(page)

    def walk() -> list[tuple[int, int, int]]:
        inflate(page, 100)
        press(page, "compact")
        return [
            (headline(page, k), exact(page, k, "host_exits"), exact(page, k, "scanned"))
            for k in FOUR
        ]

    first = walk()
    start_over(page)
    assert cell(page, "lru_hook", "balloon") == "0 of 0"
    expect(page.locator("#balloon-mib")).to_have_value("0")
    expect(page.locator("#said")).to_have_text("")
    assert walk() == first


def test_drop_caches_and_direct_compaction_are_answered(page: Page, server: Server) -> None:
    open_guest(page, server.url)
    free = headline(page, "pinned")
    open_more(page)
    press(page, "drop")
    expect(page.locator("#said")).to_contain_text("drop caches")
    assert headline(page, "pinned") >= free
    page.select_option("#direct-order", "10")
    press(page, "direct")
    expect(page.locator("#said")).to_contain_text("direct compaction for order 10")


def test_choosing_a_guest_and_designs_replaces_the_panels(page: Page, server: Server) -> None:
    open_guest(page, server.url)
    page.click("#open-setup")
    page.check('#setup input[value="capture tight"]')
    rows = page.locator("#setup .design-list li")
    rows.nth(0).get_by_role("button", name="Remove").click()
    rows.nth(1).get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Add a panel").click()
    rows.nth(2).get_by_label("Design").select_option("dedicated_block")
    page.get_by_role("button", name="Start over with this").click()
    expect(page.locator("#setup .problem")).to_contain_text("the same design with the same toggles")
    rows.nth(2).locator('select[data-toggle="prevent"]').select_option("on")
    page.get_by_role("button", name="Start over with this").click()
    expect(page.locator(".panel")).to_have_count(3)
    wait_idle(page)
    keys = [p.get_attribute("data-design") for p in page.locator(".panel").all()]
    assert keys == ["lru_hook", "dedicated_block", "dedicated_block:prevent"]
    expect(page.locator("#guest-label")).to_contain_text(re.compile("tight", re.I))
    tab(page, "because")
    chosen = page.locator('.reasons-of[data-design="dedicated_block:prevent"] .choices')
    expect(chosen.locator("b")).to_have_text("prevent on")
    expect(chosen).to_contain_text("inflate by whole pageblocks first, never gather")


def test_a_synthetic_guest_has_the_size_and_seed_that_were_chosen(
    page: Page, server: Server
) -> None:
    open_guest(page, server.url)
    choose(page, "preset tight", size_mib=512, seed=7)
    expect(page.locator("#guest-label")).to_have_text("Synthetic guest: tight, 512 MiB, seed 7")
    expect(page.locator("#balloon-mib")).to_have_attribute("max", re.compile(r"^[45]\d\d$"))


def test_a_capture_from_a_file_becomes_the_guest(page: Page, server: Server) -> None:
    open_guest(page, server.url)
    before = page.locator("#guest-label").inner_text()
    address = page.url
    page.click("#open-setup")
    page.set_input_files("#setup-file", EXAMPLES / "roomy" / "s1.tar.xz")
    expect(page.locator('#setup input[value="upload"]')).to_be_checked()
    # Only now designs and seed are chosen: until then the guest is the one before.
    expect(page.locator("#guest-label")).to_have_text(before)
    assert page.url == address
    page.get_by_role("button", name="Start over with this").click()
    expect(page.locator("#guest-label")).to_have_text("Your guest: s1")
    expect(page).to_have_title("s1: fragscope")
    wait_idle(page)
    press(page, "compact")
    assert headline(page, "pinned") > 0


def test_a_capture_can_be_dropped_on_the_page_and_tells_how_it_was_read(
    page: Page, server: Server, page_errors: list[str]
) -> None:
    open_guest(page, server.url)
    page.evaluate(DROP, ["bad.tar.xz", base64.b64encode(b"no capture").decode()])
    expect(
        notice(page).filter(has_text="bad.tar.xz").filter(has_not_text="Reading")
    ).to_be_visible()
    content = base64.b64encode((EXAMPLES / "tight" / "s1.tar.xz").read_bytes()).decode()
    page.evaluate(DROP, ["mine.tar.xz", content])
    expect(page.locator("#drop-hint")).to_be_hidden()
    expect(notice(page)).to_have_count(0)  # the good file took back what was said of the bad one
    page.fill("#setup-seed", "3")  # chosen before the machine becomes the guest
    page.get_by_role("button", name="Start over with this").click()
    expect(page.locator("#guest-label")).to_have_text("Your guest: mine")
    tab(page, "guest")
    expect(page.locator("#about-list")).to_contain_text("agree with buddyinfo to 9")
    page_errors.clear()  # Chromium logs the answer with status 400


def test_a_capture_whose_files_disagree_is_refused_or_warned_of(
    page: Page, server: Server, page_errors: list[str]
) -> None:
    open_guest(page, server.url)
    for name, contents in (("masked", masked()), ("half", half_agreeing())):
        content = base64.b64encode(archive(contents)).decode()
        page.evaluate(DROP, [f"{name}.tar.gz", content])
        if name == "masked":
            said = notice(page).filter(has_text="kpageflags shows 0 free pages")
            expect(said).to_contain_text("zero-filled, as is kpagecount")
    page.get_by_role("button", name="Start over with this").click()
    expect(page.locator("#guest-label")).to_have_text("Your guest: half")
    expect(notice(page)).to_contain_text("Beware: zone DMA of node 0: kpageflags shows 2772 free")
    tab(page, "guest")
    expect(page.locator("#about-list")).to_contain_text("what follows is by kpageflags")
    page_errors.clear()  # Chromium logs the answer with status 400


def test_a_file_that_is_no_capture_is_refused_in_one_sentence(
    page: Page, server: Server, tmp_path: Path, page_errors: list[str]
) -> None:
    open_guest(page, server.url)
    before = page.locator("#guest-label").inner_text()
    for name, content in (("holiday.tar", b"not a tar" * 200), ("empty.tar.xz", b"")):
        file = tmp_path / name
        file.write_bytes(content)
        page.click("#open-setup")
        page.set_input_files("#setup-file", file)
        said = notice(page).filter(has_text=name).filter(has_not_text="Reading")
        expect(said).to_have_count(1)
        assert len(said.inner_text()) < 400
        page.keyboard.press("Escape")
    page.click("#open-setup")
    page.set_input_files("#setup-file", EXAMPLES / "roomy" / "s1.tar.xz")
    expect(page.locator('#setup input[value="upload"]')).to_be_checked()
    expect(notice(page)).to_have_count(0)  # what was said of the bad files holds no longer
    page.keyboard.press("Escape")
    assert page.locator("#guest-label").inner_text() == before
    press(page, "compact")
    page_errors.clear()  # Chromium logs the two answers with status 400


def test_a_refused_command_says_why_and_the_session_goes_on(page: Page, server: Server) -> None:
    open_guest(page, server.url)
    for field, button, value, words in (
        ("balloon-mib", None, "99999", "Balloon target is 99999: a whole number of MiB from 0 to"),
        ("balloon-mib", None, "-5", "Balloon target is -5"),
        ("huge-nr", "huge", "0", "Huge pages is 0: a whole number of 2 MiB pages from 1 to"),
    ):
        page.fill(f"#{field}", value)
        if button:
            page.click(f"#{button}")
        else:
            page.press(f"#{field}", "Enter")
        expect(notice(page).last).to_contain_text(words)
    expect(notice(page)).to_have_count(2)  # one a field
    notice(page).last.get_by_role("button", name="Dismiss").click()
    expect(notice(page)).to_have_count(1)
    inflate(page, 20)
    expect(notice(page)).to_have_count(0)  # a good target takes the bad one's message away
    assert cell(page, "pinned", "balloon") == "20 of 20"


def test_each_error_goes_when_its_own_cause_is_put_right_and_no_other_does(
    page: Page, server: Server, tmp_path: Path, page_errors: list[str]
) -> None:
    open_small(page, server.url)
    bad = tmp_path / "holiday.tar"
    bad.write_bytes(b"not a tar" * 200)
    page.click("#open-setup")
    page.set_input_files("#setup-file", bad)
    of_file = notice(page).filter(has_text="holiday.tar").filter(has_not_text="Reading")
    expect(of_file).to_have_count(1)
    page.keyboard.press("Escape")
    page.fill("#balloon-mib", "99999")
    page.press("#balloon-mib", "Enter")
    of_target = notice(page).filter(has_text="Balloon target is 99999")
    expect(of_target).to_have_count(1)
    inflate(page, 20)
    expect(of_target).to_have_count(0)
    expect(of_file).to_have_count(1)
    page.click("#open-setup")
    page.set_input_files("#setup-file", EXAMPLES / "roomy" / "s1.tar.xz")
    expect(page.locator('#setup input[value="upload"]')).to_be_checked()
    expect(notice(page)).to_have_count(0)
    page_errors.clear()  # Chromium logs the answer with status 400


def test_one_persons_mistake_is_shown_to_nobody_else(
    page: Page, open_page: Callable[..., Page], server: Server
) -> None:
    open_guest(page, server.url)
    other = open_page()
    open_guest(other, server.url)
    assert page.url != other.url
    refused = page.evaluate(SEND_RAW, list(NONSENSE))
    assert len(refused) == len(NONSENSE)
    for text in refused:
        assert '"error"' in text, text
    inflate(other, 30)
    assert cell(other, "pinned", "balloon") == "30 of 30"
    expect(notice(other)).to_have_count(0)
    inflate(page, 30)
    assert headline(page, "lru_hook") == headline(other, "lru_hook")


def test_the_balloon_slider_sends_one_command_when_it_is_released(
    page: Page, server: Server
) -> None:
    open_guest(page, server.url)
    full_speed(page)
    box = page.locator("#balloon-range").bounding_box()
    assert box
    page.mouse.move(box["x"] + 8, box["y"] + box["height"] / 2)
    page.mouse.down()
    for part in (0.1, 0.15, 0.2):
        page.mouse.move(box["x"] + box["width"] * part, box["y"] + box["height"] / 2)
    page.mouse.up()
    expect(page.locator("#said")).to_contain_text("no. 1 at")
    wait_idle(page)
    target = int(page.input_value("#balloon-mib"))
    assert 100 < target < 300
    assert target % 10 == 0, "a drag stops at round values"
    assert cell(page, "pinned", "balloon") == f"{target} of {target}"
