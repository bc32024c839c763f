"""`fragscope scenario`: the list, one scenario as JSON and as a table, bad input."""

from __future__ import annotations

import json

import pytest

from engine.scenarios.catalog import SCENARIOS
from engine.scenarios.claims import CLAIMS
from engine.view import STAT_FIELDS
from tests.server import command_line


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    return command_line.run(capsys, "scenario", *arguments)


def test_without_a_name_every_scenario_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys)
    assert status == 0
    assert [name for name in SCENARIOS if name not in out] == []
    told = json.loads(run(capsys, "--json")[1])
    assert [row["name"] for row in told["scenarios"]] == list(SCENARIOS)


def test_no_claim_is_missing_from_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "--claims")
    assert status == 0
    assert [claim.who for claim in CLAIMS if claim.who not in out] == []
    assert max(map(len, out.split("\n"))) <= 100
    told = json.loads(run(capsys, "--claims", "--json")[1])
    assert [row["id"] for row in told] == [claim.id for claim in CLAIMS]


def test_the_json_of_a_scenario_has_every_statistic_of_every_step(
    capsys: pytest.CaptureFixture[str],
) -> None:
    one = SCENARIOS["large_inflation"]
    status, out, _ = run(capsys, one.name, "--json")
    told = json.loads(out)
    assert (status, told["name"]) == (0, one.name)
    assert [step["words"] for step in told["steps"]] == [step.words for step in one.steps]
    for step in told["steps"]:
        assert list(step["designs"]) == list(one.designs)
        assert all(list(numbers) == list(STAT_FIELDS) for numbers in step["designs"].values())


def test_the_table_of_a_scenario_has_its_numbers_and_fits_a_page(
    capsys: pytest.CaptureFixture[str],
) -> None:
    one = SCENARIOS["large_inflation"]
    status, out, _ = run(capsys, one.name, "--seed", "2")
    assert status == 0
    assert [label for _, label in one.show if label not in out] == []
    assert max(map(len, out.split("\n"))) <= 120


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nothing"], "unknown scenario 'nothing': must be one of "),
        (["large_inflation", "--seed", "x"], "seed is 'x'"),
        (["--seed", "1"], "--seed is for a scenario"),
        (["large_inflation", "--claims"], "--claims stands alone"),
    ],
)
def test_bad_input_is_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1
