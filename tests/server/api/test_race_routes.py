"""REST of the race explorer, on a real server."""

from __future__ import annotations

import httpx2 as httpx
import pytest

from engine.race.era import DEFECTS, ERAS, PROPERTIES
from server.api.race_routes import describe_race, path_from


def test_a_setting_is_explored(server: str) -> None:
    query = {"compactors": 2, "page_lock": "off", "refcount_test": "on", "era": "v4"}
    answer = httpx.get(f"{server}/api/race", params=query, timeout=60)
    result = answer.json()
    assert answer.status_code == 200
    assert result["states"] == 12390
    first = result["violations"][0]
    assert first["property"] == "stale_isolation"
    step = first["schedule"][-1]
    assert {"actor", "function", "words", "after", "choice"} <= set(step)
    assert step["after"]["pages"]["P"]["place"] == "private list of C1"


def test_the_defaults_are_both_protections_of_v4(server: str) -> None:
    result = httpx.get(f"{server}/api/race", timeout=60).json()
    assert (result["era"], result["page_lock"], result["refcount_test"]) == ("v4", "on", "on")
    assert result["violations"] == []


def test_a_person_chooses_who_moves(server: str) -> None:
    start = httpx.get(f"{server}/api/race/play").json()
    assert [move["actor"] for move in start["moves"]] == ["C1", "C1", "C2", "C2"] + ["driver"] * 2
    after = httpx.get(f"{server}/api/race/play", params={"path": "4,0"}).json()
    assert [step["actor"] for step in after["schedule"]] == ["driver", "C1"]


def test_every_setting_of_the_race_is_listed() -> None:
    told = describe_race()
    assert list(told["eras"]) == list(ERAS)
    assert told["properties"] == PROPERTIES
    assert [row["name"] for row in told["eras"]["3.8"]] == [d.name for d in DEFECTS["3.8"]]


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("api/race?compactors=3", "three are for the command line"),
        ("api/race?era=4.0", "era is '4.0'"),
        ("api/race?page_lock=1", "page lock is '1': on or off"),
        ("api/race?pagelock=on", "'pagelock' is no field: compactors, page_lock"),
        ("api/race?path=1", "'path' is no field"),
        ("api/race/play?path=1,,2", "path has the choice ''"),
        ("api/race/play?path=-1", "path has the choice '-1'"),
        ("api/race/play?path=9", "choice 1 is 9: 6 moves are offered there"),
        (f"api/race/play?path={','.join('0' * 201)}", "path has 201 choices: at most 200"),
    ],
)
def test_bad_input_is_one_sentence(server: str, path: str, sentence: str) -> None:
    answer = httpx.get(f"{server}/{path}")
    assert answer.status_code == 400
    assert sentence in answer.json()["error"]


def test_a_path_is_numbers_by_commas() -> None:
    assert path_from("") == []
    assert path_from("0,12,3") == [0, 12, 3]
