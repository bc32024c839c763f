"""The catalogue: every scenario can be played as it stands."""

from __future__ import annotations

import pytest

from engine.commands import command_from_dict
from engine.designs import parse_designs
from engine.scenarios.catalog import SCENARIOS, catalog, scenario
from engine.scenarios.model import GROUPS, NOBODY, Scenario
from engine.view import STAT_FIELDS

EVERY = pytest.mark.parametrize("one", SCENARIOS.values(), ids=list(SCENARIOS))


@EVERY
def test_every_scenario_is_complete(one: Scenario) -> None:
    assert one.group in GROUPS
    assert one.label
    assert one.question.endswith("?")
    assert one.text.endswith(".")
    assert [d.key for d in parse_designs(one.designs, one.profile)] == list(one.designs)
    assert len(one.steps) >= 1 and all(
        s.commands and s.words.endswith((".", "?")) for s in one.steps
    )
    assert 2 <= len(one.show) <= 4
    assert {stat for stat, _ in one.show} <= set(STAT_FIELDS)
    assert one.favours in ("", NOBODY, *one.designs)
    assert (one.judge is None) == (one.favours == "")
    assert one.judge is None or one.judge.stat in {stat for stat, _ in one.show}


@EVERY
def test_its_commands_survive_json(one: Scenario) -> None:
    for step, told in zip(one.steps, one.to_dict()["steps"], strict=True):
        assert tuple(map(command_from_dict, told["commands"])) == step.commands


def test_scenarios_come_group_by_group() -> None:
    told = catalog()
    order = [row["name"] for row in told["groups"]]
    groups = [row["group"] for row in told["scenarios"]]
    assert sorted(groups, key=order.index) == groups


def test_an_unknown_name_is_one_sentence() -> None:
    with pytest.raises(ValueError, match="unknown scenario 'xyz': must be one of "):
        scenario("xyz")
