"""`fragscope race`: the JSON that tools read, the columns that people read, bad input."""

from __future__ import annotations

import json

import pytest

from engine.race.era import protocol_from
from server.cli.race import race_blocks
from tests.server import command_line


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    return command_line.run(capsys, "race", *arguments)


def test_json_has_states_and_the_shortest_schedules(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(
        capsys, "--compactors", "2", "--page-lock", "off", "--refcount-test", "on",
        "--era", "v4", "--json",
    )  # fmt: skip
    assert (status, err) == (0, "")
    result = json.loads(out)
    assert result["states"] == 12390
    assert [v["property"] for v in result["violations"]][:2] == [
        "stale_isolation", "newpage_isolated",
    ]  # fmt: skip
    step = result["violations"][0]["schedule"][-1]
    assert step["actor"] == "C1"
    assert step["function"] == "virtballoon_isolatepage"
    assert step["breaks"] == ["stale_isolation"]


def test_page_lock_and_refcount_test_together_leave_no_violation(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, out, _ = run(capsys, "--page-lock", "on", "--refcount-test", "on", "--json")
    assert status == 0
    result = json.loads(out)
    assert result["violations"] == []
    assert {row["name"] for row in result["known_defects_of_era"]} >= {"putback_trylock"}


def test_the_table_has_a_column_for_each_actor_and_names_other_defects_of_the_era(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, out, _ = run(capsys, "--known-defects", "putback_trylock")
    assert status == 0
    assert "lost_page: A balloon page is no longer on any list" in out
    assert "putback_balloon_page: tries to" in out
    assert "known defects: putback_trylock" in out
    assert "bare_deflate: The driver takes pages off its list" in out
    assert max(map(len, out.split("\n"))) <= 140


def test_three_compactors_are_counted_without_regard_to_order() -> None:
    from engine.race.explorer import race

    blocks = race_blocks(race(protocol_from("3", "on", "on", "3.8", "off")))
    assert "14,953 states (compactors counted as alike)" in str(blocks[1])
    assert "no property can break" in str(blocks[1])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--compactors", "4"], "compactors is 4: from 1 to 3"),
        (["--compactors", "-1"], "compactors is '-1': from 1 to 3"),
        (["--compactors", "9" * 10_000], "compactors is '999"),
        (["--page-lock", "maybe"], "page lock is 'maybe': on or off"),
        (["--refcount-test", ""], "reference count test is '': on or off"),
        (["--era", "2.6"], "era is '2.6': one of v4, 3.8, 3.18, movable_ops"),
        (["--known-defects", "move_once"], "v4 has no defect 'move_once'"),
    ],
)
def test_bad_input_is_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1
