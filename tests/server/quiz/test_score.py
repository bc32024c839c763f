"""Ranges are scored by calibration, and many of them are told without saying whose they were."""

from __future__ import annotations

import random
import statistics

from server.quiz.score import MAX_PARTS, MISSED, interval_score, mean_score, results


def test_a_range_costs_its_width_and_ten_for_each_unit_that_it_misses_by() -> None:
    assert interval_score(10, 14, 12) == 4
    assert interval_score(12, 12, 12) == 0
    assert interval_score(10, 14, 16) == 4 + 10 * 2
    assert interval_score(10, 14, 7) == 4 + 10 * 3
    assert mean_score(((10, 14), (0, 0)), (12, 1)) == (4 + 10) / 2


def test_who_says_what_they_believe_has_the_best_score_to_expect() -> None:
    """The range from the 10th to the 90th percentile of what may come, against other ranges."""
    draw = random.Random(1)
    truths = sorted(draw.gauss(100, 20) for _ in range(4000))
    cut = int(len(truths) * MISSED / 2)

    def expected(low: float, high: float) -> float:
        return statistics.fmean(interval_score(int(low), int(high), int(t)) for t in truths)

    honest = expected(truths[cut], truths[-cut])
    assert all(honest < expected(100 - half, 100 + half) for half in (0, 5, 15, 40, 100))


def test_distributions_count_who_reaches_where() -> None:
    answers = [((0, 9), (5, 5)), ((5, 9), (5, 6)), ((9, 20), (0, 40))]
    told = results([answers], 2, None)
    assert (told.low, told.step) == (0, 1)
    (first,) = told.rounds
    assert first.answered == 3
    one, two = first.designs
    assert one.counts[:11] == (1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 1)
    assert one.counts[20:22] == (1, 0)
    assert (one.low, one.high, one.covered, one.score) == (5, 9, None, None)
    assert two.counts[5] == 3
    judged = results([answers], 2, (9, 6)).rounds[0].designs
    assert [spans.covered for spans in judged] == [3, 2]
    assert judged[0].score == (9 + 4 + 11) / 3


def test_one_absurd_range_does_not_squeeze_the_others_into_one_part() -> None:
    answers = [((40 + i % 7, 60 + i % 5),) for i in range(60)] + [((0, 1 << 40),)]
    told = results([answers, []], 1, (70,))
    assert told.step == 1
    assert max(told.rounds[0].designs[0].counts) == 61
    assert len(told.rounds[0].designs[0].counts) <= MAX_PARTS
    assert told.rounds[1].answered == 0
    assert told.rounds[1].designs[0].score is None
    wide = results([[((0, 1000),)] * 30], 1, None)
    assert len(wide.rounds[0].designs[0].counts) <= MAX_PARTS
    assert min(wide.rounds[0].designs[0].counts) == 30
    assert results([[]], 1, None).rounds[0].designs[0].counts == (0,)
