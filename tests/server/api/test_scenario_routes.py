"""REST of the scenarios, on a real server."""

from __future__ import annotations

import httpx2 as httpx

from engine.scenarios.catalog import SCENARIOS


def test_no_scenario_is_missing_from_the_catalogue(server: str) -> None:
    answer = httpx.get(f"{server}/api/scenarios", timeout=60)
    told = answer.json()
    assert answer.status_code == 200
    assert [row["name"] for row in told["scenarios"]] == list(SCENARIOS)
    assert {"groups", "scenarios", "claims"} == set(told)


def test_a_session_can_be_made_of_every_config(server: str) -> None:
    told = httpx.get(f"{server}/api/scenarios", timeout=60).json()
    for row in told["scenarios"]:
        answer = httpx.post(f"{server}/api/sessions", json=row["config"], timeout=60)
        assert answer.status_code == 201, answer.text
