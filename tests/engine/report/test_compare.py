"""Before and after: what changed per zone and order, and what could have done it."""

from __future__ import annotations

from typing import Any

import pytest

from engine.report.compare import compare_reports
from engine.report.read import read_report

BEFORE = "Node 0, zone Normal 4096 2048 1024 512 256 128 64 32 16 0 0\n"


def changes(before: str, after: str) -> dict[str, Any]:
    return compare_reports(read_report(before.encode()), read_report(after.encode()))


def row(*counts: int) -> str:
    return f"Node 0, zone Normal {' '.join(map(str, (*counts, *(0,) * (11 - len(counts)))))}\n"


def test_counts_pages_and_indices_of_both_are_given() -> None:
    found = changes(row(10, 5), row(8, 5, 1))["zones"][0]
    assert found["counts"] == [-2, 0, 1, *(0,) * 8]
    assert (found["free_pages"], found["free_before"], found["pieces"]) == (2, 20, 0)
    assert found["unusable_index"][2] == [1000, (22 - 4) * 1000 // 22]
    assert found["exact"]


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (row(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 36), "in 72 more pieces of order 9: compaction"),
        (row(*(4096, 2048, 1024, 512, 256, 128, 64, 32, 16), 4), "100 % of them in 4 more"),
        (row(9096, 2048, 1024, 512, 256, 128, 64, 32, 16), "5000 pages were freed without"),
        (row(96, 48, 24), "pages were taken, 0 pieces of order 9 went with them"),
    ],
)
def test_the_shape_says_what_could_have_done_it(after: str, words: str) -> None:
    (text,) = changes(BEFORE, after)["could_be"]
    assert words in text


def test_large_blocks_that_were_broken_up_are_noticed() -> None:
    (text,) = changes(row(*(0,) * 10, 36), BEFORE)["could_be"]
    assert "in 72 fewer pieces of order 9" in text


def test_counters_that_rose_come_first_and_a_restart_says_nothing() -> None:
    vmstat = "nr_free_pages 9\ncompact_success {}\ndrop_pagecache {}\noom_kill 3\n"
    found = changes(BEFORE + vmstat.format(5, 1), BEFORE + vmstat.format(9, 2))
    assert found["counters"] == {"drop_pagecache": 1, "compact_success": 4}
    assert found["could_be"] == [
        "caches were dropped by hand (drop_pagecache +1)",
        "compaction put blocks together (compact_success +4)",
    ]
    assert changes(BEFORE + vmstat.format(5, 9), BEFORE + vmstat.format(9, 2))["counters"] == {}


def test_reports_without_a_common_zone_are_refused() -> None:
    with pytest.raises(ValueError, match="no zone is in both"):
        changes(BEFORE, BEFORE.replace("Normal", "DMA"))
    with pytest.raises(ValueError, match="nothing to compare"):
        changes(BEFORE, "MemTotal: 1 kB\n")
    found = changes(BEFORE + row(1).replace("Normal", "DMA"), BEFORE)
    assert found["only_before"] == [[0, "DMA"]]
