"""A lesson's step put to a class: two rounds on real sockets, and the step is done by what came."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx2 as httpx

from engine.core import engine_digest
from server.lessons.evidence import replay_evidence
from server.lessons.shelf import LessonShelf
from server.paths import lessons_folder
from server.settings import Settings
from tests.server.client import WAIT_S, Made, joined, post_session
from tests.server.conftest import running
from tests.server.lessons.files import worlds
from tests.server.quiz.questions import guess
from tests.server.quiz.test_quiz_side import come, counted, step

NAME, NUMBER = "07-hook", 2
STEP = f"/api/lessons/{NAME}/steps/{NUMBER}"


def looked(address: str, session: Made, what: str, **body: Any) -> dict[str, Any]:
    """What the page asks about the step: begin or check."""
    told: dict[str, Any] = httpx.post(
        f"{address}{STEP}/{what}",
        json={"session": str(session), **body},
        headers=session.headers,
        timeout=WAIT_S,
    ).json()
    return told


async def test_a_lesson_asks_a_class_in_two_rounds_and_goes_on(tmp_path: Path) -> None:
    with running(Settings(port=0, data_dir=str(tmp_path))) as address:
        way = httpx.get(f"{address}{STEP}/way", timeout=WAIT_S).json()
        told = httpx.get(f"{address}/api/lessons/{NAME}", timeout=WAIT_S).json()
        asked = told["steps"][NUMBER - 1]["class"]
        session = post_session(address, way["config"])
        async with joined(address, session) as presenter, AsyncExitStack() as stack:
            await presenter.send("pace", ticks_per_s=1000)
            for nr, command in enumerate(way["commands"], 1):
                await presenter.command(f"c{nr}", **command)
                await presenter.until(
                    lambda p, n=nr: p.log_index == n and presenter.stat("busy") == 0
                )
            start = looked(address, session, "begin")["start"]
            ann = await come(stack, address, session, "ann-of-the-class")
            bob = await come(stack, address, session, "bob-of-the-class")
            await presenter.socket.send(json.dumps({"type": "pose", **asked}))
            seen = await ann.hear("quiz_state", stage="open")
            assert {name: seen[name] for name in asked} == asked
            assert not looked(address, session, "check", start=start)["done"]
            await ann.say(guess(1, (0, 10), (20, 60)))
            await bob.say(guess(1, (0, 60), (0, 5)))
            await counted(presenter, 2)
            for act, stage in (("close", "closed"), ("discuss", "discuss"), ("open", "open")):
                await step(presenter, act, stage)
            await bob.hear("quiz_state", stage="open", round=2)
            await bob.say(guess(1, (0, 12), (20, 60)))
            await counted(presenter, 1)
            await step(presenter, "close", "closed")
            came = await step(presenter, "run", "truth")
            assert (await bob.hear("quiz_state", stage="truth"))["truth"] == came["truth"]
        done = looked(address, session, "check", start=start)
    pinned, hook = came["truth"]
    assert (done["done"], done["right"], done["truth"]) == (True, None, hook)
    assert [one["covered"] for one in came["results"]["rounds"][1]["designs"]] == [1, 1]
    assert pinned < 12 < 20 < hook
    lesson = LessonShelf([lessons_folder()]).lesson(NAME)
    again = replay_evidence(lesson, NUMBER - 1, done["evidence"], None, engine_digest(), worlds())
    assert (again.done, again.outcome["right"]) == (True, None)
