"""``fragscope report --what-if``: drawn guests, ranges over the draws."""

from __future__ import annotations

import json

import pytest

from server.cli.main import main
from server.cli.whatif import ops_of, what_if_table
from tests.project_files import ROOT

CASES = ROOT / "tests" / "engine" / "report" / "cases"


def test_operations_are_short_and_checked(capsys: pytest.CaptureFixture[str]) -> None:
    assert ops_of("inflate=200, compact,huge=2000") == [
        ["inflate", 200], ["compact"], ["huge", 2000],
    ]  # fmt: skip
    for text, words in (("fly", "unknown operation"), ("inflate=x", "a whole number of MiB")):
        assert main(["report", str(CASES / "head-only.txt"), "--what-if", text]) == 2
        assert words in capsys.readouterr().err


def test_what_cannot_be_played_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    for name, words in (
        ("buddyinfo-only", "zoneinfo is needed"),
        ("armv7-order-13", "only orders 9 and 10"),
        ("i386-highmem", "HighMem of node 0 cannot be played"),
    ):
        assert main(["report", str(CASES / f"{name}.txt"), "--what-if", "compact"]) == 2
        assert words in capsys.readouterr().err


@pytest.mark.slow
def test_drawn_guests_are_played_and_every_number_is_a_range(
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = ["report", str(CASES / "head-only.txt"), "--what-if", "inflate=50,compact"]
    arguments += ["--draws", "2", "--designs", "pinned"]
    assert main([*arguments, "--json"]) == 0
    played = json.loads(capsys.readouterr().out)["what_if"]
    assert (played["drawn"], played["seeds"]) == (2, [1, 2])
    step = played["spread"]["pinned"][0]
    assert step["got_mib"] == {"mean": 50.0, "low": 50, "high": 50}
    assert step["stats"]["free_blocks_all"]["low"] > 0
    assert "drawn" in " ".join(played["assumed"])
    assert what_if_table(played).plain().splitlines()[2].split()[:3] == ["inflate", "50", "pinned"]
