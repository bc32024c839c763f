"""kill -9, at any moment and at each step: what was acknowledged is there once, with its tick.

25 kills in `make test`, 200 under `make soak` (FRAGSCOPE_HYPOTHESIS=soak).
"""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest

from tests.server.kill_at import STATE_STEPS, STEPS
from tests.server.victim import COMMANDS, MARKER, WAIT_S, Victim, Witness, Zygote

SOAK = os.environ.get("FRAGSCOPE_HYPOTHESIS") == "soak"
KILLS = 200 if SOAK else 25
PER_SESSION = 5  # a log is played anew after each: it should not become long
MOST_S = 0.4  # after the first command, at most


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    one = Zygote()
    yield one
    one.close()


@pytest.fixture
def victim(zygote: Zygote, tmp_path: Path) -> Iterator[Victim]:
    one = Victim(zygote, tmp_path)
    yield one
    one.kill()


@pytest.mark.slow
def test_whenever_it_is_killed_every_acknowledged_command_is_there_once(victim: Victim) -> None:
    draw = random.Random(KILLS)
    acknowledged = 0
    for kill in range(KILLS):
        if kill % PER_SESSION == 0:
            victim.kill()
            victim.start()
            witness = Witness(victim)
        witness.until_killed(draw, MOST_S)
        victim.start()
        witness.check(draw)
        acknowledged = max(acknowledged, len(witness.acknowledged))
    assert acknowledged > PER_SESSION, "nothing was asked for"


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS + STATE_STEPS)
def test_a_kill_at_each_step_loses_nothing_that_was_acknowledged(victim: Victim, step: str) -> None:
    victim.start(step)
    witness = Witness(victim)
    with httpx.Client(timeout=WAIT_S) as client:
        for command in COMMANDS[:3]:
            witness.command(client, command)
        with pytest.raises(httpx.TransportError):
            witness.command(client, MARKER)
            while True:
                witness.look(client)
    victim.start()
    witness.check(random.Random(1))
    if step not in STATE_STEPS:  # those are in the thread of the past, sooner or later
        assert (4 in witness.acknowledged) is (step not in ("accept", "append"))
