"""This machine's memory over REST: for those whom a setting names, and nobody else."""

from collections.abc import Iterator

import httpx2 as httpx
import pytest

from server.settings import Settings
from tests.server.client import WAIT_S
from tests.server.conftest import running


def test_nobody_may_look_unless_a_setting_says_so(server: str) -> None:
    for answer in (
        httpx.get(f"{server}/api/live", timeout=WAIT_S),
        httpx.post(f"{server}/api/live/freeze", timeout=WAIT_S),
        httpx.get(f"{server}/api/live/history", timeout=WAIT_S),
        httpx.get(f"{server}/api/live/past?look=0", timeout=WAIT_S),
        httpx.get(f"{server}/api/live/history.csv", timeout=WAIT_S),
    ):
        assert answer.status_code == 404
        assert "FRAGSCOPE_WATCHERS" in answer.json()["error"]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = str(tmp_path_factory.mktemp("data"))
    with running(
        Settings(port=0, watchers="127.0.0.1", max_guest_mib=16, data_dir=data)
    ) as address:
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


def test_what_was_seen_is_kept_and_read_again(watched: str) -> None:
    now = httpx.get(f"{watched}/api/live", timeout=WAIT_S).json()
    told = httpx.get(f"{watched}/api/live/history", timeout=WAIT_S).json()
    assert told["first"] <= now["kept"] <= told["last"]
    past = httpx.get(f"{watched}/api/live/past?look={now['kept']}", timeout=WAIT_S).json()
    assert past["zones"] == now["zones"]
    assert past["events"] == now["events"]
    answer = httpx.get(f"{watched}/api/live/history.csv", timeout=WAIT_S)
    assert answer.headers["content-type"].startswith("text/csv")
    lines = answer.text.splitlines()
    assert lines[0].startswith("time,look,cost,seen,")
    assert len(lines) > now["kept"] + 1


@pytest.mark.parametrize("look", ["", "?look=x", "?look=-1", "?look=999999999"])
def test_a_look_that_is_not_kept_is_one_sentence(watched: str, look: str) -> None:
    answer = httpx.get(f"{watched}/api/live/past{look}", timeout=WAIT_S)
    assert answer.status_code == 400
    assert "look" in answer.json()["error"]


def test_metrics_have_the_machine_for_watchers_and_for_nobody_else(
    watched: str, server: str
) -> None:
    assert "fragscope_machine_buddyinfo_blocks{" in httpx.get(f"{watched}/metrics").text
    assert "fragscope_machine" not in httpx.get(f"{server}/metrics").text
