"""Evidence of a step: what was done is verified, and every way of forging it is found out."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from engine.errors import RefusedError
from engine.lessons.numbers import LessonMoment
from engine.log import Entry
from server.lessons.evidence import (
    evidence_of,
    replay_evidence,
    scene_of,
    start_from,
    start_now,
)
from server.lessons.showing import outcome
from server.wire.config import config_from_dict
from tests.server.lessons.files import example, worlds

ENGINE = "0123"
LESSON = example()
MAKE = worlds()


def made() -> dict[str, Any]:
    """Evidence of the last step, as the server makes it."""
    load, way = LESSON.way(2)
    step = LESSON.steps[2]
    config = config_from_dict(load.config())
    world = MAKE(config)
    log: list[Entry] = []

    def give(commands: Any) -> None:
        for command in commands:
            log.append(Entry(len(log) + 1, world.tick, command, True))
            world.apply(command)
            world.run_until_idle()

    give(way)
    start = start_now(step, LessonMoment.of(world), world.tick, len(log))
    give(step.solution)
    assert outcome(step, scene_of(step, LessonMoment.of(world), log, start), None)["done"]
    return evidence_of(ENGINE, config, log, start, (world.tick, world.state_digest()))


GOOD = made()


def replayed(**changes: Any) -> tuple[bool, str]:
    data = {**copy.deepcopy(GOOD), **changes}
    found = replay_evidence(LESSON, 2, data, None, ENGINE, MAKE)
    return found.done, found.text


def test_what_was_done_is_verified() -> None:
    assert replayed() == (True, "")


def test_a_start_survives_json() -> None:
    step = LESSON.steps[2]
    assert start_from(GOOD["start"], step).to_dict() == GOOD["start"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"digest": "0" * 32}, "the file was altered"),
        ({"tick": GOOD["tick"] - 1}, "the file was altered"),
        ({"log": GOOD["log"][:-1]}, "the file was altered"),
        ({"log": []}, "does not begin where"),
        ({"log": "x"}, "is no list"),
        ({"engine": "other"}, "another version of the simulator"),
        ({"config": {**GOOD["config"], "seed": 2}}, "another guest"),
        ({"config": 3}, "config"),
        ({"more": 1}, "has no field 'more'"),
        ({"start": {**GOOD["start"], "log_index": 99}}, "does not begin where"),
        ({"start": {**GOOD["start"], "numbers": {}}}, "numbers of the start"),
        ({"start": None}, "an object is needed"),
        ({"tick": -1}, "its tick is -1"),
    ],
)
def test_a_forgery_is_found_out(changes: dict[str, Any], sentence: str) -> None:
    done, text = replayed(**changes)
    assert not done
    assert sentence in text


def test_numbers_of_the_start_are_counted_again_and_not_believed() -> None:
    forged = {**GOOD["start"], "numbers": {"pinned.huge_best": 10**9}}
    assert replayed(start=forged) == (True, "")


def test_a_start_of_another_form_is_refused() -> None:
    with pytest.raises(RefusedError, match="an object is needed"):
        start_from([], LESSON.steps[2])
