"""Courses: operations with shares and parameters become commands, or one sentence."""

from __future__ import annotations

import pytest

from engine import commands as c
from engine.errors import RefusedError
from engine.scenarios.catalog import SCENARIOS
from engine.sweep.courses import course_from, share_of


def commands(ops: list[object], size_mib: int = 512, **values: int | str) -> list[c.Command]:
    return list(course_from({"name": "one", "ops": ops}, 1).commands(values, size_mib))


def test_shares_are_of_the_memory_in_whole_pageblocks() -> None:
    assert commands([["inflate", "20%"], ["deflate", "1%"]]) == [
        c.BalloonInflate(102 * 256),
        c.BalloonDeflate(4 * 256),
    ]


def test_parameters_stand_for_numbers_and_shares_and_can_be_divided() -> None:
    ops = [["inflate", "$size/4"], ["huge", "$n"], ["inflate", "$n/3"]]
    assert commands(ops, size="20%", n=30) == [
        c.BalloonInflate(24 * 256),  # a quarter of 102 MiB, whole pageblocks
        c.TakeHugePages(30),
        c.BalloonInflate(10 * 256),
    ]
    assert course_from({"name": "one", "ops": ops}, 1).wanted() == {"size", "n"}


def test_churn_is_the_programs_work_in_ticks_or_as_a_share_of_the_pages() -> None:
    assert commands([["churn", 40]]) == [c.SetWorkload(True, 256, 40)]
    assert commands([["churn", 40, 64]]) == [c.SetWorkload(True, 64, 40)]
    assert commands([["churn", "100%"]]) == [c.SetWorkload(True, 256, 512)]
    assert commands([["churn", "$much/2"]], much="10%") == [c.SetWorkload(True, 256, 25)]


def test_a_number_of_zero_leaves_the_operation_out() -> None:
    ops = [["inflate", "$size"], ["churn", "$churn"], ["wait", 0], ["compact"]]
    assert commands(ops, size="0%", churn=0) == [c.CompactMemory()]


def test_a_scenario_brings_its_commands() -> None:
    course = course_from({"scenario": "balloon_cycles"}, 1)
    assert course.name == "balloon_cycles"
    expected = [k for step in SCENARIOS["balloon_cycles"].steps for k in step.commands]
    assert list(course.commands({}, 1024)) == expected


@pytest.mark.parametrize(
    ("ops", "words"),
    [
        ([["inflate", "x%"]], "course one: inflate is 'x%'"),
        ([["inflate", "10001%"]], "from 0% to 10000%"),
        ([["huge", "20%"]], "course one: operation: huge by '20%'"),
        ([["churn", -1]], "course one: churn has [-1]"),
        ([["churn", 5, 0]], "workload rate is 0"),
        ([["inflate", "$n/0"]], "divided by '0'"),
        ([["blow", 3]], "course one: operation: unknown operation 'blow'"),
        ([["churn"]], "course one: churn has []"),
    ],
)
def test_what_is_no_operation_is_refused_in_a_sentence(ops: list[object], words: str) -> None:
    with pytest.raises(RefusedError) as caught:
        commands(ops, n=3)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"name": "a"}, "needs either ops or a scenario"),
        ({"ops": [["compact"]]}, "has the name None"),
        ({"name": "a", "ops": []}, "1 to 1000 operations"),
        ({"name": "a", "ops": [[1.5]]}, "is no operation"),
        ({"name": "a", "more": 1}, "nothing else"),
        ({"scenario": "none such"}, "unknown scenario"),
        ([], "nothing else"),
    ],
)
def test_what_is_no_course_is_refused(data: object, words: str) -> None:
    with pytest.raises(RefusedError) as caught:
        course_from(data, 3)
    assert words in str(caught.value)


def test_a_share_is_rounded_down() -> None:
    assert share_of("33%", 100, "it") == 33
    assert share_of("33%", 10, "it") == 3
