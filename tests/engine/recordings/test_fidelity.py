"""Fidelity: the rule that says which prediction is in the band, and how recordings are read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.recordings import fidelity
from engine.recordings.fidelity import (
    Judgement,
    Recording,
    ceiling,
    judge,
    load_recording,
    score,
)

ZONE = (0, "DMA")
FULL = [0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 2]  # 7 blocks of 2 MiB
LOOSE = [512, 0, 0, 0, 0, 0, 0, 0, 0, 3, 2]


def buddyinfo(counts: list[int]) -> str:
    numbers = " ".join(map(str, counts))
    return f"Node 0, zone      DMA {numbers}\nNode 0, zone   Normal 9 9 9 9 9 9 9 9 9 9 9\n"


def recorded(op: list[Any], got: Any, counts: list[int], **vmstat: int) -> dict[str, Any]:
    return {"op": op, "got": got, "buddyinfo": buddyinfo(counts), "vmstat": vmstat}


def result(**designs: list[list[dict[str, Any]]]) -> dict[str, Any]:
    return {
        "scenario": {"name": "made", "ops": [["inflate", 8], ["compact"], ["huge", 9]]},
        "s1": {"blocks": "UM", "vmstat": {"compact_isolated": 100, "balloon_migrate": 7}},
        "designs": designs,
    }


def run(isolated: int, huge: int) -> list[dict[str, Any]]:
    return [
        recorded(["inflate", 8], 8, LOOSE, compact_isolated=150, balloon_migrate=7),
        recorded(["compact"], None, FULL, compact_isolated=150 + isolated, balloon_migrate=27),
        {"op": ["huge", 9], "got": [huge, huge - 1]},
    ]


def written(tmp_path: Path, data: object) -> Path:
    (tmp_path / "result.json").write_text(data if isinstance(data, str) else json.dumps(data))
    return tmp_path


def made(tmp_path: Path) -> Recording:
    runs = [run(1000, 40), run(1200, 50), run(1100, 42)]
    return load_recording(written(tmp_path, result(hook=runs, pinned=runs)), ZONE)


def answer(isolated: int, huge: int) -> list[dict[str, Any]]:
    stat = {"compact_isolated": 0, "compact_migrate_scanned": 0, "balloon_migrate": 0}
    later = stat | {"compact_isolated": isolated, "balloon_migrate": 20}
    return [
        {"op": ["inflate", 8], "got_mib": 8, "buddyinfo": LOOSE, "vmstat": stat},
        {"op": ["compact"], "buddyinfo": FULL, "vmstat": later},
        {"op": ["huge", 9], "huge_pages": huge},
    ]


def test_a_recording_becomes_quantities(tmp_path: Path) -> None:
    found = made(tmp_path)
    assert (found.name, found.blocks) == ("made", "UM")
    assert found.ops == [("inflate", 8), ("compact", 0), ("huge", 9)]
    first, second, third = found.runs["lru_hook"][1]
    free = 7 * 512 + 512
    assert first == {"blocks": 7, "free": free, "unusable": pytest.approx(512 / free), "gained": 8}
    assert second == {
        "blocks": 7, "free": 7 * 512, "unusable": 0.0, "isolated": 1200, "scanned": 0, "moved": 20,
    }  # fmt: skip
    assert third == {"huge": 50}
    assert "moved" not in found.runs["pinned"][0][1]


def test_counters_count_from_the_capture_and_from_step_to_step(tmp_path: Path) -> None:
    runs = [[recorded(["compact"], None, FULL, compact_isolated=130)] * 2]
    data = result(pinned=runs)
    data["scenario"]["ops"] = [["compact"], ["compact"]]
    steps = load_recording(written(tmp_path, data), ZONE).runs["pinned"][0]
    assert [step["isolated"] for step in steps] == [30, 0]


@pytest.mark.parametrize(
    ("quantity", "kernel", "ours", "inside"),
    [
        ("huge", (40, 50, 42), 54, True),  # mean 44, spread 10
        ("huge", (40, 50, 42), 55, False),
        ("huge", (44, 44, 44), 47, True),  # least 3
        ("huge", (44, 44, 44), 48, False),
        ("free", (50_000,) * 3, 50_500, True),  # 1 %
        ("free", (50_000,) * 3, 50_501, False),
        ("unusable", (0.5, 0.5), 0.519, True),
        ("unusable", (0.5, 0.5), 0.521, False),
        ("blocks", (0, 0, 0), 2, True),
        ("blocks", (0, 0, 0), None, False),
    ],
)
def test_the_band(
    quantity: str, kernel: tuple[float, ...], ours: float | None, inside: bool
) -> None:
    assert Judgement("s", "pinned", 0, "compact", quantity, kernel, ours).inside is inside


def test_errors_are_shares_of_the_mean() -> None:
    def error(quantity: str, kernel: float, ours: float | None) -> float:
        return Judgement("s", "pinned", 0, "compact", quantity, (kernel,), ours).error

    assert error("blocks", 10, 15) == 0.5
    assert error("blocks", 0, 1) == 0.5  # against the least band
    assert error("unusable", 0.5, 0.6) == pytest.approx(0.1)
    assert error("free", 10, None) == 1.0


def test_judging_a_replay(tmp_path: Path) -> None:
    recording = made(tmp_path)
    judged = judge(recording, {"lru_hook": answer(1150, 44), "pinned": answer(5000, 90)})
    total = score(judged)
    assert total.counts["all"] == (19, 21)
    assert total.counts["huge"] == (1, 2)
    assert total.counts["blocks after compact"] == (2, 2)
    assert total.counts["moved"] == (1, 1)


def test_what_is_not_answered_is_missed(tmp_path: Path) -> None:
    total = score(judge(made(tmp_path), {"lru_hook": answer(1150, 44)[:1]}))
    assert total.counts["all"] == (4, 21)


def test_the_kernel_against_itself(tmp_path: Path) -> None:
    judged = ceiling(made(tmp_path))
    # Quantities of a run, times runs, of two designs.
    assert len(judged) == 3 * (11 + 10)
    huge = [j for j in judged if j.quantity == "huge" and j.design == "pinned"]
    assert [(j.ours, j.kernel, j.inside) for j in huge] == [
        (40, (50, 42), True),
        (50, (40, 42), False),
        (42, (40, 50), True),
    ]
    alone = load_recording(written(tmp_path, result(hook=[run(1, 4)])), ZONE)
    assert ceiling(alone) == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("{", "Expecting"),
        ("[" * 100_000, "nested too deeply"),
        ([], "is no recording"),
        ({}, "is no recording: KeyError"),
        (result(), "has no design of pinned, hook"),
        (result(hook=[run(1, 1)[:1]]), "as there are operations, 3"),
        (result(hook=[[{"op": ["compact"], "buddyinfo": "x"}]]), "buddyinfo"),
    ],
)
def test_what_is_no_recording_says_so(tmp_path: Path, data: object, words: str) -> None:
    with pytest.raises(ValueError, match=r"result\.json") as error:
        load_recording(written(tmp_path, data), ZONE)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_no_recording_at_all(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"result\.json: No such file"):
        load_recording(tmp_path, ZONE)


def test_every_quantity_of_a_recording_has_a_band() -> None:
    assert set(fidelity._COUNTERS) <= set(fidelity.LEAST_BAND)
