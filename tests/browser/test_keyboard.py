"""The first walk without a mouse, and once more by what a screen reader is told."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.look import FOUR, eye_speed, headline, open_guest, panel, wait_idle
from tests.browser.test_layout import FOCUSED

MOST_TOLD = 6  # between a command and its outcome
MOUSE = ("pointerdown", "mousedown", "touchstart")
# Everything that live regions say from now on, in order; a screen reader would read it out.
LISTEN = """() => {
  window.told = [];
  const live = '[aria-live=polite], [aria-live=assertive], [role=status], [role=alert], output';
  new MutationObserver((changes) => {
    const regions = new Set();
    for (const {target} of changes) {
      const at = target.nodeType === 1 ? target : target.parentElement;
      const region = at?.closest(live);
      const silent = !region?.checkVisibility() || region.getAttribute('aria-live') === 'off';
      if (!silent) regions.add(region);
    }
    for (const region of regions) {
      if (region.textContent.trim()) window.told.push(`${region.id}: ${region.textContent}`);
    }
  }).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""
# Whether the person has seen a mouse at work, which this test has none of.
WATCH = (
    "(kinds) => kinds.forEach((k) => addEventListener(k, () => { window.moused = true; }, true))"
)


class Hands:
    """A person with a keyboard who never loses the focus out of sight."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.evaluate(WATCH, list(MOUSE))

    def press(self, *keys: str) -> None:
        """Keys, one after the other; after each the focus is somewhere, and seen."""
        for key in keys:
            self.page.keyboard.press(key)
            self.look()

    def type(self, text: str) -> None:
        """Text, into what has the focus."""
        self.page.keyboard.type(text)

    def look(self) -> str:
        """What has the focus; it must be a thing, visible, with a mark around it."""
        name, outlined, visible = self.page.evaluate(FOCUSED)
        assert name != "BODY", "the focus is lost"
        assert outlined, f"{name} has the focus, and nothing shows it"
        assert visible, name
        return str(name)

    def tab_to(self, name: str, most: int = 60, back: bool = False) -> None:
        """Tab until that has the focus."""
        for _ in range(most):
            self.press("Shift+Tab" if back else "Tab")
            if self.look().split()[0] == name:
                return
        raise AssertionError(f"{name} is not reached by {most} tabs")

    def done(self) -> None:
        """Until all guests are at rest; the focus has stayed."""
        wait_idle(self.page)
        self.look()


def test_the_first_walk_is_done_by_keyboard_alone(page: Page, server: Server) -> None:
    open_guest(page, server.url)
    hands = Hands(page)
    hands.press("Tab")
    # The tour, since it is offered: left by its own button, with the focus on what comes next.
    hands.tab_to("tour-leave")
    hands.press("Enter")
    expect(page.locator("#tour")).to_be_hidden()
    hands.press("b")
    assert hands.look() == "balloon-mib"
    hands.type("200")
    hands.press("Enter")
    hands.done()
    hands.tab_to("compact")
    hands.press("Enter")
    hands.done()
    hands.press("h")
    hands.done()
    expect(page.locator("#verdict-line")).to_contain_text(
        re.compile(r"Huge pages: moved by compaction \d+, moved by own pass \d+")
    )
    left = [headline(page, key) for key in FOUR]
    hands.press("[")
    expect(page.locator("#verdict-line")).to_contain_text("At tick")
    hands.press("t")
    expect(page.locator("#verdict-line")).not_to_contain_text("At tick")
    hands.done()
    assert [headline(page, key) for key in FOUR] == left

    hands.tab_to("stack", back=False)
    hands.press("ArrowUp", "ArrowRight", "Enter")
    expect(page.locator("#zoom-bar")).to_be_visible()
    expect(panel(page, "pinned").locator(".where")).to_contain_text("Pageblock")
    hands.press("Escape")
    expect(page.locator("#zoom-bar")).to_be_hidden()
    assert hands.look().startswith("stack")

    hands.tab_to("rail-because", most=60)
    hands.press("Enter")
    expect(page.locator("#tab-because")).to_be_visible()
    hands.press("ArrowDown", "Enter")
    expect(page.locator("#tab-scoreboard")).to_be_visible()
    hands.press("i")
    expect(page.locator("#inspector")).to_be_hidden()
    hands.press("i")
    hands.tab_to("inspector-close")
    hands.press("Enter")
    expect(page.locator("#inspector")).to_be_hidden()
    assert hands.look() == "rail-scoreboard"

    hands.press("Control+k")
    hands.type("theme dark")
    hands.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert hands.look() == "rail-scoreboard", "a dialog gives the focus back"
    hands.press("m")
    expect(page.locator("html")).to_have_attribute("data-theme", "projector")
    hands.press("r")
    expect(page.locator("#confirm")).to_be_visible()
    hands.press("Escape")
    expect(page.locator("#confirm")).to_be_hidden()
    hands.look()
    assert page.evaluate("window.moused") is None


def test_the_first_minute_is_led_by_keyboard(page: Page, server: Server) -> None:
    open_guest(page, server.url)
    hands = Hands(page)
    hands.tab_to("tour-next")
    for _ in range(3):
        hands.press("Enter")
        hands.done()
        expect(page.locator("#tour-next")).to_be_enabled()
        assert hands.look().split()[0] == "tour-next", "the same button leads on"
    hands.press("Enter", "Enter")
    expect(page.locator("#tour")).to_be_hidden()


# Before the next picture: the id of what has the focus in a closing dialog, and gets the next key.
CLOSE_AND_PRESS = """([dialog, key]) => {
  document.getElementById(dialog).close();
  const left = document.activeElement;
  left.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
  return left.id;
}"""


def test_a_key_right_after_a_dialog_is_no_text_for_it(page: Page, server: Server) -> None:
    """On a busy machine a closed dialog's field holds the focus until the next picture."""
    open_guest(page, server.url)
    page.keyboard.press("/")
    expect(page.locator("#command-line")).to_be_focused()
    assert page.evaluate(CLOSE_AND_PRESS, ["command", "s"]) == "command-line"
    expect(page.locator("#guide")).to_be_visible()


def test_space_right_after_a_dialog_presses_no_button_of_it(page: Page, server: Server) -> None:
    open_guest(page, server.url)
    expect(page.locator("#pause-text")).to_have_text("Pause")
    page.keyboard.press("s")
    expect(page.locator("#guide-tab-scenarios")).to_be_focused()
    assert page.evaluate(CLOSE_AND_PRESS, ["guide", " "]) == "guide-tab-scenarios"
    expect(page.locator("#pause-text")).not_to_have_text("Pause")


def test_a_screen_reader_hears_each_outcome_and_no_frame(page: Page, server: Server) -> None:
    """Read as it is read out: the tree of roles, names and texts, and what live regions say."""
    open_guest(page, server.url)
    page.get_by_role("button", name="Leave").press("Enter")
    tree = page.locator("body").aria_snapshot()
    for line in (
        '- heading "fragscope" [level=1]',
        "- main:",
        '- button "Compact"',
        '- spinbutton "Balloon"',
        '- slider "Moment looked at"',
        '- tab "Because"',
    ):
        assert line in tree, f"{line} is not in:\n{tree}"
    eye_speed(page)  # hundreds of frames, of which none is told
    page.evaluate(LISTEN)

    def told() -> str:
        """What was said since the last time, once all guests are at rest."""
        wait_idle(page)
        lines = page.evaluate("window.told.splice(0)")
        assert len(lines) <= MOST_TOLD, lines
        outcome = [line for line in lines if line.startswith("announce: ")]
        assert len(outcome) == 1, lines
        for key in FOUR:
            title = panel(page, key).locator(".title").inner_text()
            assert f"{title.lower()} {headline(page, key):,}" in outcome[0]
        return " ".join(lines)

    page.get_by_role("spinbutton", name="Balloon").fill("200")
    page.keyboard.press("Enter")
    assert "balloon target 200 MiB" in told()
    page.get_by_role("button", name="Compact").press("Enter")
    assert "compact" in told()
    page.get_by_role("button", name="Take huge pages").press("Enter")
    said = told()
    assert "take up to 2,000 huge pages" in said
    assert re.search(r"Huge pages: moved by compaction \d+, .* Gathered in blocks: ", said)
    tree = panel(page, "lru_hook").aria_snapshot()
    named = 'application "Memory map, Moved by compaction (lru_hook)'
    for words in ("2 MiB blocks left", "huge pages taken", named):
        assert words in tree, tree
    page.get_by_role("application").first.focus()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("status").filter(has_text="Pageblock ").first).to_be_attached()
