"""Call traces from a process of their own: equal to the compiled core, ended when it hangs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from engine import commands as c
from engine import units as u
from engine.world import World, WorldConfig
from server.errors import LimitReachedError
from server.jobs import trace
from server.jobs.trace import TraceProcess, Traces, request_of

DESIGNS = ("pinned", "lru_hook", "separate_pass", "dedicated_block")


@pytest.fixture(scope="module")
def process() -> Iterator[TraceProcess]:
    made = TraceProcess(limit_s=120)
    yield made
    made.close()


def begun(base, profile: str, workload: bool = False) -> World:
    """A world whose balloon is full and whose compaction has begun, the designs' work included."""
    world = World(base, WorldConfig(DESIGNS, profile=profile))
    world.apply(c.BalloonInflate(u.mib_to_pages(32)))
    world.run_until_idle()
    world.apply(c.CompactMemory())
    if workload:
        world.apply(c.SetWorkload(True, 64))
    world.step(1)
    return world


def asked(process: TraceProcess, world: World, ticks: int) -> dict[str, Any]:
    return dict(json.loads(process.ask(world, ticks)))


@pytest.mark.parametrize("profile", u.PROFILES)
@pytest.mark.parametrize("workload", [False, True], ids=["quiet", "workload"])
def test_a_trace_ends_where_the_compiled_core_ends(base, process, profile, workload) -> None:
    world = begun(base, profile, workload)
    before = [world.digest(i) for i in range(len(DESIGNS))]
    answers = [asked(process, world.alone(i), 3) for i in range(len(DESIGNS))]
    assert [world.digest(i) for i in range(len(DESIGNS))] == before  # foretold, not done
    world.step(3)
    for i, answer in enumerate(answers):
        assert answer["design"] == DESIGNS[i]
        assert answer["profile"] == profile
        # A world that has come to rest counts the ticks of others.
        if answer["ticks"] == 3:
            assert answer["digest"] == world.digest(i)
        assert answer["total"] >= answer["shown"] == len(answer["handled"])
    assert answers[1]["total"] > 100


def test_a_process_that_hangs_is_ended_and_the_next_question_has_a_new_one(base) -> None:
    world = begun(base, "modern")
    process = TraceProcess(limit_s=0.05)
    try:
        with pytest.raises(LimitReachedError, match="took over 0 s"):
            process.ask(world.alone(0), 16)
        process.limit_s = 120
        assert asked(process, world.alone(0), 1)["ticks"] == 1
    finally:
        process.close()


def test_a_process_that_has_died_is_replaced(base, process) -> None:
    world = begun(base, "modern")
    process.ask(world.alone(0), 1)
    process._process.kill()
    process._process.wait()
    assert asked(process, world.alone(0), 1)["ticks"] == 1


def test_a_fault_in_the_process_reaches_the_asker(base, process) -> None:
    alone = begun(base, "modern").alone(0)
    alone.designs = None  # cannot be run
    alone._guests = []
    with pytest.raises(RuntimeError, match="has ended by a fault"):
        process.ask(alone, 1)


def test_what_the_trace_refuses_is_one_sentence(base, process) -> None:
    with pytest.raises(ValueError, match="ticks is 17: a trace runs 1 to 16 ticks"):
        process.ask(begun(base, "modern").alone(0), 17)


async def test_who_is_over_the_limit_is_refused_before_a_guest_is_copied(base) -> None:
    world = begun(base, "modern")
    traces = Traces()
    copies = at_a_time = most = 0

    async def copy() -> World:
        nonlocal copies, at_a_time, most
        copies += 1
        at_a_time += 1
        most = max(most, at_a_time)
        await asyncio.sleep(0)
        at_a_time -= 1
        return world.alone(0)

    try:
        asks = [traces.trace(copy, 1) for _ in range(50)]
        found = await asyncio.gather(*asks, return_exceptions=True)
    finally:
        traces.close()
    refused = [one for one in found if isinstance(one, LimitReachedError)]
    assert (len(refused), copies, most) == (50 - trace.MAX_WAITING, trace.MAX_WAITING, 1)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({}, "design is None: the key of a design of this session is needed"),
        ({"design": "pinned", "ticks": 0}, "ticks is 0: from 1 to 16"),
        ({"design": "pinned", "ticks": "2"}, "a whole number of"),
        ({"design": "pinned", "tick": 2}, "trace has no field 'tick'"),
    ],
)
def test_a_bad_request_is_one_sentence(data, sentence) -> None:
    with pytest.raises(ValueError, match=sentence):
        request_of(data)


def test_a_request_has_one_tick_by_default() -> None:
    assert request_of({"design": "pinned"}) == ("pinned", 1)
