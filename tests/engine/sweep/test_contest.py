"""The contest in a cell: the stated rule, from numbers that can be checked by hand."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import RefusedError
from engine.sweep.contest import Judge, contest, judge_from, lead_of


def rows(numbers: dict[str, list[int | None]], balloon: dict[str, int] | None = None) -> Any:
    return [
        {
            "design": key, "pair": i, "error": "" if value is not None else "no room",
            "balloon_actual": (balloon or {}).get(key, 1000), "huge_best": value,
        }
        for key, values in numbers.items() for i, value in enumerate(values)
    ]  # fmt: skip


def test_a_lead_in_every_pair_wins_although_the_ranges_overlap() -> None:
    # Seeds differ by far more than designs do: pairing sees it, ranges do not.
    found = contest(rows({"a": [10, 50, 90, 30], "b": [15, 56, 95, 36]}), Judge())
    assert (found["state"], found["leaders"], found["margin"]) == ("won", ["b"], 5.5)
    assert found["half"] == pytest.approx(3.182 * 0.57735 / 2, abs=1e-3)
    assert found["rival"] == "a"


def test_the_same_ranges_without_pairs_that_agree_are_undecided() -> None:
    found = contest(rows({"a": [10, 50, 90, 30], "b": [95, 15, 36, 56]}), Judge())
    assert found["state"] == "undecided"
    assert found["leaders"] == ["b", "a"]


def test_a_lead_within_the_margin_is_no_win() -> None:
    numbers = {"a": [10, 20, 30], "b": [13, 23, 33]}
    assert contest(rows(numbers), Judge(margin=2))["state"] == "won"
    level = contest(rows(numbers), Judge(margin=3))
    assert (level["state"], level["leaders"]) == ("level", ["b", "a"])


def test_the_margin_can_be_a_share_of_the_leaders_mean() -> None:
    numbers = {"a": [100, 101, 102], "b": [104, 105, 106]}
    assert contest(rows(numbers), Judge(margin=2, margin_percent=3))["state"] == "won"
    assert contest(rows(numbers), Judge(margin=2, margin_percent=5))["state"] == "level"
    assert contest(rows(numbers), Judge(margin=5, margin_percent=1))["state"] == "level"


def test_level_is_what_is_surely_within_the_margin_not_what_may_be() -> None:
    numbers = {"a": [50, 60, 70, 80], "b": [51, 59, 71, 79]}  # 0 ± 1.8
    assert contest(rows(numbers), Judge(margin=2))["state"] == "level"
    assert contest(rows(numbers), Judge(margin=1))["state"] == "undecided"


def test_level_ones_share_the_lead_over_the_next() -> None:
    found = contest(rows({"a": [9, 9, 9], "b": [9, 9, 9], "c": [2, 3, 2]}), Judge(margin=1))
    assert (found["state"], found["leaders"], found["rival"]) == ("level", ["a", "b"], "c")
    assert found["margin"] == pytest.approx(6.667)


def test_less_than_three_pairs_decide_nothing() -> None:
    assert contest(rows({"a": [10, 11], "b": [90, 91]}), Judge())["state"] == "undecided"
    assert contest(rows({"a": [10, 11], "b": [10, 11]}), Judge())["state"] == "undecided"
    assert contest(rows({"a": [10, 11, 12], "b": [90, 91, 92]}), Judge())["state"] == "won"


def test_low_can_be_better() -> None:
    found = contest(rows({"a": [9, 8, 9], "b": [2, 1, 2]}), Judge(better="low"))
    assert (found["leaders"], found["margin"]) == (["b"], 7)


def test_who_took_less_from_the_guest_is_out_of_the_contest() -> None:
    numbers = {"a": [10, 11, 12], "b": [90, 91, 92]}
    found = contest(rows(numbers, {"a": 1000, "b": 970}), Judge())
    assert found["leaders"] == ["a"]
    assert found["designs"]["b"]["smaller"]
    assert contest(rows(numbers, {"a": 1000, "b": 985}), Judge())["leaders"] == ["b"]
    free = contest(rows(numbers, {"a": 1000, "b": 970}), Judge(same_balloon=False))
    assert free["leaders"] == ["b"]


def test_runs_that_failed_are_counted_and_pairs_are_of_those_that_did_not() -> None:
    found = contest(rows({"a": [10, 11, 12, None], "b": [None, 21, 22, 24]}), Judge())
    assert (found["state"], found["margin"], found["pairs"]) == ("undecided", 10, 3)
    assert found["designs"]["a"]["failed"] == 1
    assert contest(rows({"a": [None]}), Judge())["state"] == "nothing"
    assert contest([], Judge()) == {
        "state": "nothing", "leaders": [], "margin": None, "half": None, "rival": None,
        "pairs": 0, "designs": {},
    }  # fmt: skip


def test_a_lead_needs_pairs_that_both_have() -> None:
    assert lead_of({1: 5}, {2: 3}, "high") is None
    lead = lead_of({1: 5, 2: 7}, {1: 3, 2: 3}, "low")
    assert lead is not None
    assert (lead.mean, lead.pairs, lead.sure) == (-3, 2, None)
    assert lead.half == pytest.approx(12.706)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"stat": "speed"}, "judge has the number 'speed'"),
        ({"better": "best"}, "high or low"),
        ({"margin": -1}, "margin is -1"),
        ({"margin_percent": 101}, "from 0 to 100"),
        ({"same_balloon": 1}, "true or false"),
        ({"rule": 1}, "a table with stat"),
        ([], "a table with stat"),
    ],
)
def test_a_wrong_judge_is_refused(data: object, words: str) -> None:
    with pytest.raises(RefusedError) as caught:
        judge_from(data)
    assert words in str(caught.value)
