"""This machine's memory over REST: for those whom a setting names, and nobody else."""

import httpx2 as httpx
import pytest

from server.settings import Settings
from tests.server.client import WAIT_S
from tests.server.conftest import running


def test_nobody_may_look_unless_a_setting_says_so(server: str) -> None:
    for answer in (
        httpx.get(f"{server}/api/live", timeout=WAIT_S),
        httpx.post(f"{server}/api/live/freeze", timeout=WAIT_S),
    ):
        assert answer.status_code == 404
        assert "FRAGSCOPE_WATCHERS" in answer.json()["error"]


@pytest.fixture(scope="module")
def watched() -> str:
    with running(Settings(port=0, watchers="127.0.0.1", max_guest_mib=16)) as address:
        yield address


def test_the_machine_that_the_server_runs_on_is_shown(watched: str) -> None:
    first = httpx.get(f"{watched}/api/live", timeout=WAIT_S).json()
    assert first["look"] == 1
    assert first["zones"]
    assert first["blind"] or first["blocks"]
    again = httpx.get(f"{watched}/api/live?since=1", timeout=WAIT_S).json()
    assert again["look"] >= 1
    assert len(again["blocks"]) <= len(first["blocks"])


@pytest.mark.parametrize("since", ["x", "-2", "9" * 40, "1.5"])
def test_a_since_that_is_no_look_is_one_sentence(watched: str, since: str) -> None:
    answer = httpx.get(f"{watched}/api/live?since={since}", timeout=WAIT_S)
    assert answer.status_code == 400
    assert "the number of a look" in answer.json()["error"]


def test_a_machine_that_is_too_large_to_simulate_is_refused_in_words(watched: str) -> None:
    answer = httpx.post(f"{watched}/api/live/freeze", timeout=WAIT_S)
    assert answer.status_code == 400
    assert "by FRAGSCOPE_MAX_GUEST_MIB" in answer.json()["error"]
