"""Twelve machines as people have published them: the value that their text holds, by hand.

The texts are in cases/: numbers of public reports, cut down to the files' lines about free memory.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.report.answer import answer_of
from engine.report.read import read_report

CASES = Path(__file__).parent / "cases"


def told(name: str, order: int | None = None, gfp: str | None = None) -> dict[str, Any]:
    return answer_of(read_report(CASES / f"{name}.txt"), order, gfp)


def pieces(zone: dict[str, Any], order: int = 9) -> int:
    """Blocks of an order that could be cut from what is free."""
    return sum(n << (o - order) for o, n in enumerate(zone["counts"]) if o >= order)


# Name, orders, pageblock order, free pages and 2 MiB pieces of each zone.
FREE = {
    "vm-4.18": (11, 9, [(3975, 7), (123_190, 229), (10_852, 2)]),
    "two-nodes-isolate": (11, 9, [(3840, 7), (495_317, 964), (1_197_880, 2324), (1_924_713, 3738)]),
    "two-nodes-page-owner": (11, 9, [(3840, 7), (410_111, 800), (309_044, 601)]),
    "x86-3.2": (11, 9, [(3960, 7), (823_795, 1602), (607_274, 607)]),
    "x86-3.10": (11, 9, [(3960, 7), (823_795, 1602), (607_274, 607)]),
    "armv7-order-13": (14, 13, [(111_078, 211)]),
    "two-nodes-128-gib": (11, 9, [(3963, 7), (15_728, 0), (16_348, 0), (16_348, 0)]),
    "i386-highmem": (11, 9, [(3072, 5), (135_245, 262), (93_031, 180)]),
    "head-only": (11, 9, [(3808, 7), (162_647, 151)]),
    "buddyinfo-only": (11, None, [(3972, 7), (51_623, 0), (152_140, 0)]),
    "arm64-cma": (11, 9, [(61_808, 117)]),
    "sparse-addresses": (11, 9, [(1_024_000, 2000), (1_024_000, 2000)]),
}


@pytest.mark.parametrize("name", FREE)
def test_every_zone_has_its_free_pages_and_every_line_is_read(name: str) -> None:
    orders, block, zones = FREE[name]
    answer = told(name)
    assert [(z["free_pages"], pieces(z)) for z in answer["zones"]] == zones
    assert {len(z["counts"]) for z in answer["zones"]} == {orders}
    assert {z["pageblock_order"] for z in answer["zones"]} == {block}
    unread = [one["line"] for one in answer["read"] if one["as"] is None]
    lines = (CASES / f"{name}.txt").read_text().splitlines()
    assert [lines[i - 1] for i in unread] == [line for line in lines if line.startswith("==>")]


def test_every_case_is_tested() -> None:
    assert {path.stem for path in CASES.iterdir()} == set(FREE)


def test_a_vm_whose_files_disagree() -> None:
    answer = told("vm-4.18")
    assert [z["unusable_index"][9] for z in answer["zones"]] == [98, 48, 905]
    assert any("DMA32: buddyinfo and pagetypeinfo" in text for text in answer["disagreements"])


def test_two_nodes_with_isolated_blocks() -> None:
    answer = told("two-nodes-isolate")
    assert sum(z["free_pages"] for z in answer["zones"]) == 3_621_750
    assert sum(pieces(z) for z in answer["zones"]) == 7033
    last = answer["zones"][-1]
    assert (last["node"], last["pageblocks"]["Isolate"]) == (1, 8)
    assert last["types"]["Isolate"]["counts"][10] == 3


def test_two_nodes_with_page_owners_trailer() -> None:
    zone = told("two-nodes-page-owner")["zones"][-1]
    blocks = zone["pageblocks"]
    assert (zone["node"], blocks["Unmovable"], blocks["Movable"]) == (1, 40, 984)


def test_old_kernels_with_a_reserve() -> None:
    for name, managed in (("x86-3.2", False), ("x86-3.10", True)):
        zone = told(name)["zones"][-1]
        assert (zone["managed"] is not None) == managed
        assert zone["pageblocks"]["Reserve"] == 2


def test_highmem_counts() -> None:
    zones = told("i386-highmem")["zones"]
    assert round(sum(z["free_pages"] for z in zones) * 4 / 1024) == 904
    assert pieces(zones[1]) + pieces(zones[2]) == 442


def test_index_files_that_the_kernel_printed_agree_with_ours() -> None:
    answer = told("head-only")
    checks = [one for one in answer["checks"] if "index" in one["what"]]
    assert len(checks) == 4
    assert all(one["agrees"] for one in checks)
    zone = answer["zones"][1]
    assert (zone["free_pages"] * 4 // 1024, pieces(zone)) == (635, 151)


def test_buddyinfo_alone() -> None:
    zones = told("buddyinfo-only")["zones"]
    assert zones[2]["unusable_index"][3] == 997
    assert zones[2]["fragmentation_index"][9] == 998
    assert zones[1]["unusable_index"][9] == 1000


def test_an_atomic_request_fails_beside_58_free_blocks_of_cma() -> None:
    answer = told("arm64-cma", 10, "GFP_ATOMIC")["answers"][0]
    assert (answer["asked"], answer["succeeds"], answer["cause"]) == (True, False, "migratetype")
    assert (answer["zones"][0]["large_blocks"], answer["zones"][0]["usable_blocks"]) == (58, 0)
    assert told("arm64-cma", 10, "GFP_HIGHUSER_MOVABLE")["answers"][0]["succeeds"]
