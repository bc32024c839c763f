"""`fragscope stress-highalloc`: the form of its answer, progress, bad input."""

import json

import pytest

from server.cli.stress import MAX_SEEDS, Progress
from tests.server import command_line


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    return command_line.run(capsys, "stress-highalloc", *arguments)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "required: --preset"),
        (["--preset", "v12"], "unknown preset 'v12': known are v11, v10, small"),
        (["--preset", "v11", "--profile", "1999"], "unknown profile '1999': known are "),
        (["--preset", "v11", "--seed", "x"], "seed is 'x': a whole number from 0"),
        (["--preset", "v11", "--seeds", "0"], f"a whole number from 1 to {MAX_SEEDS}"),
        (["--preset", "v11", "--designs", "fly"], "unknown design 'fly'"),
        (["--preset", "v11", "--designs", ""], "no design given"),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(capsys, arguments, sentence):
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("fragscope: ")
    assert err.count("\n") == 1
    assert sentence in err


@pytest.mark.slow
def test_three_seeds_of_the_small_guest(capsys):
    arguments = ["--preset", "small", "--profile", "modern", "--designs", "pinned,lru_hook"]
    status, out, err = run(capsys, *arguments, "--seeds", "3", "--json")
    assert status == 0
    answer = json.loads(out)
    assert answer["seeds"] == [1, 2, 3]
    assert list(answer["designs"]) == ["pinned", "lru_hook"]
    for design in answer["designs"].values():
        for name in ("pass1", "pass2", "rested"):
            assert (
                0
                <= design[name]["lowest"]
                <= design[name]["mean"]
                <= design[name]["highest"]
                <= 100
            )
    assert "lru_hook, seed 3: finished 100 %" in err
    assert "pinned, seed 1: pass1 " in err
    status, out, _ = run(capsys, *arguments, "--seed", "2", "--json")
    one = json.loads(out)
    assert one["seed"] == 2
    assert {"preset", "seed", "profile", "designs"} == set(one)
    # The same seed alone and among others, with two runs side by side: the same numbers.
    for key, design in one["designs"].items():
        for name, value in design.items():
            assert answer["designs"][key][name]["each"][1] == value


@pytest.mark.slow
def test_without_json_a_table(capsys):
    arguments = ["--preset", "small", "--profile", "modern", "--designs", "pinned"]
    status, out, _ = run(capsys, *arguments)
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()[1:4]] == ["pass1", "pass2", "rested"]


def test_progress_says_each_step_once(capsys):
    progress = Progress(1)
    tell = progress.of("pinned")
    for share in (0.0, 0.01, 0.05, 0.051, 1.0):
        tell("copy", share)
    progress.over("pinned")
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "pinned: copy 0 %", "pinned: copy 5 %", "pinned: copy 100 %", "pinned: finished 100 %",
    ]  # fmt: skip
