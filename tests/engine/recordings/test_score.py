"""The score: which prediction is in the band, and how judgements are summed up."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.recordings.recording import load_recording
from engine.recordings.score import Judgement, ceiling, judge, score
from tests.engine.made_recording import ZONE, answer, made, result, run, written


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
def test_a_prediction_outside_the_band_is_a_miss(
    quantity: str, kernel: tuple[float, ...], ours: float | None, inside: bool
) -> None:
    assert Judgement("s", "pinned", 0, "compact", quantity, kernel, ours).inside is inside


def test_more_than_three_runs_are_judged_three_at_a_time() -> None:
    four = Judgement("s", "pinned", 0, "compact", "huge", (40, 40, 40, 50), 52)
    # Of three times 40 the band is 3; with 50 among them the mean is 43.3 and the band 10.
    assert four.inside
    assert four.share == 3 / 4
    assert score([four]).counts["all"] == (3 / 4, 1)
    assert Judgement("s", "pinned", 0, "compact", "huge", (40, 40, 50), 52).share == 1


def test_errors_are_shares_of_the_mean() -> None:
    def error(quantity: str, kernel: float, ours: float | None) -> float:
        return Judgement("s", "pinned", 0, "compact", quantity, (kernel,), ours).error

    assert error("blocks", 10, 15) == 0.5
    assert error("blocks", 0, 1) == 0.5  # against the least band
    assert error("unusable", 0.5, 0.6) == pytest.approx(0.1)
    assert error("free", 10, None) == 1.0


def test_a_replay_is_judged_quantity_by_quantity(tmp_path: Path) -> None:
    recording = made(tmp_path)
    judged = judge(recording, {"lru_hook": answer(1150, 44), "pinned": answer(5000, 90)})
    total = score(judged)
    assert total.counts["all"] == (19, 21)
    assert total.counts["huge"] == (1, 2)
    assert total.counts["blocks after compact"] == (2, 2)
    assert total.counts["moved"] == (1, 1)


def test_a_missing_prediction_counts_as_a_miss(tmp_path: Path) -> None:
    total = score(judge(made(tmp_path), {"lru_hook": answer(1150, 44)[:1]}))
    assert total.counts["all"] == (4, 21)


def test_the_kernel_is_judged_by_its_other_runs(tmp_path: Path) -> None:
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
