"""`fragscope fidelity`: the score of a recording, missed quantities marked, bad input."""

from __future__ import annotations

import json

import pytest

from engine.recordings.score import Judgement, score
from server.cli.fidelity import fidelity_table, score_line
from server.paths import examples_folder
from tests.server import command_line


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    return command_line.run(capsys, "fidelity", *arguments)


def test_a_miss_is_marked_and_counted() -> None:
    def judged(quantity: str, ours: float | None) -> Judgement:
        return Judgement("made", "pinned", 1, "compact", quantity, (10, 12), ours)

    several = [judged("blocks", 11), judged("blocks", 20), judged("huge", None)]
    lines = fidelity_table(several).plain().splitlines()
    assert [line.endswith("missed") for line in lines[2:]] == [False, True, True]
    assert lines[2].split() == ["pinned", "1", "compact", "blocks", "10–12", "±2", "11"]
    assert lines[4].split()[-2:] == ["none", "missed"]
    line = score_line(score(several))
    assert line.startswith("1 of 3 quantities within the band (33.3 %), huge 0 of 1, ")
    assert "blocks after compact 1 of 2" in line


def test_a_share_of_memory_has_three_decimals() -> None:
    one = Judgement("made", "pinned", 1, "compact", "unusable", (0.5,), 0.519)
    assert fidelity_table([one]).plain().splitlines()[2].split()[-3:] == [
        "0.500",
        "±0.020",
        "0.519",
    ]


def test_a_recording_is_scored_by_its_folder_and_an_example_by_its_name(capsys) -> None:
    status, out, _ = run(capsys, str(examples_folder() / "runs"), "tight")
    assert status == 0
    lines = out.splitlines()
    assert lines[0] == "runs"
    assert any(line.startswith("runs: ") and " of 41 quantities within" in line for line in lines)
    assert any(line.startswith("tight: ") for line in lines)
    assert lines[-1].startswith("all: ")
    status, out, _ = run(capsys, "runs", "--json", "--seed", "3")
    answer = json.loads(out)
    assert (status, answer["seed"], list(answer["counts"])) == (0, 3, ["runs", "all"])
    assert answer["counts"]["runs"]["all"][1] == 41


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nothing"], "no capture at 'nothing': give a folder"),
        (["server"], "server"),
        (["runs", "--seed", "x"], "seed is 'x': a whole number from 0"),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(capsys, arguments, sentence) -> None:
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("fragscope: ")
    assert err.count("\n") == 1
    assert sentence in err
