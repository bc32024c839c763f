"""The files of /proc: by their headers, of any kernel from 3.x to 6.x."""

from __future__ import annotations

from typing import Any

import pytest

from engine.report.answer import answer_of
from engine.report.read import read_report
from tests.engine.report import samples as s

FOURTEEN = {(0, "Normal"): (132, 251, 147, 36, 26, 9, 7, 1, 1, 3, 2, 5, 5, 9)}
TYPES = {
    (0, "DMA32"): {
        "Unmovable": (30, 12, 9, 2, 1, 1, 0, 0, 1, 0, 0),
        "Reclaimable": (3, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0),
        "Movable": (240_000, 512, 81, 40, 11, 4, 2, 1, 0, 2, 7),
        "Reserve": (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
        "CMA": (1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 3),
        "(null)": (0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    },
    (1, "Normal"): {
        "Unmovable": (20, 10, 5, 0, 0, 0, 0, 0, 0, 0, 0),
        "Reclaimable": (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
        "Movable": (100, 50, 20, 10, 5, 4, 3, 2, 1, 1, 300),
        "Reserve": (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2),
        "CMA": (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
        "(null)": (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    },
}
BLOCKS = {
    (0, "DMA32"): {"Unmovable": 31, "Reclaimable": 9, "Movable": 800, "Reserve": 2, "CMA": 8},
    (1, "Normal"): {"Unmovable": 40, "Reclaimable": 3, "Movable": 980, "Reserve": 2, "CMA": 0},
}
SUMS = {
    key: tuple(sum(column) for column in zip(*types.values(), strict=True))
    for key, types in TYPES.items()
}
ZONEINFO = """Node 0, zone    DMA32
  per-node stats
      nr_inactive_anon 5021
  pages free     300000
        boost    0
        min      2000
        low      2700
        high     3400
        spanned  520192
        present  520192
        managed  510000
        protection: (0, 0, 7000, 7000)
      nr_free_pages 300000
  pagesets
    cpu: 0
              count: 300
              high:  3048
              batch: 63
  vm stats threshold: 30
  start_pfn:           4096
"""


def told(text: str) -> dict[str, Any]:
    return answer_of(read_report(text.encode()))


@pytest.mark.parametrize("zones", [s.SMALL, s.TWO_NODES, FOURTEEN, {(0, "HighMem"): (33, 5, 9)}])
def test_buddyinfo_gives_a_zone_for_each_line(zones: s.Zones) -> None:
    answer = told(s.buddyinfo(zones))
    assert [((z["node"], z["zone"]), tuple(z["counts"])) for z in answer["zones"]] == [
        (key, tuple(counts)) for key, counts in zones.items()
    ]
    assert all(z["exact"] and z["pageblock_order"] is None for z in answer["zones"])
    assert answer["request"] is None
    assert answer["read"] == [
        {"file": "", "line": i + 1, "as": "buddyinfo"} for i in range(len(zones))
    ]


@pytest.mark.parametrize(
    "text",
    [
        "zone   Normal  20431   7120    811     30      2      0 0 0 0 0 0\n",
        "$ cat /proc/buddyinfo\n  Normal  20431   7120    811     30      2      0 0 0 0 0 0\n",
        "*   Node 0, zone   Normal  20431   7120    811     30      2      0 0 0 0 0 0\n",
        "  &gt; Node 0, zone   Normal\t20431   7120    811     30      2      0 0 0 0 0 0 \r\n",
    ],
)
def test_a_line_without_its_node_or_with_signs_before_it_is_read(text: str) -> None:
    zones = told(text)["zones"]
    assert [(z["node"], z["counts"]) for z in zones] == [(0, list(s.SMALL[0, "Normal"]))]


def test_indices_are_the_kernels() -> None:
    zone = told(s.buddyinfo(FOURTEEN))["zones"][0]
    assert zone["free_pages"] == 111078
    assert zone["unusable_index"][0] == 0
    assert zone["unusable_index"][13] == (111078 - (9 << 13)) * 1000 // 111078
    assert set(zone["fragmentation_index"]) == {-1000}
    empty = told("Node 0, zone Normal 0 0 0 0 0 0 0 0 0 0 0\n")["zones"][0]
    assert (set(empty["unusable_index"]), set(empty["fragmentation_index"])) == ({1000}, {0})


def test_pagetypeinfo_alone_gives_sums_and_floors() -> None:
    answer = told(s.pagetypeinfo(TYPES, BLOCKS, mixed=True))
    first, second = answer["zones"]
    assert (first["exact"], first["floors"], first["source"]) == (False, [0], "pagetypeinfo")
    assert first["counts"][0] == 100_000 + 30 + 3 + 1
    assert (second["exact"], tuple(second["counts"])) == (True, SUMS[1, "Normal"])
    assert first["pageblock_order"] == 9
    assert first["pageblocks"] == BLOCKS[0, "DMA32"]
    assert second["pageblocks"] == BLOCKS[1, "Normal"]
    assert list(first["types"]) == list(TYPES[0, "DMA32"])
    assert first["types"]["Movable"] == {
        "counts": [100_000, *TYPES[0, "DMA32"]["Movable"][1:]], "floors": [0],
    }  # fmt: skip
    assert answer["disagreements"] == []


def test_where_files_disagree_buddyinfo_stands_and_it_is_reported() -> None:
    half = {key: tuple(n // 2 for n in counts) for key, counts in SUMS.items()}
    answer = told(s.pagetypeinfo(TYPES, BLOCKS) + s.buddyinfo(half))
    assert [tuple(z["counts"]) for z in answer["zones"]] == list(half.values())
    assert len(answer["disagreements"]) == 2
    assert all("buddyinfo and pagetypeinfo" in text for text in answer["disagreements"])
    agreeing = told(s.pagetypeinfo(TYPES, BLOCKS) + s.buddyinfo(SUMS))
    assert agreeing["disagreements"] == []
    assert all(z["exact"] for z in agreeing["zones"])


@pytest.mark.parametrize("order", [5, 10, 13])
def test_pageblocks_may_be_of_any_order(order: int) -> None:
    types = {(0, "Normal"): {"Unmovable": FOURTEEN[0, "Normal"], "CMA": (0,) * 14}}
    text = s.pagetypeinfo(types, {(0, "Normal"): {"Unmovable": 4, "CMA": 0}}, order)
    zone = told(text)["zones"][0]
    assert (zone["pageblock_order"], len(zone["counts"])) == (order, 14)


def test_zoneinfo_gives_marks_and_reserve() -> None:
    answer = told(ZONEINFO + s.buddyinfo({(0, "DMA32"): (0, 0, 0, 0, 0, 0, 0, 0, 0, 585, 0)}))
    assert answer["zones"][0]["watermarks"] == {"min": 2000, "low": 2700, "high": 3400}
    assert answer["disagreements"] == []
    assert {one["as"] for one in answer["read"]} == {"zoneinfo", "buddyinfo"}


def test_an_old_zoneinfo_without_managed_is_read() -> None:
    old = ZONEINFO.replace("        managed  510000\n", "").replace("        boost    0\n", "")
    old = old.replace("  start_pfn", "  all_unreclaimable: 0\n  start_pfn")
    answer = told(old + s.buddyinfo({(0, "DMA32"): (0, 0, 0, 0, 0, 0, 0, 0, 0, 585, 0)}))
    assert answer["zones"][0]["managed"] is None
    assert {one["as"] for one in answer["read"]} == {"zoneinfo", "buddyinfo"}


def test_a_file_of_zoneinfo_alone_counts_no_zone() -> None:
    answer = told(ZONEINFO)
    assert answer["zones"] == []
    assert answer["read"]


def test_vmstat_and_meminfo_behind_zoneinfo_say_how_large_a_page_is() -> None:
    rest = "nr_free_pages 299520\nnr_zone_inactive_anon 3\nMemTotal: 38000000 kB\n"
    text = ZONEINFO + rest + "MemFree:        19169280 kB\n"
    answer = told(text + s.buddyinfo({(0, "DMA32"): (0, 0, 0, 0, 0, 0, 0, 0, 0, 585, 0)}))
    assert answer["page_kib"] == 64
    kinds = [one["as"] for one in answer["read"]]
    assert (kinds.count("vmstat"), kinds.count("meminfo"), kinds.count(None)) == (2, 2, 0)


def test_index_files_are_held_beside_what_is_computed() -> None:
    row = "Node 0, zone   Normal"
    extfrag = f"{row}{' -1.000' * 5} 0.963 0.982 0.991 0.996 0.998 0.999 \n"
    normal = {(0, "Normal"): s.SMALL[0, "Normal"]}
    answer = told(s.buddyinfo(normal) + extfrag)
    assert [one["as"] for one in answer["read"]] == ["buddyinfo", "extfrag_index"]
    assert answer["disagreements"] == []
    answer = told(s.buddyinfo(normal) + f"{row}{' 0.100' * 11} \n")
    assert answer["read"][1]["as"] == "unusable_index"
    assert "unusable_index of order" in answer["disagreements"][0]


def test_a_second_copy_is_a_second_moment() -> None:
    later = {key: tuple(n + 1 for n in counts) for key, counts in s.SMALL.items()}
    answer = told(f"before:\n{s.buddyinfo(s.SMALL)}after:\n{s.buddyinfo(later)}")
    assert [z["moment"] for z in answer["zones"]] == [0, 0, 0, 1, 1, 1]
    assert [tuple(z["counts"]) for z in answer["zones"][3:]] == list(later.values())
    assert [one["as"] for one in answer["read"]].count(None) == 2


def test_lines_that_say_nothing_are_named_as_unread() -> None:
    answer = told(f"hello, my huge pages are gone\n\n{s.buddyinfo(s.SMALL)}any idea? 1 2 3\n")
    assert [(one["line"], one["as"]) for one in answer["read"] if one["as"] is None] == [
        (1, None), (6, None),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "hello\n", "\0\1\2" * 99, "zone zone zone\n", "Node 0, zone"])
def test_a_text_without_anything_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"holds nothing that is known: buddyinfo"):
        told(text)


def test_a_number_beyond_all_bounds_is_no_count() -> None:
    with pytest.raises(ValueError, match="nothing"):
        told(f"Node 0, zone Normal {'9' * 15} 0 0 0 0 0 0 0 0 0 0\n")


@pytest.mark.parametrize(("pages", "order"), [(1024, 10), (8192, 13), (32, 5), (256, 8)])
def test_pages_per_block_alone_say_the_order(pages: int, order: int) -> None:
    text = f"Pages per block:  {pages}\n\nNode 0, zone   Normal 1 2 3 4 5 6 7 8 9 1 1\n"
    moment = read_report(text.encode()).moments[0]
    assert moment.pageblock_order == order
