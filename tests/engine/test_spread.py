"""Spread over seeds: the form of the answer, and that threads change nothing."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine import units as u
from engine.presets import make_from_recipe
from engine.recipes import PRESETS
from engine.replay import parse_ops, replay
from engine.spread import replay_seeds, seeds_from, spread_of

OPS = parse_ops([["inflate", 3], ["compact"], ["wait", 5], ["huge", 9]])


def under(seed: int) -> dict[str, object]:
    return replay(
        make_from_recipe(PRESETS["tight"], u.mib_to_pages(64), seed), ("pinned",), OPS, seed
    )


def test_seeds_count_up_and_wrap_around() -> None:
    assert seeds_from(3, 3, 100) == (3, 4, 5)
    assert seeds_from(99, 3, 100) == (99, 100, 0)
    for number in (0, 101, -1):
        with pytest.raises(ValueError, match=f"{number} seeds: from 1 to 100 are possible"):
            seeds_from(1, number, 100)


def test_spread_of_gives_mean_low_and_high() -> None:
    assert spread_of([3, 1, 2]) == {"mean": 2.0, "low": 1, "high": 3}


def test_one_seed_is_a_plain_replay() -> None:
    assert replay_seeds((2,), under) == under(2)


def test_several_seeds_add_to_the_first() -> None:
    seeds = (1, 2, 3)
    plain = [under(seed) for seed in seeds]
    result = replay_seeds(seeds, under)
    assert result["designs"] == plain[0]["designs"]
    assert result["seeds"] == [1, 2, 3]
    steps = [one["designs"]["pinned"] for one in plain]  # type: ignore[index]
    for i, step in enumerate(result["spread"]["pinned"]):
        assert step["op"] == steps[0][i]["op"]
        assert step["toggles"] == steps[0][i]["toggles"]
        for order in range(u.NR_PAGE_ORDERS):
            values = [one[i]["buddyinfo"][order] for one in steps]
            assert step["buddyinfo"][order] == spread_of(values)
        for group in ("stats", "vmstat"):
            for name, found in step[group].items():
                assert found == spread_of([one[i][group][name] for one in steps]), name
        if step["op"][0] != "huge":
            assert step["huge_pages"] is None
    assert any(s["low"] < s["high"] for s in result["spread"]["pinned"][1]["vmstat"].values())
    assert json.loads(json.dumps(result)) == result


def test_parallel_replays_give_the_same_answer() -> None:
    with ThreadPoolExecutor(2) as pool:
        assert replay_seeds((1, 2, 3), under, pool.map) == replay_seeds((1, 2, 3), under)
