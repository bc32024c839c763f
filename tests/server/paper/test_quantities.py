"""What a report says about each design is what the page says, under the same words."""

from __future__ import annotations

import re

from engine.view import STAT_FIELDS
from server.paper.quantities import COSTS, HOLDERS, SCOREBOARD, pages_as_mib
from server.paths import web_folder


def test_the_scoreboard_has_the_rows_of_the_page_in_its_words() -> None:
    source = (web_folder() / "src/numbers/columns.js").read_text()
    rows = re.findall(r'key: "(\w+)", group: "(\w+)",.*?head: "([^"]+)", unit: "([^"]+)"', source)
    assert [(one.key, one.group, one.words, one.unit) for one in SCOREBOARD] == rows


def test_every_statistic_exists_and_every_row_can_be_shown() -> None:
    assert {key for key, _ in COSTS + HOLDERS} <= set(STAT_FIELDS)
    nothing = dict.fromkeys(STAT_FIELDS, 0)
    shown = {one.key: one.show(nothing).text for one in SCOREBOARD}
    assert shown["huge"] == "not tried" and shown["largest_order"] == "0 (4 KiB)"
    some = nothing | {"huge_runs": 1, "huge_best": 1084, "huge_first": 83, "largest_order": -1}
    shown = {one.key: one.show(some).value for one in SCOREBOARD}
    assert shown["huge"] == "1084 / 83"
    asked = nothing | {"pin_asked": 512, "pin_got": 384, "kmem_asked": 9, "range_kind": 1}
    shown = {one.key: one.show(asked).text for one in SCOREBOARD}
    assert [shown[key] for key in ("pins", "kmem", "range")] == ["1.5 of 2", "0 of 9", "at work"]
    shown = {one.key: one.show(asked | {"range_result": 1}).text for one in SCOREBOARD}
    assert shown["range"] == "offline"


def test_pages_are_mib_exactly() -> None:
    assert pages_as_mib(51200).value == "200"
    assert pages_as_mib(51328).text == "200.50"
