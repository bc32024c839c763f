"""REST of the sweeps, on a real server: lists, maps, and a run that becomes a session."""

from __future__ import annotations

from pathlib import Path

import httpx2 as httpx
import pytest

from engine.sweep.table import NUMBERS
from tests.server.sweep_player import played

NAME = "balloon_when"


def test_the_projects_sweeps_are_listed(server: str) -> None:
    told = httpx.get(f"{server}/api/sweeps", timeout=60).json()
    assert NAME in [one["name"] for one in told["sweeps"]]
    assert "Student's t" in told["rule"]


def test_a_map_is_as_the_grid_has_it_or_as_it_is_asked_for(server: str) -> None:
    address = f"{server}/api/sweeps/{NAME}/map"
    usual = httpx.get(address, timeout=60).json()
    assert [axis["name"] for axis in usual["axes"]] == ["balloon", "course"]
    query = {"across": "course", "down": "guest", "stat": "host_exits", "better": "low"}
    asked = httpx.get(address, params={**query, "margin": "5", "fix.balloon": "20%"}).json()
    assert asked["judge"] == {
        "stat": "host_exits", "better": "low", "margin": 5, "margin_percent": 0,
    }  # fmt: skip
    assert asked["pooled"] == []
    assert len(asked["cells"]) == 1


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("none/map", 404, "there is no sweep 'none'"),
        (f"{NAME}/map?across=weight", 400, "unknown axis 'weight'"),
        (f"{NAME}/map?stat=speed", 400, "judge has the number 'speed'"),
        (f"{NAME}/map?margin=x", 400, "margin is 'x'"),
        (f"{NAME}/map?fix.balloon=7", 400, "unknown balloon '7'"),
        (f"{NAME}/map?color=red", 400, "'color' is no field"),
        (f"{NAME}/run?balloon=7", 400, "no such run"),
        (f"{NAME}/run?weight=7", 400, "'weight' is no coordinate"),
        ("none/results.csv", 404, "there is no sweep"),
    ],
)
def test_what_is_not_there_is_refused(server: str, path: str, status: int, words: str) -> None:
    answer = httpx.get(f"{server}/api/sweeps/{path}", timeout=60)
    assert answer.status_code == status
    assert words in answer.json()["error"]


def test_a_run_becomes_a_session_with_the_numbers_of_its_rows(server: str, tmp_path: Path) -> None:
    query = {"balloon": "20%", "course": "after", "seed": "2"}
    found = httpx.get(f"{server}/api/sweeps/{NAME}/run", params=query, timeout=60).json()
    made = httpx.post(f"{server}/api/sessions", json=found["config"], timeout=60).json()
    bearer = {"authorization": f"Bearer {made['presenter']}"}
    address = f"{server}/api/sessions/{made['session']}"
    for command in found["commands"]:
        given = httpx.post(
            f"{address}/commands?wait=idle", json={"command": command}, headers=bearer, timeout=120
        )
        assert given.status_code == 200, given.text
    state = httpx.get(f"{address}/state", headers=bearer, timeout=60).json()
    # What is published may be of an earlier version: a run of this one is played here.
    rows = {row["design"]: played(NAME, row, tmp_path) for row in found["rows"]}
    designs = {key: one["stats"] for key, one in state["designs"].items()}
    assert set(designs) == set(rows)
    for key, stats in designs.items():
        assert {name: stats[name] for name in NUMBERS} == {n: rows[key][n] for n in NUMBERS}


def test_the_table_can_be_taken_along(server: str) -> None:
    answer = httpx.get(f"{server}/api/sweeps/{NAME}/results.csv", timeout=60)
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text.startswith("key,guest,")
