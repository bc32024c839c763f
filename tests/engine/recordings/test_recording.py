"""Recordings: what a folder holds, and one sentence where it holds something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.recordings.recording import RECORDED_AS, RecordedMoment, load_recording
from engine.replay import READ_MS
from tests.engine.made_recording import FULL, LOOSE, ZONE, made, result, run, written

NORMAL = (0, "Normal")


def test_a_recording_is_read_step_by_step(tmp_path: Path) -> None:
    found = made(tmp_path)
    assert (found.name, found.kernel, found.blocks) == ("made", "", "UM")
    assert found.ops == [("inflate", 8), ("compact", 0), ("huge", 9)]
    assert set(found.runs) == {"lru_hook", "pinned"}
    inflated, compacted, taken = found.runs["lru_hook"][1]
    assert (inflated.op, inflated.got) == ("inflate", (8,))
    assert inflated.zones == {ZONE: tuple(LOOSE), NORMAL: (9,) * 11}
    assert compacted.zones[ZONE] == tuple(FULL)
    assert compacted.vmstat["compact_isolated"] == 1350
    assert taken == RecordedMoment("huge", (50, 49))
    assert found.start.zones[ZONE] == tuple(LOOSE)


def test_the_first_run_is_the_one_that_was_captured(tmp_path: Path) -> None:
    found = made(tmp_path)
    assert found.moment("pinned", 0) is found.start
    assert found.moment("pinned", 2) is found.runs["pinned"][0][1]
    assert found.capture_after("pinned", 0) == found.capture == tmp_path / "s1.tar.xz"
    assert found.capture_after("lru_hook", 2).name == "hook-1-compact.tar.xz"


def test_the_balloon_of_the_module_is_read(tmp_path: Path) -> None:
    data = result(pinned=[run(1, 4)])
    data["designs"]["pinned"][0][0]["lab"] = "scattered 300 dedicated 1024 blocks 2 fail 0"
    moment = load_recording(written(tmp_path, data), ZONE).moment("pinned", 1)
    assert (moment.scattered, moment.dedicated) == (300, 1024)


def test_how_fast_the_guest_was_is_read(tmp_path: Path) -> None:
    data = result(pinned=[run(1, 4)])
    assert load_recording(written(tmp_path, data), ZONE).unit_ns == 0
    data["scenario"]["unit_ns"] = 88
    assert load_recording(written(tmp_path, data), ZONE).unit_ns == 88
    data["scenario"]["unit_ns"] = 10_001
    with pytest.raises(ValueError, match="unit_ns is 10001: from 0 to 10000 ns is needed"):
        load_recording(written(tmp_path, data), ZONE)


def test_when_the_first_state_was_read_is_read(tmp_path: Path) -> None:
    data = result(pinned=[run(1, 4)])
    assert load_recording(written(tmp_path, data), ZONE).first_read_ms == READ_MS
    data["scenario"]["first_read_ms"] = 78
    assert load_recording(written(tmp_path, data), ZONE).first_read_ms == 78
    data["scenario"]["first_read_ms"] = -1
    with pytest.raises(ValueError, match="first_read_ms is -1: from 0 to 10000 ms is needed"):
        load_recording(written(tmp_path, data), ZONE)


def test_every_recorded_design_is_one_of_ours() -> None:
    assert len(set(RECORDED_AS.values())) == len(RECORDED_AS)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("{", "Expecting"),
        ("[" * 100_000, "nested too deeply"),
        ([], "is not a recording"),
        ({}, "is not a recording: KeyError"),
        (result(), "has no design of pinned, hook"),
        (result(hook=[run(1, 1)[:1]]), "does not have 3 steps"),
        (result(hook=[[{"op": ["compact"], "buddyinfo": "x"}]]), "buddyinfo"),
        (result(hook=[[{"op": ["inflate", 8], "got": "much"}]]), "is not a recording"),
        (result(hook=[[{"op": ["huge", 9], "got": [1]}]]), "not enough values"),
    ],
)
def test_a_file_that_is_not_a_recording_is_refused(
    tmp_path: Path, data: object, words: str
) -> None:
    with pytest.raises(ValueError, match=r"result\.json") as error:
        load_recording(written(tmp_path, data), ZONE)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_recording_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"result\.json: No such file"):
        load_recording(tmp_path, ZONE)


def test_a_zone_that_was_not_recorded_is_one_sentence(tmp_path: Path) -> None:
    folder = written(tmp_path, result(pinned=[run(1, 4)]))
    with pytest.raises(ValueError, match="is not a recording: KeyError"):
        load_recording(folder, (1, "Normal"))
