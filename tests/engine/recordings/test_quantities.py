"""Quantities of recordings and predictions, and the band around them."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.recordings.quantities import (
    COUNTERS,
    LEAST_BAND,
    STATISTICS,
    nr_free_blocks,
    nr_free_pages,
    recorded,
    recorded_statistics,
    unusable,
)
from engine.recordings.recording import load_recording
from engine.view import STAT_FIELDS
from tests.engine.made_recording import FULL, ZONE, made, result, run, written
from tests.engine.made_recording import recorded as step


def test_a_recording_becomes_quantities(tmp_path: Path) -> None:
    found = made(tmp_path)
    first, second, third = recorded(found, "lru_hook")[1]
    free = 7 * 512 + 512
    assert first == {"blocks": 7, "free": free, "unusable": pytest.approx(512 / free), "gained": 8}
    assert second == {
        "blocks": 7, "free": 7 * 512, "unusable": 0.0, "isolated": 1200, "scanned": 0, "moved": 20,
    }  # fmt: skip
    assert third == {"huge": 50}
    assert "moved" not in recorded(found, "pinned")[0][1]


def test_counters_count_from_the_capture_and_from_step_to_step(tmp_path: Path) -> None:
    data = result(pinned=[[step(["compact"], None, FULL, compact_isolated=130)] * 2])
    data["scenario"]["ops"] = [["compact"], ["compact"]]
    found = load_recording(written(tmp_path, data), ZONE)
    assert [numbers["isolated"] for numbers in recorded(found, "pinned")[0]] == [30, 0]


def everything(**numbers: int) -> dict[str, int]:
    return dict.fromkeys([*STATISTICS, "balloon_inflate", "balloon_deflate"], 0) | numbers


def test_statistics_are_of_all_zones_and_count_from_the_start(tmp_path: Path) -> None:
    runs = [
        [
            step(["inflate", 8], 8, FULL, **everything(balloon_inflate=2048, compact_isolated=5)),
            step(["compact"], None, FULL, **everything(balloon_inflate=2048, compact_isolated=n)),
            {"op": ["huge", 9], "got": [6, 4]},
        ]
        for n in (105, 109)
    ]
    data = result(hook=runs, pinned=runs)
    data["s1"]["vmstat"] = everything(compact_isolated=5)
    found = load_recording(written(tmp_path, data), ZONE)
    after = recorded_statistics(found, "lru_hook", 2)
    assert after["compact_isolated"] == [100, 104]
    assert after["free_blocks_all"] == [7 + 27] * 2  # zone Normal has 9 blocks of every order
    assert after["unusable_index_9"] == [0.0, 0.0]  # of the main zone alone
    assert after["balloon_actual"] == [2048, 2048]
    assert recorded_statistics(found, "pinned", 2)["balloon_actual"] == [
        0,
        0,
    ]  # the module held nothing
    assert "balloon_migrate" not in recorded_statistics(found, "pinned", 2)
    assert recorded_statistics(found, "lru_hook", 3) == {"huge_best": [6, 6], "huge_first": [4, 4]}
    assert set(recorded_statistics(found, "lru_hook", 0)) == {
        "free_blocks_all", "nr_free_pages", "unusable_index_9", "balloon_actual",
    }  # fmt: skip


def test_free_memory_counts_alike_for_everybody() -> None:
    assert (nr_free_pages(FULL), nr_free_blocks(FULL), unusable(FULL)) == (7 * 512, 7, 0.0)
    assert unusable([100] + [0] * 10) == 1.0
    assert unusable([0] * 11) == 1.0


@pytest.mark.parametrize(
    ("quantity", "runs", "band"),
    [
        ("blocks", [10, 10, 10], 2),
        ("blocks", [6, 11, 64], 58),
        ("blocks", [400, 400], 12),
        ("free", [50_000, 50_000], 500),
        ("unusable", [0.5, 0.5], 0.02),
    ],
)
def test_the_band_is_the_spread_but_never_less_than_the_least(
    quantity: str, runs: list[float], band: float
) -> None:
    assert LEAST_BAND[quantity].band(runs) == band


def test_a_statistic_has_the_band_of_its_quantity_in_its_own_unit() -> None:
    assert STATISTICS["unusable_index_9"].least.own == 20
    assert STATISTICS["balloon_actual"].least.own == 256
    assert {statistic.like for statistic in STATISTICS.values()} == set(LEAST_BAND)
    assert set(STATISTICS) <= set(STAT_FIELDS)


def test_every_counter_has_a_band() -> None:
    assert set(COUNTERS) <= set(LEAST_BAND)


def test_without_a_module_in_the_guest_its_balloon_is_empty(tmp_path: Path) -> None:
    found = load_recording(written(tmp_path, result(hook=[run(1, 4)])), ZONE)
    assert (found.start.scattered, found.start.dedicated) == (0, 0)
