"""A machine's text on paper: the same figures as --json, marked as read, drawn or inferred."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.capture.load import load_capture
from engine.report.answer import answer_of
from engine.report.compare import compare_reports
from engine.report.read import read_report
from engine.units import STATE_BALLOON
from server.guests.library import EXAMPLES
from server.paper import report_page as paper
from server.paper.report_page import ReadFrom, report_page
from tests.server.paper.test_session_page import table_of
from tests.server.playback.test_page_file import inside

CASES = Path(__file__).parents[2] / "engine/report/cases"


@pytest.mark.parametrize("name", ["two-nodes-128-gib.txt", "armv7-order-13.txt", "x86-3.2.txt"])
def test_tables_are_what_json_has(name: str) -> None:
    answer = answer_of(read_report(CASES / name), order=9)
    text = report_page(answer, ReadFrom(name, f"fragscope report {name} -o report.html", "5ha"))
    lists, unusable = table_of(text, "free-lists")[1:], table_of(text, "unusable")[1:]
    fragmentation = table_of(text, "fragmentation")[1:]
    size = max(len(zone["counts"]) for zone in answer["zones"])
    assert len(lists) == len(answer["zones"])
    for i, zone in enumerate(answer["zones"]):
        assert zone["zone"] in lists[i] and str(zone["free_pages"]) in lists[i]
        shown = lists[i][-size:][: len(zone["counts"])]
        assert [int(n.removeprefix("&gt;=")) for n in shown] == zone["counts"]
        for rows, key in ((unusable, "unusable_index"), (fragmentation, "fragmentation_index")):
            values = [value / 1000 for value in zone[key]]
            assert [float(n) for n in rows[i][-size:] if n] == values
    heat = json.loads(inside(text, "paper-data"))["heats"]["heat-free"]
    assert heat["counts"][-1] == answer["zones"][-1]["counts"]
    assert "5ha" in text and "read from a machine" in text
    assert answer["answers"][0]["text"].partition(":")[0] in text


def test_a_captures_pageblocks_are_shown_and_marked_as_inferred() -> None:
    path = EXAMPLES["tight"].path
    capture = load_capture(path, "tight")
    answer = answer_of(read_report(path))
    text = report_page(answer, ReadFrom("tight", "x"), capture)
    planes = json.loads(inside(text, "paper-data"))["maps"][0]["designs"]["this machine"]
    assert sum(planes["balloon"]) == int((capture.inferred.pages.state == STATE_BALLOON).sum())
    assert len(planes["free"]) == capture.nr_pages // 512
    holders = {row[0]: int(row[1]) for row in table_of(text, "holders")[1:]}
    assert 0 < sum(holders.values()) <= len(planes["free"])
    assert "Migratetypes are inferred" in text


def test_what_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = answer_of(read_report(CASES / "x86-3.2.txt"))
    text = report_page(answer, ReadFrom("x", "y"), None, "kpagecount missing.")
    assert "Not shown: kpagecount missing." in text and '"maps"' not in text
    monkeypatch.setattr(paper, "MOST_CELLS", 10)
    capture = load_capture(EXAMPLES["tight"].path, "tight")
    assert "a page shows 10 at most" in report_page(answer, ReadFrom("x", "y"), capture)


def test_before_and_after_are_held_against_each_other() -> None:
    report = read_report(CASES / "two-nodes-128-gib.txt")
    answer = answer_of(report) | {"changes": compare_reports(report, report)}
    rows = table_of(report_page(answer, ReadFrom("x", "y")), "changes")[1:]
    assert {value for row in rows for value in row[2:] if value} == {"0"}
