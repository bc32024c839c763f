"""Three and more inputs of our own for each kind of published case, beside test_cases.py.

The texts in own/ are invented: other nodes, orders, kernels, quoting, floors, holes. What each must
come to stands in own/index.json and was taken from the numbers that the text was written from, or
worked out by hand: zones as node, name, free pages, 2 MiB pieces; ``cause`` as mask, order and what
stands in the way (null: nothing); ``unusable`` as exact fractions.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from engine.report.answer import answer_of
from engine.report.read import read_report

OWN = Path(__file__).parent / "own"
INDEX: dict[str, dict[str, Any]] = json.loads((OWN / "index.json").read_text())
# Kind of case: the published one in ../cases (../../capture for those with page files).
KINDS = {
    "text-only": "vm-4.18", "nodes": "two-nodes-isolate", "page-owner": "two-nodes-page-owner",
    "no-managed": "x86-3.2", "reserve": "x86-3.10", "other-orders": "armv7-order-13",
    "large": "two-nodes-128-gib", "highmem": "i386-highmem", "buddyinfo-only": "buddyinfo-only",
    "cma": "arm64-cma", "sparse": "sparse-addresses", "log": "",
}  # fmt: skip


def told(name: str, gfp: str | None = None, order: int | None = None) -> dict[str, Any]:
    return answer_of(read_report(OWN / f"{name}.txt"), order, gfp)


def pieces(counts: list[int]) -> int:
    return sum(n << (order - 9) for order, n in enumerate(counts) if order >= 9)


def test_each_kind_has_three_inputs_and_each_input_is_tested() -> None:
    assert {path.stem for path in OWN.glob("*.txt")} == set(INDEX)
    kinds = Counter(one["kind"] for one in INDEX.values())
    assert set(kinds) == set(KINDS)
    assert min(kinds.values()) >= 3
    for published in filter(None, KINDS.values()):
        assert (OWN.parent / "cases" / f"{published}.txt").is_file()


@pytest.mark.parametrize("name", INDEX)
def test_every_zone_has_its_counts(name: str) -> None:
    want, answer = INDEX[name], told(name)
    found = [[z["node"], z["zone"], z["free_pages"], pieces(z["counts"])] for z in answer["zones"]]
    assert found == want["zones"]
    assert {len(z["counts"]) for z in answer["zones"]} == {want["orders"]}
    assert {z["pageblock_order"] for z in answer["zones"]} == {want["pageblock_order"]}
    for zone, ratios in want.get("unusable", {}).items():
        (at,) = [z for z in answer["zones"] if z["zone"] == zone][:1]
        for order, (top, bottom) in ratios:
            assert at["unusable_index"][order] == 1000 * top // bottom, (zone, order)
    if "disagreements" in want:
        assert len(answer["disagreements"]) == want["disagreements"], answer["disagreements"]
    if "page_kib" in want:
        assert answer["page_kib"] == want["page_kib"]


@pytest.mark.parametrize("name", [n for n, one in INDEX.items() if one.get("cause")])
def test_requests_meet_what_stands_in_their_way(name: str) -> None:
    for gfp, order, cause in INDEX[name]["cause"]:
        verdict = told(name, gfp, order)["answers"][0]
        assert (verdict["asked"], verdict["cause"]) == (True, cause), verdict["text"]
        assert verdict["succeeds"] == (cause is None)


@pytest.mark.parametrize("name", [n for n, one in INDEX.items() if one.get("request")])
def test_requests_that_failed_are_read_with_their_cause(name: str) -> None:
    request = told(name)["request"]
    assert [request["who"], request["order"], request["cause"]] == INDEX[name]["request"]


def test_what_else_the_files_say() -> None:
    for name, want in INDEX.items():
        zones = told(name)["zones"]
        for zone, blocks in want.get("blocks", {}).items():
            assert next(z for z in zones if z["zone"] == zone)["pageblocks"] == blocks
        if "last_blocks" in want:
            assert zones[-1]["pageblocks"] == want["last_blocks"]
        if "isolate" in want:
            node, number = want["isolate"]
            assert [z["pageblocks"]["Isolate"] for z in zones if z["node"] == node] == [number]
        if "managed" in want:
            assert zones[0]["managed"] == want["managed"]
            assert zones[0]["pageblocks"]["Reserve"] == want["reserve"]
        if "present" in want:
            assert [z["present_pages"] for z in zones] == want["present"]
