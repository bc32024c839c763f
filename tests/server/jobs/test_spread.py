"""Spread: a session's log under other seeds, beside the session."""

import asyncio

import httpx2 as httpx
import numpy as np
import pytest

from engine.commands import BalloonInflate, CompactMemory, SetWorkload, TakeHugePages
from engine.snapshot import copy_guest, digest
from engine.view import STAT_FIELDS
from server.errors import LimitReachedError, NotFoundError
from server.jobs import spread as spread_module
from server.jobs.spread import Spread, Spreads, Stopped, follow, parse_seeds, reseeded
from server.session.budget import Budget
from server.wire.config import MAX_SEED, CaptureSource, SessionConfig, SyntheticSource
from tests.server.client import joined, post_session
from tests.server.conftest import SMALL

CAPTURE = SessionConfig(CaptureSource("runs"), ("pinned",), 7)


def never() -> None:
    """Go on."""


def rest(session) -> None:
    while not session.at_rest:
        session.advance()


def state(session) -> list[str]:
    """Digests of all guests without their clocks: ticks are not counted at rest."""
    found = []
    for i in range(len(session.world.keys)):
        guest = copy_guest(session.world.guest(i))
        guest.vm[0]["tick"] = 0
        found.append(digest(guest))
    return found


def used(session) -> None:
    """A few commands: some at rest, some not."""
    session.accept(BalloonInflate(8192))
    rest(session)
    session.accept(CompactMemory())
    session.advance()
    session.advance()
    session.accept(BalloonInflate(512))
    rest(session)


def test_following_a_log_under_its_own_seed_leads_to_the_same_state(make_session):
    session, again = make_session(), make_session()
    used(session)
    for _ in range(3):
        follow(again, session.transcript(), never)
        assert state(again) == state(session)
        again = make_session()
        session.accept(TakeHugePages(4))
        for _ in range(2):
            session.advance()


def test_where_a_session_was_not_idle_as_many_ticks_are_run_as_in_it(make_session):
    session, again = make_session(), make_session()
    session.accept(SetWorkload(True, 64))
    for _ in range(20):
        session.advance()
    session.accept(CompactMemory())
    for _ in range(7):
        session.advance()
    follow(again, session.transcript(), never)
    assert again.tick == session.tick
    assert state(again) == state(session)


def test_another_seed_draws_a_synthetic_guest_anew_and_leaves_a_capture_as_it_is():
    assert reseeded(CAPTURE, 9) == SessionConfig(CAPTURE.source, CAPTURE.designs, 9)
    assert reseeded(CAPTURE, 7) == CAPTURE
    assert reseeded(SMALL, SMALL.seed) == SMALL
    assert reseeded(SMALL, 4).source == SyntheticSource("tight", 256, 4)
    top = SessionConfig(SyntheticSource("tight", 256, MAX_SEED), ("pinned",), 1)
    assert reseeded(top, 2).source.seed == 0


def test_a_spread_has_mean_lowest_and_highest_of_every_statistic(make_session):
    session = make_session()
    used(session)
    before = state(session)
    built = []

    def build(config, _):
        built.append(config.seed)
        return make_session(config)

    spread = Spread(session.transcript(), 3, build)
    assert spread.describe()["state"] == "running"
    assert "designs" not in spread.describe()
    spread.run()
    found = spread.describe()
    assert built == found["seeds"] == [1, 2, 3]
    assert (found["state"], found["done"], found["total"]) == ("done", 3, 3)
    assert (found["tick"], found["log_index"]) == (session.tick, 3)
    assert list(found["designs"]) == ["pinned", "dedicated_block"]
    for view, stats in zip(session.views(), found["designs"].values(), strict=True):
        assert tuple(stats) == STAT_FIELDS
        own = np.array([view.stat(name) for name in STAT_FIELDS])
        low, high = (np.array([s[side] for s in stats.values()]) for side in ("low", "high"))
        assert ((low <= own) & (own <= high)).all()
    assert state(session) == before


def test_a_spread_that_fails_says_why(make_session, monkeypatch):
    session = make_session()
    used(session)

    def refuses(_, __):
        raise NotFoundError("upload 'x' is not kept any more")

    def breaks(_, __):
        raise RuntimeError("broken")

    for build, text in (
        (refuses, "upload 'x' is not kept any more"),
        (breaks, "it ended by a fault of the simulator (RuntimeError)"),
    ):
        spread = Spread(session.transcript(), 2, build)
        spread.run()
        assert spread.describe()["text"] == text
        assert spread.describe()["state"] == "failed"
    monkeypatch.setattr(spread_module, "LIMIT_S", -1.0)
    spread = Spread(session.transcript(), 2, lambda config, _: make_session(config))
    spread.run()
    assert "it took over -1 s: take fewer seeds" in spread.describe()["text"]


def test_a_play_without_an_end_can_be_broken_off(make_session):
    session = make_session()
    session.accept(SetWorkload(True, 1))
    for _ in range(200):
        session.advance()

    def look():
        if again.tick > 64:
            raise Stopped("enough")

    again = make_session()
    with pytest.raises(Stopped, match="enough"):
        follow(again, session.transcript(), look)
    assert again.tick < 200


def test_the_session_s_own_seed_is_played_to_the_tick(make_session, monkeypatch):
    """Not followed: its own numbers must be those on the page, whatever was at work."""
    session = make_session()
    session.accept(BalloonInflate(8192))
    session.advance()
    session.advance()
    session.accept(CompactMemory())
    made = []

    def build(config, _):
        made.append(make_session(config))
        return made[-1]

    monkeypatch.setattr(spread_module, "follow", lambda *_: None)
    Spread(session.transcript(), 2, build).run()
    own, other = made
    assert (own.tick, other.tick) == (2, 0)
    for i in range(2):
        assert own.world.digest(i) == session.world.digest(i)


async def test_memory_for_a_spread_that_cannot_begin_is_given_back(make_session):
    budget = Budget(1000)
    spreads = Spreads(lambda config, _: make_session(config), budget)
    spreads.close()
    with pytest.raises(NotFoundError, match="shutting down"):
        spreads.start("a", make_session().transcript(), 2, 300)
    assert budget.used == 0


async def ended(spreads, session_id):
    """Wait until a session's spread is over; the pool runs one at a time."""
    await asyncio.get_running_loop().run_in_executor(spreads._pool, never)
    return spreads.get(session_id).describe()


async def test_a_session_has_one_spread_at_a_time_and_the_budget_bounds_them_all(make_session):
    session = make_session()
    used(session)
    budget = Budget(1000)
    spreads = Spreads(lambda config, _: make_session(config), budget)
    with pytest.raises(NotFoundError, match="no spread was asked for"):
        spreads.get("a")
    spreads.start("a", session.transcript(), 2, 300)
    assert budget.used == 300
    with pytest.raises(LimitReachedError, match="a spread is under way in this session"):
        spreads.start("a", session.transcript(), 2, 300)
    spreads.start("b", session.transcript(), 2, 300)
    with pytest.raises(LimitReachedError, match="MiB"):
        spreads.start("c", session.transcript(), 2, 500)
    assert (await ended(spreads, "b"))["state"] == "done"
    assert spreads.get("a").describe()["state"] == "done"
    await asyncio.sleep(0)
    assert budget.used == 0
    spreads.start("a", session.transcript(), 2, 300)
    spreads.close()


async def test_a_session_that_has_ended_stops_its_spread(make_session):
    session = make_session()
    used(session)
    building = asyncio.Event()
    loop = asyncio.get_running_loop()

    def build(config, progress):
        loop.call_soon_threadsafe(building.set)
        while True:
            progress("making", 0, 1)  # ends when the spread is cancelled

    spreads = Spreads(build, Budget(1000))
    spread = spreads.start("a", session.transcript(), 2, 300)
    await building.wait()
    spreads.forget("a")
    await asyncio.get_running_loop().run_in_executor(spreads._pool, never)
    assert spread.describe()["text"] == "the session has ended or was started over"
    with pytest.raises(NotFoundError):
        spreads.get("a")
    spreads.close()


async def test_a_log_over_the_limit_is_refused(make_session, monkeypatch):
    monkeypatch.setattr(spread_module, "MAX_COMMANDS", 2)
    session = make_session()
    used(session)
    spreads = Spreads(lambda config, _: make_session(config), Budget(1000))
    with pytest.raises(ValueError, match="the log has 3 commands: a spread plays at most 2"):
        spreads.start("a", session.transcript(), 2, 1)
    spreads.close()


def test_a_number_of_seeds_out_of_bounds_is_refused():
    assert parse_seeds({}) == 5
    assert parse_seeds({"seeds": 20}) == 20
    for data, words in (
        ({"seeds": 1}, "seeds is 1"),
        ({"seeds": 21}, "seeds is 21"),
        ({"seeds": "5"}, "seeds is '5'"),
        ({"sedes": 5}, "sedes"),
    ):
        with pytest.raises(ValueError, match=words):
            parse_seeds(data)


async def test_a_spread_is_asked_for_and_read_over_rest(server):
    session = post_session(server)
    address = f"{server}/api/sessions/{session}/spread"
    asked = {"headers": session.headers, "timeout": 60}
    assert httpx.get(address, **asked).status_code == 404
    assert httpx.get(f"{server}/api/sessions/x/spread").status_code == 404
    assert httpx.post(f"{server}/api/sessions/x/spread").status_code == 404
    refused = httpx.post(address, json={"seeds": 1}, **asked)
    assert refused.status_code == 400
    assert refused.json()["error"].startswith("seeds is 1")
    async with joined(server, session) as client:
        command = {"type": "balloon_inflate", "nr_pages": 4096}
        await client.send("command", command_id="c", command=command)
        await client.text("accepted")
        busy = STAT_FIELDS.index("busy")
        picture = await client.until(lambda p: p.log_index == 1 and not p.panels[0].stats[busy])
        answer = await asyncio.to_thread(httpx.post, address, json={"seeds": 3}, **asked)
        assert answer.status_code == 202
        assert answer.json()["total"] == 3
        found = answer.json()
        while found["state"] == "running":
            found = (await asyncio.to_thread(httpx.get, address, **asked)).json()
        assert (found["state"], found["log_index"]) == ("done", 1)
        assert found["designs"]["pinned"]["balloon_actual"] == {
            "mean": 4096.0, "low": 4096, "high": 4096,
        }  # fmt: skip
        free = found["designs"]["pinned"]["nr_free_pages"]
        own = picture.panels[0].stats[STAT_FIELDS.index("nr_free_pages")]
        assert free["low"] <= own <= free["high"]
        # Started over: what was found means nothing any more.
        await client.send("reset", command_id="r", config={"designs": ["pinned"]})
        await client.text("accepted")
    assert httpx.get(address, **asked).status_code == 404
