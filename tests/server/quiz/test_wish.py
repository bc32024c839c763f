"""A guest is found in which a range were true, or it is said how near the others came."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx2 as httpx
import pytest

from engine.commands import BalloonTarget, Offline, TakeHugePages
from server.errors import LimitReachedError
from server.quiz import wish
from server.quiz.wish import Wished, Wishes, candidates, search
from server.session.budget import Budget
from server.wire.config import CaptureSource, SessionConfig, SyntheticSource
from tests.server.client import Client, bearer, joined, post_session
from tests.server.conftest import SMALL
from tests.server.quiz.questions import POSE
from tests.server.quiz.test_quiz_side import pose_and_close, step

COMMANDS = (BalloonTarget(10_000), TakeHugePages(60))


def wished(low: int, high: int, **changes: Any) -> Wished:
    return Wished(SMALL, changes.get("commands", COMMANDS), "pinned", "huge_best", low, high)


def soon() -> float:
    return time.monotonic() + 60


def test_own_seeds_come_first_then_every_preset_of_the_guests_size() -> None:
    tried = candidates(SessionConfig(CaptureSource("runs"), ("pinned",), 7), 4096)
    first = [next(tried) for _ in range(wish.OWN_SEEDS + 2)]
    assert [config.seed for config in first[: wish.OWN_SEEDS]] == list(range(8, 14))
    assert first[0].source == CaptureSource("runs")
    assert first[-1].source == SyntheticSource("tight", 1024, 1)
    synthetic = next(candidates(SMALL, 256))
    assert (synthetic.source.seed, synthetic.seed) == (2, 2)  # type: ignore[union-attr]


def test_it_finds_a_guest_whose_value_is_what_a_session_of_it_shows(make_session) -> None:
    build = lambda config, _: make_session(config)  # noqa: E731 (every seed over one guest)
    anything = search(wished(0, 10**6), 256, build, soon())
    value = anything["value"]
    assert anything["tried"] == 1
    assert anything["config"]["designs"] == list(SMALL.designs)
    again = search(wished(value, value), 256, build, soon())
    assert again["value"] == value
    assert again["config"] == anything["config"]


def test_what_cannot_be_found_says_how_near_it_came(make_session, monkeypatch) -> None:
    monkeypatch.setattr(wish, "MAX_TRIED", 3)
    build = lambda config, _: make_session(config)  # noqa: E731
    none = search(wished(10**6, 10**6), 256, build, soon())
    assert (none["tried"], none["config"]) == (3, None)
    assert 0 <= none["value"] < 10**6
    outside = (Offline(4096, 128),)
    assert search(wished(0, 1, commands=outside), 256, build, soon())["value"] is None
    assert search(wished(0, 1), 256, build, 0.0) == {"tried": 1, "value": None, "config": None}


async def test_one_search_at_a_time_in_a_session_and_few_in_the_server(
    make_session, monkeypatch
) -> None:
    monkeypatch.setattr(wish, "MAX_WISHES", 2)
    budget = Budget(10)
    wishes = Wishes(lambda config, _: make_session(config), budget)
    first, second = (
        asyncio.create_task(wishes.find(name, wished(0, 10**6), 256, 4)) for name in "ab"
    )
    await asyncio.sleep(0)
    assert budget.used == 8
    with pytest.raises(LimitReachedError, match="in this session: wait"):
        await wishes.find("a", wished(0, 1), 256, 1)
    with pytest.raises(LimitReachedError, match="in 2 sessions, the server's limit"):
        await wishes.find("c", wished(0, 1), 256, 1)
    assert (await first)["tried"] == (await second)["tried"] == 1
    await asyncio.sleep(0)
    assert budget.used == 0
    wishes.close()


async def ran(presenter: Client) -> int:
    """Ask and run; what pinned came to."""
    await pose_and_close(presenter)
    return int((await step(presenter, "run", "truth"))["truth"][0])


async def test_a_viewer_wishes_when_the_question_was_run(server: str) -> None:
    session = post_session(server)
    url = f"{server}/api/sessions/{session}/wish"

    async def asked(**body: Any) -> httpx.Response:
        async with httpx.AsyncClient(headers=bearer(session.viewer), timeout=60) as http:
            return await http.post(url, json=body)

    async with joined(server, session) as presenter:
        assert (await asked(design="pinned", low=0, high=1)).status_code == 409
        truth = await ran(presenter)
        found = await asked(design="pinned", low=max(truth - 20, 0), high=truth + 20)
        assert found.status_code == 200, found.text
        told = found.json()
        assert abs(told["value"] - truth) <= 20
        assert told["config"]["designs"] == POSE["designs"]
        for body, words in (
            ({"design": "lru_hook", "low": 0, "high": 1}, "design is 'lru_hook'"),
            ({"design": "pinned", "low": 3, "high": 1}, "high"),
            ({"design": "pinned", "low": 3}, "high"),
            ({"design": "pinned", "low": 0, "high": 1, "seed": 1}, "seed"),
        ):
            refused = await asked(**body)
            assert refused.status_code == 400
            assert words in refused.json()["error"]
