"""`fragscope stress-highalloc`: the form of its answer, progress, bad input."""

import json

import pytest

from engine.spread import MAX_SEEDS
from engine.stress.summary import combine
from server.cli.stress import Phases, stress_table
from tests.server import command_line

PROGRESS = "stress-highalloc, 6 runs\n"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    return command_line.run(capsys, "stress-highalloc", *arguments)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "required: --preset"),
        (["--preset", "v12"], "unknown preset 'v12': must be one of v11, v10, lab, small"),
        (["--preset", "v11", "--profile", "1999"], "unknown profile '1999': must be one of "),
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
def test_a_seed_gives_the_same_numbers_alone_and_among_others(capsys):
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
    assert err in ("", PROGRESS) or err.startswith(PROGRESS + PROGRESS.strip() + ": done"), err
    status, out, _ = run(capsys, *arguments, "--seed", "2", "--json")
    one = json.loads(out)
    assert one["seed"] == 2
    assert {"preset", "seed", "profile", "designs"} == set(one)
    # The same seed alone and among others, with two runs side by side: the same numbers.
    for key, design in one["designs"].items():
        for name, value in design.items():
            assert answer["designs"][key][name]["each"][1] == value


@pytest.mark.slow
def test_without_json_there_is_a_row_for_each_score(capsys):
    arguments = ["--preset", "small", "--profile", "modern", "--designs", "pinned"]
    status, out, _ = run(capsys, *arguments)
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()[2:5]] == ["pass1", "pass2", "rested"]


def test_the_table_has_the_published_figures_beside_ours():
    runs = [
        {"pass1": 50.5, "pass2": 51.0, "rested": 80.0, "compact_stall": 7},
        {"pass1": 60.5, "pass2": 49.0, "rested": 80.0, "compact_stall": 9},
    ]
    lines = stress_table(combine("v11", "2012", [3, 4], {"lru_hook": runs})).plain().splitlines()
    assert lines[0].split() == ["lru_hook", "published", "pinned", "published", "lru_hook"]
    assert lines[2].split() == ["pass1", "55.5", "(50.5-60.5)", "55", "62"]
    assert lines[5].split() == ["compact_stall", "8", "(7-9)"]
    small = stress_table(combine("small", "2012", [1], {"pinned": runs[:1]}))
    assert "published" not in small.plain()


def test_each_percent_of_a_phase_is_reported_once_and_a_finished_run_is_counted():
    told = []
    phases = Phases(2, lambda *now: told.append(now))
    reached = phases.of("pinned")
    for share in (0.0, 0.004, 0.05, 0.051, 1.0):
        reached("copy", share)
    phases.of("lru_hook")("boot", 1.0)
    phases.over("pinned")
    assert told == [
        ("pinned: copy 0 %", 0, 2), ("pinned: copy 5 %", 0, 2), ("pinned: copy 100 %", 0, 2),
        ("pinned: copy 100 %; lru_hook: boot 100 %", 0, 2), ("lru_hook: boot 100 %", 1, 2),
    ]  # fmt: skip
