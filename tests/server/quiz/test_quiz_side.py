"""A quiz on a real server: 500 who answer, one who cheats, and a server that is started again."""

from __future__ import annotations

import asyncio
import csv
import json
import threading
from contextlib import AsyncExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2 as httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from server.api import ws
from server.errors import JournalError
from server.journal.answers_file import AnswersFile
from server.quiz.quiz_side import Quizzes, played
from server.settings import Settings
from tests.server.client import WAIT_S, Client, Made, bearer, joined, post_session
from tests.server.conftest import running
from tests.server.quiz.questions import POSE, guess

NR_VIEWERS = 500
TOGETHER = 50  # sockets that are opened at a time


class Voter:
    """A viewer's page, as far as the quiz is concerned: it paints nothing."""

    def __init__(self, socket: ClientConnection, name: str) -> None:
        self.socket, self.name = socket, name
        self.heard: list[dict[str, Any]] = []  # every quiz_state and error

    async def say(self, message: dict[str, Any]) -> None:
        await self.socket.send(json.dumps(message))

    async def hear(self, kind: str, **fields: Any) -> dict[str, Any]:
        """The next text of a kind that has these fields."""
        while True:
            data = await asyncio.wait_for(self.socket.recv(), WAIT_S)
            if isinstance(data, bytes):
                continue
            message: dict[str, Any] = json.loads(data)
            if message["type"] in ("quiz_state", "error"):
                self.heard.append(message)
            if message["type"] == kind and fields.items() <= message.items():
                return message

    async def error(self) -> str:
        return str((await self.hear("error"))["text"])


async def come(stack: AsyncExitStack, address: str, session: Made, name: str) -> Voter:
    """Open a socket, say hello and who one is; the question is known then."""
    url = f"{address.replace('http', 'ws', 1)}/ws/{session}"
    origin: Any = address
    socket = await stack.enter_async_context(connect(url, origin=origin, max_size=None))
    voter = Voter(socket, name)
    await voter.say({"type": "hello", "versions": [1], "token": session.viewer})
    await voter.say({"type": "voter", "voter": name})
    return voter


async def posed(presenter: Client) -> None:
    """Ask the question."""
    await presenter.socket.send(json.dumps(POSE))
    await presenter.text("quiz_state")


async def step(presenter: Client, act: str, stage: str) -> dict[str, Any]:
    """Take the question on, as the presenter."""
    await presenter.send("quiz", act=act)
    while (told := await presenter.text("quiz_state"))["stage"] != stage:
        pass
    return told


async def counted(presenter: Client, number: int) -> None:
    """Until so many have answered."""
    while (await presenter.text("quiz_state"))["answered"] != number:
        pass


async def cheat(stack: AsyncExitStack, address: str, session: Made) -> Voter:
    """While it is open: vote twice, reload, and take what is the presenter's."""
    one = await come(stack, address, session, "the-cheat-of-the-class")
    await one.hear("quiz_state", stage="open")
    await one.say(guess(1, (1, 2), (1, 2)))
    await one.say(guess(1, (3, 4), (3, 4)))
    await one.hear("quiz_state", mine=[[[3, 4], [3, 4]]])
    for forged in (
        {"type": "quiz", "act": "close"},
        {"type": "quiz", "act": "run"},
        POSE,
    ):
        await one.say(forged)
        assert "by the presenter" in await one.error()
    for forged, words in (
        ({"type": "quiz_state", "stage": "truth"}, "unknown message type"),
        ({"type": "quiz", "act": "truth"}, "one of open, close"),
        ({**guess(1, (1, 2), (1, 2)), "voter": "voter-0000000000000007"}, "voter"),
        (guess(1, (5, 1), (0, 0)), "the lower end first"),
        (guess(2, (1, 1), (0, 0)), "not asked any more"),
        (guess(1, (1, 1)), "1 ranges: 2 are needed"),
    ):
        await one.say(forged)
        assert words in await one.error()
    await one.say({"type": "voter", "voter": "somebody-else-entirely"})
    assert "one socket has one voter" in await one.error()
    async with AsyncExitStack() as other:
        nobody = await come(other, address, session, "x" * 16)
        await nobody.say({"type": "voter", "voter": "short"})
        assert "at least 16" in await nobody.error()
    again = await come(stack, address, session, one.name)
    assert (await again.hear("quiz_state", stage="open"))["mine"] in ([None], [[[3, 4], [3, 4]]])
    await again.hear("quiz_state", mine=[[[3, 4], [3, 4]]])
    return again


async def first_round(
    stack: AsyncExitStack, address: str, session: Made, presenter: Client
) -> list[Voter]:
    """All come and answer; nothing of it leaves before it is closed."""
    voters: list[Voter] = []
    for start in range(0, NR_VIEWERS, TOGETHER):
        names = (f"voter-{start + i:016}" for i in range(TOGETHER))
        voters += await asyncio.gather(*(come(stack, address, session, name) for name in names))
    await asyncio.gather(*(voter.hear("quiz_state", stage="open") for voter in voters))
    await asyncio.gather(
        *(v.say(guess(1, (i % 60, i % 60 + 20), (40, 60 + i % 9))) for i, v in enumerate(voters))
    )
    await counted(presenter, NR_VIEWERS)
    cheater = await cheat(stack, address, session)
    await counted(presenter, NR_VIEWERS + 1)
    told = await step(presenter, "close", "closed")
    assert told["results"]["rounds"][0]["answered"] == NR_VIEWERS + 1
    await cheater.hear("quiz_state", stage="closed")
    await cheater.say(guess(1, (50, 60), (50, 60)))
    assert "the answers are closed: yours stays" in await cheater.error()
    reloaded = await come(stack, address, session, cheater.name)
    mine = await reloaded.hear("quiz_state", stage="closed", mine=[[[3, 4], [3, 4]]])
    assert (mine["results"], mine["answered"]) == (None, None)
    await asyncio.gather(*(voter.hear("quiz_state", stage="closed") for voter in voters))
    for voter in [*voters, cheater]:
        told = [each for each in voter.heard if each["type"] == "quiz_state"]
        assert all((each["results"], each["answered"]) == (None, None) for each in told)
    return voters


async def test_five_hundred_answer_one_cheats_and_all_of_it_is_there_after_a_restart(
    tmp_path: Path,
) -> None:
    settings = Settings(port=0, data_dir=str(tmp_path), max_viewers=NR_VIEWERS + 10)
    with running(settings) as address:
        session = post_session(address)
        async with AsyncExitStack() as stack:
            presenter = await stack.enter_async_context(joined(address, session))
            await presenter.send("pace", ticks_per_s=1000)
            await posed(presenter)
            voters = await first_round(stack, address, session, presenter)
            await step(presenter, "discuss", "discuss")
            await step(presenter, "open", "open")
            await voters[7].hear("quiz_state", stage="open", round=2)
            await voters[7].say(guess(1, (0, 128), (0, 128)))
            await counted(presenter, 1)
            await step(presenter, "close", "closed")
            told = await step(presenter, "run", "truth")
            truth = told["truth"]
            assert [each["answered"] for each in told["results"]["rounds"]] == [NR_VIEWERS + 1, 1]
            assert told["results"]["rounds"][1]["designs"][0]["covered"] == 1
            seen = await voters[7].hear("quiz_state", stage="truth")
            assert (seen["truth"], seen["results"]) == (truth, told["results"])
            assert seen["scores"][1] == 128
    with running(settings) as address:
        async with joined(address, session) as presenter:
            again = await presenter.text("quiz_state")
            assert (again["stage"], again["truth"], again["results"]) == (
                "truth", truth, told["results"],
            )  # fmt: skip
        url = f"{address}/api/sessions/{session}"
        answers = httpx.get(f"{url}/answers", headers=session.headers, timeout=WAIT_S)
        assert answers.headers["content-type"].startswith("text/csv")
        rows = list(csv.DictReader(answers.text.splitlines()))
        assert len(rows) == 2 * (NR_VIEWERS + 2)
        assert "voter-" not in answers.text
        refused = httpx.get(f"{url}/answers", headers=bearer(session.viewer), timeout=WAIT_S)
        assert refused.status_code == 403
        log = httpx.get(url, headers=session.headers, timeout=WAIT_S).json()["log"]
        assert [entry["command"]["type"] for entry in log] == ["balloon_target", "huge"]


async def pose_and_close(presenter: Client) -> None:
    await presenter.send("pace", ticks_per_s=1000)
    await posed(presenter)
    await step(presenter, "close", "closed")


async def test_a_run_that_was_cut_short_goes_on_and_gives_no_command_twice(tmp_path: Path) -> None:
    settings = Settings(port=0, data_dir=str(tmp_path))
    with running(settings) as address:
        session = post_session(address)
        async with joined(address, session) as presenter:
            await pose_and_close(presenter)
            await presenter.command("c", **POSE["commands"][0])
            await presenter.until(lambda p: p.log_index == 1 and presenter.stat("busy") == 0)
    # As if the server had been killed between the two commands.
    (path,) = (tmp_path / "sessions").glob("*.answers")
    AnswersFile(path).append([{"do": "run", "begun": 0}])
    with running(settings) as address:
        async with joined(address, session) as presenter:
            while (told := await presenter.text("quiz_state"))["stage"] != "truth":
                pass
            assert len(told["truth"]) == 2
        url = f"{address}/api/sessions/{session}"
        log = httpx.get(url, headers=session.headers, timeout=WAIT_S).json()["log"]
        assert [entry["command"]["type"] for entry in log] == ["balloon_target", "huge"]


async def test_what_cannot_be_run_says_why_and_can_be_run_again(tmp_path: Path) -> None:
    with running(Settings(port=0, data_dir=str(tmp_path))) as address:
        session = post_session(address)
        async with joined(address, session) as presenter:
            await pose_and_close(presenter)
            await presenter.send("pace", ticks_per_s=0)
            await presenter.text("pace")
            await presenter.send("quiz", act="run")
            assert "is paused" in (await presenter.text("error"))["text"]
            while (await presenter.text("quiz_state"))["stage"] != "closed":
                pass
            await presenter.send("pace", ticks_per_s=1000)
            await step(presenter, "run", "truth")
            async with joined(address, session, session.viewer) as viewer:
                assert (await viewer.text("quiz_state"))["stage"] == "truth"
                await viewer.send("guess", number=1, ranges=[[1, 2], [1, 2]])
                assert "says first which voter" in (await viewer.text("error"))["text"]


async def test_an_answer_that_cannot_be_kept_is_not_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = threading.Event()
    append = AnswersFile.append

    def sometimes(self: AnswersFile, records: Any) -> None:
        if full.is_set():
            raise JournalError("the answers of this session cannot be kept: No space left")
        append(self, records)

    monkeypatch.setattr(AnswersFile, "append", sometimes)
    with running(Settings(port=0, data_dir=str(tmp_path))) as address:
        session = post_session(address)
        async with joined(address, session) as presenter, AsyncExitStack() as stack:
            await posed(presenter)
            one = await come(stack, address, session, "v" * 16)
            await one.hear("quiz_state", stage="open")
            full.set()
            await one.say(guess(1, (1, 2), (1, 2)))
            assert "No space left" in await one.error()
            full.clear()
            await one.say(guess(1, (2, 3), (2, 3)))
            await one.hear("quiz_state", mine=[[[2, 3], [2, 3]]])
            mine = [each["mine"] for each in one.heard if each["type"] == "quiz_state"]
            assert mine[-2:] == [[None], [[[2, 3], [2, 3]]]]


async def test_what_left_memory_is_read_again_and_what_is_there_is_read_once(
    tmp_path: Path,
) -> None:
    file = AnswersFile(tmp_path / "x.answers")
    file.append([{"do": "pose", **{k: v for k, v in POSE.items() if k != "type"}}])
    quizzes = Quizzes(lambda _: AnswersFile(tmp_path / "x.answers"))
    live: Any = SimpleNamespace(id="x", ended=None)
    side = await quizzes.of(live)
    assert await quizzes.of(live) is side
    quizzes.forget("x")
    file.append([{"do": "close"}])
    again = await quizzes.of(live)
    assert again is not side
    assert again.quiz.questions[0].stage == "closed"
    gone: Any = SimpleNamespace(id="y", ended="over")
    assert await quizzes.of(gone) is not await quizzes.of(gone), "nothing of it stays"


def test_damaged_answers_keep_nobody_from_other_sessions(tmp_path: Path) -> None:
    path = tmp_path / "x.answers"
    AnswersFile(path).append([{"do": "close"}])
    with pytest.raises(JournalError, match="are damaged: no question is asked"):
        played(AnswersFile(path))
    assert JournalError in ws._SAID
